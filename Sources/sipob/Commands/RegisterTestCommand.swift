import ArgumentParser
import OutboundKit

struct RegisterTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "register-test",
        abstract: "Fire a test REGISTER with ;ob and reg-id at an edge proxy or registrar and judge what comes back.",
        discussion: """
            Makes one outbound registration (RFC 5626), shows what was sent, what came
            back and what it means, sends one keep-alive on the flow, removes its binding,
            and judges the exchange. With --suite it runs the conformance suite instead:
            every requirement on servers that can be put to the test, a case each. It
            takes several --edge, one a transport, and with --edge and --registrar calls
            come in at the registrar. With --flows it holds many registered flows.

            Examples:
              sipob register-test sip:alice@example.com
              sipob register-test sip:al@example.com --edge 'sip:192.0.2.1;transport=tcp'
              sipob register-test sip:al@example.com --edge wss://192.0.2.1/ws
              sipob register-test sip:al@example.com --registrar 192.0.2.10:5060
              sipob register-test 'sip:load*@example.com' --edge 127.0.0.1 --flows 1000
              sipob register-test sip:al@example.com --suite --report junit=suite.xml

            A password comes from --password-file, SIPOB_PASSWORD, or a prompt. A final
            answer is waited for 32 seconds as RFC 3261's Timer F, with --suite 8. Exit
            status: 0 nothing violated, 1 refused or violated, 2 not carried out, 64 wrong
            usage, 130 interrupted.
            """
    )

    @OptionGroup var account: AccountOptions

    @Option(name: .customLong("reg-id"), help: ArgumentHelp("The reg-id to bind, 1 to 2147483647.", valueName: "n"))
    var regID = "1"

    @Flag(help: "Send no keep-alive on the flow.")
    var noKeepAlive = false

    @Flag(help: "Leave the binding in place.")
    var keepBinding = false

    @Flag(help: "Show every message in full, credentials hidden.")
    var trace = false

    @Flag(help: "Exit with 1 for a broken SHOULD as well.")
    var strict = false

    @OptionGroup var suite: SuiteOptions
    @OptionGroup(title: "Load") var load: LoadOptions

    @Option(
        name: .customLong("report"),
        help: ArgumentHelp(
            "Also write a report to a file: json or junit; with --suite also tap, html, csv, md or sarif (repeatable).",
            valueName: "kind=file"),
        transform: ReportRequest.init(parsing:))
    var report: [ReportRequest] = []

    @OptionGroup var tls: TLSOptions
    @OptionGroup var location: LocationOptions
    @OptionGroup var keys: TokenKeyOptions
    @OptionGroup var output: OutputOptions

    private var reports: ReportOptions { ReportOptions(report) }

    func validate() throws {
        guard account.addressOfRecord != nil || suite.list || suite.showsPlan else {
            throw ValidationError("Name the address-of-record, as in sip:alice@example.com.")
        }
        guard suite.isAsked || account.edges.isEmpty || account.registrar == nil else {
            throw ValidationError("Give --edge or --registrar, not both; only --suite uses both.")
        }
        guard suite.isAsked || account.edges.count < 2 else {
            throw ValidationError("One registration goes through one edge; --suite takes several --edge.")
        }
        guard load.flows == nil || reports.requests.isEmpty else {
            throw ValidationError("--report is for one registration or --suite; --flows has --json.")
        }
        guard load.flows == nil || suite.savePcap == nil else {
            throw ValidationError("--save-pcap is for one registration or --suite; capture --flows with tcpdump.")
        }
        for request in reports.requests where !suite.isUsed && request.kind != .json && request.kind != .junit {
            throw ValidationError(
                "--report \(request.kind.rawValue)= is for --suite; one registration writes json and junit.")
        }
        guard !suite.isAsked || !(trace || keepBinding || noKeepAlive) else {
            throw ValidationError(
                "--trace, --keep-binding and --no-keep-alive are about one registration, not --suite.")
        }
        guard !suite.isAsked || !(keys.isUsed || regID != "1") else {
            throw ValidationError("Keys of flow tokens and --reg-id are about one registration, not --suite.")
        }
        guard !(output.json && trace) else {
            throw ValidationError("--json already holds every message; leave --trace out.")
        }
        try OutputFiles(
            written: [("--save-pcap", [suite.savePcap]), ("--make-policy", [suite.makePolicy])] + reports.written
                + tls.written,
            read: account.read + suite.read + keys.read + tls.read
        ).validate()
        try load.validate(beside: [("--suite", suite.isUsed), ("--trace", trace), ("--strict", strict)])
        if suite.isAsked { _ = try suiteRequest(instance: nil, password: nil) }
        if !suite.isUsed { _ = try plan(instance: nil, password: nil) }
    }

    func run() async throws {
        if let cases = suite.shown {
            if output.json {
                Terminal.write(SuiteListJSON.document(cases))
            } else {
                for line in suite.text(cases) { Terminal.print(line) }
            }
            return
        }
        let password = try PasswordSource.given(file: account.passwordFile)
        let instance = try account.loadInstance()
        if suite.isAsked {
            let other = try suite.otherPasswordFile.flatMap { try PasswordSource.given(file: $0) }
            let request = try suiteRequest(instance: instance, password: password, otherPassword: other)
            let run = SuiteRun(
                request: request, options: suite, output: output, reports: reports, locator: try location.locator(),
                tls: try tls.context(for: request.securedTransports))
            throw try await run.perform()
        }
        let plan = try plan(instance: instance, password: password)
        if load.flows != nil {
            let context = try tls.context(for: plan.target.securedTransports)
            throw try await LoadRun.perform(load, plan, location.locator(), tls: context, output)
        }
        let tokens = TokenReader(try keys.load())
        let style = TextStyle(isColored: Terminal.usesColor(output.color), columns: Terminal.columns)
        let mode: Narrator.Mode = output.json || output.quiet ? .silent : trace ? .trace : .summary
        let narrator = Narrator(mode, plan: plan, tokens: tokens, style: style)
        let clock = SystemClock()
        let started = clock.now
        let context = try tls.context(for: plan.target.securedTransports)
        // Before anything is sent: a file that cannot be written is not found out at the end.
        let recording = try suite.savePcap.map(RecordingFile.open)
        let tape = recording == nil ? nil : Tape(application: "sipob \(sipobVersion) register-test")
        var run = RegistrationRun(
            plan, locator: try location.locator(), tls: context, interrupts: Interrupts(), narrator: narrator,
            tape: tape
        ) {
            PasswordSource.ask("Password of \(plan.username) at \(plan.addressOfRecord.host): ")
        }
        narrator.begin()
        await run.run()
        let findings = RegistrationJudgement(plan: plan, record: run.record, tokens: tokens).findings
        let outcome = RegisterTestOutcome(
            run.record, plan: plan, counts: VerdictCounts(findings), strict: strict)
        let ended = clock.now
        let document = RegisterTestJSON(
            record: run.record, plan: plan, findings: findings, outcome: outcome, tokens: tokens, started: started,
            ended: ended)
        if output.json {
            Terminal.write(document.document())
        } else {
            let text = RegisterTestText(
                record: run.record, plan: plan, findings: findings, outcome: outcome, style: style,
                verbose: output.verbose)
            for line in output.quiet ? text.verdict : text.lines() { Terminal.print(line) }
        }
        if let complaint = outcome.complaint { Terminal.complain(complaint) }
        let junit = ProbeJUnit(
            [
                ProbeJUnit.Target(
                    name: "\(plan.addressOfRecord) at \(plan.target)", findings: findings, counts: outcome.headline,
                    failure: ["pass", "fail"].contains(outcome.reason) ? nil : outcome.headline)
            ],
            ReportRun(
                command: "register-test", version: sipobVersion, started: started,
                duration: ended.nanoseconds(since: started), sources: ["\(plan.target)"]), strict: strict)
        var unwritten = ReportRequest.write(reports.requests) { kind -> any AuditDocument in
            kind == .junit ? junit : FinishedDocument(octets: document.document())
        }
        if let tape { recording?.append(tape.take()) }
        if let failure = recording?.close() { unwritten.append("\(failure).") }
        for failure in unwritten { Terminal.complain(failure) }
        throw unwritten.isEmpty || outcome.code != 0 ? outcome.exitCode : ExitStatus.failure
    }

    /// The options put together. `instance` may be missing while they are only checked.
    private func plan(instance stored: InstanceID?, password: Password?) throws -> RegisterTestPlan {
        let text = account.addressOfRecord ?? ""
        let aor = try RegisterTestOptions.addressOfRecord(text)
        let target = try RegisterTestOptions.target(
            aor, text, edge: account.edges.first, registrar: account.registrar)
        let (local, family) = try account.localEnd()
        return RegisterTestPlan(
            addressOfRecord: aor, target: target, usesEdge: !account.edges.isEmpty,
            instance: try stored ?? RegisterTestOptions.instance(account.instance),
            regID: try RegisterTestOptions.regID(regID), expiresSeconds: account.expires, local: local, family: family,
            patience: .milliseconds(Int64((account.timeout ?? 32) * 1000)), sendsKeepAlive: !noKeepAlive,
            keepsBinding: keepBinding, username: try RegisterTestOptions.username(account.authUser, aor),
            password: password)
    }

    private func suiteRequest(
        instance: InstanceID?, password: Password?, otherPassword: Password? = nil
    ) throws -> SuiteRequest {
        try account.suiteRequest(
            instance: instance, password: password, otherUser: suite.otherUser, otherPassword: otherPassword,
            isStrict: strict)
    }
}
