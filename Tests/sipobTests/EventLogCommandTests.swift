import Foundation
import Testing

/// The pipeline cut in two: `pcap-audit --events`, then `--from-events`.
@Suite struct EventLogCommandTests {
    private static let captures = Files.repository + "/Tests/Fixtures/Captures/"

    private func json(_ arguments: String...) async throws -> [String: Any] {
        let result = try await Program.sipob.run(["pcap-audit", "--json", "-v", "--registrations"] + arguments)
        #expect(result.status == 0 || result.status == 1, "\(result.errors)")
        return try #require(JSONSerialization.jsonObject(with: Data(result.outputBytes)) as? [String: Any])
    }

    private func rows(_ document: [String: Any], _ member: String) throws -> [String] {
        try #require(document[member] as? [[String: Any]]).map {
            String(decoding: try JSONSerialization.data(withJSONObject: $0, options: .sortedKeys), as: UTF8.self)
        }.sorted()
    }

    /// Seven shards, judged apart by seven runs of the program, say together what one run says of the captures.
    @Test func shardsSayTheSame() async throws {
        let scratch = try ScratchDirectory()
        let log = scratch.path("run.events")
        let captures = [
            "bs_tcp_2flow_oneloss.pcap", "lin_udp_tcp_ft36.pcap", "bs_udp_nat_short_outside.pcap", "ws_refused.pcap",
        ].map { Self.captures + $0 }
        let written = try await Program.sipob.run(["pcap-audit", "--events", log] + captures)
        #expect(written.status == 0)
        #expect(written.output.contains("written to \(log)"))
        let schema = try #require(
            try JSONSerialization.jsonObject(
                with: Data(Files.bytes(Files.repository + "/docs/json/flow-event.schema.json"))) as? [String: Any])
        for line in try Files.bytes(log).split(separator: 0x0A) {
            let faults = JSONSchema.faults(try JSONSerialization.jsonObject(with: Data(line)), schema)
            #expect(faults.isEmpty, "\(faults) in \(String(decoding: line, as: UTF8.self))")
        }
        let arguments = ["pcap-audit", "--json", "-v", "--registrations"] + captures
        let direct = try await Program.sipob.run(arguments)
        let whole = try #require(JSONSerialization.jsonObject(with: Data(direct.outputBytes)) as? [String: Any])
        for member in ["flows", "findings"] {
            #expect(try rows(try await json("--from-events", log), member) == rows(whole, member))
        }
        var merged: [String: [String]] = [:]
        for index in 1...7 {
            let part = try await json("--from-events", "--shard", "\(index)/7", log)
            for member in ["flows", "findings"] { merged[member, default: []] += try rows(part, member) }
        }
        for member in ["flows", "findings"] {
            #expect(try merged[member]?.sorted() == rows(whole, member))
        }
    }

    /// What the captures' own report counts, that of the log does too.
    @Test func totalsAreKept() async throws {
        let scratch = try ScratchDirectory()
        let log = scratch.path("run.events")
        let captures = [Self.captures + "bs_tls_ft15_keys_in_file.pcapng", Self.captures + "bs_udp_ft20.pcap"]
        let given = ["--filter", "tcp"] + captures
        #expect(try await Program.sipob.run(["pcap-audit", "--events", log] + given).status == 0)
        func totals(_ arguments: [String]) async throws -> [String: Int]? {
            let result = try await Program.sipob.run(["pcap-audit", "--json"] + arguments)
            let json = try JSONSerialization.jsonObject(with: Data(result.outputBytes)) as? [String: Any]
            return json?["totals"] as? [String: Int]
        }
        let direct = try #require(try await totals(given))
        #expect(direct["tls_decrypted"] == 1 && direct["packets_left_out"] ?? 0 > 0, "\(direct)")
        #expect(try await totals(["--from-events", log]) == direct)
        #expect(try await totals(["--from-events", "--shard", "2/3", log])?["tls_decrypted"] == 1)
    }

    /// Fleets were counted when the log was written: other options, given too late, are told.
    @Test(
        arguments: [
            ([], [], nil), (["--vantage", "edge"], ["--vantage", "edge"], nil),
            ([], ["--vantage", "edge"], "with --vantage edge"), (["--vantage", "core"], [], "with --vantage ua"),
            ([], ["--pong-tolerance", "3", "--vantage", "edge"], "with --vantage edge and --pong-tolerance"),
            (["--pong-tolerance", "3"], ["--pong-tolerance", "3"], nil), ([], ["--keep-alive-tolerance", "3"], nil),
        ] as [([String], [String], String?)])
    func optionsThatComeTooLate(_ writing: [String], _ judging: [String], _ words: String?) async throws {
        let capture = Self.captures + "bs_udp_ft20.pcap"
        let log = try await Program.sipob.run(["pcap-audit", "--events", "-"] + writing + [capture])
        let judged = try await Program.sipob.run(
            ["pcap-audit", "--from-events"] + judging + ["-"], input: log.outputBytes)
        let text = judged.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(judged.errors.isEmpty && text.contains("give it to --events") == (words != nil), "\(text)")
        if let words { #expect(text.contains(words), "\(text)") }
    }

    @Test func throughAPipe() async throws {
        let log = try await Program.sipob.run(["pcap-audit", "--events", "-", Self.captures + "bs_udp_ft20.pcap"])
        #expect(log.status == 0 && log.errors.isEmpty)
        let judged = try await Program.sipob.run(["pcap-audit", "--from-events", "-"], input: log.outputBytes)
        let direct = try await Program.sipob.run(["pcap-audit", Self.captures + "bs_udp_ft20.pcap"])
        #expect(judged.output == direct.output)
        #expect(judged.status == direct.status)
    }

    @Test(arguments: [
        ["--events", "x", "-"], ["--events", "x", "--from-events", "y"], ["--events", "x", "--json", "y"],
        ["--events", "y", "y"], ["--events", "x", "--report", "md=z", "y"], ["--shard", "1/2", "y"],
        ["--from-events", "--shard", "0/2", "y"], ["--from-events", "--shard", "3/2", "y"],
        ["--from-events", "--shard", "2", "y"],
    ])
    func wrongUsage(_ arguments: [String]) async throws {
        let result = try await Program.sipob.run(["pcap-audit"] + arguments)
        #expect(result.status == 64)
        #expect(result.errors.contains("--events") || result.errors.contains("--shard"))
    }

    /// Whoever wrote the log: frames of WebSockets on datagrams and STUN on WebSockets are judged, and nothing breaks.
    @Test(arguments: ["udp", "tcp", "ws", "wss"]) func eventsThatNoCaptureHas(_ transport: String) async throws {
        let ends = #""client":"192.0.2.7:40000","server":"198.51.100.1:5060""#
        let binding = #""method":1,"transaction":"\#(String(repeating: "5", count: 24))","flags":["cookie"]"#
        let events = [
            (10, "client", #""open","transport":"\#(transport)","kind":"datagram",\#(ends)"#),
            (11, "client", #""ws-ping""#), (12, "client", #""ws-ping""#),
            (13, "client", #""stun","class":"request",\#(binding)"#),
            (14, "server", #""stun","class":"success",\#(binding)"#),
            (15, "client", #""crlf-datagram","octets":4"#), (16, "client", #""other-datagram","octets":4,"first":0"#),
            (30, "server", #""ws-pong""#), (60, "client", #""ws-ping""#),
        ]
        let lines = events.map { second, side, event in
            #"{"key":"k","flow":"f1","time_ns":\#(second)000000000,"frame":1,"from":"\#(side)","event":\#(event)}"#
        }
        let end = #"{"key":"*","time_ns":99000000000,"event":"capture","packets":9,"not_analyzed":[]}"#
        let result = try await Program.sipob.run(
            ["pcap-audit", "--from-events", "-v", "-"], input: Array((lines + [end, ""]).joined(separator: "\n").utf8))
        #expect(result.status <= 1 && result.errors.isEmpty, "\(result.status) \(result.errors)")
        #expect(result.output.contains("f1"), "\(result.output)")
    }

    @Test func whatCannotBeCarriedOut() async throws {
        let capture = Self.captures + "bs_udp_ft20.pcap"
        let full = try await Program.sipob.run(["pcap-audit", "--events", "/dev/full", capture])
        #expect(full.status == 2 && full.errors.contains("no space left on device"))
        let absent = try await Program.sipob.run(["pcap-audit", "--events", "/dev/null", "/absent.pcap"])
        #expect(absent.status == 2 && absent.errors.contains("/absent.pcap"))
        let noLog = try await Program.sipob.run(["pcap-audit", "--from-events", capture])
        #expect(noLog.status == 2 && noLog.errors.contains("is no event log"))
    }
}
