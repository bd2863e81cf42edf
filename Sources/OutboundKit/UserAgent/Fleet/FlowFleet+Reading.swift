/// What comes in on the flows of a fleet (RFC 5626 §8, RFC 3261 §18.3).
extension FlowFleet {
    mutating func receiveDatagram(_ bytes: RawSpan, _ index: Int, on flow: FlowID, at now: Timestamp) {
        guard let first = bytes.octetIfPresent(0) else { return }
        // The first two bits of STUN are zero, and no SIP message begins so.
        if first & 0xC0 == 0 {
            guard STUNMessage.isMessage(bytes) else {
                statistics.ignored += 1
                return
            }
            members[index].keepAlive.receiveSTUN(bytes, on: flow, at: now)
            return drainKeepAlive(index, at: now)
        }
        // Taken out, so that reading does not copy it while it is lent.
        var message = scratch
        scratch = SIPMessage()
        defer { scratch = message }
        do throws(ParseError) {
            try MessageParser.parse(bytes, into: &message)
            take(message, index, at: now)
        } catch {
            statistics.ignored += 1
        }
    }

    mutating func receiveStream(_ bytes: RawSpan, _ index: Int, at now: Timestamp) {
        guard var framer = members[index].framer else { return }
        members[index].framer = nil
        let flow = members[index].flow
        var message = scratch
        scratch = SIPMessage()
        defer { scratch = message }
        var output = framer.receive(bytes, using: &message)
        var endsMessage = false
        while let item = output {
            switch item {
            case .message(let whole):
                take(whole, index, at: now)
                message = whole
                endsMessage = true
            case .crlf:
                members[index].keepAlive.stream(.pong, at: now)
            case .malformed:
                statistics.ignored += 1
                endsMessage = true
            case .stun:
                statistics.ignored += 1
            case .unrecognized:
                return fail(index, .unreadable, closes: true, at: now)
            }
            drainKeepAlive(index, at: now)
            // What is left on a flow that has failed is of no interest.
            guard members[index].flow == flow else { return }
            output = framer.next(using: &message)
        }
        if !framer.isSynchronized { return fail(index, .unreadable, closes: true, at: now) }
        if endsMessage {
            // Behind all CRLFs, one of which may be the pong.
            members[index].keepAlive.stream(.messageEnded, at: now)
            drainKeepAlive(index, at: now)
            guard members[index].flow == flow else { return }
        }
        if framer.isInsideMessage { members[index].keepAlive.stream(.messageBegan, at: now) }
        members[index].framer = framer
    }

    mutating func take(_ message: SIPMessage, _ index: Int, at now: Timestamp) {
        guard message.isRequest else { return respond(message, index, at: now) }
        statistics.requests += 1
        // A server that probes its contacts is answered, so that it does not take the flow for dead.
        guard message.method != .ack, let flow = members[index].flow else { return }
        let tag = String(random.next(), radix: 16)
        transmit(RequestAnswer.bytes(for: message, tag: tag, accepting: [.options]), on: flow)
    }
}

extension SIPMessage {
    /// Whether the top Via, and no other, has that branch.
    func hasBranch(_ branch: [UInt8]) -> Bool {
        guard viaCount == 1, let field = first(.via) else { return false }
        let span = unsafe bytes.span.bytes
        guard let start = span.valuePlace(ofParameter: "branch=", in: field.value.range) else { return false }
        let end = start + branch.count
        guard end <= field.value.end, end == field.value.end || !ASCII.isToken(span.octet(end)) else { return false }
        return branch.indices.allSatisfy { span.octet(start + $0) == branch[$0] }
    }

    /// The Contact with that instance, `<urn:…>`, or, where a registrar keeps the instance to itself, at that end of a
    /// flow, or at the one that the first hop sees.
    /// - Returns: nil when it is not there; what it grants, if it says so.
    func ownContact(_ instance: [UInt8], local: [UInt8]) -> (expiresSeconds: UInt64?, Void)? {
        contact(holding: instance) ?? contact(holding: [ASCII.at] + local) ?? rewrittenContact
    }

    private var rewrittenContact: (expiresSeconds: UInt64?, Void)? {
        guard let seen = (try? topVia())?.reflexiveAddress else { return nil }
        return contact(holding: [ASCII.at] + Array("\(seen)".utf8))
    }

    private func contact(holding wanted: [UInt8]) -> (expiresSeconds: UInt64?, Void)? {
        let span = unsafe bytes.span.bytes
        for index in headers.indices where headers[index].name == .contact {
            let range = headers[index].value.range
            guard span.contains(wanted, in: range) else { continue }
            // One binding a line, or only one at all, is the rule, and told without reading it.
            if span.firstOffset(of: ASCII.comma, in: range) == nil { return (expires(range), ()) }
            var scanner = ValueScanner(range)
            while let element = scanner.listElement(span) {
                if span.contains(wanted, in: element) { return (expires(element), ()) }
            }
        }
        return nil
    }

    private func expires(_ range: Range<Int>) -> UInt64? {
        let span = unsafe bytes.span.bytes
        guard let start = span.valuePlace(ofParameter: "expires=", in: range) else { return nil }
        var number = ValueScanner(start..<range.upperBound)
        return number.integer(span)
    }
}

extension RawSpan {
    /// Where the value of a parameter begins whose name and equals sign are `name`; blanks about them are not looked for,
    /// because nobody writes them.
    fileprivate func valuePlace(ofParameter name: StaticString, in range: Range<Int>) -> Int? {
        var at = range.lowerBound
        while at < range.upperBound, let semicolon = firstOffset(of: ASCII.semicolon, in: at..<range.upperBound) {
            let start = semicolon + 1
            let end = start + name.utf8CodeUnitCount
            if end <= range.upperBound, equalsIgnoringCase(name, in: start..<end) { return end }
            at = start
        }
        return nil
    }

    fileprivate func contains(_ octets: [UInt8], in range: Range<Int>) -> Bool {
        guard let head = octets.first, octets.count <= range.count else { return false }
        var at = range.lowerBound
        let last = range.upperBound - octets.count
        while at <= last, let start = firstOffset(of: head, in: at..<last + 1) {
            var length = 1
            while length < octets.count, octet(start + length) == octets[length] { length += 1 }
            if length == octets.count { return true }
            at = start + 1
        }
        return false
    }
}
