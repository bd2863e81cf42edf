import Testing

@testable import OutboundKit

/// Packets as tcpdump and tshark print them: what stands before the message is read, not guessed.
@Suite struct DumpedPacketTests {
    /// The SIP messages of a capture, as the audit of captures finds them.
    private static func messages(of file: String) throws -> Set<[UInt8]> {
        var pipeline = CapturePipeline(sink: CapturedMessagesTests.Messages())
        try pipeline.read(path: RealCaptureTests.path(file))
        pipeline.finish()
        return pipeline.sink.distinct
    }

    struct Printing: CustomTestStringConvertible {
        let tool: String
        let options: [String]
        var testDescription: String { ([tool] + options).joined(separator: " ") }
    }

    private static let printings: [Printing] = [
        Printing(tool: "tcpdump", options: ["-n", "-x"]), Printing(tool: "tcpdump", options: ["-n", "-X"]),
        Printing(tool: "tcpdump", options: ["-n", "-xx"]), Printing(tool: "tcpdump", options: ["-n", "-vXX"]),
        Printing(tool: "tshark", options: ["-n", "-x"]),
    ]

    /// Over UDP, over TCP in several packets, and over IPv6; Ethernet, cooked and raw IP.
    @Test(.enabled(if: ShellTool.has("tcpdump", "tshark"), "tcpdump or tshark is not installed"), arguments: printings)
    func realCaptures(_ printing: Printing) throws {
        var count = 0
        for capture in try RealCaptureTests.captures() where Self.isPlain(capture.file) {
            let wanted = try Self.messages(of: capture.file)
            guard !wanted.isEmpty else { continue }
            let printed = try ShellTool.run(
                printing.tool, printing.options + ["-r", RealCaptureTests.path(capture.file)])
            guard printed.count < Transcript.maximumOctets else { continue }
            let transcript = Transcript.read(printed)
            let found = Set(transcript.messages.map(\.octets))
            #expect(found == wanted || transcript.isCutShort, "\(capture.file): \(found.count) of \(wanted.count)")
            #expect(transcript.messages.allSatisfy { $0.packet != nil }, "\(capture.file)")
            count += 1
        }
        #expect(count > 3)
    }

    /// WebSocket and TLS lie in layers that a dump of packets is not read through, and fragments are not put together.
    private static func isPlain(_ file: String) -> Bool {
        !["ws", "tls", "hep", "frag"].contains { file.lowercased().contains($0) }
    }

    /// What Wireshark copies as a hex stream: one line a packet or payload, of any length.
    @Test func hexStreams() throws {
        let message = TranscriptTests.message
        let stream = message.map { String(0x100 | Int($0), radix: 16).dropFirst() }.joined()
        let text = "\(stream)\n\t\(stream.uppercased())\n\n\(stream)"
        let transcript = Transcript.read(Array(text.utf8))
        #expect(transcript.messages.map(\.octets) == [message, message, message])
        #expect(transcript.messages.map(\.line) == [1, 2, 4] && transcript.messages.map(\.dump) == [1, 2, 3])
    }

    private static func ip(_ upper: [UInt8], _ number: UInt8, total: UInt16? = nil, sum: Bool = true) -> [UInt8] {
        let length = total ?? UInt16(20 + upper.count)
        var header: [UInt8] = [0x45, 0, UInt8(length >> 8), UInt8(length & 255), 0, 0, 0, 0, 64, number, 0, 0]
        header += [192, 0, 2, 7, 192, 0, 2, 1]
        if sum {
            var total = stride(from: 0, to: 20, by: 2).reduce(0) { $0 + Int(header[$1]) << 8 + Int(header[$1 + 1]) }
            while total > 0xFFFF { total = total & 0xFFFF + total >> 16 }
            header[10] = UInt8((0xFFFF - total) >> 8)
            header[11] = UInt8((0xFFFF - total) & 255)
        }
        return header + upper
    }

    private static func packet(_ payload: [UInt8], total: UInt16? = nil, sum: Bool = true) -> [UInt8] {
        let udp = 8 + payload.count
        return ip(
            [0x13, 0xC4, 0x13, 0xC5, UInt8(udp >> 8), UInt8(udp & 255), 0, 0] + payload, 17, total: total, sum: sum)
    }

    struct Segment {
        let sequence: UInt32
        let payload: ArraySlice<UInt8>
        /// Octets at its end that were not captured.
        var lost = 0
    }

    private static func packet(_ segment: Segment) -> [UInt8] {
        let number = (0..<4).map { UInt8(truncatingIfNeeded: segment.sequence >> (24 - 8 * $0)) }
        let header = [0x13, 0xC4, 0x13, 0xC5] + number + [0, 0, 0, 1, 0x50, 0x18, 4, 0, 0, 0, 0, 0]
        return ip(header + segment.payload, 6, total: UInt16(40 + segment.payload.count + segment.lost))
    }

    /// As `xxd` prints it.
    private static func dump(_ octets: [UInt8]) -> String {
        let words = octets.map { String(0x100 | Int($0), radix: 16).dropFirst() }
        return stride(from: 0, to: words.count, by: 16).map { start in
            let offset = String(0x1_0000_0000 | start, radix: 16).dropFirst()
            return "\(offset): " + words[start..<min(start + 16, words.count)].joined(separator: " ")
        }.joined(separator: "\n")
    }

    /// What is read of packets of one TCP connection.
    private static func read(_ segments: [Segment]) -> Transcript {
        Transcript.read(Array(segments.map { dump(packet($0)) }.joined(separator: "\n\n").utf8))
    }

    /// A message whose end was lost takes none of those behind it along, and stands where it began.
    @Test(arguments: [100, UInt32.max - 50]) func whatFollowsALostSegment(_ start: UInt32) {
        let message = TranscriptTests.message
        let length = UInt32(message.count)
        let transcript = Self.read([
            Segment(sequence: start, payload: message.prefix(120)),
            Segment(sequence: start &+ length, payload: message[...]),
            Segment(sequence: start &+ 2 * length, payload: message[...]),
        ])
        #expect(transcript.messages.map(\.octets) == [Array(message.prefix(120)), message, message])
        #expect(transcript.messages.map(\.dump) == [1, 2, 3])
    }

    @Test func whatFollowsAPacketThatWasCut() {
        let message = TranscriptTests.message
        let lost = message.count - 120
        let transcript = Self.read([
            Segment(sequence: 100, payload: message.prefix(120), lost: lost),
            Segment(sequence: 100 + UInt32(message.count), payload: message[...]),
        ])
        #expect(transcript.messages.map(\.octets) == [Array(message.prefix(120)), message])
        #expect(transcript.messages.first?.packet?.isCut == true)
    }

    /// Octets that come once more are taken once, also when new ones are behind them.
    @Test func segmentsSentAgain() {
        let message = TranscriptTests.message
        let parts = [(0, 120), (0, 120), (0, 60), (60, 150), (100, 140), (150, message.count)]
        let transcript = Self.read(
            parts.map { Segment(sequence: .max - 70 &+ UInt32($0.0), payload: message[$0.0..<$0.1]) })
        #expect(transcript.messages.map(\.octets) == [message] && transcript.dumpsWithoutSIP == 0)
    }

    /// The ports of a connection come again with another, whose numbers have nothing to do with those before.
    @Test(arguments: [4_000_000, 3_000_000_000]) func anotherConnection(_ sequence: UInt32) {
        let message = TranscriptTests.message
        let transcript = Self.read([
            Segment(sequence: 2_000_000_000, payload: message.prefix(120)),
            Segment(sequence: sequence, payload: message[...]),
        ])
        #expect(transcript.messages.map(\.octets) == [Array(message.prefix(120)), message])
    }

    @Test func unfinishedMessagesStandWhereTheyBegan() {
        let message = TranscriptTests.message
        let other = Self.dump(Self.packet(message))
        let text = Self.dump(Self.packet(Segment(sequence: 1, payload: message.prefix(120)))) + "\n\n" + other
        let transcript = Transcript.read(Array(text.utf8))
        #expect(transcript.messages.map(\.octets) == [Array(message.prefix(120)), message])
        #expect(transcript.messages.map(\.dump) == [1, 2])
    }

    private func headers(_ octets: [UInt8]) -> PacketHeaders? { PacketHeaders.read(octets.span.bytes) }

    @Test func headersAreReadOrThereAreNone() throws {
        let message = TranscriptTests.message
        let raw = Self.packet(message)
        let ethernet = [UInt8](repeating: 2, count: 12) + [0x81, 0, 0, 7, 8, 0] + raw + [0, 0]
        for octets in [raw, ethernet] {
            let found = try #require(headers(octets))
            #expect(Array(octets[found.payload]) == message && found.transport == .udp && !found.isCut)
            #expect(found.source.description == "192.0.2.7:5060" && found.destination.description == "192.0.2.1:5061")
        }
        #expect(headers(message) == nil && headers([]) == nil)
        // A sum that does not hold, lengths that contradict each other, a protocol without ports.
        var wrong = raw
        wrong[11] ^= 1
        #expect(headers(wrong) == nil)
        wrong = raw
        wrong[25] ^= 1
        #expect(headers(wrong) == nil)
        #expect(headers(Self.packet(message, total: 24)) == nil)
        let cut = try #require(headers(Array(raw.prefix(100))))
        #expect(cut.isCut && cut.payload.count == 72)
        for count in 0..<raw.count { _ = headers(Array(raw.prefix(count))) }
    }

    /// A host and a port tell where a request came from, so that nobody has to say it.
    @Test func repairsNameTheEnds() throws {
        let text = Self.packet(TranscriptTests.message).map { String(0x100 | Int($0), radix: 16).dropFirst() }.joined()
        let message = try #require(Transcript.read(Array(text.utf8)).messages.first)
        #expect(message.packet?.source.description == "192.0.2.7:5060")
        #expect(
            message.repairs.map(\.sentence) == [
                "read behind the headers of a packet, udp 192.0.2.7:5060 -> 192.0.2.1:5061"
            ])
    }

    /// As `tshark -z follow,udp,hex` and Wireshark show a stream: two blanks in the middle of the octets and one in that of
    /// the characters, the answers indented, and offsets that count in each direction by themselves.
    private static func follow(_ octets: [UInt8], at base: Int, _ indent: String) -> String {
        func hex(_ number: Int, _ width: Int) -> String {
            let digits = String(number, radix: 16)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return stride(from: 0, to: octets.count, by: 16).map { offset in
            let line = octets[offset..<min(offset + 16, octets.count)]
            let halves = [line.prefix(8), line.dropFirst(8)]
            let digits = halves.map { $0.map { hex(Int($0), 2) }.joined(separator: " ") }.joined(separator: "  ")
            let characters = halves.map {
                String(decoding: $0.map { ASCII.isPrintable($0) ? $0 : ASCII.dot }, as: UTF8.self)
            }.joined(separator: " ")
            let padding = String(repeating: " ", count: max(0, 50 - digits.count))
            return "\(indent)\(hex(base + offset, 8))  \(digits)\(padding)\(characters)\n"
        }.joined()
    }

    @Test func streamsAsOctets() throws {
        let request = TranscriptTests.message
        let answer = wire("SIP/2.0 200 OK\nCSeq: 1 MESSAGE\nSubject:   be ad  \nContent-Length: 0\n\n")
        let text =
            Self.follow(request, at: 0, "") + Self.follow(answer, at: 0, "\t")
            + Self.follow(request, at: request.count, "") + Self.follow(answer, at: answer.count, "\t")
        let transcript = Transcript.read(Array("Follow: udp,hex\nNode 0: 192.0.2.7:5060\n\(text)".utf8))
        #expect(transcript.messages.map(\.octets) == [request, answer, request, answer])
    }

    /// Lines of digits that begin with a start-line are a dump between however many others.
    @Test func streamsAsDigits() throws {
        let message = TranscriptTests.message
        let stream = message.map { String(0x100 | Int($0), radix: 16).dropFirst() }.joined()
        let text =
            "====\nFollow: udp,raw\nFilter: udp.stream eq 0\nNode 0: a\nNode 1: b\n\(stream)\n\t\(stream)\n====\n"
        #expect(Transcript.read(Array(text.utf8)).messages.map(\.octets) == [message, message])
    }

    /// Characters that read as octets are none, and a column of characters is none of `od`.
    @Test func eightOctetsALine() throws {
        let octets = Array("be ad fe ed 00 11 22 33 REGISTER".utf8)
        let text = stride(from: 0, to: octets.count, by: 8).map { offset in
            let line = octets[offset..<offset + 8]
            let digits = line.map { String($0, radix: 16) }.joined(separator: " ")
            return
                "000000\(offset < 16 ? "0" : "")\(String(offset, radix: 16))  \(digits)  \(String(decoding: line, as: UTF8.self))\n"
        }.joined()
        #expect(HexDump.find(in: Array(text.utf8).span.bytes).map(\.octets) == [octets])
    }
}
