/// What an edge proxy adds to Path, and what a registrar makes of it (RFC 3327; RFC 5626 §5.1, §6).
extension CaseCatalogue {
    static let path: [TestCase] = [
        firstHopPath, tokenForEachFlow, passesThrough, laterEdge, pathNotOffered, routeWithoutToken, viaForms,
        twoViasNoPath,
        pathWithoutOb, pathWithOb, whichPathValue, noTagBehindProxy, pathPolicy, pathOrder, ownPathOnly,
        flowTimerFromRegistrar,
    ]

    // MARK: The edge

    static let firstHopPath = TestCase(
        "path.first-hop", "The first hop adds a Path URI with lr, ob and a flow token",
        ["OB-EP-001", "OB-EP-002", "OB-EP-005", "OB-EP-008", "OB-GR-002", "OB-REG-017"]
    ) { bed throws(CaseStop) in
        guard bed.target.route != nil else { throw .skipped("the registrar itself is the first hop") }
        let phone = try await bed.phone()
        let reply = try await bed.registerPatiently(phone)
        guard reply.status != 439 else { return try await bed.judgeFirstHop(refused: reply, on: phone) }
        try bed.needSuccess(reply, to: "an outbound REGISTER")
        bed.judge(reply, "OB-EP-001", "OB-EP-002", "OB-EP-005", "OB-EP-008", "OB-GR-002")
    }

    static let tokenForEachFlow = TestCase(
        "path.token", "The first hop's Path URI tells one flow from another", ["OB-EP-002"], needs: [.outbound]
    ) { bed throws(CaseStop) in
        guard bed.target.route != nil else { throw .skipped("the registrar itself is the first hop") }
        let (_, first) = try await bed.registeredPhone()
        let (_, second) = try await bed.registeredPhone(regID: 2)
        let (one, other) = (try bed.pathBack(first).uri, try bed.pathBack(second).uri)
        guard one == other else { return bed.pass("OB-EP-002", "two flows have two Path URIs") }
        bed.fail(
            "OB-EP-002", "the first hop's Path URI is the same for two flows", saw: "\(one)",
            expected: "a flow token in it, another for each flow", "DX-REG-12")
    }

    /// What the registrar does for a phone behind an edge that the case plays, it does for one behind the real edge, or
    /// something was lost there.
    static let passesThrough = TestCase(
        "path.passes-through", "reg-id, instance and the option-tag pass the edge, and the grant comes back through it",
        ["OB-EP-022"], needs: [.core]
    ) { bed throws(CaseStop) in
        guard bed.target.route != nil, bed.plan.hasOwnCore else { throw .skipped("no edge stands between") }
        let behind = try await bed.proxied()
        let direct = try await bed.register(behind, behind: ["<sip:first.invalid;lr;ob>"])
        guard direct.isSuccess, direct.grantsOutbound, direct.contacts(bed.plan.instance, 1).count == 1 else {
            throw .unknown(.configuration, "the registrar itself does not grant outbound: \(direct.line)")
        }
        let phone = try await bed.phone()
        let reply = try await bed.register(phone)
        // A 439 is the first hop's, and judged there.
        try bed.needSuccess(reply, to: "an outbound REGISTER through the edge")
        var lost = reply.grantsOutbound ? [] : ["Require: outbound"]
        if reply.contacts(bed.plan.instance, 1).isEmpty { lost.append("reg-id and instance") }
        if reply.path.isEmpty, !direct.path.isEmpty { lost.append("Path") }
        if let first = reply.path.last, !first.uri.hasParameter("ob") {
            throw .unknown(.configuration, "the edge's Path has no ob (OB-EP-005), and without it none is granted")
        }
        guard !lost.isEmpty else { return bed.pass("OB-EP-022", "the answers with and without the edge are alike") }
        bed.fail(
            "OB-EP-022", "the edge at \(bed.target.address) loses \(lost.joined(separator: ", "))",
            saw: "\(reply.line), \(reply.shown(.require)), \(reply.shown(.contact))",
            expected: "what the registrar answers behind another edge: Require: outbound, the Contact and Path")
    }

    static let laterEdge = TestCase(
        "path.later-edge", "A proxy that is not the first hop adds no ob", ["OB-EP-006"], needs: [.outbound]
    ) { bed throws(CaseStop) in
        guard bed.target.route != nil else { throw .skipped("the registrar itself is spoken to") }
        let phone = try await bed.phone()
        let reply = try await bed.register(phone, behind: ["<sip:first.invalid;lr;ob>"])
        if reply.status == 439 {
            // The registrar read another value than the first hop's, and found no ob in it.
            return bed.pass("OB-EP-006", "no ob was added: the registrar answered \(reply.line)")
        }
        try bed.needSuccess(reply, to: "a REGISTER that has passed a proxy")
        bed.judge(reply, "OB-EP-006")
    }

    static let pathNotOffered = TestCase(
        "path.not-offered", "A phone that does not list path gets no Path, or 421", ["OB-PATH-002"]
    ) { bed throws(CaseStop) in
        let phone = try await bed.phone()
        let reply = try await bed.register(phone) { $0.supported = ["outbound"] }
        _ = try bed.needAnswer(reply, to: "a REGISTER that does not list path")
        bed.judge(reply, "OB-PATH-002")
    }

    static let routeWithoutToken = TestCase(
        "path.plain-route", "A Route to the edge without a token is taken off, and the request goes on",
        ["OB-EP-016"]
    ) { bed throws(CaseStop) in
        guard let route = bed.target.route else { throw .skipped("the registrar itself is spoken to") }
        let (phone, reply) = try await bed.registeredPhone()
        bed.judge(reply, "OB-EP-016")
        var draft = bed.call("OPTIONS", to: bed.plan.registrar.description)
        let plain = try await bed.ask(phone, draft)
        draft = bed.call("OPTIONS", to: bed.plan.registrar.description, route: ["<\(route)>"])
        let routed = try await bed.ask(phone, draft)
        guard [403, 430].contains(routed.status), routed.status != plain.status else { return }
        bed.warn(
            "OB-EP-016", "a Route without a token is refused as if its token were wrong",
            saw: "\(routed.line) with it, \(plain.line) without", expected: "the same with and without the Route")
    }

    static let viaForms = TestCase(
        "path.via-forms", "Via values are counted, not lines: v:, and two values in one field",
        ["OB-EP-007", "OB-REG-002"], needs: [.outbound]
    ) { bed throws(CaseStop) in
        let phone = try await bed.phone()
        let compact = try await bed.register(phone) { $0.viaForm = .compact }
        _ = try bed.needAnswer(compact, to: "a REGISTER with v:")
        if compact.grantsOutbound {
            bed.pass("OB-EP-007", "one v: is one hop")
        } else {
            bed.warn(
                "OB-EP-007", "the first hop is not known by v:", saw: "\(compact.line), \(compact.shown(.require))",
                expected: "Require: outbound, as with Via:")
        }
        let behind = try await bed.proxied()
        let reply = try await bed.register(behind, behind: []) { $0.viaForm = .joined }
        _ = try bed.needAnswer(reply, to: "a REGISTER with two Via values in one field")
        guard reply.isSuccess, reply.grantsOutbound else {
            return bed.pass("OB-REG-002", "two Via values in one field are two hops: \(reply.line)")
        }
        bed.fail(
            "OB-REG-002", "two Via values in one field are taken for one hop", saw: "\(reply.line), Require: outbound",
            expected: "439: the first hop added no Path", "DX-REG-14")
    }

    // MARK: The registrar behind a proxy

    static let twoViasNoPath = TestCase(
        "path.missing", "Behind a first hop without Path an outbound REGISTER gets 439",
        ["OB-REG-002", "OB-REG-003", "OB-REG-004", "OB-GR-005"], needs: [.outbound]
    ) { bed throws(CaseStop) in
        let phone = try await bed.proxied()
        let reply = try await bed.register(phone, behind: [])
        _ = try bed.needAnswer(reply, to: "a REGISTER with two Vias and no Path")
        try await bed.judgeFirstHopRefused(reply, on: phone)
        bed.judge(reply, "OB-GR-005")
        guard reply.isSuccess, reply.grantsOutbound else {
            return bed.pass("OB-REG-002", "the server tells a first hop from a later one")
        }
        bed.fail(
            "OB-REG-002", "the server does not look whether it is the first hop",
            saw: "Require: outbound with two Vias and no Path", expected: "439", "DX-REG-14")
    }

    static let pathWithoutOb = TestCase(
        "path.without-ob", "Behind a first hop whose Path has no ob an outbound REGISTER gets 439",
        ["OB-REG-003", "OB-REG-004"], needs: [.outbound]
    ) { bed throws(CaseStop) in
        let phone = try await bed.proxied()
        let reply = try await bed.register(phone, behind: ["<sip:first.invalid;lr>"])
        _ = try bed.needAnswer(reply, to: "a REGISTER whose Path has no ob")
        try await bed.judgeFirstHopRefused(reply, on: phone)
    }

    static let pathWithOb = TestCase(
        "path.with-ob", "Behind a first hop whose Path has ob outbound is granted, and the Path comes back",
        ["OB-REG-003", "OB-REG-017", "OB-REG-001", "OB-PATH-004"], needs: [.outbound]
    ) { bed throws(CaseStop) in
        let phone = try await bed.proxied()
        let path = ["<sip:first.invalid;lr;ob>"]
        let reply = try await bed.register(phone, behind: path)
        if reply.status == 439 {
            let why = "439 behind a Path with ob"
            guard bed.isRegistrarReached else {
                return bed.unknown("OB-REG-017", .side, "\(why): an edge may have put its own Path before it")
            }
            return bed.warn(
                "OB-REG-017", "\(why): the registrar does outbound only as the first hop", saw: reply.line,
                expected: "200 with Require: outbound")
        }
        try bed.needSuccess(reply, to: "a REGISTER whose Path has ob")
        bed.judge(reply, at: .core, "OB-REG-003", "OB-REG-017", "OB-REG-001")
        bed.judgePathReturned(reply, path)
    }

    static let noTagBehindProxy = TestCase(
        "path.no-tag", "Behind a first hop without Path, reg-id without the option-tag is ignored", ["OB-REG-005"],
        needs: [.outbound]
    ) { bed throws(CaseStop) in
        let phone = try await bed.proxied()
        let reply = try await bed.register(phone, behind: []) { $0.supported = ["path"] }
        try bed.needSuccess(reply, to: "a REGISTER without the tag behind a proxy")
        bed.judge(reply, at: .core, "OB-REG-005")
        let again = try await bed.register(phone, behind: []) { draft in
            draft.supported = ["path"]
            draft.contacts[0].regIDs = ["2"]
        }
        guard again.isSuccess, again.contacts.count > reply.contacts.count else { return }
        bed.fail(
            "OB-REG-005", "reg-id is not ignored: one Contact URI with two of them makes two bindings",
            saw: again.shown(.contact), expected: "one binding")
    }

    static let flowTimerFromRegistrar = TestCase(
        "path.flow-timer", "Only the last proxy before the phone sets Flow-Timer", ["OB-FT-003"], needs: [.outbound]
    ) { bed throws(CaseStop) in
        let phone = try await bed.proxied()
        let reply = try await bed.register(phone, behind: ["<sip:first.invalid;lr;ob>"])
        if reply.status == 439, !bed.isRegistrarReached {
            throw .unknown(.side, "439 behind a Path with ob: an edge may have put its own Path before it")
        }
        try bed.needSuccess(reply, to: "a REGISTER whose Path has ob")
        guard reply.flowTimer != nil else { return bed.pass("OB-FT-003", "no Flow-Timer for a flow of another proxy") }
        bed.judge(reply, at: .core, "OB-FT-003")
    }
}
