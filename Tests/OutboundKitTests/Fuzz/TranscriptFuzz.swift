#if canImport(OutboundKit)
    @testable import OutboundKit
#endif

/// The fuzz entry point for pasted messages and hex dumps: any octets give messages of bounded size, whose places lie in the
/// input, and covering secrets moves nothing.
enum TranscriptFuzz {
    static func run(_ input: RawSpan) {
        let octets = input.array(0..<input.byteCount)
        let lines = octets.count { $0 == ASCII.lf } + 1
        let transcript = Transcript.read(octets)
        precondition(transcript.messages.count <= Transcript.maximumMessages)
        for message in transcript.messages {
            precondition(message.octets.count <= HexDump.maximumOctets + 3 * octets.count + 4)
            precondition((1...lines).contains(message.line))
            var masked = message.octets
            SecretMask.mask(&masked)
            precondition(masked.count == message.octets.count)
            var parsed = SIPMessage()
            try? MessageParser.parse(masked.span.bytes, into: &parsed)
            for fault in parsed.faults() + parsed.defects {
                let place = fault.position(in: parsed.bytes.span.bytes)
                guard let (line, column) = message.place(line: place.line, column: place.column) else { continue }
                precondition(line > 0 && column > 0)
            }
        }
        for dump in HexDump.find(in: input) {
            precondition(!dump.octets.isEmpty && dump.octets.count <= HexDump.maximumOctets + 64)
        }
    }
}
