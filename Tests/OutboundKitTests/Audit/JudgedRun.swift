import Testing

@testable import OutboundKit

/// A run of moments, and what a requirement's rules say of it; nil for nothing.
struct JudgedRun<Moment: Sendable>: Sendable, CustomTestStringConvertible {
    let id: Requirement.ID
    let verdict: String?
    let what: String
    let transport: TransportProtocol
    let moments: @Sendable () -> [Moment]

    init(
        _ id: Requirement.ID, _ verdict: String?, _ what: String, over transport: TransportProtocol = .tcp,
        _ moments: @escaping @Sendable () -> [Moment]
    ) {
        self.id = id
        self.verdict = verdict
        self.what = what
        self.transport = transport
        self.moments = moments
    }

    var testDescription: String { "\(id) \(verdict ?? "nothing"): \(what)" }

    /// Something on a flow, so many seconds into the run.
    static func event(
        _ flow: UInt32, _ time: Double, _ direction: FlowEvent.Direction, _ what: FlowEvent.What
    ) -> FlowEvent {
        FlowEvent(flow: FlowID(flow), time: Timestamp(seconds: 1000 + time), direction: direction, what: what)
    }
}
