import Foundation
import Glibc
import Testing

/// How `sipob edge` starts and ends: exit status, one line for what went wrong, reports.
@Suite struct EdgeCommandTests {
    private func edge(_ arguments: String...) async throws -> ProgramResult {
        try await Program.sipob.run(["edge"] + arguments, environment: ["NO_COLOR": "1"])
    }

    private func register(_ edge: EdgeProcess, _ transport: String = "tcp") async throws {
        let result = try await RegisterTestBench().run([
            "--edge", "sip:127.0.0.1:\(edge.port(transport));transport=\(transport)", "-q",
        ])
        #expect(result.status == 0, "\(result.output)\(result.errors)")
    }

    /// Ctrl-C is how an edge without `--for` ends.
    @Test(arguments: [SIGINT, SIGTERM, SIGHUP]) func interrupted(_ signal: Int32) async throws {
        let edge = try await EdgeProcess.start()
        try await register(edge)
        edge.program.signal(signal)
        let result = try await edge.program.finish(within: .seconds(20))
        #expect(result.status == 0 && !result.timedOut, "\(result.errors)")
        // register-test registers and removes: two grants.
        #expect(result.output.contains("2 registrations granted, 0 not, 1 keep-alive,"), "\(result.output)")
    }

    @Test func interruptedBeforeTheTimeIsOver() async throws {
        let edge = try await EdgeProcess.start(["udp", "tcp"], ["--for", "1h", "--judge"])
        try await register(edge)
        let result = try await edge.stop()
        #expect(result.status == 130)
        #expect(result.output.contains("sip:alice@example.com"), "\(result.output)")
    }

    /// The document names the status that the program ends with, when Ctrl-C ended it and when nobody came.
    @Test func documentNamesTheStatus() async throws {
        struct Document: Decodable {
            struct Exit: Decodable {
                let code: Int32
                let reason: String
            }
            let exit: Exit
        }
        let edge = try await EdgeProcess.start(["udp", "tcp"], ["--for", "1h", "--judge", "--json"])
        try await register(edge)
        let results = [
            try await edge.stop(),
            try await self.edge("--listen", "udp:127.0.0.1:0", "--for", "1", "--judge", "--json"),
        ]
        for (result, expected) in zip(results, [(130, "interrupted"), (2, "nothing to judge")] as [(Int32, String)]) {
            let exit = try JSONDecoder().decode(Document.self, from: Data(result.output.utf8)).exit
            #expect(result.status == expected.0 && exit.code == expected.0 && exit.reason == expected.1)
        }
    }

    /// Every message on its flow, as it comes and goes, without what would help to guess a password.
    @Test func trace() async throws {
        let scratch = try ScratchDirectory()
        let users = try scratch.write(Array("alice:secret\n".utf8), to: "users")
        let password = try scratch.write(Array("secret".utf8), to: "password")
        let edge = try await EdgeProcess.start(["udp", "tcp"], ["--trace", "--users", users])
        let result = try await RegisterTestBench().run([
            "--edge", "sip:127.0.0.1:\(edge.port("tcp"));transport=tcp", "--password-file", password, "-q",
        ])
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        let ping = try await Program.sipob.run("stun-ping", "-c", "1", "127.0.0.1:\(edge.port("udp"))")
        #expect(ping.status == 0)
        edge.program.signal(SIGINT)
        let output = try await edge.program.finish(within: .seconds(20)).output
        let heads = output.split(separator: "\n").filter { $0.hasPrefix("20") || $0.dropFirst(2).hasPrefix(":") }
            .map { String($0.dropFirst(14)) }
        let expected = [
            "f1 -> REGISTER sip:example.com", "f1 <- 401 Unauthorized", "f1 -> REGISTER sip:example.com",
            "f1 <- 200 OK", "f1 -> CRLFCRLF, a ping", "f1 <- CRLF, a pong", "f1 -> REGISTER sip:example.com",
            "f1 <- 200 OK", "f1 -> closed",
        ]
        #expect(Array(heads.dropFirst().prefix(expected.count)) == expected, "\(heads)")
        #expect(heads.contains("f2 -> STUN Binding request"))
        #expect(heads.last?.hasPrefix("f2 <- STUN Binding success response, mapped address 127.0.0.1:") == true)
        #expect(output.contains("response=\"(hidden)\"") && output.contains("| Flow-Timer: "))
        #expect(output.firstMatch(of: /response="[0-9a-f]+"/) == nil)
    }

    /// A reader who pauses, as `less` does, holds up no phone.
    @Test func traceThatNobodyReads() async throws {
        let bash = try #require(Program.installed("bash"))
        let scratch = try ScratchDirectory()
        let script = """
            mkfifo "$2"
            sleep 100 <>"$2" & reader=$!
            "$0" edge --listen udp:127.0.0.1:0 --trace >"$2" 2>"$1" & edge=$!
            for _ in $(seq 200); do
                port=$(sed -n 's/.*udp:127.0.0.1://p' "$1" 2>/dev/null); [ -n "$port" ] && break; sleep 0.05
            done
            "$0" stun-ping -q -c 600 -i 0.01 127.0.0.1:$port
            kill $reader; kill -INT $edge; wait $edge
            """
        let result = try await bash.run(
            ["-c", script, Program.sipob.path, scratch.path("errors"), scratch.path("unread")], timeout: .seconds(100))
        #expect(result.output.contains("600 of 600 probes answered"), "\(result.output)\(result.errors)")
    }

    /// However a phone spells its credentials, nothing of them that would help to find the password is shown.
    @Test func traceHidesCredentials() async throws {
        let edge = try await EdgeProcess.start(["udp"], ["--trace"])
        let client = try UDPClient(server: edge.port("udp"))
        for (index, line) in [
            "Authorization: Digest response=\"0123abc\", cnonce = \"zzzsecret\", username=\"a\"",
            "Authorization: Basic YWxpY2U6c2VjcmV0", "Proxy-Authorization: digest  Response = \"0123abc\"",
            "Authentication-Info: rspauth=\"0123abc\", cnonce=\"zzzsecret\"",
            "Alert-Info: <sip:alice:zzzsecret@example.com>",
        ].enumerated() {
            client.send(
                Array(
                    ("OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK\(index)\r\n"
                        + "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: \(index)\r\nCSeq: 1 OPTIONS\r\n\(line)\r\n"
                        + "Max-Forwards: 9\r\nContent-Length: 0\r\n\r\n").utf8))
            #expect(client.receive() != nil)
        }
        edge.program.signal(SIGINT)
        let output = try await edge.program.finish(within: .seconds(20)).output
        for secret in ["0123abc", "zzzsecret", "YWxpY2U"] { #expect(!output.contains(secret), "\(output)") }
        #expect(output.contains("Basic (hidden)") && output.contains("sip:alice:(hidden)@example.com"))
        #expect(output.contains("username=\"a\""))
    }

    @Test func endsByItself() async throws {
        let began = ContinuousClock.now
        let result = try await edge("--listen", "udp:127.0.0.1:0", "--for", "2")
        let taken = ContinuousClock.now - began
        #expect(result.status == 0)
        #expect(taken >= .seconds(2) && !result.timedOut)
        #expect(result.output.hasPrefix("0 flows, 0 registrations granted"), "\(result.output)")
    }

    @Test func nothingToJudge() async throws {
        let result = try await edge("--listen", "udp:127.0.0.1:0", "--for", "1", "--judge")
        #expect(result.status == 2)
        #expect(result.errors.contains("no phone registered"), "\(result.errors)")
    }

    @Test(arguments: ["udp", "tcp"]) func portInUse(_ transport: String) async throws {
        let first = try await EdgeProcess.start([transport])
        let address = "127.0.0.1:\(try first.port(transport))"
        let result = try await edge("--listen", "\(transport):\(address)", "--for", "1")
        #expect(result.status == 2)
        let lines = result.errors.split(separator: "\n")
        #expect(lines.count == 1 && result.errors.contains(address) && result.errors.contains("in use"), "\(lines)")
        #expect(result.errors.contains("--listen"), "\(lines)")
    }

    @Test func statusPortInUse() async throws {
        let first = try await EdgeProcess.start(["udp"], ["--http", "127.0.0.1:0"])
        let address = try first.statusURL().dropFirst("http://".count).dropLast()
        let result = try await edge("--listen", "udp:127.0.0.1:0", "--http", "\(address)", "--for", "1")
        #expect(result.status == 2)
        let lines = result.errors.split(separator: "\n")
        #expect(lines.count == 1 && result.errors.contains("--http") && result.errors.contains(address), "\(lines)")
    }

    @Test func foreignAddress() async throws {
        let result = try await edge("--listen", "udp:192.0.2.1:0", "--for", "1")
        #expect(result.status == 2)
        #expect(result.errors.split(separator: "\n").count == 1 && result.errors.contains("192.0.2.1"))
    }

    /// A listener that is none is told by the piece that is wrong.
    @Test(arguments: [
        ("upd:127.0.0.1:5060", "begin with udp, tcp"), ("127.0.0.1:5060", "begin with udp, tcp"),
        ("udp:localhost:5060", "'localhost:5060' is no IP address"), ("tcp:127.0.0.1:99999", "0 to 65535"),
        ("udp", "'' is no IP address"),
    ]) func wrongListeners(_ text: String, _ words: String) async throws {
        let result = try await Program.sipob.run(["edge", "--for=1", "--listen", text], timeout: .seconds(20))
        #expect(result.status == 64 && result.errors.contains(words), "\(result.errors)")
    }

    @Test(arguments: [
        ["--fault", "no-such"], ["--fault", "no-pong=3"], ["--listen", "sctp:127.0.0.1:1"], ["--listen", "udp"],
        ["--trace", "--judge", "--json"], ["--trace", "-q"], ["--grace", "-1"], ["--min-expires", "9000"],
        ["--cert", "x.pem"], ["--http", "nowhere"], ["--json"],
        ["--report", "html=x.html"], ["--registrar-only", "--registrar", "sip:127.0.0.1"],
        ["--force-outbound", "--force-no-outbound"], ["--token-format", "other"], ["--for", "soon"],
        ["--registrar", "ws://127.0.0.1"], ["--registrar", "sip:127.0.0.1", "--ca-file", "x"], ["--insecure"],
        ["--judge", "--report", "html"],
    ]) func wrongUsage(_ arguments: [String]) async throws {
        let result = try await Program.sipob.run(["edge", "--for=1"] + arguments, timeout: .seconds(20))
        #expect(result.status == 64 && !result.timedOut, "\(result.status) \(result.errors)")
        #expect(result.output.isEmpty)
    }

    @Test(arguments: ["--secret-file", "--users", "--client-ca"]) func unreadableFile(_ option: String) async throws {
        let result = try await edge("--listen", "tls:127.0.0.1:0", option, "/nonexistent/file", "--for", "1")
        #expect(result.status == 2)
        #expect(result.errors.contains("/nonexistent/file"), "\(result.errors)")
    }

    /// Every fault that the list names starts an edge, and every line of it is complete.
    @Test func faultList() async throws {
        let list = try await edge("--list-faults")
        #expect(list.status == 0 && list.errors.isEmpty)
        let entries = list.output.components(separatedBy: "\n\n")
        let names = entries.map { String($0.prefix { $0.isLowercase || $0.isNumber || $0 == "-" }) }
        #expect(names.count >= 20 && Set(names).count == names.count && !names.contains(""), "\(names)")
        for entry in entries { #expect(entry.contains("A good phone: ") && entry.contains("\n    ")) }
        for fault in names {
            let result = try await Program.sipob.run(["edge", "--fault", fault, "--list-faults"])
            #expect(result.status == 0, "\(fault): \(result.errors)")
        }
    }

    @Test func faultListAsJSON() async throws {
        let list = try await edge("--list-faults", "--json")
        #expect(list.status == 0 && list.errors.isEmpty)
        #expect(try JSONSchema.faults(of: list, command: "edge-faults") == [])
        #expect(list.output.contains(":fin\""), "\(list.output)")
    }

    @Test func reports() async throws {
        let scratch = try ScratchDirectory()
        let kinds = ["html", "json", "junit", "tap", "csv", "md"]
        let wanted = kinds.flatMap { ["--report", "\($0)=\(scratch.path("report.\($0)"))"] }
        let edge = try await EdgeProcess.start(["udp", "tcp"], ["--judge"] + wanted)
        try await register(edge, "udp")
        let result = try await edge.stop()
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        for kind in kinds {
            let text = try scratch.text("report.\(kind)")
            #expect(text.contains("sip:alice@example.com") || kind == "tap" || kind == "junit", "\(kind)")
            // Markdown names only what is wrong, and nothing is.
            #expect(text.contains("OB-") || kind == "md", "\(kind)")
        }
        #expect(try scratch.text("report.html").lowercased().hasPrefix("<!doctype html>"))
    }

    @Test func unwritableReport() async throws {
        let edge = try await EdgeProcess.start(["udp"], ["--judge", "--report", "html=/nonexistent/page.html"])
        try await register(edge, "udp")
        let result = try await edge.stop()
        #expect(result.status == 2)
        #expect(result.errors.contains("/nonexistent/page.html"), "\(result.errors)")
        #expect(result.output.contains("sip:alice@example.com"))
    }

    @Test func unwritableCapture() async throws {
        let result = try await edge("--listen", "udp:127.0.0.1:0", "--for", "1", "--save-pcap", "/nonexistent/x.pcapng")
        #expect(result.status == 2)
        #expect(result.errors.split(separator: "\n").count == 1 && result.errors.contains("/nonexistent/x.pcapng"))
    }

    /// A capture that no longer grows is told at the end; the edge goes on until then.
    @Test func fullDisk() async throws {
        let edge = try await EdgeProcess.start(["tcp"], ["--save-pcap", "/dev/full"])
        try await register(edge)
        let result = try await edge.stop()
        #expect(result.status == 2)
        #expect(result.errors.contains("/dev/full: no space left"), "\(result.errors)")
        #expect(result.output.contains("2 registrations granted"))
    }
}
