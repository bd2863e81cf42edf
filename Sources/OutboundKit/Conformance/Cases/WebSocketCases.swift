/// Keep-alives on WebSocket flows (RFC 6455 §5.5, RFC 7118 §5, §6).
extension CaseCatalogue {
    static let webSocket: [TestCase] = [
        webSocketPing, webSocketCRLF, webSocketCRLFFraming, webSocketFragments, webSocketUnmasked,
    ]

    static let webSocketPing = TestCase(
        "websocket.ping", "The handshake agrees on sip, and a Ping frame gets a Pong with what it carried",
        ["OB-WS-002", "OB-WS-005", "OB-WS-001"], needs: [.webSocket], within: .seconds(12), slow: false
    ) { bed throws(CaseStop) in
        let phone = try await bed.open()
        bed.pass("OB-WS-005", "the sub-protocol sip was agreed on")
        let payload = Array(bed.word(8).utf8)
        let sent = bed.now
        await bed.send(phone, ping: payload)
        try await bed.wait(.milliseconds(10_500)) {
            !$0.station(phone).webSocketPongs.isEmpty || $0.station(phone).loss != nil
        }
        guard let pong = bed.station(phone).webSocketPongs.first else {
            return bed.fail(
                "OB-WS-002", "a Ping gets no Pong", saw: bed.ending(phone) ?? "nothing in 10.5 s",
                expected: "a Pong frame")
        }
        guard pong.payload == payload else {
            return bed.fail(
                "OB-WS-002", "the Pong carries something else than the Ping",
                saw: "\(counted(pong.payload.count, "octet")), not ours",
                expected: "the 8 octets of the Ping")
        }
        let seconds = DecimalSeconds.text((pong.time - sent).inNanoseconds, places: 3)
        bed.pass("OB-WS-002", "Pong after \(seconds) s")
        bed.pass("OB-WS-001", "Ping frames keep the flow alive")
    }

    static let webSocketCRLF = TestCase(
        "websocket.crlf", "A double CRLF in a frame of its own gets a CRLF, which is all that browsers can send",
        ["OB-WS-003"], needs: [.webSocket, .outbound], within: .seconds(12), slow: false
    ) { bed throws(CaseStop) in
        let (phone, reply) = try await bed.registeredPhone()
        let pong = try await bed.ping(phone)
        let expected = "a frame that holds one CRLF"
        guard pong.delay == nil else { return bed.pass("OB-WS-003", "a pong came, in a frame of its own") }
        let saw = bed.ending(phone) ?? bed.station(phone).strange.first ?? "nothing in 10.5 s"
        if reply.grantsOutbound {
            bed.fail(
                "OB-WS-003", "outbound is granted and a CRLF keep-alive is not answered", saw: saw, expected: expected,
                "DX-WS-01")
        } else {
            bed.warn("OB-WS-003", "a CRLF keep-alive is not answered", saw: saw, expected: expected, "DX-WS-01")
        }
    }

    static let webSocketCRLFFraming = TestCase(
        "websocket.one-message-a-frame", "Pongs and SIP messages stand in messages of their own", ["OB-WS-004"],
        needs: [.webSocket]
    ) { bed throws(CaseStop) in
        let phone = try await bed.open()
        await bed.send(phone, text: "\r\n\r\n")
        let reply = try await bed.ask(phone, bed.options(phone))
        try await bed.settle()
        guard reply.response != nil, bed.station(phone).strange.isEmpty else {
            return bed.fail(
                "OB-WS-004", "a ping and a request, each in its frame, are not answered in frames of their own",
                saw: "\(reply.line); \(bed.station(phone).strange.first ?? bed.ending(phone) ?? "nothing else")",
                expected: "a pong, and an answer")
        }
        bed.pass("OB-WS-004", "each answer stands in a message of its own")
    }

    static let webSocketFragments = TestCase(
        "websocket.fragments", "A Ping between two fragments of a SIP message disturbs neither", ["OB-WS-010"],
        needs: [.webSocket]
    ) { bed throws(CaseStop) in
        let phone = try await bed.open()
        let (octets, branch) = bed.wire(bed.options(phone), over: phone)
        let (head, tail) = (Array(octets.prefix(100)), Array(octets.dropFirst(100)))
        await bed.send(phone, frame: WebSocketFrame(.text, head, isFinal: false))
        await bed.send(phone, frame: WebSocketFrame(.ping, [1, 2, 3]))
        let last = WebSocketFrame(.continuation, tail)
        let reply = try await bed.ask(phone, frame: last, branch: branch)
        try await bed.wait(.seconds(1)) { !$0.station(phone).webSocketPongs.isEmpty }
        let pongs = bed.station(phone).webSocketPongs
        guard reply.response != nil, pongs.count == 1 else {
            return bed.fail(
                "OB-WS-010", "a message in fragments, with a Ping between them, is not served",
                saw: "\(bed.ending(phone) ?? reply.line); \(counted(pongs.count, "Pong"))",
                expected: "an answer and a Pong")
        }
        bed.pass("OB-WS-010", "the Pong and the answer came")
    }

    static let webSocketUnmasked = TestCase(
        "websocket.unmasked", "A frame without a mask, which no client may send, ends the connection", ["OB-WS-010"],
        needs: [.webSocket]
    ) { bed throws(CaseStop) in
        let phone = try await bed.open()
        await bed.send(phone, wire: WebSocketFrame(.ping, [1, 2, 3]).encoded(maskingKey: nil))
        try await bed.wait(.seconds(2)) { bed in
            let station = bed.station(phone)
            return station.loss != nil || station.webSocketEnding != nil || !station.webSocketPongs.isEmpty
        }
        guard let ending = bed.ending(phone) else {
            return bed.warn(
                "OB-WS-010", "a frame without a mask is taken", saw: "the connection goes on",
                expected: "the server closes it (RFC 6455 §5.1)")
        }
        bed.pass("OB-WS-010", ending)
    }
}

extension TestBed {
    /// How a flow ended, in words; nil while it is up.
    func ending(_ phone: Phone) -> String? {
        let station = station(phone)
        return station.webSocketEnding.map { "\($0)" } ?? station.loss.map { "the connection is \($0.words)" }
    }

    mutating func send(_ phone: Phone, ping payload: [UInt8]) async {
        stations[phone.flow]?.codec.ping(payload)
        await drain(phone, at: now)
    }

    mutating func send(_ phone: Phone, frame: WebSocketFrame) async {
        let key = UInt32(truncatingIfNeeded: random.next() as UInt64)
        await send(phone, wire: frame.encoded(maskingKey: key))
    }

    /// Sends a frame that ends a request with that branch, and waits for its final answer.
    fileprivate mutating func ask(
        _ phone: Phone, frame: WebSocketFrame, branch: String
    ) async throws(CaseStop) -> Reply {
        await send(phone, frame: frame)
        return try await ask(phone, octets: [], branch: branch)
    }
}
