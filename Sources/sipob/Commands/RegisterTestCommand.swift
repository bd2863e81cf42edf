import ArgumentParser
import OutboundKit

struct RegisterTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "register-test",
        abstract: "Fire a test REGISTER with ;ob and reg-id at an edge proxy or registrar and judge what comes back.",
        discussion: """
            Makes one outbound registration (RFC 5626), shows what was sent, what came back and what it means, sends one \
            keep-alive on the flow, removes its binding, and judges the exchange.

            Examples:
              sipob register-test sip:alice@example.com
              sipob register-test sip:alice@example.com --edge 'sip:edge1.example.com;transport=tcp'
              sipob register-test sip:alice@example.com --edge wss://edge1.example.com/ws --ca-file ca.pem
              sipob register-test sip:alice@example.com --registrar 192.0.2.10:5060 --password-file alice.secret
              sipob register-test 'sip:load*@example.com' --edge 127.0.0.1:5060 --flows 1000 --ramp 200 --hold 5m

            A password comes from --password-file, SIPOB_PASSWORD, or a prompt. Exit status: 0 nothing violated, 1 refused \
            or violated, 2 not carried out, 64 wrong usage, 130 interrupted.
            """
    )

    @Argument(help: ArgumentHelp("The address-of-record, as in sip:alice@example.com.", valueName: "aor"))
    var addressOfRecord: String?

    @Option(
        name: .customLong("edge"), parsing: .singleValue,
        help: ArgumentHelp(
            "Go through this edge proxy: a SIP or SIPS URI, ws:// or wss://; else straight to the AOR's host. "
                + "Repeatable with --suite.",
            valueName: "uri"))
    var edges: [String] = []

    @Option(
        help: ArgumentHelp(
            "Go straight to this registrar instead of the AOR's host; with --edge and --suite: where calls come in.",
            valueName: "uri"))
    var registrar: String?

    @Option(name: .customLong("reg-id"), help: ArgumentHelp("The reg-id to bind, 1 to 2147483647.", valueName: "n"))
    var regID = "1"

    @Option(help: ArgumentHelp("The instance-id; else the one kept in ~/.config/sipob/instance.", valueName: "urn"))
    var instance: String?

    @Option(help: ArgumentHelp("Ask for a binding of so many seconds.", valueName: "seconds"))
    var expires: UInt32 = 600

    @Option(
        name: .customLong("auth-user"),
        help: ArgumentHelp("User name for challenges; else the AOR's.", valueName: "name"))
    var authUser: String?

    @Option(help: ArgumentHelp("File whose first line is the password.", valueName: "file"))
    var passwordFile: String?

    @Option(help: ArgumentHelp("The local address to use, with an optional port.", valueName: "address[:port]"))
    var bind: String?

    @Flag(name: .customShort("4"), help: "Use IPv4 only.")
    var onlyIPv4 = false

    @Flag(name: .customShort("6"), help: "Use IPv6 only.")
    var onlyIPv6 = false

    @Option(
        help: ArgumentHelp(
            "Wait so long for a final answer; else 32 as RFC 3261's Timer F, with --suite 8.", valueName: "seconds"))
    var timeout: Double?

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
    @OptionGroup var reports: ReportOptions
    @OptionGroup var tls: TLSOptions
    @OptionGroup var location: LocationOptions
    @OptionGroup var keys: TokenKeyOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard addressOfRecord != nil || suite.list || suite.showsPlan else {
            throw ValidationError("Name the address-of-record, as in sip:alice@example.com.")
        }
        guard suite.isAsked || edges.isEmpty || registrar == nil else {
            throw ValidationError("Give --edge or --registrar, not both; only --suite uses both.")
        }
        guard suite.isAsked || edges.count < 2 else {
            throw ValidationError("One registration goes through one edge; --suite takes several --edge.")
        }
        guard suite.isUsed || reports.requests.isEmpty else {
            throw ValidationError("--report is about the conformance suite; add --suite.")
        }
        guard !suite.isAsked || !(trace || keepBinding || noKeepAlive) else {
            throw ValidationError(
                "--trace, --keep-binding and --no-keep-alive are about one registration, not --suite.")
        }
        guard !(onlyIPv4 && onlyIPv6) else { throw ValidationError("Give -4 or -6, not both.") }
        guard !(output.json && trace) else {
            throw ValidationError("--json already holds every message; leave --trace out.")
        }
        guard timeout ?? 1 >= 0.1, timeout ?? 1 <= 3600 else {
            throw ValidationError("--timeout must lie between 0.1 and 3600 seconds.")
        }
        try load.validate(beside: [("--suite", suite.isUsed), ("--trace", trace), ("--strict", strict)])
        guard expires > 0 else { throw ValidationError("--expires 0 would remove a binding, not make one.") }
        if suite.isAsked { _ = try suiteRequest(instance: nil, password: nil, otherPassword: nil) }
        if !suite.isUsed { _ = try plan(instance: nil, password: nil) }
    }

    func run() async throws {
        if let lines = suite.text() {
            for line in lines { Terminal.print(line) }
            return
        }
        let password = try PasswordSource.given(file: passwordFile)
        let chosen = try instance.map { try InstanceID(urn: $0) }
        let stored = chosen == nil ? InstanceStore.load() : nil
        if let note = stored?.note { Terminal.complain(note) }
        if suite.isAsked {
            let request = try suiteRequest(
                instance: chosen ?? stored?.instance, password: password,
                otherPassword: try suite.otherPasswordFile.flatMap { try PasswordSource.given(file: $0) })
            let run = SuiteRun(
                request: request, options: suite, output: output, reports: reports, locator: try location.locator(),
                tls: try tls.context(for: request.securedTransports))
            throw try await run.perform()
        }
        let plan = try plan(instance: chosen ?? stored?.instance, password: password)
        if load.flows != nil {
            let context = try tls.context(for: plan.target.securedTransports)
            throw try await LoadRun(plan: LoadPlan(load, plan, location.locator(), tls: context)).perform(output)
        }
        let tokens = TokenReader(try keys.load())
        let style = TextStyle(isColored: Terminal.usesColor(output.color), columns: Terminal.columns)
        let mode: Narrator.Mode = output.json || output.quiet ? .silent : trace ? .trace : .summary
        let narrator = Narrator(mode, plan: plan, tokens: tokens, style: style)
        let clock = SystemClock()
        let started = clock.now
        let context = try tls.context(for: plan.target.securedTransports)
        var run = RegistrationRun(
            plan, locator: try location.locator(), tls: context, interrupts: Interrupts(), narrator: narrator
        ) {
            PasswordSource.ask("Password of \(plan.username) at \(plan.addressOfRecord.host): ")
        }
        narrator.begin()
        await run.run()
        let findings = RegistrationJudgement(plan: plan, record: run.record, tokens: tokens).findings
        let outcome = RegisterTestOutcome(
            run.record, plan: plan, counts: VerdictCounts(findings), strict: strict)
        if output.json {
            let report = RegisterTestJSON(
                record: run.record, plan: plan, findings: findings, outcome: outcome, tokens: tokens, started: started,
                ended: clock.now)
            Terminal.write(report.document())
        } else {
            let text = RegisterTestText(
                record: run.record, plan: plan, findings: findings, outcome: outcome, style: style,
                verbose: output.verbose)
            for line in output.quiet ? text.verdict : text.lines() { Terminal.print(line) }
        }
        if let complaint = outcome.complaint { Terminal.complain(complaint) }
        throw outcome.exitCode
    }

    /// The options put together. `instance` may be missing while they are only checked.
    private func plan(instance stored: InstanceID?, password: Password?) throws -> RegisterTestPlan {
        let text = addressOfRecord ?? ""
        let aor = try RegisterTestOptions.addressOfRecord(text)
        let target = try RegisterTestOptions.target(aor, text, edge: edges.first, registrar: registrar)
        let (local, family) = try localEnd()
        return RegisterTestPlan(
            addressOfRecord: aor, target: target, usesEdge: !edges.isEmpty,
            instance: try stored ?? RegisterTestOptions.instance(instance), regID: try RegisterTestOptions.regID(regID),
            expiresSeconds: expires, local: local, family: family,
            patience: .milliseconds(Int64((timeout ?? 32) * 1000)),
            sendsKeepAlive: !noKeepAlive, keepsBinding: keepBinding,
            username: try RegisterTestOptions.username(authUser, aor), password: password)
    }

    private func localEnd() throws -> (TransportAddress?, AddressFamily) {
        let local = try bind.map { try LocalEnd($0).address }
        let family: AddressFamily = onlyIPv4 ? .ipv4 : onlyIPv6 ? .ipv6 : .any
        if let local, !family.admits(local.ip) {
            throw ValidationError("--bind '\(local.ip)' is no address of the family that -4 or -6 asks for.")
        }
        return (local, family)
    }

    private func suiteRequest(
        instance stored: InstanceID?, password: Password?, otherPassword: Password?
    ) throws -> SuiteRequest {
        let aor = try RegisterTestOptions.addressOfRecord(addressOfRecord ?? "")
        let (local, family) = try localEnd()
        return SuiteRequest(
            addressOfRecord: aor, edges: try edges.map { try RegisterTestOptions.target(aor, "", edge: $0, registrar: nil) },
            registrar: try registrar.map { try RegisterTestOptions.target(aor, "", edge: nil, registrar: $0) },
            instance: try stored ?? RegisterTestOptions.instance(instance), expiresSeconds: expires, local: local,
            family: family, patience: timeout.map { .milliseconds(Int64($0 * 1000)) },
            username: try RegisterTestOptions.username(authUser, aor), password: password,
            otherUser: try suite.otherUser.map(RegisterTestOptions.addressOfRecord), otherPassword: otherPassword,
            tokenKeys: try keys.load(), isStrict: strict)
    }
}
