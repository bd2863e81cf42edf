/// The opening handshake of a WebSocket as a capture shows it: what the client asked for, and what the server made of it
/// (RFC 6455 §4, RFC 7118 §4).
struct CapturedHandshake {
    /// What a client asks for.
    enum Asking {
        /// Something else.
        case other
        case sip
        /// A WebSocket of another sub-protocol, or of none: the first message shows what they speak. `SIP` is another name
        /// than `sip`, for no RFC makes case in it void (RFC 6455 §4.1, RFC 7118 §4).
        case opaque
    }

    /// What an answer makes of the connection.
    enum Answer {
        /// Something else.
        case other
        /// HTTP goes on: the client may ask again.
        case refused(WebSocketRefusal)
        /// The connection is a WebSocket; a client that looks ends it where something is wrong with the answer.
        case granted(Grant)
    }

    struct Grant {
        /// The sub-protocol is not `sip`, yet it does not say that they speak something else.
        var isOpaque = false
        var namesSIP = false
        var compression: MessageCompression?
        /// Another extension may give reserved bits a meaning.
        var hasOtherExtensions = false
        var refusal: WebSocketRefusal?
    }

    private struct Request {
        let path: String
        let origin: String?
        let key: String?
        let protocols: [String]
        let extensions: [String]

        var offersSIP: Bool { protocols.contains(WebSocketHandshake.subprotocol) }
    }

    private var request: Request?

    var isSeen: Bool { request != nil }
    /// The client offered the sub-protocol `sip`.
    var offersSIP: Bool { request?.offersSIP == true }

    /// Whether the client's request would let reserved bits have a meaning.
    var offersOtherExtensions: Bool { Self.hasOthers(request?.extensions ?? []) }

    private static func hasOthers(_ extensions: [String]) -> Bool {
        !extensions.allSatisfy { $0 == MessageCompression.name }
    }

    private static func isUpgrade(_ head: HTTPHead) -> Bool {
        head.list("upgrade").contains { $0.lowercased() == "websocket" }
    }

    /// Takes the head of a client.
    mutating func ask(_ head: HTTPHead) -> Asking {
        guard Self.isUpgrade(head) else { return .other }
        let parts = head.startLine.split(separator: " ")
        let request = Request(
            path: parts.count > 1 ? WebSocketRefusal.path(parts[1]) : "", origin: head.value("origin"),
            key: head.value("sec-websocket-key"), protocols: head.list("sec-websocket-protocol"),
            extensions: head.extensions)
        self.request = request
        return request.offersSIP ? .sip : .opaque
    }

    /// Takes the head of a server.
    func answer(_ head: HTTPHead) -> Answer {
        guard let request, request.offersSIP else { return answerWithoutOffer(head) }
        var grant = self.grant(head)
        do throws(WebSocketHandshake.ClientFault) {
            let accept = request.key.flatMap { try? WebSocketHandshake.accept(key: $0) }
            try WebSocketHandshake.check(head, accept: accept, offered: request.extensions)
        } catch {
            switch error {
            case .status, .notHTTP: return .refused(refusal(error))
            case .field, .subprotocol:
                let named = head.list("sec-websocket-protocol")
                // A server may choose another one of those that were offered.
                grant.isOpaque =
                    !named.isEmpty && !named.contains(WebSocketHandshake.subprotocol)
                    && named.allSatisfy(request.protocols.contains)
                if !grant.isOpaque { grant.refusal = refusal(error) }
            }
        }
        return .granted(grant)
    }

    private func answerWithoutOffer(_ head: HTTPHead) -> Answer {
        let status = head.startLine.split(separator: " ").dropFirst().first
        guard Self.isUpgrade(head), head.startLine.hasPrefix("HTTP/1."), status == "101" else { return .other }
        var grant = self.grant(head)
        // A client that is granted what it did not ask for goes away, or speaks SIP all the same.
        grant.isOpaque = isSeen || !grant.namesSIP
        return .granted(grant)
    }

    private func grant(_ head: HTTPHead) -> Grant {
        Grant(
            namesSIP: head.list("sec-websocket-protocol") == [WebSocketHandshake.subprotocol],
            compression: MessageCompression(granted: head), hasOtherExtensions: Self.hasOthers(head.extensions))
    }

    /// The answer was no head of HTTP.
    var refusalWithoutHTTP: WebSocketRefusal {
        refusal(.notHTTP(ParseError(.unexpected, at: 0, in: "status-line")))
    }

    /// There was no answer.
    var refusalBySilence: WebSocketRefusal { refusal(nil) }

    private func refusal(_ fault: WebSocketHandshake.ClientFault?) -> WebSocketRefusal {
        WebSocketRefusal(fault, path: request?.path ?? "", origin: request?.origin)
    }
}
