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

    @Test(arguments: ["inspect", "register-test", "pcap-audit", "config-check"])
    func helpHasEveryStatus(_ command: String) async throws {
        let help = try await Program.sipob.run([command, "--help"])
        #expect(help.output.split(whereSeparator: { !$0.isNumber }).contains("64"), "\(help.output)")
    }

    @Test func kindsOfReportsThatTakeASuite() async throws {
        let help = try await Program.sipob.run(["register-test", "--help"])
        let text = help.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(text.contains("json or junit; with --suite also tap, html, csv, md or sarif"), "\(text)")
    }

    /// Whoever leaves an option out is told what holds then.
    @Test(arguments: [
        ("register-test", "--timeout", "default: 32; 8 in the cases of --suite"),
        ("flow-timer", "--timeout", "default: 32; 8"),
        ("register-test", "--hold", "default: 0"), ("stun-ping", "--deadline", "default: when -c pings have ended"),
        ("crlf-ping", "--deadline", "default: when -c pings"), ("ws-ping", "--deadline", "default: when -c pings"),
        ("stun-ping", "--rate", "default: 2"), ("pcap-audit", "--duration", "default: at Ctrl-C"),
        ("pcap-audit", "--idle", "default: however long"), ("pcap-audit", "--severity", "default: all of them"),
        ("pcap-audit", "--max-memory", "default: no limit"), ("edge", "--for", "default: at Ctrl-C"),
        ("config-check", "--role", "default: what it does tells"), ("token bench", "--seconds", "default: 1.0"),
    ])
    func defaultIsTold(_ command: String, _ option: String, _ words: String) async throws {
        let help = try await Program.sipob.run(command.split(separator: " ").map(String.init) + ["--help"])
        let start = try #require(help.lines.firstIndex { $0.hasPrefix("  ") && $0.contains("\(option) <") })
        let rest = help.lines[(start + 1)...].prefix { $0.hasPrefix(String(repeating: " ", count: 20)) }
        let own = ([help.lines[start]] + rest).joined(separator: " ").split(separator: " ").joined(separator: " ")
        #expect(own.contains(words), "\(own)")
    }

    @Test(arguments: [["--no-such-option"], ["nosuchcommand"], ["explain", "--nosuch"]])
    func wrongUsage(arguments: [String]) async throws {
        let result = try await Program.sipob.run(arguments)
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
        #expect(!result.errors.isEmpty)
    }

    /// What was asked for and could not be written is no success; that a reader has gone is none of our business.
    @Test(arguments: [
        "explain 430", "token formats --json", "config-check --list", "edge --list-faults", "--help",
        "stun-ping --help", "--version",
    ])
    func fullDisk(_ command: String) async throws {
        let shell = try #require(Program.installed("bash"))
        let full = try await shell.run(["-c", "\"$0\" \(command) >/dev/full", Program.sipob.path])
        #expect(
            full.status == 2 && full.errors.contains("cannot write standard output: no space left on device"),
            "\(full.errors)")
        let gone = try await shell.run([
            "-c", "trap '' PIPE; { \"$0\" \(command); echo $? >&2; } | true", Program.sipob.path,
        ])
        #expect(!gone.errors.contains("cannot write"), "\(gone.errors)")
    }

    struct Mistake: CustomTestStringConvertible, Sendable {
        let arguments: [String]
        let status: Int32
        /// What the answer says.
        let words: String
        var testDescription: String { arguments.joined(separator: " ") }

        init(_ arguments: [String], _ status: Int32, _ words: String) {
            self.arguments = arguments
            self.status = status
            self.words = words
        }
    }

    private static let share = Files.repository + "/share"

    private static let mistakes = [
        Mistake(["token", "decode", ""], 2, "nothing in the input could be a flow token"),
        Mistake(["token", "decode", share + "/register.txt"], 2, "sipob token decode - <"),
        Mistake(["inspect", share + "/demo.pcap"], 2, "sipob pcap-audit reads"),
        Mistake(["inspect", "/etc"], 2, "cannot read /etc: is a directory"),
        Mistake(["stun-ping", "127.0.0.1:99999"], 64, "out of range in port"),
        Mistake(["stun-ping", "127.0.0.1:0"], 64, "port 0"),
        Mistake(["stun-ping", "[fe80::1%lo]:5060"], 64, "an address with a zone"),
        Mistake(["stun-ping", "fe80::1%lo"], 64, "an address with a zone"),
        Mistake(["stun-ping", "1.2.3"], 64, "an IPv4 address has four numbers"),
        Mistake(["crlf-ping", "127.1:5060"], 64, "an IPv4 address has four numbers"),
        Mistake(["ws-ping", "ws://2130706433/"], 64, "an IPv4 address has four numbers"),
        Mistake(["register-test", "sip:a@0x7f.1"], 64, "an IPv4 address has four numbers"),
        Mistake(["stun-ping", "127.0.0.256"], 64, "an IPv4 address has four numbers"),
        Mistake(["crlf-ping", "--insecure", "127.0.0.1:9"], 64, "Usage: sipob crlf-ping [<options>] <target> ..."),
        Mistake(["crlf-ping", "--insecure", "127.0.0.1:9"], 64, "See 'sipob crlf-ping --help'"),
        Mistake(
            ["flow-timer", "sip:a@[::1]:9;transport=tcp", "--cert", "c", "--key", "k"], 64, "Usage: sipob flow-timer"),
        Mistake(["stun-ping", "-4", "[::1]:5060"], 2, "of the other family"),
        Mistake(["stun-ping", "127.0.0.1:9", "-c", "99999999999999999999"], 64, "'-c <count>'"),
        Mistake(["stun-ping", "127.0.0.1:9", "-c", "0"], 64, "at least one ping"),
        Mistake(["crlf-ping", "tcp://127.0.0.1"], 64, "'tcp' is no scheme of SIP"),
        Mistake(["crlf-ping", "[::1]:1", "-c", "1"], 2, "cannot connect to [::1]:1 (tcp): connection refused"),
        Mistake(["ws-ping", "https://127.0.0.1/"], 64, "named by wss://"),
        Mistake(["ws-ping", "127.0.0.1"], 64, "it is no WebSocket"),
        Mistake(["register-test", "alice"], 64, "it needs user and host"),
        Mistake(["flow-timer", "sip:a@example.com", "--edge", "ws://[::1]:1"], 2, "connection refused"),
        Mistake(["pcap-audit", "/etc/passwd"], 2, "no pcap or pcapng capture"),
        Mistake(["config-check", "a", "b"], 64, "--edge FILE --registrar FILE"),
        Mistake(["config-check", "-"], 2, "standard input is no Kamailio configuration"),
        Mistake(["config-check", "/etc"], 2, "no regular file"),
        Mistake(["explain", "OB-KA-999"], 64, "Did you mean"),
        Mistake(["edge", "--fault", "nix"], 64, "--list-faults"),
        Mistake(["demo", "--directory", ""], 64, "name a folder"),
    ]

    /// What people type by mistake: one or two lines that say what to do.
    @Test(arguments: mistakes) func mistake(_ row: Mistake) async throws {
        let scratch = try ScratchDirectory()
        let result = try await Program.sipob.run(
            row.arguments, input: [], environment: ["XDG_CONFIG_HOME": scratch.root, "NO_COLOR": "1"])
        #expect(result.status == row.status, "\(result.errors)")
        #expect(result.errors.contains(row.words), "\(result.errors)")
    }
}
