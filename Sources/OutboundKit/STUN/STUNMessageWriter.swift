/// Writes a STUN message attribute by attribute (RFC 8489 §5, §14). Padding octets are zero.
public struct STUNMessageWriter: Sendable {
    private var bytes: [UInt8]
    private let transactionID: STUNTransactionID

    /// - Parameter cookie: what stands in octets 4..<8; anything but the magic cookie makes a message of RFC 3489.
    public init(
        _ type: STUNMessageType, _ transactionID: STUNTransactionID, cookie: UInt32 = STUNMessage.cookie
    ) {
        bytes = []
        bytes.reserveCapacity(STUNMessage.headerLength + 64)
        bytes.appendBig16(type.rawValue)
        bytes.appendBig16(0)
        bytes.appendBig32(cookie)
        bytes.appendBig32(transactionID.high)
        bytes.appendBig64(transactionID.low)
        self.transactionID = transactionID
    }

    /// - Precondition: the message stays below 65 536 octets.
    public mutating func append(_ type: STUNAttributeType, _ value: some Collection<UInt8>) {
        precondition(bytes.count + 4 + value.count + 3 < 65_536, "a STUN message fits a datagram")
        bytes.appendBig16(type.rawValue)
        bytes.appendBig16(UInt16(value.count))
        bytes.append(contentsOf: value)
        bytes.append(contentsOf: repeatElement(0, count: -value.count & 3))
        setLength(bytes.count - STUNMessage.headerLength)
    }

    public mutating func append(xorMappedAddress address: TransportAddress) {
        append(.xorMappedAddress, STUNAddress.write(address, mask: transactionID))
    }

    /// MAPPED-ADDRESS or another attribute of its layout.
    public mutating func append(_ type: STUNAttributeType, plain address: TransportAddress) {
        append(type, STUNAddress.write(address, mask: nil))
    }

    /// - Precondition: the code is 300…699.
    public mutating func append(errorCode: STUNErrorCode) {
        precondition((300...699).contains(errorCode.code))
        let code: [UInt8] = [0, 0, UInt8(errorCode.code / 100), UInt8(errorCode.code % 100)]
        append(.errorCode, code + Array(errorCode.reason.utf8))
    }

    public mutating func append(unknownAttributes types: [STUNAttributeType]) {
        var value: [UInt8] = []
        for type in types { value.appendBig16(type.rawValue) }
        append(.unknownAttributes, value)
    }

    /// RFC 8489 §14.14 allows fewer than 128 characters, at most 763 octets; more is cut.
    public mutating func append(software: String) {
        // Octets are counted without looking for characters, of which there are no more.
        append(.software, Array((software.utf8.count <= 127 ? software : String(software.prefix(127))).utf8))
    }

    /// The message as it is now.
    public var message: [UInt8] { bytes }

    /// The message with FINGERPRINT as its last attribute.
    public func messageWithFingerprint() -> [UInt8] {
        var copy = self
        copy.setLength(bytes.count - STUNMessage.headerLength + STUNFingerprint.length)
        let value = unsafe STUNFingerprint.value(of: copy.bytes.span.bytes, count: copy.bytes.count)
        copy.bytes.appendBig16(STUNAttributeType.fingerprint.rawValue)
        copy.bytes.appendBig16(4)
        copy.bytes.appendBig32(value)
        return copy.bytes
    }

    private mutating func setLength(_ length: Int) {
        bytes[2] = UInt8(truncatingIfNeeded: length >> 8)
        bytes[3] = UInt8(truncatingIfNeeded: length)
    }
}
