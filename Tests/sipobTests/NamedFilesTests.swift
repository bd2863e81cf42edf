import Glibc
import Testing

/// Files that commands read and write: what is read is not overwritten, what can be read once is not read twice, and odd
/// names and closed descriptors are told as what they are.
@Suite struct NamedFilesTests {
    private static let capture = Files.repository + "/Tests/Fixtures/Captures/lin_tcp_ft20.pcap"

    /// - Parameter script: bash's; `$0` is the program, `$1` a capture.
    private func shell(_ script: String, _ scratch: ScratchDirectory) async throws -> ProgramResult {
        let bash = try #require(Program.installed("bash"))
        return try await bash.run(
            ["-c", "cd \(scratch.root) && \(script)", Program.sipob.path, Self.capture])
    }

    // MARK: Read twice

    @Test(arguments: [
        "'$0' pcap-audit --events out fifo", "'$0' pcap-audit --write out fifo",
        "'$0' pcap-audit --write out link", "'$0' pcap-audit --write out '$1' fifo",
        "cat '$1' | '$0' pcap-audit --events out /dev/stdin", "cat '$1' | '$0' pcap-audit --write out /dev/stdin",
        "'$0' pcap-audit --write out <(cat '$1')", "'$0' pcap-audit --events out - <'$1'",
    ])
    func whatCanBeReadOnce(_ script: String) async throws {
        let scratch = try ScratchDirectory()
        let result = try await shell("mkfifo fifo && ln -s fifo link && \(Self.quoted(script))", scratch)
        #expect(result.status == 64 && !result.timedOut, "\(result.errors)")
        #expect(result.errors.contains("reads the captures a second time, which "), "\(result.errors)")
        #expect(access(scratch.path("out"), F_OK) != 0)
    }

    @Test func whatCanBeReadAgain() async throws {
        let scratch = try ScratchDirectory()
        let script = "ln -s '$1' link && '$0' pcap-audit -q --write out link /dev/stdin <'$1'"
        let result = try await shell(Self.quoted(script), scratch)
        #expect(result.status == 1 && result.errors.isEmpty, "\(result.errors)")
        #expect(try scratch.bytes("out").count > 1000)
        let missing = try await shell(Self.quoted("'$0' pcap-audit --write out nothing"), scratch)
        #expect(missing.status == 2 && missing.errors.contains("No such file"), "\(missing.errors)")
    }

    /// Single quotes for double ones, which the shell expands in.
    private static func quoted(_ script: String) -> String {
        String(script.map { $0 == "'" ? "\"" : $0 })
    }

    // MARK: Read and written

    struct Row: Sendable, CustomTestStringConvertible {
        let words: String
        /// What the output is said to be.
        let what: String
        var testDescription: String { words }

        init(_ words: String, _ what: String) { (self.words, self.what) = (words, what) }
    }

    static let rows = [
        Row("config-check --report json=a a", "a configuration"),
        Row("config-check --report json=./a --edge b --registrar a", "a configuration"),
        Row("config-check --report json=link main", "a configuration"),
        Row("inspect --report md=a b a", "a file of messages"),
        Row("inspect --report md=a <a", "a file of messages"),
        Row("inspect --report md=a --secret-file a b", "the file of --secret-file"),
        Row("inspect --report md=a --key-hex-file name=./a b", "the file of --key-hex-file"),
        Row("inspect --report md=a --key-file link b", "the file of --key-file"),
        Row("pcap-audit --keylog a --report md=./a b", "the file of --keylog"),
        Row("pcap-audit --keylog a --write ./a b", "the file of --keylog"),
        Row("pcap-audit --keylog a --events ./a b", "the file of --keylog"),
        Row("pcap-audit --suppress-file a --report md=a b", "the file of --suppress-file"),
        Row("pcap-audit --baseline a --write a b", "the file of --baseline"),
        Row("pcap-audit --from-events a --report md=link", "an event log"),
        Row("register-test sip:a@[::1]:1 --password-file a --report json=a", "the file of --password-file"),
        Row("register-test sip:a@[::1]:1 --secret-file a --save-pcap a", "the file of --secret-file"),
        Row("register-test sip:a@[::1]:1 --suite --policy a --report json=a", "the file of --policy"),
        Row("flow-timer sip:a@[::1]:1 --password-file a --report json=link", "the file of --password-file"),
        Row("flow-timer sip:a@[::1]:1 --ca-file a --save-pcap a", "the file of --ca-file"),
        Row("edge --judge --secret-file a --report json=a", "the file of --secret-file"),
        Row("edge --users a --save-pcap ./a", "the file of --users"),
        Row("edge --users a --db ./a", "the file of --users"),
        Row("edge --cert b --key a --keylog a", "the file of --key"),
        Row("crlf-ping [::1]:1 --ca-file a --report json=a", "the file of --ca-file"),
        Row("ws-ping ws://[::1]:1 --cert b --key a --report json=a", "the file of --key"),
    ]

    @Test(arguments: rows) func whatIsReadIsNotOverwritten(_ row: Row) async throws {
        let scratch = try ScratchDirectory()
        for name in ["a", "b"] { try scratch.write("loadmodule \"tm.so\"\n", to: name) }
        try scratch.write("loadmodule \"tm.so\"\ninclude_file \"a\"\n", to: "main")
        let result = try await shell("ln -s a link && \"$0\" \(row.words)", scratch)
        #expect(result.status == 64 && result.output.isEmpty, "\(result.output)")
        #expect(result.errors.contains(", which is \(row.what) that is read."), "\(result.errors)")
        #expect(try scratch.text("a") == "loadmodule \"tm.so\"\n")
    }

    @Test(arguments: [
        ("inspect --report json=o --report md=./o a", "--report o and --report ./o are one file"),
        ("inspect --report json=o --report md=o a", "--report names o twice"),
        ("config-check --report json=o --report md=$PWD/o a", "are one file"),
        ("pcap-audit --write o --report json=./o \"$1\"", "--write o and --report ./o are one file"),
        ("pcap-audit --write o --report json=o \"$1\"", "--write and --report both name o"),
        ("pcap-audit --report md=link --report json=old \"$1\"", "--report link and --report old are one file"),
        ("flow-timer sip:a@[::1]:1 --save-pcap o --report json=./o", "--save-pcap o and --report ./o are one file"),
        ("edge --db o --save-pcap .//o", "--db o and --save-pcap .//o are one file"),
        ("stun-ping [::1]:1 --report json=o --report junit=./o", "are one file"),
    ])
    func twoOutputsInOneFile(_ words: String, _ error: String) async throws {
        let scratch = try ScratchDirectory()
        try scratch.write("a", to: "old")
        let result = try await shell("ln -s old link && \"$0\" \(words)", scratch)
        #expect(result.status == 64, "\(result.errors)")
        #expect(
            result.errors.contains(error) && result.errors.contains("the second would replace the first."),
            "\(result.errors)")
    }

    /// What is not replaced may be named for several things.
    @Test func devicesAreNoOneFile() async throws {
        let scratch = try ScratchDirectory()
        let result = try await shell(
            "\"$0\" pcap-audit -q --report md=/dev/null --report json=/dev/../dev/null \"$1\" </dev/null", scratch)
        #expect(result.status == 1 && result.errors.isEmpty, "\(result.errors)")
    }

    // MARK: Closed descriptors

    @Test(arguments: ["pcap-audit -", "pcap-audit --from-events -", "inspect", "config-check -", "token decode -"])
    func closedInput(_ words: String) async throws {
        let result = try await shell("\"$0\" \(words) <&-", try ScratchDirectory())
        #expect(result.status == 2 && !result.timedOut, "\(result.errors)")
        #expect(result.errors.contains("cannot read standard input"), "\(result.errors)")
        #expect(result.errors.lowercased().contains("bad file descriptor"), "\(result.errors)")
    }

    @Test(arguments: ["explain 430", "--version", "token formats", "pcap-audit \"$1\"", "inspect <a"])
    func closedOutput(_ words: String) async throws {
        let scratch = try ScratchDirectory()
        try scratch.write("OPTIONS sip:a@example.com SIP/2.0\r\n\r\n", to: "a")
        let result = try await shell("\"$0\" \(words) >&-", scratch)
        #expect(result.status == 2 && result.errors.contains("bad file descriptor"), "\(result.errors)")
        let silent = try await shell("\"$0\" pcap-audit nothing 2>&-", scratch)
        #expect(silent.status == 2)
    }

    // MARK: Odd names

    @Test func nameThatIsNotUTF8() async throws {
        let scratch = try ScratchDirectory()
        let name = "$'t\\xe4st.pcap'"
        let result = try await shell("cp \"$1\" \(name) && \"$0\" pcap-audit \(name)", scratch)
        #expect(result.status == 64)
        #expect(
            result.errors.hasPrefix("sipob: argument 2, 't\u{FFFD}st.pcap', is not UTF-8")
                && result.errors.contains("< file"), "\(result.errors)")
        let umlaut = try await shell("cp \"$1\" täst.pcap && \"$0\" pcap-audit -q täst.pcap", scratch)
        #expect(umlaut.status == 1 && umlaut.errors.isEmpty, "\(umlaut.errors)")
    }

    @Test(arguments: ["pcap-audit", "inspect", "config-check", "pcap-audit --baseline x"])
    func lineEndInName(_ command: String) async throws {
        let result = try await shell("\"$0\" \(command) $'a\\nb'", try ScratchDirectory())
        #expect(result.status == 2 && result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    }
}
