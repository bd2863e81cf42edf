import Testing

@testable import OutboundKit

/// TCP streams of pjsip, linphone, sofia-sip and a script against Kamailio, segment by segment as captured; the numbers
/// were counted independently, with the captures.
@Suite struct CapturedStreamTests {
    struct Stream: Decodable, Sendable, CustomTestStringConvertible {
        let capture: String
        let registers: Int
        let responses200: Int
        let pings: Int
        let pongs: Int
        /// Segments from the client that are one CRLF.
        let singlesInOwnSegments: Int
        let fromClient: [String]
        let fromServer: [String]

        var testDescription: String { capture }
    }

    static let streams: [Stream] = {
        let names = (try? VectorFiles.names(in: "Vectors/TCPStreams", suffix: ".json")) ?? []
        return names.compactMap { try? VectorFiles.decode(Stream.self, "Vectors/TCPStreams/\($0)") }
    }()

    @Test func allAreThere() throws {
        #expect(Self.streams.count == 4)
    }

    @Test(arguments: streams) func client(_ stream: Stream) throws {
        let segments = try stream.fromClient.map { try #require(Hex.decode($0.utf8)) }
        var framer = StreamFramer()
        var registers = 0
        var pings = 0
        var singles = 0
        for segment in segments {
            framer.receive(segment.span.bytes)
            while let output = framer.next() {
                switch output {
                case .message(let message):
                    #expect(message.faults() == [] && message.defects == [])
                    if message.method == .register { registers += 1 }
                case .crlf(let completesPair, let ownSegment):
                    if completesPair { pings += 1 }
                    if ownSegment, segment.count == 2 { singles += 1 }
                default: Issue.record("\(output)")
                }
            }
        }
        #expect(registers == stream.registers)
        #expect(pings == stream.pings)
        #expect(singles == stream.singlesInOwnSegments)
        #expect(framer.isSynchronized && framer.buffer.isEmpty)
        ThreeFeeds.agree(on: segments.flatMap { $0 }) { frame($0) }
    }

    @Test(arguments: streams) func server(_ stream: Stream) throws {
        let segments = try stream.fromServer.map { try #require(Hex.decode($0.utf8)) }
        let outputs = ThreeFeeds.agree(on: segments.flatMap { $0 }) { frame($0) }
        let pongs = outputs.count { if case .crlf = $0 { true } else { false } }
        let ok = outputs.count {
            guard case .message(let text) = $0 else { return false }
            return text.hasPrefix("SIP/2.0 200") && text.contains(" REGISTER\r\n")
        }
        #expect(pongs == stream.pongs)
        #expect(ok == stream.responses200)
    }
}
