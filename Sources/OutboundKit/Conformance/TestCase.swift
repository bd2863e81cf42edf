/// One case of the conformance suite: data, and a closure that sends and expects.
public struct TestCase: Sendable, Identifiable {
    /// Stable, never a position: `flow.split-ping`. The part before the first dot is the group.
    public let id: String
    public let title: String
    /// The requirements that the case judges; the first one gives it its place.
    public let requirements: [Requirement.ID]
    /// What must be there; without it the case is skipped with the reason.
    public let needs: [Need]
    /// After so long the case is stopped.
    public let limit: Duration
    /// It takes more than five seconds of a good server, and runs only when slow cases are asked for.
    public let isSlow: Bool
    let run: @Sendable (inout TestBed) async throws(CaseStop) -> Void

    /// - Parameter isSlow: nil takes it from the limit; false for a case that waits long only for a bad server.
    init(
        _ id: String, _ title: String, _ requirements: [Requirement.ID], needs: [Need] = [],
        within limit: Duration = .seconds(5), slow isSlow: Bool? = nil,
        run: @escaping @Sendable (inout TestBed) async throws(CaseStop) -> Void
    ) {
        precondition(!requirements.isEmpty && id.contains("."), "a case has a group and a requirement")
        self.id = id
        self.title = title
        self.requirements = requirements
        self.needs = needs
        self.limit = limit
        self.isSlow = isSlow ?? (limit > .seconds(5))
        self.run = run
    }

    public var group: CaseGroup? { CaseGroup(rawValue: String(id.prefix { $0 != "." })) }
}

/// The groups, in the order in which they run.
public enum CaseGroup: String, Sendable, CaseIterable {
    case registration
    case instance
    case path
    case answers
    case keepalive
    case stun
    case websocket
    case timer
    case delivery
    case dialog
    case token
    case failure
    case gruu
    case digest
    case robustness

    public var title: String {
        switch self {
        case .registration: "Registration and option-tags"
        case .instance: "Instance, reg-id and bindings"
        case .path: "First hop and Path"
        case .answers: "439, 420, 421, 423 and response routing"
        case .keepalive: "CRLF keep-alive"
        case .stun: "STUN keep-alive"
        case .websocket: "WebSocket keep-alive"
        case .timer: "Flow-Timer"
        case .delivery: "Delivery over the flow"
        case .dialog: "Dialogs over the flow"
        case .token: "Flow tokens"
        case .failure: "Flow failure and fail-over"
        case .gruu: "GRUU"
        case .digest: "Digest authentication"
        case .robustness: "Robustness"
        }
    }
}

/// What a case needs of the server, the plan or the network.
public enum Need: Sendable, Hashable {
    /// The server granted outbound to a plain outbound REGISTER.
    case outbound
    /// A target over TCP, TLS, WS or WSS, and not a WebSocket where `stream` stands with CRLF cases.
    case stream
    /// A target over anything but UDP: whose end both sides notice.
    case connection
    /// A target over UDP.
    case datagram
    case webSocket
    /// The targets are edge proxies that put a flow token into Path.
    case token
    /// The server challenged the first REGISTER.
    case challenge
    /// A second account.
    case otherUser
    /// The registrar itself can be spoken to.
    case core
    /// The server gives GRUUs.
    case gruu
    /// No other device is registered for the address-of-record.
    case aloneOnAOR
    /// No NAT stands between: the server sees the address that we have.
    case noNAT
    /// Flow-Timer was announced.
    case flowTimer
}

/// Why a case ends before its last line.
public enum CaseStop: Error, Sendable {
    /// It does not apply: why.
    case skipped(String)
    case unknown(UnknownReason, String)
    /// All that it could judge is judged.
    case done
    case interrupted
}
