import Testing

/// What the rig's Kamailio is known to do, asked for by hand: when one of these fails, the rig changed, not sipob.
@Suite(.needsKamailio, .kamailio())
struct KamailioRigTests {
    static func register(from port: UInt16, supported: String, contact: String) -> String {
        [
            "REGISTER sip:example.com SIP/2.0",
            "Via: SIP/2.0/UDP 127.0.0.1:\(port);rport;branch=z9hG4bK\(UInt64.random(in: 0 ... .max))",
            "From: <sip:alice@example.com>;tag=rig", "To: <sip:alice@example.com>",
            "Call-ID: \(UInt64.random(in: 0 ... .max))", "CSeq: 1 REGISTER", "Max-Forwards: 70",
            "Supported: \(supported)", "Contact: \(contact)", "Content-Length: 0", "", "",
        ].joined(separator: "\r\n")
    }

    static let instance = "+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\""

    @Test func outboundIsAgreed() throws {
        let client = try UDPClient(server: try KamailioRig.current.edgePort)
        let contact = "<sip:alice@127.0.0.1:\(client.port);ob>;reg-id=1;\(Self.instance);expires=60"
        client.send(Self.register(from: client.port, supported: "path, outbound, gruu", contact: contact))
        let lines = headerLines(try #require(client.receive()))
        #expect(lines.first == "SIP/2.0 200 OK")
        #expect(lines.contains("Require: outbound"))
        #expect(lines.contains("Flow-Timer: 20"))
        #expect(lines.contains { $0.hasPrefix("Path: <sip:") && $0.hasSuffix(";lr;ob>") })
        #expect(lines.contains { $0.hasPrefix("Contact: ") && $0.contains("reg-id=1") && $0.contains("pub-gruu=") })
    }

    @Test func outboundNeedsPath() throws {
        let client = try UDPClient(server: try KamailioRig.current.edgePort)
        let contact = "<sip:alice@127.0.0.1:\(client.port);ob>;reg-id=1;\(Self.instance);expires=60"
        client.send(Self.register(from: client.port, supported: "outbound", contact: contact))
        let lines = headerLines(try #require(client.receive()))
        #expect(lines.first == "SIP/2.0 420 Bad Extension")
        #expect(lines.contains("Unsupported: path"))
    }

    @Test func stunIsAnswered() throws {
        let client = try UDPClient(server: try KamailioRig.current.edgePort)
        client.send(stunBindingRequest)
        let answer = try #require(client.receive())
        // Binding success response, then XOR-MAPPED-ADDRESS: family 1, our port under the cookie's first half.
        #expect(Array(answer[0..<2]) == [0x01, 0x01])
        #expect(Array(answer[20..<26]) == [0x00, 0x20, 0x00, 0x08, 0x00, 0x01])
        #expect(UInt16(answer[26]) << 8 | UInt16(answer[27]) == client.port ^ 0x2112)
    }
}

@Suite(.needsKamailio, .kamailio(["EDGE_NO_STUN": "1", "REGISTRAR_AUTH": "sha256"]))
struct KamailioRigVariationTests {
    @Test func stunStaysUnansweredWhileSIPWorks() throws {
        let client = try UDPClient(server: try KamailioRig.current.edgePort)
        client.send(stunBindingRequest)
        client.send(KamailioRigTests.register(from: client.port, supported: "path", contact: "<sip:a@127.0.0.1>"))
        // Loopback keeps the order, so a STUN answer would have come first.
        let lines = headerLines(try #require(client.receive()))
        #expect(lines.first == "SIP/2.0 401 Unauthorized")
        #expect(
            lines.contains { $0.hasPrefix("WWW-Authenticate: Digest realm=\"example.com\"") && $0.contains("SHA-256") })
        #expect(client.receive(within: 300) == nil)
    }
}

/// RFC 8489 §5: Binding request, no attributes, the magic cookie, a transaction id.
let stunBindingRequest: [UInt8] = [0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42] + (0..<12).map { UInt8($0) }

func headerLines(_ message: [UInt8]) -> [String] {
    String(decoding: message, as: UTF8.self).split(separator: "\r\n").map(String.init)
}
