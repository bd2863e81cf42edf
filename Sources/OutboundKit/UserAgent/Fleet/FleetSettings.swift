/// What a load client is to do: how many outbound registrations, how fast, for how long.
///
/// Each registration is a flow of its own, as if each came from another device (RFC 5626 §4.2). Keep-alives and
/// recovery follow the RFC as well, so that a server under load sees what it would see of as many phones.
public struct FleetSettings: Sendable {
    /// The most flows of one fleet.
    public static let largestCount = 200_000

    /// The address-of-record. Each `*` in its user part stands for the number of the flow, from 1, so that each flow has an
    /// AOR of its own; without one all flows share the AOR and differ by their instance.
    public var addressOfRecord: SIPURI
    /// The Request-URI: the registrar's domain (RFC 3261 §10.2).
    public var registrar: SIPURI
    /// The edge proxy as a pre-loaded route; nil straight to the registrar.
    public var route: SIPURI?
    public var transport: TransportProtocol
    /// Where the flows lead.
    public var remote: TransportAddress
    /// The local addresses, used in turn; their ports are the host's choice. Empty: the address as well.
    public var locals: [IPAddress] = []
    /// 1 to `largestCount`.
    public var count: Int
    /// The URN that the instance-ids of all flows are derived from: the same for the same URN, so that a next run
    /// replaces the bindings of this one.
    public var instance: InstanceID
    public var regID: RegID
    /// What is asked for, in seconds.
    public var expiresSeconds: UInt32 = 600
    public var userAgent: String
    /// The user for challenges, with `*` as in the AOR; nil is the AOR's own.
    public var username: String?
    public var password: Password?
    /// Registrations that are started in a second; nil starts the next as soon as fewer than `window` are outstanding.
    public var ramp: Double?
    /// First registrations, and removals, that wait for their answer at a time.
    public var window = 500
    /// How long the flows are held after the last of them has registered, or has failed to.
    public var hold: Duration = .zero
    /// While they are held, each flow registers again as soon as it is answered: measures what a server can take.
    public var floods = false
    public var sendsKeepAlive = true
    /// Leaves the bindings where they are.
    public var keepsBindings = false
    public var backoff = RecoveryBackoff()
    public var timing = NonInviteTransaction.Timing()
    public var stun = STUNTiming.standard
    /// What the handshake of a WebSocket asks for; nil asks the registrar's host for `/`.
    public var webSocket: WebSocketHandshake.Request?

    /// - Precondition: `count` is in range; `transport` is not SCTP.
    public init(
        addressOfRecord: SIPURI, registrar: SIPURI, route: SIPURI? = nil, transport: TransportProtocol,
        remote: TransportAddress, count: Int, instance: InstanceID, regID: RegID, userAgent: String
    ) {
        precondition((1...Self.largestCount).contains(count) && transport != .sctp)
        self.addressOfRecord = addressOfRecord
        self.registrar = registrar
        self.route = route
        self.transport = transport
        self.remote = remote
        self.count = count
        self.instance = instance
        self.regID = regID
        self.userAgent = userAgent
    }

    /// `text` with the number of a flow for each `*`, as many digits for each of them: `load*` gives `load0001`.
    public func numbered(_ text: String, _ index: Int) -> String {
        guard text.utf8.contains(ASCII.star) else { return text }
        let digits = String(index + 1)
        let width = max(4, String(count).utf8.count)
        return text.replacing("*", with: String(repeating: "0", count: width - digits.utf8.count) + digits)
    }
}

/// The numbers that a fleet draws: SplitMix64. The host's generator is a system call for each number, which a flood would
/// feel; nothing here has to be secret, only different, and tests want the same numbers again.
struct FleetGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
