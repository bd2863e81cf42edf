/// How a client's WebSocket came to its end, or never began.
public enum WebSocketEnding: Sendable, Hashable, CustomStringConvertible {
    /// The opening handshake was answered with something that cannot be used.
    case notOpened(WebSocketHandshake.ClientFault)
    /// The opening handshake was not answered in the time that its owner gave it.
    case unanswered
    /// The peer's Close frame.
    case closed(WebSocketClose)
    /// The peer broke the protocol.
    case fault(WebSocketFault)

    /// In the words of the middle of a sentence; a reason phrase in it is the peer's own.
    public var description: String {
        switch self {
        case .notOpened(let fault): "no WebSocket: \(fault)"
        case .unanswered: "no WebSocket: the handshake was not answered"
        case .closed(let close): "the server closed the WebSocket: \(close)"
        case .fault(let fault) where fault.isOwnLimit: "the WebSocket was ended here: \(fault)"
        case .fault(let fault): "the server broke the WebSocket protocol: \(fault)"
        }
    }
}
