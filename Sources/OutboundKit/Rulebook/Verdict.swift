/// Why the evidence cannot tell. Every `unknown` names one.
public enum UnknownReason: String, Sendable, Hashable, CaseIterable {
    /// The deciding packet lies before the capture's start.
    case late = "LATE"
    /// The capture, or the flow's part of it, ends before the deadline has passed, or messages in it are not whole.
    case cut = "CUT"
    /// TLS, wss or SigComp that was not decrypted: without keys, or although there were some.
    case encrypted = "ENC"
    /// Only one direction, or one side of the proxy, was captured.
    case half = "HALF"
    /// A TCP hole, capture drops, or IP fragments missing inside the window.
    case gap = "GAP"
    /// The vantage point cannot show it.
    case side = "SIDE"
    /// It depends on configuration or policy that the wire does not show.
    case configuration = "CONF"
    /// It cannot be told whether two things are the same device, account or URI set.
    case identity = "ID"

    /// The reason in words, for a report.
    public var explanation: String {
        switch self {
        case .late: "the deciding packet lies before the start of what was seen"
        case .cut: "what was seen ends before the deadline, or is not whole"
        case .encrypted: "encrypted, and not decrypted"
        case .half: "only one direction was seen"
        case .gap: "packets are missing inside the window"
        case .side: "this vantage point cannot show it"
        case .configuration: "it depends on configuration that the wire does not show"
        case .identity: "it cannot be told whether these are the same device or account"
        }
    }
}

/// The judgement on one requirement for one subject. A verdict without the reason it needs cannot be made.
public enum Verdict: Sendable, Hashable {
    case pass
    case fail
    case warn
    case info
    case unknown(UnknownReason)
    /// Not applicable, or not run, with why.
    case skipped(String)

    /// The word in reports and JSON.
    public var word: String {
        switch self {
        case .pass: "pass"
        case .fail: "fail"
        case .warn: "warn"
        case .info: "info"
        case .unknown: "unknown"
        case .skipped: "skipped"
        }
    }

    /// Order in reports: the worst first.
    public var rank: Int {
        switch self {
        case .fail: 0
        case .warn: 1
        case .unknown: 2
        case .info: 3
        case .skipped: 4
        case .pass: 5
        }
    }
}
