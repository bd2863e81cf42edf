/// Where the evidence was taken. A rule may ask for it, never for the source of an event.
public enum Vantage: String, Sendable, Hashable, CaseIterable {
    /// Before the NAT: what the user agent really sent, and when.
    case ua
    /// Between the NAT and the edge proxy: times carry network delay, addresses are the NAT's.
    case edge
    /// Between the edge proxy and the registrar: no keep-alives are due here.
    case core
}

/// An allowance around a bound: an absolute part or a share of the bound, whichever is larger.
public struct Tolerance: Sendable, Hashable {
    /// Nanoseconds.
    public var absolute: Int64
    public var percent: Int64

    public init(absolute: Int64, percent: Int64) {
        self.absolute = absolute
        self.percent = percent
    }

    /// The allowance around `bound`, in nanoseconds.
    @inlinable public func around(_ bound: Int64) -> Int64 { max(absolute, bound / 100 &* percent) }
}

/// How far an observation may stray before it is held against anybody. The defaults are the catalogue's.
public struct Tolerances: Sendable, Hashable {
    /// Around the bounds of keep-alive intervals.
    public var keepAlive = Tolerance(absolute: .second, percent: 2)
    /// Added to upper bounds when the evidence was taken at the edge side of the network; nanoseconds.
    public var edgeAllowance: Int64 = 2 * .second
    /// Added to the 10 seconds of a pong; nanoseconds.
    public var pong: Int64 = .second / 2
    /// Around the waits of flow recovery.
    public var backOff = Tolerance(absolute: .second, percent: 2)
    /// Around the gaps of a STUN retransmission schedule.
    public var stunGap = Tolerance(absolute: 20_000_000, percent: 10)

    public init() {}
}

/// What is assumed of the parties, where the wire does not show it.
public struct AuditSettings: Sendable, Hashable {
    public var vantage = Vantage.ua
    public var tolerances = Tolerances()
    /// The recovery times of RFC 5626 §4.5 in nanoseconds: base when all flows failed, base otherwise, maximum.
    public var lowBase: Int64 = 30 * .second
    public var highBase: Int64 = 90 * .second
    public var maximumWait: Int64 = 1800 * .second
    /// The recovery times above are the user agent's real settings, not the RFC's defaults: then too short a wait is a
    /// violation, not only a warning.
    public var recoveryTimesAreKnown = false
    /// The user agents are configured to use STUN on this server, which counts as a sign of support (OB-STUN-007).
    public var stunIsConfigured = false

    public init() {}
}

extension Int64 {
    /// One second in nanoseconds, the unit of all times in the audit.
    @inlinable static var second: Int64 { 1_000_000_000 }

    /// "Not yet": earlier than every time of a capture, yet far enough from the ends to compute with.
    @inlinable static var never: Int64 { -4_000_000_000_000_000_000 }
}
