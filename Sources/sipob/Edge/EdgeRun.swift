import ArgumentParser
import OutboundKit

/// Serves until Ctrl-C or the end of `--for`, then reports.
struct EdgeRun {
    private enum Step: Sendable {
        case tick
        case stop(interrupted: Bool)
    }

    let plan: EdgePlan
    private let clock = SystemClock()

    init(_ plan: EdgePlan) { self.plan = plan }

    func perform() async throws -> ExitCode {
        let edge: EdgeServer
        do throws(CryptoError) {
            edge = try EdgeServer(plan.settings, state: plan.state)
        } catch {
            Terminal.complain("cannot sign flow tokens: \(error)")
            return ExitStatus.failure
        }
        guard let path = plan.watch.savePcap else { return try await serve(edge, recording: nil) }
        let recording: RecordingFile
        do throws(RecordingFileError) {
            recording = try RecordingFile(path)
        } catch {
            Terminal.complain("--save-pcap: \(error)")
            return ExitStatus.failure
        }
        let recorder = FlowRecorder(application: "sipob \(sipobVersion)")
        return try await serve(RecordingHub(edge, recorder: recorder), recording: recording)
    }

    private func serve<Hub: EdgeHub>(_ hub: Hub, recording: RecordingFile?) async throws -> ExitCode {
        let started = clock.now
        // Each phone on a stream is one.
        OpenFiles.raise()
        let style = TextStyle(isColored: Terminal.usesColor(plan.output.color), columns: Terminal.columns)
        let witness = EdgeWitness(
            judges: plan.watch.judge, trace: plan.watch.trace ? FlowTrace(style: style) : nil, store: plan.store,
            isQuiet: plan.output.quiet || plan.output.json)
        let driver: HubDriver<Hub>
        do throws(TransportError) {
            driver = try await HubDriver.start(
                hub, listeners: plan.listeners, clientTLS: plan.clientTLS, clock: clock, notices: { witness.hear($0) },
                events: { witness.hear($0) })
        } catch {
            Terminal.complain("--listen: \(error); \(error.hostAdvice ?? "listen elsewhere").")
            return ExitStatus.failure
        }
        driver.send(.listening(driver.listeners.map(\.address)))
        let status: HTTPStatusServer?
        do throws(TransportError) {
            status = try await serveStatus(driver, witness)
        } catch {
            await driver.stop()
            Terminal.complain("--http: \(error); \(error.hostAdvice ?? "listen elsewhere").")
            return ExitStatus.failure
        }
        for listener in driver.listeners { Terminal.complain("listening on \(listener.transport):\(listener.address)") }
        if let status { Terminal.complain("status on http://\(status.address)/") }

        let isInterrupted = await wait(driver, recording)
        let end = clock.now
        let snapshot = await driver.ask { $0.edge.snapshot(at: end) }
        await leave(driver)
        await driver.stop()
        witness.finish()
        await status?.stop()
        await flush(driver, recording)
        let code = report(
            witness.conclude(at: end), snapshot, listeners: driver.listeners, started: started,
            isInterrupted: isInterrupted)
        guard let failure = recording?.close() else { return code }
        Terminal.complain("--save-pcap: \(failure)")
        return ExitStatus.failure
    }

    /// The status page of `--http`; nil without it.
    private func serveStatus<Hub: EdgeHub>(
        _ driver: HubDriver<Hub>, _ witness: EdgeWitness
    ) async throws(TransportError) -> HTTPStatusServer? {
        guard let address = plan.watch.http.flatMap({ TransportAddress($0) }) else { return nil }
        let clock = clock
        let pages = StatusPages.all(
            snapshot: { await driver.ask { $0.edge.snapshot(at: clock.now) } },
            findings: { witness.conclude(at: clock.now).map { Self.report($0, keeping: .complaints, isStrict: false) } }
        )
        return try await HTTPStatusServer(address, pages: pages)
    }

    private static func report(
        _ seen: AuditSink, keeping: FindingList.Keeping, isStrict: Bool, isInterrupted: Bool = false
    ) -> AuditReport {
        let sawPhones = seen.ledger.flows.contains { !$0.registrations.isEmpty }
        return AuditReport(
            ledger: seen.ledger, findings: Judge(of: .registeredPhones).judge(seen, keeping: keeping),
            notAnalyzed: [], packets: nil, strict: isStrict,
            ending: isInterrupted ? .interrupted : sawPhones ? .complete : .nothingToJudge)
    }

    /// Until it is time to stop.
    /// - Returns: whether a signal ended it.
    private func wait<Hub: EdgeHub>(_ driver: HubDriver<Hub>, _ recording: RecordingFile?) async -> Bool {
        let interrupts = Interrupts()
        let (steps, continuation) = AsyncStream.makeStream(of: Step.self)
        interrupts.tell { continuation.yield(.stop(interrupted: true)) }
        let span = plan.watch.span?.duration
        let timer = Task {
            if let span {
                try await Task.sleep(for: span)
                continuation.yield(.stop(interrupted: false))
            }
        }
        let isRecording = recording != nil
        let ticker = Task {
            while isRecording {
                try await Task.sleep(for: .milliseconds(500))
                continuation.yield(.tick)
            }
        }
        defer {
            timer.cancel()
            ticker.cancel()
        }
        for await step in steps {
            switch step {
            case .tick: await flush(driver, recording)
            case .stop(let interrupted): return interrupted
            }
        }
        return true
    }

    /// Closes WebSockets in order. The edge bounds how long that takes, and nothing else holds the end of the run up.
    private func leave<Hub: EdgeHub>(_ driver: HubDriver<Hub>) async {
        driver.send(.leave)
        let end = clock.now + plan.settings.limits.closingTime + .seconds(1)
        while await driver.ask({ $0.edge.awaitsCloses }), clock.now < end {
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    private func flush<Hub: EdgeHub>(_ driver: HubDriver<Hub>, _ recording: RecordingFile?) async {
        guard let recording, let octets = await driver.ask({ $0.takeRecording() }) else { return }
        recording.append(octets)
    }

    /// Ctrl-C is how an edge without `--for` ends: it is no failure.
    private func report(
        _ seen: AuditSink?, _ snapshot: EdgeSnapshot, listeners: [HubListener.Bound], started: Timestamp,
        isInterrupted: Bool
    ) -> ExitCode {
        guard let seen else {
            if !plan.output.quiet { Terminal.print(EdgeSummary.text(snapshot)) }
            return isInterrupted && plan.watch.span != nil ? ExitStatus.interrupted : .success
        }
        let report = Self.report(
            seen, keeping: plan.output.verbose || plan.reports.needsPasses ? .all : .complaints,
            isStrict: plan.watch.strict,
            isInterrupted: isInterrupted && plan.watch.span != nil)
        let run = ReportRun(
            command: "edge", version: sipobVersion, started: started, duration: clock.now.nanoseconds(since: started),
            sources: listeners.map(\.description))
        let failures =
            AuditShow(plan.output).show(plan.output.verbose ? report : report.withoutPasses, run)
            + plan.reports.write(report, run, timelines: seen.timelines)
        for failure in failures { Terminal.complain(failure) }
        if case .nothingToJudge = report.ending {
            Terminal.complain("no phone registered, so there was nothing to judge.")
        }
        return failures.isEmpty ? ExitCode(report.exitCode) : ExitStatus.failure
    }
}
