/// How a proxy chooses among the bindings of an address-of-record (RFC 5626 §7).
extension CaseCatalogue {
    static let forking: [TestCase] = [oneFlowAtATime, finalAnswerEnds, ownRoute]

    static let oneFlowAtATime = TestCase(
        "delivery.one-flow",
        "A device with two flows is called over one of them at a time; another device may ring too",
        ["OB-AP-001"], needs: [.outbound, .aloneOnAOR]
    ) { bed throws(CaseStop) in
        var flows: [Phone] = []
        for regID in [1, 2] as [UInt32] { flows.append(try await bed.registeredPhone(regID: regID).phone) }
        let other = try await bed.registeredPhone(device: 1).phone
        for phone in flows + [other] { bed.setPolicy(.hold, of: phone) }
        let caller = try await bed.caller()
        let mark = bed.arrivals.count
        let (ticket, first) = try await bed.begin(bed.invite(from: caller), from: caller)
        try await bed.barrier()
        let ringing = bed.arrivals(of: ticket.draft, since: mark)
        for phone in flows + [other] { bed.setPolicy(.refuse(486), of: phone) }
        for arrival in ringing { await bed.answer(arrival, 486, "Busy Here") }
        let reply = try await bed.finish(ticket)
        guard first != nil else {
            throw .unknown(.configuration, "an INVITE does not reach a registered phone: \(reply.line)")
        }
        let ours = Set(ringing.map(\.phone)).intersection(flows)
        if ours.count > 1 {
            bed.fail(
                "OB-AP-001", "one device is called over two flows at a time", saw: "the same INVITE over both flows",
                expected: "the second flow only after 408 or 430 from the first", "DX-BIND-03")
        } else {
            let both = ringing.contains { $0.phone == other } && !ours.isEmpty
            bed.pass("OB-AP-001", "one flow of the device was called\(both ? ", beside another device" : "")")
        }
    }

    static let finalAnswerEnds = TestCase(
        "delivery.final-answer", "An answer of the device other than 408 and 430 is not followed by its second flow",
        ["OB-AP-003"], needs: [.outbound, .aloneOnAOR]
    ) { bed throws(CaseStop) in
        let (used, spare, caller) = try await bed.twoFlows()
        for status in [486, 480, 404, 500, 603, 200] as [UInt16] {
            for phone in [used, spare] { bed.setPolicy(.hold, of: phone) }
            let draft = bed.call("MESSAGE")
            let mark = bed.arrivals.count
            let (ticket, first) = try await bed.begin(draft, from: caller)
            try await bed.barrier()
            guard let first else {
                let reply = try await bed.finish(ticket)
                throw .unknown(.configuration, "a MESSAGE does not reach the device: \(reply.line)")
            }
            let called = Set(bed.arrivals(of: draft, since: mark).map(\.phone))
            guard called.count == 1 else {
                throw .unknown(.configuration, "both flows are called before the device has answered (OB-AP-001)")
            }
            for phone in [used, spare] { bed.setPolicy(status == 200 ? .accept : .refuse(status), of: phone) }
            await bed.answer(first, status, status == 200 ? "OK" : "Refused")
            _ = try await bed.finish(ticket)
            try await bed.barrier()
            let came = Set(bed.arrivals(of: draft, since: mark).map(\.phone))
            guard came.count < 2 else {
                return bed.fail(
                    "OB-AP-003", "the device's second flow is tried after \(status)", saw: "MESSAGE over both flows",
                    expected: "no further request to the device: it has answered", "DX-BIND-03")
            }
        }
        bed.pass("OB-AP-003", "after 486, 480, 404, 500, 603 and 200 nothing came over the second flow")
    }

    static let ownRoute = TestCase(
        "delivery.own-route", "A request to each device goes along the Path of its own binding", ["OB-AP-004"],
        needs: [.outbound, .core, .aloneOnAOR]
    ) { bed throws(CaseStop) in
        let caller = try await bed.caller()
        var edges: [FakeEdge] = []
        for device in 0..<2 {
            // A refusal makes proxies go on that try one device after the other.
            let edge = try await bed.fakeEdge(beside: caller, .refuse(480))
            _ = try await bed.registeredPhone(behind: edge, device: device)
            edges.append(edge)
        }
        let draft = bed.call("MESSAGE")
        let reply = try await bed.ask(caller, draft)
        try await bed.barrier()
        var count = 0
        for arrival in bed.arrivals(of: draft) {
            guard let edge = bed.edge(of: arrival, among: edges) else { continue }
            count += 1
            let routes = (try? arrival.request.nameAddrs(.route)) ?? []
            guard routes.map(\.uri.user) != [edge.token] else { continue }
            return bed.fail(
                "OB-AP-004", "a branch does not carry the Path of its binding as Route",
                saw: arrival.request.shown(.route, "Route"), expected: "Route: \(edge.path)", "DX-TOK-09")
        }
        guard count > 0 else {
            throw .unknown(.configuration, "the registrar sends nothing to our edges: \(reply.line)")
        }
        bed.pass("OB-AP-004", "\(count == 1 ? "one branch" : "\(count) branches") carried the Path of the binding")
    }
}
