/// Flows that end: 430, the next flow, and never a call to where the phone was (RFC 5626 §5.3.1, §7, §9.3, §11.5).
extension CaseCatalogue {
    static let failure: [TestCase] = [
        failOver("failure.fin", .fin, "in order"), failOver("failure.rst", .rst, "by a reset"), silentFlow,
        closedToken("failure.token-fin", .fin, "in order"), closedToken("failure.token-rst", .rst, "by a reset"),
        samePort, onlyFlow, datagramGone, twoAccountsGone, serverCloses, fakeFlowFailed, flowFailedStaysInside,
    ]

    private static func failOver(_ id: String, _ manner: CloseManner, _ words: String) -> TestCase {
        TestCase(
            id, "One of a device's two flows ends \(words): requests go to the other, and nobody dials the phone",
            ["OB-AP-002", "OB-AP-006", "OB-EP-013"], needs: [.outbound, .connection, .aloneOnAOR]
        ) { bed throws(CaseStop) in
            let (used, spare, caller) = try await bed.twoFlows()
            try await bed.end(used, manner)
            let (landing, _) = try await bed.send(bed.call("MESSAGE"), from: caller, toReach: spare)
            bed.expectFailOver(landing)
            try await bed.expectNoDialling(bed.call("MESSAGE"), from: caller, of: used, bed.deadFlowRow)
        }
    }

    static let silentFlow = TestCase(
        "failure.silence", "One of a device's two flows goes silent: after the time-out the other is tried",
        ["OB-AP-002"], needs: [.outbound, .aloneOnAOR], within: .seconds(70)
    ) { bed throws(CaseStop) in
        let (used, spare, caller) = try await bed.twoFlows()
        bed.setPolicy(.hold, of: used)
        let draft = bed.invite(from: caller)
        let mark = bed.arrivals.count
        let (ticket, first) = try await bed.begin(draft, from: caller)
        guard first?.phone == used else { throw .unknown(.configuration, "the INVITE did not take the way of before") }
        let branch = ticket.branch
        try await bed.wait(.seconds(45)) { bed in
            bed.pending[branch]?.response != nil || bed.arrivals[mark...].contains { $0.phone == spare }
        }
        guard bed.arrivals[mark...].contains(where: { $0.phone == spare }) else {
            let answer = bed.pending[branch]?.response.map { "\($0.statusCode)" } ?? "no final answer in 45 s"
            return bed.info("OB-AP-002", "a device that is silent on one flow is not tried on its other", saw: answer)
        }
        bed.pass("OB-AP-002", "the other flow was tried after the time-out")
    }

    private static func closedToken(_ id: String, _ manner: CloseManner, _ words: String) -> TestCase {
        TestCase(
            id, "A token whose flow has ended \(words) gets 430, and nobody dials the phone", ["OB-EP-013"],
            needs: [.outbound, .token, .connection]
        ) { bed throws(CaseStop) in
            let (phone, reply) = try await bed.registeredPhone()
            let path = try bed.pathBack(reply)
            let uri = bed.station(phone).identity?.contactURI ?? ""
            let proxy = try await bed.proxy()
            try await bed.needsDelivery(by: path, from: proxy, to: phone)
            try await bed.end(phone, manner)
            let answer = try await bed.ask(proxy, bed.relayed("MESSAGE", to: uri, route: "\(path)"))
            bed.expectFlowFailed(answer)
            let again = bed.relayed("MESSAGE", to: uri, route: "\(path)")
            try await bed.expectNoDialling(again, from: proxy, of: phone, "OB-EP-013")
        }
    }

    static let samePort = TestCase(
        "token.same-port", "The token of a connection that was reset is not good for a new one from the same port",
        ["OB-EP-020"], needs: [.outbound, .token, .connection, .noNAT]
    ) { bed throws(CaseStop) in
        let (phone, reply) = try await bed.registeredPhone()
        let path = try bed.pathBack(reply)
        let uri = bed.station(phone).identity?.contactURI ?? ""
        let proxy = try await bed.proxy()
        try await bed.needsDelivery(by: path, from: proxy, to: phone)
        try await bed.end(phone, .rst)
        let successor = try await bed.open(from: bed.flow(phone).local)
        await bed.send(successor, text: "\r\n\r\n")
        let draft = bed.relayed("MESSAGE", to: uri, route: "\(path)")
        let (landing, answer) = try await bed.send(draft, from: proxy, toReach: successor)
        switch landing {
        case .arrived:
            bed.warn(
                "OB-EP-020", "a token outlives its connection",
                saw: "a MESSAGE over a new connection from the same port",
                expected: "430: the flow of the token has ended")
        case .silent(let words): bed.unknown("OB-EP-020", .cut, words)
        case .astray, .refused, .failed:
            guard answer.status != 430 else { return bed.pass("OB-EP-020", "the old token got 430") }
            bed.info("OB-EP-020", "the old token is refused, but not with 430", saw: landing.words)
        }
    }

    static let onlyFlow = TestCase(
        "failure.only-flow", "The only flow of a device has ended: the caller gets an answer at once, and not 430",
        ["OB-AP-009", "OB-AP-006", "OB-AP-008", "OB-EP-013"], needs: [.outbound, .connection, .aloneOnAOR],
        within: .seconds(15), slow: false
    ) { bed throws(CaseStop) in
        let (phone, _) = try await bed.registeredPhone()
        let caller = try await bed.caller()
        _ = try await bed.control(bed.call("MESSAGE"), from: caller)
        try await bed.end(phone, .fin)
        let reply = try await bed.ask(caller, bed.call("MESSAGE"))
        bed.expectNo430(reply)
        try await bed.expectNoDialling(bed.call("MESSAGE"), from: caller, of: phone, bed.deadFlowRow)
        // Behind an edge, a registrar can only learn it from a 430.
        let isDirect = bed.target.route == nil
        try await bed.expectNoBinding(
            regID: 1, isDirect ? "OB-AP-006" : "OB-AP-008", isDirect ? .fail : .info)
    }

    static let datagramGone = TestCase(
        "failure.udp-gone", "A phone's UDP port is closed: what the server makes of the ICMP message", ["OB-AP-006"],
        needs: [.outbound, .datagram, .aloneOnAOR], within: .seconds(12), slow: false
    ) { bed throws(CaseStop) in
        let (phone, _) = try await bed.registeredPhone()
        let caller = try await bed.caller()
        _ = try await bed.control(bed.call("MESSAGE"), from: caller)
        try await bed.end(phone, .fin)
        let reply = try await bed.ask(caller, bed.call("MESSAGE"), within: .seconds(3))
        // Nobody knows here whether the ICMP message got through, or whether the server is told of it.
        guard reply.response != nil else {
            return bed.info("OB-AP-006", "a closed UDP port is not noticed at once", saw: reply.line)
        }
        bed.pass("OB-AP-006", "a closed UDP port was noticed: the caller got \(reply.line)")
    }

    static let twoAccountsGone = TestCase(
        "failure.two-accounts", "A connection with two accounts ends: neither is called where the phone was",
        ["OB-AP-006", "OB-EP-013", "OB-AP-009"], needs: [.outbound, .otherUser, .connection, .aloneOnAOR]
    ) { bed throws(CaseStop) in
        guard let other = bed.plan.otherUser else { throw .skipped("there is no second account") }
        let (phone, _) = try await bed.registeredPhone()
        let second = try await bed.register(other, over: phone)
        guard second.isSuccess else {
            throw .unknown(.configuration, "the second account was not registered: \(second.line)")
        }
        let caller = try await bed.caller()
        _ = try await bed.control(bed.call("MESSAGE"), from: caller)
        try await bed.end(phone, .rst)
        bed.expectNo430(try await bed.ask(caller, bed.call("MESSAGE")))
        for user in [bed.plan.user, other] {
            var draft = bed.call("MESSAGE", to: user.addressOfRecord.description)
            draft.to = draft.uri
            try await bed.expectNoDialling(draft, from: caller, of: phone, bed.deadFlowRow)
        }
    }

    static let serverCloses = TestCase(
        "failure.server-closes",
        "The server itself closes an idle flow: its bindings end as if the phone had closed it",
        ["OB-AP-007", "OB-AP-009"], needs: [.outbound, .connection, .flowTimer, .aloneOnAOR], within: .seconds(400)
    ) { bed throws(CaseStop) in
        let (phone, _) = try await bed.registeredPhone()
        let limit = Duration.seconds(min(Int64(bed.survey.flowTimer ?? 0) + 120, 360))
        try await bed.wait(limit) { $0.station(phone).loss != nil }
        guard bed.station(phone).loss != nil else {
            throw .unknown(.cut, "the server did not close an idle flow within \(limit / .seconds(1)) s")
        }
        let caller = try await bed.caller()
        bed.expectNo430(try await bed.ask(caller, bed.call("MESSAGE")))
        try await bed.expectNoDialling(bed.call("MESSAGE"), from: caller, of: phone, "OB-AP-007")
        guard bed.target.route == nil else { return }
        try await bed.expectNoBinding(regID: 1, "OB-AP-007", .fail)
    }

    static let fakeFlowFailed = TestCase(
        "failure.430-next", "After 430 from an edge the registrar tries the device's other flow, and drops the binding",
        ["OB-AP-002", "OB-AP-008"], needs: [.outbound, .core, .aloneOnAOR]
    ) { bed throws(CaseStop) in
        let caller = try await bed.caller()
        let edges = [try await bed.fakeEdge(beside: caller, .hold), try await bed.fakeEdge(beside: caller, .hold)]
        for (index, edge) in edges.enumerated() {
            _ = try await bed.registeredPhone(behind: edge, regID: UInt32(index + 1))
        }
        let draft = bed.call("MESSAGE")
        let mark = bed.arrivals.count
        let (ticket, first) = try await bed.begin(draft, from: caller)
        guard let first, let edge = bed.edge(of: first, among: edges) else {
            let reply = try await bed.finish(ticket)
            throw .unknown(.configuration, "the registrar sends nothing to our edge: \(reply.line)")
        }
        await bed.answer(first, 430, "Flow Failed")
        let second = try await bed.next(of: draft, since: mark + 1, within: .seconds(3))
        if let second { await bed.answer(second, 200, "OK") }
        let reply = try await bed.finish(ticket)
        if let second, bed.edge(of: second, among: edges)?.token != edge.token {
            bed.pass("OB-AP-002", "after 430 the other flow was tried; the caller got \(reply.line)")
        } else {
            bed.warn(
                "OB-AP-002", "after 430 the device's other flow is not tried", saw: reply.line,
                expected: "the request over the binding with the other reg-id", "DX-BIND-03")
        }
        let regID: UInt32 = edge.token == edges[0].token ? 1 : 2
        try await bed.expectNoBinding(regID: regID, "OB-AP-008", .info)
    }

    static let flowFailedStaysInside = TestCase(
        "failure.430-inside", "430 from an edge does not reach the caller", ["OB-AP-009"],
        needs: [.outbound, .core, .aloneOnAOR]
    ) { bed throws(CaseStop) in
        let caller = try await bed.caller()
        let edge = try await bed.fakeEdge(beside: caller, .refuse(430))
        _ = try await bed.registeredPhone(behind: edge)
        let reply = try await bed.ask(caller, bed.call("MESSAGE"))
        guard !bed.strangers.isEmpty else {
            throw .unknown(.configuration, "the registrar sends nothing to our edge: \(reply.line)")
        }
        bed.expectNo430(reply)
    }
}

extension TestBed {
    /// The answer to a request by the token of a flow that has ended.
    fileprivate mutating func expectFlowFailed(_ reply: Reply) {
        guard reply.response != nil else {
            return unknown("OB-EP-013", .cut, "a token whose flow has ended: \(reply.line)")
        }
        guard reply.status != 430 else { return pass("OB-EP-013", "a token whose flow has ended got 430") }
        warn(
            "OB-EP-013", "a token whose flow has ended does not get 430", saw: reply.line, expected: "430 Flow Failed",
            "DX-TOK-03")
    }

    /// The answer that a caller gets for a device without a flow.
    fileprivate mutating func expectNo430(_ reply: Reply) {
        guard reply.response != nil else {
            return unknown("OB-AP-009", .cut, "a request to a device without a flow: \(reply.line)")
        }
        guard reply.status != 430 else {
            return warn(
                "OB-AP-009", "430 reaches the caller", saw: reply.line, expected: "480, or another answer for endpoints"
            )
        }
        pass("OB-AP-009", "the caller got \(reply.line)")
    }
}
