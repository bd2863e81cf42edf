/// Something in a capture that was seen and not judged, and why: what a report must say so that silence is no verdict.
public struct NotAnalyzed: Hashable, Sendable {
    /// What it is, in the plural: `IP fragments`, `TLS records`.
    public let what: String
    /// How many of them.
    public let count: Int
    /// Why they were not judged, as half a sentence.
    public let why: String

    public init(what: String, count: Int, why: String) {
        self.what = what
        self.count = count
        self.why = why
    }
}
