/// What a REGISTER with and without outbound is granted (RFC 5626 §6, §10; RFC 3261 §10.3).
extension CaseCatalogue {
    static let registration: [TestCase] = [
        outboundGranted, flowTimerGrammar, plainStaysPlain, noTag, sideBySide, obAnywhere, tagInAnyCase, gruuGiven,
        alwaysAnswered,
    ]

    static let outboundGranted = TestCase(
        "registration.outbound", "An outbound REGISTER is granted, and its own Contact comes back whole",
        [
            "OB-REG-017", "OB-REG-016", "OB-REG-025", "OB-GR-001", "OB-GR-004", "OB-EP-022",
        ]
    ) { bed throws(CaseStop) in
        let phone = try await bed.phone()
        let reply = try await bed.register(phone)
        try bed.needSuccess(reply, to: "an outbound REGISTER")
        bed.judge(
            reply, "OB-REG-017", "OB-REG-016", "OB-REG-025", "OB-GR-001", "OB-GR-004", "OB-EP-022")
    }

    static let flowTimerGrammar = TestCase(
        "registration.flow-timer", "Flow-Timer is one number, and comes only with outbound",
        ["OB-FT-001", "OB-FT-002"]
    ) { bed throws(CaseStop) in
        let phone = try await bed.phone()
        let reply = try await bed.register(phone)
        _ = try bed.needAnswer(reply, to: "an outbound REGISTER")
        bed.judge(reply, "OB-FT-001", "OB-FT-002")
        // Without the tag too: a server that grants outbound to whoever lists it may then announce a timer.
        let plain = try await bed.phone(device: 1)
        let other = try await bed.register(plain) { draft in
            draft.supported = ["path"]
            draft.contacts[0].regIDs = []
            draft.contacts[0].instance = nil
        }
        bed.judge(other, "OB-FT-002")
    }

    static let plainStaysPlain = TestCase(
        "registration.plain", "A REGISTER without reg-id and instance is taken as a plain one",
        ["OB-REG-010", "OB-EP-019", "OB-REG-012"]
    ) { bed throws(CaseStop) in
        let phone = try await bed.phone()
        let reply = try await bed.register(phone) { draft in
            draft.contacts[0].regIDs = []
            draft.contacts[0].instance = nil
        }
        _ = try bed.needAnswer(reply, to: "a plain REGISTER")
        bed.judge(reply, "OB-REG-010", "OB-EP-019")
        // Whether phones that know nothing of outbound are let in.
        let ignorant = try await bed.register(phone) { draft in
            draft.supported = ["path"]
            draft.contacts[0].regIDs = []
            draft.contacts[0].instance = nil
        }
        _ = try bed.needAnswer(ignorant, to: "a REGISTER that knows nothing of outbound")
        bed.judge(ignorant, "OB-EP-019", "OB-REG-012")
    }

    static let noTag = TestCase(
        "registration.no-tag", "Without the option-tag outbound is not announced, though reg-id and instance count",
        ["OB-REG-018", "OB-EP-019"], needs: [.outbound]
    ) { bed throws(CaseStop) in
        let phone = try await bed.phone()
        let reply = try await bed.register(phone) { $0.supported = ["path"] }
        _ = try bed.needAnswer(reply, to: "a REGISTER without the outbound tag")
        bed.judge(reply, "OB-REG-018", "OB-EP-019")
        try bed.needSuccess(reply, to: "a REGISTER without the outbound tag")
        let uri = bed.renamedURI(phone, "moved")
        let again = try await bed.register(phone) { draft in
            draft.supported = ["path"]
            draft.contacts[0].uri = uri
        }
        guard again.isSuccess, again.contacts.count > reply.contacts.count else { return }
        bed.info(
            "OB-REG-018", "without the tag the binding is found by its Contact URI, not by instance and reg-id",
            saw: again.shown(.contact))
    }

    static let sideBySide = TestCase(
        "registration.side-by-side", "Outbound and plain bindings of one user stand side by side", ["OB-REG-011"],
        needs: [.outbound]
    ) { bed throws(CaseStop) in
        let (phone, first) = try await bed.registeredPhone()
        try bed.needListed(first, phone)
        let plain = try await bed.phone(device: 1)
        let uri = bed.renamedURI(plain, "plain", withOb: false)
        let reply = try await bed.register(plain) { draft in
            draft.contacts = [RequestDraft.ContactDraft(uri: uri, expires: draft.contacts[0].expires)]
            draft.supported = ["path"]
        }
        try bed.needSuccess(reply, to: "a plain REGISTER")
        guard reply.contacts(bed.plan.instance, 1).count == 1, bed.contacts(reply, user: "plain").count == 1 else {
            return bed.fail(
                "OB-REG-011", "an outbound and a plain binding do not stand side by side", saw: reply.shown(.contact),
                expected: "both Contacts", "DX-BIND-01")
        }
        bed.pass("OB-REG-011", "both bindings are listed")
        // A Contact behind a NAT leads nowhere without outbound: only where none is can both be reached.
        guard bed.survey.isBehindNAT == false else { return }
        // A refusal makes a proxy go on that tries one branch after the other.
        bed.setPolicy(.refuse(480), of: phone)
        bed.setPolicy(.refuse(480), of: plain)
        let (answer, phones) = try await bed.messageToUser()
        guard !phones.isEmpty else {
            return bed.unknown("OB-REG-011", .configuration, "the caller's MESSAGE was not passed on: \(answer.line)")
        }
        guard phones != [phone, plain] else { return bed.pass("OB-REG-011", "a request reaches both bindings") }
        bed.warn(
            "OB-REG-011", "a request does not reach both bindings",
            saw: "only the \(phones.contains(phone) ? "outbound" : "plain") binding got it", expected: "both")
    }

    static let obAnywhere = TestCase(
        "registration.ob-anywhere", "What the Contact URI says of ob plays no part in the registration",
        ["OB-GR-002", "OB-REG-032"], needs: [.outbound]
    ) { bed throws(CaseStop) in
        for parameters in ["", ";OB", ";ob;x=1", ";x=1;Ob"] {
            let phone = try await bed.phone()
            let uri = bed.renamedURI(phone, "ob", withOb: false) + parameters
            let reply = try await bed.register(phone) { $0.contacts[0].uri = uri }
            guard reply.isSuccess, reply.grantsOutbound else {
                let written = parameters.isEmpty ? "no ob" : parameters
                if reply.isTemporary { try bed.needAnswer(reply, to: "a Contact URI with \(written)") }
                guard reply.response != nil else {
                    return bed.unknown("OB-REG-032", .cut, "Contact URI with \(written): \(reply.line)")
                }
                return bed.warn(
                    "OB-GR-002", "the Contact URI's ob decides whether outbound is granted",
                    saw: "with \(written): \(reply.line), \(reply.shown(.require))",
                    expected: "Require: outbound, as for any other Contact URI")
            }
        }
        bed.pass("OB-GR-002", "outbound was granted with and without ob in the Contact URI, in any spelling")
        bed.pass("OB-REG-032", "each got a final response")
    }

    static let tagInAnyCase = TestCase(
        "registration.tag-case", "The option-tag is read in capitals too", ["OB-GR-004"], needs: [.outbound]
    ) { bed throws(CaseStop) in
        let phone = try await bed.phone()
        let reply = try await bed.register(phone) { $0.supported = ["PATH", "OUTBOUND"] }
        _ = try bed.needAnswer(reply, to: "a REGISTER with Supported: PATH, OUTBOUND")
        guard !reply.grantsOutbound else { return bed.pass("OB-GR-004", "OUTBOUND was understood") }
        bed.fail(
            "OB-GR-004", "the option-tag is not understood in capitals",
            saw: "\(reply.line), \(reply.shown(.require))", expected: "Require: outbound")
    }

    static let gruuGiven = TestCase(
        "registration.gruu", "GRUUs come with an outbound registration", ["OB-GRUU-001"]
    ) { bed throws(CaseStop) in
        let (_, reply) = try await bed.registeredPhone()
        bed.judge(reply, "OB-GRUU-001")
    }

    /// The oddities of all cases at once, each on a flow of its own, so that a server which forgets one of them costs one
    /// Timer F and not seven.
    static let alwaysAnswered = TestCase(
        "registration.always-answered", "Whatever reg-id and ob say, a REGISTER gets a final response",
        ["OB-REG-032"], within: .seconds(60)
    ) { bed throws(CaseStop) in
        var tickets: [(name: String, ticket: RequestTicket)] = []
        for text in ["1", "0", "2147483648", "4294967297", "-1", "1.5", "abc", ""] {
            let phone = try await bed.phone()
            let ticket = try await bed.begin(phone) { $0.contacts[0].regIDs = [text] }
            tickets.append((text.isEmpty ? "an empty reg-id" : "reg-id \(text)", ticket))
        }
        let behind = try await bed.phone()
        let via = bed.phoneVia()
        tickets.append(("ob in Contact and no Path", try await bed.begin(behind) { $0.lowerVias = [via] }))
        var silent: [String] = []
        for (name, ticket) in tickets {
            let left = max(.zero, Duration.seconds(32) - (bed.now - bed.sent(ticket)))
            if try await bed.finish(ticket, within: left).response == nil { silent.append(name) }
        }
        guard let first = silent.first else {
            return bed.pass("OB-REG-032", "\(tickets.count) REGISTERs got a final response each")
        }
        guard silent.count < tickets.count else {
            return bed.unknown("OB-REG-032", .configuration, "no REGISTER was answered at all")
        }
        bed.fail(
            "OB-REG-032", "\(silent.count) of \(tickets.count) REGISTERs got no final response",
            saw: "none in 32 s with \(first)", expected: "a final response to each", "DX-REG-13")
    }
}
