/// Cuts one direction of a byte stream into SIP messages, by Content-Length alone (RFC 3261 §18.3), and finds the
/// keep-alives between them (RFC 5626 §4.4.1, §3.5.1).
///
/// Every decision depends on the octets and not on how they were cut into segments, but for what `ownSegment` tells
/// and for a stream that is not synchronized. Call `receive`, then `next` until it returns nil.
public struct StreamFramer: Sendable {
    public enum Output: Sendable {
        case message(SIPMessage)
        /// A CRLF between messages. `completesPair` is true for the second of two adjacent ones: from a client, a ping.
        /// `ownSegment` is true when the octets came in a segment of nothing but CRLFs.
        case crlf(completesPair: Bool, ownSegment: Bool)
        /// A message that could not be read. The offset counts from its first octet.
        case malformed(ParseError)
        /// So many octets where a message should begin were no SIP, CRLF or STUN.
        case unrecognized(Int)
        /// A STUN message at a message boundary: on a stream a keep-alive of the wrong kind (RFC 5626 §4.4).
        case stun([UInt8])
    }

    /// Whether the framer knows where messages begin. False after `init(midstream: true)`, a gap, a message whose end
    /// could not be told, or unrecognized octets; true again at the next clean start-line. Until then only CRLFs that
    /// fill a segment are reported: a stream joined between two messages may show nothing but its pings.
    public private(set) var isSynchronized: Bool
    /// Synchronized, with nothing unfinished and nothing to give: the state of a new framer, but for `isAfterCRLF`.
    public var isIdle: Bool { isSynchronized && start >= buffer.count && ownCRLFs == 0 }
    /// A CRLF came last, and a next one would complete a pair with it.
    public var isAfterCRLF: Bool { afterCRLF }
    /// Behind what was given last nothing was received yet, or a start-line: a message may begin here, and none goes on.
    var isAtMessageStart: Bool {
        let octets = unsafe buffer.span.bytes
        return start >= buffer.count || Self.beginsWithStartLine(octets.extracting(start..<octets.byteCount))
    }
    /// What is unfinished is a message, or may become one. Ask when `next` has given nil.
    public var isInsideMessage: Bool {
        guard isSynchronized, start < buffer.count else { return false }
        switch buffer[start] {
        case ASCII.cr, 0, 1: return false
        default: return true
        }
    }
    /// The octets of an unfinished message, or of what may become one.
    public var unfinished: [UInt8] { Array(buffer[start...]) }
    /// Octets dropped without a report while the stream was not synchronized.
    public private(set) var skippedOctets = 0

    let limits: SIPLimits
    /// Received and not yet consumed, from `start`.
    var buffer: [UInt8] = []
    var start = 0
    /// How far the unfinished message's header was scanned; nil before its start-line was seen whole.
    var lines: HeadLines?
    /// Octets of the unfinished message, once its header is there; 0 before.
    var needed = 0
    /// CRLFs that came in segments of their own and never were in the buffer.
    private var ownCRLFs: UInt8 = 0
    /// The last thing before this place was the first CRLF of a possible pair.
    var afterCRLF = false
    /// Not synchronized, and inside of a line that is no start-line.
    var skipsLine = false
    /// Not synchronized, and a segment was a CR alone: half a CRLF, perhaps.
    private var holdsCR = false
    /// Dropped octets are reported, because nothing was lost before them.
    private var reportsDropped = false

    /// - Parameter midstream: the stream's beginning was not seen.
    public init(limits: SIPLimits = .default, midstream: Bool = false) {
        self.limits = limits
        isSynchronized = !midstream
    }

    /// Takes the stream's next octets. Costs nothing but a comparison for a ping or pong in a segment of its own.
    public mutating func receive(_ bytes: RawSpan) {
        if takesAsCRLFs(bytes) {
            holdsCR = false
            return
        }
        if !isSynchronized, takesAsHalfCRLF(bytes) { return }
        if !isSynchronized, Self.beginsWithStartLine(bytes) {
            // Senders begin a message with a segment: a better hint than the rest of a line whose beginning is unknown.
            drop(buffer.count - start)
            skipsLine = false
        }
        hold(bytes)
    }

    /// `receive`, then the first `next`; reads a message that fills `bytes` without copying it into the buffer first.
    public mutating func receive(_ bytes: RawSpan, using storage: inout SIPMessage) -> Output? {
        if isSynchronized, buffer.isEmpty, ownCRLFs == 0, let total = Self.wholeMessage(bytes, limits, &storage) {
            if total < bytes.byteCount { hold(bytes.extracting(total..<bytes.byteCount)) }
            afterCRLF = false
            return .message(storage.take())
        }
        receive(bytes)
        return next(using: &storage)
    }

    /// Takes octets that stood behind others in their segment: whatever they are, they did not fill it.
    mutating func hold(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { unsafe buffer.append(contentsOf: $0) }
    }

    /// Octets were lost: drops the unfinished message and waits for the next start-line.
    public mutating func gap() {
        drop(buffer.count - start)
        loseSync(reporting: false)
        skipsLine = false
        afterCRLF = false
    }

    /// The next thing in the stream; nil when more octets are needed.
    public mutating func next() -> Output? {
        var storage = SIPMessage()
        return next(using: &storage)
    }

    /// As `next()`; a message is built in `storage`, which is empty afterwards. A caller that puts the message back
    /// when it is done with it saves the allocations. After `.malformed` `storage` has what could be read: of a message
    /// without Content-Length its head.
    public mutating func next(using storage: inout SIPMessage) -> Output? {
        if ownCRLFs > 0 {
            ownCRLFs -= 1
            return crlf(ownSegment: true)
        }
        while start < buffer.count {
            if !isSynchronized {
                let dropped = resynchronize()
                if dropped > 0, reportsDropped { return .unrecognized(dropped) }
                if dropped > 0 { skippedOctets &+= dropped }
                guard isSynchronized else { break }
            }
            let step: Step
            switch buffer[start] {
            case ASCII.cr: step = readCRLF()
            case 0, 1: step = readSTUN()
            default: step = readMessage(into: &storage)
            }
            switch step {
            case .output(let output): return output
            case .wait:
                compact()
                return nil
            case .unrecognized: loseSync(reporting: true)
            }
        }
        compact()
        return nil
    }

    enum Step {
        case output(Output)
        case wait
        case unrecognized
    }

    // MARK: CRLF and STUN

    /// Whether `bytes` are nothing but CRLFs between messages, which then are counted instead of stored.
    private mutating func takesAsCRLFs(_ bytes: RawSpan) -> Bool {
        let count = bytes.byteCount
        guard count > 0, count % 2 == 0, count <= 64, ownCRLFs < 128 else { return false }
        for offset in stride(from: 0, to: count, by: 2) where bytes.big16(offset) != 0x0D0A { return false }
        if start < buffer.count {
            // Inside a message these are its own octets. Of a stream that is not synchronized we may hold the rest of
            // a body without a line end: a whole ping after that is a ping.
            guard !isSynchronized, count >= 4, !couldBecomeStartLine() else { return false }
            drop(buffer.count - start)
        } else if skipsLine, count == 2 {
            return false
        }
        skipsLine = false
        // Joined within a ping, the stream began with half of one: a whole one in a segment is a whole one.
        if !isSynchronized, count % 4 == 0, ownCRLFs == 0 { afterCRLF = false }
        ownCRLFs += UInt8(count / 2)
        return true
    }

    /// Whether `bytes` are one octet of a CRLF that came in two segments, on a stream that is not synchronized.
    private mutating func takesAsHalfCRLF(_ bytes: RawSpan) -> Bool {
        let mayBeHalf = bytes.byteCount == 1 && start >= buffer.count && !skipsLine
        let held = holdsCR
        holdsCR = mayBeHalf && bytes.octet(0) == ASCII.cr
        if held, mayBeHalf, bytes.octet(0) == ASCII.lf {
            ownCRLFs += ownCRLFs < 128 ? 1 : 0
            return true
        }
        if held { skippedOctets &+= 1 }
        return holdsCR
    }

    private mutating func readCRLF() -> Step {
        guard start + 1 < buffer.count else { return .wait }
        guard buffer[start + 1] == ASCII.lf else { return .unrecognized }
        start += 2
        return .output(crlf(ownSegment: false))
    }

    private mutating func crlf(ownSegment: Bool) -> Output {
        defer { afterCRLF.toggle() }
        return .crlf(completesPair: afterCRLF, ownSegment: ownSegment)
    }

    /// A STUN header (RFC 8489 §5): type, length in whole words, magic cookie. Waits while all octets so far fit.
    private mutating func readSTUN() -> Step {
        let cookie: [UInt8] = [0x21, 0x12, 0xA4, 0x42]
        let have = buffer.count - start
        if have > 1, buffer[start] == 0, buffer[start + 1] == 0 { return .unrecognized }
        if have > 3, buffer[start + 3] & 3 != 0 { return .unrecognized }
        for index in 4..<8 where index < have && buffer[start + index] != cookie[index - 4] { return .unrecognized }
        guard have >= 20 else { return .wait }
        let total = 20 + Int(buffer[start + 2]) << 8 + Int(buffer[start + 3])
        guard have >= total else { return .wait }
        let octets = Array(buffer[start..<start + total])
        start += total
        afterCRLF = false
        return .output(.stun(octets))
    }

    // MARK: Synchronization

    /// Drops octets up to the next line that is a start-line; how many.
    private mutating func resynchronize() -> Int {
        let from = start
        let octets = buffer
        let span = unsafe octets.span.bytes
        let end = span.byteCount
        var at = start
        var skips = skipsLine
        var found = false
        while at < end {
            guard let lf = span.firstOffset(of: ASCII.lf, in: at..<end) else {
                let mayBegin =
                    !skips && end - at <= Int(limits.headerOctets)
                    && MessageParser.couldBeginStartLine(span, at..<end, isWhole: false)
                if !mayBegin {
                    skips = true
                    at = end
                }
                break
            }
            if !skips, MessageParser.isStartLine(span, at..<MessageParser.contentEnd(span, start: at, lf: lf)) {
                found = true
                break
            }
            skips = false
            at = lf + 1
        }
        start = at
        skipsLine = skips
        if found {
            isSynchronized = true
            afterCRLF = false
        }
        return at - from
    }

    static func beginsWithStartLine(_ bytes: RawSpan) -> Bool {
        guard let lf = bytes.firstOffset(of: ASCII.lf, in: 0..<bytes.byteCount) else { return false }
        return MessageParser.isStartLine(bytes, 0..<MessageParser.contentEnd(bytes, start: 0, lf: lf))
    }

    /// Whether the octets held may be the beginning of a start-line.
    private func couldBecomeStartLine() -> Bool {
        let span = unsafe buffer.span.bytes
        return MessageParser.couldBeginStartLine(span, start..<span.byteCount, isWhole: false)
    }

    mutating func loseSync(reporting: Bool) {
        isSynchronized = false
        holdsCR = false
        reportsDropped = reporting
        lines = nil
        needed = 0
        afterCRLF = false
    }

    mutating func consume(_ count: Int) {
        start = min(start + count, buffer.count)
        lines = nil
        needed = 0
        afterCRLF = false
    }

    private mutating func drop(_ count: Int) {
        skippedOctets &+= count
        start += count
        compact()
    }

    /// Gives memory back: a capture holds a framer for each direction of each stream.
    private mutating func compact() {
        guard start > 0 else { return }
        if start >= buffer.count { buffer = [] } else { buffer.removeFirst(start) }
        start = 0
    }
}
