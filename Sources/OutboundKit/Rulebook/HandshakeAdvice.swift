/// What to do where a WebSocket's opening handshake came to nothing.
public enum HandshakeAdvice {
    /// - Parameters:
    ///   - fault: nil where the server did not answer.
    ///   - path: what to do where the server does not serve WebSocket there, or not to this client.
    public static func words(for fault: WebSocketHandshake.ClientFault?, path: String) -> String {
        switch fault {
        case nil: "check that the port speaks WebSocket"
        case .notHTTP(let error) where error.code == .limit: "let the server answer with fewer or shorter header fields"
        case .notHTTP: "check that the port speaks WebSocket"
        case .status(let status, _): self.status(status) ?? path
        case .field: "RFC 6455 section 4.2.2 says what a 101 has; look at the server, and at HTTP proxies on the way"
        case .subprotocol: "RFC 7118 section 4 asks for a 101 with the subprotocol sip"
        }
    }

    private static func status(_ status: UInt16) -> String? {
        switch status {
        case 300..<400: "redirects are not followed: name the URI that its Location header field has"
        case 401, 407: "it wants credentials of HTTP, which few clients send: let it admit the handshake without them"
        case 426: "check that both ends speak WebSocket version 13 at this path"
        case 429, 500..<600: "the server is not ready to serve it: look into its log, and at what stands behind it"
        default: nil
        }
    }
}
