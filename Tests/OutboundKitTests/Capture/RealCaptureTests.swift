import Foundation
import Testing

@testable import OutboundKit

/// Captures of real user agents and a real edge proxy, against counts that were made by hand with tshark.
@Suite struct RealCaptureTests {
    struct Truth: Decodable {
        let captures: [Capture]
    }

    struct Capture: Decodable, Sendable, CustomTestStringConvertible {
        let file: String
        let flows: [Flow]
        var testDescription: String { file }
    }

    struct Flow: Decodable, Sendable {
        let transport: String
        let client: String
        let server: String
        let pings: Int?
        let pongs: Int?
        let pingTimes: [Double]?

        enum CodingKeys: String, CodingKey {
            case transport, client, server
            case pings = "keepalive_pings"
            case pongs = "keepalive_pongs"
            case pingTimes = "ping_times_s"
        }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            transport = try values.decode(String.self, forKey: .transport)
            client = try values.decode(String.self, forKey: .client)
            server = try values.decode(String.self, forKey: .server)
            // Encrypted flows without keys have words here.
            pings = try? values.decode(Int.self, forKey: .pings)
            pongs = try? values.decode(Int.self, forKey: .pongs)
            pingTimes = try? values.decode([Double].self, forKey: .pingTimes)
        }
    }

    /// Keep-alives by flow, the way the truth counts them.
    struct KeepAlives: FlowEventSink {
        struct Tally {
            var pingTimes: [Timestamp] = []
            var requests: [[UInt64]: Timestamp] = [:]
            var answers: Set<[UInt64]> = []
            var serverCRLFs = 0
            var sip = 0
        }

        var names: [FlowID: String] = [:]
        var tallies: [String: Tally] = [:]

        mutating func observe(_ event: borrowing FlowEvent) {
            if case .open(let opening) = event.what {
                names[event.flow] = "\(opening.transport) \(opening.client) \(opening.server)"
            }
            let name = names[event.flow] ?? "not opened"
            switch (event.what, event.direction) {
            case (.crlf(completesPair: true, _), .fromClient):
                tallies[name, default: Tally()].pingTimes.append(event.time)
            case (.webSocketControl(.ping), .fromClient):
                tallies[name, default: Tally()].pingTimes.append(event.time)
            case (.crlf, .fromServer), (.webSocketControl(.pong), .fromServer):
                tallies[name, default: Tally()].serverCRLFs += 1
            case (.stun(let facts), let direction):
                let id = [UInt64(facts.transactionHigh), facts.transactionLow]
                if facts.messageClass == .request, direction == .fromClient {
                    let time = tallies[name, default: Tally()].requests[id] ?? event.time
                    tallies[name, default: Tally()].requests[id] = time
                } else if facts.messageClass == .success {
                    tallies[name, default: Tally()].answers.insert(id)
                }
            case (.sip, _), (.cutSIP, _):
                tallies[name, default: Tally()].sip += 1
            default:
                tallies[name, default: Tally()].sip += 0
            }
        }

        mutating func end(_ flow: FlowID, at: Timestamp) {}
    }

    static let folder = "Captures/"
    /// Encrypted, with no keys at hand.
    static let undecoded: Set<String> = ["bs_tls_ft15_nokeys.pcap"]

    static func secrets(of file: String) throws -> TLSSecretStore {
        var secrets = TLSSecretStore()
        let keys = path(file).replacing(".pcap", with: ".keys")
        if FileManager.default.fileExists(atPath: keys) { try secrets.read(path: keys) }
        return secrets
    }

    static func captures() throws -> [Capture] {
        let present = Set(try VectorFiles.names(in: folder, suffix: ""))
        return try VectorFiles.decode(Truth.self, folder + "truth.json").captures.filter { present.contains($0.file) }
    }

    static func path(_ file: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Fixtures/Captures/" + file).path
    }

    @Test(arguments: try captures())
    func keepAlives(_ capture: Capture) throws {
        var pipeline = CapturePipeline(sink: KeepAlives(), secrets: try Self.secrets(of: capture.file))
        try pipeline.read(path: Self.path(capture.file))
        pipeline.finish()
        let start = try #require(pipeline.statistics.firstTime)
        for flow in capture.flows where !Self.undecoded.contains(capture.file) {
            let name = "\(flow.transport) \(flow.client) \(flow.server)"
            let tally = try #require(pipeline.sink.tallies[name], "\(name) was not found")
            guard let pings = flow.pings else { continue }
            let times = (tally.pingTimes + tally.requests.values).sorted()
            let pongs = tally.serverCRLFs + tally.answers.intersection(tally.requests.keys).count
            #expect(times.count == pings, "\(name)")
            #expect(pongs == flow.pongs, "\(name)")
            for (time, expected) in zip(times, flow.pingTimes ?? []) {
                let seconds = Double(time.nanoseconds(since: start)) / 1e9
                #expect(abs(seconds - expected) < 0.0015, "\(name)")
            }
        }
        let hasUndecoded = Self.undecoded.contains(capture.file)
        let told = pipeline.notAnalyzed.map(\.what).contains { $0.hasPrefix("TLS") }
        #expect(hasUndecoded == told)
    }

    /// Rotated pieces read one after the other are the same flows as the whole.
    @Test func rotatedPieces() throws {
        var whole = CapturePipeline(sink: EventLog())
        try whole.read(path: Self.path("bs_rotated_all.pcap"))
        whole.finish()
        var pieces = CapturePipeline(sink: EventLog())
        for number in 1...4 { try pieces.read(path: Self.path("bs_rotated_\(number)of4.pcap")) }
        pieces.finish()
        #expect(pieces.sink.words == whole.sink.words)
    }

    /// The same run with another link type, in another format, or with tags, says the same.
    @Test(arguments: [
        ("bs_udp_ft20.pcap", "bs_udp_ft20_sll.pcap"), ("bs_tcp_udp_ft30_nano.pcap", "bs_tcp_udp_ft30_nano.pcapng"),
        ("lin_tcp_ft20.pcap", "lin_tcp_ft20_vlan.pcap"), ("lin_tcp_ft20.pcap", "lin_tcp_ft20_rawip.pcap"),
    ])
    func sameRunOtherForm(one: String, other: String) throws {
        let logs = try [one, other].map { file in
            var pipeline = CapturePipeline(sink: EventLog())
            try pipeline.read(path: Self.path(file))
            pipeline.finish()
            return pipeline.sink.words
        }
        #expect(!logs[0].isEmpty)
        #expect(logs[0] == logs[1])
    }

    /// However a file is read, the same comes out of it.
    @Test(arguments: ["bs_lossy_ft25.pcap", "bs_tls_ft15_keys_in_file.pcapng", "raw_tcp_framing.pcap"])
    func threeFeeds(_ file: String) throws {
        let octets = try VectorFiles.bytes(Self.folder + file)
        let words = ThreeFeeds.agree(on: octets) { pieces in
            var pipeline = CapturePipeline(sink: EventLog())
            #expect(pipeline.feedAll(pieces) == nil)
            pipeline.finish()
            return pipeline.sink.words
        }
        #expect(words.count > 2)
    }
}
