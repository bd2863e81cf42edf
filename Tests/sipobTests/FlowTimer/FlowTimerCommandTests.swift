import Foundation
import Testing

/// `sipob flow-timer` as users run it.
@Suite struct FlowTimerCommandTests {
    private func run(
        _ edge: EdgeProcess, _ transport: String, _ more: [String] = []
    ) async throws -> ProgramResult {
        let scratch = try ScratchDirectory()
        let port = try edge.port(transport)
        return try await Program.sipob.run(
            ["flow-timer", "sip:alice@example.com", "--edge", "sip:127.0.0.1:\(port);transport=\(transport)"] + more,
            environment: ["XDG_CONFIG_HOME": scratch.path("config"), "NO_COLOR": "1"], timeout: .seconds(60))
    }

    @Test func goodEdge() async throws {
        let edge = try await EdgeProcess.start(["udp", "tcp"], ["--flow-timer", "2", "--grace", "1"])
        defer { edge.program.signal(9) }
        let text = try await run(edge, "tcp", ["--periods", "2"])
        #expect(text.status == 0, "\(text.output)\(text.errors)")
        #expect(text.output.contains("announces Flow-Timer 2 s. Three flows are watched for 4 s."))
        #expect(text.output.contains("Flow-Timer is honoured."))
        #expect(text.output.contains("reg-id 3, silent: closed by the server after 3."))
        let scratch = try ScratchDirectory()
        let file = scratch.path("flow-timer.json")
        let json = try await run(edge, "udp", ["--periods", "1.2", "--json", "--report", "json=\(file)"])
        #expect(json.status == 0, "\(json.output)\(json.errors)")
        #expect(try Files.text(file) == json.output)
        #expect(try JSONSchema.faults(of: json, command: "flow-timer") == [])
    }

    @Test func brokenPromise() async throws {
        let edge = try await EdgeProcess.start(["tcp"], ["--flow-timer", "4", "--fault", "closes-early=2"])
        defer { edge.program.signal(9) }
        let result = try await run(edge, "tcp", ["--periods", "1.2"])
        #expect(result.status == 1, "\(result.output)\(result.errors)")
        #expect(result.output.contains("Flow-Timer is not honoured."))
        #expect(result.output.contains("tcp_connection_lifetime to 14"))
    }

    /// What is known by then is printed, what is not is unknown, and nothing is left at the server.
    @Test func interrupted() async throws {
        let scratch = try ScratchDirectory()
        let edge = try await EdgeProcess.start(["tcp"], ["--flow-timer", "600"])
        defer { edge.program.signal(9) }
        let target = "sip:127.0.0.1:\(try edge.port("tcp"));transport=tcp"
        let environment = ["XDG_CONFIG_HOME": scratch.path("config"), "NO_COLOR": "1"]
        let program = try Program.sipob.start(
            ["flow-timer", "sip:alice@example.com", "--edge", target], environment: environment)
        #expect(try await program.wait(within: .seconds(20)) { $0.outputSoFar.contains("are watched for 1800 s") })
        try await Task.sleep(for: .milliseconds(300))
        program.signal(2)
        let result = try await program.finish(within: .seconds(20))
        #expect(result.status == 130, "\(result.output)\(result.errors)")
        #expect(result.output.contains("reg-id 1, kept alive: still up after") && result.output.contains("UNKNOWN"))
        #expect(!result.output.contains("FAIL"), "\(result.output)")
        #expect(result.errors == "sipob: interrupted; the bindings of the test are removed\n")
        let after = try await Program.sipob.run(
            [
                "register-test", "sip:alice@example.com", "--suite", "--only", "registration.outbound", "--json",
                "--edge",
                target,
            ], environment: environment)
        #expect(!after.output.contains("\"foreign_contacts\": 1"), "\(after.output)")
        #expect(after.status == 0, "\(after.output)\(after.errors)")
    }

    @Test func quick() async throws {
        let edge = try await EdgeProcess.start(["tcp"], ["--flow-timer", "600"])
        defer { edge.program.signal(9) }
        let result = try await run(edge, "tcp", ["--quick"])
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        #expect(result.output.contains("announces Flow-Timer 600 s."))
        #expect(!result.output.contains("honoured.") && result.output.contains("not watched (--quick)."))
    }

    /// What is larger than any number of ours is never shown as another one.
    @Test func tooLarge() async throws {
        let scratch = try ScratchDirectory()
        for (command, more) in [("flow-timer", ["--quick"]), ("register-test", ["--no-keep-alive"])] {
            let edge = try SIPAnswerer(.tcp) { request in
                request.isRegister ? [request.granted(["Flow-Timer: 99999999999999999999"])] : []
            }
            defer { edge.stop() }
            let file = scratch.path("\(command).json")
            let result = try await Program.sipob.run(
                [command, "sip:alice@example.com", "--edge", edge.target, "--report", "json=\(file)"] + more,
                environment: ["XDG_CONFIG_HOME": scratch.path("config"), "NO_COLOR": "1"])
            let json = try Files.text(file)
            for text in [result.output, json] { #expect(!text.contains("18446744073709551615"), "\(text)") }
            #expect(json.contains("\"flow_timer_s\": null"), "\(json)")
            #expect(command != "flow-timer" || result.output.contains("a Flow-Timer that is too large"))
        }
    }

    @Test(arguments: ["udp", "tcp"]) func traced(_ transport: String) async throws {
        let edge = try await EdgeProcess.start([transport], ["--flow-timer", "2", "--grace", "1"])
        defer { edge.program.signal(9) }
        let result = try await run(edge, transport, ["--periods", "2", "--trace"])
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        let ping = transport == "udp" ? "STUN Binding" : "CRLFCRLF, a ping"
        let pong = transport == "udp" ? "STUN Binding success response" : "CRLF, a pong"
        for words in [
            ": a new flow", "-> REGISTER sip:example.com", "| Flow-Timer: 2", "<- 200 OK", "-> \(ping)", "<- \(pong)",
            ";expires=0", "Flow-Timer is honoured.",
        ] { #expect(result.output.contains(words), "\(words): \(result.output)") }
        let silent = try await run(edge, transport, ["--trace", "--json"])
        #expect(silent.status == 64 && silent.errors.contains("--trace prints as it goes"), "\(silent.errors)")
    }

    @Test func wrongUsageAndDeadServer() async throws {
        let none = try await Program.sipob.run("flow-timer")
        #expect(none.status == 64)
        let short = try await Program.sipob.run("flow-timer", "sip:a@example.com", "--periods", "1")
        #expect(short.status == 64 && short.errors.contains("--periods must lie"))
        let dead = try await Program.sipob.run(
            "flow-timer", "sip:a@example.com", "--edge", "sip:127.0.0.1:9;transport=tcp", "--timeout", "1")
        #expect(dead.status == 2 && dead.errors.contains("cannot connect"), "\(dead.errors)")
    }
}
