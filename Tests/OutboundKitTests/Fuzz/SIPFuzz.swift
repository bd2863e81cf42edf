#if canImport(OutboundKit)
    @testable import OutboundKit
#endif

/// The fuzz entry point for the SIP parser and the stream framer, over raw bytes. Whatever comes in, a value or an error
/// comes out; limits hold; and framing does not depend on how the stream was cut.
enum SIPFuzz {
    /// One datagram, and everything that can be asked of what was read.
    static func parse(_ input: RawSpan) {
        var message = SIPMessage()
        do throws(ParseError) {
            try MessageParser.parse(input, into: &message)
        } catch {
            precondition(error.offset >= 0 && error.offset <= input.byteCount)
            precondition(!error.description.isEmpty)
        }
        precondition(message.bytes.count <= input.byteCount)
        for name in HeaderName.allCases {
            _ = message.values(name)
            _ = message.optionTags(in: name)
            _ = message.integer(name)
            guard let values = try? message.nameAddrs(name) else { continue }
            for value in values { checkAgain(value.uri) }
        }
        _ = message.viaCount
        _ = (try? message.vias())?.map { $0.description.utf8.count + $0.sentBy.utf8.count }
        _ = (try? message.contacts())?.map { $0.description.utf8.count }
        _ = try? message.cseq()
        _ = message.faults()
        guard message.first(.via) != nil else { return }
        let answer = MessageWriter(status: 400, reason: "Bad Request", to: message, toTag: "t").finish()
        var again = SIPMessage()
        let readable: Void? = try? MessageParser.parse(answer.span.bytes, into: &again)
        precondition(readable != nil, "our own answer must be readable")
    }

    /// What was read and written is read as the same again, as long as it was text.
    private static func checkAgain(_ uri: SIPURI) {
        let text = uri.description
        guard !text.contains("\u{FFFD}") else { return }
        precondition((try? SIPURI.parse(text)) == uri, "URI changes when it is written")
        precondition(uri.isEquivalent(to: uri))
    }

    /// The first octet chooses the cuts; the rest is the stream.
    static func frame(_ input: RawSpan) {
        guard input.byteCount > 1 else { return }
        let stream = input.array(1..<input.byteCount)
        var first: [UInt64] = []
        for step in [stream.count, Int(input.octet(0) % 13) + 1] {
            let seen = outputs(stream, step: step)
            if first.isEmpty { first = seen }
            precondition(seen == first, "framing depends on the cuts")
        }
    }

    /// A number for each output, until synchronization is lost.
    private static func outputs(_ stream: [UInt8], step: Int) -> [UInt64] {
        var framer = StreamFramer()
        var seen: [UInt64] = [0]
        for start in stride(from: 0, to: stream.count, by: step) {
            let segment = Array(stream[start..<min(stream.count, start + step)])
            framer.receive(segment.span.bytes)
            while let output = framer.next() {
                switch output {
                case .message(let message): seen.append(1 << 32 | UInt64(message.bytes.count))
                case .crlf(let completesPair, _): seen.append(completesPair ? 2 : 3)
                case .stun(let octets): seen.append(4 << 32 | UInt64(octets.count))
                case .malformed(let error):
                    seen.append(5 << 32 | UInt64(error.offset))
                    if !framer.isSynchronized { return seen }
                case .unrecognized: return seen + [6]
                }
            }
        }
        return seen
    }
}
