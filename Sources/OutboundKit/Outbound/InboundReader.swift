/// Tells apart what a peer sends on one SIP flow: SIP, STUN, CRLF and all else. Datagrams are demultiplexed by their
/// first octet (RFC 5626 §8), streams are framed by Content-Length (RFC 3261 §18.3).
struct InboundReader: Sendable {
    enum Item: Sendable {
        case sip(SIPMessage)
        /// SIP by its start-line, but not readable.
        case malformedSIP(ParseError)
        /// The head of a response on a stream, good in itself, but for a Content-Length: where the response ends, and so
        /// what it carries and what follows it, cannot be told (RFC 3261 §18.3).
        case unframedResponse(SIPMessage)
        case stun([UInt8])
        case crlf(completesPair: Bool, ownSegment: Bool)
        case crlfDatagram(Int)
        case otherDatagram(length: Int, first: UInt8?)
        /// Octets of a stream that are nothing known.
        case unrecognized(Int)
    }

    private var framer: StreamFramer?
    private var items: [Item] = []

    init(isStream: Bool) {
        framer = isStream ? StreamFramer(limits: .default) : nil
    }

    /// Takes one datagram or some octets of a stream; `next()` then gives what they were.
    mutating func receive(_ bytes: RawSpan) {
        if framer != nil {
            framer?.receive(bytes)
        } else {
            items.append(Self.classify(bytes))
        }
    }

    /// A message of the stream is unfinished, or what may become one.
    var isInsideMessage: Bool { framer?.isInsideMessage ?? false }

    mutating func next() -> Item? {
        if !items.isEmpty { return items.removeFirst() }
        var storage = SIPMessage()
        guard let output = framer?.next(using: &storage) else { return nil }
        if case .malformed(let error) = output, error.code == .missing, error.offset == storage.bytes.count,
            !storage.isRequest
        {
            return .unframedResponse(storage)
        }
        return Self.item(output)
    }

    /// What one datagram is.
    static func classify(_ bytes: RawSpan, limits: SIPLimits = .default) -> Item {
        guard let first = bytes.octetIfPresent(0) else { return .otherDatagram(length: 0, first: nil) }
        // The first two bits of STUN are zero, and no SIP message begins so (RFC 5626 §8).
        if first & 0xC0 == 0, STUNMessage.isMessage(bytes) || STUNMessage.looksLikeRFC3489(bytes) {
            return .stun(bytes.array(0..<bytes.byteCount))
        }
        if (0..<bytes.byteCount).allSatisfy({ bytes.octet($0) == ASCII.cr || bytes.octet($0) == ASCII.lf }) {
            return .crlfDatagram(bytes.byteCount)
        }
        guard MessageParser.looksLikeSIP(bytes) else {
            return .otherDatagram(length: bytes.byteCount, first: first)
        }
        var message = SIPMessage()
        do {
            try MessageParser.parse(bytes, into: &message, limits: limits)
            return .sip(message)
        } catch {
            return .malformedSIP(error)
        }
    }

    private static func item(_ output: StreamFramer.Output) -> Item {
        switch output {
        case .message(let message): .sip(message)
        case .crlf(let completesPair, let ownSegment): .crlf(completesPair: completesPair, ownSegment: ownSegment)
        case .malformed(let error): .malformedSIP(error)
        case .unrecognized(let count): .unrecognized(count)
        case .stun(let bytes): .stun(bytes)
        }
    }
}
