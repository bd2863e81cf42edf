import Foundation
import Testing

/// The demo shows what it promises, on real sockets, and what it leaves can be looked at again.
@Suite(.oneAtATime) struct DemoTests {
    /// The reg-ids that a line of a delivered MESSAGE names.
    private func deliveries(_ result: ProgramResult) -> [String] {
        result.lines.filter { $0.hasPrefix("  200 OK after ") }
            .map { String($0.split(separator: " ").suffix(2).joined(separator: " ")) }
    }

    @Test func showsWhatItPromises() async throws {
        let scratch = try ScratchDirectory()
        let folder = scratch.path("demo")
        let began = ContinuousClock.now
        let demo = try await Program.sipob.run("demo", "--directory", folder)
        // Less than fifteen seconds alone; the machine of the tests is busy.
        #expect(ContinuousClock.now - began < .seconds(60))
        #expect(demo.status == 0, "\(demo.output)\(demo.errors)")
        #expect(demo.errors.isEmpty, "\(demo.errors)")
        #expect(!demo.output.contains("\u{1B}"))

        let commands = demo.lines.filter { $0.hasPrefix("$ sipob ") }
        for name in [
            "stun-ping", "crlf-ping", "ws-ping", "register-test", "inspect", "token decode", "config-check",
            "flow-timer", "explain", "pcap-audit",
        ] {
            #expect(commands.contains { $0.hasPrefix("$ sipob \(name) ") }, "\(name)")
        }
        // `edge` is what all of it runs against, and `demo` itself.
        let all = try await Program.sipob.run("--help").lines.compactMap { line in
            line.wholeMatch(of: /\ {2}([a-z][a-z-]*)\ {2,}.*/).map { String($0.1) }
        }
        #expect(all.count > 8)
        for name in all where !["edge", "demo", "help"].contains(name) {
            #expect(commands.contains { $0.hasPrefix("$ sipob \(name) ") }, "\(name)")
        }
        for flow in ["reg-id 1, udp from ", "reg-id 2, tcp from "] { #expect(demo.output.contains(flow)) }
        #expect(demo.output.components(separatedBy: ": 200 OK, outbound in force, Flow-Timer 2 s").count == 3)
        for answered in [
            /reg-id 1: ([0-9]+) STUN Binding requests, ([0-9]+) answered/,
            /reg-id 2: ([0-9]+) CRLF pings, ([0-9]+) answered/,
        ] {
            let counts = try #require(demo.output.firstMatch(of: answered)?.output)
            #expect(counts.1 == counts.2 && (Int(counts.1) ?? 0) >= 2, "\(counts.0)")
        }
        // One mistake in the configuration, and it shows from outside.
        #expect(demo.output.contains("/kamailio.cfg: 1 fail, 0 warn, 0 unknown, 0 info"))
        #expect(demo.output.contains("FAIL  \(folder)/kamailio.cfg:12  [DX-FT-05]"))
        #expect(demo.output.contains("reg-id 3, silent: closed by the server after 1.5 s of silence"))
        #expect(demo.output.contains("\nFlow-Timer is not honoured.\n"))
        // Once on one flow, then, after the cut, on the other; the dead flow's token gets 430.
        let arrived = deliveries(demo)
        #expect(arrived.count == 2 && Set(arrived) == ["reg-id 1", "reg-id 2"], "\(arrived)")
        #expect(demo.output.contains("  430 Flow Failed after "))

        #expect(try Files.bytes("\(folder)/demo.pcapng").starts(with: [0x0A, 0x0D, 0x0D, 0x0A]))
        #expect(try Files.text("\(folder)/demo.html").lowercased().hasPrefix("<!doctype html>"))

        let register = try Files.text("\(folder)/register.txt")
        #expect(register.hasPrefix("REGISTER sip:example.com SIP/2.0\r\n") && register.contains(";reg-id=2;"))
        if let kamailio = Program.installed("kamailio") {
            let checked = try await kamailio.run("-c", "-f", "\(folder)/kamailio.cfg")
            #expect(checked.status == 0, "\(checked.errors)")
        }

        // What needs the edge has ended with it; the rest does the same when it is typed.
        let shell = try #require(Program.installed("bash"))
        let again = commands.filter { command in
            ["token decode", "pcap-audit", "inspect", "config-check", "explain"].contains {
                command.hasPrefix("$ sipob \($0) ")
            }
        }
        #expect(again.count == 5)
        for command in again {
            let typed = try await shell.run("-c", "'\(Program.sipob.path)' \(command.dropFirst("$ sipob ".count))")
            #expect([0, 1].contains(typed.status), "\(command): \(typed.errors)")
            #expect(!typed.output.isEmpty && demo.output.contains(typed.output), "\(command)")
        }
    }

    /// Each command's own document in one, and what the phone and the caller saw.
    @Test func asOneDocument() async throws {
        let scratch = try ScratchDirectory()
        let demo = try await Program.sipob.run("demo", "--json", "--directory", scratch.path("demo"))
        #expect(demo.status == 0 && demo.errors.isEmpty, "\(demo.errors)")
        #expect(try JSONSchema.faults(of: demo, command: "demo") == [])
        let object = try JSONSerialization.jsonObject(with: Data(demo.output.utf8))
        let document = try #require(object as? [String: Any])
        let steps = try #require(document["steps"] as? [[String: Any]])
        #expect(steps.count == 10)
        for step in steps {
            let command = try #require(step["command"] as? String)
            let documents = try #require(step["documents"] as? [[String: Any]])
            // Of explain and token decode the documents have no frame.
            for own in documents where own["command"] != nil {
                let name = try #require(own["command"] as? String)
                #expect(command.hasPrefix("sipob \(name) "), "\(command)")
            }
            #expect(documents.count == 1, "\(command)")
        }
        let calls = try #require(document["calls"] as? [[String: Any]])
        #expect(calls.compactMap { $0["status"] as? Int } == [200, 200, 430])
        #expect(calls.compactMap { ($0["arrived_on"] as? [Int])?.count } == [1, 1, 0])
    }

    @Test func installedProgramShowsIt() async throws {
        let scratch = try ScratchDirectory()
        let prefix = scratch.path("prefix")
        let install = Program(path: Files.repository + "/scripts/install.sh")
        let installed = try await install.run(Program.sipob.path, prefix)
        #expect(installed.status == 0, "\(installed.errors)")
        for file in [
            "share/man/man1/sipob.1", "share/man/man1/sipob-demo.1", "share/sipob/demo.pcap",
            "share/bash-completion/completions/sipob", "share/zsh/site-functions/_sipob",
            "share/fish/vendor_completions.d/sipob.fish",
        ] {
            #expect(access("\(prefix)/\(file)", R_OK) == 0, "\(file)")
        }
        let demo = try await Program(path: prefix + "/bin/sipob").run(
            ["demo", "--color", "always"], environment: ["TMPDIR": scratch.root])
        #expect(demo.status == 0, "\(demo.errors)")
        // Without --directory, a new folder in the temporary one.
        #expect(demo.output.contains("\(scratch.root)/sipob-demo-"))
        #expect(demo.output.contains("\u{1B}[1m$ sipob pcap-audit "))

        try #require(try await install.run("--remove", prefix).status == 0)
        let left = try await #require(Program.installed("find")).run(prefix, "-type", "f")
        #expect(left.output.isEmpty)
    }

    /// What runs at the moment ends first, and with it the demo: nobody writes to the terminal after that.
    @Test(arguments: [SIGINT, SIGTERM]) func interrupted(_ signal: Int32) async throws {
        let scratch = try ScratchDirectory()
        let demo = try Program.sipob.start(["demo", "--directory", scratch.path("demo")])
        #expect(try await demo.wait { $0.outputSoFar.contains("Three flows are watched") })
        try await Task.sleep(for: .milliseconds(500))
        let began = ContinuousClock.now
        demo.signal(signal)
        let result = try await demo.finish(within: .seconds(20))
        #expect(ContinuousClock.now - began < .seconds(8))
        #expect(result.status == 130, "\(result.output)\(result.errors)")
        #expect(result.errors.hasSuffix("sipob: interrupted.\n"), "\(result.errors)")
        #expect(!result.errors.contains("exit status"), "\(result.errors)")
        let line = try #require(result.lines.last { $0.hasPrefix("$ sipob flow-timer ") })
        let edge = try #require(line.split(separator: " ").first { $0.contains("sip:127.0.0.1:") }).filter { $0 != "'" }
        let left = try await #require(Program.installed("pgrep")).run("-f", "flow-timer .*\(edge)")
        #expect(left.output.isEmpty, "\(left.output)")
    }

    /// It says so at once, not after all else was shown.
    @Test(arguments: ["/proc/demo", "/dev/null", "/dev/null/demo"]) func unwritableFolder(_ path: String) async throws {
        let result = try await Program.sipob.run("demo", "--directory", path)
        #expect(result.status == 2)
        #expect(result.output.isEmpty)
        #expect(result.errors.split(separator: "\n").count == 1 && result.errors.contains(path), "\(result.errors)")
    }
}
