/// A SIP transport, by its name in a Via header and in a `transport` parameter (RFC 3261 §25.1, RFC 7118).
public enum TransportProtocol: UInt8, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    case udp
    case tcp
    case tls
    case sctp
    case ws
    case wss

    /// Reads the name in any case.
    public init?(_ name: some StringProtocol) {
        let lower = name.lowercased()
        guard let match = Self.allCases.first(where: { $0.description == lower }) else { return nil }
        self = match
    }

    /// Lower case, as in a `transport` parameter; a Via writes it in capitals.
    public var description: String {
        switch self {
        case .udp: "udp"
        case .tcp: "tcp"
        case .tls: "tls"
        case .sctp: "sctp"
        case .ws: "ws"
        case .wss: "wss"
        }
    }

    /// A byte stream, on which CRLF keep-alives may run (RFC 5626 §4.4.1).
    public var isStream: Bool { self != .udp }

    /// SIP inside TLS.
    public var isSecured: Bool { self == .tls || self == .wss }

    /// Each SIP message stands in a frame of its own (RFC 7118 §5).
    public var isWebSocket: Bool { self == .ws || self == .wss }

    /// The port of a URI without one (RFC 3261 §19.1.2; RFC 7118 §5.5 through the HTTP defaults).
    public var defaultPort: UInt16 {
        switch self {
        case .udp, .tcp, .sctp: 5060
        case .tls: 5061
        case .ws: 80
        case .wss: 443
        }
    }
}
