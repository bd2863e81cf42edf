import Testing

@testable import OutboundKit

/// The edge in front of another registrar, the registrar behind another edge, bindings that outlive the process.
@Suite struct EdgeRolesTests {
    private static let registrarAddress = TransportAddress(ip: IPAddress(v4: 0x7F00_0002), port: 5060)

    private func edgeOnly(_ transport: TransportProtocol = .udp) throws -> EdgeRig {
        try EdgeRig(EdgeSettings(role: .edge(registrars: [.init(transport, Self.registrarAddress)])))
    }

    /// Sends a REGISTER through, and gives the flow to the registrar and what came there.
    private func forwarded(_ rig: inout EdgeRig, _ text: String, on phone: FlowID) throws -> (FlowID, SIPMessage) {
        rig.send(text, on: phone)
        let open = try #require(rig.opens.first)
        let core = rig.up(
            open.transport, port: 0, origin: .opened(ticket: open.ticket), remote: open.remote)
        rig.opens = []
        return (core, try rig.onlyMessage(core))
    }

    // MARK: Edge only

    @Test func registerGoesOnWithPathAndTheAnswerComesBackWithFlowTimer() throws {
        var rig = try edgeOnly()
        let phone = rig.up(port: 40_001)
        let text = rig.registerText("alice", extra: "X-Probe: 1\r\n")
        let (core, request) = try forwarded(&rig, text, on: phone)
        #expect(request.viaCount == 2)
        let path = try #require(try request.nameAddrs(.path).first)
        #expect(path.uri.hasParameter("ob") && path.uri.hasParameter("lr") && path.uri.user?.utf8.count == 32)
        // Reachable from the registrar's side, which speaks UDP.
        #expect(path.uri.parameter("transport") == nil)
        #expect(request.whole.contains("X-Probe: 1\r\n"))
        #expect(try request.contacts().first?.regID == "1")
        let fields = ["Require: outbound", "Path: \(request.all(.path)[0])", "Flow-Timer: 7", "X-Back: 2"]
        rig.send(rig.answer(request, "200 OK", fields: fields), on: core)
        let answer = try rig.onlyMessage(phone)
        #expect(answer.statusCode == 200 && answer.viaCount == 1)
        // Only the last proxy before the phone may say it (RFC 5626 §5.4).
        #expect(answer.all(.flowTimer) == ["120"])
        #expect(answer.whole.contains("X-Back: 2\r\n"))
        // A request by that Path reaches the flow.
        let route = "Route: \(request.all(.path)[0])"
        rig.send(rig.request("MESSAGE", "sip:alice@192.0.2.9;ob", fields: [route], transport: "UDP"), on: core)
        let got = try rig.onlyMessage(phone)
        rig.send(rig.answer(got, "200 OK"), on: phone)
        #expect(rig.statuses(core) == [200])
    }

    @Test func withoutRequireNoFlowTimerPasses() throws {
        var rig = try edgeOnly()
        let phone = rig.up(port: 40_001)
        let (core, request) = try forwarded(&rig, rig.registerText("alice"), on: phone)
        rig.send(rig.answer(request, "200 OK", fields: ["Flow-Timer: 7"]), on: core)
        #expect(try rig.onlyMessage(phone).first(.flowTimer) == nil)
    }

    @Test func onlyTheFirstHopWritesOb() throws {
        var rig = try edgeOnly()
        let proxy = rig.up(.udp, port: 40_001)
        let text = rig.registerText("alice", transport: "UDP").replacing(
            "Max-Forwards",
            with: "Via: SIP/2.0/UDP 192.0.2.50;branch=z9hG4bKphone\r\nPath: <sip:p1;lr;ob>\r\nMax-Forwards")
        let (_, request) = try forwarded(&rig, text, on: proxy)
        let paths = try request.nameAddrs(.path)
        #expect(paths.count == 2)
        #expect(paths.first?.uri.host == "127.0.0.1" && paths.first?.uri.hasParameter("ob") == false)
        #expect(paths.last?.uri.host == "p1")
    }

    @Test func phoneWithoutPathGets421AndPlainOnePasses() throws {
        var rig = try edgeOnly()
        let phone = rig.up(port: 40_001)
        rig.send(rig.registerText("alice", supported: "outbound"), on: phone)
        let answer = try rig.onlyMessage(phone)
        #expect(answer.statusCode == 421 && answer.all(.require) == ["path"])
        let text = rig.registerText("alice", regID: nil, supported: "gruu")
        let (_, request) = try forwarded(&rig, text, on: phone)
        #expect(request.first(.path) == nil)
    }

    /// A Route beyond the edge changes the way and nothing else: the first hop is who adds the first Via behind the phone's
    /// (RFC 5626 §5.1).
    @Test(arguments: [true, false]) func routeBeyondTheEdgeTakesNoPath(isOnlyEdge: Bool) throws {
        var rig = try isOnlyEdge ? edgeOnly() : EdgeRig()
        let phone = rig.up(port: 40_001)
        let route = "Route: <sip:\(EdgeRig.edgeAddress);transport=tcp;lr>, <sip:127.0.0.9:5060;lr>\r\n"
        let (core, request) = try forwarded(&rig, rig.registerText("alice", extra: route), on: phone)
        #expect(rig.edge.flows[core]?.flow.remote.description == "127.0.0.9:5060")
        #expect(request.all(.route) == ["<sip:127.0.0.9:5060;lr>"])
        let path = try #require(try request.nameAddrs(.path).first)
        #expect(path.uri.hasParameter("ob") && path.uri.hasParameter("lr") && path.uri.user?.utf8.count == 32)
        rig.send(
            rig.answer(request, "200 OK", fields: ["Require: outbound", "Path: \(request.all(.path)[0])"]), on: core)
        #expect(try rig.onlyMessage(phone).all(.flowTimer) == ["120"])
        // The token is that of the living connection.
        let back = rig.request(
            "MESSAGE", "sip:alice@192.0.2.9;ob", fields: ["Route: \(request.all(.path)[0])"], transport: "UDP")
        rig.send(back, on: core)
        #expect(try rig.onlyMessage(phone).first(.route) == nil)
        // Behind another proxy there is no ob, and who did not announce Path is refused.
        let relayed = rig.registerText("bob", extra: route).replacing(
            "Max-Forwards", with: "Via: SIP/2.0/UDP 192.0.2.50;branch=z9hG4bKphone\r\nMax-Forwards")
        rig.send(relayed, on: phone)
        #expect(try rig.onlyMessage(core).nameAddrs(.path).first?.uri.hasParameter("ob") == false)
        rig.send(rig.registerText("carol", supported: "outbound", extra: route), on: phone)
        #expect(rig.statuses(phone) == [421])
    }

    /// What an edge only forwards ends at its last hop, a REGISTER to its own domain too (RFC 3261 §16.3).
    @Test(arguments: ["REGISTER", "MESSAGE", "INVITE"]) func lastHopForwardsNothing(_ method: String) throws {
        var rig = try edgeOnly()
        let phone = rig.up(port: 40_001)
        rig.send(rig.request(method, "sip:example.com", fields: ["Max-Forwards: 0"]), on: phone)
        #expect(rig.opens.isEmpty && rig.statuses(phone) == [483])
        rig.send(rig.request("OPTIONS", "sip:example.com", fields: ["Max-Forwards: 0"]), on: phone)
        #expect(rig.opens.isEmpty && rig.statuses(phone) == [200])
    }

    @Test func unreachableRegistrarIs503() throws {
        var rig = try edgeOnly(.tcp)
        let phone = rig.up(port: 40_001)
        rig.send(rig.registerText("alice"), on: phone)
        let open = try #require(rig.opens.first)
        #expect(open.transport == .tcp && open.remote == Self.registrarAddress)
        rig.edge.handle(.notOpened(ticket: open.ticket, .reset), at: rig.now)
        rig.run(seconds: 0)
        rig.send("", on: phone)
        #expect(rig.statuses(phone) == [503])
    }

    // MARK: A registrar of several servers

    private static let servers = (2...4).map {
        TransportAddress(ip: IPAddress(v4: 0x7F00_0000 + UInt32($0)), port: 5060)
    }

    private func edge(before transports: [TransportProtocol]) throws -> EdgeRig {
        try EdgeRig(
            EdgeSettings(role: .edge(registrars: zip(transports, Self.servers).map { .init($0, $1) })))
    }

    /// The next server gets what the first cannot be reached with, and all that comes later.
    @Test func refusedByOneServerTakenByTheNext() throws {
        var rig = try edge(before: [.tls, .tcp, .tcp])
        let phone = rig.up(port: 40_001)
        rig.send(rig.registerText("alice"), on: phone)
        for expected in 0..<2 {
            let open = try #require(rig.opens.last)
            #expect(open.remote == Self.servers[expected] && open.transport == (expected == 0 ? .tls : .tcp))
            rig.edge.handle(.notOpened(ticket: open.ticket, .failed(errno: 111)), at: rig.now)
            rig.send("", on: phone)
        }
        let open = try #require(rig.opens.last)
        #expect(open.remote == Self.servers[2])
        let core = rig.up(.tcp, port: 0, origin: .opened(ticket: open.ticket), remote: open.remote)
        let request = try rig.onlyMessage(core)
        rig.send(rig.answer(request, "200 OK", fields: ["Require: outbound"]), on: core)
        #expect(rig.statuses(phone) == [200])
        #expect(rig.notes.count { $0.description.contains("out of reach; trying") } == 2)
        rig.opens = []
        rig.send(rig.registerText("bob"), on: phone)
        #expect(rig.opens.isEmpty)
        #expect(try rig.onlyMessage(core).method == .register)
    }

    /// All are out of reach: one answer, after each was tried once.
    @Test func noServerIsReachable() throws {
        var rig = try edge(before: [.tcp, .tcp])
        let phone = rig.up(port: 40_001)
        rig.send(rig.registerText("alice"), on: phone)
        for _ in 0..<2 {
            let open = try #require(rig.opens.last)
            rig.edge.handle(.notOpened(ticket: open.ticket, .reset), at: rig.now)
            rig.send("", on: phone)
        }
        #expect(rig.opens.count == 2 && rig.statuses(phone) == [503])
    }

    @Test func silentServerIsLeft() throws {
        var rig = try edge(before: [.udp, .udp])
        let phone = rig.up(port: 40_001)
        rig.send(rig.registerText("alice"), on: phone)
        let open = try #require(rig.opens.last)
        _ = rig.up(.udp, port: 0, origin: .opened(ticket: open.ticket), remote: open.remote)
        rig.run(seconds: 31)
        #expect(rig.opens.count == 1)
        rig.run(seconds: 2)
        #expect(rig.opens.last?.remote == Self.servers[1])
    }

    /// An answer, whatever it says, is the answer.
    @Test(arguments: ["408 Request Timeout", "503 Service Unavailable", "403 Forbidden"])
    func serverThatAnswersIsNotLeft(_ status: String) throws {
        var rig = try edge(before: [.tcp, .tcp])
        let phone = rig.up(port: 40_001)
        let (core, request) = try forwarded(&rig, rig.registerText("alice"), on: phone)
        rig.send(rig.answer(request, status), on: core)
        #expect(rig.opens.isEmpty && rig.statuses(phone).count == 1)
    }

    /// A request that comes back is a loop; one with the like Via of another edge of this kind is not.
    @Test func onlyOurOwnViaMakesALoop() throws {
        var rig = try edgeOnly()
        let phone = rig.up(port: 40_001)
        rig.send(rig.request("MESSAGE", "sip:bob@example.com"), on: phone)
        let open = try #require(rig.opens.first)
        let core = rig.up(open.transport, port: 0, origin: .opened(ticket: open.ticket), remote: open.remote)
        let text = try rig.onlyMessage(core).whole
        rig.send(text, on: core)
        #expect(rig.statuses(core) == [482])
        let other = text.replacing("\(EdgeRig.edgeAddress)", with: "127.0.0.9:5060", maxReplacements: 1)
            .replacing("CSeq: 1 ", with: "CSeq: 1  ")
        rig.send(other, on: core)
        #expect(rig.statuses(core) == [404])
    }

    /// TLS leads to the registrar alone: for anybody else there is no name to check.
    @Test func routeOverTLSLeadsToTheRegistrarAlone() throws {
        var rig = try edge(before: [.tls])
        let phone = rig.up(port: 40_001)
        for (host, isAllowed) in [("127.0.0.2", true), ("127.0.0.9", false)] {
            rig.opens = []
            let route = "Route: <sip:\(host):5060;transport=tls;lr>"
            rig.send(rig.request("MESSAGE", "sip:bob@example.com", fields: [route]), on: phone)
            #expect(rig.opens.count == (isAllowed ? 1 : 0))
        }
        #expect(rig.statuses(phone) == [403])
    }

    @Test func silentPhoneIsFlowFailedForTheRegistrar() throws {
        var rig = try edgeOnly()
        let phone = rig.up(.udp, port: 40_001)
        let (core, request) = try forwarded(&rig, rig.registerText("alice", transport: "UDP"), on: phone)
        rig.send(rig.answer(request, "200 OK", fields: ["Require: outbound"]), on: core)
        _ = rig.messages(phone)
        let route = "Route: \(request.all(.path)[0])"
        rig.send(rig.request("INVITE", "sip:alice@x.invalid", fields: [route], transport: "UDP"), on: core)
        rig.run(seconds: 31)
        #expect(rig.statuses(core) == [100])
        rig.run(seconds: 2)
        #expect(rig.statuses(core).first == 430)
        #expect(rig.messages(phone).count == 7)
    }

    @Test func outgoingCallRecordsBothSides() throws {
        var rig = try edgeOnly()
        let phone = rig.up(port: 40_001)
        let (core, request) = try forwarded(&rig, rig.registerText("alice"), on: phone)
        rig.send(rig.answer(request, "200 OK", fields: ["Require: outbound"]), on: core)
        rig.send(
            rig.request("INVITE", "sip:bob@example.com", from: "alice", fields: ["Contact: <sip:alice@10.0.0.1;ob>"]),
            on: phone)
        let invite = try rig.onlyMessage(core)
        let records = try invite.nameAddrs(.recordRoute)
        #expect(records.map { $0.uri.parameter("transport") } == [nil, "tcp"])
        #expect(records.allSatisfy { $0.uri.hasParameter("r2") && $0.uri.user == records[0].uri.user })
        // BYE from the far side along the route set.
        let routes = records.map { "Route: \($0)" }
        rig.send(
            rig.request("BYE", "sip:alice@10.0.0.1;ob", fields: routes, transport: "UDP", to: "<sip:a@b>;tag=1"),
            on: core)
        _ = rig.octets(core)
        let got = rig.messages(phone).last
        #expect(got?.method == .bye && got?.first(.route) == nil)
    }

    // MARK: Registrar only

    @Test func registrarBehindAnEdgeRoutesByPath() throws {
        var rig = try EdgeRig(EdgeSettings(role: .registrar))
        let edge = rig.up(.udp, port: 40_001)
        func register(_ path: String?, regID: Int) -> String {
            let extra = path.map { "Path: \($0)\r\n" } ?? ""
            return rig.registerText("alice", regID: regID, transport: "UDP", extra: extra).replacing(
                "Max-Forwards", with: "Via: SIP/2.0/UDP 192.0.2.50;branch=z9hG4bKphone\r\nMax-Forwards")
        }
        var copy = rig
        copy.send(register(nil, regID: 1), on: edge)
        #expect(copy.statuses(edge) == [439])
        copy.send(register("<sip:one@127.0.0.1:40001;lr;ob>", regID: 1), on: edge)
        let answer = try copy.onlyMessage(edge)
        #expect(answer.statusCode == 200 && answer.all(.path) == ["<sip:one@127.0.0.1:40001;lr;ob>"])
        #expect(answer.first(.flowTimer) == nil)
        copy.run(seconds: 1)
        copy.send(
            register("<sip:two@127.0.0.1:40001;lr;ob>", regID: 2).replacing("z9hG4bKr", with: "z9hG4bKs"), on: edge)
        #expect(copy.statuses(edge) == [200])
        let caller = copy.up(.udp, port: 40_002)
        copy.send(copy.request("MESSAGE", "sip:alice@example.com", transport: "UDP"), on: caller)
        let first = try copy.onlyMessage(edge)
        #expect(first.all(.route) == ["<sip:two@127.0.0.1:40001;lr;ob>"])
        copy.send(copy.answer(first, "430 Flow Failed"), on: edge)
        let second = try copy.onlyMessage(edge)
        #expect(second.all(.route) == ["<sip:one@127.0.0.1:40001;lr;ob>"])
        copy.send(copy.answer(second, "403 Forbidden"), on: edge)
        #expect(copy.statuses(caller) == [403])
        #expect(copy.edge.registrar.bindings.isEmpty)
        #expect(copy.opens.isEmpty)
    }

    /// The dialog of a caller without an edge of its own: what the registrar put itself into it leads both ways.
    @Test func registrarStaysInTheDialogOfACaller() throws {
        var rig = try EdgeRig(EdgeSettings(role: .registrar))
        let edge = rig.up(.udp, port: 40_001)
        rig.send(
            rig.registerText("alice", transport: "UDP", extra: "Path: <sip:one@127.0.0.1:40001;lr;ob>\r\n").replacing(
                "Max-Forwards", with: "Via: SIP/2.0/UDP 192.0.2.50;branch=z9hG4bKphone\r\nMax-Forwards"), on: edge)
        #expect(rig.statuses(edge) == [200])
        let caller = rig.up(.udp, port: 40_002)
        let contact = "Contact: <sip:bob@192.0.2.8:5080>"
        rig.send(
            rig.request("INVITE", "sip:alice@example.com", fields: [contact], transport: "UDP", callID: "d"), on: caller
        )
        let invite = try rig.onlyMessage(edge)
        let record = try #require(try invite.nameAddrs(.recordRoute).first)
        #expect(record.uri.user != nil && invite.all(.route) == ["<sip:one@127.0.0.1:40001;lr;ob>"])
        _ = rig.messages(caller)
        let routes = try invite.nameAddrs(.recordRoute).map { "Route: \($0)" }
        rig.send(
            rig.request(
                "BYE", "sip:bob@192.0.2.8:5080", fields: routes, transport: "UDP", to: "<sip:bob@example.com>;tag=1",
                via: ["Via: SIP/2.0/UDP 192.0.2.50;branch=z9hG4bKbye"]), on: edge)
        let bye = try #require(rig.messages(caller).last)
        #expect(bye.method == .bye && bye.first(.route) == nil)
        rig.send(
            rig.request(
                "INFO", "sip:alice@example.com", fields: routes.reversed(), transport: "UDP",
                to: "<sip:alice@example.com>;tag=2"), on: caller)
        let info = try #require(rig.messages(edge).last)
        #expect(info.method.text.description == "INFO" && info.all(.route) == ["<sip:one@127.0.0.1:40001;lr;ob>"])
    }

    // MARK: Persistence

    @Test func whatCannotBeStoredIsNotAcknowledged() throws {
        var settings = EdgeSettings()
        settings.persist = { _ in false }
        var rig = try EdgeRig(settings)
        let phone = rig.up(port: 40_001)
        rig.send(rig.registerText("alice"), on: phone)
        let answer = try rig.onlyMessage(phone)
        #expect(answer.statusCode == 500 && answer.all(.retryAfter) == ["5"])
        #expect(rig.edge.registrar.bindings.isEmpty)
    }

    @Test func bindingsOutliveTheProcessAsFarAsTheirFlowsDo() throws {
        var settings = EdgeSettings()
        settings.tokenSecret = Array("secret".utf8)
        var rig = try EdgeRig(settings)
        let tcp = rig.up(port: 40_001)
        let udp = rig.up(.udp, port: 40_002)
        try rig.register("alice", on: tcp)
        try rig.register("bob", on: udp, transport: "UDP")
        var state = RegistrarState()
        state.bindings = rig.edge.registrar.bindings.map { binding in
            Binding(
                id: binding.id, aor: binding.aor, contact: binding.contact, path: binding.path, callID: binding.callID,
                cseq: binding.cseq, expires: binding.expires, since: binding.since, updated: binding.updated)
        }
        var after = try EdgeRig(settings, state: state, seed: 2)
        let caller = after.up(port: 40_003)
        after.send(after.request("MESSAGE", "sip:alice@example.com"), on: caller)
        #expect(after.statuses(caller) == [480])
        after.send(after.request("MESSAGE", "sip:bob@example.com"), on: caller)
        let open = try #require(after.opens.first)
        #expect(open.transport == .udp && open.remote == TransportAddress("127.0.0.1:40002"))
        #expect(open.local == EdgeRig.edgeAddress)
        let phone = after.up(.udp, port: 40_002, origin: .opened(ticket: open.ticket))
        #expect(try after.onlyMessage(phone).method.text.description == "MESSAGE")
    }

    // MARK: Policy

    @Test func policyRulesOutbound() throws {
        var settings = EdgeSettings()
        settings.outbound = .never
        var never = try EdgeRig(settings)
        var phone = never.up(port: 40_001)
        var answer = try never.register("alice", on: phone)
        #expect(answer.first(.path) == nil && answer.first(.require) == nil && answer.first(.flowTimer) == nil)
        settings.outbound = .always
        var always = try EdgeRig(settings)
        phone = always.up(port: 40_001)
        answer = try always.register("alice", on: phone, regID: nil, supported: "path")
        #expect(try answer.nameAddrs(.path).first?.uri.hasParameter("ob") == true)
        #expect(answer.first(.require) == nil)
    }

    @Test func otherKeyOtherEdge() throws {
        var one = try EdgeRig(seed: 1)
        var two = try EdgeRig(seed: 2)
        let phone = one.up(port: 40_001)
        let path = try #require(try one.register("alice", on: phone).all(.path).first)
        let there = two.up(port: 40_001)
        try two.register("alice", on: there)
        let core = two.up(.udp, port: 40_002)
        two.send(
            two.request("MESSAGE", "sip:alice@example.com", fields: ["Route: \(path)"], transport: "UDP"), on: core)
        #expect(two.statuses(core) == [403])
        #expect(two.octets(there).isEmpty)
    }
}
