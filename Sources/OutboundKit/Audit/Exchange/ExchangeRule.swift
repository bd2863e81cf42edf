/// Whose duty a rule judges.
public enum Party: Sendable, Hashable, CaseIterable {
    case userAgent
    /// Edge proxy and registrar, which from the client's side look like one.
    case server
}

/// One requirement, as far as one REGISTER and its answer can show it. Rules keep no state and parse nothing: all they
/// need is in the `ExchangeView`.
protocol ExchangeRule: SendableMetatype {
    static var requirement: Requirement.ID { get }
    static var party: Party { get }
    /// The evidence is the challenge that came before.
    static var looksAtChallenge: Bool { get }
    static func judge(_ x: ExchangeView) -> Judgement
}

extension ExchangeRule {
    static var looksAtChallenge: Bool { false }
}

/// What a rule says; the engine adds requirement, subject and time.
enum Judgement {
    case pass(String)
    case fail(String, saw: String, expected: String, Diagnosis.ID? = nil)
    case warn(String, saw: String, expected: String? = nil, Diagnosis.ID? = nil)
    case info(String, saw: String? = nil, Diagnosis.ID? = nil)
    case unknown(UnknownReason, String)
    /// The exchange gives no occasion for the rule: why.
    case skipped(String)
}

/// Judges one REGISTER and its answer by every requirement that they can show.
public enum ExchangeRules {
    /// All rules, in the order of the catalogue's groups.
    static let all: [any ExchangeRule.Type] = edge + flowTimer + registrar + answers + grammar + token + userAgent

    /// The ids that some rule here judges, each once, in order.
    public static let requirements: [Requirement.ID] = {
        var seen: Set<Requirement.ID> = []
        return all.map { $0.requirement }.filter { seen.insert($0).inserted }.sorted()
    }()

    /// The names of the rules and the requirements that they judge, for the table of what is covered.
    public static let names: [(name: String, requirement: Requirement.ID)] = all.map {
        (String(describing: $0), $0.requirement)
    }

    /// A finding for each rule that binds one of `parties`: passes and rules without occasion (`skipped`) included.
    ///
    /// - Parameter vantage: where the messages were seen. Before or behind a NAT (`ua`, `edge`) the request is the
    ///   client's own; at the core it is what the edge proxy forwarded.
    public static func judge(
        _ exchange: RegistrationExchange, vantage: Vantage, parties: Set<Party> = [.server]
    ) -> [Finding] {
        let view = ExchangeView(exchange, vantage: vantage)
        return all.filter { parties.contains($0.party) }.map { finding($0.judge(view), of: $0, exchange) }
    }

    static func finding(
        _ judgement: Judgement, of rule: any ExchangeRule.Type, _ exchange: RegistrationExchange
    ) -> Finding {
        if rule.looksAtChallenge, let round = exchange.challenged {
            return finding(
                judgement, rule.requirement, subject: exchange.subject, at: round.answered, frame: round.frame)
        }
        // What a user agent did stands in its request.
        let isRequest = rule.party == .userAgent
        return finding(
            judgement, rule.requirement, subject: exchange.subject, at: isRequest ? exchange.sent : exchange.ended,
            frame: isRequest ? exchange.sentFrame : exchange.endedFrame)
    }

    /// - Parameters:
    ///   - time: of the evidence; nil for a message that was not seen to arrive.
    ///   - frame: its packet; 0 for none.
    static func finding(
        _ judgement: Judgement, _ requirement: Requirement.ID, subject: String, at time: Timestamp?, frame: UInt64 = 0
    ) -> Finding {
        func advice(_ id: Diagnosis.ID?) -> String? { id.flatMap { DiagnosisTable[$0] }?.advice }
        func evidence(_ saw: String, _ expected: String?) -> Evidence {
            Evidence(time: time, frame: frame > 0 ? frame : nil, observed: saw, expected: expected)
        }
        switch judgement {
        case .pass(let message): return .pass(requirement, subject: subject, message: message)
        case .fail(let message, let saw, let expected, let diagnosis):
            return .fail(
                requirement, subject: subject, message: message, evidence: evidence(saw, expected),
                diagnosis: diagnosis, advice: advice(diagnosis))
        case .warn(let message, let saw, let expected, let diagnosis):
            return .warn(
                requirement, subject: subject, message: message, evidence: [evidence(saw, expected)],
                diagnosis: diagnosis, advice: advice(diagnosis))
        case .info(let message, let saw, let diagnosis):
            return .info(
                requirement, subject: subject, message: message, evidence: saw.map { [evidence($0, nil)] } ?? [],
                diagnosis: diagnosis, advice: advice(diagnosis))
        case .unknown(let reason, let message):
            return .unknown(requirement, reason, subject: subject, message: message)
        case .skipped(let why): return .skipped(requirement, subject: subject, why: why)
        }
    }
}
