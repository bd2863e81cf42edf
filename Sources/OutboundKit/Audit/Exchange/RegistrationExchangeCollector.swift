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
        if let at = flows.index(forKey: id) { return flows.values[at].take(message, direction, time, frame) }
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
        var exchanges = FlowExchanges(
            subject: id.description, flow: flow, client: direction, vantage: vantage, firstHop: firstHop)
        exchanges.take(message, direction, time, frame)
        flows[id] = exchanges
    }
}
