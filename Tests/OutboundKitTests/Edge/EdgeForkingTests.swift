import Testing

@testable import OutboundKit

/// Which response a caller gets when several phones spoke (RFC 3261 §16.7), and the corners of routing (§16.4).
@Suite struct EdgeForkingTests {
    private struct Call {
        var rig: EdgeRig
        let phones: [FlowID]
        let caller: FlowID
        var requests: [SIPMessage] = []

        init(_ method: String, phones count: Int) throws {
            rig = try EdgeRig()
            var phones: [FlowID] = []
            for index in 1...count {
                let phone = rig.up(port: UInt16(40_000 + index))
                try rig.register("alice", on: phone, instance: index)
                phones.append(phone)
            }
            self.phones = phones
            caller = rig.up(port: 41_000)
            rig.send(rig.request(method, "sip:alice@example.com", branch: "z9hG4bKfork"), on: caller)
            for phone in phones { requests.append(try rig.onlyMessage(phone)) }
            _ = rig.octets(caller)
        }

        mutating func answer(_ index: Int, _ status: String, _ fields: [String] = []) {
            rig.send(rig.answer(requests[index], status, fields: fields, tag: "p\(index)"), on: phones[index])
        }
    }

    struct Row: CustomTestStringConvertible {
        let answers: [String]
        let best: UInt16
        var testDescription: String { answers.joined(separator: ", ") }
    }

    @Test(arguments: [
        Row(answers: ["404 Not Found", "486 Busy Here"], best: 404),
        Row(answers: ["486 Busy Here", "401 Unauthorized"], best: 401),
        Row(answers: ["500 Oops", "404 Not Found"], best: 404),
        Row(answers: ["404 Not Found", "302 Moved"], best: 302),
        Row(answers: ["404 Not Found", "603 Decline"], best: 603),
        Row(answers: ["503 Service Unavailable", "503 Service Unavailable"], best: 500),
        Row(answers: ["503 Service Unavailable", "500 Oops"], best: 500),
        Row(answers: ["430 Flow Failed", "486 Busy Here"], best: 486),
        Row(answers: ["430 Flow Failed", "430 Flow Failed"], best: 480),
    ])
    func bestResponse(row: Row) throws {
        var call = try Call("INVITE", phones: 2)
        call.answer(0, row.answers[0])
        #expect(call.rig.statuses(call.caller).isEmpty)
        call.answer(1, row.answers[1])
        #expect(call.rig.statuses(call.caller) == [row.best])
    }

    @Test func challengesAreGathered() throws {
        var call = try Call("MESSAGE", phones: 2)
        call.answer(0, "401 Unauthorized", ["WWW-Authenticate: Digest realm=\"a\", nonce=\"1\""])
        call.answer(1, "407 Proxy Authentication Required", ["Proxy-Authenticate: Digest realm=\"b\", nonce=\"2\""])
        let answer = try call.rig.onlyMessage(call.caller)
        #expect(answer.count(.wwwAuthenticate) == 1 && answer.count(.proxyAuthenticate) == 1)
    }

    @Test func decline6xxStopsTheOthers() throws {
        var call = try Call("INVITE", phones: 2)
        call.answer(0, "180 Ringing")
        call.answer(1, "603 Decline")
        #expect(try call.rig.onlyMessage(call.phones[1]).method == .ack)
        let cancel = try call.rig.onlyMessage(call.phones[0])
        #expect(cancel.method == .cancel)
        call.answer(0, "487 Request Terminated")
        #expect(call.rig.statuses(call.caller) == [180, 603])
    }

    /// The loser of a fork that had not answered yet: CANCEL waits for its first word (RFC 3261 §9.1).
    @Test func cancelWaitsForAProvisionalResponse() throws {
        var call = try Call("INVITE", phones: 2)
        call.answer(1, "200 OK")
        #expect(call.rig.octets(call.phones[0]).isEmpty)
        call.answer(0, "180 Ringing")
        #expect(try call.rig.onlyMessage(call.phones[0]).method == .cancel)
        #expect(call.rig.statuses(call.caller) == [200])
    }

    @Test func ringingWithoutEndIsEndedByTimerC() throws {
        var call = try Call("INVITE", phones: 1)
        call.answer(0, "180 Ringing")
        for _ in 0..<2 {
            call.rig.run(seconds: 90)
            for flow in call.phones + [call.caller] { call.rig.send("\r\n\r\n", on: flow) }
        }
        #expect(call.rig.statuses(call.caller) == [180])
        _ = call.rig.octets(call.phones[0])
        call.rig.run(seconds: 40)
        #expect(call.rig.messages(call.phones[0]).first?.method == .cancel)
        #expect(call.rig.statuses(call.caller) == [408])
        call.rig.run(seconds: 400)
        #expect(call.rig.edge.contexts.isEmpty && call.rig.edge.byBranch.isEmpty)
    }

    @Test func callerWhoLeavesStopsTheRinging() throws {
        var call = try Call("INVITE", phones: 1)
        call.answer(0, "180 Ringing")
        call.rig.down(call.caller)
        #expect(try call.rig.onlyMessage(call.phones[0]).method == .cancel)
    }

    @Test func copiesOfARequestDrawCopiesOfTheAnswer() throws {
        var rig = try EdgeRig()
        let phone = rig.up(port: 40_001)
        let caller = rig.up(.udp, port: 40_002)
        try rig.register("alice", on: phone)
        let text = rig.request("MESSAGE", "sip:alice@example.com", transport: "UDP")
        rig.send(text, on: caller)
        rig.send(text, on: caller)
        let got = try rig.onlyMessage(phone)
        rig.send(rig.answer(got, "200 OK"), on: phone)
        rig.send(text, on: caller)
        #expect(rig.statuses(caller) == [200, 200])
        #expect(rig.octets(phone).isEmpty)
        rig.run(seconds: 33)
        #expect(rig.edge.contexts.isEmpty)
    }

    @Test func strictRouterIsUnderstood() throws {
        var rig = try EdgeRig()
        let phone = rig.up(port: 40_001)
        let caller = rig.up(.udp, port: 40_002)
        let path = try #require(try rig.register("alice", on: phone).nameAddrs(.path).first)
        let text = rig.request(
            "BYE", "sip:127.0.0.1:5060;lr", fields: ["Route: <\(path.uri)>", "Route: <sip:alice@192.0.2.9:5070>"],
            transport: "UDP", to: "<sip:alice@example.com>;tag=1")
        rig.send(text, on: caller)
        let got = try rig.onlyMessage(phone)
        #expect(got.text(got.requestURI) == "sip:alice@192.0.2.9:5070" && got.first(.route) == nil)
    }

    /// Two lines on one phone call each other: the second token of the pair leads back to the same flow.
    @Test func callWithinOneFlow() throws {
        var rig = try EdgeRig()
        let phone = rig.up(port: 40_001)
        try rig.register("alice", on: phone)
        rig.send(
            rig.request("INVITE", "sip:alice@example.com", fields: ["Contact: <sip:bob@10.0.0.1;ob>"]), on: phone)
        let invite = try #require(rig.messages(phone).last)
        let routes = try invite.nameAddrs(.recordRoute)
        #expect(routes.count == 2)
        let bye = rig.request(
            "BYE", "sip:bob@10.0.0.1;ob", fields: routes.map { "Route: \($0)" }, to: "<sip:b@example.com>;tag=1")
        rig.send(bye, on: phone)
        let got = try rig.onlyMessage(phone)
        #expect(got.method == .bye && got.first(.route) == nil && got.viaCount == 2)
    }

    /// Our own rules about servers find nothing to fail in our own answers.
    @Test(arguments: [("UDP", TransportProtocol.udp), ("TCP", .tcp)])
    func theRulebookIsContent(name: String, transport: TransportProtocol) throws {
        var rig = try EdgeRig()
        let phone = rig.up(transport, port: 40_001)
        let texts = [
            rig.registerText("alice", transport: name), rig.registerText("alice", transport: name),
            rig.registerText("carol", regID: nil, transport: name),
            rig.registerText("alice", transport: name, expires: 0),
            rig.registerText("dave", transport: name, supported: "path"),
        ]
        for text in texts {
            var request = SIPMessage()
            let octets = Array(text.utf8)
            try MessageParser.parse(octets.span.bytes, into: &request)
            rig.send(octets, on: phone)
            let answer = try rig.onlyMessage(phone)
            var exchange = RegistrationExchange(
                subject: "f1",
                flow: Flow(
                    transport: transport, local: try #require(TransportAddress("127.0.0.1:40001")),
                    remote: EdgeRig.edgeAddress),
                request: request, sent: rig.now, response: answer, ended: rig.now)
            exchange.firstHop = .edge
            let findings = ExchangeRules.judge(exchange, vantage: .ua)
            let broken = findings.filter { $0.verdict == .fail || $0.verdict == .warn }
            let words = broken.map { "\($0.requirement?.text ?? "") \($0.message)" }
            #expect(broken.isEmpty, "\(words)\n\(answer.whole)")
        }
    }
}
