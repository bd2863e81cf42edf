import OutboundKit

/// What a target is for: it says over what it can be reached, and where else to turn.
enum TargetUse {
    /// register-test.
    case registration
    /// The registrar behind an edge proxy.
    case upstream
    case stunPing
    case crlfPing
    case webSocketPing

    /// What the command speaks, the preferred one first; that one is taken where neither the target nor a record says.
    var transports: [TransportProtocol] {
        switch self {
        case .registration: [.udp, .tcp, .tls, .ws, .wss]
        case .upstream: [.udp, .tcp, .tls]
        case .stunPing: [.udp]
        case .crlfPing: [.tcp, .tls]
        case .webSocketPing: [.ws, .wss]
        }
    }

    /// Those among which NAPTR and SRV records may choose. A WebSocket is asked for by name: it needs a path.
    var locatable: [TransportProtocol] { transports.filter { !$0.isWebSocket } }

    /// Why not over that transport, and what to do.
    func refusal(of transport: TransportProtocol) -> String {
        switch (self, transport) {
        case (_, .sctp): "SCTP is none of sipob's transports; use tcp"
        case (.stunPing, _):
            "STUN keeps UDP flows alive only; streams use CRLF or WebSocket Pings (RFC 5626 section 4.4): sipob crlf-ping, "
                + "sipob ws-ping"
        case (.crlfPing, .udp):
            "CRLF keeps streams alive only; UDP uses STUN (RFC 5626 section 4.4): sipob stun-ping"
        case (.crlfPing, _): "it is WebSocket: sipob ws-ping"
        case (.webSocketPing, _): "it is no WebSocket; give a URI, as in ws://edge.example.com:8080/ws"
        case (.upstream, _): "between an edge proxy and its registrar only udp, tcp and tls are spoken"
        case (.registration, _): "use udp, tcp, tls, ws or wss"
        }
    }
}
