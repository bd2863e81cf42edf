/// Calls from the INVITE to the BYE, with everything in between over the phone's flow (RFC 5626 §5.3).
extension CaseCatalogue {
    static let dialog: [TestCase] = [
        incomingCall, phoneHangsUp, incomingByToken, outgoing("dialog.outgoing", ["outbound"]),
        outgoing("dialog.ob-alone", []),
    ]

    static let incomingCall = TestCase(
        "dialog.incoming", "A call to a phone: INVITE, ACK, re-INVITE and BYE of the caller come over the flow",
        ["OB-EP-011", "OB-REG-019", "OB-EP-010"], needs: [.outbound, .aloneOnAOR]
    ) { bed throws(CaseStop) in
        let (phone, _) = try await bed.misleadingPhone()
        let caller = try await bed.callingPhone()
        let invite = bed.invite(from: caller)
        var call = try await bed.establish(invite, from: caller, to: phone, bed.flowRow)
        bed.pass(bed.flowRow, "the INVITE came over the phone's flow alone")
        let ack = try await bed.acknowledge(&call.caller, toReach: phone)
        // Without an edge nobody has promised to stay in the dialog.
        guard bed.survey.hasToken else { return try await bed.hangUp(&call.caller) }
        bed.expectRecordRoute(call.invite.request, "OB-EP-011")
        bed.expect(ack, "the ACK of a call", "OB-EP-011", "DX-TOK-05")
        for method in ["INVITE", "BYE"] {
            let landing = try await bed.send(method, in: &call.caller, toReach: phone)
            let what = method == "INVITE" ? "a re-INVITE of the caller" : "the caller's BYE"
            bed.expect(landing.withinDialog, what, "OB-EP-011", "DX-TOK-05")
        }
    }

    static let phoneHangsUp = TestCase(
        "dialog.phone-hangs-up", "In a call to a phone, the phone's re-INVITE and BYE go onward to the caller",
        ["OB-EP-009", "OB-EP-014"], needs: [.outbound, .token, .aloneOnAOR]
    ) { bed throws(CaseStop) in
        let (phone, reply) = try await bed.registeredPhone()
        let token = try bed.pathBack(reply).uri.user ?? ""
        let caller = try await bed.callingPhone()
        let invite = bed.invite(from: caller)
        var call = try await bed.establish(invite, from: caller, to: phone)
        try await bed.acknowledge(&call.caller, toReach: phone)
        for method in ["INVITE", "BYE"] {
            let mark = bed.arrivals.count
            let landing = try await bed.send(method, in: &call.callee, toReach: caller)
            let what = method == "INVITE" ? "the phone's re-INVITE" : "the phone's BYE"
            if bed.arrivals(of: invite, since: mark).contains(where: { $0.phone == phone }) {
                bed.fail(
                    "OB-EP-009", "\(what) came back to the phone", saw: "\(method) on the flow from which it was sent",
                    expected: "\(method) at the caller: from the token's own flow, a request is outgoing", "DX-TOK-06")
                continue
            }
            guard let arrival = landing.arrival else {
                guard bed.station(caller).identity == nil else {
                    bed.expect(landing.withinDialog, what, "OB-EP-009", otherwise: .warn)
                    continue
                }
                // A caller that is nobody's phone may be out of reach for this server.
                bed.unknown("OB-EP-009", .configuration, "\(what) does not reach the caller: \(landing.words)")
                continue
            }
            bed.pass("OB-EP-009", "\(what) went onward")
            bed.expectNoRoute(of: token, in: arrival.request, "\(what)")
        }
    }

    static let incomingByToken = TestCase(
        "dialog.by-token", "A call over the stored Path: the edge stays in the dialog, and the BYE comes over the flow",
        ["OB-EP-011"], needs: [.outbound, .token]
    ) { bed throws(CaseStop) in
        let (phone, reply) = try await bed.misleadingPhone()
        let proxy = try await bed.proxy()
        var invite = bed.relayed(
            "INVITE", to: bed.station(phone).identity?.contactURI ?? "", route: "\(try bed.pathBack(reply))")
        invite.contacts = bed.invite(from: proxy).contacts
        var call = try await bed.establish(invite, from: proxy, to: phone)
        bed.expectRecordRoute(call.invite.request, "OB-EP-011")
        try await bed.acknowledge(&call.caller, toReach: phone)
        let landing = try await bed.send("BYE", in: &call.caller, toReach: phone)
        bed.expect(landing.withinDialog, "the BYE of the far side, along the route set", "OB-EP-011", "DX-TOK-05")
    }

    /// A call from a phone whose Contact cannot be reached but over the flow.
    private static func outgoing(_ id: String, _ supported: [String]) -> TestCase {
        TestCase(
            id,
            supported.isEmpty
                ? "A call from a phone with ob in Contact, and nothing else of outbound: the far side's BYE comes back"
                : "A call from a phone with ob in Contact: the far side's BYE comes back over the phone's flow",
            ["OB-EP-015", "OB-EP-014"], needs: [.outbound, .token, .aloneOnAOR]
        ) { bed throws(CaseStop) in
            let (far, reply) = try await bed.registeredPhone()
            let token = try bed.pathBack(reply).uri.user ?? ""
            // Registration is no precondition, but some servers take calls from registered phones alone.
            let phone =
                supported.isEmpty || bed.plan.otherUser == nil ? try await bed.open() : try await bed.callingPhone()
            let contact = bed.contactURI(of: phone, at: try await bed.trap(for: phone))
            var invite = bed.invite(from: phone, contact: contact)
            invite.supported = supported
            if let route = bed.target.route { invite.route = ["<\(route)>"] }
            var call = try await bed.establish(invite, from: phone, to: far)
            bed.expectRecordRoute(call.invite.request, "OB-EP-015")
            bed.expectNoRoute(of: token, in: call.invite.request, "an INVITE of a phone")
            try await bed.acknowledge(&call.caller, toReach: far)
            let landing = try await bed.send("BYE", in: &call.callee, toReach: phone)
            bed.expect(landing.withinDialog, "the far side's BYE", "OB-EP-015", "DX-TOK-05")
        }
    }
}

extension TestBed {
    /// Says whether the edge has used up the Route that named it (RFC 5626 §5.3.2).
    fileprivate mutating func expectNoRoute(of token: String, in request: SIPMessage, _ what: String) {
        let routes = (try? request.nameAddrs(.route)) ?? []
        let ours = routes.contains { route in
            route.uri.user == token
                || plan.targets.contains { $0.address.ip == route.uri.address && $0.address.port == route.uri.port }
        }
        if ours {
            fail(
                "OB-EP-014", "\(what) keeps the edge's own Route", saw: request.shown(.route, "Route"),
                expected: "no Route that names the edge")
        } else {
            pass("OB-EP-014", "\(what) left the edge without its Route")
        }
    }
}
