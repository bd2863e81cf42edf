/// What judgement needs of a STUN message, as a fixed-size value: one is made for each keep-alive of a capture.
public struct STUNFacts: Sendable, Hashable {
    public typealias Class = STUNClass

    public struct Flags: OptionSet, Sendable, Hashable {
        public let rawValue: UInt16
        @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }
        /// The magic cookie is there; without it this is an RFC 3489 message.
        public static let cookie = Flags(rawValue: 1)
        /// XOR-MAPPED-ADDRESS (0x0020) is there.
        public static let xorMapped = Flags(rawValue: 2)
        /// MAPPED-ADDRESS (0x0001) is there.
        public static let plainMapped = Flags(rawValue: 4)
        public static let fingerprint = Flags(rawValue: 8)
        /// FINGERPRINT is there and its CRC does not fit, or it is not the last attribute.
        public static let badFingerprint = Flags(rawValue: 16)
        public static let errorCode = Flags(rawValue: 32)
        public static let unknownAttributes = Flags(rawValue: 64)
        /// A comprehension-required attribute that this codec does not know.
        public static let unknownRequired = Flags(rawValue: 128)
        public static let software = Flags(rawValue: 256)
        /// The header's length field does not agree with the datagram, or an attribute's with the message.
        public static let badLength = Flags(rawValue: 512)
        /// The capture cut the message: attributes may be missing.
        public static let cut = Flags(rawValue: 1024)
        /// It has attributes that the receiver must understand (comprehension-required, RFC 8489 §14).
        public static let required = Flags(rawValue: 2048)
    }

    public let messageClass: Class
    /// The 12-bit method; 1 is Binding.
    public let method: UInt16
    /// The first 4 octets of the transaction ID, big-endian.
    public let transactionHigh: UInt32
    /// The last 8 octets of the transaction ID, big-endian.
    public let transactionLow: UInt64
    public let flags: Flags
    /// The decoded XOR-MAPPED-ADDRESS or, without one, MAPPED-ADDRESS.
    public let mappedAddress: TransportAddress?
    /// 300…699, or 0 without ERROR-CODE.
    public let errorCode: UInt16

    @inlinable public init(
        messageClass: Class, method: UInt16, transactionHigh: UInt32, transactionLow: UInt64, flags: Flags,
        mappedAddress: TransportAddress?, errorCode: UInt16
    ) {
        self.messageClass = messageClass
        self.method = method
        self.transactionHigh = transactionHigh
        self.transactionLow = transactionLow
        self.flags = flags
        self.mappedAddress = mappedAddress
        self.errorCode = errorCode
    }
}

extension STUNFacts {
    /// Reads a datagram, or says that it is no STUN message: 00 on top and the cookie, or the exact shape of an RFC 3489
    /// Binding message. A message with the cookie and a wrong length is STUN all the same, and flagged.
    ///
    /// - Parameter isCut: the capture kept fewer octets than were sent, so a length that exceeds them proves nothing.
    /// - Complexity: one pass over the attributes, no allocation.
    @inline(__always)
    public static func read(_ input: RawSpan, isCut: Bool) -> STUNFacts? {
        if !isCut, let facts = readPlain(input) { return facts }
        return readAny(input, isCut: isCut)
    }

    /// The shapes that nearly all keep-alives have: a Binding request without attributes or with SOFTWARE alone, and a
    /// success response with XOR-MAPPED-ADDRESS alone. nil for all others.
    @inline(__always)
    private static func readPlain(_ input: RawSpan) -> STUNFacts? {
        guard input.byteCount >= STUNMessage.headerLength else { return nil }
        let head = input.big64(0)
        let length = Int(head >> 32 & 0xFFFF)
        guard input.byteCount == STUNMessage.headerLength + length else { return nil }
        switch head & 0xFFFF_0000_FFFF_FFFF {
        case 0x0001_0000_2112_A442:
            if length > 0, !isSoftware(input, length) { return nil }
            return STUNFacts(
                messageClass: .request, method: 1, transactionHigh: input.big32(8), transactionLow: input.big64(12),
                flags: length > 0 ? [.cookie, .software] : .cookie, mappedAddress: nil, errorCode: 0)
        case 0x0101_0000_2112_A442:
            guard length >= 4, input.big32(20) == 0x0020_0000 | UInt32(length &- 4),
                let mapped = STUNAddress.read(input, 24..<input.byteCount, isXORed: true)
            else { return nil }
            return STUNFacts(
                messageClass: .success, method: 1, transactionHigh: input.big32(8), transactionLow: input.big64(12),
                flags: [.cookie, .xorMapped, .required], mappedAddress: mapped, errorCode: 0)
        default:
            return nil
        }
    }

    /// Whether the `length` octets behind the header are one SOFTWARE with its padding.
    @inline(__always)
    private static func isSoftware(_ input: RawSpan, _ length: Int) -> Bool {
        guard length >= 4 else { return false }
        let attribute = input.big32(20)
        return attribute >> 16 == 0x8022 && (Int(attribute & 0xFFFF) + 3) & ~3 == length - 4
    }

    @inline(never)
    private static func readAny(_ input: RawSpan, isCut: Bool) -> STUNFacts? {
        let count = input.byteCount
        guard count >= STUNMessage.headerLength, input.octet(0) & 0xC0 == 0 else { return nil }
        var reader = AttributeReader()
        let length = Int(input.big16(2))
        if input.big32(4) == STUNMessage.cookie {
            reader.flags.insert(.cookie)
        } else {
            // A cut message cannot show that its attributes fill it, so without the cookie nothing makes it STUN.
            guard !isCut, STUNMessage.looksLikeRFC3489(input) else { return nil }
        }
        let end = STUNMessage.headerLength + length
        if isCut, end > count { reader.flags.insert(.cut) }
        let disagrees = isCut ? end < count : end != count
        if length & 3 != 0 || disagrees { reader.flags.insert(.badLength) }
        reader.walk(input, end: min(end, count))
        let type = STUNMessageType(rawValue: input.big16(0))
        return STUNFacts(
            messageClass: type.messageClass, method: type.method, transactionHigh: input.big32(8),
            transactionLow: input.big64(12), flags: reader.flags, mappedAddress: reader.mapped,
            errorCode: reader.errorCode)
    }

    /// What is gathered on the way over the attributes. The first of a repeated attribute counts (RFC 8489 §14).
    private struct AttributeReader {
        var flags: Flags = []
        /// Of XOR-MAPPED-ADDRESS or, while that was not readable, of MAPPED-ADDRESS.
        var mapped: TransportAddress?
        var errorCode: UInt16 = 0
        /// MESSAGE-INTEGRITY was passed: only FINGERPRINT still counts (RFC 8489 §14.5).
        var isSealed = false

        @inline(__always)
        mutating func walk(_ input: RawSpan, end: Int) {
            var offset = STUNMessage.headerLength
            while end &- offset >= 4 {
                let head = input.big32(offset)
                let valueEnd = offset &+ 4 &+ Int(head & 0xFFFF)
                guard valueEnd <= end else { break }
                take(UInt16(truncatingIfNeeded: head >> 16), input, offset &+ 4..<valueEnd, end: end)
                offset = valueEnd &+ (-valueEnd & 3)
            }
            // A last attribute whose padding is missing ends beyond `end`; the header's length is then no multiple of 4.
            if offset < end, !flags.contains(.cut) { flags.insert(.badLength) }
        }

        @inline(__always)
        private mutating func take(_ type: UInt16, _ input: RawSpan, _ value: Range<Int>, end: Int) {
            if isSealed, type != 0x8028 { return }
            if type < 0x8000 { flags.insert(.required) }
            switch type {
            case 0x0020:
                if flags.rawValue & Flags.xorMapped.rawValue == 0 {
                    flags.insert(.xorMapped)
                    if let address = STUNAddress.read(input, value, isXORed: true) { mapped = address }
                }
            case 0x0001:
                if flags.insert(.plainMapped).inserted, mapped == nil {
                    mapped = STUNAddress.read(input, value, isXORed: false)
                }
            case 0x0008, 0x001C:
                isSealed = true
            case 0x0009:
                guard flags.insert(.errorCode).inserted, value.count >= 4 else { return }
                let hundreds = UInt16(input.octet(value.lowerBound + 2) & 7)
                let number = UInt16(input.octet(value.lowerBound + 3))
                if (3...6).contains(hundreds), number < 100 { errorCode = hundreds * 100 + number }
            case 0x000A:
                flags.insert(.unknownAttributes)
            case 0x8022:
                flags.insert(.software)
            case 0x8028:
                checkFingerprint(input, value, end: end)
            default:
                if !STUNAttributeType(rawValue: type).isKnown, type < 0x8000 { flags.insert(.unknownRequired) }
            }
        }

        @inline(never)
        private mutating func checkFingerprint(_ input: RawSpan, _ value: Range<Int>, end: Int) {
            guard flags.insert(.fingerprint).inserted else { return }
            let isLast = value.upperBound == end || flags.contains(.cut)
            let fits =
                value.count == 4
                && STUNFingerprint.value(of: input, count: value.lowerBound - 4) == input.big32(value.lowerBound)
            if !isLast || !fits { flags.insert(.badFingerprint) }
        }
    }
}
