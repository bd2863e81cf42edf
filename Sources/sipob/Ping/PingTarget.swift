import ArgumentParser
import OutboundKit

/// Where crlf-ping connects to.
struct StreamTarget: Sendable {
    let host: String
    let port: UInt16
    let transport: TransportProtocol
    /// The Request-URI of OPTIONS.
    let uri: String

    /// Reads a SIP URI, `host`, `host:port` or `[v6]:port`; TCP where nothing else is said.
    /// - Throws: `ValidationError`, which becomes exit status 64.
    init(_ text: String) throws {
        let lower = text.lowercased()
        if lower.hasPrefix("ws://") || lower.hasPrefix("wss://") {
            throw ValidationError("target '\(text)' is WebSocket: use sipob ws-ping.")
        }
        let isURI = lower.hasPrefix("sip:") || lower.hasPrefix("sips:")
        // A bare IPv6 address would read as host and port.
        let isBareIPv6 = !isURI && !text.hasPrefix("[") && IPAddress(text)?.isIPv6 == true
        var uri: SIPURI
        do {
            uri = try SIPURI.parse(isURI ? text : isBareIPv6 ? "sip:[\(text)]" : "sip:\(text)")
        } catch {
            throw ValidationError("target '\(text)' is no SIP URI, host, or host:port (\(error)).")
        }
        guard !uri.host.isEmpty else { throw ValidationError("target '\(text)' names no host.") }
        transport = try Self.transport(uri, text)
        host = uri.host
        port = uri.port ?? transport.defaultPort
        guard port != 0 else { throw ValidationError("target '\(text)': port 0 cannot be connected to.") }
        uri.headers = []
        if !uri.hasParameter("transport"), uri.scheme == .sip {
            uri.parameters.append(SIPParameter("transport", transport.description))
        }
        self.uri = uri.description
    }

    private static func transport(_ uri: SIPURI, _ text: String) throws -> TransportProtocol {
        let name = uri.parameter("transport")
        switch (uri.scheme, name.flatMap { TransportProtocol($0) }) {
        case (_, .udp):
            throw ValidationError(
                "target '\(text)': CRLF keeps streams alive only; UDP uses STUN (RFC 5626 section 4.4): sipob stun-ping."
            )
        case (_, .ws), (_, .wss):
            throw ValidationError("target '\(text)' is WebSocket: use sipob ws-ping with a ws:// or wss:// URI.")
        case (_, .sctp): throw ValidationError("target '\(text)': SCTP is not in this version; use tcp.")
        case (.sips, _), (_, .tls): return .tls
        case (_, .tcp): return .tcp
        case (_, nil):
            guard let name else { return .tcp }
            throw ValidationError("target '\(text)': transport '\(name)' is none that sipob knows.")
        }
    }
}

/// Where ws-ping connects to: `ws://host:port/path`.
struct WebSocketTarget: Sendable {
    let host: String
    let port: UInt16
    let transport: TransportProtocol
    /// As in the Host header field.
    let authority: String
    /// With the query.
    let path: String

    /// - Throws: `ValidationError`, which becomes exit status 64.
    init(_ text: String) throws {
        func bad(_ why: String) -> ValidationError { ValidationError("target '\(text)': \(why).") }
        guard let mark = text.firstRange(of: "://"), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw bad("give a URI, as in ws://edge.example.com:8080/ws")
        }
        switch text[..<mark.lowerBound].lowercased() {
        case "ws": transport = .ws
        case "wss": transport = .wss
        case let scheme: throw bad("\(scheme) is not WebSocket; use ws:// or wss://")
        }
        let rest = text[mark.upperBound...]
        guard !rest.contains("#"), !rest.contains("@") else { throw bad("no user and no fragment can stand in it") }
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        authority = String(rest[..<end])
        path = end == rest.endIndex ? "/" : rest[end] == "?" ? "/" + rest[end...] : String(rest[end...])
        guard let parsed = try? SIPURI.parse("sip:\(authority)"), !parsed.host.isEmpty, parsed.parameters.isEmpty else {
            throw bad("'\(authority)' is no host or host:port; an IPv6 address stands in brackets")
        }
        host = parsed.host
        port = parsed.port ?? transport.defaultPort
        guard port != 0 else { throw bad("port 0 cannot be connected to") }
    }
}
