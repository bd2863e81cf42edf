import Foundation
import Testing

@testable import OutboundKit

/// The tshark of this machine, if there is one.
enum TShark {
    static let program: String? = ["/usr/bin/tshark", "/usr/local/bin/tshark"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }
}

/// A second opinion: tshark's count of SIP messages and STUN datagrams in each capture.
@Suite(.enabled(if: TShark.program != nil, "tshark is not installed"))
struct TSharkTests {
    /// TCP reassembly of retransmitted and cut segments differs: tshark counts a cut message as one, and sees none in
    /// fragments that it reassembles as two; it also misses a REGISTER that follows a ping in the same segment.
    static let files: [String] = {
        let names = (try? VectorFiles.names(in: RealCaptureTests.folder, suffix: "")) ?? []
        // One run in each form is enough: starting tshark takes a second.
        return names.filter {
            $0.contains(".pcap") && !$0.contains("of4") && !$0.contains("snaplen") && !$0.contains("tls")
                && !$0.hasPrefix("ws")
                && !$0.contains("frag") && $0 != "raw_tcp_framing.pcap"
        }
    }()

    struct Counts: Equatable {
        var requests = 0
        var responses = 0
        var stun = 0
    }

    struct Counter: FlowEventSink {
        var counts = Counts()
        mutating func observe(_ event: borrowing FlowEvent) {
            switch event.what {
            case .sip(let message): if message.isRequest { counts.requests += 1 } else { counts.responses += 1 }
            case .stun: counts.stun += 1
            default: break
            }
        }
        mutating func end(_ flow: FlowID, at: Timestamp) {}
    }

    @Test(arguments: files)
    func counts(_ file: String) throws {
        var pipeline = CapturePipeline(sink: Counter())
        try pipeline.read(path: RealCaptureTests.path(file))
        pipeline.finish()
        #expect(pipeline.sink.counts == (try Self.tshark(file)))
    }

    static func tshark(_ file: String) throws -> Counts {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(TShark.program))
        let ports = ["28060", "28062", "28064", "28070", "28090", "5060", "5072"]
        process.arguments =
            ["-n", "-r", RealCaptureTests.path(file)]
            + ports.flatMap { ["-d", "tcp.port==\($0),sip", "-d", "udp.port==\($0),sip"] }
            + ["-Y", "sip || stun", "-T", "fields", "-E", "separator=/t", "-E", "aggregator=,"]
            + [
                "-e", "sip.Request-Line", "-e", "sip.Status-Code", "-e", "stun.type", "-e",
                "tcp.analysis.retransmission",
            ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        var counts = Counts()
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard fields.count == 4, fields[3].isEmpty else { continue }
            counts.requests += fields[0].split(separator: ",").filter { $0.contains("SIP/2.0") }.count
            counts.responses += fields[1].split(separator: ",").count
            counts.stun += fields[2].split(separator: ",").count
        }
        return counts
    }
}
