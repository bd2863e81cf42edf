/// Joins frames to messages and reads what control frames say (RFC 6455 §5.4, §5.5, §8.1).
public struct WebSocketAssembler: Sendable {
    public enum Item: Sendable, Hashable {
        case message([UInt8], isText: Bool)
        /// A message that is still to be inflated (RFC 7692 §7.2.2); whether its text is UTF-8 was not looked at.
        case compressed([UInt8], isText: Bool)
        case ping([UInt8])
        case pong([UInt8])
        case close(WebSocketClose)
    }

    private struct Unfinished {
        let isText: Bool
        let isCompressed: Bool
        var octets: [UInt8] = []
        var text = UTF8Check()
    }

    private let limits: WebSocketLimits
    private var unfinished: Unfinished?
    /// Frames were lost: continuations may belong to a message whose beginning is not there.
    private var skipsContinuations = false

    public init(limits: WebSocketLimits = .default) {
        self.limits = limits
    }

    /// Whether a fragmented message has begun and not ended.
    public var isInsideMessage: Bool { unfinished != nil }

    /// Takes one frame; nil when its message goes on.
    ///
    /// - Throws: 1002 for fragments out of order and bad Close frames, 1007 for text that is no UTF-8, 1009 for a message
    ///   beyond the limit. The connection has to be failed then.
    public mutating func add(_ frame: WebSocketFrame) throws(WebSocketFault) -> Item? {
        switch frame.opcode {
        case .ping: return .ping(frame.payload)
        case .pong: return .pong(frame.payload)
        case .close: return .close(try WebSocketClose(payload: frame.payload))
        case .text, .binary:
            guard unfinished == nil else { throw .violation("a message begins inside a fragmented one") }
            skipsContinuations = false
            return try extend(Unfinished(isText: frame.opcode == .text, isCompressed: frame.isCompressed), frame)
        case .continuation where skipsContinuations:
            return nil
        case .continuation:
            guard let begun = unfinished else { throw .violation("a continuation frame continues nothing") }
            // Moved out, so that appending does not copy what was gathered so far.
            unfinished = nil
            return try extend(begun, frame)
        }
    }

    /// Frames of the stream were never seen: drops what is unfinished.
    mutating func lose() {
        unfinished = nil
        skipsContinuations = true
    }

    private mutating func extend(_ begun: Unfinished, _ frame: WebSocketFrame) throws(WebSocketFault) -> Item? {
        var message = begun
        guard message.octets.count + frame.payload.count <= limits.messageOctets else {
            throw .tooBig("a message", limits.messageOctets)
        }
        if message.isText, !message.isCompressed {
            guard message.text.accepts(frame.payload), !frame.isFinal || message.text.isComplete else {
                throw .notUTF8("a text message")
            }
        }
        if message.octets.isEmpty { message.octets = frame.payload } else { message.octets += frame.payload }
        guard frame.isFinal else {
            unfinished = message
            return nil
        }
        return message.isCompressed
            ? .compressed(message.octets, isText: message.isText) : .message(message.octets, isText: message.isText)
    }
}

/// What a Close frame says (RFC 6455 §5.5.1, §7.4).
public struct WebSocketClose: Sendable, Hashable, CustomStringConvertible {
    /// nil when the frame has no body.
    public let code: UInt16?
    public let reason: String

    /// A close in order.
    public static let normal = WebSocketClose(code: 1000)
    /// An end that leaves, such as a server that stops.
    public static let goingAway = WebSocketClose(code: 1001)

    /// - Parameter reason: cut so that the frame stays below 125 octets.
    public init(code: UInt16?, reason: String = "") {
        self.code = code
        var cut = reason
        while cut.utf8.count > WebSocketFrame.controlLimit - 2 { cut.removeLast() }
        self.reason = cut
    }

    init(payload: [UInt8]) throws(WebSocketFault) {
        guard !payload.isEmpty else {
            self.init(code: nil)
            return
        }
        guard payload.count >= 2 else { throw .violation("a Close frame has half a status code") }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        guard Self.mayBeSent(code) else { throw .violation("status code \(code) must not stand in a Close frame") }
        let reason = Array(payload[2...])
        guard UTF8Check.holds(reason) else { throw .notUTF8("the reason of a Close frame") }
        self.init(code: code, reason: String(decoding: reason, as: UTF8.self))
    }

    /// RFC 6455 §7.4.1 and §7.4.2 with IANA's registry up to 1014: 1004 to 1006 and 1015 never stand in a frame.
    static func mayBeSent(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    /// The code says that what the other end sent cannot be accepted (RFC 6455 §7.4.1).
    static func accuses(_ code: UInt16) -> Bool { [1002, 1003, 1007, 1009].contains(code) }

    var payload: [UInt8] {
        guard let code else { return [] }
        var octets: [UInt8] = []
        octets.appendBig16(code)
        octets.append(text: reason)
        return octets
    }

    /// The code by its name and the reason, as in `1001 going away: "restart"`.
    public var description: String {
        guard let code else { return "no status code" }
        let name =
            switch code {
            case 1000: " normal"
            case 1001: " going away"
            case 1002: " protocol error"
            case 1003: " unsupported data"
            case 1007: " invalid payload"
            case 1008: " policy violation"
            case 1009: " message too big"
            case 1010: " extension missing"
            case 1011: " internal error"
            default: ""
            }
        return "\(code)\(name)" + (reason.isEmpty ? "" : ": \"\(reason)\"")
    }
}
