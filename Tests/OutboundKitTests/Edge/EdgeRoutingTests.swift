import Testing

@testable import OutboundKit

/// Requests to and from phones (RFC 5626 §5.3, §7; RFC 3261 §16).
@Suite struct EdgeRoutingTests {
    /// The Path of a registration, as a Route.
    private func route(_ answer: SIPMessage) throws -> String { try #require(answer.all(.path).first) }

    // MARK: Tokens

    @Test func requestWithTokenGoesOverTheFlowAlone() throws {
        var rig = try EdgeRig()
        let phone = rig.up(port: 40_001)
        let core = rig.up(.udp, port: 40_009)
        let route = try route(try rig.register("alice", on: phone))
        let text = rig.request(
            "INVITE", "sip:alice@nowhere.invalid", fields: ["Route: \(route)", "Contact: <sip:bob@192.0.2.8>"],
            transport: "UDP", via: ["Via: SIP/2.0/UDP 192.0.2.77;branch=z9hG4bKcore"])
        rig.send(text, on: core)
        #expect(rig.statuses(core) == [100])
        let got = try rig.onlyMessage(phone)
        #expect(got.text(got.requestURI) == "sip:alice@nowhere.invalid")
        #expect(got.first(.route) == nil)
        // Copied from the Route minus `ob` (§5.3.1), one for each side.
        let records = try got.nameAddrs(.recordRoute)
        #expect(records.count == 2 && records.allSatisfy { !$0.uri.hasParameter("ob") && $0.uri.hasParameter("lr") })
        #expect(records.first?.uri.user == (try NameAddr.parse(route)).uri.user)
        #expect(rig.opens.isEmpty)
    }

    @Test func outgoingRequestLosesTheRoute() throws {
        var rig = try EdgeRig()
        let alice = rig.up(port: 40_001)
        let bob = rig.up(port: 40_002)
        let route = try route(try rig.register("alice", on: alice))
        try rig.register("bob", on: bob)
        rig.send(rig.request("MESSAGE", "sip:bob@example.com", from: "alice", fields: ["Route: \(route)"]), on: alice)
        let got = try rig.onlyMessage(bob)
        #expect(got.first(.route) == nil)
        #expect(rig.octets(alice).isEmpty)
    }

    @Test func changedTokensGet403AndReachNobody() throws {
        var rig = try EdgeRig()
        let phone = rig.up(port: 40_001)
        let core = rig.up(.udp, port: 40_009)
        let path = try route(try rig.register("alice", on: phone))
        let token = try #require(try NameAddr.parse(path).uri.user)
        var forged = token.indices.map { index in
            let other: Character = token[index] == "A" ? "B" : "A"
            return String(token[..<index]) + String(other) + String(token[token.index(after: index)...])
        }
        forged += [String(token.dropLast()), token + "A", "nonsense", token.lowercased()]
        for text in forged where text != token {
            let fields = ["Route: \(path.replacing(token, with: text))"]
            rig.send(rig.request("MESSAGE", "sip:alice@example.com", fields: fields, transport: "UDP"), on: core)
            #expect(rig.statuses(core) == [403], "\(text)")
        }
        #expect(rig.octets(phone).isEmpty && rig.opens.isEmpty)
    }

    @Test func goneFlowGets430AndNoConnectionIsOpened() throws {
        var rig = try EdgeRig()
        let phone = rig.up(port: 40_001)
        let core = rig.up(.udp, port: 40_009)
        let path = try route(try rig.register("alice", on: phone))
        rig.down(phone, .reset)
        let text = rig.request("MESSAGE", "sip:alice@example.com", fields: ["Route: \(path)"], transport: "UDP")
        rig.send(text, on: core)
        #expect(rig.statuses(core) == [430])
        // A new connection with the same ends is another flow, until it has a token itself.
        let again = rig.up(port: 40_001)
        rig.send(rig.request("MESSAGE", "sip:alice@example.com", fields: ["Route: \(path)"], transport: "UDP"), on: core)
        #expect(rig.statuses(core) == [430])
        #expect(rig.octets(again).isEmpty && rig.opens.isEmpty)
    }

    @Test func routeWithoutTokenIsPassed() throws {
        var rig = try EdgeRig()
        let alice = rig.up(port: 40_001)
        let bob = rig.up(port: 40_002)
        try rig.register("alice", on: alice)
        rig.send(
            rig.request("MESSAGE", "sip:alice@example.com", fields: ["Route: <sip:127.0.0.1;lr>"]), on: bob)
        #expect(try rig.onlyMessage(alice).first(.route) == nil)
    }

    @Test func foreignDomainsAndRoutesAreNotServed() throws {
        var settings = EdgeSettings()
        settings.domains = ["example.com"]
        var rig = try EdgeRig(settings)
        let phone = rig.up(port: 40_001)
        rig.send(rig.request("MESSAGE", "sip:x@elsewhere.example"), on: phone)
        #expect(rig.statuses(phone) == [404])
        rig.send(
            rig.request("MESSAGE", "sip:x@example.com", fields: ["Route: <sip:198.51.100.7;lr>"]), on: phone)
        #expect(rig.statuses(phone) == [403])
        rig.send(rig.request("OPTIONS", "sip:example.com"), on: phone)
        #expect(rig.statuses(phone) == [200])
        #expect(rig.opens.isEmpty)
    }

    // MARK: A call

    /// INVITE, 180, 200, ACK, re-INVITE, BYE between two phones; all over their flows.
    @Test func callStaysOnTheFlows() throws {
        var rig = try EdgeRig()
        let alice = rig.up(port: 40_001)
        let bob = rig.up(.udp, port: 40_002)
        try rig.register("alice", on: alice)
        try rig.register("bob", on: bob, transport: "UDP")
        let contact = "Contact: <sip:bob@10.0.0.8:5080;ob>"
        rig.send(
            rig.request(
                "INVITE", "sip:alice@example.com", fields: [contact], transport: "UDP", callID: "call", cseq: 1), on: bob)
        #expect(rig.statuses(bob) == [100])
        let invite = try rig.onlyMessage(alice)
        let routes = try invite.nameAddrs(.recordRoute)
        #expect(routes.count == 2)
        rig.send(rig.answer(invite, "180 Ringing"), on: alice)
        rig.send(rig.answer(invite, "200 OK", fields: ["Contact: <sip:alice@10.0.0.9:5070;ob>"]), on: alice)
        #expect(rig.statuses(bob) == [180, 200])
        // The caller's route set is the reverse of what stands in the answer (RFC 3261 §12.1.2).
        let forth = routes.reversed().map { "Route: \($0)" }
        let to = "<sip:alice@example.com>;tag=phone"
        var copy = rig
        func sendInDialog(_ method: String, _ cseq: Int) {
            let text = copy.request(
                method, "sip:alice@10.0.0.9:5070;ob", fields: forth + [contact], transport: "UDP", to: to,
                callID: "call", cseq: cseq)
            copy.send(text, on: bob)
        }
        sendInDialog("ACK", 1)
        let ack = try copy.onlyMessage(alice)
        #expect(ack.method == .ack && ack.first(.route) == nil && ack.first(.recordRoute) == nil)
        sendInDialog("INVITE", 2)
        let again = try copy.onlyMessage(alice)
        #expect(again.text(again.requestURI) == "sip:alice@10.0.0.9:5070;ob")
        #expect(again.first(.recordRoute) == nil)
        copy.send(copy.answer(again, "200 OK"), on: alice)
        #expect(copy.statuses(bob) == [100, 200])
        // BYE from the other side, by the route set as it came.
        let back = routes.map { "Route: \($0)" }
        let bye = copy.request(
            "BYE", "sip:bob@10.0.0.8:5080;ob", from: "alice", fields: back, to: "<sip:bob@example.com>;tag=qbob",
            callID: "call", cseq: 1)
        copy.send(bye, on: alice)
        let got = try copy.onlyMessage(bob)
        #expect(got.method == .bye && got.first(.route) == nil)
        copy.send(copy.answer(got, "200 OK"), on: bob)
        #expect(copy.statuses(alice) == [200])
        #expect(copy.opens.isEmpty)
    }

    @Test func cancelReachesThePhone() throws {
        var rig = try EdgeRig()
        let alice = rig.up(port: 40_001)
        let bob = rig.up(port: 40_002)
        try rig.register("alice", on: alice)
        rig.send(
            rig.request("INVITE", "sip:alice@example.com", callID: "c", branch: "z9hG4bKinv", cseq: 5), on: bob)
        let invite = try rig.onlyMessage(alice)
        rig.send(rig.answer(invite, "180 Ringing"), on: alice)
        #expect(rig.statuses(bob) == [100, 180])
        rig.send(
            rig.request("CANCEL", "sip:alice@example.com", callID: "c", branch: "z9hG4bKinv", cseq: 5), on: bob)
        #expect(rig.statuses(bob) == [200])
        let cancel = try rig.onlyMessage(alice)
        #expect(cancel.method == .cancel && cancel.all(.via).first == invite.all(.via).first)
        #expect(cancel.all(.cseq) == ["5 CANCEL"] && cancel.viaCount == 1)
        rig.send(rig.answer(cancel, "200 OK"), on: alice)
        rig.send(rig.answer(invite, "487 Request Terminated"), on: alice)
        #expect(try rig.onlyMessage(alice).method == .ack)
        #expect(rig.statuses(bob) == [487])
        rig.send(
            rig.request("ACK", "sip:alice@example.com", callID: "c", branch: "z9hG4bKinv", cseq: 5), on: bob)
        rig.run(seconds: 60)
        #expect(rig.octets(alice).isEmpty && rig.octets(bob).isEmpty)
        #expect(rig.edge.contexts.isEmpty && rig.edge.byBranch.isEmpty && rig.edge.byRequest.isEmpty)
        #expect(rig.edge.contextsOfFlow.isEmpty)
    }

    // MARK: Several flows

    /// One instance over two flows: never both at a time (RFC 5626 §7).
    struct FailoverRow: CustomTestStringConvertible {
        /// What happens on the first flow.
        let first: String
        /// Whether the second flow is tried.
        let triesNext: Bool
        /// What the caller gets when only the first flow was tried.
        var status: UInt16 = 0
        var testDescription: String { first }
    }

    @Test(arguments: [
        FailoverRow(first: "430 Flow Failed", triesNext: true), FailoverRow(first: "408 Request Timeout", triesNext: true),
        FailoverRow(first: "silence", triesNext: true), FailoverRow(first: "end", triesNext: true),
        FailoverRow(first: "486 Busy Here", triesNext: false, status: 486),
        FailoverRow(first: "480 Temporarily Unavailable", triesNext: false, status: 480),
        FailoverRow(first: "603 Decline", triesNext: false, status: 603),
        FailoverRow(first: "200 OK", triesNext: false, status: 200),
    ])
    func secondFlowIsTriedWhenItMay(row: FailoverRow) throws {
        var rig = try EdgeRig()
        let old = rig.up(port: 40_001)
        let new = rig.up(.udp, port: 40_002)
        let bob = rig.up(port: 40_003)
        try rig.register("alice", on: old, regID: 1)
        rig.run(seconds: 1)
        try rig.register("alice", on: new, regID: 2, transport: "UDP")
        rig.send(rig.request("INVITE", "sip:alice@example.com"), on: bob)
        let invite = try rig.onlyMessage(new)
        #expect(rig.octets(old).isEmpty)
        switch row.first {
        case "silence": rig.run(seconds: 33)
        case "end": rig.down(new, .portUnreachable)
        default: rig.send(rig.answer(invite, row.first), on: new)
        }
        let second = rig.messages(old)
        #expect(second.count == (row.triesNext ? 1 : 0))
        if row.triesNext, let second = second.first {
            rig.send(rig.answer(second, "200 OK"), on: old)
            #expect(rig.statuses(bob) == [100, 200])
        } else {
            #expect(rig.statuses(bob) == [100, row.status])
        }
        if row.first.hasPrefix("430") || row.first == "end" {
            #expect(rig.edge.registrar.bindings.map(\.regID?.value) == [1])
        }
    }

    @Test func noFlowLeftIs480And430StaysInside() throws {
        var rig = try EdgeRig()
        let alice = rig.up(port: 40_001)
        let bob = rig.up(port: 40_003)
        try rig.register("alice", on: alice)
        rig.send(rig.request("MESSAGE", "sip:alice@example.com"), on: bob)
        rig.send(rig.answer(try rig.onlyMessage(alice), "430 Flow Failed"), on: alice)
        #expect(rig.statuses(bob) == [480])
        #expect(rig.edge.registrar.bindings.isEmpty)
    }

    @Test func instancesRingTogetherAndTheLoserIsCancelled() throws {
        var rig = try EdgeRig()
        let desk = rig.up(port: 40_001)
        let mobile = rig.up(port: 40_002)
        let bob = rig.up(port: 40_003)
        try rig.register("alice", on: desk, instance: 1)
        try rig.register("alice", on: mobile, instance: 2)
        rig.send(rig.request("INVITE", "sip:alice@example.com"), on: bob)
        let one = try rig.onlyMessage(desk)
        let two = try rig.onlyMessage(mobile)
        #expect(one.all(.via).first != two.all(.via).first)
        rig.send(rig.answer(one, "180 Ringing"), on: desk)
        rig.send(rig.answer(two, "180 Ringing"), on: mobile)
        rig.send(rig.answer(two, "200 OK"), on: mobile)
        #expect(rig.statuses(bob) == [100, 180, 180, 200])
        #expect(try rig.onlyMessage(desk).method == .cancel)
    }
}
