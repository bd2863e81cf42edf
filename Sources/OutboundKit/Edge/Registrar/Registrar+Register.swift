extension Registrar {
    /// What one Contact value of a REGISTER asks for, decided.
    struct Wish {
        let request: RequestedContact
        /// What the binding is to keep: what it has, if the phone said the same before.
        let contact: RegisteredContact
        /// The binding it is about, as a place among the AOR's entries; nil for a new one.
        var entry: Int?
        /// Seconds granted; 0 takes the binding away.
        let seconds: UInt32
        /// The very request that made the binding what it is: answered again, and nothing changed.
        var isRepeated = false
    }

    /// RFC 3261 §10.3, step by step.
    mutating func process(
        _ message: SIPMessage, from origin: RegisterOrigin, at now: Timestamp
    ) throws(Refusal) -> RegistrarAnswer {
        guard message.method == .register else {
            throw Refusal(405, "Method Not Allowed", [.init(.allow, "REGISTER")])
        }
        var request = try RegisterFields(message)
        try checkRequire(&request)
        let aor = try addressOfRecord(of: request)
        try authenticate(message, as: aor, at: now)
        guard settings.domains.isEmpty || settings.domains.contains(String(aor.host)) else {
            throw Refusal(404, "Not Found")
        }
        try checkLimits(request, origin)
        let slot = table.slot(of: aor)
        try readPath(&request, origin, of: slot)
        guard message.first(.contact) != nil else { return answer(to: request, of: slot, [], at: now) }
        if request.contacts.isEmpty { throw Refusal(400, "Malformed Contact") }
        let span = unsafe message.bytes.span.bytes
        if request.contacts.contains(where: { $0.count == 1 && span.octet($0.start) == ASCII.star }) {
            return try removeAll(request, of: slot, at: now)
        }
        let isFirstHopFine = isFirstHopFine(request, origin)
        let wishes = try wishes(of: request, of: aor, slot, isFirstHopFine: isFirstHopFine, at: now)
        return try apply(wishes, request, from: origin, of: aor, slot, at: now)
    }

    // MARK: Contacts

    /// Reads the Contacts and decides what each of them means. Nothing is changed.
    private func wishes(
        of request: RegisterFields, of aor: AddressOfRecord, _ slot: Int?, isFirstHopFine: Bool, at now: Timestamp
    ) throws(Refusal) -> [Wish] {
        let entries = slot.map { table.slots[$0].entries } ?? []
        var wishes: [Wish] = []
        wishes.reserveCapacity(request.contacts.count)
        for value in request.contacts {
            // The same octets as last time mean the same.
            var entry = entries.indices.first { entries[$0].request.map { request.equals($0.raw, in: value) } ?? false }
            let asked: RequestedContact
            if let entry, let same = entries[entry].request {
                asked = same
            } else {
                asked = try Self.read(value, of: request)
            }
            let hasRegID = try usesRegID(asked, request, isFirstHopFine: isFirstHopFine)
            let contact: RegisteredContact
            if let entry, (entries[entry].binding.regID != nil) == hasRegID {
                contact = entries[entry].binding.contact
            } else {
                contact = asked.bound(withRegID: hasRegID)
                try checkURI(contact, of: aor, in: request)
                entry = entries.indices.first { entries[$0].binding.contact.isSameBinding(as: contact) }
            }
            // What has expired is gone, though nobody has swept it out yet: its CSeq counts no more.
            if let found = entry, entries[found].binding.expires <= now { entry = nil }
            if wishes.contains(where: { $0.contact.isSameBinding(as: contact) }) {
                throw Refusal(400, "Contact Repeated")
            }
            var wish = Wish(
                request: asked, contact: contact, entry: entry, seconds: try granted(asked.expires ?? request.expires))
            if let entry { wish.isRepeated = try isRepeated(request, entries, entry) }
            wishes.append(wish)
        }
        try checkTogether(wishes, request, isFirstHopFine: isFirstHopFine)
        return wishes
    }

    private static func read(_ value: ByteSlice, of request: RegisterFields) throws(Refusal) -> RequestedContact {
        let span = unsafe request.message.bytes.span.bytes
        do {
            return RequestedContact(try NameAddr.parse(span, value.range), raw: span.array(value.range))
        } catch {
            throw Refusal(400, "Malformed Contact")
        }
    }

    // MARK: Changes

    /// Carries the wishes out, all of them: what could fail has been looked at, but for the room.
    private mutating func apply(
        _ wishes: [Wish], _ request: RegisterFields, from origin: RegisterOrigin, of aor: AddressOfRecord,
        _ known: Int?, at now: Timestamp
    ) throws(Refusal) -> RegistrarAnswer {
        let before = settings.isStored ? known.map { table.slots[$0] } : nil
        let total = known.map { table.slots[$0].entries.count } ?? 0
        let live = known.map { table.liveCount(of: $0, at: now) } ?? 0
        let added = wishes.count { $0.entry == nil && $0.seconds > 0 }
        let taken = wishes.count { $0.entry != nil && $0.seconds == 0 }
        if added > 0, live + added - taken > settings.limits.bindingsPerAOR {
            throw Refusal(403, "More Than \(settings.limits.bindingsPerAOR) Bindings")
        }
        guard known != nil || added > 0 else { return answer(to: request, of: nil, wishes, at: now) }
        guard let slot = known ?? table.makeSlot(for: aor) else {
            throw Refusal(503, "More Than \(settings.limits.addressesOfRecord) Addresses-of-Record")
        }
        var changes: [BindingChange] = []
        var removed: Set<UInt64> = []
        var longest: UInt32 = 0
        for wish in wishes where !wish.isRepeated {
            guard wish.seconds > 0 else {
                if let entry = wish.entry { removed.insert(table.slots[slot].entries[entry].binding.id) }
                continue
            }
            longest = max(longest, wish.seconds)
            let entry = wish.entry ?? table.slots[slot].entries.count
            if wish.entry == nil {
                add(wish, request, from: origin, of: aor, to: slot, at: now)
            } else {
                refresh(entry, wish, request, from: origin, of: slot, at: now)
            }
            if settings.isStored { changes.append(.stored(table.slots[slot].entries[entry].binding)) }
        }
        if !removed.isEmpty || live < total {
            let gone = table.remove(from: slot) { removed.contains($0.id) || $0.expires <= now }
            if settings.isStored { changes += gone }
        }
        var answer = answer(to: request, of: slot, wishes, at: now)
        answer.changes = changes
        if longest > 0 { answer.boundUntil = now + .seconds(Int64(longest)) }
        if settings.isStored { answer.before = BindingTable.Before(slot: slot, record: before) }
        return answer
    }

    private mutating func add(
        _ wish: Wish, _ request: RegisterFields, from origin: RegisterOrigin, of aor: AddressOfRecord,
        to slot: Int, at now: Timestamp
    ) {
        let callID = request.message.text(request.callID)
        let binding = Binding(
            id: table.newID(), aor: aor, contact: wish.contact, path: request.pathTexts, callID: callID,
            cseq: request.cseq, expires: now + .seconds(Int64(wish.seconds)), since: now, updated: now,
            flow: origin.flow, source: origin.source, userAgent: userAgent(of: request),
            gruuSerial: serial(for: wish.contact, callID, request, in: slot))
        table.add(binding, request: wish.request, via: request.via, to: slot)
    }

    private mutating func refresh(
        _ entry: Int, _ wish: Wish, _ request: RegisterFields, from origin: RegisterOrigin, of slot: Int,
        at now: Timestamp
    ) {
        var binding = table.slots[slot].entries[entry].binding
        binding.contact = wish.contact
        binding.path = request.pathTexts
        if !request.equals(binding.callID, in: request.callID) { binding.callID = request.message.text(request.callID) }
        binding.cseq = request.cseq
        binding.expires = now + .seconds(Int64(wish.seconds))
        binding.updated = now
        binding.flow = origin.flow
        binding.source = origin.source
        if !isUserAgent(binding.userAgent, of: request) { binding.userAgent = userAgent(of: request) }
        binding.gruuSerial = serial(for: binding.contact, binding.callID, request, in: slot)
        table.update(entry, of: slot, to: binding, request: wish.request, via: request.via)
    }

    private mutating func serial(
        for contact: RegisteredContact, _ callID: String, _ request: RegisterFields, in slot: Int
    ) -> UInt64 {
        guard let instance = contact.instance else { return 0 }
        let isWanted = request.supported.contains(.gruu)
        return table.grant(instance, contact.regID, callID: callID, isWanted: isWanted, in: slot)
    }

    /// `Contact: *` (RFC 3261 §10.3 step 6).
    private mutating func removeAll(
        _ request: RegisterFields, of slot: Int?, at now: Timestamp
    ) throws(Refusal) -> RegistrarAnswer {
        guard request.contacts.count == 1, request.expires == 0 else {
            throw Refusal(400, "Contact * Stands Alone And With Expires 0")
        }
        guard let slot else { return answer(to: request, of: nil, [], at: now) }
        let record = table.slots[slot]
        for entry in record.entries.indices where record.entries[entry].binding.expires > now {
            _ = try isRepeated(request, record.entries, entry)
        }
        let changes = table.remove(from: slot) { _ in true }
        var answer = answer(to: request, of: slot, [], at: now)
        if settings.isStored {
            answer.changes = changes
            answer.before = BindingTable.Before(slot: slot, record: record)
        }
        return answer
    }
}
