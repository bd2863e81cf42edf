/// Reads, checks and writes the flow tokens of fourteen issuers (RFC 5626 §5.2 leaves the algorithm to each).
///
/// This folder promises: any text in, a token, candidates or a refusal out; nothing is called genuine without a key;
/// codes are compared in constant time; no input takes more than time and memory linear in its length. Each format has
/// a file of its own with its layout; this one dispatches.
public enum FlowTokenCodec {
    /// The longest text that can be a token. RestComm's, over two full IPv6 addresses, stays below 300 characters.
    public static let longestText = 1024

    /// Reads `text` as its issuer would: strict where the issuer is strict, lenient where it is lenient.
    ///
    /// - Throws: what the issuer refuses before it looks at a code; it treats such a user part as no token at all.
    public static func decode(_ text: RawSpan, as format: FlowTokenFormat) throws(ParseError) -> FlowToken {
        guard text.byteCount > 0 else { throw ParseError(.missing, at: 0, in: "flow token") }
        guard text.byteCount <= longestText else {
            throw ParseError(overLimit: longestText, at: longestText, in: "flow token octets")
        }
        switch format {
        case .kamailio: return try KamailioToken.decode(text)
        case .flexisip: return try FlexisipToken.decode(text)
        case .rfc5626: return try RFC5626Token.decode(text)
        case .resiprocate: return try ResiprocateToken.decode(text)
        case .oversipUDP: return try OverSIPToken.decodeUDP(text)
        case .oversipConnection: return try OverSIPToken.decodeConnection(text)
        case .bono: return try BonoToken.decode(text)
        case .restcomm: return try RestCommToken.decode(text)
        case .liberty: return try LibertyToken.decode(text)
        case .nodeSIP: return try NodeSIPToken.decode(text)
        case .nksip: return try NkSIPToken.decode(text)
        case .kamailioGo: return try KamailioGoToken.decode(text)
        case .siphon: return try SiphonToken.decode(text)
        case .sipplane: return try SipplaneToken.decode(text)
        }
    }

    /// Whether the issuer with this effective key would take the token; nil where nobody can tell: a format without a
    /// code, or one that needs the flow and got none.
    ///
    /// - Parameter flow: the flow to test, for `sipplane`, whose token holds nothing but the code.
    public static func verify(_ token: FlowToken, with key: EffectiveKey, flow: Flow? = nil) -> Bool? {
        switch token.format {
        case .kamailio: KamailioToken.verify(token, with: key)
        case .flexisip: FlexisipToken.verify(token, with: key)
        case .rfc5626: RFC5626Token.verify(token, with: key)
        case .resiprocate: ResiprocateToken.verify(token, with: key)
        case .restcomm: RestCommToken.verify(token, with: key)
        case .liberty: LibertyToken.verify(token, with: key)
        case .nodeSIP: NodeSIPToken.verify(token, with: key)
        case .sipplane: SipplaneToken.verify(token, with: key, flow: flow)
        case .oversipUDP, .oversipConnection, .bono, .nksip, .kamailioGo, .siphon: nil
        }
    }

    /// The token for `flow` under an effective key; nil where the format has no way to write one offline (handles of a
    /// live process, a transport without a number, ends of two families where the layout has one).
    public static func encode(_ flow: Flow, as format: FlowTokenFormat, with key: EffectiveKey?) -> [UInt8]? {
        switch format {
        case .kamailio: key.flatMap { KamailioToken.encode(flow, with: $0) }
        case .flexisip: key.flatMap { FlexisipToken.encode(flow, with: $0) }
        case .rfc5626: key.flatMap { RFC5626Token.encode(flow, with: $0) }
        case .resiprocate: ResiprocateToken.encode(flow, with: key)
        case .restcomm: key.flatMap { RestCommToken.encode(flow, with: $0) }
        case .liberty: LibertyToken.encode(flow, with: key)
        case .nodeSIP: key.flatMap { NodeSIPToken.encode(flow, with: $0) }
        case .sipplane: key.flatMap { SipplaneToken.encode(flow, with: $0) }
        case .oversipUDP: OverSIPToken.encodeUDP(flow)
        case .siphon: SiphonToken.encode(flow)
        case .oversipConnection, .bono, .nksip, .kamailioGo: nil
        }
    }

    /// The token's octets, piece by piece, in order and without a gap.
    public static func layout(of token: FlowToken) -> [FlowTokenField] {
        switch token.format {
        case .kamailio, .flexisip: BinaryFlowLayout.fields(of: token)
        case .rfc5626: RFC5626Token.fields(of: token)
        case .resiprocate: ResiprocateToken.fields(of: token)
        case .liberty: LibertyToken.fields(of: token)
        case .restcomm: RestCommToken.fields(of: token)
        case .nodeSIP: NodeSIPToken.fields(of: token)
        case .oversipUDP, .kamailioGo, .siphon:
            [FlowTokenField("text", 0..<token.octets.count, String(decoding: token.octets, as: UTF8.self))]
        case .oversipConnection, .bono, .nksip, .sipplane:
            [FlowTokenField("handle", 0..<token.octets.count, String(decoding: token.octets, as: UTF8.self))]
        }
    }
}
