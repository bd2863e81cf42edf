/// A STUN message (RFC 8489 §5): its octets, kept once, and a table of its attributes. Values decode on demand.
///
/// This layer turns octets into messages and back, for live sockets and captures alike, and holds no policy: whether an
/// answer without XOR-MAPPED-ADDRESS will do is for others to say.
///
///     octets  0..<2   2..<4                    4..<8          8..<20           20...
///             type    length without header    magic cookie   transaction ID   attributes, each padded to 4
public struct STUNMessage: Sendable {
    public static let headerLength = 20
    public static let cookie: UInt32 = 0x2112_A442
    /// The most attributes that are read of one message; real ones have fewer than ten.
    public static let attributeLimit = 256

    /// The message as it was on the wire.
    public let bytes: [UInt8]
    public let type: STUNMessageType
    public let transactionID: STUNTransactionID
    /// Without the cookie it is a message of RFC 3489, whose transaction ID takes the cookie's place as well.
    public let hasCookie: Bool
    /// In the order of the message.
    public let attributes: [STUNAttribute]
    /// How many of `attributes` count: what follows MESSAGE-INTEGRITY is ignored but for MESSAGE-INTEGRITY-SHA256 and
    /// FINGERPRINT (RFC 8489 §14.5).
    private let sealed: Int

    /// Reads one whole message: a datagram, or the octets that a stream's framing gives.
    ///
    /// - Throws: `.truncated` or `.trailing` when the length field does not agree with the octets, `.unexpected` when
    ///   the top bits are not 00 or neither the cookie nor the shape of an RFC 3489 Binding message is there,
    ///   `.outOfRange` for a length that is no multiple of 4, `.limit` beyond `attributeLimit`.
    public static func parse(_ input: RawSpan) throws(ParseError) -> STUNMessage {
        let count = input.byteCount
        guard count >= headerLength else { throw ParseError(.truncated, at: count, in: "STUN header") }
        guard input.octet(0) & 0xC0 == 0 else { throw ParseError(.unexpected, at: 0, in: "STUN message type") }
        let length = Int(input.big16(2))
        guard length % 4 == 0 else { throw ParseError(.outOfRange, at: 2, in: "STUN message length") }
        guard headerLength + length <= count else { throw ParseError(.truncated, at: count, in: "STUN message length") }
        guard headerLength + length == count else {
            throw ParseError(.trailing, at: headerLength + length, in: "STUN message length")
        }
        let hasCookie = input.big32(4) == cookie
        guard hasCookie || looksLikeRFC3489(input) else { throw ParseError(.unexpected, at: 4, in: "magic cookie") }
        var attributes: [STUNAttribute] = []
        var sealed = Int.max
        var offset = headerLength
        while offset < count {
            guard attributes.count < attributeLimit else {
                throw ParseError(overLimit: attributeLimit, at: offset, in: "STUN attributes")
            }
            let type = STUNAttributeType(rawValue: input.big16(offset))
            let end = offset + 4 + Int(input.big16(offset + 2))
            guard end <= count else { throw ParseError(.truncated, at: offset + 2, in: "STUN attribute length") }
            attributes.append(STUNAttribute(type: type, value: ByteSlice(offset + 4..<end)))
            if type == .messageIntegrity || type == .messageIntegritySHA256 {
                sealed = min(sealed, attributes.count)
            }
            offset = end + (-end & 3)
        }
        return STUNMessage(
            bytes: input.array(0..<count), type: STUNMessageType(rawValue: input.big16(0)),
            transactionID: STUNTransactionID(high: input.big32(8), low: input.big64(12)), hasCookie: hasCookie,
            attributes: attributes, sealed: min(sealed, attributes.count))
    }

    /// Whether `input` begins with a STUN message: 00 on top, the cookie, and a length that is a multiple of 4 and fits.
    /// It says no more than that; attributes are not looked at.
    @inlinable public static func isMessage(_ input: RawSpan) -> Bool {
        guard input.byteCount >= headerLength, input.octet(0) & 0xC0 == 0, input.big32(4) == cookie else {
            return false
        }
        let length = Int(input.big16(2))
        return length & 3 == 0 && headerLength + length <= input.byteCount
    }

    /// Whether `input` has the shape of a Binding message of RFC 3489, which has no cookie to be known by: one of its
    /// three types, a length that agrees exactly, and attributes that fill it exactly.
    public static func looksLikeRFC3489(_ input: RawSpan) -> Bool {
        let count = input.byteCount
        guard count >= headerLength, headerLength + Int(input.big16(2)) == count else { return false }
        switch input.big16(0) {
        case 0x0001, 0x0101, 0x0111: break
        default: return false
        }
        var offset = headerLength
        while count - offset >= 4 {
            let length = Int(input.big16(offset + 2))
            offset += 4 + length + (-length & 3)
        }
        return offset == count
    }

    /// Whether a message on a flow of which nothing else is known may be of a SIP keep-alive (RFC 5626 §4.4.2, §8): a Binding
    /// request or its answer, and nothing in it that another use of STUN brings along.
    static func mayBeKeepAlive(_ input: RawSpan) -> Bool {
        let count = input.byteCount
        guard count >= headerLength, [0x0001, 0x0101, 0x0111].contains(input.big16(0)) else { return false }
        var offset = headerLength
        while count - offset >= 4 {
            if STUNAttributeType(rawValue: input.big16(offset)).isOfOtherUse { return false }
            let length = Int(input.big16(offset + 2))
            offset += 4 + length + (-length & 3)
        }
        return true
    }
}

extension STUNMessage {
    /// The first attribute of that type; when one is repeated only the first counts (RFC 8489 §14).
    public func first(_ type: STUNAttributeType) -> STUNAttribute? {
        if type == .fingerprint || type == .messageIntegritySHA256 { return attributes.first { $0.type == type } }
        return attributes.prefix(sealed).first { $0.type == type }
    }

    private func address(_ type: STUNAttributeType, isXORed: Bool) -> TransportAddress? {
        guard let attribute = first(type) else { return nil }
        return unsafe STUNAddress.read(bytes.span.bytes, attribute.value.range, isXORed: isXORed)
    }

    /// XOR-MAPPED-ADDRESS: the reflexive transport address as the server saw it (RFC 8489 §14.2).
    public var xorMappedAddress: TransportAddress? { address(.xorMappedAddress, isXORed: true) }

    /// MAPPED-ADDRESS, which RFC 3489 servers send, open to rewriting on the way (RFC 8489 §14.1).
    public var plainMappedAddress: TransportAddress? { address(.mappedAddress, isXORed: false) }

    /// The reflexive transport address from whichever of the two there is.
    var mappedAddress: TransportAddress? { xorMappedAddress ?? plainMappedAddress }

    public var alternateServer: TransportAddress? { address(.alternateServer, isXORed: false) }

    /// nil without ERROR-CODE, or when its class is not 3…6 or its number not 0…99 (RFC 8489 §14.8).
    public var errorCode: STUNErrorCode? {
        guard let value = first(.errorCode)?.value, value.count >= 4 else { return nil }
        let hundreds = UInt16(bytes[value.start + 2] & 7)
        let number = UInt16(bytes[value.start + 3])
        guard (3...6).contains(hundreds), number < 100 else { return nil }
        let reason = unsafe bytes.span.bytes.string(value.start + 4..<value.end)
        return STUNErrorCode(code: hundreds * 100 + number, reason: reason)
    }

    /// The types that UNKNOWN-ATTRIBUTES lists; nil without it (RFC 8489 §14.13).
    public var unknownAttributes: [STUNAttributeType]? {
        guard let value = first(.unknownAttributes)?.value else { return nil }
        return stride(from: value.start, to: value.end - 1, by: 2).map {
            unsafe STUNAttributeType(rawValue: bytes.span.bytes.big16($0))
        }
    }

    /// SOFTWARE, for people only (RFC 8489 §14.14), which has fewer than 128 characters: more are cut off. Some servers
    /// count their padding NULs in: those are dropped.
    public var software: String? {
        guard let value = first(.software)?.value else { return nil }
        var end = value.end
        while end > value.start, bytes[end - 1] == ASCII.nul { end -= 1 }
        return unsafe String(bytes.span.bytes.string(value.start..<end).prefix(127))
    }

    /// What FINGERPRINT says.
    public enum FingerprintCheck: Sendable, Hashable {
        case absent
        case valid
        /// Its CRC does not fit, its length is not 4, or it is not the last attribute.
        case invalid
    }

    public var fingerprint: FingerprintCheck {
        guard let attribute = first(.fingerprint) else { return .absent }
        guard attribute.value.count == 4, attribute.value.end == bytes.count else { return .invalid }
        let stored = unsafe bytes.span.bytes.big32(attribute.value.start)
        return unsafe STUNFingerprint.value(of: bytes.span.bytes, count: attribute.value.start - 4) == stored
            ? .valid : .invalid
    }

    /// Attributes that must be understood and are not (RFC 8489 §6.3.1).
    public var unknownRequired: [STUNAttributeType] {
        attributes.prefix(sealed).map(\.type).filter { $0.isComprehensionRequired && !$0.isKnown }
    }
}
