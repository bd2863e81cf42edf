/// STUN keep-alives as the server answers them (RFC 5626 §4.4.2, §5.4, §8; RFC 8489).
extension CaseCatalogue {
    static let stun: [TestCase] = [
        stunBinding, stunRegistered, stunInterleaved, stunUnknownRequired, stunUnknownOptional, stunFingerprint,
        stunRepeated, stunIndication, stunBroken,
    ]

    static let stunBinding = TestCase(
        "stun.binding", "A bare Binding request gets our own address, registered or not",
        ["OB-STUN-011", "OB-STUN-012", "OB-STUN-009", "OB-STUN-010", "OB-STUN-031"], needs: [.datagram],
        within: .seconds(12), slow: false
    ) { bed throws(CaseStop) in
        let phone = try await bed.open()
        let (id, writer) = bed.stunRequest()
        let answer = try await bed.stun(phone, writer.message, id)
        guard let answer else { return try await bed.judgeSilence(phone, "OB-STUN-011") }
        bed.pass("OB-STUN-011", "the SIP port answers STUN")
        bed.judgeBinding(answer, phone)
    }

    static let stunRegistered = TestCase(
        "stun.registered", "STUN on a registered flow shows the address that rport shows",
        ["OB-EP-017", "OB-STUN-013", "OB-RPORT-002"], needs: [.datagram, .outbound], within: .seconds(12), slow: false
    ) { bed throws(CaseStop) in
        let (phone, reply) = try await bed.registeredPhone()
        let (id, writer) = bed.stunRequest()
        guard let answer = try await bed.stun(phone, writer.message, id) else {
            return bed.fail(
                "OB-EP-017", "the flow that was registered gets no answer to STUN", saw: "nothing to 4 requests",
                expected: "a Binding response", "DX-STUN-01")
        }
        bed.pass("OB-EP-017", "the flow's keep-alive is answered")
        bed.pass("OB-STUN-013", "the answer came over the flow")
        guard let mapped = answer.xorMappedAddress ?? answer.plainMappedAddress, let seen = reply.reflexiveAddress
        else {
            return
        }
        guard mapped == seen else {
            return bed.warn(
                "OB-RPORT-002", "something rewrites SIP on the way: STUN and rport disagree on one flow",
                saw: "STUN \(mapped), received and rport \(seen)", expected: "one address")
        }
        bed.pass("OB-RPORT-002", "STUN and rport agree on \(mapped)")
    }

    static let stunInterleaved = TestCase(
        "stun.interleaved", "STUN and SIP on one socket are both served", ["OB-STUN-014"], needs: [.datagram]
    ) { bed throws(CaseStop) in
        let phone = try await bed.open()
        let first = try await bed.start(phone, bed.options(phone))
        let (id, writer) = bed.stunRequest()
        await bed.send(phone, octets: writer.message)
        let second = try await bed.start(phone, bed.options(phone))
        let replies = [try await bed.finish(first), try await bed.finish(second)]
        try await bed.wait(.seconds(1)) { !$0.stunAnswers(phone, id).isEmpty }
        let answered = bed.stunAnswers(phone, id).count
        guard replies.allSatisfy({ $0.response != nil }) else {
            return bed.unknown("OB-STUN-014", .cut, "OPTIONS is not answered: \(replies[0].line)")
        }
        guard answered > 0 else {
            return bed.fail(
                "OB-STUN-014", "STUN between two SIP messages is not answered",
                saw: "two answers to OPTIONS, none to STUN",
                expected: "all three", "DX-STUN-01")
        }
        bed.pass("OB-STUN-014", "all three were answered")
    }

    static let stunUnknownRequired = TestCase(
        "stun.unknown-required", "An unknown attribute that must be understood is refused by name",
        ["OB-STUN-020", "OB-STUN-022", "OB-STUN-015"], needs: [.datagram]
    ) { bed throws(CaseStop) in
        let phone = try await bed.open()
        let (id, writer) = bed.stunRequest {
            $0.append(STUNAttributeType(rawValue: 0x7FFF), [0, 0, 0, 0])
        }
        let expected = "420 with UNKNOWN-ATTRIBUTES that lists 0x7FFF"
        guard let answer = try await bed.stun(phone, writer.message, id, sends: 2) else {
            guard let defect = bed.malformedSTUN(phone) else {
                return bed.warn("OB-STUN-020", "the request is dropped in silence", saw: "nothing", expected: expected)
            }
            return bed.fail(
                "OB-STUN-015", "the refusal of an unknown attribute is malformed", saw: defect,
                expected: "20 octets of header, the cookie, a length that is a multiple of 4 and agrees")
        }
        guard answer.type == .bindingError else {
            return bed.fail("OB-STUN-020", "the attribute is passed over", saw: "\(answer.type)", expected: expected)
        }
        guard let code = answer.errorCode else {
            return bed.fail(
                "OB-STUN-022", "the error response has no ERROR-CODE", saw: "\(answer.type)", expected: expected)
        }
        bed.pass("OB-STUN-022", "ERROR-CODE \(code)")
        let listed = answer.unknownAttributes?.contains { $0.rawValue == 0x7FFF } ?? false
        guard code.code == 420, listed else {
            return bed.fail(
                "OB-STUN-020", "the error does not name the attribute", saw: "\(code), listed: \(listed)",
                expected: expected)
        }
        bed.pass("OB-STUN-020", "420, and the attribute is listed")
    }

    static let stunUnknownOptional = TestCase(
        "stun.unknown-optional", "An unknown attribute that may be ignored is ignored", ["OB-STUN-021"],
        needs: [.datagram]
    ) { bed throws(CaseStop) in
        let phone = try await bed.open()
        let (id, writer) = bed.stunRequest { $0.append(STUNAttributeType(rawValue: 0xC0DE), [0, 0, 0, 0]) }
        let answer = try await bed.stun(phone, writer.message, id, sends: 3)
        bed.judgeSuccess(answer, "OB-STUN-021", "a request with an unknown optional attribute")
        // RFC 8489 §14: a value of three octets is padded to four.
        let (odd, padded) = bed.stunRequest { $0.append(STUNAttributeType(rawValue: 0xC0DE), [1, 2, 3]) }
        if let refusal = try await bed.stun(phone, padded.message, odd, sends: 2), refusal.type == .bindingError {
            bed.info(
                "OB-STUN-021", "an attribute that needs padding is refused",
                saw: "\(refusal.errorCode?.description ?? "\(refusal.type)")")
        }
    }

    static let stunFingerprint = TestCase(
        "stun.fingerprint", "A right FINGERPRINT is taken; a wrong one does no harm", ["OB-STUN-025"],
        needs: [.datagram]
    ) { bed throws(CaseStop) in
        let phone = try await bed.open()
        let (good, writer) = bed.stunRequest()
        let answer = try await bed.stun(phone, writer.messageWithFingerprint(), good, sends: 3)
        bed.judgeSuccess(answer, "OB-STUN-025", "a request with a right FINGERPRINT")
        let (bad, second) = bed.stunRequest()
        var octets = second.messageWithFingerprint()
        octets[octets.count - 1] ^= 0x01
        await bed.send(phone, octets: octets)
        try await bed.wait(bed.plan.quiet * 3) { !$0.stunAnswers(phone, bad).isEmpty }
        if bed.stunAnswers(phone, bad).first?.type == .bindingSuccess {
            bed.info("OB-STUN-025", "a wrong FINGERPRINT is not looked at", saw: "success response")
        }
    }

    static let stunRepeated = TestCase(
        "stun.repeated", "Each copy of a request is answered alike", ["OB-STUN-027"], needs: [.datagram]
    ) { bed throws(CaseStop) in
        let phone = try await bed.open()
        let (id, writer) = bed.stunRequest()
        for _ in 0..<3 { await bed.send(phone, octets: writer.message) }
        try await bed.wait(.seconds(1)) { $0.stunAnswers(phone, id).count >= 3 }
        let answers = bed.stunAnswers(phone, id)
        guard !answers.isEmpty else {
            return bed.unknown("OB-STUN-027", .cut, "no STUN request is answered; see stun.binding")
        }
        guard Set(answers.map(\.bytes)).count == 1 else {
            return bed.warn(
                "OB-STUN-027", "copies of one request get different answers",
                saw: "\(counted(answers.count, "answer")), not alike",
                expected: "the same answer each time")
        }
        bed.pass("OB-STUN-027", "\(counted(answers.count, "answer")) to 3 copies, all alike")
    }

    static let stunIndication = TestCase(
        "stun.indication", "A Binding indication is not answered", ["OB-STUN-014"], needs: [.datagram]
    ) { bed throws(CaseStop) in
        let phone = try await bed.open()
        let (id, writer) = bed.stunRequest(.bindingIndication)
        await bed.send(phone, octets: writer.message)
        try await bed.wait(bed.plan.quiet * 3) { !$0.stunAnswers(phone, id).isEmpty }
        if let answer = bed.stunAnswers(phone, id).first {
            bed.info("OB-STUN-014", "an indication, which asks for nothing, is answered", saw: "\(answer.type)")
        } else {
            bed.pass("OB-STUN-014", "no answer to an indication")
        }
    }

    static let stunBroken = TestCase(
        "stun.broken", "STUN without cookie, with a wrong length, or cut, does the server no harm",
        ["OB-STUN-029", "OB-STUN-015"], needs: [.datagram]
    ) { bed throws(CaseStop) in
        let isSpeaking = try await bed.isAlive()
        let phone = try await bed.open()
        let (old, plain) = bed.stunRequest(cookie: 0x0102_0304)
        await bed.send(phone, octets: plain.message)
        var wrong = bed.stunRequest().writer.message
        wrong[3] = 7
        await bed.send(phone, octets: wrong)
        await bed.send(phone, octets: Array(bed.stunRequest().writer.message.prefix(11)))
        var endless = bed.stunRequest { $0.append(.software, Array("abcd".utf8)) }.writer.message
        endless[22] = 0xFF
        endless[23] = 0xFF
        await bed.send(phone, octets: endless)
        try await bed.settle()
        let answer = bed.stunAnswers(phone, old).first
        if let answer, answer.hasCookie {
            bed.warn(
                "OB-STUN-029", "a request without cookie gets an answer with one",
                saw: "\(answer.type) with the cookie", expected: "an answer of RFC 3489, or none")
        } else {
            bed.pass("OB-STUN-029", answer == nil ? "no answer without cookie" : "an answer of RFC 3489")
        }
        guard isSpeaking else {
            return bed.unknown("OB-STUN-015", .cut, "the server answers no OPTIONS before malformed STUN either")
        }
        try await bed.expectAlive("OB-STUN-015", after: "malformed STUN")
    }
}

extension TestBed {
    /// A port that answers no STUN: a fault only where it takes SIP.
    mutating func judgeSilence(_ phone: Phone, _ requirement: Requirement.ID) async throws(CaseStop) {
        let reply = try await ask(phone, options(phone))
        guard reply.response != nil else {
            return unknown(requirement, .cut, "the port answers neither STUN nor OPTIONS")
        }
        fail(
            requirement, "the port takes SIP and answers no STUN", saw: "4 requests in 7.5 s; OPTIONS: \(reply.line)",
            expected: "a Binding response", "DX-STUN-01")
    }

    mutating func judgeSuccess(_ answer: STUNMessage?, _ requirement: Requirement.ID, _ what: String) {
        guard let answer else {
            return unknown(requirement, .cut, "\(what) is not answered; see stun.binding")
        }
        guard answer.type == .bindingSuccess else {
            return fail(
                requirement, "\(what) is refused", saw: "\(answer.type) \(answer.errorCode?.description ?? "")",
                expected: "a success response")
        }
        pass(requirement, "\(what) is answered")
    }

    /// A Binding response, attribute by attribute.
    fileprivate mutating func judgeBinding(_ answer: STUNMessage, _ phone: Phone) {
        guard answer.type == .bindingSuccess else {
            let code = answer.errorCode?.description ?? "\(answer.type)"
            return fail(
                "OB-STUN-012", "a bare request is refused", saw: code, expected: "a success response")
        }
        pass("OB-STUN-012", "no attribute is demanded")
        if let software = answer.software { info("OB-STUN-031", "SOFTWARE: \(software)") }
        guard let mapped = answer.xorMappedAddress else {
            let plain = answer.plainMappedAddress.map { "MAPPED-ADDRESS \($0) alone" } ?? "no address"
            return fail(
                "OB-STUN-009", "the response has no XOR-MAPPED-ADDRESS", saw: plain, expected: "XOR-MAPPED-ADDRESS",
                "DX-STUN-02")
        }
        pass("OB-STUN-009", "XOR-MAPPED-ADDRESS \(mapped)")
        let local = flow(phone).local
        guard mapped != local else { return pass("OB-STUN-010", "it is the address that the request came from") }
        guard survey.isBehindNAT == false || flow(phone).remote.ip.isLoopback else {
            return unknown("OB-STUN-010", .side, "a NAT may stand between: \(mapped) is not \(local)")
        }
        fail(
            "OB-STUN-010", "the mapped address is not the request's source", saw: "\(mapped)", expected: "\(local)")
    }
}
