import Foundation
import Testing

/// `sipob pcap-audit` as its users meet it: exit statuses, text, JSON, and input that cannot be read.
@Suite struct PcapAuditCommandTests {
    private static let captures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/Captures").path(percentEncoded: false)

    private func audit(_ arguments: String...) async throws -> ProgramResult {
        try await Program.sipob.run(["pcap-audit"] + arguments)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        let status: Int32
        let contains: [String]
        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let rows: [Row] = [
        Row(arguments: ["bs_udp_ft20.pcap"], status: 0, contains: ["stun 8/8", " 0 fail", "flow  "]),
        Row(arguments: ["lin_tcp_ft20.pcap"], status: 1, contains: ["OB-FT-004", "RFC 5626 §4.4", "29.929 s", "FAIL"]),
        Row(arguments: ["-v", "lin_tcp_ft20.pcap"], status: 1, contains: ["tshark: frame.number in {", "PASS"]),
        Row(arguments: ["-q", "lin_tcp_ft20.pcap"], status: 1, contains: ["fail"]),
        Row(arguments: ["--only", "OB-STUN-*", "lin_tcp_ft20.pcap"], status: 0, contains: [" 0 fail"]),
        Row(
            arguments: ["--skip", "OB-FT-004", "--skip", "OB-REG-*", "lin_tcp_ft20.pcap"], status: 0,
            contains: [" 0 fail"]),
        Row(arguments: ["--strict", "pj_tcp_ft20.pcap"], status: 1, contains: ["OB-KA-003"]),
        Row(arguments: ["--flow", "127.0.0.1:51567", "bs_rotated_all.pcap"], status: 0, contains: ["17/17"]),
        Row(
            arguments: ["--flow", "f2", "tw_udp_tcp.pcap"], status: 0,
            contains: ["which is no keep-alive on UDP", "200 to the REGISTER: nothing is bound here any more"]),
        Row(arguments: ["bs_snaplen96.pcap"], status: 0, contains: ["Not analysed:", "UNKNOWN (CUT)"]),
        Row(arguments: ["bs_tls_ft15_nokeys.pcap"], status: 0, contains: ["UNKNOWN (ENC)"]),
        Row(arguments: ["pj_tls_ft12.pcap"], status: 0, contains: ["UNKNOWN (ENC)", "no keys"]),
        Row(
            arguments: ["--keylog", "pj_tls_ft12.keys", "pj_tls_ft12.pcap"], status: 1,
            contains: ["1 TLS connection decrypted", "OB-FT-004", "crlf 6/6"]),
        Row(
            arguments: ["--keylog", "truth.json", "--keylog", "pj_tls_ft12.keys", "pj_tls_ft12.pcap"], status: 1,
            contains: ["1 TLS connection decrypted", "lines of key logs: 4677 (skipped"]),
        Row(arguments: ["--keylog", "nothing-here.keys", "pj_tls_ft12.pcap"], status: 2, contains: []),
        Row(
            arguments: ["ws_refused.pcap"], status: 1,
            contains: [
                "no WebSocket: 426", "3 WebSocket handshakes for SIP from 127.0.0.1 to 127.0.0.1:30971",
                "a client's frame is not masked", "1 fail, 0 warn",
            ]),
        Row(
            arguments: ["--flow", "f4", "ws_refused.pcap"], status: 0,
            contains: ["426 to the WebSocket handshake", "role         no WebSocket: 426"]),
        Row(
            arguments: ["--flow", "f2", "ws_refused.pcap"], status: 1,
            contains: ["a WebSocket frame of the client against RFC 6455"]),
        Row(arguments: ["ws_clientping_ft20.pcap"], status: 0, contains: ["ws 7/7", " 0 fail"]),
        Row(
            arguments: [
                "bs_rotated_1of4.pcap", "bs_rotated_2of4.pcap", "bs_rotated_3of4.pcap", "bs_rotated_4of4.pcap",
            ],
            status: 1, contains: ["8 gaps", "crlf 8/8", "stun 17/17"]),
        Row(
            arguments: [
                "bs_rotated_4of4.pcap", "bs_rotated_3of4.pcap", "bs_rotated_1of4.pcap", "bs_rotated_2of4.pcap",
            ],
            status: 1, contains: ["8 gaps", "crlf 8/8", "stun 17/17"]),
        Row(arguments: ["--max-memory", "1G", "lin_tcp_ft20.pcap"], status: 1, contains: ["OB-FT-004", "29.929 s"]),
        Row(arguments: ["--jobs", "2", "lin_tcp_ft20.pcap"], status: 1, contains: ["OB-FT-004", "29.929 s"]),
        Row(arguments: ["--jobs", "3", "--max-memory", "1G", "lin_tcp_ft20.pcap"], status: 1, contains: ["29.929 s"]),
        Row(arguments: ["--jobs", "0", "bs_udp_ft20.pcap"], status: 64, contains: []),
        Row(arguments: ["--jobs", "65", "bs_udp_ft20.pcap"], status: 64, contains: []),
        Row(arguments: ["--jobs", "2", "--follow", "bs_udp_ft20.pcap"], status: 64, contains: []),
        Row(arguments: ["--max-memory", "8M", "bs_udp_ft20.pcap"], status: 64, contains: []),
        Row(arguments: ["--max-memory", "64", "bs_udp_ft20.pcap"], status: 64, contains: []),
        Row(arguments: ["--max-memory", "64M", "--registrations", "bs_udp_ft20.pcap"], status: 64, contains: []),
        Row(arguments: ["--only", "OB-XX-*", "bs_udp_ft20.pcap"], status: 64, contains: []),
        Row(arguments: ["--flow", "f99", "bs_udp_ft20.pcap"], status: 64, contains: []),
        Row(arguments: ["nothing-here.pcap"], status: 2, contains: []),
        Row(arguments: ["truth.json"], status: 2, contains: []),
        Row(arguments: [], status: 64, contains: []),
    ]

    @Test(arguments: rows) func status(_ row: Row) async throws {
        let arguments = row.arguments.map { argument in
            [".pcap", ".keys", "truth.json"].contains { argument.hasSuffix($0) }
                ? Self.captures + "/" + argument : argument
        }
        let result = try await Program.sipob.run(["pcap-audit", "--color", "never"] + arguments)
        #expect(result.status == row.status, "\(result.output)\(result.errors)")
        for text in row.contains { #expect(result.output.contains(text), "\(result.output)") }
        if row.status > 1 {
            #expect(result.output.isEmpty)
            #expect(!result.errors.isEmpty)
        }
    }

    @Test func pipedCapture() async throws {
        let octets = try Files.bytes(Self.captures + "/bs_udp_ft20.pcap")
        let result = try await Program.sipob.run(["pcap-audit", "-q", "-"], input: octets)
        #expect(result.status == 0)
        #expect(result.output.contains("0 fail"))
    }

    @Test(arguments: ["gzip", "zstd"])
    func compressedCapture(_ program: String) async throws {
        let path = Self.captures + "/bs_udp_ft20.pcap"
        let tool = try #require(Program.installed(program), "\(program) is not installed")
        let packed = try await tool.run(["-c", path]).outputBytes
        let plain = try await audit("-q", path)
        let piped = try await Program.sipob.run(["pcap-audit", "-q", "-"], input: packed)
        #expect(piped.status == 0 && piped.output == plain.output)
        let scratch = try ScratchDirectory()
        let cut = try await audit("-q", scratch.write(Array(packed.dropLast(9)), to: "edge.pcap"))
        #expect(cut.errors.contains("the \(program) stream is cut"))
    }

    @Test func cutCaptureIsJudgedAndSaidToBeCut() async throws {
        let scratch = try ScratchDirectory()
        let octets = try Files.bytes(Self.captures + "/lin_tcp_ft20.pcap")
        let path = try scratch.write(Array(octets.dropLast(7)), to: "cut.pcap")
        let result = try await audit("--json", path)
        #expect(result.status == 1)
        #expect(result.errors.contains("ends inside a packet"))
        let json = try #require(JSONSerialization.jsonObject(with: Data(result.outputBytes)) as? [String: Any])
        let missing = try #require(json["not_analyzed"] as? [[String: Any]])
        #expect(missing.contains { $0["what"] as? String == "capture not read to its end" })
    }

    /// A capture is not replaced by what is made of it, under whatever name.
    @Test(arguments: ["--events", "--write", "--report"])
    func captureIsNoOutput(_ option: String) async throws {
        let scratch = try ScratchDirectory()
        let octets = try Files.bytes(Self.captures + "/lin_tcp_ft20.pcap")
        let path = try scratch.write(octets, to: "edge.pcap")
        let alias = scratch.path("./edge.pcap")
        let result = try await audit(option, option == "--report" ? "json=\(alias)" : alias, path)
        #expect(result.status == 64)
        #expect(result.errors.contains("\(option) names \(alias), which is a capture that is read."))
        #expect(try Files.bytes(path) == octets)
    }

    /// Every member of the document is one that its schema names, and none is missing.
    @Test func documentHasTheMembersOfItsSchema() async throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let schema = try #require(
            JSONSerialization.jsonObject(
                with: Data(contentsOf: root.appending(path: "docs/json/pcap-audit.schema.json"))) as? [String: Any])
        let result = try await audit("--json", "-v", Self.captures + "/lin_tcp_ft20.pcap")
        let json = try #require(JSONSerialization.jsonObject(with: Data(result.outputBytes)) as? [String: Any])
        #expect(Set(json.keys) == Set((schema["properties"] as? [String: Any] ?? [:]).keys))
        let parts = try #require(schema["$defs"] as? [String: [String: Any]])
        for (member, part) in [("flows", "flow"), ("findings", "finding")] {
            let names = Set((parts[part]?["properties"] as? [String: Any] ?? [:]).keys)
            let items = try #require(json[member] as? [[String: Any]])
            #expect(!items.isEmpty)
            // What happened on a flow is told of one that is asked for.
            for item in items { #expect(Set(item.keys) == names.subtracting(["timeline"])) }
        }
    }

    @Test(arguments: [
        "lin_tcp_ft20.pcap", "bs_udp_2flow_edge2_killed.pcap", "bs_tcp_sigkill.pcap", "raw_udp_frag.pcap",
    ])
    func documentOfOneFlow(_ capture: String) async throws {
        let result = try await audit("--json", "--flow", "f1", Self.captures + "/" + capture)
        #expect(try JSONSchema.faults(of: result, command: "pcap-audit") == [])
        struct Document: Decodable {
            struct Flow: Decodable {
                struct Moment: Decodable {
                    let time: String
                    let what: String
                }
                struct KeepAlive: Decodable {
                    let pings: Int
                    let pongs: Int
                }
                let keepalive: KeepAlive
                let timeline: [Moment]
            }
            let flows: [Flow]
        }
        let flows = try JSONDecoder().decode(Document.self, from: Data(result.outputBytes)).flows
        let flow = try #require(flows.first)
        #expect(flows.count == 1 && flow.timeline.map(\.time) == flow.timeline.map(\.time).sorted())
        #expect(flow.timeline.count { ["ping", "late-ping"].contains($0.what) } == flow.keepalive.pings)
        #expect(flow.timeline.count { ["pong", "late-pong"].contains($0.what) } == flow.keepalive.pongs)
        #expect(flow.timeline.contains { $0.what == "registered" })
    }

    /// Each keep-alive with -v, and where memory is limited none.
    @Test func flowAsText() async throws {
        let capture = Self.captures + "/bs_tcp_udp_ft30_nano.pcap"
        let short = try await audit("--flow", "f1", capture)
        #expect(
            short.output.contains("… 8 keep-alives in time, each answered, 25.133 s to 29.188 s apart; -v shows them"))
        #expect(!short.output.contains("STUN Binding request"))
        let full = try await audit("-v", "--flow", "f1", capture)
        #expect(full.lines.count { $0.contains("-> STUN Binding request") } == 8)
        #expect(full.lines.count { $0.contains("<- answer after ") } == 8)
        let limited = try await audit("--max-memory", "64M", "--flow", "f1", capture)
        #expect(limited.status == 0 && !limited.output.contains("answer") && limited.output.contains("stun 8/8"))
    }
}
