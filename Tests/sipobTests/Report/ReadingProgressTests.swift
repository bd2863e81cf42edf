import Testing

/// The line on the terminal while captures are read.
@Suite struct ReadingProgressTests {
    private static let capture = Files.repository + "/Tests/Fixtures/Captures/lin_tcp_ft20.pcap"

    /// Runs a line of shell under a terminal, with a capture that comes slowly on standard input.
    private func onATerminal(_ command: String) async throws -> ProgramResult {
        let script = try #require(Program.installed("script"))
        let slowly = "(head -c 3000 \(Self.capture); sleep 0.4; tail -c +3001 \(Self.capture); sleep 0.4; true)"
        return try await script.run(["-qec", "\(slowly) | \(command)", "/dev/null"])
    }

    @Test(.needs("script")) func comesAndGoes() async throws {
        let result = try await onATerminal("\(Program.sipob.path) pcap-audit --color never - > /dev/null")
        #expect(result.output.contains(" MB/s"), "\(result.output)")
        // Nothing of it is left: the last that was written wipes the line.
        #expect(result.output.hasSuffix("\r\u{1B}[K"), "\(result.output.suffix(40))")
    }

    @Test(.needs("script"), arguments: ["pcap-audit -q - > /dev/null", "pcap-audit - > /dev/null 2> /dev/null"])
    func staysAway(_ arguments: String) async throws {
        let result = try await onATerminal("\(Program.sipob.path) \(arguments)")
        #expect(!result.output.contains("MB/s"), "\(result.output)")
    }

    @Test func isNoPartOfOutputThatIsKept() async throws {
        let result = try await Program.sipob.run(["pcap-audit", Self.capture])
        #expect(result.errors.isEmpty && !result.output.contains("MB/s"))
    }
}
