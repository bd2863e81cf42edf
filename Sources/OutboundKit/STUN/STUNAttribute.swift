/// The type of an attribute (RFC 8489 §14, §18.3). Every 16-bit value is one; the ones a Binding exchange can hold have
/// names here, those of RFC 3489 servers and of ICE agents included, because both are met on SIP ports.
public struct STUNAttributeType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt16
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let mappedAddress = STUNAttributeType(rawValue: 0x0001)
    public static let username = STUNAttributeType(rawValue: 0x0006)
    public static let messageIntegrity = STUNAttributeType(rawValue: 0x0008)
    public static let errorCode = STUNAttributeType(rawValue: 0x0009)
    public static let unknownAttributes = STUNAttributeType(rawValue: 0x000A)
    public static let realm = STUNAttributeType(rawValue: 0x0014)
    public static let nonce = STUNAttributeType(rawValue: 0x0015)
    public static let messageIntegritySHA256 = STUNAttributeType(rawValue: 0x001C)
    public static let xorMappedAddress = STUNAttributeType(rawValue: 0x0020)
    /// XOR-MAPPED-ADDRESS as drafts before RFC 5389 numbered it.
    public static let oldXORMappedAddress = STUNAttributeType(rawValue: 0x8020)
    public static let software = STUNAttributeType(rawValue: 0x8022)
    public static let alternateServer = STUNAttributeType(rawValue: 0x8023)
    public static let fingerprint = STUNAttributeType(rawValue: 0x8028)

    /// Who does not know it must not go on (RFC 8489 §14): types below 0x8000.
    @inlinable public var isComprehensionRequired: Bool { rawValue < 0x8000 }

    /// Whether this codec can tell what it is for.
    @inlinable public var isKnown: Bool {
        switch rawValue {
        case 0x0001...0x000B, 0x0014, 0x0015, 0x001C...0x001E, 0x0020, 0x0024, 0x0025: true
        case 0x8002, 0x8003, 0x8020, 0x8022, 0x8023, 0x8028...0x802C: true
        default: false
        }
    }

    /// Whether it belongs to another use of STUN than keep-alives: credentials (RFC 8489 §9), the checks of ICE (RFC 8445
    /// §7.1), or NAT discovery (RFC 5780 §7.2).
    var isOfOtherUse: Bool {
        switch rawValue {
        case 0x0003, 0x0006, 0x0008, 0x001C, 0x001E, 0x0024, 0x0025, 0x8029, 0x802A: true
        default: false
        }
    }

    /// The registered name, or the number in hexadecimal.
    public var description: String {
        switch rawValue {
        case 0x0001: "MAPPED-ADDRESS"
        case 0x0002: "RESPONSE-ADDRESS"
        case 0x0003: "CHANGE-REQUEST"
        case 0x0004: "SOURCE-ADDRESS"
        case 0x0005: "CHANGED-ADDRESS"
        case 0x0006: "USERNAME"
        case 0x0007: "PASSWORD"
        case 0x0008: "MESSAGE-INTEGRITY"
        case 0x0009: "ERROR-CODE"
        case 0x000A: "UNKNOWN-ATTRIBUTES"
        case 0x000B: "REFLECTED-FROM"
        case 0x0014: "REALM"
        case 0x0015: "NONCE"
        case 0x001C: "MESSAGE-INTEGRITY-SHA256"
        case 0x001D: "PASSWORD-ALGORITHM"
        case 0x001E: "USERHASH"
        case 0x0020: "XOR-MAPPED-ADDRESS"
        case 0x0024: "PRIORITY"
        case 0x0025: "USE-CANDIDATE"
        case 0x8002: "PASSWORD-ALGORITHMS"
        case 0x8003: "ALTERNATE-DOMAIN"
        case 0x8020: "XOR-MAPPED-ADDRESS (0x8020, of a draft)"
        case 0x8022: "SOFTWARE"
        case 0x8023: "ALTERNATE-SERVER"
        case 0x8028: "FINGERPRINT"
        case 0x8029: "ICE-CONTROLLED"
        case 0x802A: "ICE-CONTROLLING"
        case 0x802B: "RESPONSE-ORIGIN"
        case 0x802C: "OTHER-ADDRESS"
        default:
            "0x" + Hex.encode([UInt8(truncatingIfNeeded: rawValue >> 8), UInt8(truncatingIfNeeded: rawValue)])
        }
    }
}

/// One attribute: its type, and where its value lies in the message, padding excluded.
public struct STUNAttribute: Hashable, Sendable {
    public let type: STUNAttributeType
    public let value: ByteSlice

    @inlinable public init(type: STUNAttributeType, value: ByteSlice) {
        self.type = type
        self.value = value
    }
}

/// ERROR-CODE (RFC 8489 §14.8).
public struct STUNErrorCode: Hashable, Sendable, CustomStringConvertible {
    /// 300…699.
    public let code: UInt16
    public let reason: String

    public init(code: UInt16, reason: String) {
        self.code = code
        self.reason = reason
    }

    public var description: String { reason.isEmpty ? "\(code)" : "\(code) \(reason)" }
}
