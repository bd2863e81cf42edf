import Testing

/// The line on the terminal while captures are read.
@Suite struct ReadingProgressTests {
    private static let capture = Files.repository + "/Tests/Fixtures/Captures/lin_tcp_ft20.pcap"

    /// Runs sipob under a terminal, with a capture whose second half comes half a second after the first was asked for:
    /// whoever writes to a named pipe waits until somebody opens it for reading.
    private func onATerminal(_ arguments: String) async throws -> ProgramResult {
        let scratch = try ScratchDirectory()
        let script = try #require(Program.installed("script"))
        let pipe = scratch.path("pipe")
        let halves = "head -c 3000 \(Self.capture) >&3; sleep 0.5; tail -c +3001 \(Self.capture) >&3"
        let command =
            "mkfifo \(pipe); (exec 3>\(pipe); \(halves)) & \(Program.sipob.path) pcap-audit \(pipe) \(arguments)"
        return try await script.run(["-qec", command, "/dev/null"])
    }

    @Test(.needs("script")) func comesAndGoes() async throws {
        let result = try await onATerminal("--color never > /dev/null")
        #expect(result.output.contains(" MB/s"), "\(result.output)")
        // Nothing of it is left: the last that was written wipes the line.
        #expect(result.output.hasSuffix("\r\u{1B}[K"), "\(result.output.suffix(40))")
    }

    @Test(.needs("script"), arguments: ["-q > /dev/null", "> /dev/null 2> /dev/null"])
    func staysAway(_ arguments: String) async throws {
        let result = try await onATerminal(arguments)
        #expect(!result.output.contains("MB/s"), "\(result.output)")
    }

    @Test func isNoPartOfOutputThatIsKept() async throws {
        let result = try await Program.sipob.run(["pcap-audit", Self.capture])
        #expect(result.errors.isEmpty && !result.output.contains("MB/s"))
    }
}
