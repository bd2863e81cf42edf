/// Several Path values: which one counts, and in what order they lead back (RFC 3327 §5; RFC 5626 §6, §9.2).
extension CaseCatalogue {
    /// RFC 5626 §6 speaks of "the first URI" and means the first hop's, which is the last one: each proxy writes its own
    /// before those it finds. Registrars read the one or the other.
    static let whichPathValue = TestCase(
        "path.which-value", "Of two Path values it is the first hop's, the last, whose ob counts", ["OB-REG-003"],
        needs: [.outbound]
    ) { bed throws(CaseStop) in
        let phone = try await bed.proxied()
        let (plain, marked) = ("<sip:second.invalid;lr>", "<sip:first.invalid;lr;ob>")
        let last = try await bed.register(phone, behind: [plain, marked])
        _ = try bed.needAnswer(last, to: "a REGISTER with ob on the last Path value")
        let top = try await bed.register(phone, behind: [marked, plain])
        _ = try bed.needAnswer(top, to: "a REGISTER with ob on the topmost Path value")
        let granted = (last: last.isSuccess && last.grantsOutbound, top: top.isSuccess && top.grantsOutbound)
        let saw = "ob on the last value: \(last.line); ob on the topmost: \(top.line)"
        switch granted {
        case (true, false): bed.pass("OB-REG-003", "the server reads the last Path value, the first hop's")
        case (false, true): bed.info("OB-REG-003", "the server reads the topmost Path value", saw: saw)
        case (true, true): bed.info("OB-REG-003", "the server is content with ob on any Path value", saw: saw)
        case (false, false):
            bed.info(
                "OB-REG-003",
                bed.isRegistrarReached
                    ? "the server grants outbound behind no two proxies"
                    : "behind two proxies and this edge outbound is not granted", saw: saw)
        }
    }

    static let pathPolicy = TestCase(
        "path.policy", "What becomes of a Path that the phone does not know about", ["OB-PATH-003"]
    ) { bed throws(CaseStop) in
        let phone = try await bed.proxied()
        let reply = try await bed.register(phone, behind: ["<sip:first.invalid;lr>"]) { draft in
            draft.supported = []
            draft.contacts[0].regIDs = []
        }
        _ = try bed.needAnswer(reply, to: "a REGISTER with Path from a phone that does not list path")
        bed.judge(reply, at: .core, "OB-PATH-003")
    }

    static let pathOrder = TestCase(
        "path.order", "Path values lead back in their order, the topmost first",
        ["OB-PATH-001", "OB-PATH-004", "OB-REG-001"],
        needs: [.core]
    ) { bed throws(CaseStop) in
        let phone = try await bed.proxied()
        let port = try await bed.listen(.udp)
        let path = ["<sip:\(port);lr>", "<sip:first.invalid;lr>"]
        let uri = bed.renamedURI(phone, "behind", withOb: false)
        let reply = try await bed.register(phone, behind: path) { draft in
            draft.supported = ["path"]
            draft.contacts = [RequestDraft.ContactDraft(uri: uri, expires: draft.contacts[0].expires)]
        }
        try bed.needSuccess(reply, to: "a REGISTER that has passed two proxies")
        bed.judge(reply, at: .core, "OB-REG-001")
        bed.judgePathReturned(reply, path)
        let caller = try await bed.caller()
        let call = bed.call("MESSAGE")
        let answer = try await bed.ask(caller, call)
        guard let arrival = bed.arrivals(of: call).first else {
            return bed.unknown(
                "OB-PATH-001", .configuration, "the MESSAGE did not reach the second proxy: \(answer.line)")
        }
        let routes = ((try? arrival.request.nameAddrs(.route)) ?? []).map(\.uri.host)
        // Who sends to the topmost may take it off.
        guard routes.firstIndex(of: "first.invalid") == routes.count - 1, (1...2).contains(routes.count) else {
            return bed.fail(
                "OB-PATH-001", "the Route is not the Path in its order", saw: arrival.request.shown(.route, "Route"),
                expected: path.joined(separator: ", "))
        }
        bed.pass("OB-PATH-001", "the request came to the second proxy, with the first hop's URI behind it")
    }

    static let ownPathOnly = TestCase(
        "path.own-only", "A 200 gives back the Path of its own registration alone", ["OB-REG-026"]
    ) { bed throws(CaseStop) in
        var replies: [Reply] = []
        for name in ["one", "other"] {
            let phone = try await bed.proxied()
            let uri = bed.renamedURI(phone, name, withOb: false)
            // Plain bindings: with outbound a registrar may ask for more of a first hop than this is about.
            let reply = try await bed.register(phone, behind: ["<sip:\(name).invalid;lr>"]) { draft in
                draft.supported = ["path"]
                draft.contacts = [RequestDraft.ContactDraft(uri: uri, expires: draft.contacts[0].expires)]
            }
            try bed.needSuccess(reply, to: "a REGISTER through a proxy")
            replies.append(reply)
        }
        let second = replies[1]
        guard second.path.contains(where: { $0.uri.host == "one.invalid" }) else {
            return bed.pass("OB-REG-026", "no other binding's Path came back")
        }
        bed.warn(
            "OB-REG-026", "the Path of another binding came back", saw: second.shown(.path),
            expected: "<sip:other.invalid;lr> alone")
    }
}

extension TestBed {
    /// Says of a REGISTER whose first hop promises no flow whether it was refused as it must be.
    mutating func judgeFirstHopRefused(_ reply: Reply, on phone: Phone) async throws(CaseStop) {
        guard !reply.isSuccess else { return judge(reply, at: .core, "OB-REG-003", "OB-REG-004") }
        pass("OB-REG-003", "outbound was not granted")
        guard reply.status != 439 else { return pass("OB-REG-004", "439: the registrar looks at the Path") }
        // A server that lets nobody through by this way has said nothing of outbound.
        let path = reply.request.shown(.path, "Path")
        let plain = try await register(phone, behind: reply.sentPath) { draft in
            draft.contacts[0].regIDs = []
            draft.contacts[0].instance = nil
        }
        guard plain.isSuccess else {
            return unknown(
                "OB-REG-004", .configuration,
                "a plain REGISTER that has passed a proxy is refused as well: \(plain.line)")
        }
        fail(
            "OB-REG-004", "a first hop without outbound was refused with another status than 439",
            saw: "\(reply.line) to a REGISTER with two Vias and \(path)",
            expected: "439 First Hop Lacks Outbound Support", "DX-REG-14")
    }

    /// Compares the Path of a 200 with what was sent; a proxy on the way may have put its own before it.
    mutating func judgePathReturned(_ reply: Reply, _ path: [String]) {
        let sent = path.compactMap { try? NameAddr.parse($0).uri }
        let returned = reply.path.map(\.uri)
        // That none came back is said under OB-REG-001.
        guard !returned.isEmpty else { return }
        let rest = isRegistrarReached ? returned : Array(returned.suffix(sent.count))
        guard rest != sent else { return pass("OB-PATH-004", "Path came back as it was, in its order") }
        warn(
            "OB-PATH-004", "Path came back changed", saw: reply.shown(.path), expected: path.joined(separator: ", "))
    }
}
