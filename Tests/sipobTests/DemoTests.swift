import Glibc
import Testing

@Suite struct DemoTests {
    @Test func showsWhatItPromises() async throws {
        let result = try await Program.sipob.run("demo")
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.isEmpty)
        let commands = result.lines.filter { $0.hasPrefix("$ sipob ") }
        #expect(
            commands.first == "$ sipob pcap-audit \(Files.repository)/share/demo.pcap"
                || commands.first?.hasSuffix("share/demo.pcap") == true)
        #expect(
            commands.contains {
                $0.hasPrefix(
                    "$ sipob token decode 'Path: <sip:yKCi2y/om3fU7wF/AAABbZx/AAABq9Y=@127.0.0.1:28060;lr;ob>'")
            })
        #expect(commands.contains { $0.hasPrefix("$ sipob explain OB-") })
        // What the capture shows: no Binding request was ever answered, and the token's key is public.
        #expect(result.output.contains("0 of 21") || result.output.lowercased().contains("no answer"))
        #expect(result.output.contains("127.0.0.1:43990"))
        #expect(result.output.contains("SHA1(\"\")"))
        #expect(!result.output.contains("\u{1B}"))
    }

    /// Each command line that the demo shows does the same when it is typed.
    @Test func commandLinesWork() async throws {
        let shell = try #require(Program.installed("bash"))
        let demo = try await Program.sipob.run("demo")
        let commands = demo.lines.filter { $0.hasPrefix("$ sipob ") }.map { $0.dropFirst(2 + "sipob".count) }
        #expect(commands.count >= 3)
        for command in commands {
            let typed = try await shell.run("-c", "'\(Program.sipob.path)' \(command)")
            #expect([0, 1].contains(typed.status), "\(command): \(typed.errors)")
            #expect(!typed.output.isEmpty && demo.output.contains(typed.output), "\(command)")
        }
    }

    @Test func installedProgramFindsItsCapture() async throws {
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
        let demo = try await Program(path: prefix + "/bin/sipob").run("demo")
        #expect(demo.status == 0, "\(demo.errors)")
        #expect(demo.output.contains("share/sipob/demo.pcap"))

        try #require(try await install.run("--remove", prefix).status == 0)
        let left = try await #require(Program.installed("find")).run(prefix, "-type", "f")
        #expect(left.output.isEmpty)
    }

    @Test func saysWhereTheCaptureShouldBe() async throws {
        let scratch = try ScratchDirectory()
        let lonely = scratch.path("sipob")
        _ = try await #require(Program.installed("cp")).run(Program.sipob.path, lonely)
        let result = try await Program(path: lonely).run("demo")
        #expect(result.status == 2)
        #expect(result.output.isEmpty)
        #expect(result.errors.hasPrefix("sipob: the demo's capture"))
    }
}
