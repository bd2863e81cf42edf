/// Values of reg-id at and beyond the edges of the grammar: 1 to 2^31-1 (RFC 5626 §10).
extension CaseCatalogue {
    static let invalidRegIDs: [TestCase] = [
        invalidRegID("zero", "reg-id 0 is no key", ["0"]),
        invalidRegID("too-large", "reg-id 2147483648 is no key", ["2147483648"]),
        invalidRegID("beyond-32-bits", "reg-id 4294967297 is no key", ["4294967297"]),
        invalidRegID("negative", "reg-id -1 is no key", ["-1"]),
        invalidRegID("fraction", "reg-id 1.5 is no key", ["1.5"]),
        invalidRegID("letters", "reg-id abc is no key", ["abc"]),
        invalidRegID("digits-and-letters", "reg-id 1a is no key", ["1a"]),
        invalidRegID("empty", "An empty reg-id is no key", [""]),
        invalidRegID("twice", "Two reg-ids in one Contact are no key", ["1", "2"]),
    ]

    /// The diagnosis tells the phone's maker; here the server is at fault.
    private static let checkAdvice =
        "Let the registrar check reg-id: what is not 1 to 2147483647 is refused with 400, or ignored."

    private static func invalidRegID(_ name: String, _ title: String, _ values: [String]) -> TestCase {
        TestCase("instance.reg-id-\(name)", title, ["OB-REG-022"], needs: [.outbound]) { bed throws(CaseStop) in
            let phone = try await bed.phone()
            var reply = try await bed.register(phone) { $0.contacts[0].regIDs = values }
            // Of several processes that share the work one may fail at what the next one grants.
            for _ in 0..<4 where reply.status >= 500 {
                reply = try await bed.register(phone) { $0.contacts[0].regIDs = values }
            }
            let written = values.map { "reg-id=\($0)" }.joined(separator: ";")
            _ = try bed.needAnswer(reply, to: "a REGISTER with \(written)")
            guard reply.isSuccess else {
                return reply.status < 500
                    ? bed.pass("OB-REG-022", "\(written) was refused: \(reply.line)")
                    : bed.info("OB-REG-022", "\(written) was refused as a failure of the server", saw: reply.line)
            }
            guard reply.grantsOutbound else { return bed.pass("OB-REG-022", "\(written) was ignored") }
            let bound = reply.contacts.isEmpty ? ", and yet nothing was bound" : ""
            bed.fail(
                "OB-REG-022", "outbound was granted for \(written)\(bound)",
                saw: "\(reply.line), \(reply.shown(.require)), \(reply.shown(.contact))",
                expected: "400, or no outbound in Require", "DX-REG-11", advice: checkAdvice)
        }
    }

    static let largestRegID = TestCase(
        "instance.reg-id-largest", "reg-id 2147483647 is as good as any", ["OB-REG-017"], needs: [.outbound]
    ) { bed throws(CaseStop) in
        let phone = try await bed.phone(regID: 2_147_483_647)
        let reply = try await bed.register(phone)
        _ = try bed.needAnswer(reply, to: "a REGISTER with reg-id 2147483647")
        guard reply.isSuccess, reply.grantsOutbound else {
            return bed.fail(
                "OB-REG-017", "the largest reg-id is not taken", saw: "\(reply.line), \(reply.shown(.require))",
                expected: "200 with Require: outbound")
        }
        bed.pass("OB-REG-017", "reg-id 2147483647 was taken")
    }

    static let wrappingRegID = TestCase(
        "instance.reg-id-wraps", "reg-id 4294967297 does not replace the binding of reg-id 1", ["OB-REG-022"],
        needs: [.outbound]
    ) { bed throws(CaseStop) in
        let (phone, registered) = try await bed.registeredPhone()
        try bed.needListed(registered, phone)
        let other = try await bed.phone()
        let uri = bed.renamedURI(other, "wrapped")
        let reply = try await bed.register(other) { draft in
            draft.contacts[0].regIDs = ["4294967297"]
            draft.contacts[0].uri = uri
        }
        _ = try bed.needAnswer(reply, to: "a REGISTER with reg-id 4294967297")
        let list = try await bed.bindings(seenBy: phone)
        try bed.needSuccess(list, to: "a REGISTER that asks for the bindings")
        let own = bed.station(phone).identity?.user.user ?? ""
        let first = list.contacts(bed.plan.instance, 1)
        guard first.contains(where: { $0.uri?.user == own }) else {
            return bed.fail(
                "OB-REG-022", "reg-id 4294967297 replaced the binding of reg-id 1", saw: list.shown(.contact),
                expected: "the binding of reg-id 1 as it was", "DX-REG-11", advice: checkAdvice)
        }
        bed.pass("OB-REG-022", "the binding of reg-id 1 is as it was")
    }
}
