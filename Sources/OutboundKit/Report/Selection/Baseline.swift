/// What an earlier report found: fingerprints with the worst verdict of each.
public struct Baseline: Sendable {
    /// Findings taken from a report; it holds no more (`FindingList.maximum`).
    static let maximumFindings = FindingList.maximum

    private var worst: [String: Int] = [:]

    /// Reads the document of `pcap-audit --json` or of `--report json=`, in pieces: it may be larger than the memory.
    ///
    /// - Parameter next: the octets that follow; none at the end.
    /// - Throws: `ParseError` for what is no JSON, `.missing` for JSON that is no report or holds no fingerprints.
    public init(next: @escaping () -> [UInt8]) throws(ParseError) {
        var json = JSONReader(next: next)
        var isReport = false
        var hasFindings = false
        try json.beginObject()
        while let key = try json.nextKey() {
            switch key {
            case "schema":
                isReport = try json.string() == "sipob/1"
            case "findings":
                hasFindings = true
                try json.beginArray()
                while try json.nextElement() { try takeFinding(&json) }
            // What that report left out because an earlier one had it.
            case "set_aside":
                try json.beginObject()
                while let key = try json.nextKey() {
                    guard key == "known_findings" else {
                        try json.skip()
                        continue
                    }
                    try json.beginArray()
                    while try json.nextElement() { try takeFinding(&json) }
                }
            default:
                try json.skip()
            }
        }
        try json.end()
        guard isReport, hasFindings else { throw ParseError(.missing, at: json.offset, in: "report of sipob") }
    }

    private mutating func takeFinding(_ json: inout JSONReader) throws(ParseError) {
        var fingerprint: String?
        var verdict: String?
        try json.beginObject()
        while let key = try json.nextKey() {
            switch key {
            case "fingerprint": fingerprint = try json.string()
            case "verdict": verdict = try json.string()
            default: try json.skip()
            }
        }
        guard let fingerprint, let verdict else {
            throw ParseError(.missing, at: json.offset, in: "fingerprint of a finding")
        }
        guard let rank = AuditFilter.Severity(rawValue: verdict)?.rank else { return }
        guard worst.count < Self.maximumFindings else {
            throw ParseError(overLimit: Self.maximumFindings, at: json.offset, in: "findings of a baseline")
        }
        worst[fingerprint] = min(worst[fingerprint] ?? rank, rank)
    }

    /// Whether the same was found before, and no less severe.
    func knows(_ fingerprint: String, _ verdict: Verdict) -> Bool {
        worst[fingerprint].map { $0 <= verdict.rank } ?? false
    }
}
