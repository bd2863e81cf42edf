/// What a report says of one flow beside the findings.
public struct FlowSummary: Sendable {
    /// How the flow ended.
    public enum Ended: String, Sendable, Hashable {
        /// Nothing ended it as far as could be seen.
        case open
        case clientFIN = "client-fin"
        case serverFIN = "server-fin"
        case clientRST = "client-rst"
        case serverRST = "server-rst"
        /// It was alive when the capture ended.
        case captureEnd = "capture-end"
    }

    public let id: FlowID
    public let transport: TransportProtocol
    public let client: TransportAddress
    public let server: TransportAddress
    public let registrations: FlowRegistrations
    /// The Flow-Timer that was announced last, in seconds, or the `keep` value.
    public let announced: UInt64?
    /// `stun`, `crlf`, `ws`, `other` or `none`.
    public let keepAlive: String
    public let pings: Int
    public let pongs: Int
    public let retransmissions: Int
    /// Nanoseconds; nil with fewer than two pings.
    public let intervalMin: Int64?
    public let intervalMedian: Int64?
    public let intervalMax: Int64?
    /// The longest wait for an answer; nil without answers.
    public let answerMax: Int64?
    public let mappedChanges: Int
    public let ended: Ended
    /// A note on what the flow is, where it is no user agent's own: `between proxies`, `same messages as f1`, `media`.
    public let role: String?
    /// It never became a flow: its connection, or its WebSocket, was refused.
    public let isNoFlow: Bool
    /// The flow that took over the binding.
    public let replacedBy: FlowID?
    /// A REGISTER on the flow had a 2xx, be it one that took a binding away.
    public let hadGrant: Bool
    /// The status code of the last refusal of a REGISTER on a flow that had no 2xx.
    public let refusal: Int?

    /// - Parameter end: the end of what was seen.
    public init(_ flow: FlowRecord, end: Int64) {
        id = flow.id
        transport = flow.transport
        client = flow.client
        server = flow.server
        registrations = flow.registrations
        announced = flow.announced
        keepAlive =
            flow.pings > 0
            ? flow.kind.rawValue : flow.log.contains(.crlfDatagram) || flow.indications > 0 ? "other" : "none"
        pings = Int(flow.pings)
        pongs = Int(flow.pongs)
        retransmissions = Int(flow.retransmissions)
        let hasIntervals = flow.intervals.count > 0
        intervalMin = hasIntervals ? flow.intervals.shortest : nil
        intervalMedian = flow.intervals.median
        intervalMax = hasIntervals ? flow.intervals.longest : nil
        answerMax = flow.pongs > 0 ? flow.answerMax : nil
        mappedChanges = Int(flow.mappedChanges)
        replacedBy = flow.replacedBy
        hadGrant = flow.registerSuccesses > 0
        refusal = flow.registerSuccesses == 0 ? flow.refusals.last.map { Int($0.status) } : nil
        ended = Self.ended(flow, end)
        isNoFlow = flow.isNoFlow
        if flow.sights.contains(.forwarded) {
            role = "between proxies"
        } else if let copy = flow.copyOf {
            role = "same messages as \(copy)"
        } else if flow.closing == .refused {
            role = "refused"
        } else if let refusal = flow.refusedHandshake {
            role = refusal.role
        } else if flow.isMedia {
            role = "media"
        } else {
            role = nil
        }
    }

    private static func ended(_ flow: FlowRecord, _ end: Int64) -> Ended {
        switch (flow.closing, flow.closedBy) {
        case (.fin, .fromClient): .clientFIN
        case (.fin, .fromServer): .serverFIN
        case (.rst, .fromClient): .clientRST
        case (.rst, .fromServer), (.refused, _): .serverRST
        case (nil, _):
            !flow.sights.contains(.replaced)
                && end &- flow.lastSeen <= max(min(flow.duty.limit, 840 * .second), .second)
                ? .captureEnd : .open
        }
    }

    /// The tshark display filter for this flow's packets.
    public var displayFilter: String {
        let family = client.ip.isIPv6 ? "ipv6" : "ip"
        let port = transport == .udp ? "udp" : "tcp"
        return "\(family).addr == \(client.ip) && \(family).addr == \(server.ip) && \(port).port == \(client.port)"
            + " && \(port).port == \(server.port)"
    }
}
