/// A handshake for SIP over WebSocket that came to nothing, or would have for a client that looks (RFC 6455 §4.1): what the
/// server answered, and to what. Texts of the peers are cut, and a path has no query, where tokens stand.
public struct WebSocketRefusal: Sendable, Hashable {
    /// nil where nothing was answered.
    public let fault: WebSocketHandshake.ClientFault?
    public let path: String
    public let origin: String?

    /// Characters that are kept of a text.
    private static let maximumText = 100

    public init(_ fault: WebSocketHandshake.ClientFault?, path: String, origin: String?) {
        self.path = Self.path(Self.cut(path)[...])
        self.origin = origin.map(Self.cut)
        self.fault =
            switch fault {
            case .status(let code, let reason): .status(code, Self.cut(reason))
            case .field(let name, let value): .field(name, value.map(Self.cut))
            case .subprotocol(let named): .subprotocol(named.map(Self.cut))
            // Where in it the defect is tells nothing more.
            case .notHTTP: .notHTTP(ParseError(.unexpected, at: 0, in: "status-line"))
            case nil: nil
            }
    }

    /// A request target without its query.
    static func path(_ target: Substring) -> String { String(target.prefix { $0 != "?" }) }

    private static func cut(_ text: String) -> String {
        text.count > maximumText ? text.prefix(maximumText - 1) + "…" : text
    }

    /// How a group of refusals is called: what the server answers.
    public enum Kind: Hashable, Sendable {
        /// A 101 that a client must not take.
        case faulty
        case status(UInt16)
        case notHTTP
        case silence
    }

    public var kind: Kind {
        switch fault {
        case .field, .subprotocol: .faulty
        case .status(let code, _): .status(code)
        case .notHTTP: .notHTTP
        case nil: .silence
        }
    }

    /// The status of HTTP, 0 where nothing of the kind came.
    var status: UInt32 {
        switch kind {
        case .faulty: 101
        case .status(let code): UInt32(code)
        case .notHTTP, .silence: 0
        }
    }

    /// The client goes on with what the answer tells it: with credentials, or elsewhere (RFC 9110 §15.4, §15.5.2).
    public var isStepOnTheWay: Bool {
        guard case .status(let code) = kind else { return false }
        return 300..<400 ~= code || code == 401 || code == 407
    }

    /// What the server answered, in the words of the end of a sentence.
    public var answer: String {
        switch fault {
        case nil: "the server does not answer"
        case .notHTTP?: "the answer is no HTTP response"
        case let fault?: fault.description
        }
    }

    /// What the client asked for: `GET /ws, Origin https://example.com`.
    public var asked: String { "GET \(path)" + (origin.map { ", Origin \($0)" } ?? "") }
}
