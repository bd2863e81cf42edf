import Foundation
import Testing

@testable import OutboundKit

/// What a recorder writes is read back by our own pipeline and by tshark, which checks every checksum.
@Suite struct FlowRecorderTests {
    private static let register = Array(
        "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bKx\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n"
            .utf8)

    private static func flow(_ transport: TransportProtocol, _ local: String, _ remote: String) throws -> Flow {
        Flow(
            transport: transport, local: try #require(TransportAddress(local)),
            remote: try #require(TransportAddress(remote)))
    }

    /// Two flows over IPv4 and one over IPv6, one of them longer than a packet, one reset by the peer.
    private static func capture() throws -> [UInt8] {
        var recorder = FlowRecorder(application: "test")
        let start = Timestamp(seconds: 1_700_000_000.123456789)
        let flows = [
            try flow(.tcp, "127.0.0.1:5060", "127.0.0.1:40001"), try flow(.udp, "127.0.0.1:5060", "127.0.0.1:40002"),
            try flow(.tcp, "[::1]:5060", "[::1]:40003"),
        ]
        for (index, flow) in flows.enumerated() {
            let id = FlowID(UInt32(index))
            recorder.opened(id, flow, openedByPeer: true, at: start)
            recorder.received(register.span.bytes, on: id, at: start + .milliseconds(1))
            recorder.sent(
                Array("SIP/2.0 200 OK\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n".utf8), on: id,
                at: start + .milliseconds(2))
        }
        let long =
            Array("MESSAGE sip:a SIP/2.0\r\nCSeq: 2 MESSAGE\r\nContent-Length: 70000\r\n\r\n".utf8)
            + [UInt8](repeating: 65, count: 70_000)
        recorder.received(long.span.bytes, on: FlowID(0), at: start + .milliseconds(3))
        recorder.closed(FlowID(0), .fin, byPeer: true, at: start + .seconds(1))
        recorder.closed(FlowID(1), .rst, byPeer: true, at: start + .seconds(1))
        let ping: [UInt8] = [13, 10, 13, 10]
        recorder.received(ping.span.bytes, on: FlowID(1), at: start + .seconds(2))
        recorder.closed(FlowID(2), .rst, byPeer: false, at: start + .seconds(2))
        #expect(recorder.droppedPackets == 0)
        return recorder.take()
    }

    @Test func ourOwnPipelineReadsIt() throws {
        let (words, notAnalyzed, error) = EventLog.words(of: try Self.capture())
        #expect(error == nil && notAnalyzed.isEmpty)
        #expect(words.filter { $0.hasSuffix("sip REGISTER") }.count == 3)
        #expect(words.filter { $0.hasSuffix("sip 200") }.count == 3)
        #expect(words.filter { $0.hasSuffix("sip MESSAGE") }.count == 1)
        #expect(words.contains { $0.hasSuffix("crlfDatagram 4") })
        #expect(words.contains { $0.contains("close fin") } && words.contains { $0.contains("close rst") })
    }

    @Test(.enabled(if: TShark.program != nil, "tshark is not installed"))
    func tsharkFindsNothingWrong() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("sipob-\(UUID()).pcapng")
        try Data(try Self.capture()).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(TShark.program))
        let checks = ["ip", "tcp", "udp"].flatMap { ["-o", "\($0).check_checksum:TRUE"] }
        let wrong = "_ws.malformed || ip.checksum.status==0 || tcp.checksum.status==0 || udp.checksum.status==0"
        process.arguments =
            ["-n", "-r", file.path, "-T", "fields", "-e", "frame.number", "-e", "sip.Method", "-e", "frame.comment"]
            + checks + ["-Y", "\(wrong) || tcp.analysis.flags || sip.Method"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let lines = text.split(separator: "\n")
        #expect(lines.count == 4 && lines.allSatisfy { $0.contains("REGISTER") || $0.contains("MESSAGE") }, "\(text)")
    }

    @Test func nothingIsKeptBeyondTheLimit() throws {
        var recorder = FlowRecorder(application: "test")
        let id = FlowID(0)
        recorder.opened(id, try Self.flow(.udp, "127.0.0.1:5060", "127.0.0.1:1"), openedByPeer: true, at: .zero)
        let octets = [UInt8](repeating: 0, count: 60_000)
        for _ in 0..<1200 { recorder.sent(octets, on: id, at: .zero) }
        #expect(recorder.droppedPackets > 0)
        #expect(recorder.take().count < FlowRecorder.maximumWaiting + 100_000)
    }
}
