/// The exchanges of one flow, as far as they are needed.
struct FlowExchanges: Sendable {
    private struct Pending: Sendable {
        let key: Int
        let request: SIPMessage
        let sent: Timestamp
        let frame: UInt64
        var transmissions = 1
        var provisional = 0
    }

    private let subject: String
    private let flow: Flow
    private let client: FlowEvent.Direction
    private let vantage: Vantage
    private let firstHop: RegistrationExchange.FirstHop
    private var pending: [Pending] = []
    /// The last challenge by Call-ID.
    private var challenges: [(callID: UInt32, round: RegistrationExchange.Challenged)] = []
    private var signatures: Set<Int> = []
    private var latest: RegistrationExchange?
    /// How the requirements stand, in the order of the rules; `Standing.none` before the first exchange.
    private var standings: [ExchangeStanding] = []
    /// What is more than a pass, by the rule's index.
    private(set) var findings: [Int: Finding] = [:]

    init(
        subject: String, flow: Flow, client: FlowEvent.Direction, vantage: Vantage,
        firstHop: RegistrationExchange.FirstHop
    ) {
        self.subject = subject
        self.flow = flow
        self.client = client
        self.vantage = vantage
        self.firstHop = firstHop
    }

    /// How the requirement of the rule at `index` stands.
    func standing(_ index: Int) -> ExchangeStanding { standings.isEmpty ? .none : standings[index] }

    mutating func take(
        _ message: borrowing SIPMessage, _ direction: FlowEvent.Direction, _ time: Timestamp, _ frame: UInt64
    ) {
        let key = RegistrationReader.requestKey(message)
        if message.isRequest {
            guard direction == client else { return }
            if let index = pending.firstIndex(where: { $0.key == key }) {
                pending[index].transmissions += 1
                return
            }
            if pending.count == RegistrationExchangeCollector.maximumPending { pending.removeFirst() }
            pending.append(Pending(key: key, request: copy message, sent: time, frame: frame))
        } else if direction != client, let index = pending.firstIndex(where: { $0.key == key }) {
            guard message.statusCode >= 200 else {
                pending[index].provisional += 1
                return
            }
            answer(pending.remove(at: index), copy message, time, frame)
        }
    }

    private mutating func answer(_ sent: Pending, _ response: SIPMessage, _ time: Timestamp, _ frame: UInt64) {
        let callID = RegistrationReader.callIDKey(sent.request)
        var exchange = RegistrationExchange(
            subject: subject, flow: flow, request: sent.request, sent: sent.sent, response: response, ended: time)
        (exchange.sentFrame, exchange.endedFrame) = (sent.frame, frame)
        exchange.firstHop = firstHop
        exchange.transmissions = sent.transmissions
        exchange.provisionalCount = sent.provisional
        exchange.responseSource = flow.remote
        // No mapped address: `AddressDisagreement` compares it, with what STUN shows afterwards.
        exchange.challenged = challenges.last { $0.callID == callID }?.round
        // The one retry has met it: what the device sends later, such as a refresh, is no answer to it.
        challenges.removeAll { $0.callID == callID }
        if [401, 407].contains(response.statusCode) {
            if challenges.count == RegistrationExchangeCollector.maximumPending { challenges.removeFirst() }
            challenges.append(
                (
                    callID,
                    RegistrationExchange.Challenged(
                        request: sent.request, response: response, sent: sent.sent, answered: time, frame: frame)
                ))
        }
        guard signatures.count < RegistrationExchangeCollector.maximumJudged else {
            latest = exchange
            return
        }
        if signatures.insert(ExchangeSignature.of(exchange)).inserted { judge(exchange) }
    }

    mutating func finish() {
        if let exchange = latest { judge(exchange) }
        latest = nil
        pending = []
        challenges = []
    }

    private mutating func judge(_ exchange: RegistrationExchange) {
        let isForwarded = exchange.request.viaCount > 1
        let view = ExchangeView(exchange, vantage: isForwarded ? .core : vantage)
        // Behind a proxy the user agent is judged only where its own flow cannot be seen.
        let isServerAlone = isForwarded && vantage != .core
        let rules = ExchangeRules.all
        if standings.isEmpty { standings = Array(repeating: .none, count: rules.count) }
        for (index, rule) in rules.enumerated() where !isServerAlone || rule.party == .server {
            let judgement = rule.judge(view)
            let standing = ExchangeStanding(judgement)
            guard standing < standings[index] else { continue }
            standings[index] = standing
            // Most are passes, which need no words.
            findings[index] = standing.isNotable ? ExchangeRules.finding(judgement, of: rule, exchange) : nil
        }
    }
}

/// What several exchanges together say of one requirement: the first of these that any of them says.
enum ExchangeStanding: UInt8, Sendable, Comparable {
    case fail
    case warn
    case info
    case pass
    /// One exchange shows that it is kept; that another cannot tell takes nothing from it.
    case unknown
    case skipped
    case none

    init(_ judgement: Judgement) {
        self =
            switch judgement {
            case .fail: .fail
            case .warn: .warn
            case .info: .info
            case .pass: .pass
            case .unknown: .unknown
            case .skipped: .skipped
            }
    }

    /// It has a finding of its own.
    var isNotable: Bool {
        switch self {
        case .fail, .warn, .info, .unknown: true
        case .pass, .skipped, .none: false
        }
    }

    static func < (left: ExchangeStanding, right: ExchangeStanding) -> Bool { left.rawValue < right.rawValue }
}
