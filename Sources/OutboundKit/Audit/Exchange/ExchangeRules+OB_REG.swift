/// What one exchange shows of the registrar's choice between an outbound and a plain binding (RFC 5626 §6).
extension ExchangeRules {
    static let registrar: [any ExchangeRule.Type] = [
        OB_REG_003.self, OB_REG_004.self, OB_REG_005.self, OB_REG_006.self, OB_REG_007.self, OB_REG_008.self,
        OB_REG_009.self, OB_REG_010.self, OB_REG_010_refusal.self, OB_REG_012.self, OB_REG_017.self, OB_REG_018.self,
        OB_REG_022.self, OB_REG_029.self, OB_REG_032.self,
    ]

    enum OB_REG_003: ExchangeRule {
        static let requirement: Requirement.ID = "OB-REG-003"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let success = x.success else { return .skipped("no binding was made") }
            if x.hasProxyBefore, x.path.allSatisfy({ !$0.uri.hasParameter("ob") }) {
                guard success.grantsOutbound else { return .pass("no outbound without ob in Path") }
                return .fail(
                    "outbound was granted although no Path URI has ob",
                    saw: "Require: outbound, \(x.path.last.map { "\($0)" } ?? "no Path")",
                    expected: "439, or a binding without outbound", "DX-REG-14")
            }
            guard success.grantsOutbound else { return .skipped("outbound was not granted") }
            guard x.pathAllowsOutbound != nil else {
                return .unknown(.side, "whether the registrar had a Path before it does not show")
            }
            return .pass("outbound was granted where first hop and Path allow it")
        }
    }

    enum OB_REG_004: ExchangeRule {
        static let requirement: Requirement.ID = "OB-REG-004"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard x.request.binds, x.request.regIDText != nil, x.request.offersOutbound else {
                return .skipped("the REGISTER does not ask for outbound")
            }
            guard let answer = x.answer else { return .unknown(.half, "no final response was seen") }
            if answer.status == 439 {
                return x.vantage == .core || x.exchange.firstHop != .edge
                    ? .pass("439: the registrar looks at the Path")
                    : .info("439: for the registrar the first hop keeps no flow", saw: answer.line, "DX-REG-01")
            }
            guard x.hasProxyBefore, x.pathAllowsOutbound == false, answer.isSuccess else {
                return .skipped("nothing here calls for 439")
            }
            // With two hops the first one's ob may stand below the second one's URI.
            guard !x.path.contains(where: { $0.uri.hasParameter("ob") }) else { return .skipped("Path has ob") }
            return .fail(
                "the first hop's Path lacks ob, and yet the registrar did not say 439", saw: answer.line,
                expected: "439 First Hop Lacks Outbound Support", "DX-REG-14")
        }
    }

    enum OB_REG_005: ExchangeRule {
        static let requirement: Requirement.ID = "OB-REG-005"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard x.request.binds, x.request.regIDText != nil, !x.request.offersOutbound else {
                return .skipped("the REGISTER has no reg-id, or offers outbound")
            }
            guard let success = x.success else { return .skipped("no binding was made") }
            guard x.hasProxyBefore, x.pathAllowsOutbound == false else {
                return .skipped("the first hop is no obstacle to outbound here")
            }
            guard success.grantsOutbound else { return .pass("reg-id was ignored") }
            return .fail(
                "outbound was granted to a client that does not offer it", saw: "Require: outbound",
                expected: "no outbound in Require")
        }
    }

    enum OB_REG_006: ExchangeRule {
        static let requirement: Requirement.ID = "OB-REG-006"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard x.request.binds, x.request.instance != nil, x.request.regIDText == nil else {
                return .skipped("the REGISTER is no instance without reg-id")
            }
            guard let answer = x.answer else { return .unknown(.half, "no final response was seen") }
            if answer.isSuccess { return .pass("an instance without reg-id was accepted") }
            guard answer.status == 400 else { return .skipped("refused for another reason: \(answer.line)") }
            return .fail("an instance without reg-id was refused", saw: answer.line, expected: "200")
        }
    }

    enum OB_REG_007: ExchangeRule {
        static let requirement: Requirement.ID = "OB-REG-007"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard x.request.binds, x.request.regIDText != nil, x.request.own?.instance == nil else {
                return .skipped("the REGISTER is no reg-id without instance")
            }
            guard let answer = x.answer else { return .unknown(.half, "no final response was seen") }
            if answer.status == 400 {
                return .warn(
                    "reg-id without instance was refused instead of ignored", saw: answer.line, expected: "200")
            }
            guard answer.isSuccess else { return .skipped("refused for another reason: \(answer.line)") }
            guard answer.grantsOutbound else { return .pass("reg-id without instance was ignored") }
            return .fail(
                "outbound was granted without an instance", saw: "Require: outbound",
                expected: "no outbound in Require")
        }
    }

    enum OB_REG_008: ExchangeRule {
        static let requirement: Requirement.ID = "OB-REG-008"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard x.request.bound.count > 1, x.request.bound.contains(where: { $0.regID != nil }) else {
                return .skipped("the REGISTER does not bind two contacts of which one has a reg-id")
            }
            guard let answer = x.answer else { return .unknown(.half, "no final response was seen") }
            if answer.status == 400 { return .pass("two contacts with a reg-id were refused") }
            guard answer.isSuccess else { return .skipped("refused for another reason: \(answer.line)") }
            return .warn("two contacts with a reg-id were accepted", saw: answer.line, expected: "400")
        }
    }

    enum OB_REG_009: ExchangeRule {
        static let requirement: Requirement.ID = "OB-REG-009"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            let contacts = x.request.contacts ?? []
            guard x.request.bound.count == 1, contacts.count > 1, x.request.regIDText != nil else {
                return .skipped("the REGISTER does not bind one contact with reg-id and remove others")
            }
            guard let answer = x.answer else { return .unknown(.half, "no final response was seen") }
            if answer.isSuccess { return .pass("binding one contact and removing others was accepted") }
            guard answer.status == 400 else { return .skipped("refused for another reason: \(answer.line)") }
            return .warn("binding one contact and removing others was refused", saw: answer.line, expected: "200")
        }
    }

    enum OB_REG_010: ExchangeRule {
        static let requirement: Requirement.ID = "OB-REG-010"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard x.request.contacts != nil else { return .skipped("the Contact of the REGISTER cannot be read") }
            guard let answer = x.answer else { return .unknown(.half, "no final response was seen") }
            let lacks = x.request.regIDText == nil ? "reg-id" : x.request.own?.instance == nil ? "+sip.instance" : nil
            guard let lacks else { return .skipped("the REGISTER has reg-id and instance") }
            // 421 says there what it wants (RFC 3261 §21.4.16).
            guard answer.grantsOutbound, answer.status != 421 else {
                return .pass("no outbound in Require without \(lacks)")
            }
            return .fail(
                "outbound stands in Require although the Contact has no \(lacks)",
                saw: "\(answer.line), \(answer.shown(.require, "Require"))", expected: "no outbound in Require")
        }
    }

    /// A refusal binds nothing, so its reg-id was not used either.
    enum OB_REG_010_refusal: ExchangeRule {
        static let requirement: Requirement.ID = "OB-REG-010"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let answer = x.answer else { return .unknown(.half, "no final response was seen") }
            guard answer.status >= 300, answer.status != 421 else { return .skipped("the response is no refusal") }
            guard answer.grantsOutbound || answer.message.first(.contact) != nil && answer.status == 420 else {
                return .pass("the refusal does not announce outbound")
            }
            return .warn(
                "the refusal looks as if it had bound something",
                saw: "\(answer.line), \(answer.shown(.require, "Require")), \(answer.shown(.contact, "Contact"))",
                expected: "no outbound in Require, no Contact")
        }
    }

    enum OB_REG_012: ExchangeRule {
        static let requirement: Requirement.ID = "OB-REG-012"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let answer = x.answer else { return .unknown(.half, "no final response was seen") }
            // A 403 may have any reason; only 421 says that it is this one.
            guard x.request.binds, !x.request.asksForOutbound, answer.status == 421, answer.grantsOutbound else {
                return .skipped("no plain registration was refused for want of outbound")
            }
            return .info("the registrar refuses registrations without outbound: policy", saw: answer.line, "DX-REG-04")
        }
    }

    enum OB_REG_017: ExchangeRule {
        static let requirement: Requirement.ID = "OB-REG-017"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard x.request.asksForOutbound else {
                return .skipped("the REGISTER lacks reg-id, instance or the outbound tag")
            }
            guard let success = x.success else {
                return x.answer == nil ? .unknown(.half, "no final response was seen") : .skipped("no binding was made")
            }
            if success.grantsOutbound { return .pass("the 2xx has Require: outbound") }
            let saw = success.shown(.require, "Require")
            if x.pathAllowsOutbound == false { return .skipped("the first hop's Path lacks ob") }
            if success.message.first(.flowTimer) != nil {
                return .fail(
                    "Flow-Timer came, but not Require: outbound", saw: saw, expected: "Require: outbound", "DX-REG-05")
            }
            if x.pathAllowsOutbound == nil, x.exchange.firstHop == .unknown {
                return .info("no outbound support, or no Path that allows it", saw: saw, "DX-REG-05")
            }
            return .warn("the registrar does not do outbound", saw: saw, expected: "Require: outbound", "DX-REG-05")
        }
    }

    enum OB_REG_018: ExchangeRule {
        static let requirement: Requirement.ID = "OB-REG-018"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard x.request.binds, x.request.regID != nil, x.request.instance != nil, !x.request.offersOutbound else {
                return .skipped("the REGISTER has no reg-id and instance, or offers outbound")
            }
            guard let success = x.success else { return .skipped("no binding was made") }
            guard success.grantsOutbound else { return .pass("no Require: outbound for a client without the tag") }
            return .warn(
                "outbound was announced to a client that does not list it", saw: success.shown(.require, "Require"),
                expected: "no outbound in Require", "DX-REG-10")
        }
    }

    enum OB_REG_022: ExchangeRule {
        static let requirement: Requirement.ID = "OB-REG-022"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard x.request.binds, let text = x.request.regIDText, x.request.regID == nil else {
                return .skipped("the REGISTER has no invalid reg-id")
            }
            guard let answer = x.answer else { return .unknown(.half, "no final response was seen") }
            guard answer.isSuccess else { return .pass("reg-id \(text) was refused: \(answer.line)") }
            guard answer.grantsOutbound else { return .pass("reg-id \(text) was ignored") }
            let bound = answer.bindings?.isEmpty == true ? ", and yet nothing was bound" : ""
            return .fail(
                "outbound was granted for reg-id \(text)\(bound)", saw: "\(answer.line), Require: outbound",
                expected: "400, or no outbound in Require", "DX-REG-11")
        }
    }

    enum OB_REG_029: ExchangeRule {
        static let requirement: Requirement.ID = "OB-REG-029"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let answer = x.answer else { return .unknown(.half, "no final response was seen") }
            if answer.status == 420 {
                let saw = answer.shown(.unsupported, "Unsupported")
                let tags = answer.message.optionTags(in: .unsupported)
                guard !tags.isEmpty else {
                    return .fail("420 does not name what is not supported", saw: saw, expected: "Unsupported: tag")
                }
                let diagnosis: Diagnosis.ID? =
                    tags.contains { ASCII.equalsIgnoringCase($0, "path") }
                    ? "DX-REG-02" : tags.contains { ASCII.equalsIgnoringCase($0, "outbound") } ? "DX-REG-03" : nil
                return diagnosis == nil
                    ? .pass("420 names \(tags.joined(separator: ", "))")
                    : .info("420 names \(tags.joined(separator: ", "))", saw: saw, diagnosis)
            }
            let required = x.request.message.optionTags(in: .require)
            guard !required.isEmpty else { return .skipped("the REGISTER requires nothing") }
            let known = ["outbound", "path", "gruu"]
            let unknown = required.filter { tag in !known.contains { ASCII.equalsIgnoringCase($0, tag) } }
            guard answer.isSuccess else { return .skipped("refused for another reason: \(answer.line)") }
            if let tag = unknown.first {
                return .unknown(.configuration, "whether the server knows the option tag \(tag) does not show")
            }
            if x.request.message.hasOptionTag("outbound", in: .require), x.request.asksForOutbound,
                !answer.grantsOutbound
            {
                return .fail(
                    "outbound was required, and neither done nor refused",
                    saw: "\(answer.line), \(answer.shown(.require, "Require"))",
                    expected: "Require: outbound, or 420 with Unsupported: outbound", "DX-REG-05")
            }
            return .pass("what the REGISTER requires was done")
        }
    }

    enum OB_REG_032: ExchangeRule {
        static let requirement: Requirement.ID = "OB-REG-032"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            let waited = x.exchange.ended.nanoseconds(since: x.exchange.sent)
            let limit = BindingHistory.timerF
            if x.answer != nil, waited <= limit { return .pass("a final response came") }
            let saw = x.answer.map { "\($0.line) after" } ?? "no final response within"
            let seconds = DecimalSeconds.text(waited, places: 1)
            if x.answer == nil, waited < limit { return .unknown(.cut, "no final response within \(seconds) s") }
            // A challenge just before shows that it is up as well.
            guard x.answer != nil || x.exchange.provisionalCount > 0 || x.exchange.challenged != nil else {
                return .unknown(.configuration, "no answer at all: whether the server is up does not show")
            }
            // A late answer shows a server that is overloaded or stood still, whatever was asked for.
            let isForOutbound = x.answer == nil && x.request.regIDText != nil
            return .fail(
                "the server lives, but gave no final response in time", saw: "\(saw) \(seconds) s",
                expected: "a final response within 32 s", isForOutbound ? "DX-REG-13" : nil)
        }
    }
}
