import ArgumentParser
import OutboundKit

struct ConfigCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config-check",
        abstract: "Find what breaks outbound in Kamailio configurations, before phones do.",
        discussion: """
            Reads kamailio.cfg as Kamailio does, with #!define, #!subst, #!ifdef and
            include_file, and needs no Kamailio for it. Says for each finding where it
            stands, why it matters and what to write instead. What it cannot read or
            understand is unknown, never wrong.

            EXAMPLES
              sipob config-check kamailio.cfg              edge or registrar: it sees
              sipob config-check --edge edge.cfg --registrar reg.cfg     and together
              sipob config-check --kamailio-version 5.6.3 kamailio.cfg
              sipob config-check -A WITH_TLS -A FLOW_TIMER=20 kamailio.cfg
              sipob config-check -l tcp:192.0.2.1:5060 kamailio.cfg
              sipob config-check --report sarif=config.sarif kamailio.cfg
              sipob config-check --list                    all rules
              sipob explain CFG-EDGE-09                    one of them

            EXIT STATUS
              0    nothing is wrong
              1    something breaks outbound (with --strict: or may)
              2    a file could not be read, or a report not written
              64   wrong usage
            """)

    @Argument(help: ArgumentHelp("A Kamailio configuration; - is standard input.", valueName: "file"))
    var file: String?

    /// Whoever has two files means an edge's and a registrar's, and is told how to say so.
    @Argument(help: .hidden)
    var others: [String] = []

    @Option(help: ArgumentHelp("The configuration of an edge proxy.", valueName: "file"))
    var edge: String?

    @Option(help: ArgumentHelp("The configuration of the registrar behind it.", valueName: "file"))
    var registrar: String?

    @Option(
        help: ArgumentHelp(
            "Judge the file as that of an edge, a registrar or both (default: what it does tells).", valueName: "role"))
    var role: RoleChoice?

    @Option(
        help: ArgumentHelp(
            "The release that is to run it, such as 5.6.3; else faults of certain releases are warnings.",
            valueName: "version"),
        transform: ConfigCheckCommand.version)
    var kamailioVersion: KamailioVersion?

    @Option(
        name: [.customShort("A"), .long],
        help: ArgumentHelp("Define a name, as 'kamailio -A' does (repeatable).", valueName: "name[=value]"))
    var define: [String] = []

    @Option(
        name: [.customShort("l"), .long],
        help: ArgumentHelp(
            "A socket, as 'kamailio -l' takes it, instead of those in the file (repeatable).", valueName: "socket"))
    var listen: [String] = []

    @Flag(help: "A warning counts as a violation.")
    var strict = false

    @Flag(help: "List all rules.")
    var list = false

    @OptionGroup var reports: TextReportOptions

    @OptionGroup var output: OutputOptions

    enum RoleChoice: String, ExpressibleByArgument, CaseIterable {
        case edge
        case registrar
        case both

        var role: ConfigRole {
            switch self {
            case .edge: .edge
            case .registrar: .registrar
            case .both: .both
            }
        }
    }

    private static func version(_ text: String) throws -> KamailioVersion {
        guard let version = KamailioVersion(text) else {
            throw ValidationError("--kamailio-version takes a release such as 5.6.3, not '\(text)'.")
        }
        return version
    }

    func validate() throws {
        if !others.isEmpty {
            throw ValidationError(
                "One file at a time; an edge's and its registrar's together are --edge FILE --registrar FILE.")
        }
        if list {
            guard file == nil, edge == nil, registrar == nil else {
                throw ValidationError("--list names the rules; leave the files out.")
            }
            return
        }
        if file == nil, edge == nil, registrar == nil {
            throw ValidationError(
                "Name a configuration, such as /etc/kamailio/kamailio.cfg; or --edge and --registrar.")
        }
        if file != nil, edge != nil || registrar != nil {
            throw ValidationError("Name one file, or --edge and --registrar, not both.")
        }
        if role != nil, file == nil {
            throw ValidationError("--role goes with a file; --edge and --registrar say it themselves.")
        }
        if [edge, registrar].filter({ $0 == "-" }).count > 1 {
            throw ValidationError("Standard input can be read once.")
        }
        for one in listen where ConfigListener(commandLine: one) == nil {
            throw ValidationError(
                "-l takes [udp|tcp|tls|sctp:]HOST[:PORT], such as udp:192.0.2.1:5060, not '\(one)'.")
        }
        for one in define where one.isEmpty || one.hasPrefix("=") {
            throw ValidationError("-A takes NAME or NAME=VALUE, not '\(one)'.")
        }
        try validateReports(beside: [file, edge, registrar])
    }

    private func validateReports(beside read: [String?]) throws {
        try OutputFiles(written: reports.written, read: [("a configuration", read)]).validate()
    }

    func run() throws {
        if list {
            ConfigRuleList.show(output)
            return
        }
        let clock = SystemClock()
        let started = clock.now
        var verdicts: [ConfigVerdict] = []
        if let edge, let registrar {
            verdicts = ConfigJudge.judge(
                edge: try question(edge, .edge), registrar: try question(registrar, .registrar))
        } else if let edge {
            verdicts = [ConfigJudge.judge(try question(edge, .edge))]
        } else if let registrar {
            verdicts = [ConfigJudge.judge(try question(registrar, .registrar))]
        } else if let file {
            verdicts = [ConfigJudge.judge(try question(file, role?.role))]
        }
        // What they include is known only now.
        try validateReports(beside: verdicts.flatMap(\.files))
        let report = ConfigReport(verdicts, isStrict: strict)
        let run = ReportRun(
            command: "config-check", version: sipobVersion, started: started,
            duration: clock.now.nanoseconds(since: started), sources: verdicts.map(\.file))
        show(report, run)
        let failures = reports.write(report, run)
        for failure in failures { Terminal.complain(failure) }
        if !failures.isEmpty { throw ExitStatus.failure }
        if report.exitCode != 0 { throw ExitCode(report.exitCode) }
    }

    private func show(_ report: ConfigReport, _ run: ReportRun) {
        if output.json {
            Terminal.gathering { ConfigJSON(report, run).write(to: $0) }
            return
        }
        var options = ConfigText.Options()
        options.isColored = Terminal.usesColor(output.color)
        options.width = Terminal.columns
        options.isVerbose = output.verbose
        options.isQuiet = output.quiet
        Terminal.gathering { ConfigText(report, options).write(to: $0) }
    }

    private func question(_ given: String, _ role: ConfigRole?) throws -> ConfigQuestion {
        let path = given == "-" ? "standard input" : given
        let octets: [UInt8]
        switch ConfigFiles.readFirst(given) {
        case .octets(let read): octets = read
        case .missing:
            Terminal.complain("cannot read \(path): there is no such file.")
            throw ExitStatus.failure
        case .unreadable(let words):
            Terminal.complain("cannot read \(path): \(words).")
            throw ExitStatus.failure
        }
        var setup = KamailioConfig.Setup()
        setup.version = kamailioVersion
        setup.defines = define.map { text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        }
        let config = KamailioConfig.read(path, octets, setup: setup, read: ConfigFiles.read)
        guard !config.modules.isEmpty || !config.routes.isEmpty || config.problems.contains(where: \.isRefusal) else {
            Terminal.complain(
                "\(path) is no Kamailio configuration: it loads no module and has no route. Name the main file, usually kamailio.cfg."
            )
            throw ExitStatus.failure
        }
        return ConfigQuestion(config, role: role, version: kamailioVersion, listeners: listen)
    }
}
