import Foundation
import Testing

@testable import OutboundKit

/// The built program: what `inspect` prints, writes and exits with.
@Suite struct InspectCommandTests {
    static let file = Files.repository + "/share/register.txt"
    static let token = "KKfSaKO7yjOvBwF/AAABOtR/AAABqmo="

    static func register() throws -> String { try Files.text(file) }

    /// In order: a REGISTER that lists path as well.
    static func good() throws -> String {
        try register().replacing("Supported: outbound", with: "Supported: path, outbound")
    }

    @Test func theReadmeShowsWhatIsPrinted() async throws {
        let result = try await Program.sipob.run("inspect", input: try Self.register())
        let shown = try ReadmeOutputTests.example("sipob inspect < share/register.txt")
        #expect(result.lines.filter { !$0.isEmpty } == shown.split(separator: "\n").map(String.init))
        #expect(result.status == 1 && result.lines.allSatisfy { $0.count <= 80 })
    }

    @Test func exitStatus() async throws {
        let scratch = try ScratchDirectory()
        let empty = try scratch.write("", to: "empty")
        let prose = try scratch.write("nothing of that kind\n", to: "prose")
        let binary = try scratch.write([0xD4, 0xC3, 0xB2, 0xA1, 2, 0], to: "capture")
        let large = try scratch.write([UInt8](repeating: 0x41, count: (4 << 20) + 1), to: "large")
        let good = try scratch.write(try Self.good(), to: "good")
        let rows: [(arguments: [String], status: Int32, words: String)] = [
            ([good], 0, ""), ([Self.file], 1, ""), ([good, Self.file], 1, ""), ([good, prose], 2, "no SIP message"),
            ([empty], 2, "is empty"), ([prose], 2, "REGISTER sip:"), ([binary], 2, "pcap-audit"),
            ([large], 2, "larger than"), (["/nonexistent"], 2, "cannot read /nonexistent"),
            (["--from", "nowhere"], 64, "--from wants"), (["-", "-"], 64, "once only"),
            (["--report", "html=x"], 64, "json, junit, md and sarif"), (["--nosuch"], 64, "Unknown option"),
        ]
        for row in rows {
            let result = try await Program.sipob.run(["inspect"] + row.arguments)
            #expect(result.status == row.status, "\(row.arguments): \(result.errors)")
            #expect(row.words.isEmpty ? result.errors.isEmpty : result.errors.contains(row.words), "\(result.errors)")
        }
    }

    @Test func quietIsOneLineAMessage() async throws {
        let result = try await Program.sipob.run("inspect", "-q", input: try Self.good() + "\n" + Self.register())
        #expect(
            result.lines == [
                "standard input:1 fine rfc5626=path-token-ob kamailio=path-token-ob REGISTER sip:example.com",
                "standard input:14 violated rfc5626=refuse-421 kamailio=path-token-ob REGISTER sip:example.com",
            ])
        let forced = try await Program.sipob.run("inspect", "-q", "--force-no", input: try Self.good())
        #expect(forced.output.contains("rfc5626=path-token-ob kamailio=path-plain"))
        let both = try await Program.sipob.run("inspect", "-q", "--force", "--force-no", input: try Self.good())
        #expect(both.output.contains("kamailio=path-token-ob"))
    }

    private static func invite(_ route: String) -> String {
        """
        INVITE sip:bob@example.com SIP/2.0
        Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK1;rport;keep
        From: <sip:alice:s3cret@example.com>;tag=1
        To: <sip:bob@example.com>
        Call-ID: 1
        CSeq: 1 INVITE
        Route: \(route)
        Authorization: Digest username="alice", response="c0ffee", cnonce="feed"
        Contact: <sip:alice@192.0.2.7>
        Content-Length: 0

        """
    }

    @Test func jsonFitsItsSchema() async throws {
        let inputs = [
            try Self.register(), Self.invite("<sip:\(Self.token)@127.0.0.1:15060;lr;ob>"),
            "SIP/2.0 200 OK\nVia: x\nCSeq: 1 REGISTER\nFlow-Timer: 1\nContact: *\n",
            "REGISTER sip:a SIP/2.0\r\nVia: SIP/2",
        ]
        for input in inputs {
            for more in [[], ["--from", "127.0.0.1:43626", "-v"]] {
                let result = try await Program.sipob.run(["inspect", "--json"] + more, input: Array(input.utf8))
                #expect(try JSONSchema.faults(of: result, command: "inspect") == [], "\(input)")
                #expect(result.status == 1)
            }
        }
    }

    @Test func directionByTheSource() async throws {
        let input = Self.invite("<sip:\(Self.token)@127.0.0.1:15060;lr>")
        for (source, words) in [("127.0.0.1:43626", "it is outgoing"), ("192.0.2.1:5060", "it is incoming")] {
            let result = try await Program.sipob.run(["inspect", "--from", source], input: Array(input.utf8))
            #expect(result.output.contains(words) && result.output.contains("127.0.0.1:43626"))
        }
        let elsewhere = try await Program.sipob.run(["inspect", "--edge", "192.0.2.9"], input: Array(input.utf8))
        #expect(elsewhere.output.contains("the topmost Route leads elsewhere"))
    }

    @Test func secretsAreNeverShown() async throws {
        let input = Self.invite("<sip:192.0.2.1;lr>")
        let scratch = try ScratchDirectory()
        let kinds = ["json", "junit", "md", "sarif"]
        let reports = kinds.flatMap { ["--report", "\($0)=\(scratch.path($0))"] }
        for arguments in [["-v"], ["--json"], reports] {
            let result = try await Program.sipob.run(["inspect"] + arguments, input: Array(input.utf8))
            for secret in ["s3cret", "c0ffee", "feed"] { #expect(!result.output.contains(secret)) }
            #expect(result.output.contains("alice"))
            #expect(result.errors.isEmpty)
        }
        for kind in kinds {
            for secret in ["s3cret", "c0ffee"] { #expect(!(try scratch.text(kind)).contains(secret), "\(kind)") }
        }
    }

    @Test func keysAreTriedAndNotShown() async throws {
        let scratch = try ScratchDirectory()
        let secret = try scratch.write("johndoe-secret\n", to: "secret")
        let input = Self.invite("<sip:WSOG+p9htAMhqQF/AAABYeTAAAJNnEA=@127.0.0.1:25060;lr>")
        let result = try await Program.sipob.run(
            ["inspect", "--secret-file", "edge=\(secret)"], input: Array(input.utf8))
        #expect(result.output.contains("authentic   yes, by edge") && !result.output.contains("johndoe"))
        let changed = input.replacing("WSOG", with: "WCOG")
        let forged = try await Program.sipob.run(["inspect", "--secret-file", secret], input: Array(changed.utf8))
        #expect(forged.status == 1 && forged.output.contains("answers 403"))
    }

    @Test func reports() async throws {
        let scratch = try ScratchDirectory()
        let file = try scratch.write(try Self.register().replacing("SIP/2.0/TCP", with: "SIP/1.0/TCP"), to: "m.txt")
        let kinds = ["json", "junit", "md", "sarif"]
        let result = try await Program.sipob.run(
            ["inspect", file] + kinds.flatMap { ["--report", "\($0)=\(scratch.path("r." + $0))"] })
        #expect(result.status == 1 && result.errors.isEmpty)
        let junit = try scratch.text("r.junit")
        #expect(junit.contains("name=\"grammar\"") && junit.contains("OB-UA-009") && junit.contains("failures=\"2\""))
        #expect(try scratch.text("r.md").contains("| Kamailio | adds Path with a flow token and ob"))
        let log = try #require(
            try JSONSerialization.jsonObject(with: Data(scratch.bytes("r.sarif"))) as? [String: Any])
        let runs = try #require(log["runs"] as? [[String: Any]])
        let results = try #require(runs.first?["results"] as? [[String: Any]])
        let lines = results.compactMap { result -> Int? in
            let place = (result["locations"] as? [[String: Any]])?.first?["physicalLocation"] as? [String: Any]
            return (place?["region"] as? [String: Any])?["startLine"] as? Int
        }
        #expect(lines == [2, 8])
        let refused = try await Program.sipob.run("inspect", file, "--report", "json=/nonexistent/r.json")
        #expect(refused.status == 2 && refused.errors.contains("/nonexistent/r.json"))
    }

    @Test func hostileInput() async throws {
        let escape = try Self.register().replacing("gruu", with: "gr\u{1B}[31muu\u{7}")
        let result = try await Program.sipob.run("inspect", "-v", input: escape)
        #expect(result.status == 1 && !result.output.utf8.contains(0x1B) && !result.output.utf8.contains(7))
        for octets in [[UInt8](repeating: 0, count: 100_000), Array(String(repeating: "\n", count: 100_000).utf8)] {
            let empty = try await Program.sipob.run(["inspect"], input: octets)
            #expect(empty.status == 2 && !empty.errors.isEmpty)
        }
        let many = Array(String(repeating: try Self.good() + "\n", count: 1001).utf8)
        let cut = try await Program.sipob.run(["inspect", "-q"], input: many)
        #expect(cut.lines.count == 1000 && cut.errors.contains("more than 1000 messages") && cut.status == 2)
    }
}
