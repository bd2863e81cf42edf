import Foundation
import Testing

/// `sipob register-test --suite` as users run it, against `sipob edge`.
@Suite struct SuiteCommandTests {
    private struct Document: Decodable {
        struct Case: Decodable {
            let id: String
            let verdict: String
            let worse_than_policy: Bool?
        }
        struct Survey: Decodable {
            let outbound: Bool
            let challenged: Bool
        }
        let cases: [Case]
        let survey: Survey?
        let left_behind: [String]
    }

    private func arguments(_ edge: EdgeProcess, _ more: [String]) throws -> [String] {
        let tcp = try edge.port("tcp")
        let udp = try edge.port("udp")
        return [
            "register-test", "sip:alice@example.com", "--suite", "--edge", "sip:127.0.0.1:\(tcp);transport=tcp",
            "--edge",
            "sip:127.0.0.1:\(udp)",
        ] + more
    }

    private func run(
        _ edge: EdgeProcess, _ more: [String], _ scratch: ScratchDirectory
    ) async throws -> ProgramResult {
        try await Program.sipob.run(
            try arguments(edge, more), environment: ["XDG_CONFIG_HOME": scratch.path("config"), "NO_COLOR": "1"],
            timeout: .seconds(120))
    }

    @Test func goodEdgePasses() async throws {
        let scratch = try ScratchDirectory()
        let edge = try await EdgeProcess.start()
        defer { edge.program.signal(9) }
        let result = try await run(edge, ["--json", "--other-user", "sip:bob@example.com"], scratch)
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        let document = try JSONDecoder().decode(Document.self, from: Data(result.outputBytes))
        #expect(document.survey?.outbound == true)
        #expect(document.left_behind.isEmpty)
        #expect(document.cases.count > 30)
        #expect(document.cases.allSatisfy { !["fail", "warn"].contains($0.verdict) }, "\(document.cases)")
        #expect(try JSONSchema.faults(of: result, command: "register-test-suite") == [])
    }

    @Test(arguments: ["tls", "ws", "wss"]) func otherTransports(transport: String) async throws {
        let scratch = try ScratchDirectory()
        let users = scratch.path("users")
        try scratch.write(Array("alice:secret\nbob:secret\n".utf8), to: "users")
        try scratch.write(Array("secret\n".utf8), to: "password")
        let edge = try await EdgeProcess.start([transport], ["--users", users])
        defer { edge.program.signal(9) }
        let port = try edge.port(transport)
        let target = transport == "tls" ? "sip:127.0.0.1:\(port);transport=tls" : "\(transport)://127.0.0.1:\(port)/"
        let result = try await Program.sipob.run(
            [
                "register-test", "sip:alice@example.com", "--suite", "--json", "--edge", target, "--password-file",
                scratch.path("password"),
            ] + (transport == "ws" ? [] : ["--insecure"]),
            environment: ["XDG_CONFIG_HOME": scratch.path("config")], timeout: .seconds(120))
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        let document = try JSONDecoder().decode(Document.self, from: Data(result.outputBytes))
        #expect(document.survey?.challenged == true)
        #expect(document.cases.contains { $0.id.hasPrefix("digest.") && $0.verdict == "pass" })
    }

    @Test func badEdgeFailsAndThePolicyCompares() async throws {
        let scratch = try ScratchDirectory()
        let good = try await EdgeProcess.start()
        let policy = scratch.path("good.policy")
        let first = try await run(good, ["--only", "keepalive", "--make-policy", policy], scratch)
        good.program.signal(9)
        #expect(first.status == 0, "\(first.output)\(first.errors)")
        let bad = try await EdgeProcess.start(["udp", "tcp"], ["--fault", "no-pong"])
        defer { bad.program.signal(9) }
        let junit = scratch.path("suite.xml")
        let one = ["--only", "keepalive.ping"]
        let plain = try await run(bad, one + ["--report", "junit=\(junit)"], scratch)
        #expect(plain.status == 1)
        #expect(plain.output.contains("expected: CRLF at once") && plain.output.contains("OB-KA-010"))
        #expect(try Files.text(junit).contains("<failure "))
        let worse = try await run(bad, one + ["--policy", policy], scratch)
        #expect(worse.status == 1 && worse.output.contains("Worse than the policy: 1"))
        let own = scratch.path("bad.policy")
        _ = try await run(bad, one + ["--make-policy", own], scratch)
        let same = try await run(bad, one + ["--policy", own, "--json"], scratch)
        #expect(same.status == 0, "\(same.output)\(same.errors)")
        let document = try JSONDecoder().decode(Document.self, from: Data(same.outputBytes))
        #expect(document.cases.map(\.worse_than_policy) == [false])
    }

    @Test(.needs("tshark")) func recordingOpensInWireshark() async throws {
        let scratch = try ScratchDirectory()
        let edge = try await EdgeProcess.start(["tls", "udp", "tcp"])
        defer { edge.program.signal(9) }
        let port = try edge.port("tls")
        let file = scratch.path("suite.pcapng")
        let result = try await Program.sipob.run(
            [
                "register-test", "sip:alice@example.com", "--suite", "--only", "keepalive.ping-registered", "--edge",
                "sip:127.0.0.1:\(port);transport=tls", "--insecure", "--save-pcap", file,
            ], environment: ["XDG_CONFIG_HOME": scratch.path("config")], timeout: .seconds(60))
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        let tshark = try #require(Program.installed("tshark"))
        let read = try await tshark.run(
            [
                "-r", file, "-d", "tcp.port==\(port),sip", "-Y", "sip.Method == \"REGISTER\"", "-T", "fields", "-e",
                "frame.comment",
            ])
        #expect(read.status == 0, "\(read.errors)")
        #expect(read.output.contains("keepalive.ping-registered") && read.output.contains("survey"), "\(read.output)")
    }

    @Test func wrongUsage() async throws {
        let rows: [([String], String)] = [
            (["--suite", "--only", "nope.*", "sip:a@example.com"], "No case fits 'nope.*'"),
            (["--only", "stun", "sip:a@example.com"], "add --suite"),
            (["--suite", "--trace", "sip:a@example.com"], "are about one registration"),
            (["--suite", "--secret-file", "x", "sip:a@example.com"], "are about one registration"),
            (["--suite", "--reg-id", "2", "sip:a@example.com"], "are about one registration"),
            (["--suite"], "Name the address-of-record"),
            (["--suite", "sip:a@example.com", "--other-password-file", "x"], "needs --other-user"),
            (["--edge", "127.0.0.1", "--edge", "127.0.0.2", "sip:a@example.com"], "--suite takes several"),
        ]
        for (arguments, words) in rows {
            let result = try await Program.sipob.run(["register-test"] + arguments)
            #expect(result.status == 64, "\(arguments)")
            #expect(result.errors.contains(words), "\(result.errors)")
        }
    }

    @Test func listAndPlan() async throws {
        let list = try await Program.sipob.run("register-test", "--list")
        #expect(list.status == 0 && list.output.contains("keepalive.ping ") && list.output.contains("[OB-KA-010"))
        let plan = try await Program.sipob.run("register-test", "--plan", "--only", "OB-KA-020", "--slow")
        #expect(plan.status == 0 && plan.output.contains("1 case would run, for 40 s at most"), "\(plan.output)")
    }

    @Test func listAndPlanAsJSON() async throws {
        func cases(_ arguments: [String]) async throws -> (cases: [[String: Any]], leftOut: Int?) {
            let result = try await Program.sipob.run(["register-test", "--json"] + arguments)
            #expect(result.status == 0 && result.errors.isEmpty)
            #expect(try JSONSchema.faults(of: result, command: "register-test-list") == [])
            let json = try JSONSerialization.jsonObject(with: Data(result.outputBytes)) as? [String: Any]
            return (try #require(json?["cases"] as? [[String: Any]]), json?["left_out"] as? Int)
        }
        let (all, none) = try await cases(["--list"])
        #expect(none == 0 && all.contains { $0["id"] as? String == "keepalive.ping" && $0["slow"] as? Bool == false })
        let (slow, _) = try await cases(["--list", "--only", "OB-KA-020"])
        #expect(slow.count == 1)
        let (some, others) = try await cases(["--plan", "--only", "OB-KA-020", "--slow"])
        #expect(some.count == 1 && (some[0]["requirements"] as? [String])?.contains("OB-KA-020") == true)
        #expect(others == all.count - 1)
    }

    @Test func deadServer() async throws {
        let scratch = try ScratchDirectory()
        let result = try await Program.sipob.run(
            ["register-test", "sip:a@example.com", "--suite", "--edge", "sip:127.0.0.1:9;transport=tcp"],
            environment: ["XDG_CONFIG_HOME": scratch.path("config")])
        #expect(result.status == 2)
        #expect(result.errors.contains("cannot connect to 127.0.0.1:9"), "\(result.errors)")
        #expect(!result.errors.contains("may remain"))
    }

    /// What is known is printed, and nothing is left at the server.
    @Test func interrupted() async throws {
        let scratch = try ScratchDirectory()
        let edge = try await EdgeProcess.start()
        defer { edge.program.signal(9) }
        let program = try Program.sipob.start(
            try arguments(edge, ["--only", "keepalive.stays-open", "--slow"]),
            environment: ["XDG_CONFIG_HOME": scratch.path("config"), "NO_COLOR": "1"])
        let isWaiting = try await program.wait(within: .seconds(20)) { $0.outputSoFar.contains("Registered:") }
        #expect(isWaiting)
        try await Task.sleep(for: .milliseconds(500))
        program.signal(2)
        let result = try await program.finish(within: .seconds(20))
        #expect(result.status == 130, "\(result.output)\(result.errors)")
        #expect(result.errors.contains("interrupted; the bindings of the test are removed"))
        let after = try await run(edge, ["--only", "stun.binding", "--json"], scratch)
        #expect(after.output.contains("\"foreign_contacts\": 0"), "\(after.output)")
    }
}
