import ArgumentParser
import OutboundKit

/// Where to send SIP: a SIP URI, `host`, `host:port` or `[v6]:port`, reduced to what a socket needs.
struct SIPTarget: Sendable, CustomStringConvertible {
    let uri: SIPURI
    let transport: TransportProtocol
    let host: String
    let port: UInt16

    /// Reads the text of an option.
    /// - Parameter option: its name, for the message.
    /// - Throws: `ValidationError`, which becomes exit status 64.
    init(_ text: String, option: String) throws {
        let lower = text.lowercased()
        for scheme in ["sips:", "ws://", "wss://"] where lower.hasPrefix(scheme) {
            throw ValidationError("\(option) '\(text)': TLS and WebSocket are not in this version; use udp or tcp.")
        }
        let isURI = lower.hasPrefix("sip:")
        do {
            // A bare IPv6 address would read as host and port.
            let isBareIPv6 = !isURI && !text.hasPrefix("[") && IPAddress(text)?.isIPv6 == true
            uri = try SIPURI.parse(isURI ? text : isBareIPv6 ? "sip:[\(text)]" : "sip:\(text)")
        } catch {
            throw ValidationError("\(option) '\(text)' is no SIP URI, host, or host:port (\(error)).")
        }
        guard uri.scheme == .sip, !uri.host.isEmpty else {
            throw ValidationError("\(option) '\(text)' is no SIP URI, host, or host:port.")
        }
        transport = try Self.transport(of: uri, text, option)
        host = uri.host
        port = uri.port ?? transport.defaultPort
        guard port != 0 else { throw ValidationError("\(option) '\(text)': port 0 cannot be sent to.") }
    }

    static func transport(of uri: SIPURI, _ text: String, _ option: String) throws -> TransportProtocol {
        guard let name = uri.parameter("transport") else { return .udp }
        switch TransportProtocol(name) {
        case .udp: return .udp
        case .tcp: return .tcp
        case .tls, .ws, .wss, .sctp:
            throw ValidationError(
                "\(option) '\(text)': transport \(name) is not in this version; use udp or tcp.")
        case nil:
            throw ValidationError("\(option) '\(text)': transport '\(name)' is none that sipob knows.")
        }
    }

    /// The transport that the text names; nil where NAPTR and SRV records decide (RFC 3263 §4.1).
    var givenTransport: TransportProtocol? { uri.hasParameter("transport") ? transport : nil }

    /// The URI as a pre-loaded Route (RFC 3261 §8.1.2): its user kept, `lr` added.
    var route: SIPURI {
        var route = uri
        route.headers = []
        if !route.hasParameter("lr") { route.parameters.append(SIPParameter("lr")) }
        return route
    }

    /// A name whose port or transport is left to the records stands alone.
    var description: String {
        if uri.address == nil, uri.port == nil { return givenTransport.map { "\(host) (\($0))" } ?? host }
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
