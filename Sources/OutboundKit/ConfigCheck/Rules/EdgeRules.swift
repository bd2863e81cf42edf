/// The routing logic of an edge proxy (RFC 5626 §5.1-5.3).
extension ConfigJudge {
    mutating func judgeEdgeRouting() {
        guard subject.meansOutboundAtEdge else { return }
        judgePath()
        judgeRoutes()
        if subject.walk.calls("force_rport", "add_rport").isEmpty, subject.listensOnUDP,
            subject.takesPhones(over: "UDP"), subject.config.setting("force_rport")?.value.number != 1
        {
            emitMissing(
                "CFG-RPORT-01", .info,
                "Answers to UDP phones that do not ask for rport go to the port in their Via, which a NAT does not know.",
                advice: "Write force_rport=yes.")
        }
    }

    private mutating func judgePath() {
        let all = subject.walk.calls(anyOf: RoutingWalk.addingPath)
        let own = subject.walk.calls(anyOf: RoutingWalk.addingPath, for: "REGISTER")
        if own.isEmpty {
            // Its own registrar needs no Path from itself.
            guard subject.role == .edge else { return }
            emitMissing(
                "CFG-EDGE-01", .fail, at: all.first?.call.place,
                all.isEmpty
                    ? "Nothing calls add_path(): the registrar never learns the flow, and answers 439 or no Require: outbound."
                    : "add_path() is never reached by a REGISTER.",
                advice: "Write if (is_method(\"REGISTER\")) { add_path(); } before REGISTER is relayed.")
            return
        }
        for site in own {
            // The variant with an address of its own has the user name behind it.
            let isNamed = site.call.arguments.count > (site.call.name == "add_path_advertised_address" ? 1 : 0)
            if isNamed {
                emit(
                    "CFG-EDGE-09", .fail, at: site.call.place,
                    "\(site.call.name)() with a user name makes a Path without flow token and without ob, whatever the phone asks for.",
                    advice: site.call.name == "add_path_advertised_address"
                        ? "Write the address alone." : "Write \(site.call.name)() without arguments.")
            } else if site.call.name == "add_path_received", subject.loads("outbound") {
                emit(
                    "CFG-EDGE-06", .warn, at: site.call.place,
                    "The Path gets the phone's address beside the flow token. A registrar with path_use_received sends there, past the token.",
                    advice: "Write add_path(): the token says the same, and cannot be forged.")
            }
        }
        if let double = subject.config.parameter("path", "enable_r2"), double.value.number == 1 {
            let isOne = subject.listeners.count == 1
            emit(
                "CFG-EDGE-07", isOne ? .warn : .info, at: double.place,
                "Two Path values are added to each REGISTER\(isOne ? ", and there is one socket only" : ", also where both sockets are the same").",
                advice: "Leave it out, unless phones and registrar are on different sockets.")
        }
    }

    private mutating func judgeRoutes() {
        if subject.walk.calls(anyOf: RoutingWalk.recordingRoute, for: "INVITE").isEmpty {
            let any = subject.walk.calls(anyOf: RoutingWalk.recordingRoute).first?.call.place
            emitMissing(
                "CFG-EDGE-02", .warn, at: any,
                "No INVITE is record-routed: requests within dialogs (ACK, BYE, re-INVITE) do not come back over the phone's flow.",
                advice: "Write if (is_method(\"INVITE|SUBSCRIBE\")) record_route();")
        }
        let loose = subject.walk.calls(anyOf: RoutingWalk.routing, from: [.request])
        guard let first = loose.first else {
            emitMissing(
                "CFG-EDGE-03", .fail,
                "Nothing calls loose_route(): flow tokens in Route are never looked at, and phones get no request.",
                advice:
                    "Write if (loose_route()) before requests from the registrar are relayed, and 403 when $rc is -2.")
            return
        }
        let isTold = subject.walk.tests.contains { test in
            test.entry == .request
                && test.expression.contains { part in
                    guard case .operation(_, _, .value(let value)) = part else { return false }
                    return value.number == -2
                }
        }
        if !isTold, replies("403", from: [.request]).isEmpty {
            let isDoubtful = repliesByVariable(from: [.request])
            emitMissing(
                "CFG-EDGE-04", isDoubtful ? .unknown(.configuration) : .warn, at: first.call.place,
                (isDoubtful ? Self.codeIsComputed : "")
                    + "loose_route() returns -2 for a forged or foreign flow token, and nothing here answers 403.",
                advice:
                    "Write if (!loose_route()) { switch ($rc) { case -2: sl_send_reply(\"403\", \"Forbidden\"); exit; } … }"
            )
        }
    }

    private static let codeIsComputed = "It cannot be told, since the code of an answer is computed: "

    /// The functions that answer.
    private static let replying = ["sl_send_reply", "send_reply", "t_reply", "sl_reply", "t_send_reply"]

    /// Whether some answer's code is known to a running Kamailio only.
    private func repliesByVariable(from entries: Set<ConfigRoute.Kind>? = nil) -> Bool {
        subject.walk.calls(anyOf: Self.replying, from: entries)
            .contains { $0.call.arguments.first?.isComputed == true }
    }

    /// Where an answer with this code is made.
    func replies(_ code: String, from entries: Set<ConfigRoute.Kind>? = nil) -> [CallSite] {
        subject.walk.calls(anyOf: Self.replying, from: entries)
            .filter { $0.call.arguments.first?.text == code }
    }

    // MARK: Failed flows

    mutating func judgeEdgeFailures() {
        guard subject.meansOutboundAtEdge, subject.loads("outbound"), subject.role == .edge || subject.isRoleGiven,
            !subject.walk.calls(anyOf: RoutingWalk.routing, from: [.request]).isEmpty
        else { return }
        let failed = replies("430")
        judgeDialling(hasFailedReply: !failed.isEmpty)
        if failed.isEmpty {
            let isDoubtful = repliesByVariable()
            emitMissing(
                "DX-TOK-03", isDoubtful ? .unknown(.configuration) : .warn,
                (isDoubtful ? Self.codeIsComputed : "")
                    + "Nothing answers 430 when a flow has failed: the registrar does not try the phone's next flow, and keeps the dead binding.",
                advice:
                    "Write if (!t_relay()) { send_reply(\"430\", \"Flow Failed\"); } towards phones, and t_on_failure() with 430 after t_branch_timeout().",
                requirement: "OB-EP-013")
            return
        }
        let armed = Set(subject.walk.calls("t_on_failure").compactMap { $0.call.arguments.first?.text })
        let isComputed = subject.walk.calls("t_on_failure").contains { $0.call.arguments.first?.isComputed == true }
        for reply in failed where reply.entry == .failure {
            if !isComputed, !armed.contains(reply.entryName) {
                emitMissing(
                    "CFG-EDGE-08", .warn, at: reply.call.place,
                    "failure_route[\(reply.entryName)] is never armed, so this 430 is never sent.",
                    advice: "Write t_on_failure(\"\(reply.entryName)\"); before t_relay() towards phones.")
            }
            let isAnyRefusal = subject.walk.guards(reply.path).contains { one in
                guard one.holds, case .or(let left, let right) = one.expression else { return false }
                return [left, right].contains { side in
                    if case .not(.call(let call)) = side { call.name == "t_branch_replied" } else { false }
                }
            }
            if isAnyRefusal {
                emit(
                    "CFG-EDGE-05", .warn, at: reply.call.place,
                    "|| !t_branch_replied() also holds for a phone that refuses at once (486 without 180): its busy becomes 430, and the registrar drops its binding.",
                    advice: "Write if (t_branch_timeout() && !t_branch_replied()), as newer manuals do.")
            }
        }
    }

    /// An edge that connects to a phone whose flow has gone answers 477 or 500, and no registrar takes that for a failed flow.
    private mutating func judgeDialling(hasFailedReply: Bool) {
        guard subject.listensOnStreams, subject.config.setting("tcp_no_connect")?.value.number != 1,
            subject.walk.calls("set_forward_no_connect", "check_flow_token").isEmpty,
            let relay = subject.walk.calls("t_relay", "forward").first(where: { $0.entry == .request })
        else { return }
        emitMissing(
            "DX-TOK-14", .fail, at: relay.call.place,
            "When a phone's TCP flow has gone, this dials the phone, fails, and answers 477 or 500: the phone's second flow is never tried.",
            advice: hasFailedReply
                ? "Write set_forward_no_connect(); before t_relay() towards phones, and send_reply(\"430\", \"Flow Failed\") where t_relay() fails there."
                : "Towards phones write set_forward_no_connect(); if (!t_relay()) { send_reply(\"430\", \"Flow Failed\"); }",
            requirement: "OB-EP-013")
    }

    // MARK: NAT

    mutating func judgeNAT() {
        guard subject.meansOutboundAtEdge else { return }
        var search = subject.walk.search(for: ["outbound", "reg-id", ";ob"], anyWay: true)
        for site in subject.walk.calls("fix_nated_contact", "add_contact_alias", "set_contact_alias", for: "REGISTER") {
            guard !search.finds(site) else { continue }
            emit(
                "CFG-NAT-01", .warn, at: site.call.place,
                "\(site.call.name)() changes the Contact of every REGISTER. With outbound the flow token leads back to the phone, and the phone looks for its own Contact in the answer.",
                advice: "Leave the Contact of a REGISTER alone where it has reg-id and Supported: outbound.")
        }
    }
}
