import ArgumentParser
import OutboundKit

/// Where to send SIP, as users write it for every command: a SIP or SIPS URI, `host`, `host:port`, `[v6]:port`, or
/// `ws://host:port/path` and `wss://…`.
struct SIPTarget: Sendable, CustomStringConvertible {
    /// As the user wrote it.
    let text: String
    /// Of a WebSocket's URI: the SIP URI of that server.
    let uri: SIPURI
    /// The transport that the text names; nil where NAPTR and SRV records decide (RFC 3263 §4.1).
    let givenTransport: TransportProtocol?
    /// That one or, where it is open, the first choice.
    let transport: TransportProtocol
    let host: String
    /// Nil where the records, or the transport, decide.
    let givenPort: UInt16?
    /// What the handshake of a WebSocket asks for, as in the Host header field, and the path with its query.
    let authority: String
    let path: String

    /// Reads the text of an option or argument.
    /// - Parameter option: its name, for the message.
    /// - Throws: `ValidationError`, which becomes exit status 64.
    init(_ text: String, option: String, for use: TargetUse) throws {
        func bad(_ why: String) -> ValidationError { ValidationError("\(option) '\(text)': \(why).") }
        let lower = text.lowercased()
        if lower.hasPrefix("ws://") || lower.hasPrefix("wss://") {
            (uri, path) = try Self.webSocket(text, bad)
        } else {
            uri = try Self.sip(text, lower, bad)
            path = "/"
        }
        self.text = text
        givenTransport = try Self.transport(of: uri, bad)
        // A sips URI without a transport is reached over TLS, a sip URI over what is usual for the command.
        let open: TransportProtocol = uri.scheme == .sips ? .tls : use.transports[0]
        transport = givenTransport ?? open
        guard use.transports.contains(transport) else { throw bad(use.refusal(of: transport)) }
        // A host alone says nothing of WebSocket, and a guess would end in a connection to a web server.
        if use == .webSocketPing, givenTransport == nil { throw bad(use.refusal(of: .tcp)) }
        host = uri.host
        if uri.address == nil, IPAddress.isNumber(host: host) {
            throw bad("'\(host)' is no address and no name; an IPv4 address has four numbers up to 255")
        }
        // The port of a ws or wss URI is that of HTTP (RFC 6455 §3): no record decides it.
        givenPort = uri.port ?? (lower.hasPrefix("ws") && lower.contains("://") ? transport.defaultPort : nil)
        authority = Self.authority(uri)
        guard port != 0 else { throw bad("port 0 cannot be sent to") }
    }

    var port: UInt16 { givenPort ?? transport.defaultPort }

    /// The secured transports that it may come to: the one that it names, or TLS where records decide.
    var securedTransports: [TransportProtocol] {
        if transport.isSecured { return [transport] }
        return givenTransport == nil && givenPort == nil && uri.address == nil ? [.tls] : []
    }

    private static func sip(_ text: String, _ lower: String, _ bad: (String) -> ValidationError) throws -> SIPURI {
        let isURI = lower.hasPrefix("sip:") || lower.hasPrefix("sips:")
        if lower.hasPrefix("http://") || lower.hasPrefix("https://") {
            throw bad("a WebSocket is named by \(lower.hasPrefix("https") ? "wss" : "ws")://, not by http")
        }
        if lower.hasPrefix("sip://") || lower.hasPrefix("sips://") {
            throw bad("a SIP URI has no // behind its scheme: leave it out")
        }
        if let mark = lower.firstRange(of: "://"), lower[..<mark.lowerBound].utf8.allSatisfy(ASCII.isToken) {
            throw bad("'\(lower[..<mark.lowerBound])' is no scheme of SIP: write sip:, sips:, ws:// or wss://")
        }
        if text.contains("%"), text.hasPrefix("[") || text.filter({ $0 == ":" }).count > 1 && !isURI {
            throw bad(
                "an address with a zone, such as fe80::1%eth0, is not taken: give a name or an address without one")
        }
        // A bare IPv6 address would read as host and port.
        let isBareIPv6 = !isURI && !text.hasPrefix("[") && IPAddress(text)?.isIPv6 == true
        var uri: SIPURI
        do {
            uri = try SIPURI.parse(isURI ? text : isBareIPv6 ? "sip:[\(text)]" : "sip:\(text)")
        } catch {
            throw bad("it is no SIP URI, host, or host:port (\(error))")
        }
        guard !uri.host.isEmpty else { throw bad("it names no host") }
        uri.headers = []
        return uri
    }

    /// `ws://host:port/path?query` (RFC 6455 §3).
    private static func webSocket(
        _ text: String, _ bad: (String) -> ValidationError
    ) throws -> (uri: SIPURI, path: String) {
        guard let mark = text.firstRange(of: "://"), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw bad("it is no URI, as in ws://edge.example.com:8080/ws")
        }
        let rest = text[mark.upperBound...]
        guard !rest.contains("#"), !rest.contains("@") else { throw bad("no user and no fragment can stand in it") }
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let path = end == rest.endIndex ? "/" : rest[end] == "?" ? "/" + rest[end...] : String(rest[end...])
        guard var uri = try? SIPURI.parse("sip:\(rest[..<end])"), !uri.host.isEmpty, uri.parameters.isEmpty else {
            throw bad("'\(rest[..<end])' is no host or host:port; an IPv6 address stands in brackets")
        }
        uri.parameters = [SIPParameter("transport", text[..<mark.lowerBound].lowercased())]
        return (uri, path)
    }

    /// The transport that a URI names. `sips` makes it the secured one (RFC 3261 §19.1; RFC 7118 §5.2).
    private static func transport(
        of uri: SIPURI, _ bad: (String) -> ValidationError
    ) throws -> TransportProtocol? {
        guard let name = uri.parameter("transport") else { return nil }
        guard let transport = TransportProtocol(name) else {
            throw bad("transport '\(name)' is none that sipob knows")
        }
        guard uri.scheme == .sips else { return transport }
        switch transport {
        case .tcp, .tls: return .tls
        case .ws, .wss: return .wss
        case .udp, .sctp: throw bad("a sips URI is reached over TLS, which \(transport) does not carry")
        }
    }

    private static func authority(_ uri: SIPURI) -> String {
        let host = uri.host.contains(":") ? "[\(uri.host)]" : uri.host
        return uri.port.map { "\(host):\($0)" } ?? host
    }

    /// The handshake of a WebSocket to it.
    func handshake(origin: String? = nil) -> WebSocketHandshake.Request {
        WebSocketHandshake.Request(host: authority, path: path, origin: origin, userAgent: "sipob/\(sipobVersion)")
    }

    /// The URI as a pre-loaded Route (RFC 3261 §8.1.2): its user kept, `lr` added.
    /// - Parameter isSecure: the scheme is `sips`, which it must not be when the address-of-record's is not: a sips Route
    ///   asks for a sips Contact (RFC 3261 §8.1.1.8), and that for a sips AOR (RFC 5630 §5.1.2).
    func route(isSecure: Bool) -> SIPURI {
        var route = uri
        route.scheme = isSecure ? .sips : .sip
        let name: String? =
            switch transport {
            // The URI parameter of secure WebSocket is ws too (RFC 7118 §5.2).
            case .ws, .wss: "ws"
            case .tls: isSecure ? nil : "tls"
            case .udp, .tcp, .sctp: givenTransport?.description
            }
        route.parameters.removeAll { $0.name.lowercased() == "transport" }
        if let name { route.parameters.insert(SIPParameter("transport", name), at: 0) }
        if !route.hasParameter("lr") { route.parameters.append(SIPParameter("lr")) }
        return route
    }

    /// A name whose port or transport is left to the records stands alone.
    var description: String {
        if uri.address == nil, givenPort == nil { return givenTransport.map { "\(host) (\($0))" } ?? host }
        return "\(host.contains(":") ? "[\(host)]" : host):\(port) (\(transport))"
    }
}

/// A local end: `ADDRESS` or `ADDRESS:PORT`.
struct LocalEnd: Sendable {
    let address: TransportAddress

    init(_ text: String) throws {
        if let whole = TransportAddress(text) {
            address = whole
        } else if let ip = IPAddress(text) {
            address = TransportAddress(ip: ip, port: 0)
        } else {
            throw ValidationError(
                "--bind '\(text)' is no address, as in 192.0.2.7, 192.0.2.7:5070 or [2001:db8::7]:5070.")
        }
    }
}
