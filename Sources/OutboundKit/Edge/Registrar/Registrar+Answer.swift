/// The 200 (RFC 3261 §10.3 step 8, RFC 3327 §5.3, RFC 5626 §6, RFC 5627 §5.2).
extension Registrar {
    mutating func answer(
        to request: RegisterFields, of slot: Int?, _ wishes: [Wish], at now: Timestamp
    ) -> RegistrarAnswer {
        var answer = RegistrarAnswer(200, "OK")
        answer.fields.reserveCapacity(8)
        if let slot {
            for entry in table.slots[slot].entries.indices {
                guard var text = listing(of: entry, in: slot, at: now) else { continue }
                if request.supported.contains(.gruu) { appendGRUUs(of: entry, in: slot, wishes, at: now, to: &text) }
                answer.fields.append(.init(.contact, text))
            }
        }
        // Only the Path of this registration, though all Contacts are listed (RFC 5626 §9.2).
        if request.supported.contains(.path) {
            for value in request.pathTexts { answer.fields.append(.init(.path, value)) }
        }
        // The rules that make a binding by reg-id hold without the tag too; `outbound` is said only to who said it.
        if request.supported.contains(.outbound), wishes.contains(where: { $0.contact.regID != nil }) {
            answer.grantsOutbound = true
            answer.fields.append(.init(.require, "outbound"))
        }
        if !supportedText.isEmpty { answer.fields.append(.init(.supported, supportedText)) }
        if settings.sendsDate { answer.fields.append(.init(.date, date.text(at: now))) }
        return answer
    }

    /// A binding with the seconds that are left of it; nil for one that has expired.
    private mutating func listing(of entry: Int, in slot: Int, at now: Timestamp) -> String? {
        let left = table.slots[slot].entries[entry].binding.expires.nanoseconds(since: now)
        guard left > 0 else { return nil }
        let seconds = max(1, left / 1_000_000_000)
        if table.slots[slot].entries[entry].listedSeconds == seconds { return table.slots[slot].entries[entry].listed }
        var text = table.slots[slot].entries[entry].binding.contact.text
        text.append(";expires=")
        text.append(String(seconds))
        table.keepListing(text, seconds: seconds, of: entry, in: slot)
        return text
    }

    /// The public GRUU of each instance, and a new temporary one for the instance that asks.
    private mutating func appendGRUUs(
        of entry: Int, in slot: Int, _ wishes: [Wish], at now: Timestamp, to text: inout String
    ) {
        let binding = table.slots[slot].entries[entry].binding
        guard let instance = binding.instance else { return }
        text += ";pub-gruu=\"\(binding.aor);gr=\(binding.contact.gr)\""
        guard binding.gruuSerial != 0, wishes.contains(where: { $0.contact.instance == instance }) else { return }
        let scheme = binding.aor.text.prefix { $0 != ":" }
        let user = table.mint(binding.gruuSerial, at: now)
        text += ";temp-gruu=\"\(scheme):\(user)@\(binding.aor.host);gr\""
    }

    // MARK: User-Agent

    func userAgent(of request: RegisterFields) -> String? {
        guard let value = request.userAgent, !value.isEmpty else { return nil }
        let end = min(value.end, value.start + settings.limits.userAgentOctets)
        return URIText.singleLine(request.message.text(ByteSlice(value.start..<end)))
    }

    func isUserAgent(_ known: String?, of request: RegisterFields) -> Bool {
        guard let value = request.userAgent, !value.isEmpty else { return known == nil }
        return known.map { request.equals($0, in: value) } ?? false
    }
}
