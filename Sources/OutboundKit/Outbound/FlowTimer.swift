/// The Flow-Timer header field: for how many seconds of silence the server at least keeps a flow (RFC 5626 §10, §11.1).
///
///     Flow-Timer = "Flow-Timer" HCOLON 1*DIGIT
public struct FlowTimer: Hashable, Sendable, CustomStringConvertible {
    /// Any 64-bit value; the grammar has no upper bound, so larger ones are held at the largest.
    public let seconds: UInt64

    public init(seconds: UInt64) { self.seconds = seconds }

    /// - Throws: `.missing` for an empty value, `.unexpected` for anything but digits: no sign, fraction, list or
    ///   parameter is allowed here.
    public static func parse(_ text: some StringProtocol) throws(ParseError) -> FlowTimer {
        var value: UInt64 = 0
        var offset = 0
        for octet in text.utf8 {
            guard ASCII.isDigit(octet) else { throw ParseError(.unexpected, at: offset, in: "Flow-Timer") }
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(UInt64(octet - ASCII.zero))
            value = overflow || carry || value == .max ? .max : sum
            offset += 1
        }
        guard offset > 0 else { throw ParseError(.missing, at: 0, in: "Flow-Timer") }
        return FlowTimer(seconds: value)
    }

    public var description: String { String(seconds) }

    /// In words: what is held at the largest value is not what was sent.
    public static func words(_ seconds: UInt64) -> String { seconds == .max ? "too large" : "\(seconds) s" }

    /// With its name, inside a sentence: `Flow-Timer of 20 s`.
    public static func named(_ seconds: UInt64) -> String {
        seconds == .max ? "Flow-Timer that is too large" : "Flow-Timer of \(seconds) s"
    }

    /// For documents, which have no number that is another one.
    public static func number(_ seconds: UInt64?) -> UInt64? { seconds == .max ? nil : seconds }
}

/// The bounds between which each keep-alive interval is drawn anew (RFC 5626 §4.4). In nanoseconds.
public struct KeepAliveInterval: Hashable, Sendable {
    public let lower: Int64
    public let upper: Int64

    /// - Precondition: 0 < `lower` ≤ `upper`.
    public init(lower: Int64, upper: Int64) {
        precondition(0 < lower && lower <= upper)
        self.lower = lower
        self.upper = upper
    }

    private static let second: Int64 = 1_000_000_000

    /// STUN over UDP without Flow-Timer (RFC 5626 §4.4.2).
    public static let datagram = KeepAliveInterval(lower: 24 * second, upper: 29 * second)
    /// CRLF over streams without Flow-Timer (RFC 5626 §4.4.1).
    public static let stream = KeepAliveInterval(lower: 95 * second, upper: 120 * second)
    /// The same for a device that must save its battery (RFC 5626 §4.4.1).
    public static let streamOnBattery = KeepAliveInterval(lower: 672 * second, upper: 840 * second)
    /// The longest interval: about 68 years, where Flow-Timers that mean "for ever" end.
    public static let longest: Int64 = 0x7FFF_FFFF * second

    /// 80 to 100 % of the Flow-Timer (RFC 5626 §4.4), but never more than one keep-alive a second: a Flow-Timer of 0 or
    /// 1 must not make a client send in a loop.
    public init(_ flowTimer: FlowTimer) {
        let seconds = Int64(min(flowTimer.seconds, UInt64(Self.longest / Self.second)))
        let upper = max(seconds, 1) * Self.second
        self.init(lower: max(upper / 5 * 4, Self.second), upper: upper)
    }

    /// What is due on a flow: its Flow-Timer where there is one, else its transport's default.
    public static func applicable(
        flowTimer: FlowTimer?, transport: TransportProtocol, onBattery: Bool = false
    ) -> KeepAliveInterval {
        if let flowTimer { return KeepAliveInterval(flowTimer) }
        guard transport.isStream else { return .datagram }
        return onBattery ? .streamOnBattery : .stream
    }

    /// A new random interval, uniform between the bounds.
    public func draw(using generator: inout some RandomNumberGenerator) -> Duration {
        .nanoseconds(Int64.random(in: lower...upper, using: &generator))
    }
}
