import Foundation
import Testing

/// `--write` of `sipob pcap-audit`, read back by Wireshark's own reader.
@Suite struct PacketCutTests {
    private static let captures = Files.repository + "/Tests/Fixtures/Captures/"

    private func audit(_ arguments: String...) async throws -> ProgramResult {
        try await Program.sipob.run(["pcap-audit", "--color", "never"] + arguments)
    }

    /// What tshark reads: a line a packet, the fields in columns.
    private func packets(_ path: String, filter: String = "", fields: [String]) async throws -> [[String]] {
        let tshark = try #require(Program.installed("tshark"))
        var arguments = ["-r", path, "-n", "-T", "fields", "-E", "separator=|"] + fields.flatMap { ["-e", $0] }
        if !filter.isEmpty { arguments += ["-Y", filter] }
        let result = try await tshark.run(arguments)
        #expect(result.status == 0, "\(result.errors)")
        return result.lines.map { $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init) }
    }

    private static let identity = ["frame.time_epoch", "frame.len", "frame.cap_len"]

    @Test(.needs("tshark"), arguments: ["lin_tcp_ft20.pcap", "bs_tcp_edge_early_close.pcap"])
    func packetsOfBadFlows(_ name: String) async throws {
        let scratch = try ScratchDirectory()
        let json = try await audit(
            "--json", "--write", scratch.path("bad.pcapng"), Self.captures + name)
        #expect(json.status == 1 && json.errors.isEmpty, "\(json.errors)")
        let document = try #require(JSONSerialization.jsonObject(with: Data(json.outputBytes)) as? [String: Any])
        let findings = try #require(document["findings"] as? [[String: Any]])
        let bad = findings.filter { ["fail", "warn"].contains($0["verdict"] as? String) }
        let subjects = Set(bad.compactMap { $0["subject"] as? String })
        let flows = try #require(document["flows"] as? [[String: Any]]).filter {
            subjects.contains($0["id"] as? String ?? "")
        }
        func port(_ flow: [String: Any], _ end: String) -> String {
            (flow[end] as? String)?.split(separator: ":").last.map(String.init) ?? ""
        }
        let filter = flows.map { "(tcp.port == \(port($0, "client")) && tcp.port == \(port($0, "server")))" }
            .joined(separator: " || ")
        let expected = try await packets(Self.captures + name, filter: filter, fields: Self.identity)
        let written = try await packets(scratch.path("bad.pcapng"), fields: Self.identity)
        #expect(!written.isEmpty && written == expected)
        // Each frame of evidence says what it is evidence of.
        let comments = try await packets(
            scratch.path("bad.pcapng"), filter: "frame.comment", fields: ["frame.time_epoch", "frame.comment"])
        for finding in bad {
            let requirement = try #require(finding["requirement"] as? String)
            let evidence = try #require(finding["evidence"] as? [[String: Any]])
            guard evidence.contains(where: { $0["frame"] is Int }) else { continue }
            #expect(comments.contains { $0[1].contains(requirement) }, "\(requirement)")
        }
    }

    @Test(.needs("tshark")) func chosenFlowOfSeveralCaptures() async throws {
        let scratch = try ScratchDirectory()
        let pieces = (1...4).map { Self.captures + "bs_rotated_\($0)of4.pcap" }
        let result = try await Program.sipob.run(
            ["pcap-audit", "-q", "--flow", "127.0.0.1:51567", "--write", scratch.path("one.pcapng")] + pieces)
        #expect(result.status < 2, "\(result.errors)")
        var expected: [[String]] = []
        for piece in pieces {
            expected += try await packets(piece, filter: "udp.port == 51567", fields: Self.identity)
        }
        let written = try await packets(scratch.path("one.pcapng"), fields: Self.identity)
        #expect(!written.isEmpty && written == expected)
    }

    struct Copy: Sendable, CustomTestStringConvertible {
        let name: String
        /// The packets of the first flow, as Wireshark finds them.
        let filter: String
        var testDescription: String { name }
    }

    static let copies: [Copy] = [
        // Cut packets stay cut.
        Copy(name: "bs_snaplen96.pcap", filter: "tcp.port == PORT || udp.port == PORT"),
        // All pieces of a datagram.
        Copy(name: "raw_udp_frag.pcap", filter: "ip"),
        // Every link layer stays what it is.
        Copy(name: "lin_tcp_ft20_vlan.pcap", filter: "tcp.port == 43006"),
        Copy(name: "lin_tcp_ft20_rawip.pcap", filter: "tcp.port == 43006"),
        Copy(name: "bs_udp_ft20_sll.pcap", filter: "tcp.port == PORT || udp.port == PORT"),
        Copy(name: "bs_tcp_udp_ft30_nano.pcapng", filter: "tcp.port == PORT || udp.port == PORT"),
    ]

    @Test(.needs("tshark"), arguments: copies) func copiedAsItWas(_ copy: Copy) async throws {
        let scratch = try ScratchDirectory()
        let result = try await audit(
            "--json", "--flow", "f1", "--write", scratch.path("out.pcapng"), Self.captures + copy.name)
        #expect(result.status < 2 && result.errors.isEmpty, "\(result.errors)")
        let document = try #require(JSONSerialization.jsonObject(with: Data(result.outputBytes)) as? [String: Any])
        let flow = try #require((document["flows"] as? [[String: Any]])?.first)
        let port = (flow["client"] as? String)?.split(separator: ":").last.map(String.init) ?? ""
        let fields = Self.identity + ["frame.protocols"]
        let expected = try await packets(
            Self.captures + copy.name, filter: copy.filter.replacing("PORT", with: port), fields: fields)
        let written = try await packets(scratch.path("out.pcapng"), fields: fields)
        #expect(!written.isEmpty && written == expected)
    }

    /// What a finding cites of other flows is there, with these flows.
    @Test(.needs("tshark")) func evidenceOfOtherFlows() async throws {
        let scratch = try ScratchDirectory()
        let name = Self.captures + "bs_tcp_2flow_oneloss.pcap"
        let result = try await audit("--json", "--only", "OB-REC-005", "--write", scratch.path("bad.pcapng"), name)
        let document = try #require(JSONSerialization.jsonObject(with: Data(result.outputBytes)) as? [String: Any])
        let findings = try #require(document["findings"] as? [[String: Any]])
        let evidence = findings.filter { $0["verdict"] as? String == "warn" }
            .flatMap { $0["evidence"] as? [[String: Any]] ?? [] }
        let frames = Set(evidence.compactMap { $0["frame"] as? Int })
        #expect(frames.isSuperset(of: [39, 56]))
        let all = try await packets(name, fields: ["frame.time_epoch", "tcp.stream"])
        let streams = Set(frames.map { all[$0 - 1][1] })
        #expect(streams.count > 1)
        let expected = all.filter { streams.contains($0[1]) }.map { $0[0] }
        let written = try await packets(scratch.path("bad.pcapng"), fields: ["frame.time_epoch"])
        #expect(written.map { $0[0] } == expected)
        let commented = try await packets(
            scratch.path("bad.pcapng"), filter: "frame.comment", fields: ["frame.time_epoch"])
        #expect(Set(commented.map { $0[0] }) == Set(frames.map { all[$0 - 1][0] }))
    }

    @Test func nothingBadIsSaidToBeNothing() async throws {
        let scratch = try ScratchDirectory()
        let result = try await audit("--write", scratch.path("none.pcapng"), Self.captures + "bs_udp_ft20.pcap")
        #expect(result.status == 0)
        #expect(result.errors.contains("holds no packets"), "\(result.errors)")
        #expect(try scratch.bytes("none.pcapng").count > 20)
    }

    @Test func captureThatIsReadIsNotOverwritten() async throws {
        let scratch = try ScratchDirectory()
        let octets = try Files.bytes(Self.captures + "lin_tcp_ft20.pcap")
        let path = try scratch.write(octets, to: "in.pcap")
        try FileManager.default.createSymbolicLink(atPath: scratch.path("link"), withDestinationPath: path)
        for name in [path, scratch.path("link"), scratch.root + "/./in.pcap"] {
            let result = try await audit("--write", name, path)
            #expect(result.status == 64 && result.errors.contains("--write"), "\(result.errors)")
        }
        #expect(try scratch.bytes("in.pcap") == octets)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        let status: Int32
        let errors: String
        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let wrong: [Row] = [
        Row(arguments: ["--write", "-", captures + "lin_tcp_ft20.pcap"], status: 64, errors: "--write -"),
        Row(arguments: ["--write", "x.pcapng", "-"], status: 64, errors: "second time"),
        Row(arguments: ["--write", "", captures + "lin_tcp_ft20.pcap"], status: 64, errors: "name of a file"),
        Row(
            arguments: ["--write", "x", "--report", "md=x", captures + "lin_tcp_ft20.pcap"], status: 64,
            errors: "both name"),
        Row(
            arguments: ["-q", "--write", "/nowhere/x.pcapng", captures + "lin_tcp_ft20.pcap"], status: 2,
            errors: "make the folder first"),
        Row(arguments: ["-q", "--write", "/dev/full", captures + "lin_tcp_ft20.pcap"], status: 2, errors: "free some"),
    ]

    @Test(arguments: wrong) func wrongUsage(_ row: Row) async throws {
        let result = try await Program.sipob.run(["pcap-audit"] + row.arguments)
        #expect(result.status == row.status && result.errors.contains(row.errors), "\(result.errors)")
    }
}
