/// The opening handshake (RFC 6455 §4) for the subprotocol `sip` (RFC 7118 §4): what is sent, and what is wrong with what
/// came.
public enum WebSocketHandshake {
    /// The subprotocol without which neither end speaks SIP (RFC 7118 §4).
    public static let subprotocol = "sip"
    static let version = "13"

    /// The proof that a server has read the key (RFC 6455 §4.2.2, item 5.4).
    /// - Throws: `CryptoError` when the host disables SHA-1.
    public static func accept(key: String) throws(CryptoError) -> String {
        Base64.encode(try MessageDigest.sha1.hash(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }

    /// What a client asks for.
    public struct Request: Sendable, Hashable {
        /// `host` or `host:port`, as in the URI.
        public var host: String
        /// The resource name: path and query, beginning with a slash.
        public var path: String
        /// What a browser would put there; most servers do not ask for it.
        public var origin: String?
        public var userAgent: String?

        /// - Precondition: no text holds a line end; a URI's parser sees to that.
        public init(host: String, path: String = "/", origin: String? = nil, userAgent: String? = nil) {
            precondition(path.hasPrefix("/"))
            precondition(
                ![host, path, origin ?? "", userAgent ?? ""].contains { $0.utf8.contains { $0 < ASCII.space } })
            self.host = host
            self.path = path
            self.origin = origin
            self.userAgent = userAgent
        }

        /// - Parameter key: 16 random octets in base64.
        func octets(key: String) -> [UInt8] {
            var lines = [
                "GET \(path) HTTP/1.1", "Host: \(host)", "Upgrade: websocket", "Connection: Upgrade",
                "Sec-WebSocket-Key: \(key)", "Sec-WebSocket-Version: \(version)",
                "Sec-WebSocket-Protocol: \(subprotocol)",
            ]
            if let origin { lines.append("Origin: \(origin)") }
            if let userAgent { lines.append("User-Agent: \(userAgent)") }
            return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        }
    }

    /// Why a handshake came to nothing, for a client.
    public enum ClientFault: Error, Sendable, Hashable, CustomStringConvertible {
        /// What came is no HTTP response.
        case notHTTP(ParseError)
        /// Another status than 101, with the server's reason phrase.
        case status(UInt16, String)
        /// A header field that a 101 must have is missing or says something else: its name and value.
        case field(String, String?)
        /// The 101 does not name the subprotocol `sip`; what it names instead, if anything.
        case subprotocol(String?)

        public var description: String {
            switch self {
            case .notHTTP(let error) where error.code == .limit: "the answer is longer than is read here (\(error))"
            case .notHTTP(let error): "the answer is no HTTP response (\(error))"
            case .status(let code, let reason): "the server answers \(code)\(reason.isEmpty ? "" : " \(reason)")"
            case .field(let name, nil): "the 101 has no \(name)"
            case .field(let name, let value?): "the 101 has \(name): \(value)"
            case .subprotocol(nil): "the 101 has no Sec-WebSocket-Protocol: sip"
            case .subprotocol(let other?): "the 101 has Sec-WebSocket-Protocol: \(other) instead of sip"
            }
        }
    }

    /// Checks a server's answer (RFC 6455 §4.1, RFC 7118 §4).
    /// - Parameters:
    ///   - accept: of the request's key; nil where that is not known, so that any will do.
    ///   - offered: the names of the extensions that the request offers.
    static func check(_ head: HTTPHead, accept expected: String?, offered: [String] = []) throws(ClientFault) {
        let parts = head.startLine.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[0].hasPrefix("HTTP/1."), parts[1].utf8.count == 3, let status = UInt16(parts[1])
        else { throw .notHTTP(ParseError(.unexpected, at: 0, in: "status-line")) }
        guard status == 101 else { throw .status(status, parts.count > 2 ? String(parts[2]) : "") }
        guard head.value("upgrade")?.lowercased() == "websocket" else { throw .field("Upgrade", head.value("upgrade")) }
        guard head.list("connection").contains(where: { $0.lowercased() == "upgrade" }) else {
            throw .field("Connection", head.value("connection"))
        }
        let accept = head.value("sec-websocket-accept")
        guard let accept, accept == expected ?? accept else { throw .field("Sec-WebSocket-Accept", accept) }
        // What was not offered may not be used.
        if let extensions = head.value("sec-websocket-extensions"), !extensions.isEmpty,
            offered.isEmpty || !head.extensions.allSatisfy(offered.contains)
        {
            throw .field("Sec-WebSocket-Extensions", extensions)
        }
        let named = head.value("sec-websocket-protocol")
        guard named == subprotocol else { throw .subprotocol(named) }
    }
}

/// What a server admits, and what it answers.
extension WebSocketHandshake {
    public struct Policy: Sendable, Hashable {
        /// The only path that is served; nil serves all.
        public var path: String?
        /// The only origins that are served, where the client names one (browsers do); nil serves all.
        public var origins: Set<String>?
        /// The Server header field.
        public var server: String?

        public init(path: String? = nil, origins: Set<String>? = nil, server: String? = nil) {
            self.path = path
            self.origins = origins
            self.server = server
        }
    }

    /// What a client asked for and got.
    public struct Opening: Sendable, Hashable {
        /// Path and query of the request.
        public let path: String
        public let host: String?
        public let origin: String?
        public let userAgent: String?
    }

    /// A handshake that a server refuses: the HTTP status and why.
    public struct Refusal: Error, Sendable, Hashable, CustomStringConvertible {
        public let status: UInt16
        public let words: String

        public var description: String { "\(status): \(words)" }

        init(_ status: UInt16, _ words: String) {
            self.status = status
            self.words = words
        }

        /// The response, with its reason as the body. The connection closes after it.
        func octets(server: String?) -> [UInt8] {
            let phrase =
                switch status {
                case 403: "Forbidden"
                case 404: "Not Found"
                case 426: "Upgrade Required"
                case 431: "Request Header Fields Too Large"
                case 500: "Internal Server Error"
                default: "Bad Request"
                }
            let body = words + "\r\n"
            var lines = ["HTTP/1.1 \(status) \(phrase)"]
            if status == 426 { lines += ["Upgrade: websocket", "Sec-WebSocket-Version: \(version)"] }
            lines += [
                "Connection: \(status == 426 ? "Upgrade, close" : "close")", "Content-Type: text/plain",
                "Content-Length: \(body.utf8.count)",
            ]
            if let server { lines.append("Server: \(server)") }
            return Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
        }
    }

    /// The path and query of a Request-URI, which may be a whole http URI as well (RFC 6455 §4.1, RFC 9112 §3.2.2).
    private static func resourceName(_ target: Substring) -> String {
        let scheme = target.prefix { $0 != ":" }.lowercased()
        let rest = target.dropFirst(scheme.count)
        guard scheme == "http" || scheme == "https", rest.hasPrefix("://") else { return String(target) }
        let name = rest.dropFirst(3).drop { $0 != "/" && $0 != "?" }
        return name.hasPrefix("/") ? String(name) : "/" + name
    }

    /// Checks a client's request (RFC 6455 §4.2.1) and makes the 101.
    static func answer(_ head: HTTPHead, _ policy: Policy) throws(Refusal) -> (opening: Opening, octets: [UInt8]) {
        let parts = head.startLine.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[2].hasPrefix("HTTP/1.") else { throw Refusal(400, "no HTTP/1.1 request") }
        guard parts[0] == "GET", parts[2] != "HTTP/1.0" else { throw Refusal(400, "the handshake is GET in HTTP/1.1") }
        let path = resourceName(parts[1])
        guard path.hasPrefix("/") else { throw Refusal(400, "the request names no path") }
        guard let host = head.value("host"), !host.isEmpty else { throw Refusal(400, "Host is missing") }
        guard head.list("upgrade").contains(where: { $0.lowercased() == "websocket" }),
            head.list("connection").contains(where: { $0.lowercased() == "upgrade" })
        else { throw Refusal(426, "only WebSocket is spoken here") }
        guard head.value("sec-websocket-version") == version else {
            throw Refusal(426, "Sec-WebSocket-Version is not \(version)")
        }
        guard let key = head.value("sec-websocket-key"), Base64.decode(key.utf8)?.octets.count == 16 else {
            throw Refusal(400, "Sec-WebSocket-Key is no 16 octets in base64")
        }
        guard head.list("sec-websocket-protocol").contains(subprotocol) else {
            throw Refusal(400, "the subprotocol sip is not offered (RFC 7118 section 4)")
        }
        if let wanted = policy.path, wanted != path.split(separator: "?", maxSplits: 1).first.map(String.init) {
            throw Refusal(404, "nothing is served at this path")
        }
        let origin = head.value("origin")
        if let origins = policy.origins, let origin, !origins.contains(origin) {
            throw Refusal(403, "this origin is not admitted")
        }
        guard let accept = try? accept(key: key) else { throw Refusal(500, "SHA-1 is disabled on this host") }
        var lines = [
            "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Accept: \(accept)", "Sec-WebSocket-Protocol: \(subprotocol)",
        ]
        if let server = policy.server { lines.append("Server: \(server)") }
        let opening = Opening(path: path, host: host, origin: origin, userAgent: head.value("user-agent"))
        return (opening, Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8))
    }
}
