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
}
