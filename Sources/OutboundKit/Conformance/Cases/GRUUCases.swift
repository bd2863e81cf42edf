/// GRUUs together with outbound (RFC 5627 §5.1, §6).
extension CaseCatalogue {
    static let gruu: [TestCase] = [
        gruuLeads("gruu.public", "public") { $0.pubGRUU }, gruuLeads("gruu.temporary", "temporary") { $0.tempGRUU },
        gruuFlows, gruuNewCallID, gruuFromPhone, gruuContacts, gruuWithoutContacts, gruuMidDialog, gruuRecordRoute,
    ]

    private static func gruuLeads(
        _ id: String, _ kind: String, _ gruu: @escaping @Sendable (Contact) -> String?
    ) -> TestCase {
        TestCase(
            id, "A \(kind) GRUU leads to its device, over the flow, and to no other device", ["OB-GRUU-005"],
            needs: [.outbound, .gruu, .aloneOnAOR]
        ) { bed throws(CaseStop) in
            let (_, _) = try await bed.registeredPhone(device: 1)
            let (phone, reply) = try await bed.registeredPhone()
            guard let given = reply.contacts(bed.plan.instance, 1).first.flatMap(gruu) else {
                throw .skipped("the 200 has no \(kind) GRUU")
            }
            let uri = try bed.needURI(given)
            let caller = try await bed.caller()
            let (landing, _) = try await bed.send(bed.call("MESSAGE", to: uri), from: caller, toReach: phone)
            bed.expect(landing, "a MESSAGE to the \(kind) GRUU", "OB-GRUU-005")
        }
    }

    static let gruuFlows = TestCase(
        "gruu.two-flows", "A GRUU of a device with two flows: one at a time, and none after the device's answer",
        ["OB-GRUU-005"], needs: [.outbound, .gruu, .aloneOnAOR]
    ) { bed throws(CaseStop) in
        let (used, spare, caller) = try await bed.twoFlows()
        let uri = try bed.publicGRUU(of: try await bed.register(used))
        for phone in [used, spare] { bed.setPolicy(.refuse(486), of: phone) }
        let draft = bed.call("MESSAGE", to: uri)
        let mark = bed.arrivals.count
        let reply = try await bed.ask(caller, draft)
        try await bed.barrier()
        let came = Set(bed.arrivals(of: draft, since: mark).map(\.phone))
        switch came.count {
        case 0: bed.unknown("OB-GRUU-005", .configuration, "a MESSAGE to the GRUU reaches nobody: \(reply.line)")
        case 1: bed.pass("OB-GRUU-005", "the GRUU led to one flow, and 486 ended it")
        default:
            bed.fail(
                "OB-GRUU-005", "a GRUU leads to both flows of its device", saw: "MESSAGE over both, answered with 486",
                expected: "one flow; the other only after 408 or 430", "DX-BIND-03")
        }
    }

    static let gruuNewCallID = TestCase(
        "gruu.new-call-id", "A registration with a new Call-ID voids the temporary GRUUs of before", ["OB-GRUU-003"],
        needs: [.outbound, .gruu, .aloneOnAOR]
    ) { bed throws(CaseStop) in
        let (_, reply) = try await bed.registeredPhone()
        guard let given = reply.contacts(bed.plan.instance, 1).first?.tempGRUU else {
            throw .skipped("the 200 has no temporary GRUU")
        }
        let old = try bed.needURI(given)
        let caller = try await bed.caller()
        // Another flow's Call-ID is its own affair.
        let second = try await bed.registeredPhone(regID: 2).phone
        let before = try await bed.ask(caller, bed.call("MESSAGE", to: old))
        guard before.isSuccess else {
            return bed.expectGRUU(
                .fail, before.status == 404, "a new Call-ID on another reg-id makes a temporary GRUU void", before,
                expected: "200: only the Call-ID of the same reg-id counts")
        }
        let (phone, _) = try await bed.registeredPhone()
        _ = second
        let after = try await bed.ask(caller, bed.call("MESSAGE", to: old))
        try await bed.barrier()
        guard after.status != 404 else { return bed.pass("OB-GRUU-003", "the old temporary GRUU got 404") }
        let isDelivered = after.isSuccess || bed.arrivals.contains { $0.phone == phone }
        bed.expectGRUU(
            isDelivered ? .fail : .warn, after.response != nil, "a temporary GRUU outlives its Call-ID", after,
            expected: "404")
    }

    static let gruuFromPhone = TestCase(
        "gruu.sent-by-phone", "pub-gruu and temp-gruu that a phone sends are ignored", ["OB-GRUU-004"],
        needs: [.outbound, .gruu]
    ) { bed throws(CaseStop) in
        let forged = "sip:\(bed.word(8))@invalid.example;gr=\(bed.word(8))"
        let phone = try await bed.phone()
        let reply = try await bed.register(phone) { draft in
            draft.contacts[0].parameters = ["pub-gruu=\"\(forged)\"", "temp-gruu=\"\(forged)x\""]
        }
        _ = try bed.needAnswer(reply, to: "a REGISTER with pub-gruu and temp-gruu")
        guard reply.isSuccess else {
            return bed.warn(
                "OB-GRUU-004", "a REGISTER with pub-gruu and temp-gruu is refused", saw: reply.line,
                expected: "200, as if they were not there")
        }
        let answer = reply.response ?? SIPMessage()
        guard !answer.values(.contact).contains(where: { answer.text($0).contains(forged) }) else {
            return bed.fail(
                "OB-GRUU-004", "the registrar takes GRUUs from a phone", saw: reply.shown(.contact),
                expected: "GRUUs of the registrar's own making")
        }
        bed.pass("OB-GRUU-004", "what the phone sent as its GRUUs was ignored")
    }

    static let gruuContacts = TestCase(
        "gruu.contact", "A Contact with an instance that is its own address-of-record or GRUU, or no SIP URI, gets 403",
        ["OB-GRUU-004"], needs: [.outbound, .gruu, .aloneOnAOR]
    ) { bed throws(CaseStop) in
        let (_, reply) = try await bed.registeredPhone()
        let gruu = try bed.publicGRUU(of: reply)
        let aor = bed.plan.user.addressOfRecord.description
        for (what, uri) in [("its address-of-record", aor), ("its GRUU", gruu), ("a tel URI", "tel:+15550100")] {
            let second = try await bed.phone(device: 1)
            let answer = try await bed.register(second) { $0.contacts[0].uri = uri }
            switch answer.status {
            case 0: bed.unknown("OB-GRUU-004", .cut, "\(what) as Contact: \(answer.line)")
            case 403: bed.pass("OB-GRUU-004", "\(what) as Contact got 403")
            case _ where answer.isTemporary:
                bed.unknown("OB-GRUU-004", .configuration, "\(what) as Contact: \(answer.line), for the time being")
            case 200...299:
                let isBound = answer.contacts.contains { $0.uri?.description == uri }
                bed.fail(
                    "OB-GRUU-004", "\(what) is \(isBound ? "taken" : "not refused") as Contact of an instance",
                    saw: answer.line, expected: "403", what == "its GRUU" ? "DX-BIND-05" : nil)
            default:
                bed.warn(
                    "OB-GRUU-004", "\(what) as Contact is refused, but not with 403", saw: answer.line, expected: "403")
            }
        }
    }

    static let gruuWithoutContacts = TestCase(
        "gruu.no-contact", "A GRUU whose device is not registered gets 480; a GRUU that never was gets 404",
        ["OB-GRUU-006"], needs: [.outbound, .gruu, .aloneOnAOR]
    ) { bed throws(CaseStop) in
        let (phone, reply) = try await bed.registeredPhone()
        let uri = try bed.publicGRUU(of: reply)
        let caller = try await bed.caller()
        let (landing, _) = try await bed.send(bed.call("MESSAGE", to: uri), from: caller, toReach: phone)
        guard landing.arrival != nil else {
            throw .unknown(.configuration, "the GRUU does not lead to its device: \(landing.words)")
        }
        _ = try await bed.unregister(phone)
        let gone = try await bed.ask(caller, bed.call("MESSAGE", to: uri))
        bed.expectStatus(480, gone, "a GRUU without a contact", .fail)
        let aor = bed.plan.user.addressOfRecord.description
        let never = "\(aor);gr=urn:uuid:\(bed.word(8))-0000-4000-8000-\(bed.word(12))"
        let unknown = try await bed.ask(caller, bed.call("MESSAGE", to: never))
        bed.expectStatus(404, unknown, "a GRUU that was never given", .warn)
    }

    static let gruuMidDialog = TestCase(
        "gruu.mid-dialog", "A request within a dialog to a GRUU passes the edge once, not along the stored Path again",
        ["OB-GRUU-007"], needs: [.outbound, .gruu, .token, .aloneOnAOR]
    ) { bed throws(CaseStop) in
        let (phone, reply) = try await bed.registeredPhone()
        let uri = try bed.publicGRUU(of: reply)
        // The phone names itself by its GRUU in the dialog.
        bed.stations[phone.flow]?.identity?.contactURI = uri
        let caller = try await bed.callingPhone()
        let invite = bed.invite(from: caller, to: uri)
        var call = try await bed.establish(invite, from: caller, to: phone)
        try await bed.acknowledge(&call.caller, toReach: phone)
        let landing = try await bed.send("BYE", in: &call.caller, toReach: phone)
        guard let arrival = landing.arrival else {
            return bed.warn(
                "OB-GRUU-007", "a BYE to a GRUU does not reach the phone", saw: landing.words,
                expected: "BYE over the phone's flow")
        }
        let hops = ((try? arrival.request.vias()) ?? []).map(\.sentBy)
        guard
            let twice = bed.plan.targets.lazy.map({ "\($0.address)" }).first(where: { hop in
                hops.count { $0 == hop } > 1
            })
        else { return bed.pass("OB-GRUU-007", "the BYE passed each server once") }
        // A caller behind the same edge passes it on its own account.
        guard bed.flow(caller).remote != bed.target.address || hops.count(where: { $0 == twice }) > 2 else {
            return bed.pass("OB-GRUU-007", "the BYE passed the edge once for each side")
        }
        bed.warn(
            "OB-GRUU-007", "a BYE to a GRUU visits the edge twice", saw: "Via: \(hops.joined(separator: ", "))",
            expected: "the edge once: Route leads there already, and Path is not used")
    }

    static let gruuRecordRoute = TestCase(
        "gruu.record-route", "The proxy that holds the registration stays in dialogs of a phone with GRUU and Path",
        ["OB-GRUU-008"], needs: [.outbound, .gruu, .token, .aloneOnAOR]
    ) { bed throws(CaseStop) in
        let (phone, _) = try await bed.registeredPhone()
        let caller = try await bed.caller()
        var call = try await bed.establish(bed.invite(from: caller), from: caller, to: phone)
        let routes = (try? call.invite.request.nameAddrs(.recordRoute)) ?? []
        try await bed.acknowledge(&call.caller, toReach: phone)
        try await bed.hangUp(&call.caller)
        // Behind a separate edge the registrar's own value stands beside the edge's.
        let edges = Set(bed.plan.targets.map(\.address.port))
        let others = routes.filter { bed.isCoLocated || !edges.contains($0.uri.port ?? 5060) }
        guard others.isEmpty else { return bed.pass("OB-GRUU-008", "the proxy is in Record-Route") }
        bed.fail(
            "OB-GRUU-008", "the proxy leaves a dialog whose requests will name a GRUU",
            saw: call.invite.request.shown(.recordRoute, "Record-Route"),
            expected: "a Record-Route of the proxy that translates the GRUU")
    }
}

extension TestBed {
    /// The device's public GRUU in an answer.
    fileprivate func publicGRUU(of reply: Reply) throws(CaseStop) -> String {
        let own = reply.contacts.filter { $0.instance.flatMap(InstanceID.init(tolerating:)) == plan.instance }
        guard let gruu = own.lazy.compactMap(\.pubGRUU).first else { throw .skipped("the 200 has no public GRUU") }
        return try needURI(gruu)
    }

    /// A GRUU to which a request can be sent; that another is none is said elsewhere.
    fileprivate func needURI(_ gruu: String) throws(CaseStop) -> String {
        guard let uri = try? SIPURI.parse(gruu), uri.scheme == .sip || uri.scheme == .sips else {
            throw .unknown(.configuration, "the GRUU '\(gruu)' is no SIP URI; see registration.gruu")
        }
        return gruu
    }

    /// A verdict on a temporary GRUU, or none where the answer says too little.
    fileprivate mutating func expectGRUU(
        _ severity: Severity, _ isTelling: Bool, _ message: String, _ reply: Reply, expected: String
    ) {
        guard isTelling else {
            return unknown("OB-GRUU-003", .configuration, "a MESSAGE to a temporary GRUU: \(reply.line)")
        }
        say(severity, "OB-GRUU-003", message, saw: reply.line, expected)
    }

    fileprivate mutating func expectStatus(_ status: UInt16, _ reply: Reply, _ what: String, _ severity: Severity) {
        guard reply.response != nil else { return unknown("OB-GRUU-006", .cut, "\(what): \(reply.line)") }
        guard !reply.isTemporary else {
            return unknown("OB-GRUU-006", .configuration, "\(what): \(reply.line), for the time being")
        }
        guard reply.status != status else { return pass("OB-GRUU-006", "\(what) got \(status)") }
        say(severity, "OB-GRUU-006", "\(what) does not get \(status)", saw: reply.line, "\(status)")
    }
}
