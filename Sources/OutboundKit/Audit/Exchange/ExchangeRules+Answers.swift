/// What one exchange shows of bindings, Path, Via and GRUUs in the answer (RFC 3261 §10.3; RFC 3327; RFC 3581; RFC 5626
/// §6; RFC 5627; RFC 6223).
extension ExchangeRules {
    static let answers: [any ExchangeRule.Type] = bindings + hops

    private static let bindings: [any ExchangeRule.Type] = [
        OB_INST_006_answer.self, OB_INST_007.self, OB_REG_014.self, OB_REG_016.self, OB_REG_023.self, OB_REG_024.self,
        OB_REG_025.self,
        OB_REG_028.self, OB_GRUU_001.self,
    ]

    /// Two contacts of a list that `same` holds for.
    private static func pair(_ contacts: [Contact], where same: (Contact, Contact) -> Bool) -> (Contact, Contact)? {
        // A hostile registrar may list thousands; what matters stands among the first.
        let few = contacts.prefix(64)
        for (index, left) in few.enumerated() {
            for right in few.dropFirst(index + 1) where same(left, right) { return (left, right) }
        }
        return nil
    }

    private static func key(_ contact: Contact) -> (InstanceID, RegID)? {
        guard let instance = contact.instance.flatMap({ InstanceID(tolerating: $0) }),
            let regID = contact.regID.flatMap({ try? RegID.parse($0) })
        else { return nil }
        return (instance, regID)
    }

    private static func sameKey(_ left: Contact, _ right: Contact) -> Bool {
        guard let one = key(left), let other = key(right) else { return false }
        return one == other
    }

    /// Clients find their own Contact in the answer by its instance, and without its brackets many do not.
    enum OB_INST_006_answer: ExchangeRule {
        static let requirement: Requirement.ID = "OB-INST-006"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let own = x.success?.own, let parameter = own.parameters.first(named: "+sip.instance") else {
                return .skipped("no own Contact with an instance came back")
            }
            guard let sent = x.request.own?.parameters.first(named: "+sip.instance"), OB_INST_006.isWritten(sent) else {
                return .skipped("the client did not write it well either")
            }
            if OB_INST_006.isWritten(parameter) { return .pass("quoted, and in angle brackets") }
            return .fail(
                "the instance came back in another form than the grammar has, and than it was sent in",
                saw: "\(parameter)", expected: "\(sent)", "DX-REG-08")
        }
    }

    enum OB_INST_007: ExchangeRule {
        static let requirement: Requirement.ID = "OB-INST-007"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let contacts = x.success?.bindings else { return .skipped("no list of bindings came") }
            let twice = pair(contacts) { sameKey($0, $1) && $0.instance != $1.instance }
            guard let twice else { return .skipped("no two bindings whose instances differ in spelling alone") }
            return .fail(
                "one instance is bound twice because it is spelt in two ways",
                saw: "\(twice.0.instance ?? ""), \(twice.1.instance ?? "")", expected: "one binding")
        }
    }

    enum OB_REG_014: ExchangeRule {
        static let requirement: Requirement.ID = "OB-REG-014"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let contacts = x.success?.bindings else { return .skipped("no list of bindings came") }
            guard contacts.contains(where: { key($0) != nil }) else {
                return .skipped("no binding has instance and reg-id")
            }
            let twice = pair(contacts) { sameKey($0, $1) && $0.instance == $1.instance }
            guard let twice else { return .pass("each instance and reg-id is bound once") }
            return .fail(
                "one instance and reg-id is bound twice", saw: "\(twice.0); \(twice.1)",
                expected: "one binding of AOR, instance and reg-id", "DX-BIND-01")
        }
    }

    enum OB_REG_016: ExchangeRule {
        static let requirement: Requirement.ID = "OB-REG-016"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard x.request.binds, x.request.regID != nil, x.request.instance != nil, let success = x.success else {
                return .skipped("no binding with reg-id and instance was made")
            }
            guard let own = success.own else { return .skipped("the own Contact did not come back (OB-REG-025)") }
            // A registrar that does no outbound has no use for them.
            guard success.grantsOutbound || success.path.last?.uri.hasParameter("ob") == true else {
                return .skipped("outbound was not granted")
            }
            let missing = [own.regID == nil ? "reg-id" : nil, own.instance == nil ? "+sip.instance" : nil]
            let names = missing.compactMap { $0 }
            guard !names.isEmpty else { return .pass("reg-id and +sip.instance came back with the own Contact") }
            return .warn(
                "the own Contact came back without \(names.joined(separator: " and "))", saw: "\(own)",
                expected: "the parameters as registered", "DX-REG-07")
        }
    }

    enum OB_REG_023: ExchangeRule {
        static let requirement: Requirement.ID = "OB-REG-023"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let own = x.request.own, !own.isStar, x.request.expirySeconds == 0, x.request.regID != nil else {
                return .skipped("the REGISTER does not remove an outbound binding")
            }
            guard let success = x.success, success.contacts != nil else { return .skipped("no list of bindings came") }
            guard let left = success.own else { return .pass("the removed binding is gone") }
            return .fail("the removed binding is still listed", saw: "\(left)", expected: "a list without it")
        }
    }

    enum OB_REG_024: ExchangeRule {
        static let requirement: Requirement.ID = "OB-REG-024"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard x.request.isStar else { return .skipped("the REGISTER has no Contact: *") }
            guard let answer = x.answer else { return .unknown(.half, "no final response was seen") }
            if x.request.message.integer(.expires) != 0 {
                if answer.status == 400 { return .pass("a star without Expires: 0 was refused") }
                guard answer.isSuccess else { return .skipped("refused for another reason: \(answer.line)") }
                return .fail("a star without Expires: 0 was accepted", saw: answer.line, expected: "400")
            }
            guard answer.isSuccess else { return .skipped("refused: \(answer.line)") }
            guard let left = answer.bindings?.first else { return .pass("all bindings are gone") }
            return .fail("a binding is left after Contact: *", saw: "\(left)", expected: "no Contact")
        }
    }

    enum OB_REG_025: ExchangeRule {
        static let requirement: Requirement.ID = "OB-REG-025"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard x.request.binds, let success = x.success else { return .skipped("no binding was made") }
            guard let contacts = success.contacts else {
                return .skipped("the Contact of the response cannot be read")
            }
            if let spent = success.spent { return noTimeLeft(spent) }
            guard success.own != nil else {
                let invalid = x.request.regIDText != nil && x.request.regID == nil
                return .fail(
                    "the 2xx does not list the binding that was asked for",
                    saw: contacts.isEmpty ? "no Contact" : success.shown(.contact, "Contact"),
                    expected: "the own Contact with expires", invalid ? "DX-REG-11" : "DX-REG-07")
            }
            if let without = contacts.first(where: { $0.expires == nil }) {
                return .fail("a binding is listed without expires", saw: "\(without)", expected: "expires=seconds")
            }
            return .pass("the 2xx lists the own Contact, and expires with every binding")
        }

        /// With 0 seconds a Contact is removed, not bound (RFC 3261 §10.2.2).
        private static func noTimeLeft(_ contact: Contact) -> Judgement {
            .fail(
                "the 2xx lists the binding with no time left: nothing is bound", saw: "\(contact)",
                expected: "the own Contact with the seconds that it is bound for")
        }
    }

    enum OB_REG_028: ExchangeRule {
        static let requirement: Requirement.ID = "OB-REG-028"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let answer = x.answer, answer.status == 423 else { return .skipped("the response is no 423") }
            guard let minimum = answer.message.integer(.minExpires) else {
                return .fail(
                    "423 does not say how long would do", saw: answer.shown(.minExpires, "Min-Expires"),
                    expected: "Min-Expires: seconds")
            }
            let asked = x.request.expirySeconds
            guard 0 < asked, asked < 3600, asked < minimum else {
                return .fail(
                    "423 to an expiry that may not be refused so", saw: "expires \(asked), Min-Expires \(minimum)",
                    expected: "423 only for 0 < expires < 3600 and below Min-Expires")
            }
            return .pass("423 asks for \(minimum) s")
        }
    }

    enum OB_GRUU_001: ExchangeRule {
        static let requirement: Requirement.ID = "OB-GRUU-001"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard x.request.binds, x.request.offersGRUU, x.request.instance != nil, let success = x.success else {
                return .skipped("no binding with gruu and instance was made")
            }
            guard let own = success.own else { return .skipped("the own Contact did not come back (OB-REG-025)") }
            let gruus = [own.pubGRUU, own.tempGRUU].compactMap { $0 }
            guard !gruus.isEmpty else { return .info("the registrar does not assign GRUUs", saw: "\(own)") }
            guard own.instance != nil else {
                return .fail("a GRUU without the instance", saw: "\(own)", expected: "+sip.instance with the GRUU")
            }
            if let odd = gruus.first(where: { !isSIPURI($0) }) {
                return .fail("a GRUU is no SIP URI", saw: "'\(odd)'", expected: "a SIP or SIPS URI")
            }
            return .pass(gruus.count == 2 ? "pub-gruu and temp-gruu came" : "one GRUU came")
        }

        private static func isSIPURI(_ text: String) -> Bool {
            guard let uri = try? SIPURI.parse(text) else { return false }
            if case .other = uri.scheme { return false }
            return true
        }
    }
}
