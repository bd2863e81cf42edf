/// Whom a suite speaks to, and as whom.
public struct SuitePlan: Sendable {
    /// The edge proxies, or the registrar itself, in the order given. The first one that has what a case needs is taken.
    public var targets: [SuiteTarget]
    /// Where callers and fake edge proxies send: the registrar where it is named beside an edge, else the first target.
    public var core: SuiteTarget
    /// Whether `core` was named beside an edge.
    public var hasOwnCore: Bool
    public var user: SuiteUser
    /// A second account, for what one user may not do to another.
    public var otherUser: SuiteUser?
    /// The device's own URN; that of a second device is derived from it.
    public var instance: InstanceID
    /// The registrar's domain, as the Request-URI of a REGISTER has it.
    public var registrar: SIPURI
    public var local: TransportAddress?
    /// Seconds that are asked for.
    public var expiresSeconds: UInt32 = 600
    /// How long a final answer is waited for.
    public var patience = Duration.seconds(8)
    /// How long nothing must come before a case believes that nothing will; the runner fits it to the round trip.
    var quiet = Duration.milliseconds(150)
    public var timing = TransactionTiming()
    public var userAgent: String

    public init(
        targets: [SuiteTarget], core: SuiteTarget? = nil, user: SuiteUser, otherUser: SuiteUser? = nil,
        instance: InstanceID, registrar: SIPURI, userAgent: String
    ) {
        precondition(!targets.isEmpty, "a suite needs a server")
        self.targets = targets
        self.core = core ?? targets[0]
        hasOwnCore = core != nil
        self.user = user
        self.otherUser = otherUser
        self.instance = instance
        self.registrar = registrar
        self.userAgent = userAgent
    }
}

extension SuitePlan {
    /// The first target that suits a case with these needs; nil where there is none.
    func target(for needs: [Need]) -> SuiteTarget? {
        targets.first { target in
            needs.allSatisfy { need in
                switch need {
                case .stream: target.transport == .tcp || target.transport == .tls
                case .connection: target.transport.isStream
                case .datagram: target.transport == .udp
                case .webSocket: target.transport.isWebSocket
                case .outbound, .token, .challenge, .otherUser, .core, .gruu, .aloneOnAOR, .noNAT, .flowTimer: true
                }
            }
        }
    }
}

/// One account of the suite.
public struct SuiteUser: Sendable {
    /// With its user part and without parameters.
    public let addressOfRecord: SIPURI
    public let authenticator: DigestAuthenticator?

    public init(_ addressOfRecord: SIPURI, authenticator: DigestAuthenticator? = nil) {
        self.addressOfRecord = addressOfRecord
        self.authenticator = authenticator
    }
}
