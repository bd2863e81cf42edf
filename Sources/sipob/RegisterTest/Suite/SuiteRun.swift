import ArgumentParser
import Glibc
import OutboundKit

/// Runs the conformance suite and reports on it.
struct SuiteRun {
    let request: SuiteRequest
    let options: SuiteOptions
    let output: OutputOptions
    let reports: ReportOptions
    let locator: Locator
    let tls: TLSContext?

    /// - Returns: the exit status.
    func perform() async throws -> ExitCode {
        let policy = try loadPolicy()
        let session: SuiteSession
        do {
            session = try await SuiteSession(
                "register-test", request, savePcap: options.savePcap, reports: reports, locator: locator, tls: tls)
        } catch let error as TransportError {
            return SuiteSession.end("register-test", request, unlocated: error, output, reports) { SuiteJSON($0, $1) }
        }
        let plan = session.plan
        let cases = options.selector.select(from: CaseCatalogue.all)
        let style = TextStyle(isColored: Terminal.usesColor(output.color), columns: Terminal.columns)
        let text = SuiteText(style: style, verbose: output.verbose)
        let isSilent = output.json || output.quiet
        if !isSilent {
            let remarks = [session.remark].compactMap { $0 }
            for line in text.head(plan, cases.count) + remarks { Terminal.print(line) }
        }
        let progress = SuiteProgress(
            text: text, isSilent: isSilent, total: cases.count,
            isShown: !output.quiet && Terminal.isTerminal(STDERR_FILENO))
        var runner = SuiteRunner(network: session.network, plan: plan, cases: cases, recorder: session.recorder)
        let outcome = await runner.run { progress.hear($0) }
        progress.end()
        let error = outcome.trouble.map { words($0, session) }
        let report = SuiteReport(outcome, plan: plan, policy: policy, isStrict: request.isStrict, error: error)
        let run = session.run(report)
        if output.json {
            SuiteJSON(report, run).write { Terminal.write($0) }
        } else if !outcome.results.isEmpty || outcome.survey != nil {
            for line in output.quiet ? [report.totals] : text.end(report) { Terminal.print(line) }
        }
        var complaints = [error].compactMap { $0 }
        if let path = options.makePolicy, outcome.survey != nil {
            complaints += Self.write(SuitePolicy(outcome.results), to: path)
        }
        return session.end(report, run, recorded: runner.takeRecording(), complaints)
    }

    private func words(_ trouble: SuiteTrouble, _ session: SuiteSession) -> String {
        switch trouble {
        case .unreachable(let why): "the suite did not run: \(why); \(session.question)"
        case .noAnswer(let server, let why): "\(server), the first REGISTER: \(why); \(session.question)"
        case .unframed(let server, let status):
            "\(server) answered the first REGISTER with a \(status) without Content-Length; no other case can be run"
        case .notBound(let server, let contact):
            "\(server) listed the binding of the first REGISTER with no time left, \(Redaction.visible(contact)); "
                + "no other case can be run"
        case .webSocket(let server, let ending):
            "\(server): \(Redaction.visible("\(ending)")); no other case can be run"
        case .elsewhere(let server, let stranger):
            "the answer to the first REGISTER came from elsewhere than \(server): \(Redaction.visible("\(stranger)")); "
                + "no other case can be run"
        case .unfinished(let server, let challenge, let why):
            "\(server) answered the first REGISTER with \(challenge), and the one with credentials not: \(why)"
        case .noCredentials(let line, let refusal):
            "the first REGISTER was answered \(line): "
                + (request.password == nil
                    ? "give the password with --password-file FILE or in SIPOB_PASSWORD"
                    : refusal?.words(request.username)
                        ?? "user \(request.username) or the password is not what the server expects")
        case .refused(let line):
            "the first REGISTER for \(request.addressOfRecord) was refused: \(line); the suite needs an account"
        case .interrupted: "interrupted; the bindings of the test are removed"
        }
    }

    // MARK: Files

    private func loadPolicy() throws -> SuitePolicy? {
        guard let path = options.policy else { return nil }
        switch SmallFile.read(path, limit: 1 << 20) {
        case .failure(let refusal):
            Terminal.complain("--policy \(path): cannot read it: \(refusal); --make-policy writes one")
            throw ExitStatus.failure
        case .success(let octets):
            do throws(SuitePolicy.Failure) {
                return try SuitePolicy(parsing: String(decoding: octets, as: UTF8.self))
            } catch {
                Terminal.complain("--policy \(path): \(Redaction.visible("\(error)"))")
                throw ExitStatus.failure
            }
        }
    }

    private static func write(_ policy: SuitePolicy, to path: String) -> [String] {
        do throws(ReportFileError) {
            try ReportFile.write(PolicyDocument(policy: policy), to: path)
            return []
        } catch {
            return ["\(error)"]
        }
    }
}

private struct PolicyDocument: AuditDocument {
    let policy: SuitePolicy
    func write(to write: ([UInt8]) -> Void) { write(Array(policy.text.utf8)) }
}
