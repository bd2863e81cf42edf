/// One frame of the WebSocket protocol, unmasked and whole (RFC 6455 §5.2).
///
/// This folder promises the layers above the WebSocket protocol as SIP uses it (RFC 7118): frames, the opening
/// handshake of both roles, and a session that turns octets into messages. It knows nothing of SIP, sockets or time.
///
///     octets   0           1              2…            +4            rest
///              F RSV op    M length 7     16 or 64 bit  masking key   payload
public struct WebSocketFrame: Sendable, Hashable {
    public enum Opcode: UInt8, Sendable, Hashable {
        case continuation = 0x0
        case text = 0x1
        case binary = 0x2
        case close = 0x8
        case ping = 0x9
        case pong = 0xA

        /// Close, Ping and Pong: never fragmented, at most 125 octets, allowed between fragments (RFC 6455 §5.5).
        public var isControl: Bool { rawValue & 0x8 != 0 }
    }

    /// The last frame of its message.
    public let isFinal: Bool
    /// The first frame of a compressed message: RSV1 of permessage-deflate (RFC 7692 §6).
    public let isCompressed: Bool
    public let opcode: Opcode
    public let payload: [UInt8]

    public init(_ opcode: Opcode, _ payload: [UInt8] = [], isFinal: Bool = true, isCompressed: Bool = false) {
        self.isFinal = isFinal
        self.isCompressed = isCompressed
        self.opcode = opcode
        self.payload = payload
    }

    /// What a control frame can carry at most (RFC 6455 §5.5).
    public static let controlLimit = 125

    /// The octets on the wire, the length in its shortest form.
    ///
    /// - Parameter maskingKey: chosen at random for each frame of a client; nil for a server (RFC 6455 §5.1, §5.3).
    /// - Precondition: a control frame is final and holds at most 125 octets.
    public func encoded(maskingKey: UInt32?) -> [UInt8] {
        precondition(!opcode.isControl || isFinal && payload.count <= Self.controlLimit)
        let mask: UInt8 = maskingKey == nil ? 0 : 0x80
        var octets: [UInt8] = [(isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0) | opcode.rawValue]
        octets.reserveCapacity(payload.count + 14)
        switch payload.count {
        case ...125: octets.append(mask | UInt8(payload.count))
        case ...0xFFFF:
            octets.append(mask | 126)
            octets.appendBig16(UInt16(payload.count))
        default:
            octets.append(mask | 127)
            octets.appendBig64(UInt64(payload.count))
        }
        if let maskingKey { octets.appendBig32(maskingKey) }
        let start = octets.count
        octets.append(contentsOf: payload)
        if let maskingKey { Self.mask(&octets, from: start, key: maskingKey, place: 0) }
        return octets
    }

    /// Masks, or unmasks, the octets from `start` on; the first of them is number `place` of the payload (RFC 6455 §5.3).
    static func mask(_ octets: inout [UInt8], from start: Int, key: UInt32, place: Int) {
        guard key != 0 else { return }
        var place = place
        for index in start..<octets.count {
            octets[index] ^= UInt8(truncatingIfNeeded: key >> UInt32(24 - 8 * (place & 3)))
            place += 1
        }
    }
}

/// What a peer may make us hold or look at. Each bound is named in the fault when it is hit.
public struct WebSocketLimits: Sendable, Hashable {
    /// Octets of the handshake's header.
    public var headOctets = 8192
    /// Header fields of the handshake.
    public var headFields = 64
    /// Octets of one frame's payload.
    public var frameOctets = 1 << 20
    /// Octets of one message, all fragments together: as much as SIP over a stream may have.
    public var messageOctets = 1 << 20

    public init() {}

    public static let `default` = WebSocketLimits()
}

/// What a peer did against the protocol: the code for the Close frame that answers it (RFC 6455 §7.4.1), and in words
/// what it was.
public struct WebSocketFault: Error, Sendable, Hashable, CustomStringConvertible {
    public let closeCode: UInt16
    public let words: String
    /// A bit or an opcode that RFC 6455 reserves, and an extension may give a meaning.
    let isReserved: Bool

    init(_ closeCode: UInt16, _ words: String, isReserved: Bool = false) {
        self.closeCode = closeCode
        self.words = words
        self.isReserved = isReserved
    }

    /// 1002: protocol error.
    static func violation(_ words: String) -> WebSocketFault { WebSocketFault(1002, words) }
    static func reserved(_ words: String) -> WebSocketFault { WebSocketFault(1002, words, isReserved: true) }
    /// 1007: octets that are not what the message's type says.
    static func notUTF8(_ what: String) -> WebSocketFault { WebSocketFault(1007, "\(what) is not UTF-8") }
    /// 1009: too big to process.
    static func tooBig(_ what: String, _ limit: Int) -> WebSocketFault {
        WebSocketFault(1009, "\(what) exceeds \(limit) octets")
    }

    /// Nothing was violated: it is more than is taken here.
    public var isOwnLimit: Bool { closeCode == 1009 }

    public var description: String { words }
}
