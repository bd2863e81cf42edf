import Testing

@testable import OutboundKit

/// REGISTER through the edge (RFC 5626 §5.1, §5.4, §6), keep-alives, and delivery over the flow.
@Suite struct EdgeRegisterTests {
    @Test(arguments: [("UDP", TransportProtocol.udp), ("TCP", .tcp)])
    func outboundIsGranted(name: String, transport: TransportProtocol) throws {
        var rig = try EdgeRig()
        let phone = rig.up(transport, port: 40_001)
        let answer = try rig.register("alice", on: phone, transport: name)
        #expect(answer.hasOptionTag("outbound", in: .require))
        #expect(answer.all(.flowTimer) == ["120"])
        let path = try #require(try answer.nameAddrs(.path).first)
        #expect(path.uri.hasParameter("ob") && path.uri.hasParameter("lr"))
        #expect(path.uri.host == "127.0.0.1" && path.uri.port == 5060)
        #expect(path.uri.user?.utf8.count == 32)
        #expect(path.uri.parameter("transport") == (transport == .tcp ? "tcp" : nil))
        let via = try #require(try answer.topVia())
        #expect(via.received == "127.0.0.1" && via.rport == .value("40001"))
        let contact = try #require(try answer.contacts().first)
        #expect(contact.regID == "1" && contact.expires == 600)
    }

    @Test func plainRegistrationHasNoOutbound() throws {
        var rig = try EdgeRig()
        let phone = rig.up(port: 40_001)
        let answer = try rig.register("alice", on: phone, regID: nil, supported: "path")
        #expect(answer.first(.require) == nil && answer.first(.flowTimer) == nil && answer.first(.path) == nil)
    }

    @Test func tokensDifferByFlow() throws {
        var rig = try EdgeRig()
        var users: Set<String> = []
        for (transport, port) in [(TransportProtocol.udp, UInt16(40_001)), (.tcp, 40_001), (.tcp, 40_002)] {
            let phone = rig.up(transport, port: port)
            let answer = try rig.register("alice", on: phone, transport: transport == .udp ? "UDP" : "TCP")
            users.insert(try #require(try answer.nameAddrs(.path).first?.uri.user))
        }
        #expect(users.count == 3)
    }

    @Test func messageReachesTheFlowAndTheAnswerComesBack() throws {
        var rig = try EdgeRig()
        let alice = rig.up(port: 40_001)
        let bob = rig.up(.udp, port: 40_002)
        try rig.register("alice", on: alice)
        rig.send(rig.request("MESSAGE", "sip:alice@example.com", transport: "UDP", body: "hello"), on: bob)
        let got = try rig.onlyMessage(alice)
        #expect(got.text(got.requestURI) == "sip:alice@192.0.2.9:5070;transport=tcp;ob")
        #expect(got.viaCount == 2 && got.all(.maxForwards) == ["69"] && got.first(.route) == nil)
        rig.send(rig.answer(got, "200 OK"), on: alice)
        let answer = try rig.onlyMessage(bob)
        #expect(answer.statusCode == 200 && answer.viaCount == 1)
    }

    @Test func unknownUserGets404AndDepartedUser480() throws {
        var rig = try EdgeRig()
        let alice = rig.up(port: 40_001)
        let bob = rig.up(.udp, port: 40_002)
        rig.send(rig.request("MESSAGE", "sip:alice@example.com", transport: "UDP"), on: bob)
        #expect(rig.statuses(bob) == [404])
        try rig.register("alice", on: alice)
        rig.down(alice)
        rig.send(rig.request("MESSAGE", "sip:alice@example.com", transport: "UDP"), on: bob)
        #expect(rig.statuses(bob) == [480])
    }

    // MARK: Keep-alives

    struct PingRow: CustomTestStringConvertible {
        let pieces: [String]
        let pongs: Int
        var testDescription: String { pieces.map { $0.replacing("\r\n", with: "CL") }.joined(separator: "|") }
    }

    @Test(arguments: [
        PingRow(pieces: ["\r\n\r\n"], pongs: 1), PingRow(pieces: ["\r", "\n\r\n"], pongs: 1),
        PingRow(pieces: ["\r\n", "\r\n"], pongs: 1), PingRow(pieces: ["\r\n\r", "\n"], pongs: 1),
        PingRow(pieces: ["\r\n\r\n\r\n\r\n"], pongs: 2), PingRow(pieces: ["\r\n"], pongs: 0),
        PingRow(pieces: ["\r\n\r\n\r\n"], pongs: 1),
    ])
    func pingsAreAnswered(row: PingRow) throws {
        var rig = try EdgeRig()
        let phone = rig.up(port: 40_001)
        for piece in row.pieces { rig.send(piece, on: phone) }
        #expect(rig.octets(phone) == Array(repeating: [13, 10], count: row.pongs))
    }

    @Test func pingInsideAMessageIsPartOfIt() throws {
        var rig = try EdgeRig()
        let phone = rig.up(port: 40_001)
        let text = rig.request("OPTIONS", "sip:127.0.0.1", body: "a\r\n\r\nb\r\n\r\n")
        let cut = text.index(text.startIndex, offsetBy: text.count - 6)
        rig.send(String(text[..<cut]), on: phone)
        #expect(rig.octets(phone).isEmpty)
        rig.send(String(text[cut...]), on: phone)
        #expect(rig.statuses(phone) == [200])
        rig.send("\r\n\r\n" + rig.request("OPTIONS", "sip:127.0.0.1"), on: phone)
        let sent = rig.octets(phone)
        #expect(sent.count == 2 && sent.first == [13, 10])
    }

    @Test func bindingRequestIsAnswered() throws {
        var rig = try EdgeRig()
        let phone = rig.up(.udp, port: 40_001)
        let id = STUNTransactionID(high: 7, low: 8)
        rig.send(STUNMessageWriter(.bindingRequest, id).message, on: phone)
        let answer = try rig.stun(phone)
        #expect(answer.type == .bindingSuccess && answer.transactionID == id)
        #expect(answer.xorMappedAddress == TransportAddress("127.0.0.1:40001"))
        #expect(answer.attributes.map(\.type) == [.xorMappedAddress, .software])
        var strange = STUNMessageWriter(.bindingRequest, id)
        strange.append(STUNAttributeType(rawValue: 0x7FFF), [1])
        rig.send(strange.message, on: phone)
        let refusal = try rig.stun(phone)
        #expect(refusal.errorCode?.code == 420)
        #expect(refusal.unknownAttributes == [STUNAttributeType(rawValue: 0x7FFF)])
        rig.send(STUNMessageWriter(.bindingIndication, id).message, on: phone)
        rig.send(STUNMessageWriter(.bindingRequest, id).message.dropLast(2) + [], on: phone)
        #expect(rig.octets(phone).isEmpty)
        rig.send(STUNMessageWriter(.bindingRequest, id, cookie: 5).message, on: phone)
        let old = try rig.stun(phone)
        #expect(!old.hasCookie && old.plainMappedAddress == TransportAddress("127.0.0.1:40001"))
        rig.send(STUNMessageWriter(.bindingRequest, id).messageWithFingerprint(), on: phone)
        let marked = try rig.stun(phone)
        #expect(marked.fingerprint == .valid)
    }

    @Test func noStunAndNoCRLFOnTheWrongTransport() throws {
        var rig = try EdgeRig()
        let stream = rig.up(port: 40_001)
        let datagrams = rig.up(.udp, port: 40_002)
        rig.send(STUNMessageWriter(.bindingRequest, STUNTransactionID(high: 1, low: 2)).message, on: stream)
        rig.send("\r\n\r\n", on: datagrams)
        #expect(rig.octets(stream).isEmpty && rig.octets(datagrams).isEmpty)
        rig.send("\r\n\r\n", on: stream)
        #expect(rig.octets(stream) == [[13, 10]])
    }

    // MARK: Silence

    @Test func silentFlowIsClosedAfterFlowTimerAndGrace() throws {
        var settings = EdgeSettings()
        settings.flowTimer = 20
        settings.grace = .seconds(5)
        var rig = try EdgeRig(settings)
        let silent = rig.up(port: 40_001)
        let alive = rig.up(port: 40_002)
        let plain = rig.up(port: 40_003)
        let start = rig.now
        try rig.register("alice", on: silent)
        try rig.register("bob", on: alive)
        try rig.register("carol", on: plain, regID: nil)
        for _ in 0..<6 {
            rig.run(seconds: 19)
            rig.send("\r\n\r\n", on: alive)
        }
        #expect(rig.closed == [silent: .fin])
        #expect(rig.closedAt[silent].map { $0 - start } == .seconds(25))
        rig.run(seconds: 300)
        #expect(rig.closed.keys.sorted() == [silent, alive, plain].sorted())
    }
}
