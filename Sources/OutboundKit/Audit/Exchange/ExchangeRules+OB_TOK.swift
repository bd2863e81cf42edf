/// What one exchange shows of the flow token in the first hop's Path (RFC 5626 §5.2).
extension ExchangeRules {
    static let token: [any ExchangeRule.Type] = [
        OB_TOK_001.self, OB_TOK_003.self, OB_TOK_005.self, OB_TOK_006.self, OB_TOK_008.self,
    ]

    private static let none = Judgement.skipped("no Path with a user part came back")

    enum OB_TOK_001: ExchangeRule {
        static let requirement: Requirement.ID = "OB-TOK-001"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let token = x.token else { return none }
            if let weakness = token.weaknesses.first(where: \.isViolation) {
                return .fail(
                    "attackers can make tokens of this edge: \(weakness.explanation)", saw: x.tokenText,
                    expected: "a code under a secret of the edge",
                    weakness == .secretIgnored ? "DX-TOK-01" : nil)
            }
            guard token.token != nil else {
                return .unknown(.configuration, "the token is of no known layout")
            }
            return .unknown(.configuration, "whether attackers can make such tokens shows only with the edge's key")
        }
    }

    enum OB_TOK_003: ExchangeRule {
        static let requirement: Requirement.ID = "OB-TOK-003"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let token = x.token else { return none }
            guard let found = token.token else { return .info("the token is of no known layout", saw: x.tokenText) }
            let names = token.candidates.map(\.format.rawValue).joined(separator: " or ")
            guard let flow = found.flow else { return .info("the token looks like one of \(names)", saw: x.tokenText) }
            return .info("the token looks like one of \(names), for \(flow)", saw: x.tokenText)
        }
    }

    enum OB_TOK_005: ExchangeRule {
        static let requirement: Requirement.ID = "OB-TOK-005"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let token = x.token else { return none }
            guard token.token != nil else { return .skipped("the token is of no known layout") }
            guard token.damage.contains(.percentEncoded) else { return .pass("nobody escaped the token") }
            return .warn("the token came back escaped, which makes it another one", saw: x.tokenText)
        }
    }

    enum OB_TOK_006: ExchangeRule {
        static let requirement: Requirement.ID = "OB-TOK-006"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let token = x.token else { return none }
            guard token.damage.contains(.caseFolded) else {
                return .pass("the token has letters of both cases, or none")
            }
            return .warn("the token's letters are all of one case: somebody changed it", saw: x.tokenText)
        }
    }

    enum OB_TOK_008: ExchangeRule {
        static let requirement: Requirement.ID = "OB-TOK-008"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let token = x.token else { return none }
            guard let found = token.token, let local = found.local ?? found.remote else {
                return .skipped("the token shows no addresses")
            }
            guard token.weaknesses.contains(.privateAddressExposed) else {
                return .pass("the token shows no private address")
            }
            let ends = [found.local, found.remote].compactMap { $0 }.filter(\.ip.isPrivate)
            let shown = ends.isEmpty ? "\(local)" : ends.map(\.description).joined(separator: ", ")
            return .info("topology disclosed: the token shows private addresses in clear", saw: shown)
        }
    }
}
