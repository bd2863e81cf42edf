import ArgumentParser
import OutboundKit

struct FlowTimerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flow-timer",
        abstract: "Does the server honour the Flow-Timer that it announces, and how long do its flows really live?",
        discussion: """
            Registers three flows of one phone and reads Flow-Timer (RFC 5626 §5.4). One
            flow is kept alive at random 80 to 100 % of it, one is pinged once and then
            falls silent, one stays silent: the first must stay up, each ping must be
            answered, and the others must live longer than Flow-Timer. Says what to set
            where promise and behaviour disagree. It takes --periods times Flow-Timer, and
            says so before it starts; --quick compares headers only.

            Examples:
              sipob flow-timer sip:al@example.com --edge 'sip:192.0.2.1;transport=tcp'
              sipob flow-timer sip:al@example.com --edge wss://192.0.2.1/ws --periods 2
              sipob flow-timer sip:al@example.com --edge 192.0.2.1 --quick

            Exit status: 0 the promise is kept, 1 it is broken, 2 not carried out, 64
            wrong usage, 130 interrupted.
            """
    )

    @OptionGroup var account: AccountOptions

    @Option(help: ArgumentHelp("Watch for so many times Flow-Timer, 1.2 to 100.", valueName: "n"))
    var periods: Double = 3

    @Flag(help: "Compare headers only; nothing is waited for.")
    var quick = false

    @Flag(help: "Exit with 1 for a broken SHOULD as well.")
    var strict = false

    @Option(help: ArgumentHelp("Write all that was exchanged to this pcapng file, in the clear.", valueName: "file"))
    var savePcap: String?

    @Flag(help: "Show every message, credentials hidden.")
    var trace = false

    @OptionGroup var reports: ReportOptions
    @OptionGroup var tls: TLSOptions
    @OptionGroup var location: LocationOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard account.addressOfRecord != nil else {
            throw ValidationError("Name the address-of-record, as in sip:alice@example.com.")
        }
        guard account.edges.count < 2 else { throw ValidationError("flow-timer takes one --edge.") }
        guard account.edges.isEmpty || account.registrar == nil else {
            throw ValidationError("Give --edge or --registrar, not both.")
        }
        guard periods >= 1.2, periods <= 100 else { throw ValidationError("--periods must lie between 1.2 and 100.") }
        guard !trace || !(output.json || output.quiet) else {
            throw ValidationError(
                "--trace prints as it goes; leave --json and --quiet out, or take --report json=FILE.")
        }
        try OutputFiles(
            written: [("--save-pcap", [savePcap])] + reports.written + tls.written, read: account.read + tls.read
        ).validate()
        _ = try account.suiteRequest(instance: nil, password: nil, isStrict: strict)
    }

    func run() async throws {
        let password = try PasswordSource.given(file: account.passwordFile)
        let request = try account.suiteRequest(
            instance: try account.loadInstance(), password: password, isStrict: strict)
        let run = FlowTimerRun(
            request: request, periods: periods, isQuick: quick, savePcap: savePcap, isTraced: trace, output: output,
            reports: reports, locator: try location.locator(), tls: try tls.context(for: request.securedTransports))
        throw try await run.perform()
    }
}
