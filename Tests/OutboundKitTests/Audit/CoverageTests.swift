import Testing

@testable import OutboundKit

/// The table of what is checked, against the rules that there are.
@Suite struct CoverageTests {
    private static let commands: Set<String> = [
        "token", "inspect", "stun-ping", "crlf-ping", "ws-ping", "register-test", "register-test --suite", "flow-timer",
        "pcap-audit", "edge", "config-check",
    ]

    /// `id name` of each rule that exists.
    private static var auditRules: Set<String> {
        let flow = Judge.allFlowRules.map { "\($0.requirement) \(type(of: $0))" }
        let device = DeviceRules.all.map { "\($0.requirement) \(type(of: $0))" }
        let server = ServerRules.all.map { "\($0.requirement) \(type(of: $0))" }
        return Set(flow + device + server + Judge.allBindingRules.map { "\($0.requirement) \(type(of: $0))" })
    }

    private static var exchangeRules: Set<String> { Set(ExchangeRules.names.map { "\($0.requirement) \($0.name)" }) }

    @Test func everyRequirementHasOneRow() {
        #expect(CoverageTable.all.map(\.requirement).sorted() == RequirementTable.all.map(\.id).sorted())
        for row in CoverageTable.all {
            #expect(!row.means.isEmpty, "\(row.requirement)")
            let isOpen = row.means.contains { if case .notYet = $0 { true } else { false } }
            #expect(!isOpen || row.means.count == 1, "\(row.requirement) is checked and not checked")
        }
    }

    @Test func namedRulesExist() {
        for row in CoverageTable.all {
            for means in row.means {
                switch means {
                case .audit(let name): #expect(Self.auditRules.contains("\(row.requirement) \(name)"))
                case .exchange(let name): #expect(Self.exchangeRules.contains("\(row.requirement) \(name)"))
                case .command(let name), .notYet(let name):
                    #expect(Self.commands.contains(name), "\(row.requirement): \(name)")
                case .suite(let ids):
                    #expect(!ids.isEmpty, "\(row.requirement)")
                    for id in ids {
                        let one = CaseCatalogue[id]
                        #expect(one?.requirements.contains(row.requirement) == true, "\(row.requirement): \(id)")
                    }
                case .ownCode(let text), .notTestable(let text), .notInCaptures(let text): #expect(!text.isEmpty)
                }
            }
        }
    }

    /// What a capture can show is judged in captures, or the table says why not.
    @Test func whatCapturesShowIsJudged() {
        let silent = RequirementTable.all.filter { row in
            guard !row.passiveCheck.isEmpty, let means = CoverageTable[row.id]?.means else { return false }
            return !means.contains { means in
                switch means {
                case .audit, .exchange, .ownCode, .notTestable, .notInCaptures: true
                case .command, .suite, .notYet: false
                }
            }
        }
        #expect(silent.isEmpty, "\(silent.map(\.id.text)) have a passive check, and neither a rule nor a reason")
    }

    /// What a case judges is named with the requirement, and the other way round.
    @Test func everyCaseIsInTheTable() {
        for one in CaseCatalogue.all {
            for requirement in one.requirements {
                let isNamed = CoverageTable[requirement]?.means.contains { means in
                    guard case .suite(let ids) = means else { return false }
                    return ids.contains(one.id)
                }
                #expect(isNamed == true, "\(requirement) does not name \(one.id)")
            }
        }
    }

    @Test func everyRuleIsInTheTable() {
        var named: Set<String> = []
        for row in CoverageTable.all {
            for means in row.means {
                switch means {
                case .audit(let name), .exchange(let name): named.insert("\(row.requirement) \(name)")
                case .command, .suite, .ownCode, .notYet, .notTestable, .notInCaptures: break
                }
            }
        }
        let missing = Self.auditRules.union(Self.exchangeRules).subtracting(named).sorted()
        #expect(missing.isEmpty, "rules that CoverageTable does not name: \(missing)")
    }
}
