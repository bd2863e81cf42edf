/// How instance and reg-id make a binding, and what is no reg-id (RFC 5626 §4.1, §6, §10).
extension CaseCatalogue {
    static let instance: [TestCase] =
        [
            sameInstanceInCapitals, keyIsInstanceAndRegID, withoutRegID, withoutInstance, insideBrackets, plainBindings,
            parametersKept, severalContacts, bindAndRemove, largestRegID, wrappingRegID,
        ] + invalidRegIDs

    static let sameInstanceInCapitals = TestCase(
        "instance.case", "A UUID in capitals names the same device", ["OB-INST-007"], needs: [.outbound]
    ) { bed throws(CaseStop) in
        guard bed.plan.instance.scheme == .uuid else { throw .skipped("the instance is no UUID") }
        let phone = try await bed.phone()
        var lower = "urn:uuid:" + bed.plan.instance.urn.dropFirst(9).lowercased()
        // Digits that have no capitals would show nothing.
        if !lower.dropFirst(9).contains(where: \.isLetter) { lower = lower.dropLast(2) + "ab" }
        let (small, upper) = (lower, "urn:uuid:" + lower.dropFirst(9).uppercased())
        let first = try await bed.register(phone) { $0.contacts[0].instance = small }
        try bed.needSuccess(first, to: "an outbound REGISTER")
        guard first.contacts.contains(where: { $0.regID == "1" && $0.instance?.lowercased() == "<\(small)>" }) else {
            throw .unknown(
                .configuration, "the 200 does not list the binding with its instance and reg-id (OB-REG-016)")
        }
        let uri = bed.renamedURI(phone, "capitals")
        let second = try await bed.register(phone) { draft in
            draft.contacts[0].instance = upper
            draft.contacts[0].uri = uri
        }
        try bed.needSuccess(second, to: "the same with the UUID in capitals")
        let listed = second.contacts.filter { contact in
            contact.regID == "1" && contact.instance?.lowercased() == "<\(small)>"
        }
        guard listed.count > 1 else { return bed.pass("OB-INST-007", "one binding, however the UUID is written") }
        bed.fail(
            "OB-INST-007", "the case of a UUID's digits makes two devices of one", saw: second.shown(.contact),
            expected: "one binding")
    }

    static let keyIsInstanceAndRegID = TestCase(
        "instance.key", "Instance and reg-id make the binding: a new Contact URI and Call-ID replace the old ones",
        ["OB-REG-014"], needs: [.outbound]
    ) { bed throws(CaseStop) in
        let (phone, first) = try await bed.registeredPhone()
        try bed.needListed(first, phone)
        let uri = bed.renamedURI(phone, "moved")
        let callID = bed.word(24)
        let reply = try await bed.register(phone) { draft in
            draft.contacts[0].uri = uri
            draft.callID = callID
            draft.cseq = 1
        }
        try bed.needSuccess(reply, to: "the same instance and reg-id with a new Contact URI")
        let listed = reply.contacts(bed.plan.instance, 1)
        guard listed.count < 2 else {
            return bed.fail(
                "OB-REG-014", "a new Contact URI makes a second binding of the same flow",
                saw: reply.shown(.contact), expected: "one binding of AOR, instance and reg-id", "DX-BIND-01")
        }
        guard listed.first?.uri?.user == "moved" else {
            return bed.fail(
                "OB-REG-014", "the new Contact URI did not replace the old one", saw: reply.shown(.contact),
                expected: "one binding, with the URI \(uri)")
        }
        bed.pass("OB-REG-014", "one binding, with the new URI")
    }

    static let withoutRegID = TestCase(
        "instance.without-reg-id", "An instance without reg-id is taken, and without outbound",
        ["OB-REG-006", "OB-REG-010"]
    ) { bed throws(CaseStop) in
        let phone = try await bed.phone()
        let reply = try await bed.register(phone) { $0.contacts[0].regIDs = [] }
        _ = try bed.needAnswer(reply, to: "a REGISTER without reg-id")
        bed.judge(reply, "OB-REG-006", "OB-REG-010")
    }

    static let withoutInstance = TestCase(
        "instance.missing", "A reg-id without instance is ignored", ["OB-REG-007", "OB-REG-010"]
    ) { bed throws(CaseStop) in
        let phone = try await bed.phone()
        let reply = try await bed.register(phone) { $0.contacts[0].instance = nil }
        _ = try bed.needAnswer(reply, to: "a REGISTER without instance")
        bed.judge(reply, "OB-REG-007", "OB-REG-010")
    }

    static let insideBrackets = TestCase(
        "instance.inside-brackets", "reg-id and instance within the Contact URI mean nothing", ["OB-GR-001"],
        needs: [.outbound]
    ) { bed throws(CaseStop) in
        let phone = try await bed.phone()
        let reply = try await bed.register(phone) { draft in
            let inside = ";reg-id=1;+sip.instance=%22%3C\(draft.contacts[0].instance ?? "")%3E%22"
            draft.contacts[0].uri += inside
            draft.contacts[0].regIDs = []
            draft.contacts[0].instance = nil
        }
        _ = try bed.needAnswer(reply, to: "a REGISTER with reg-id within the URI")
        guard reply.grantsOutbound else {
            return bed.pass("OB-GR-001", "URI parameters were not taken for those of Contact: \(reply.line)")
        }
        let control = try await bed.register(phone) { draft in
            draft.contacts[0].regIDs = []
            draft.contacts[0].instance = nil
        }
        try bed.needSuccess(control, to: "the same without those parameters")
        guard !control.grantsOutbound else {
            throw .unknown(.configuration, "outbound is announced without reg-id and instance as well (OB-REG-010)")
        }
        bed.fail(
            "OB-GR-001", "parameters of the URI were taken for those of Contact", saw: "Require: outbound",
            expected: "no outbound in Require")
    }

    static let plainBindings = TestCase(
        "instance.plain-bindings", "Without an instance, two Contact URIs make two bindings", ["OB-REG-013"]
    ) { bed throws(CaseStop) in
        var last: Reply?
        for user in ["first", "second"] {
            let phone = try await bed.phone()
            let uri = bed.renamedURI(phone, user, withOb: false)
            let reply = try await bed.register(phone) { draft in
                draft.contacts = [RequestDraft.ContactDraft(uri: uri, expires: draft.contacts[0].expires)]
                draft.supported = ["path"]
            }
            try bed.needSuccess(reply, to: "a plain REGISTER")
            // From a list without the only binding that there is nothing is to be read.
            if last == nil { try bed.needListed(reply, phone, byURI: true) }
            last = reply
        }
        guard let last else { return }
        let counts = ["first", "second"].map { bed.contacts(last, user: $0).count }
        guard counts != [1, 1] else { return bed.pass("OB-REG-013", "both Contacts are listed") }
        bed.warn(
            "OB-REG-013", "two plain Contact URIs do not make two bindings", saw: last.shown(.contact),
            expected: "both Contacts")
    }

    static let parametersKept = TestCase(
        "instance.parameters", "Contact URI and parameters are kept as they were registered", ["OB-REG-016"],
        needs: [.outbound]
    ) { bed throws(CaseStop) in
        let (phone, reply) = try await bed.registeredPhone { $0.contacts[0].parameters = ["x-probe=1"] }
        bed.judge(reply, "OB-REG-016")
        try bed.needListed(reply, phone, byURI: true)
        let own = bed.ownContact(in: reply, phone)
        if own?.nameAddr?.parameter("x-probe") != "1" {
            bed.warn(
                "OB-REG-016", "a Contact parameter that the registrar does not know was not kept",
                saw: reply.shown(.contact), expected: "x-probe=1 with the Contact")
        }
        _ = try await bed.messageToUser()
        guard let request = bed.arrivals.last(where: { $0.phone == phone })?.request else { return }
        let sent = try? SIPURI.parse(bed.station(phone).identity?.contactURI ?? "")
        let got = try? SIPURI.parse(request.text(request.requestURI))
        guard let sent, let got, sent.host != got.host || sent.user != got.user || sent.port != got.port else {
            return bed.pass("OB-REG-016", "a request came with the Contact URI")
        }
        bed.warn(
            "OB-REG-016", "a request came with another URI than the Contact's", saw: "\(got)", expected: "\(sent)")
    }

    static let severalContacts = TestCase(
        "instance.several-contacts", "Two Contacts to bind, one with a reg-id, are refused", ["OB-REG-008"],
        needs: [.outbound]
    ) { bed throws(CaseStop) in
        let phone = try await bed.phone()
        let uri = bed.renamedURI(phone, "second")
        let reply = try await bed.register(phone) { draft in
            draft.contacts.append(RequestDraft.ContactDraft(uri: uri, expires: draft.contacts[0].expires))
        }
        guard reply.response != nil else {
            return bed.info("OB-REG-008", "two Contacts with a reg-id got no answer, which the text allows")
        }
        bed.judge(reply, "OB-REG-008")
    }

    static let bindAndRemove = TestCase(
        "instance.bind-and-remove", "One Contact with reg-id may be bound while others are removed", ["OB-REG-009"],
        needs: [.outbound]
    ) { bed throws(CaseStop) in
        let old = try await bed.phone(device: 1)
        let uri = bed.renamedURI(old, "old", withOb: false)
        let first = try await bed.register(old) { draft in
            draft.contacts = [RequestDraft.ContactDraft(uri: uri, expires: draft.contacts[0].expires)]
            draft.supported = ["path"]
        }
        try bed.needSuccess(first, to: "a plain REGISTER")
        let phone = try await bed.phone()
        let reply = try await bed.register(phone) { draft in
            draft.contacts.append(RequestDraft.ContactDraft(uri: uri, expires: "0"))
        }
        _ = try bed.needAnswer(reply, to: "a REGISTER that binds one Contact and removes another")
        bed.judge(reply, "OB-REG-009")
        guard reply.isSuccess, !bed.contacts(reply, user: "old").isEmpty else { return }
        bed.warn(
            "OB-REG-009", "the other Contact was not removed", saw: reply.shown(.contact),
            expected: "the Contact with expires=0 is gone")
    }
}
