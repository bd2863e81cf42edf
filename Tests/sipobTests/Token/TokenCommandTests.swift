import Foundation
import Testing

@testable import OutboundKit

/// The built program: what it prints and how it exits.
@Suite struct TokenCommandTests {
    static let ignored = "KKfSaKO7yjOvBwF/AAABOtR/AAABqmo="
    static let good = "WSOG+p9htAMhqQF/AAABYeTAAAJNnEA="

    private func objects(_ output: String) throws -> [[String: Any]] {
        try output.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    private func withSecret(_ body: (String) async throws -> Void) async throws {
        let scratch = try ScratchDirectory()
        try await body(try scratch.write("johndoe-secret\n", to: "secret"))
    }

    @Test func decodeNamesThePublicKey() async throws {
        let result = try await Program.sipob.run("token", "decode", "Path: <sip:\(Self.ignored)@127.0.0.1:15060;lr;ob>")
        #expect(result.status == 1)
        #expect(result.output.contains("SHA1(\"\")"))
        #expect(result.output.contains("DX-TOK-01"))
        #expect(result.output.contains("127.0.0.1:43626"))
        #expect(!result.output.contains("authentic   yes"))
    }

    @Test func jsonHasTheFieldsOfTheSchema() async throws {
        let inputs = [
            Self.ignored, "6505551234", "_MTkyLjAuMi43N181MDYw",
            "Path: <sip:\(Self.good.dropLast())@127.0.0.1:25060;lr;received=192.0.2.7~40112~3>",
        ]
        let result = try await Program.sipob.run(
            ["token", "decode", "--json", "-v", "--from", "127.0.0.1:43626"] + inputs)
        #expect(result.status == 1)
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(
                path: "docs/json/token-decode.schema.json")
        let schema = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: path)) as? [String: Any])
        let required = try #require(schema["required"] as? [String])
        let known = try #require(schema["properties"] as? [String: Any])
        let all = try objects(result.output)
        #expect(all.count == inputs.count)
        for object in all {
            #expect(required.allSatisfy { object[$0] != nil })
            #expect(object.keys.allSatisfy { known[$0] != nil })
        }
        #expect(all[0]["authenticated"] is NSNull)
        #expect(all[0]["weaknesses"] as? [String] == ["kamailio-secret-ignored"])
        #expect((all[0]["request"] as? [String: Any])?["direction"] as? String == "outgoing")
        #expect(all[1]["format"] is NSNull)
        #expect(all[2]["remote"] as? String == "192.0.2.77:5060")
        #expect(all[3]["damage"] as? [String] == ["pad-lost"])
        #expect(((all[3]["hints"] as? [[String: Any]])?.first)?["address"] as? String == "192.0.2.7:40112")
    }

    @Test func verifyAndItsExitStatus() async throws {
        try await withSecret { secret in
            let rows: [([String], Int32, String)] = [
                ([Self.good], 0, "valid"), ([Self.ignored], 1, "invalid"),
                ([Self.good, "WCOG+p9htAMhqQF/AAABYeTAAAJNnEA="], 1, "valid\ninvalid"),
                (["WSOG+p9htAMhqQF/AAABYeTAAAJNnEB="], 0, "valid"), (["3ad1a7b505"], 2, "none"), (["lb"], 2, "none"),
            ]
            for (tokens, status, verdicts) in rows {
                let result = try await Program.sipob.run(
                    ["token", "verify", "-q", "--secret-file", "edge=\(secret)"] + tokens)
                #expect(result.status == status, "\(tokens)")
                #expect(result.output == verdicts + "\n")
            }
            let named = try await Program.sipob.run("token", "verify", "--secret-file", "edge=\(secret)", Self.good)
            #expect(named.output.contains("edge"))
            #expect(!named.output.contains("johndoe"))
        }
    }

    @Test func secretFromTheEnvironment() async throws {
        let result = try await Program.sipob.run(
            ["token", "verify", "--json", Self.good], environment: ["SIPOB_FLOW_TOKEN_SECRET": "johndoe-secret"])
        #expect(result.status == 0)
        #expect(try objects(result.output).first?["key"] as? String == "SIPOB_FLOW_TOKEN_SECRET")
    }

    @Test func linesOfStandardInput() async throws {
        try await withSecret { secret in
            let flows = "udp 127.0.0.1:25060 192.0.2.77:40000\nwss [2001:db8::1]:443 [2001:db8::7]:49152\n"
            let made = try await Program.sipob.run("token", "encode", "--secret-file", secret, "-", input: flows)
            #expect(made.status == 0)
            #expect(made.lines.first == Self.good)
            let read = try await Program.sipob.run(
                "token", "verify", "--secret-file", secret, "-", input: made.output)
            #expect(read.status == 0)
            #expect(
                read.output == """
                    valid kamailio udp 127.0.0.1:25060 192.0.2.77:40000 secret short-key
                    valid kamailio wss [2001:db8::1]:443 [2001:db8::7]:49152 secret short-key

                    """)
            // A token that is none any more for what stands around it, or for nothing at all; an empty line is no token.
            let mixed = try await Program.sipob.run(
                "token", "verify", "--secret-file", secret, "-", input: "\(Self.good)\n\nhello world\n")
            #expect(mixed.status == 1)
            #expect(mixed.lines.count == 2 && mixed.lines.last == "none - - - - - -")
        }
    }

    @Test func wholeMessagesAndLogs() async throws {
        let message = """
            REGISTER sip:example.com SIP/2.0\r
            Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1;rport\r
            Path: <sip:\(Self.ignored)@127.0.0.1:15060;lr;ob>,\r
             <sip:3ad1a7b505@1.2.3.4:443;transport=wss;lr;ovid=7cb85a5c>\r
            From: <sip:abcdefghij@example.com>;tag=1\r
            Contact: <sip:alice@192.0.2.7;ob>;reg-id=1\r
            \r\n
            """
        let argument = try await Program.sipob.run("token", "decode", "--json", message)
        let formats = try objects(argument.output).map { $0["format"] as? String }
        #expect(formats == ["kamailio", "oversip-conn"])
        let piped = try await Program.sipob.run("token", "decode", "-", input: message)
        #expect(
            piped.lines.map { $0.split(separator: " ").prefix(2).joined(separator: " ") }.first == "unverified kamailio"
        )
    }

    @Test(arguments: ["path", "route", "record-route"])
    func encodeInAHeaderField(_ dress: String) async throws {
        try await withSecret { secret in
            let result = try await Program.sipob.run(
                "token", "encode", "--secret-file", secret, "--as", dress, "--uri-host", "edge.example.com", "udp",
                "127.0.0.1:25060", "192.0.2.77:40000")
            let name = ["path": "Path", "route": "Route", "record-route": "Record-Route"][dress] ?? ""
            let ob = dress == "path" ? ";ob" : ""
            #expect(result.output == "\(name): <sip:\(Self.good)@edge.example.com;lr\(ob)>\n")
            #expect(result.status == 0)
        }
    }

    /// Arguments and the exit status that they earn.
    private static let refused: [(arguments: [String], status: Int32)] = [
        (["decode"], 64), (["decode", "--from", "nowhere", "x"], 64), (["verify", "x"], 2),
        (["verify", "--secret-file", "/nonexistent", "x"], 2), (["verify", "--key-hex-file", "/dev/null", "x"], 2),
        (["encode", "udp", "1.2.3.4:5"], 64), (["encode", "--format", "bono", "udp", "1.2.3.4:5", "6.7.8.9:1"], 64),
        (["encode", "udp", "1.2.3.4:5", "6.7.8.9:1"], 2), (["decode", "-", "-"], 64), (["decode", ""], 2),
        (["encode", "--format", "siphon", "udp", "1.2.3.4:5", "6.7.8.9"], 2),
        (["encode", "--uri-host", "a;b>", "udp", "1.2.3.4:5", "6.7.8.9:1"], 64),
        (["encode", "--uri-host", "example.com:0", "udp", "1.2.3.4:5", "6.7.8.9:1"], 64),
    ]

    @Test(arguments: refused)
    func refusals(_ row: (arguments: [String], status: Int32)) async throws {
        let result = try await Program.sipob.run(["token"] + row.arguments)
        #expect(result.status == row.status)
        if row.status == 64 || row.arguments.first != "decode" { #expect(!result.errors.isEmpty) }
    }

    @Test func hostileLines() async throws {
        let input =
            Array("\u{1B}[31mred\n".utf8) + Array(repeating: UInt8(ascii: "A"), count: 3 << 20) + [0x0A, 0, 0x0A]
            + Array((Self.ignored + "\n").utf8)
        let result = try await Program.sipob.run(["token", "decode", "-v", "-"], input: input)
        #expect(result.status == 1)
        #expect(!result.output.utf8.contains(0x1B))
        #expect(result.output.contains("127.0.0.1:43626"))
        #expect(result.errors.contains("skipped"))
    }

    @Test func formatsAreAllThere() async throws {
        let result = try await Program.sipob.run("token", "formats", "-q")
        #expect(result.status == 0)
        #expect(Set(result.lines.filter { !$0.isEmpty }) == Set(FlowTokenFormat.allCases.map(\.rawValue)))
    }

    @Test func formatsAsJSON() async throws {
        let result = try await Program.sipob.run("token", "formats", "--json")
        #expect(result.status == 0)
        #expect(try JSONSchema.faults(of: result, command: "token-formats") == [])
        let json = try JSONSerialization.jsonObject(with: Data(result.outputBytes)) as? [String: Any]
        let formats = try #require(json?["formats"] as? [[String: Any]]).compactMap { $0["format"] as? String }
        #expect(Set(formats) == Set(FlowTokenFormat.allCases.map(\.rawValue)))
    }

    @Test func benchPrintsFigures() async throws {
        let result = try await Program.sipob.run("token", "bench", "--seconds", "0.01", "--json")
        #expect(try JSONSchema.faults(of: result, command: "token-bench") == [])
        let json = try JSONSerialization.jsonObject(with: Data(result.outputBytes)) as? [String: Any]
        for family in ["ipv4", "ipv6"] {
            let rates = try #require(json?[family] as? [String: Int])
            #expect(rates["verified_per_s", default: 0] > 0 && rates["minted_per_s", default: 0] > 0)
        }
    }
}
