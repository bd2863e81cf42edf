/// What makes a REGISTER fail before anything is changed.
extension Registrar {
    /// RFC 3261 §8.2.2.3: all tags that are not understood, in one answer. What this registrar does not offer is as if
    /// the phone had not listed it.
    func checkRequire(_ request: inout RegisterFields) throws(Refusal) {
        var unknown = request.unknownTags
        let missing = request.required.subtracting(offered)
        if missing.contains(.path) { unknown.append("path") }
        if missing.contains(.outbound) { unknown.append("outbound") }
        if missing.contains(.gruu) { unknown.append("gruu") }
        guard unknown.isEmpty else {
            throw Refusal(420, "Bad Extension", [.init(.unsupported, unknown.joined(separator: ", "))])
        }
        request.supported.formIntersection(offered)
        if settings.path == .off { request.path = [] }
    }

    /// The user that is registered (RFC 3261 §10.3 step 5).
    func addressOfRecord(of request: RegisterFields) throws(Refusal) -> AddressOfRecord {
        guard request.to.count <= settings.limits.valueOctets else {
            throw Refusal(400, "To Longer Than \(settings.limits.valueOctets) Octets")
        }
        let span = unsafe request.message.bytes.span.bytes
        let aor: AddressOfRecord?
        do throws(ParseError) {
            aor = try AddressOfRecord.read(to: span, request.to.range)
        } catch {
            throw Refusal(400, "Malformed To")
        }
        guard let aor else { throw Refusal(404, "Not Found") }
        return aor
    }

    /// RFC 3261 §10.3 steps 3 and 4: nothing is stored for who is not the user (RFC 5626 §12).
    mutating func authenticate(
        _ message: SIPMessage, as aor: AddressOfRecord, at now: Timestamp
    ) throws(Refusal) {
        switch verifier?.verify(message, at: now) {
        case nil: return
        case .accepted(let user):
            guard user == aor.user else { throw Refusal(403, "Forbidden") }
        case .challenged(let challenges):
            throw Refusal(401, "Unauthorized", challenges.map { .init(.wwwAuthenticate, $0) })
        case .malformed(let reason): throw Refusal(400, reason)
        }
    }

    func checkLimits(_ request: RegisterFields, _ origin: RegisterOrigin) throws(Refusal) {
        let limits = settings.limits
        if request.callID.count > limits.callIDOctets {
            throw Refusal(400, "Call-ID Longer Than \(limits.callIDOctets) Octets")
        }
        if request.contacts.count > limits.contactsPerRequest {
            throw Refusal(400, "More Than \(limits.contactsPerRequest) Contacts")
        }
        if request.path.count > limits.pathValues { throw Refusal(400, "More Than \(limits.pathValues) Path Values") }
        for value in request.contacts where value.count > limits.valueOctets {
            throw Refusal(400, "Contact Longer Than \(limits.valueOctets) Octets")
        }
        for value in request.path where value.count > limits.valueOctets {
            throw Refusal(400, "Path Longer Than \(limits.valueOctets) Octets")
        }
    }

    // MARK: Path

    /// Reads the Path, the edge of this process first, and refuses one that the phone does not know about (RFC 3327
    /// §5.3). A Path that a binding of the AOR has already is not read again.
    func readPath(
        _ request: inout RegisterFields, _ origin: RegisterOrigin, of slot: Int?
    ) throws(Refusal) {
        guard settings.path != .off, origin.path != nil || !request.path.isEmpty else { return }
        if settings.path == .strict, !request.supported.contains(.path) {
            throw Refusal(420, "Bad Extension", [.init(.unsupported, "path")])
        }
        if let slot {
            for entry in table.slots[slot].entries.indices {
                let path = table.slots[slot].entries[entry].binding.path
                guard isPath(path, of: request, origin) else { continue }
                request.pathTexts = path
                return
            }
        }
        let message = request.message
        let span = unsafe message.bytes.span.bytes
        for value in request.path where (try? NameAddr.parse(span, value.range)) == nil {
            throw Refusal(400, "Malformed Path")
        }
        let own = origin.path.map { [$0] } ?? []
        request.pathTexts = own + request.path.map { URIText.singleLine(message.text($0)) }
    }

    private func isPath(_ path: [String], of request: RegisterFields, _ origin: RegisterOrigin) -> Bool {
        let own = origin.path == nil ? 0 : 1
        guard path.count == own + request.path.count else { return false }
        if let first = origin.path, path[0] != first { return false }
        for (index, value) in request.path.enumerated() where !request.equals(path[own + index], in: value) {
            return false
        }
        return true
    }

    /// Whether the first hop does outbound (RFC 5626 §6): it is this registrar, or an edge in this process, or it put
    /// `ob` into its Path value. "The first URI" of the RFC is the one that the first hop wrote, which is the last of
    /// the message: each proxy writes its own in front of those it finds (RFC 3327 §5.2).
    func isFirstHopFine(_ request: RegisterFields, _ origin: RegisterOrigin) -> Bool {
        if origin.firstHopIsEdge { return true }
        guard let last = request.path.last else { return request.viaCount == 1 }
        let span = unsafe request.message.bytes.span.bytes
        return (try? NameAddr.parse(span, last.range))?.uri.hasParameter("ob") ?? false
    }

    // MARK: Contacts

    /// Whether the binding is one flow of an instance (RFC 5626 §6). Without an instance, and behind a first hop that
    /// does no outbound, reg-id is ignored. Where it counts it must be readable: no key can be made of `reg-id=0`, and
    /// a quiet fall-back to plain rules would hide the phone's mistake.
    func usesRegID(
        _ contact: RequestedContact, _ request: RegisterFields, isFirstHopFine: Bool
    ) throws(Refusal) -> Bool {
        guard settings.outbound != .off, contact.regID.isPresent, contact.instance.isPresent else { return false }
        guard isFirstHopFine else {
            if settings.firstHop == .strict, request.supported.contains(.outbound) {
                throw Refusal(439, "First Hop Lacks Outbound Support")
            }
            return false
        }
        guard contact.regID.value != nil else { throw Refusal(400, "Bad reg-id") }
        guard contact.instance.value != nil else { throw Refusal(400, "Bad +sip.instance") }
        return true
    }

    /// What concerns several Contacts, or the registration as a whole.
    func checkTogether(
        _ wishes: [Wish], _ request: RegisterFields, isFirstHopFine: Bool
    ) throws(Refusal) {
        // RFC 5626 §6: one flow of one instance at a time, whatever is taken away beside it.
        if settings.outbound != .off, isFirstHopFine, wishes.count(where: { $0.seconds > 0 }) > 1,
            wishes.contains(where: { $0.seconds > 0 && $0.request.regID.isPresent })
        {
            throw Refusal(400, "Several Contacts With reg-id")
        }
        guard settings.outbound == .required else { return }
        for wish in wishes where wish.seconds > 0 {
            if !request.supported.contains(.outbound) || wish.request.regID.value == nil
                || wish.request.instance.value == nil
            {
                throw Refusal(421, "Extension Required", [.init(.require, "outbound")])
            }
        }
    }

    /// RFC 5627 §5.1: an instance's Contact leads to the instance, not back here.
    func checkURI(
        _ contact: RegisteredContact, of aor: AddressOfRecord, in request: RegisterFields
    ) throws(Refusal) {
        guard contact.instance != nil else { return }
        let uri = contact.uri
        guard uri.scheme == .sip || uri.scheme == .sips else { throw Refusal(403, "Contact Is Not A SIP URI") }
        // As it is kept, and as it was written: with a port, it may be.
        let texts = [aor.text, request.message.text(request.to)]
        let own = texts.compactMap { text in (try? NameAddr.parse(text))?.uri }
        if own.contains(where: { uri.isEquivalent(to: $0) }), !uri.hasParameter("gr") {
            throw Refusal(403, "Contact Is The Address-of-Record")
        }
        guard uri.hasParameter("gr") else { return }
        let temporary = uri.user.flatMap { table.instance(ofTemporary: $0) }.map { table.aor($0.slot) }
        if temporary == aor || AddressOfRecord(uri) == aor { throw Refusal(403, "Contact Is A GRUU Of Its Own") }
    }

    /// Seconds granted to who asks for `wanted` (RFC 3261 §10.3 step 7).
    func granted(_ wanted: UInt32?) throws(Refusal) -> UInt32 {
        let wanted = wanted ?? settings.defaultExpires
        guard wanted > 0 else { return 0 }
        if wanted < settings.minimumExpires, wanted < 3600 {
            throw Refusal(423, "Interval Too Brief", [.init(.minExpires, String(settings.minimumExpires))])
        }
        return max(1, min(max(wanted, settings.minimumExpires), settings.maximumExpires))
    }

    /// The order of requests (RFC 3261 §10.3 steps 6 and 7): of one Call-ID, only a higher CSeq changes a binding.
    ///
    /// - Returns: true for the very request that made the binding what it is, sent again by a phone that lost the
    ///   answer: same Call-ID, CSeq and branch.
    func isRepeated(
        _ request: RegisterFields, _ entries: [BindingTable.Entry], _ entry: Int
    ) throws(Refusal) -> Bool {
        // Each of these is read by itself: an entry as a whole would be copied.
        let cseq = entries[entry].binding.cseq
        guard request.cseq <= cseq, request.equals(entries[entry].binding.callID, in: request.callID) else {
            return false
        }
        guard request.cseq == cseq, request.via == entries[entry].via else {
            throw Refusal(500, "CSeq Not Above The Last")
        }
        return true
    }
}
