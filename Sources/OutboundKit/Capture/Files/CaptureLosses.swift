/// Until when packets of captures may be missing, as a first reading of them told: a capture program says at the end that
/// it dropped some, and what a flow lacks before that is nobody's fault.
public struct CaptureLosses: Sendable, Hashable {
    /// Of each path, in nanoseconds.
    private var ends: [String: Int64] = [:]

    public init() {}

    var isEmpty: Bool { ends.isEmpty }

    mutating func note(_ end: Int64, of path: String) { ends[path] = max(ends[path] ?? .min, end) }

    func end(of path: String) -> Int64? { ends[path] }
}
