/// The list of bindings: what adds to it, what takes from it, and who may (RFC 3261 §10.3, RFC 5626 §6, §12).
extension CaseCatalogue {
    static let bindings: [TestCase] = [
        twoFlows, everyBindingListed, removesOneFlow, expiresHeader, star, starMisused, cseqGoesBack, strangersInstance,
        unauthenticated,
    ]

    static let twoFlows = TestCase(
        "registration.two-flows", "One Contact URI and instance with two reg-ids makes two bindings", ["OB-REG-015"],
        needs: [.outbound]
    ) { bed throws(CaseStop) in
        let (phone, first) = try await bed.registeredPhone()
        try bed.needListed(first, phone)
        let uri = bed.station(phone).identity?.contactURI ?? ""
        let second = try await bed.phone(regID: 2)
        let reply = try await bed.register(second) { $0.contacts[0].uri = uri }
        // Some registrars say 503 to more contacts than they take: then the first flow is served all the same.
        let isServed = reply.isTemporary ? try await bed.register(phone).isSuccess : false
        if !isServed { try bed.needAnswer(reply, to: "a second flow") }
        guard reply.isSuccess else {
            return bed.warn(
                "OB-REG-015", "a device's second flow is refused", saw: reply.line,
                expected: "200 with both flows: one that fails leaves the other")
        }
        let counts = [1, 2].map { reply.contacts(bed.plan.instance, $0).count }
        guard counts != [1, 1] else { return bed.pass("OB-REG-015", "both flows are listed") }
        bed.fail(
            "OB-REG-015", "two flows of one instance do not make two bindings", saw: reply.shown(.contact),
            expected: "a Contact with reg-id=1 and one with reg-id=2", "DX-BIND-01")
    }

    static let everyBindingListed = TestCase(
        "registration.list", "A REGISTER without Contact gets all bindings, each with expires", ["OB-REG-025"],
        needs: [.outbound]
    ) { bed throws(CaseStop) in
        let (phone, first) = try await bed.registeredPhone()
        try bed.needListed(first, phone)
        _ = try await bed.registeredPhone(regID: 2)
        _ = try await bed.registeredPhone(device: 1)
        let list = try await bed.bindings(seenBy: phone)
        try bed.needSuccess(list, to: "a REGISTER that asks for the bindings")
        let wanted: [(InstanceID, UInt32)] = [(bed.instance(0), 1), (bed.instance(0), 2), (bed.instance(1), 1)]
        let found = wanted.map { list.contacts($0.0, $0.1) }
        guard found.allSatisfy({ $0.count == 1 }) else {
            return bed.fail(
                "OB-REG-025", "the 200 does not list all bindings", saw: list.shown(.contact),
                expected: "the three Contacts that are registered", "DX-REG-07")
        }
        guard found.joined().allSatisfy({ $0.expires != nil }) else {
            return bed.fail(
                "OB-REG-025", "a binding is listed without expires", saw: list.shown(.contact),
                expected: "expires=seconds with each Contact")
        }
        bed.pass("OB-REG-025", "three bindings are listed, each with expires")
    }

    static let removesOneFlow = TestCase(
        "registration.remove-one", "expires=0 removes the binding of that reg-id, whatever its Contact URI",
        ["OB-REG-023"], needs: [.outbound]
    ) { bed throws(CaseStop) in
        let (phone, _) = try await bed.registeredPhone()
        let (_, both) = try await bed.registeredPhone(regID: 2)
        guard both.contacts(bed.plan.instance, 2).count == 1 else {
            throw .unknown(.configuration, "no second flow was bound: \(both.shown(.contact))")
        }
        let uri = bed.renamedURI(phone, "moved")
        let reply = try await bed.register(phone) { draft in
            draft.contacts[0].uri = uri
            draft.contacts[0].expires = "0"
        }
        try bed.needSuccess(reply, to: "a REGISTER with expires=0")
        bed.judge(reply, "OB-REG-023")
        guard reply.contacts(bed.plan.instance, 2).isEmpty else { return }
        bed.fail(
            "OB-REG-023", "the other flow's binding went as well", saw: reply.shown(.contact),
            expected: "the Contact with reg-id=2")
    }

    static let expiresHeader = TestCase(
        "registration.expires-field", "Expires as a header field binds and removes as the parameter does",
        ["OB-REG-025", "OB-REG-023"], needs: [.outbound]
    ) { bed throws(CaseStop) in
        let phone = try await bed.phone()
        let seconds = String(bed.plan.expiresSeconds)
        let bound = try await bed.register(phone) { draft in
            draft.contacts[0].expires = nil
            draft.fields = [("Expires", seconds)]
        }
        try bed.needSuccess(bound, to: "a REGISTER with Expires: \(seconds)")
        bed.judge(bound, "OB-REG-025")
        let gone = try await bed.register(phone) { draft in
            draft.contacts[0].expires = nil
            draft.fields = [("Expires", "0")]
        }
        try bed.needSuccess(gone, to: "a REGISTER with Expires: 0")
        bed.judge(gone, "OB-REG-023")
    }

    static let star = TestCase(
        "registration.star", "Contact: * with Expires: 0 removes all bindings, outbound or not", ["OB-REG-024"],
        needs: [.outbound, .aloneOnAOR]
    ) { bed throws(CaseStop) in
        let (phone, first) = try await bed.registeredPhone()
        try bed.needListed(first, phone, byURI: true)
        _ = try await bed.registeredPhone(regID: 2)
        let plain = try await bed.phone(device: 1)
        let uri = bed.renamedURI(plain, "plain", withOb: false)
        _ = try await bed.register(plain) {
            $0.contacts = [RequestDraft.ContactDraft(uri: uri, expires: $0.contacts[0].expires)]
        }
        let reply = try await bed.register(phone) { draft in
            draft.contacts = [RequestDraft.ContactDraft(uri: "*")]
            draft.fields = [("Expires", "0")]
        }
        try bed.needSuccess(reply, to: "Contact: *")
        bed.judge(reply, "OB-REG-024")
        let list = try await bed.bindings(seenBy: phone)
        guard list.isSuccess, !list.contacts.isEmpty else { return }
        bed.fail(
            "OB-REG-024", "bindings are still listed after Contact: *", saw: list.shown(.contact),
            expected: "no Contact")
    }

    static let starMisused = TestCase(
        "registration.star-refused", "Contact: * with other Contacts, or without Expires: 0, gets 400",
        ["OB-REG-024"], needs: [.aloneOnAOR]
    ) { bed throws(CaseStop) in
        let phone = try await bed.phone()
        let star = RequestDraft.ContactDraft(uri: "*")
        let own = bed.registration(phone).contacts
        for (name, contacts, expires) in [("Expires: 600", [star], "600"), ("another Contact", [star] + own, "0")] {
            let reply = try await bed.register(phone) { draft in
                draft.contacts = contacts
                draft.fields = [("Expires", expires)]
            }
            _ = try bed.needAnswer(reply, to: "Contact: * with \(name)")
            guard !reply.isSuccess else {
                return bed.fail(
                    "OB-REG-024", "Contact: * with \(name) was accepted", saw: reply.line, expected: "400")
            }
            guard reply.status != 400 else { continue }
            bed.info("OB-REG-024", "Contact: * with \(name) was refused with another status than 400", saw: reply.line)
        }
        bed.pass("OB-REG-024", "neither was accepted")
    }

    static let cseqGoesBack = TestCase(
        "registration.cseq", "A CSeq below the last one of the same Call-ID changes nothing; a new Call-ID does",
        ["OB-REG-027"], needs: [.outbound]
    ) { bed throws(CaseStop) in
        let (phone, first) = try await bed.registeredPhone { $0.cseq = 50 }
        try bed.needListed(first, phone, byURI: true)
        let (old, new) = (bed.renamedURI(phone, "older"), bed.renamedURI(phone, "newer"))
        let reply = try await bed.register(phone) { draft in
            draft.cseq = 10
            draft.contacts[0].uri = old
        }
        _ = try bed.needAnswer(reply, to: "a REGISTER with a lower CSeq")
        if !reply.isSuccess {
            bed.pass("OB-REG-027", "a lower CSeq was refused: \(reply.line)")
        } else if bed.contacts(reply, user: "older").isEmpty {
            bed.info("OB-REG-027", "a lower CSeq was answered with success, but changed nothing", saw: reply.line)
        } else {
            bed.warn(
                "OB-REG-027", "a REGISTER with a lower CSeq changed the binding",
                saw: "\(reply.line), \(reply.shown(.contact))", expected: "a refusal, and the binding as it was")
        }
        let callID = bed.word(24)
        let other = try await bed.register(phone) { draft in
            draft.callID = callID
            draft.cseq = 1
            draft.contacts[0].uri = new
        }
        _ = try bed.needAnswer(other, to: "a REGISTER with a new Call-ID")
        // 400 and 500 are what registrars say to a CSeq that is too low.
        if !other.isSuccess, ![400, 500].contains(other.status) {
            throw .unknown(.configuration, "a REGISTER with a new Call-ID was refused: \(other.line)")
        }
        guard other.isSuccess, !bed.contacts(other, user: "newer").isEmpty else {
            return bed.fail(
                "OB-REG-027", "a REGISTER with a new Call-ID did not update the binding",
                saw: "\(other.line), \(other.shown(.contact))", expected: "200 with the new Contact URI")
        }
    }

    static let strangersInstance = TestCase(
        "registration.other-user", "Another user's REGISTER with the same instance and reg-id touches nothing",
        ["OB-REG-030"], needs: [.outbound, .otherUser]
    ) { bed throws(CaseStop) in
        guard let stranger = bed.plan.otherUser else { throw .skipped("there is no second account") }
        let (phone, first) = try await bed.registeredPhone()
        try bed.needListed(first, phone)
        let thief = try await bed.phone(as: stranger)
        let reply = try await bed.register(thief)
        _ = try bed.needAnswer(reply, to: "the other user's REGISTER")
        let list = try await bed.bindings(seenBy: phone)
        try bed.needSuccess(list, to: "a REGISTER that asks for the bindings")
        let own = bed.plan.user.addressOfRecord.user
        guard list.contacts(bed.plan.instance, 1).map({ $0.uri?.user }) == [own] else {
            return bed.fail(
                "OB-REG-030", "another user's REGISTER changed the binding", saw: list.shown(.contact),
                expected: "the binding as it was")
        }
        let (_, phones) = try await bed.messageToUser()
        guard !phones.contains(thief) else {
            return bed.fail(
                "OB-REG-030", "a request for the user went to another user's phone",
                saw: "a MESSAGE on the other user's flow", expected: "the user's own flow alone")
        }
        bed.pass("OB-REG-030", "the binding is as it was")
    }

    static let unauthenticated = TestCase(
        "registration.unauthenticated", "Without credentials nothing is stored, neither Contact nor Path",
        ["OB-REG-031"], needs: [.outbound, .challenge]
    ) { bed throws(CaseStop) in
        let (phone, first) = try await bed.registeredPhone()
        try bed.needListed(first, phone)
        let evil = try await bed.proxied()
        let uri = bed.renamedURI(evil, "evil")
        let reply = try await bed.register(evil, behind: ["<sip:203.0.113.9;lr;ob>"]) { draft in
            draft.answersChallenges = false
            draft.contacts[0].uri = uri
        }
        _ = try bed.needAnswer(reply, to: "a REGISTER without credentials")
        guard !reply.isSuccess else {
            return bed.fail(
                "OB-REG-031", "a REGISTER without credentials was accepted", saw: reply.line, expected: "401 or 407")
        }
        let list = try await bed.bindings(seenBy: phone)
        try bed.needSuccess(list, to: "a REGISTER that asks for the bindings")
        guard bed.contacts(list, user: "evil").isEmpty, list.contacts(bed.plan.instance, 1).count == 1 else {
            return bed.fail(
                "OB-REG-031", "a REGISTER that was refused for want of credentials changed the bindings",
                saw: list.shown(.contact), expected: "the binding as it was")
        }
        let (answer, phones) = try await bed.messageToUser()
        guard !phones.isEmpty else {
            return bed.unknown(
                "OB-REG-031", .configuration,
                "the binding is as it was; where requests go does not show: \(answer.line)")
        }
        bed.pass("OB-REG-031", "\(reply.line); the binding is as it was, and requests find its flow")
    }
}
