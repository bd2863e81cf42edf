/// What the network or the host said against a datagram of ours.
public struct NetworkError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Origin: Sendable, Hashable {
        /// The host's own stack, at the send.
        case local(errno: Int32)
        /// ICMP for IPv4 (RFC 792).
        case icmp(type: UInt8, code: UInt8)
        /// ICMP for IPv6 (RFC 4443).
        case icmpv6(type: UInt8, code: UInt8)
    }

    public let origin: Origin
    /// Who sent the ICMP error, where the host says so.
    public let reporter: IPAddress?
    /// The host's words for a local error.
    public let words: String

    public init(_ origin: Origin, reporter: IPAddress? = nil, words: String = "") {
        self.origin = origin
        self.reporter = reporter
        self.words = words
    }

    /// Whether it ends a transaction: RFC 1122 §3.2.2.1 counts protocol and port unreachable as hard, and the network
    /// and host kinds as passing conditions; administrative prohibition and what the host itself refuses will not pass.
    public var isHard: Bool {
        switch origin {
        case .local: true
        case .icmp(let type, let code): type == 3 && ![0, 1, 4, 5, 11, 12].contains(code)
        case .icmpv6(let type, let code): type == 1 && [1, 4, 5, 6].contains(code) || type == 4
        }
    }

    public var description: String {
        let by = reporter.map { " from \($0)" } ?? ""
        switch origin {
        case .local: return words
        case .icmp(3, 3), .icmpv6(1, 4): return "port unreachable (ICMP\(by))"
        case .icmp(3, 2): return "protocol unreachable (ICMP\(by))"
        case .icmp(3, 0), .icmpv6(1, 0): return "no route to the network (ICMP\(by))"
        case .icmp(3, 1), .icmpv6(1, 3): return "host unreachable (ICMP\(by))"
        case .icmp(3, 9), .icmp(3, 10), .icmp(3, 13), .icmpv6(1, 1): return "prohibited by a filter (ICMP\(by))"
        case .icmp(11, _), .icmpv6(3, _): return "time to live exceeded (ICMP\(by))"
        case .icmp(let type, let code), .icmpv6(let type, let code): return "ICMP type \(type) code \(code)\(by)"
        }
    }
}
