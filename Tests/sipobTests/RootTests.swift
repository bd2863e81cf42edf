import Testing

@Suite struct RootTests {
    @Test func version() async throws {
        let result = try await Program.sipob.run("--version")
        #expect(result.status == 0)
        #expect(result.lines.count == 1 && result.output.hasPrefix("sipob "))
        #expect(result.errors.isEmpty)
    }

    @Test func helpIsOneScreen() async throws {
        let result = try await Program.sipob.run("--help")
        #expect(result.status == 0)
        #expect(result.lines.count <= 40)
        #expect(result.lines.allSatisfy { $0.count <= 80 })
    }

    @Test(arguments: [["--no-such-option"], ["nosuchcommand"], ["explain", "--nosuch"]])
    func wrongUsage(arguments: [String]) async throws {
        let result = try await Program.sipob.run(arguments)
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
        #expect(!result.errors.isEmpty)
    }
}
