import ArgumentParser
import Glibc
import OutboundKit

struct PcapAuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pcap-audit",
        abstract: "Judge keep-alive and outbound compliance of every flow in captures.",
        discussion: """
            Reads pcap and pcapng captures of any size in one pass, compressed with gzip
            or zstd or not. Rotated pieces may be named in any order, and captures of the
            same time are read as one. Flows are recognised by content, not by port,
            inside of tunnels too. Each verdict names a requirement ('sipob explain
            OB-FT-004') and its evidence; where the capture cannot tell, it says so and
            why.

            EXAMPLES
              sipob pcap-audit edge.pcap                  flows, findings, totals
              sipob pcap-audit -v edge.pcap               passes and tshark filters too
              sipob pcap-audit --json ring.*.pcap.gz      rotated pieces, in any order
              sipob pcap-audit --jobs 4 ring.*.pcap.gz    the same, on four processors
              tcpdump -w - udp or tcp | sipob pcap-audit -
              sipob pcap-audit --only 'OB-FT-*' edge.pcap
              sipob pcap-audit --flow 192.0.2.7:40112 edge.pcap
              sipob pcap-audit --aor 'alice@*' --severity fail edge.pcap
              sipob pcap-audit --baseline monday.json tuesday.pcap   only what is new
              sipob pcap-audit --report html=a.html --report junit=a.xml edge.pcap
              sipob pcap-audit --write bad.pcapng edge.pcap          packets of bad flows
              sipob pcap-audit --keylog keys.txt tls.pcap            decrypts TLS, WSS
              sipob pcap-audit --max-memory 512M carrier.pcap        a million flows
              sudo sipob pcap-audit -i eth0 --duration 10m           listens
              sipob pcap-audit -i any --filter 'port 5060 or port 5061'
              sipob pcap-audit --follow --idle 1m being-written.pcapng
              sipob pcap-audit --follow ring.pcapng       of dumpcap -b -w ring.pcapng
              sipob pcap-audit --events run.events ring.0 ring.1     to judge elsewhere:
              sipob pcap-audit --from-events --shard 2/7 run.events

            EXIT STATUS
              0    nothing is violated
              1    a violation was found (with --strict: or a warning)
              2    a file could not be read, an interface not listened on, or a
                   report not written
              64   wrong usage, or a pattern that matches no requirement or diagnosis
              130  Ctrl-C came before the end of the captures, or before the end that
                   --duration or --idle asked for; else it is how -i and --follow end
            """)

    @Argument(
        help: ArgumentHelp(
            "Captures, plain, gzip or zstd; pieces of one run in any order; - is standard input.", valueName: "file"))
    var files: [String] = []

    @OptionGroup(title: "Live captures and filters") var listening: ListeningOptions

    @Flag(help: "A warning counts as a violation.")
    var strict = false

    @Option(
        help: ArgumentHelp(
            "Judge only requirements and diagnoses that match, such as 'OB-KA-*' (repeatable).", valueName: "glob"))
    var only: [String] = []

    @Option(help: ArgumentHelp("Do not judge requirements and diagnoses that match (repeatable).", valueName: "glob"))
    var skip: [String] = []

    @Flag(help: "Judge every REGISTER with its answer too (OB-UA, OB-INST, OB-REG, OB-TOK and others); slower.")
    var registrations = false

    @OptionGroup(title: "Findings") var chosen: FindingOptions

    @Option(
        help: ArgumentHelp(
            "NSS key log with the secrets of TLS connections, as SSLKEYLOGFILE gives it (repeatable).",
            valueName: "file"))
    var keylog: [String] = []

    @Option(
        help: ArgumentHelp(
            "Limit the memory: beyond it flows that are over, then the longest silent, are judged early and given up (default: no limit).",
            valueName: "size, as 256M or 2G"))
    var maxMemory: MemorySize?

    @Option(
        help: ArgumentHelp(
            "Share the work among n processors: from 2 on, one thread reads, one judges, and n decompress files ahead.",
            valueName: "n"))
    var jobs = 1

    @OptionGroup(title: "Judgement") var judgement: JudgementOptions

    @Option(
        help: ArgumentHelp(
            "Copy the packets of the flows with a fail or warn, or of those shown, to a new capture.",
            valueName: "file"))
    var write: String?

    @OptionGroup(title: "Event logs") var events: EventLogOptions

    @OptionGroup var reports: ReportOptions

    @OptionGroup var output: OutputOptions

    func validate() throws {
        try events.validate(
            reports: reports, json: output.json, selects: chosen.isUsed || write != nil)
        try listening.validate(
            files: files, fromEvents: events.fromEvents,
            secondReading: write != nil ? "--write" : events.write != nil ? "--events" : nil)
        if files.isEmpty, listening.interface == nil {
            throw ValidationError("Name a capture, or - for standard input; or listen with -i.")
        }
        if events.fromEvents, !keylog.isEmpty {
            throw ValidationError("--keylog goes with captures; give it with --events, where the log is written.")
        }
        if files.filter({ $0 == "-" }).count > 1 { throw ValidationError("Standard input can be read once.") }
        try validateMemory()
        try validateJobs()
        if write != nil, events.fromEvents {
            throw ValidationError("--write copies packets, and an event log has none; give the captures.")
        }
        if let write { try PacketCut.validate(write) }
        // The next night's baseline may take the place of the last one's.
        let renewsBaseline = reports.requests.contains { $0.kind == .json && $0.path == chosen.baseline }
        try OutputFiles(
            written: [("--events", [events.write]), ("--write", [write])] + reports.written,
            read: [
                (events.fromEvents ? "an event log" : "a capture", files), ("the file of --keylog", keylog),
                ("the file of --suppress-file", [chosen.suppressFile]),
                ("the file of --baseline", [renewsBaseline ? nil : chosen.baseline]),
            ]
        ).validate()
        for pattern in RuleSelection.unmatched(only + skip, withExchanges: registrations) {
            // The other diagnoses are no findings: findings name them as their cause.
            guard DiagnosisTable.all.contains(where: { Glob.matches($0.id.text, pattern: pattern) }) else {
                throw ValidationError(
                    "No requirement that an audit judges and no diagnosis matches '\(pattern)'; see 'sipob explain --list'."
                )
            }
            let remarks = RuleSelection.remarks.map(\.text).joined(separator: ", ")
            throw ValidationError(
                "'\(pattern)' is a cause that the findings of requirements name: give those instead, which 'sipob explain' lists with it. Diagnoses that are findings of their own: \(remarks)."
            )
        }
    }

    private func validateJobs() throws {
        guard (1...64).contains(jobs) else { throw ValidationError("--jobs is from 1 to 64.") }
        guard jobs > 1 else { return }
        if listening.isLive {
            throw ValidationError("--jobs goes with captures that are there as a whole; leave it out.")
        }
        if events.fromEvents {
            throw ValidationError("--jobs goes with captures; event logs are shared among processes by --shard.")
        }
    }

    private func validateMemory() throws {
        guard let maxMemory else { return }
        guard maxMemory.octets >= MemorySize.least else {
            throw ValidationError("--max-memory is 48M at least; a run needs that much for itself.")
        }
        if events.write != nil || events.fromEvents {
            throw ValidationError("--max-memory goes with captures that are judged; --shard splits event logs.")
        }
        if registrations || reports.needsTimelines {
            throw ValidationError(
                "--max-memory gives flows up, and --registrations and pictures of flows need all of them; leave one of them out."
            )
        }
    }

    func run() throws {
        let clock = SystemClock()
        let started = clock.now
        let secrets = try readSecrets()
        let packetFilter = try listening.packetFilter()
        if let path = events.write {
            try EventLogRun(
                files: files, path: path, isQuiet: output.quiet, settings: judgement.settings, secrets: secrets,
                filter: packetFilter, jobs: jobs
            ).run()
            return
        }
        var filter = try chosen.filter()
        let selection = RuleSelection(only: only, skip: skip)
        let judge = Judge(selection)
        let keeping = keeping
        if maxMemory == nil { AuditHeap.useHugePages() } else { AuditHeap.giveBackEarly() }
        let evicted = maxMemory.map { EvictedFlows(limit: $0.octets, judge: judge, keeping: keeping) }
        let showsProgress = !output.quiet && Terminal.isTerminal(STDERR_FILENO)
        let watch =
            try events.fromEvents
            ? nil
            : listening.stream(files).map {
                Watch($0, listening, isQuiet: output.quiet, showsProgress: showsProgress)
            }
        // Moments take memory of their own: where that is limited, one flow is shown without them.
        let toldFlow =
            maxMemory == nil && (output.json || !output.quiet)
            ? chosen.flow.map { FlowTimelines.Extent.flow(FlowName($0)) } : nil
        let wanted = CaptureAudit.Details(
            timelines: reports.needsTimelines ? .allFlows : toldFlow, exchanges: registrations)
        func read(with secrets: TLSSecretStore?, _ losses: CaptureLosses = CaptureLosses()) -> CaptureReading {
            CaptureReading(
                files: files, watch: watch, filter: packetFilter, settings: judgement.settings, wanted: wanted,
                secrets: secrets, losses: losses, evicted: evicted, jobs: jobs, showsProgress: showsProgress)
        }
        var reading =
            events.fromEvents
            ? CaptureReading(
                eventLogs: files, shard: events.selected, settings: judgement.settings, wanted: wanted)
            : read(with: secrets)
        // A capture may have its key log behind its packets, and tells there what was dropped; that is known only when all
        // of it was read.
        if reading.lateSecrets != nil || reading.lateLosses != nil {
            reading = read(with: reading.lateSecrets ?? secrets, reading.lateLosses ?? CaptureLosses())
        }
        for complaint in reading.complaints { Terminal.complain(complaint) }
        guard !reading.readNothing else { throw ExitStatus.failure }
        filter.flows = try chosen.flows(in: reading.ledger)
        // Each thread has a list of findings: where memory is limited there is one.
        let judges = maxMemory == nil ? jobs : 1
        // Of chosen flows the totals are their own: their passes are counted one by one.
        let listed = filter.flows.map(FindingList.Keeping.allOf) ?? keeping
        var findings =
            reading.details.map { judge.judge($0, keeping: listed, jobs: judges) }
            ?? judge.judge(reading.ledger, keeping: listed, jobs: judges)
        judge.judge(reading.fleet, settings: judgement.settings, into: &findings)
        let isInterrupted =
            watch.map { listening.hasEnd && $0.isInterrupted || $0.isCutShort } ?? reading.isCutShort
        let report = AuditReport(
            ledger: reading.ledger, findings: consume findings, notAnalyzed: reading.notAnalyzed,
            packets: reading.packets,
            leftOut: reading.leftOut, filter: filter, strict: strict,
            ending: isInterrupted ? .interrupted : reading.isIncomplete ? .unreadable : .complete,
            decrypted: reading.decrypted, fleet: reading.fleet)
        let run = ReportRun(
            command: "pcap-audit", version: sipobVersion, started: started,
            duration: clock.now.nanoseconds(since: started),
            sources: listening.interface.map { ["interface \($0)"] } ?? files, beginnings: reading.beginnings)
        // What goes to the terminal comes first: a disk that is full must not cost it.
        var failures = AuditShow(output).show(
            output.verbose ? report : report.withoutPasses, run,
            timelines: toldFlow == nil ? nil : reading.details?.timelines)
        chosen.complainAboutUnused(report, selection, withExchanges: registrations)
        failures += reports.write(report, run, timelines: reading.details?.timelines)
        if let write {
            failures += PacketCut(path: write, files: run.sourcesByTime, packetsRead: reading.packetsRead)
                .write(report, isQuiet: output.quiet)
        }
        for failure in failures { Terminal.complain(failure) }
        if !failures.isEmpty { throw ExitStatus.failure }
        // Leaves from here: giving back every piece of a large capture's ledger takes time and serves nobody.
        withExtendedLifetime((reading, report)) {
            Self.exit(withError: report.exitCode == 0 ? nil : ExitCode(report.exitCode))
        }
    }

    /// Findings that somebody will see. With `-q` only their numbers may be of interest.
    private var keeping: FindingList.Keeping {
        if output.verbose || reports.needsPasses || chosen.choosesFlows { return .all }
        let onlyCounts = output.quiet && !output.json && !chosen.isUsed && write == nil
        return onlyCounts ? .nothing : .complaints
    }

    /// The secrets of all key logs; nil for none.
    private func readSecrets() throws -> TLSSecretStore? {
        guard !keylog.isEmpty else { return nil }
        var secrets = TLSSecretStore()
        for file in keylog {
            do throws(CaptureError) {
                let before = secrets.count
                try secrets.read(path: file)
                // Connections that are known already are of use too, but then another file names them.
                if secrets.count == before, secrets.skippedLines > 0 {
                    Terminal.complain(
                        "\(file) holds no secrets of TLS connections; a key log has lines such as "
                            + "'CLIENT_RANDOM <64 digits> <96 digits>', which SSLKEYLOGFILE makes many programs write.")
                }
            } catch {
                Terminal.complain(error.description)
                throw ExitStatus.failure
            }
        }
        return secrets
    }
}
