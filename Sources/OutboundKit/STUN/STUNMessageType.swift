/// What kind of STUN message it is (RFC 8489 §5).
public enum STUNClass: UInt8, Sendable, Hashable {
    case request
    case indication
    case success
    case error
}

/// The 14-bit message type: a 12-bit method with the two class bits woven into it (RFC 8489 §5, figure 3).
///
///     bit     13 … 9     8    7 … 5    4    3 … 0
///             M11…M7     C1   M6…M4    C0   M3…M0
public struct STUNMessageType: Hashable, Sendable, CustomStringConvertible {
    public let messageClass: STUNClass
    /// 0…0xFFF; 1 is Binding, the only method of this usage (RFC 5626 §8).
    public let method: UInt16

    /// - Precondition: `method` has 12 bits.
    @inlinable public init(_ messageClass: STUNClass, method: UInt16 = 1) {
        precondition(method < 0x1000)
        self.messageClass = messageClass
        self.method = method
    }

    /// Takes the two first octets of a message apart; the top two bits, which are 00 in STUN, are ignored.
    @inlinable @inline(__always) public init(rawValue: UInt16) {
        method = rawValue & 0x000F | (rawValue & 0x00E0) >> 1 | (rawValue & 0x3E00) >> 2
        switch (rawValue & 0x0100 != 0, rawValue & 0x0010 != 0) {
        case (false, false): messageClass = .request
        case (false, true): messageClass = .indication
        case (true, false): messageClass = .success
        case (true, true): messageClass = .error
        }
    }

    @inlinable public var rawValue: UInt16 {
        let classBits = UInt16(messageClass.rawValue)
        return method & 0x000F | (method & 0x0070) << 1 | (method & 0x0F80) << 2
            | (classBits & 1) << 4 | (classBits & 2) << 7
    }

    public static let bindingRequest = STUNMessageType(.request)
    public static let bindingIndication = STUNMessageType(.indication)
    public static let bindingSuccess = STUNMessageType(.success)
    public static let bindingError = STUNMessageType(.error)

    public var description: String {
        let name = method == 1 ? "Binding" : "method \(method)"
        return switch messageClass {
        case .request: "\(name) request"
        case .indication: "\(name) indication"
        case .success: "\(name) success response"
        case .error: "\(name) error response"
        }
    }
}

/// The 96 bits that join a response to its request (RFC 8489 §5).
public struct STUNTransactionID: Hashable, Sendable, CustomStringConvertible {
    /// The first 4 octets, big-endian.
    public let high: UInt32
    /// The last 8 octets, big-endian.
    public let low: UInt64

    @inlinable public init(high: UInt32, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A new one, which RFC 8489 §5 wants uniformly and cryptographically random: pass a generator that is.
    @inlinable public static func random(using generator: inout some RandomNumberGenerator) -> STUNTransactionID {
        STUNTransactionID(
            high: UInt32(truncatingIfNeeded: generator.next()), low: UInt64(truncatingIfNeeded: generator.next()))
    }

    /// 24 hexadecimal digits, as Wireshark shows it.
    public var description: String {
        var octets: [UInt8] = []
        octets.appendBig32(high)
        octets.appendBig64(low)
        return Hex.encode(octets)
    }
}
