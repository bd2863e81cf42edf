/// Pairs the REGISTERs of all flows with their final responses and keeps what the exchange rules say of them, by flow.
///
/// Refreshes mostly repeat what was said before and are not judged again: an exchange is judged when something in it is
/// new but for what changes with every message. Of a flow that keeps changing its words the first exchanges and the
/// latest are judged. Kept are the verdicts and what is not in order, never the messages.
public struct RegistrationExchangeCollector: FlowEventSink, Sendable {
    /// Exchanges of one flow that are judged at once; of later ones, the latest is judged at the end.
    static let maximumJudged = 16
    /// REGISTERs of a flow that wait for an answer, and challenges that wait for the next try.
    static let maximumPending = 8
    /// Flows that are followed; the rest is counted.
    public static let maximumFlows = 200_000

    private let vantage: Vantage
    private let firstHop: RegistrationExchange.FirstHop
    private var flows: [FlowID: FlowExchanges] = [:]
    /// Flows with a REGISTER that found no room.
    public private(set) var dropped = 0
    private var openings: [FlowID: FlowEvent.Opening] = [:]
    private var disagreements: [FlowID: AddressDisagreement] = [:]

    /// - Parameters:
    ///   - vantage: where the messages are seen. A REGISTER that has passed a proxy is judged as seen at the core.
    ///   - firstHop: what stands at the far end of the flows, if that is known.
    public init(vantage: Vantage = .ua, firstHop: RegistrationExchange.FirstHop = .unknown) {
        self.vantage = vantage
        self.firstHop = firstHop
    }

    public mutating func observe(_ event: borrowing FlowEvent) {
        switch event.what {
        case .open(let opening):
            openings[event.flow] = opening
        case .sip(let message) where message.method == .register:
            take(message, event.flow, event.direction, event.time, event.frame)
        default:
            break
        }
    }

    /// Compares what the server saw of the client, as the answer to a REGISTER says it, with what STUN showed before.
    mutating func compare(
        _ response: borrowing SIPMessage, on flow: FlowID, _ mapping: STUNMapping, at time: Int64, frame: UInt64
    ) {
        guard vantage != .core else { return }
        if let known = disagreements[flow] {
            if known.isCertain { return }
            if known.isProven(by: mapping) {
                disagreements[flow]?.confirm()
                return
            }
        }
        guard mapping.registrations <= AddressDisagreement.answersLookedAt else { return }
        disagreements[flow] = AddressDisagreement(response, mapped: mapping.address, time: time, frame: frame)
    }

    /// What STUN and SIP on a flow say differently of the client's address, if that is certain.
    func disagreement(of record: FlowRecord) -> AddressDisagreement? {
        guard let known = disagreements[record.id], known.isCertain || known.isProven(by: record.mapping) else {
            return nil
        }
        return known
    }

    public mutating func end(_ flow: FlowID, at: Timestamp) {
        openings[flow] = nil
        flows[flow]?.finish()
    }

    /// The run is over: the latest exchange of each flow is judged, if it was not.
    public mutating func finish() {
        for id in Array(flows.keys) { flows[id]?.finish() }
    }

    /// The flows that have verdicts, in order.
    var judgedFlows: [FlowID] { flows.keys.sorted { $0.rawValue < $1.rawValue } }

    subscript(flow: FlowID) -> FlowExchanges? { flows[flow] }

    private mutating func take(
        _ message: borrowing SIPMessage, _ id: FlowID, _ direction: FlowEvent.Direction, _ time: Timestamp,
        _ frame: UInt64
    ) {
        if flows[id] == nil {
            guard message.isRequest, let opening = openings[id] else { return }
            guard flows.count < Self.maximumFlows else {
                dropped += 1
                // Without its opening the flow is not looked at, nor counted, again.
                openings[id] = nil
                return
            }
            // Who registers is the client, whoever opened the flow.
            let isOpener = direction == .fromClient
            let flow = Flow(
                transport: opening.transport, local: isOpener ? opening.client : opening.server,
                remote: isOpener ? opening.server : opening.client)
            flows[id] = FlowExchanges(
                subject: id.description, flow: flow, client: direction, vantage: vantage, firstHop: firstHop)
        }
        flows[id]?.take(message, direction, time, frame)
    }
}

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
    private var challenges: [(callID: Int, round: RegistrationExchange.Challenged)] = []
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
        let callID = ExchangeSignature.callID(of: sent.request)
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
                    RegistrationExchange.Challenged(request: sent.request, response: response, answered: time)
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
        // Behind a proxy the user agent is judged only where its own flow cannot be seen.
        let parties: Set<Party> = isForwarded && vantage != .core ? [.server] : [.server, .userAgent]
        let judged = ExchangeRules.judge(exchange, vantage: isForwarded ? .core : vantage, parties: parties)
        let order = ExchangeRules.all
        if standings.isEmpty { standings = Array(repeating: .none, count: order.count) }
        var next = judged.makeIterator()
        for index in order.indices where parties.contains(order[index].party) {
            guard let finding = next.next() else { return }
            let standing = ExchangeStanding(finding.verdict)
            guard standing < standings[index] else { continue }
            standings[index] = standing
            findings[index] = standing.isNotable ? finding : nil
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

    init(_ verdict: Verdict) {
        self =
            switch verdict {
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

/// Tells exchanges apart that the rules may judge differently, and no others: header fields in their order, without what
/// is new in every message.
enum ExchangeSignature {
    static func of(_ exchange: RegistrationExchange) -> Int {
        var hasher = Hasher()
        combine(exchange.request, into: &hasher)
        if let response = exchange.response { combine(response, into: &hasher) }
        hasher.combine(exchange.transmissions > 1)
        hasher.combine(exchange.provisionalCount > 0)
        hasher.combine(exchange.challenged != nil)
        return hasher.finalize()
    }

    static func callID(of message: SIPMessage) -> Int {
        var hasher = Hasher()
        if let value = message.callID {
            message.withSpan { span in
                for offset in value.range { hasher.combine(span.octet(offset)) }
            }
        }
        return hasher.finalize()
    }

    private static func combine(_ message: SIPMessage, into hasher: inout Hasher) {
        hasher.combine(message.statusCode)
        message.withSpan { span in
            for field in message.headers {
                hasher.combine(field.name)
                guard !isVolatile(field.name, isRequest: message.isRequest) else { continue }
                // A registrar counts lifetimes down: digits of its Contact do not make it another answer.
                let skipsDigits = field.name == .contact && !message.isRequest
                for offset in field.value.range {
                    let octet = span.octet(offset)
                    if !(skipsDigits && ASCII.isDigit(octet)) { hasher.combine(octet) }
                }
            }
        }
    }

    private static func isVolatile(_ name: HeaderName, isRequest: Bool) -> Bool {
        switch name {
        case .via, .callID, .cseq, .from, .contentLength, .date, .authorization, .proxyAuthorization, .wwwAuthenticate,
            .proxyAuthenticate, .authenticationInfo:
            true
        // A response has a tag in To.
        case .to: !isRequest
        default: false
        }
    }
}
