/// What one exchange shows of Flow-Timer (RFC 5626 §5.4, §6, §10).
extension ExchangeRules {
    static let flowTimer: [any ExchangeRule.Type] = [OB_FT_001.self, OB_FT_002.self, OB_FT_003.self]

    enum OB_FT_001: ExchangeRule {
        static let requirement: Requirement.ID = "OB-FT-001"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let answer = x.answer, let field = answer.message.first(.flowTimer) else {
                return .skipped("the response has no Flow-Timer")
            }
            let saw = answer.shown(.flowTimer, "Flow-Timer")
            guard answer.message.count(.flowTimer) == 1 else {
                return .fail("Flow-Timer stands there more than once", saw: saw, expected: "one Flow-Timer", "DX-FT-08")
            }
            guard let timer = try? FlowTimer.parse(answer.message.text(field.value)) else {
                // A NUL in it is Kamailio's line end of three digits.
                let isCut = answer.message.text(field.value).utf8.contains(ASCII.nul)
                return .fail(
                    "Flow-Timer is no number of seconds", saw: saw, expected: "Flow-Timer: 1*DIGIT",
                    isCut ? "CFG-REG-12" : nil)
            }
            return .pass("Flow-Timer is \(FlowTimer.words(timer.seconds))")
        }
    }

    enum OB_FT_002: ExchangeRule {
        static let requirement: Requirement.ID = "OB-FT-002"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let answer = x.answer else { return .unknown(.half, "no final response was seen") }
            let saw = "\(answer.line), \(answer.shown(.require, "Require"))"
            guard answer.message.first(.flowTimer) != nil else {
                return answer.isSuccess && answer.grantsOutbound
                    ? .skipped("the response has no Flow-Timer, and need not")
                    : .pass("no Flow-Timer where none may be")
            }
            guard answer.isSuccess else {
                return .warn("Flow-Timer in a refusal", saw: saw, expected: "Flow-Timer in a 2xx only", "DX-FT-07")
            }
            guard answer.grantsOutbound else {
                return .warn(
                    "Flow-Timer although outbound was not granted", saw: saw, expected: "Require: outbound", "DX-FT-07")
            }
            return .pass("Flow-Timer comes with Require: outbound")
        }
    }

    enum OB_FT_003: ExchangeRule {
        static let requirement: Requirement.ID = "OB-FT-003"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let answer = x.answer, answer.message.first(.flowTimer) != nil else {
                return .skipped("the response has no Flow-Timer")
            }
            guard x.vantage == .core else { return .unknown(.side, "who put Flow-Timer in shows only behind the edge") }
            guard answer.viaCount > 1 else {
                return .pass("the registrar has the flow to the client, and set its timer")
            }
            return .warn(
                "the registrar sets Flow-Timer for a flow that the edge keeps",
                saw: "\(answer.shown(.flowTimer, "Flow-Timer")), \(counted(answer.viaCount, "Via"))",
                expected: "Flow-Timer from the last proxy before the client", "DX-FT-08")
        }
    }
}
