/// Cuts a stream of octets into frames, wherever its segments end. It keeps its place and looks at no octet twice; what
/// is wrong with a frame is said before its payload is awaited. RFC 6455 §5.2.
public struct WebSocketFrameDecoder: Sendable {
    /// What frames of the peer must be (RFC 6455 §5.1).
    public enum Masking: Sendable, Hashable {
        /// The peer is a client.
        case required
        /// The peer is a server.
        case forbidden
        /// A capture: what is not as it must be is noted (`takeMaskingFault()`), and read all the same.
        case noted(isClient: Bool)
    }

    /// The part before the payload.
    private struct Head {
        let isFinal: Bool
        let isCompressed: Bool
        let opcode: WebSocketFrame.Opcode
        var isMasked = false
        var length = 0
        var maskingKey: UInt32 = 0
    }

    private enum Place {
        /// Before a frame. → length
        case opcode
        /// The second octet is due. → extendedLength, maskingKey or payload
        case length(Head)
        /// `missing` octets of the 16 or 64 bit length are due. → maskingKey or payload
        case extendedLength(Head, missing: Int, size: Int, value: UInt64)
        /// `missing` octets of the key are due. → payload
        case maskingKey(Head, missing: Int)
        /// The rest of the payload is due. → opcode
        case payload(Head)
        /// So many octets of a frame are due of which others were never seen. → opcode
        case damaged(Int)
        /// Nothing is decoded after a fault: where the next frame begins cannot be told.
        case failed
    }

    private let masking: Masking
    private let limits: WebSocketLimits
    private let allowsCompressed: Bool
    private var place = Place.opcode
    private var payload: [UInt8] = []
    /// A frame was masked that must not be, or the other way round, and that is only noted.
    private var isMaskedWrongly = false
    private var outputs = OutputQueue<Result<WebSocketFrame, WebSocketFault>>()

    /// - Parameter allowsCompressed: permessage-deflate was negotiated; else a set RSV1 is a fault.
    public init(masking: Masking, limits: WebSocketLimits = .default, allowsCompressed: Bool = false) {
        self.masking = masking
        self.limits = limits
        self.allowsCompressed = allowsCompressed
    }

    /// Whether the stream may end here without cutting a frame.
    public var isBetweenFrames: Bool {
        if case .opcode = place { return true }
        return false
    }

    /// Takes the stream's next octets; `next()` then gives the frames that they complete.
    public mutating func receive(_ bytes: RawSpan) {
        var offset = 0
        do throws(WebSocketFault) {
            while offset < bytes.byteCount { offset += try step(bytes, offset) }
        } catch {
            place = .failed
            payload = []
            outputs.append(.failure(error))
        }
    }

    /// So many octets of the stream were never seen.
    /// - Returns: whether they all lie in the payload at hand, whose frame is then dropped; else the place of the next frame
    ///   is not known, and nothing more is decoded.
    mutating func lose(_ count: Int) -> Bool {
        let rest: Int
        switch place {
        case .payload(let head): rest = head.length - payload.count
        case .damaged(let due): rest = due
        default: rest = -1
        }
        payload = []
        guard count <= rest else {
            place = .failed
            return false
        }
        place = count == rest ? .opcode : .damaged(rest - count)
        return true
    }

    /// The next frame, or the fault that ends decoding; nil when more octets are needed.
    public mutating func next() -> Result<WebSocketFrame, WebSocketFault>? { outputs.next() }

    /// What was noted of masking since it was asked for last.
    mutating func takeMaskingFault() -> WebSocketFault? {
        guard isMaskedWrongly, case .noted(let isClient) = masking else { return nil }
        isMaskedWrongly = false
        return isClient ? Self.unmasked : Self.masked
    }

    private static let unmasked = WebSocketFault.violation("a client's frame is not masked")
    private static let masked = WebSocketFault.violation("a server's frame is masked")

    /// Takes what belongs to the present place; returns how many octets that were, at least one.
    private mutating func step(_ bytes: RawSpan, _ offset: Int) throws(WebSocketFault) -> Int {
        let octet = bytes.octet(offset)
        switch place {
        case .opcode:
            place = .length(try head(octet))
        case .length(let head):
            try length(head, octet)
        case .extendedLength(let head, let missing, let size, let value):
            let value = value << 8 | UInt64(octet)
            if missing > 1 {
                place = .extendedLength(head, missing: missing - 1, size: size, value: value)
            } else {
                try lengthIsKnown(head, value, size)
            }
        case .maskingKey(var head, let missing):
            head.maskingKey = head.maskingKey << 8 | UInt32(octet)
            if missing > 1 { place = .maskingKey(head, missing: missing - 1) } else { awaitPayload(head) }
        case .payload(let head):
            let count = min(head.length - payload.count, bytes.byteCount - offset)
            let start = payload.count
            unsafe bytes.extracting(offset..<offset + count).withUnsafeBytes {
                unsafe payload.append(contentsOf: $0)
            }
            WebSocketFrame.mask(&payload, from: start, key: head.maskingKey, place: start)
            awaitPayload(head)
            return count
        case .damaged(let due):
            let count = min(due, bytes.byteCount - offset)
            place = count == due ? .opcode : .damaged(due - count)
            return count
        case .failed:
            return bytes.byteCount - offset
        }
        return 1
    }

    private func head(_ octet: UInt8) throws(WebSocketFault) -> Head {
        // No other extension is ever negotiated that gives these bits a meaning.
        guard octet & (allowsCompressed ? 0x30 : 0x70) == 0 else {
            throw .reserved("a reserved bit of a frame is set")
        }
        guard let opcode = WebSocketFrame.Opcode(rawValue: octet & 0x0F) else {
            throw .reserved("opcode \(octet & 0x0F) is reserved")
        }
        let isFinal = octet & 0x80 != 0
        guard isFinal || !opcode.isControl else { throw .violation("a control frame is fragmented") }
        let isCompressed = octet & 0x40 != 0
        guard !isCompressed || opcode == .text || opcode == .binary else {
            throw .reserved("a frame is marked as compressed that begins no message")
        }
        return Head(isFinal: isFinal, isCompressed: isCompressed, opcode: opcode)
    }

    private mutating func length(_ head: Head, _ octet: UInt8) throws(WebSocketFault) {
        var head = head
        head.isMasked = octet & 0x80 != 0
        switch masking {
        case .required where !head.isMasked: throw Self.unmasked
        case .forbidden where head.isMasked: throw Self.masked
        case .noted(let isClient) where head.isMasked != isClient:
            isMaskedWrongly = true
        default: break
        }
        let short = octet & 0x7F
        switch short {
        case 126: place = .extendedLength(head, missing: 2, size: 2, value: 0)
        case 127: place = .extendedLength(head, missing: 8, size: 8, value: 0)
        default: try lengthIsKnown(head, UInt64(short), 0)
        }
    }

    private mutating func lengthIsKnown(_ head: Head, _ length: UInt64, _ size: Int) throws(WebSocketFault) {
        // "the minimal number of bytes MUST be used to encode the length", and the most significant of 64 bits is 0.
        guard size == 0 || length > (size == 2 ? 125 : 0xFFFF) else {
            throw .violation("a length is not in its shortest form")
        }
        guard length <= UInt64(WebSocketFrame.controlLimit) || !head.opcode.isControl else {
            throw .violation("a control frame is longer than \(WebSocketFrame.controlLimit) octets")
        }
        guard length >> 63 == 0 else { throw .violation("a length exceeds 63 bits") }
        guard length <= UInt64(limits.frameOctets) else { throw .tooBig("a frame", limits.frameOctets) }
        var head = head
        head.length = Int(length)
        if head.isMasked { place = .maskingKey(head, missing: 4) } else { awaitPayload(head) }
    }

    private mutating func awaitPayload(_ head: Head) {
        guard payload.count == head.length else {
            place = .payload(head)
            return
        }
        outputs.append(
            .success(
                WebSocketFrame(head.opcode, payload, isFinal: head.isFinal, isCompressed: head.isCompressed)))
        payload = []
        place = .opcode
    }
}
