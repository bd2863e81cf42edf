/// A flow named outside the user part: proxies also write it into parameters.
public struct FlowHint: Sendable, Hashable {
    /// The parameter, as written.
    public let parameter: String
    /// Who writes it so.
    public let issuer: String
    public let transport: FlowTokenTransport?
    public let address: TransportAddress?

    /// The hints among the parameters of one URI and its header field, in their order.
    static func hints(in parameters: [TokenContext.Parameter]) -> [FlowHint] {
        parameters.compactMap { parameter in
            guard let value = parameter.value, value.utf8.count <= FlowTokenCodec.longestText else { return nil }
            switch parameter.name {
            case "received": return received(parameter.name, value, issuer: "kamailio path")
            case "socket": return received(parameter.name, value, issuer: "sipwise path")
            case "alias": return triple(parameter.name, value, issuer: "kamailio alias")
            case "ov-ob": return oversip(parameter.name, value)
            case "ob": return kamailioGo(parameter.name, value)
            default: return parameter.name.hasPrefix("ctrt") ? flexisip(parameter.name, value) : nil
            }
        }
    }

    /// `sip:IP:PORT;transport=tcp` with its separators percent-encoded, or `IP~PORT~N`.
    private static func received(_ name: String, _ value: String, issuer: String) -> FlowHint? {
        let raw = Array(value.utf8)
        let plain = String(decoding: unsafe TokenDamage.percentDecoded(raw.span.bytes) ?? raw, as: UTF8.self)
        guard plain.hasPrefix("sip:") || plain.hasPrefix("sips:") else {
            return triple(name, plain, issuer: issuer)
        }
        let parts = plain.split(separator: ";")
        guard let first = parts.first, let scheme = first.firstIndex(of: ":") else { return nil }
        let end = first[first.index(after: scheme)...]
        guard let address = TransportAddress(end) ?? IPAddress(end).map({ TransportAddress(ip: $0, port: 5060) }) else {
            return nil
        }
        let named = parts.first { $0.hasPrefix("transport=") }?.dropFirst("transport=".count)
        let transport = named.flatMap { TransportProtocol($0) } ?? .udp
        return FlowHint(parameter: name, issuer: issuer, transport: .sip(transport), address: address)
    }

    /// `IP~PORT~N`, N being Kamailio's number of the transport.
    private static func triple(_ name: String, _ value: String, issuer: String) -> FlowHint? {
        let parts = value.split(separator: "~", omittingEmptySubsequences: false)
        guard parts.count == 3, let address = AddressText.end(parts[0], parts[1]),
            let number = AddressText.port(parts[2]), number < KamailioToken.transports.count
        else { return nil }
        return FlowHint(
            parameter: name, issuer: issuer, transport: KamailioToken.transport(UInt8(number)), address: address)
    }

    private static func oversip(_ name: String, _ value: String) -> FlowHint? {
        let text = Array(value.utf8)
        if let token = unsafe try? FlowTokenCodec.decode(text.span.bytes, as: .oversipUDP) {
            return FlowHint(parameter: name, issuer: "oversip", transport: token.transport, address: token.remote)
        }
        guard unsafe (try? FlowTokenCodec.decode(text.span.bytes, as: .oversipConnection)) != nil else { return nil }
        return FlowHint(parameter: name, issuer: "oversip (handle of a connection)", transport: nil, address: nil)
    }

    private static func kamailioGo(_ name: String, _ value: String) -> FlowHint? {
        let text = Array(value.utf8)
        guard let token = unsafe try? FlowTokenCodec.decode(text.span.bytes, as: .kamailioGo) else { return nil }
        return FlowHint(
            parameter: name, issuer: "kamailio-go (the proxy's end)", transport: nil, address: token.local)
    }

    /// `CtRt<hex>=tcp:host:port`.
    private static func flexisip(_ name: String, _ value: String) -> FlowHint? {
        guard let colon = value.firstIndex(of: ":"), let transport = TransportProtocol(value[..<colon]),
            let address = TransportAddress(value[value.index(after: colon)...])
        else { return nil }
        return FlowHint(
            parameter: name, issuer: "flexisip contact route", transport: .sip(transport), address: address)
    }
}
