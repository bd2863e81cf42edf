import Glibc

/// Why a registration did not come about, or a flow was lost.
public enum FleetCause: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// A final answer other than 2xx.
    case refused(UInt16)
    /// No final answer until Timer F.
    case timedOut
    /// A 2xx that does not list the binding, or with no time left.
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
        case .notBound: "a 2xx that does not list the binding, or with no time left"
        case .authentication: "credentials refused"
        case .closedByPeer: "closed by the server (FIN)"
        case .reset: "reset by the server (RST)"
        case .portUnreachable: "refused: nobody listens there"
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
