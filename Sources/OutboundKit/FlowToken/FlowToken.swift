/// Who wrote a flow token, by the name that the vectors and the output use.
public enum FlowTokenFormat: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    case kamailio
    case flexisip
    /// The example algorithm of RFC 5626 §5.2; the signed part is opaque.
    case rfc5626
    case resiprocate
    case oversipUDP = "oversip-udp"
    case oversipConnection = "oversip-conn"
    case bono
    case restcomm
    case liberty
    case nodeSIP = "node-sip"
    case nksip
    case kamailioGo = "kamailio-go"
    case siphon
    case sipplane

    public var description: String { rawValue }
}

/// The transport that a token names. Issuers number more transports than SIP has, and some numbers mean nothing.
public enum FlowTokenTransport: Sendable, Hashable, CustomStringConvertible {
    case sip(TransportProtocol)
    case dccp
    case dtls
    /// Kamailio's number 7, for a socket of another kind.
    case other
    /// The number 0: no transport.
    case none
    case unknown(UInt8)

    public var description: String {
        switch self {
        case .sip(let transport): transport.description
        case .dccp: "dccp"
        case .dtls: "dtls"
        case .other: "other"
        case .none: "none"
        case .unknown(let number): "unknown(\(number))"
        }
    }
}

/// What stands in the user part of a `Path`, `Record-Route` or `Route` URI that an edge proxy wrote (RFC 5626 §5.2), as
/// one issuer's layout reads it.
///
/// Reading proves nothing: whoever knows the layout can write such a text. `FlowTokenCodec.verify` tells, with the key,
/// whether the issuer wrote it.
public struct FlowToken: Sendable, Hashable {
    /// A further field of one format, such as resiprocate's flow key.
    public struct Detail: Sendable, Hashable {
        public let name: String
        public let value: String
    }

    public let format: FlowTokenFormat
    public let transport: FlowTokenTransport?
    /// The proxy's end.
    public let local: TransportAddress?
    /// The client's end.
    public let remote: TransportAddress?
    /// The octets under the base64 or hexadecimal text; the text itself for a handle.
    public let octets: [UInt8]
    /// Where the message authentication code stands in `octets`; nil for a format or token without one.
    public let code: Range<Int>?
    /// How the base64 text was spelled; nil for a format that is not base64.
    public let spelling: Base64.Spelling?
    public let details: [Detail]

    init(
        _ format: FlowTokenFormat, transport: FlowTokenTransport? = nil, local: TransportAddress? = nil,
        remote: TransportAddress? = nil, octets: [UInt8], code: Range<Int>? = nil, spelling: Base64.Spelling? = nil,
        details: [Detail] = []
    ) {
        self.format = format
        self.transport = transport
        self.local = local
        self.remote = remote
        self.octets = octets
        self.code = code
        self.spelling = spelling
        self.details = details
    }

    /// The value of a detail.
    public func detail(_ name: String) -> String? {
        details.first { $0.name == name }?.value
    }

    /// Both ends and a SIP transport, where the token has all three.
    public var flow: Flow? {
        guard case .sip(let transport)? = transport, let local, let remote else { return nil }
        return Flow(transport: transport, local: local, remote: remote)
    }
}

/// A piece of a token's octets with its meaning, for an annotated listing.
public struct FlowTokenField: Sendable, Hashable {
    public let name: String
    public let range: Range<Int>
    public let value: String

    init(_ name: String, _ range: Range<Int>, _ value: String = "") {
        self.name = name
        self.range = range
        self.value = value
    }
}
