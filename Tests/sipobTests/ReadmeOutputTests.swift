import Testing

/// What the README shows is what the commands print. Those that ask a server are shown with the ports and times of one
/// run, and are held by their own tests.
@Suite struct ReadmeOutputTests {
    /// The example of the README that begins with `$ ` and that command, without its first line.
    static func example(_ command: String) throws -> String {
        let readme = try Files.text(Files.repository + "/README.md")
        let start = try #require(readme.range(of: "```\n$ \(command)\n"), "the README has no example of \(command)")
        let end = try #require(readme[start.upperBound...].range(of: "```"))
        return String(readme[start.upperBound..<end.lowerBound])
    }

    @Test(arguments: [
        "sipob token decode KKfSaKO7yjOvBwF/AAABOtR/AAABqmo=", "sipob pcap-audit share/demo.pcap",
        "sipob pcap-audit --flow f1 --only OB-REC-008 share/demo.pcap",
        "sipob explain OB-KA-006",
    ])
    func output(_ command: String) async throws {
        let words = command.split(separator: " ").dropFirst().map { word in
            word.hasPrefix("share/") ? "\(Files.repository)/\(word)" : String(word)
        }
        let result = try await Program.sipob.run(words, environment: ["NO_COLOR": "1"])
        let shown = try Self.example(command)
        let printed = result.lines.filter { !$0.isEmpty }
        #expect(printed == shown.split(separator: "\n").map(String.init))
    }
}
