/// A SIP message: its octets, kept once, and a table of offsets into them (RFC 3261 §7). Typed header fields decode on
/// demand. The storage can be reused from message to message, so that reading a capture does not allocate.
public struct SIPMessage: Sendable {
    /// The whole message as it was on the wire, body included; datagram octets beyond Content-Length are dropped.
    public internal(set) var bytes: [UInt8] = []
    /// 100…699 for a response; 0 for a request.
    public internal(set) var statusCode: UInt16 = 0
    /// The method of a request; for a response, that of its CSeq.
    public internal(set) var method: SIPMethod = .other
    /// The Request-URI of a request; empty for a response.
    public internal(set) var requestURI: ByteSlice = .empty
    /// The method of a request, or the reason phrase of a response.
    public internal(set) var startLineText: ByteSlice = .empty
    /// The header fields in the order of the message. A comma-separated list is one field here.
    public internal(set) var headers: [HeaderField] = []
    public internal(set) var body: ByteSlice = .empty
    /// What was wrong with it, and yet could be read past: lenient parsing keeps every defect.
    public internal(set) var defects: [ParseError] = []

    public init() {}

    public var isRequest: Bool { statusCode == 0 }
}

/// One header field as offsets: the name as written, and the value without the blanks around it. A folded value
/// (RFC 3261 §7.3.1) keeps its line breaks.
public struct HeaderField: Sendable, Hashable {
    public let name: HeaderName
    public let nameText: ByteSlice
    public let value: ByteSlice

    @inlinable public init(name: HeaderName, nameText: ByteSlice, value: ByteSlice) {
        self.name = name
        self.nameText = nameText
        self.value = value
    }
}
