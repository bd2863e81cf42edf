import ArgumentParser
import Glibc
import OutboundKit

/// Carries out a plan under load on the calling thread, and reports.
struct LoadRun {
    let plan: LoadPlan

    /// Makes the plan and carries it out.
    /// - Returns: the exit status.
    static func perform(
        _ options: LoadOptions, _ plan: RegisterTestPlan, _ locator: Locator, tls: TLSContext?, _ output: OutputOptions
    ) async throws -> ExitCode {
        let started = SystemClock().now
        do {
            return try await LoadRun(plan: LoadPlan(options, plan, locator, tls: tls)).perform(output)
        } catch let refusal as LoadRefusal {
            if output.json {
                let json = LoadJSON(refusal, for: plan.addressOfRecord, flows: options.flows ?? 1, at: started)
                Terminal.write(json.document())
            }
            Terminal.complain(refusal.words)
            return ExitStatus.failure
        }
    }

    private func perform(_ output: OutputOptions) -> ExitCode {
        let clock = SystemClock()
        let settings = plan.settings
        var fleet: FlowFleet
        do throws(CryptoError) {
            var random = SystemRandomNumberGenerator()
            fleet = try FlowFleet(settings, seed: random.next())
        } catch {
            Terminal.complain("the instance-ids of the flows cannot be made: \(error)")
            return ExitStatus.failure
        }
        if !output.json, !output.quiet { Terminal.print(headline) }
        var record = LoadRecord(started: clock.now)
        let showsProgress = Terminal.isTerminal(STDERR_FILENO) && !output.quiet
        let loop = FleetLoop(clock: clock, interruption: InterruptPipe.open())
        do throws(TransportError) {
            record.tlsFailure = try loop.run(&fleet, security: plan.security) { event, usage in
                record.take(event, usage)
                if showsProgress, case .entered(.removing) = event { Terminal.progress("removing the bindings …") }
            } tick: { fleet in
                if showsProgress { Terminal.progress(Self.line(fleet)) }
            }
        } catch {
            Terminal.complain("\(error)")
            return ExitStatus.failure
        }
        if showsProgress { Terminal.progress("") }
        record.ended = clock.now
        record.isInterrupted = fleet.isInterrupted
        let outcome = LoadOutcome(fleet.statistics, record, plan)
        if output.json {
            Terminal.write(
                LoadJSON(statistics: fleet.statistics, record: record, plan: plan, outcome: outcome).document())
        } else {
            let text = LoadText(statistics: fleet.statistics, record: record, plan: plan)
            for line in output.quiet ? [] : text.lines() { Terminal.print(line) }
            if outcome.complaint == nil { Terminal.print(outcome.headline) }
        }
        if let complaint = outcome.complaint { Terminal.complain(complaint) }
        return outcome.exitCode
    }

    private var headline: String {
        let settings = plan.settings
        let flows = counted(settings.count, "flow")
        let sources = settings.locals.count > 1 ? " from \(settings.locals.count) addresses" : ""
        return
            "REGISTER-TEST \(settings.addressOfRecord) over \(settings.transport) to \(settings.remote): \(flows)\(sources)"
    }

    private static func line(_ fleet: FlowFleet) -> String {
        let statistics = fleet.statistics
        let failed = statistics.failed > 0 ? ", \(statistics.failed) failed" : ""
        let lost = statistics.lost > 0 ? ", \(statistics.lost) lost, \(statistics.recovered) recovered" : ""
        return "\(statistics.current) of \(counted(fleet.settings.count, "flow")) registered\(failed)\(lost)"
    }
}

/// What a run was like besides what the fleet counts.
struct LoadRecord {
    let started: Timestamp
    var ended: Timestamp
    var isInterrupted = false
    /// Why TLS failed first.
    var tlsFailure: TLSFailure?
    private(set) var halt: FlowFleet.Halt?
    private var usages: [FlowFleet.Stage: FleetLoop.Usage] = [:]

    init(started: Timestamp, ended: Timestamp = .zero) {
        self.started = started
        self.ended = ended
    }

    mutating func take(_ event: FlowFleet.Event, _ usage: FleetLoop.Usage) {
        switch event {
        case .entered(let stage): usages[stage] = usage
        case .halted(let halt): self.halt = halt
        }
    }

    /// Processor time for each of `count` registrations, in nanoseconds.
    private func processorTime(from: FlowFleet.Stage, to: FlowFleet.Stage, _ count: Int) -> Int64? {
        guard count > 0, let first = usages[from], let last = usages[to] else { return nil }
        return (last.processorTime - first.processorTime).inNanoseconds / Int64(count)
    }

    func rampCPU(_ statistics: FleetStatistics) -> Int64? {
        processorTime(from: .ramping, to: .holding, statistics.registrations - statistics.registrationsHeld)
    }

    func holdCPU(_ statistics: FleetStatistics) -> Int64? {
        processorTime(from: .holding, to: .removing, statistics.registrationsHeld)
    }

    static func perSecond(_ count: Int, _ time: Duration?) -> Int? {
        time.map { Int((Double(count) * 1e9 / Double(max($0.inNanoseconds, 1))).rounded()) }
    }
}

/// What a run comes to: the exit status, and what to say.
struct LoadOutcome {
    let code: Int32
    /// One word for machines.
    let reason: String
    let headline: String
    /// For standard error: why nothing could be registered.
    let complaint: String?

    var exitCode: ExitCode { ExitCode(code) }

    init(_ statistics: FleetStatistics, _ record: LoadRecord, _ plan: LoadPlan) {
        let count = plan.settings.count
        let missing = count - statistics.registered
        if record.isInterrupted {
            self.init(130, "interrupted", "Interrupted.")
        } else if statistics.registered == 0 {
            let (reason, words) = Self.nothing(statistics, record, plan)
            self.init(2, reason, "Nothing was registered.", words)
        } else if missing > 0 || statistics.lost > 0 {
            let lost = statistics.lost > 0 ? "; \(statistics.lost) lost, \(statistics.recovered) recovered" : ""
            self.init(
                1, missing > 0 ? "failed" : "lost",
                "\(statistics.registered) of \(counted(count, "flow")) registered\(lost).")
        } else if statistics.mayRemain > 0 {
            self.init(1, "not-removed", "All flows registered and none was lost, but not all bindings were removed.")
        } else {
            self.init(0, "pass", count == 1 ? "Registered, and not lost." : "All \(count) flows registered, none lost.")
        }
    }

    private init(_ code: Int32, _ reason: String, _ headline: String, _ complaint: String? = nil) {
        self.code = code
        self.reason = reason
        self.headline = headline
        self.complaint = complaint
    }

    private static func nothing(
        _ statistics: FleetStatistics, _ record: LoadRecord, _ plan: LoadPlan
    ) -> (reason: String, words: String) {
        let server = "\(plan.settings.remote) (\(plan.settings.transport))"
        switch record.halt {
        case .noCredentials(let status):
            return (
                "no-credentials",
                "\(server) asks for a password (\(status)): give it with --password-file FILE or in SIPOB_PASSWORD"
            )
        case .authentication(let refusal, let user):
            return ("authentication", "\(server): \(refusal.words(user)); stopped after the first flow")
        case .noCrypto(let error):
            return ("no-crypto", "the challenge of \(server) cannot be answered: \(error)")
        case nil:
            if let failure = record.tlsFailure { return ("tls", "no TLS with \(server): \(failure)") }
            let causes = LoadText.causes(statistics.failures)
            let elsewhere =
                statistics.elsewhere.map {
                    "; it answers from \($0), where nobody behind a NAT hears it (OB-RPORT-003)"
                } ?? ""
            return (
                "nothing-registered",
                "nothing registered at \(server): \(causes.isEmpty ? "no answer" : causes)\(elsewhere)"
            )
        }
    }
}
