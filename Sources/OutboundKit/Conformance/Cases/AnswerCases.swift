/// 420, 421, 423, and 439 where none is due (RFC 3261 §8.2.2.3, §10.3; RFC 5626 §11.6).
extension CaseCatalogue {
    static let answers: [TestCase] =
        [unknownRequired, outboundRequired, no439WithoutCause, briefExpiry, hugeExpiry] + responseRouting

    static let unknownRequired = TestCase(
        "answers.unknown-required", "An option-tag in Require that nobody knows gets 420 with Unsupported",
        ["OB-REG-029"]
    ) { bed throws(CaseStop) in
        let phone = try await bed.phone()
        let reply = try await bed.register(phone) { $0.require = ["x-none"] }
        _ = try bed.needAnswer(reply, to: "a REGISTER with Require: x-none")
        if reply.isSuccess {
            return bed.fail(
                "OB-REG-029", "what is required was neither done nor refused", saw: reply.line,
                expected: "420 with Unsupported: x-none")
        }
        guard reply.status == 420 else {
            throw .unknown(
                .configuration, "a REGISTER with Require: x-none was refused for another reason: \(reply.line)")
        }
        let tags = reply.response?.optionTags(in: .unsupported) ?? []
        guard tags.contains(where: { ASCII.equalsIgnoringCase($0, "x-none") }) else {
            return bed.fail(
                "OB-REG-029", "420 does not name what is not supported", saw: reply.shown(.unsupported),
                expected: "Unsupported: x-none")
        }
        bed.pass("OB-REG-029", "420 names x-none")
    }

    static let outboundRequired = TestCase(
        "answers.require-outbound", "Require: outbound is done, or gets 420 with Unsupported: outbound",
        ["OB-REG-029"]
    ) { bed throws(CaseStop) in
        let phone = try await bed.phone()
        let reply = try await bed.register(phone) { $0.require = ["outbound"] }
        _ = try bed.needAnswer(reply, to: "a REGISTER with Require: outbound")
        bed.judge(reply, "OB-REG-029")
    }

    static let no439WithoutCause = TestCase(
        "answers.no-439", "No 439 to a request that lacks reg-id or the option-tag", ["OB-EP-019"]
    ) { bed throws(CaseStop) in
        let phone = try await bed.proxied()
        let withoutRegID = try await bed.register(phone, behind: []) { $0.contacts[0].regIDs = [] }
        let withoutTag = try await bed.register(phone, behind: []) { $0.supported = ["path"] }
        bed.judge(withoutRegID, at: .core, "OB-EP-019")
        bed.judge(withoutTag, at: .core, "OB-EP-019")
        var draft = bed.call("OPTIONS", to: bed.plan.registrar.description)
        draft.supported = ["outbound", "path"]
        draft.lowerVias = [bed.phoneVia()]
        let options = try await bed.ask(phone, draft)
        guard options.status == 439 else { return }
        bed.fail("OB-EP-019", "439 to OPTIONS", saw: options.line, expected: "any other answer", "DX-REG-01")
    }

    static let briefExpiry = TestCase(
        "answers.brief-expiry", "expires=1 is granted, lengthened, or refused with 423 and Min-Expires",
        ["OB-REG-028"]
    ) { bed throws(CaseStop) in
        let phone = try await bed.phone()
        let reply = try await bed.register(phone) { $0.contacts[0].expires = "1" }
        _ = try bed.needAnswer(reply, to: "a REGISTER with expires=1")
        guard reply.isSuccess else {
            bed.judge(reply, "OB-REG-028")
            guard reply.status == 423, let minimum = reply.response?.integer(.minExpires) else { return }
            let again = try await bed.register(phone) { $0.contacts[0].expires = "\(minimum)" }
            guard again.status == 423 else { return }
            return bed.fail(
                "OB-REG-028", "what Min-Expires asks for is refused as well", saw: "423 to expires=\(minimum)",
                expected: "200", "DX-REG-15", advice: "Let Min-Expires be the shortest time that is granted.")
        }
        let granted = reply.contacts(bed.plan.instance, 1).first?.expires
        bed.pass("OB-REG-028", "expires=1 was accepted: \(granted.map { "\($0) s granted" } ?? "and is over")")
    }

    static let hugeExpiry = TestCase(
        "answers.huge-expiry", "An expires beyond 32 bits is no short one", ["OB-REG-025"]
    ) { bed throws(CaseStop) in
        let usual = try await bed.phone()
        let ordinary = try await bed.register(usual)
        try bed.needSuccess(ordinary, to: "an ordinary REGISTER")
        guard let time = bed.granted(ordinary, usual) else {
            throw .unknown(.configuration, "the 200 does not list the binding with its time (OB-REG-025)")
        }
        // A number that wraps becomes 0, and takes the binding away, or 1.
        for text in ["4294967296", "4294967297"] {
            let phone = try await bed.phone()
            let reply = try await bed.register(phone) { $0.contacts[0].expires = text }
            _ = try bed.needAnswer(reply, to: "a REGISTER with expires=\(text)")
            guard reply.isSuccess else {
                bed.info("OB-REG-025", "expires=\(text) was refused", saw: reply.line)
                continue
            }
            // Where bindings are short anyway, as short as ever.
            guard let seconds = bed.granted(reply, phone), seconds > 5 || seconds >= time - min(time, 1) else {
                return bed.warn(
                    "OB-REG-025", "expires=\(text) was taken for a short time", saw: reply.shown(.contact),
                    expected: "the Contact, with a time that is at least the server's usual one")
            }
        }
        bed.pass("OB-REG-025", "an expires beyond 32 bits does not wrap")
    }
}
