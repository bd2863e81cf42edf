/// Keep-alives from phones and their answers (RFC 5626 §5.4). They are answered whether or not anybody registered.
extension EdgeServer {
    // MARK: CRLF

    /// A double CRLF came between messages: one CRLF goes back at once.
    mutating func ping(_ id: FlowID, at now: Timestamp) {
        counters.crlfPings += 1
        guard let slot = flows.index(forKey: id) else { return }
        flows.values[slot].pings &+= 1
        guard flows.values[slot].standing == .up else { return }
        if settings.faults.isEmpty || !spoilsPong(id, at: now) { pong(id, at: now) }
    }

    mutating func pong(_ id: FlowID, at now: Timestamp) {
        guard let slot = flows.index(forKey: id) else { return }
        counters.crlfPongs += 1
        flows.values[slot].pongs &+= 1
        // On a WebSocket each is a message of its own (RFC 7118 §5).
        let completesPair = flows.values[slot].sentCRLF && !flows.values[slot].flow.transport.isWebSocket
        flows.values[slot].sentCRLF.toggle()
        observe(id, .fromServer, at: now) { .crlf(completesPair: completesPair, ownSegment: true) }
        sendRaw([ASCII.cr, ASCII.lf], on: id, at: now)
    }

    /// Sends octets that are no SIP message: on a WebSocket a message of their own (RFC 7118 §6).
    mutating func sendRaw(_ octets: [UInt8], on id: FlowID, at now: Timestamp) {
        guard let slot = flows.index(forKey: id), flows.values[slot].standing == .up else { return }
        guard case .webSocket(var session) = flows.values[slot].wire else {
            outputs.append(.send(octets, id))
            return
        }
        flows.values[slot].wire = .datagram
        session.send(octets, isText: true)
        drain(&session, on: id, at: now)
        flows.values[slot].wire = .webSocket(session)
    }

    // MARK: STUN

    /// A STUN message in a datagram. Binding requests are answered (RFC 5626 §8); indications, answers, other methods
    /// and what does not parse are not (RFC 8489 §6.3).
    mutating func receiveSTUN(_ bytes: RawSpan, on id: FlowID, at now: Timestamp) {
        observe(id, .fromClient, at: now) {
            STUNFacts.read(bytes, isCut: false).map { .stun($0) }
                ?? .otherDatagram(length: bytes.byteCount, first: bytes.octet(0))
        }
        guard let slot = flows.index(forKey: id) else { return }
        guard let request = try? STUNMessage.parse(bytes) else {
            noteOnce(id, "a STUN message that cannot be read", at: now)
            return
        }
        guard request.type == .bindingRequest, request.fingerprint != .invalid else { return }
        counters.stunRequests += 1
        flows.values[slot].pings &+= 1
        guard flows.values[slot].standing == .up else { return }
        let remote = flows.values[slot].flow.remote
        let octets: [UInt8]?
        if settings.faults.isEmpty {
            octets = Self.stunAnswer(to: request, from: remote, software: settings.software)
        } else {
            octets = faultySTUNAnswer(to: request, on: id, at: now)
        }
        guard let octets, let slot = flows.index(forKey: id) else { return }
        counters.stunAnswers += 1
        flows.values[slot].pongs &+= 1
        observe(id, .fromServer, at: now) {
            unsafe STUNFacts.read(octets.span.bytes, isCut: false).map { .stun($0) }
                ?? .otherDatagram(length: octets.count, first: octets.first)
        }
        outputs.append(.send(octets, id))
    }

    /// The answer to a Binding request (RFC 8489 §6.3.1). One without the cookie is of RFC 3489, whose clients know
    /// MAPPED-ADDRESS alone.
    static func stunAnswer(to request: STUNMessage, from remote: TransportAddress, software: String) -> [UInt8] {
        let cookie = unsafe request.bytes.span.bytes.big32(4)
        let unknown = request.unknownRequired
        var writer = STUNMessageWriter(
            unknown.isEmpty ? .bindingSuccess : .bindingError, request.transactionID, cookie: cookie)
        if !unknown.isEmpty {
            writer.append(errorCode: STUNErrorCode(code: 420, reason: "Unknown Attribute"))
            writer.append(unknownAttributes: unknown)
        } else if request.hasCookie {
            writer.append(xorMappedAddress: remote)
        } else {
            writer.append(.mappedAddress, plain: remote)
            return writer.message
        }
        writer.append(software: software)
        return request.fingerprint == .valid ? writer.messageWithFingerprint() : writer.message
    }
}
