import Glibc

/// What a fleet counts.
public struct FleetStatistics: Sendable {
    /// Flows whose first registration was started.
    public internal(set) var started = 0
    /// Flows that were registered at least once.
    public internal(set) var registered = 0
    /// Flows that are registered now, and the most that ever were at a time.
    public internal(set) var current = 0
    public internal(set) var peak = 0
    /// Flows whose first attempt has come to its end, one way or the other.
    public internal(set) var settled = 0
    /// Flows whose 2xx did not say `Require: outbound`.
    public internal(set) var withoutOutbound = 0

    /// Attempts to register that failed before the flow was registered, by cause.
    public internal(set) var failures: [FleetCause: Int] = [:]
    /// Losses of flows that were registered, by cause.
    public internal(set) var losses: [FleetCause: Int] = [:]

    /// REGISTERs that bound or refreshed, and those of them that were answered while flows were held.
    public internal(set) var registrations = 0
    public internal(set) var registrationsHeld = 0
    /// Challenges that were answered with credentials.
    public internal(set) var challenges = 0
    /// REGISTERs and STUN requests that were sent again.
    public internal(set) var retransmissions = 0
    public internal(set) var keepAlives = 0
    public internal(set) var keepAlivesAnswered = 0
    /// Messages and datagrams that belong to nothing, and requests of the other side.
    public internal(set) var ignored = 0
    public internal(set) var requests = 0

    /// From a REGISTER, sent once, to its final answer, in nanoseconds.
    public internal(set) var registerTime = TimeHistogram()
    /// From a keep-alive, sent once, to its answer.
    public internal(set) var keepAliveTime = TimeHistogram()

    /// Flows that were lost and registered again, and how long that took from the loss.
    public internal(set) var recovered = 0
    public internal(set) var recoveryTime = TimeHistogram()
    /// Flows that were opened again, or tried to.
    public internal(set) var recoveryAttempts = 0

    public internal(set) var removed = 0
    /// Bindings whose removal was not confirmed.
    public internal(set) var mayRemain = 0

    /// From the start to the last first attempt's end; nil before.
    public internal(set) var rampTime: Duration?
    /// How long flows were held; nil before they are.
    public internal(set) var holdTime: Duration?

    public init() {}

    public var failed: Int { failures.values.reduce(0, +) }
    public var lost: Int { losses.values.reduce(0, +) }
}

/// Why a registration did not come about, or a flow was lost.
public enum FleetCause: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// A final answer other than 2xx.
    case refused(UInt16)
    /// No final answer until Timer F.
    case timedOut
    /// A 2xx that does not list the binding.
    case notBound
    /// A challenge that could not be answered, or whose answer was refused.
    case authentication
    case closedByPeer
    case reset
    case portUnreachable
    case pongTimeout
    case stunTimeout
    case stunError(UInt16)
    case mappedAddressChanged
    /// Octets on a stream that are no SIP.
    case unreadable
    /// The handshake or the session of TLS.
    case tls
    /// The handshake was refused or not answered, or the server closed the WebSocket.
    case webSocket
    /// The host's error number.
    case host(Int32)

    init(_ loss: FlowLoss) {
        switch loss {
        case .closedByPeer: self = .closedByPeer
        case .reset: self = .reset
        case .portUnreachable: self = .portUnreachable
        case .failed(EPROTO): self = .tls
        case .failed(let number): self = .host(number)
        }
    }

    init(_ failure: FlowFailure) {
        switch failure {
        case .pongTimeout: self = .pongTimeout
        case .stunTimeout: self = .stunTimeout
        case .stunError(let code): self = .stunError(code)
        case .mappedAddressChanged: self = .mappedAddressChanged
        case .unreachable: self = .portUnreachable
        case .closed: self = .closedByPeer
        }
    }

    /// A word for machines.
    public var code: String {
        switch self {
        case .refused(let status): "status-\(status)"
        case .timedOut: "timeout"
        case .notBound: "not-bound"
        case .authentication: "authentication"
        case .closedByPeer: "fin"
        case .reset: "rst"
        case .portUnreachable: "icmp-unreachable"
        case .pongTimeout: "pong-timeout"
        case .stunTimeout: "stun-timeout"
        case .stunError(let code): "stun-error-\(code)"
        case .mappedAddressChanged: "mapped-address-changed"
        case .unreadable: "unreadable"
        case .tls: "tls"
        case .webSocket: "websocket"
        case .host(let number): "errno-\(number)"
        }
    }

    /// Words for people, without the host's own words for an error number.
    public var description: String {
        switch self {
        case .refused(let status): "refused with \(status)"
        case .timedOut: "no answer to REGISTER"
        case .notBound: "a 2xx that does not list the binding"
        case .authentication: "credentials refused"
        case .closedByPeer: "closed by the server (FIN)"
        case .reset: "reset by the server (RST)"
        case .portUnreachable: "nobody listens there (ICMP)"
        case .pongTimeout: "no pong within 10 s"
        case .stunTimeout: "no answer to STUN"
        case .stunError(let code): "STUN error response \(code)"
        case .mappedAddressChanged: "mapped address changed"
        case .unreadable: "octets that are no SIP"
        case .tls: "TLS failed"
        case .webSocket: "WebSocket refused or closed"
        case .host(let number): "error \(number)"
        }
    }

    public static func < (left: FleetCause, right: FleetCause) -> Bool { left.code < right.code }
}

/// Times in nanoseconds, counted in classes that are each 1/64 wide: hours of load need no more memory than seconds.
public struct TimeHistogram: Sendable {
    private static let fraction = 6

    public private(set) var count = 0
    public private(set) var minimum: Int64 = .max
    public private(set) var maximum: Int64 = 0
    private var classes: [UInt32] = []

    public init() {}

    public var isEmpty: Bool { count == 0 }

    /// Below 0 counts as 0.
    mutating func add(_ time: Duration) {
        let value = max(0, time.inNanoseconds)
        count += 1
        minimum = min(minimum, value)
        maximum = max(maximum, value)
        let place = Self.place(UInt64(value))
        if place >= classes.count {
            classes.append(contentsOf: repeatElement(0, count: place + 1 - classes.count))
        }
        classes[place] &+= 1
    }

    /// The value below which `percent` of the times lie (nearest rank), to 1.6 %; nil without any.
    ///
    /// - Precondition: `percent` is 1…100.
    public func percentile(_ percent: Int) -> Int64? {
        precondition((1...100).contains(percent))
        guard count > 0 else { return nil }
        let rank = max(1, (count * percent + 99) / 100)
        if rank == count { return maximum }
        var seen = 0
        for (place, number) in classes.enumerated() {
            seen += Int(number)
            if seen >= rank { return min(max(Self.middle(place), minimum), maximum) }
        }
        return maximum
    }

    /// The class of a value: its leading bit, and the six bits after it.
    private static func place(_ value: UInt64) -> Int {
        guard value >> fraction > 0 else { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        return (exponent - fraction + 1) << fraction + Int(value >> UInt64(exponent - fraction) & 63)
    }

    private static func middle(_ place: Int) -> Int64 {
        guard place >> fraction > 0 else { return Int64(place) }
        let shift = place >> fraction - 1
        let lower = Int64(64 + place & 63) << Int64(shift)
        return lower + Int64(1) << Int64(shift) / 2
    }
}
