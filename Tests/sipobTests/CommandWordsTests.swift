import Testing

/// Commands that are mistyped, alone and behind `help`.
@Suite struct CommandWordsTests {
    @Test(arguments: [
        (
            "stun-pin",
            "there is no command 'sipob stun-pin'. Did you mean 'sipob stun-ping'? 'sipob --help' lists them all."
        ),
        ("help stun-pin", "there is no command 'sipob stun-pin'. Did you mean 'sipob stun-ping'?"),
        ("help nosuch", "there is no command 'sipob nosuch'. 'sipob --help' lists them all."),
        ("config", "Did you mean 'sipob config-check'?"), ("pcap edge.pcap", "Did you mean 'sipob pcap-audit'?"),
        ("token decodde X", "Did you mean 'sipob token decode'? 'sipob token --help' lists them all."),
        ("help token decodde", "there is no command 'sipob token decodde'. Did you mean 'sipob token decode'?"),
        ("token help nosuch", "there is no command 'sipob token nosuch'. 'sipob token --help' lists them all."),
        ("token help formatz", "Did you mean 'sipob token formats'?"),
    ])
    func mistyped(_ words: String, _ answer: String) async throws {
        let result = try await Program.sipob.run(words.split(separator: " ").map(String.init))
        #expect(result.status == 64 && result.output.isEmpty)
        #expect(result.errors.hasPrefix("sipob: there is no command "), "\(result.errors)")
        #expect(result.errors.contains(answer) && result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    }

    /// `help` stands where people put it.
    @Test(arguments: [
        ("token help decode", "token decode --help"), ("help token decode", "token decode --help"),
        ("token help", "token --help"), ("help edge", "edge --help"), ("help", "--help"),
    ])
    func help(_ words: String, _ same: String) async throws {
        let help = try await Program.sipob.run(words.split(separator: " ").map(String.init))
        let other = try await Program.sipob.run(same.split(separator: " ").map(String.init))
        #expect(help.status == 0 && help.errors.isEmpty && help.output == other.output, "\(help.output)")
    }

    /// Behind a command that has none below it the word is what the command makes of it.
    @Test func helpMayBeAName() async throws {
        let result = try await Program.sipob.run("explain", "help")
        #expect(result.status == 64 && result.errors.contains("nothing is known under 'help'"))
    }
}
