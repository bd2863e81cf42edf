import ArgumentParser
import OutboundKit

struct EdgeServiceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "edge",
        abstract: "Be an edge proxy and registrar for phones to be tested against, with faults on demand.",
        discussion: """
            Runs an edge proxy and a registrar of RFC 5626 in one process: Path with flow
            tokens and ob, STUN and CRLF keep-alives, Flow-Timer, GRUU, fail-over between
            the flows of a phone. It listens on loopback unless told otherwise, and runs
            until Ctrl-C.

            EXAMPLES
              sipob edge
              sipob edge --listen udp:192.0.2.1:5060 --listen tls:192.0.2.1:5061
              sipob edge --registrar 'sip:reg.example.com;transport=tls' --ca-file ca.pem
              sipob edge --judge --for 5m --flow-timer 30 --report html=phones.html
              sipob edge --fault no-pong --judge
              sipob edge --trace                       every message, as it comes
              sipob edge --list-faults

            EXIT STATUS
              0    ended, and no phone violated anything
              1    a phone violated something
              2    it could not start, or nothing could be judged
              64   wrong usage
              130  interrupted before --for had passed
            """)

    @OptionGroup(title: "Service") var service: EdgeServiceOptions
    @OptionGroup(title: "Registrar") var registrar: RegistrarOptions
    @OptionGroup(title: "TLS") var tls: EdgeTLSOptions
    @OptionGroup(title: "Location") var location: LocationOptions

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("Misbehave on purpose, as --list-faults explains. Repeatable.", valueName: "name[=value]"))
    var fault: [String] = []

    @Flag(help: "List the faults, what each does, and which requirements it tries.")
    var listFaults = false

    @OptionGroup(title: "Watching") var watch: EdgeWatchOptions
    @OptionGroup var reports: ReportOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        _ = try EdgePlan.faults(fault)
        if tls.caFile != nil || tls.tlsName != nil || tls.insecure {
            guard let registrar = try service.upstream(), !registrar.securedTransports.isEmpty else {
                throw ValidationError(
                    "--ca-file, --tls-name and --insecure are for a --registrar that is reached over TLS.")
            }
        }
        guard service.registrar == nil || !registrar.isAsked else {
            throw ValidationError(
                "--users, --realm, --db, --require-outbound and the --…-expires are for this program's own registrar, and --registrar names another."
            )
        }
        guard watch.judge || (listFaults || !output.json) && reports.requests.isEmpty else {
            throw ValidationError("--json and --report show what --judge found; add --judge.")
        }
        guard !watch.trace || !(output.json || output.quiet) else {
            throw ValidationError(
                "--trace prints as it goes; leave --json and --quiet out, or take --report json=FILE.")
        }
        try OutputFiles(
            written: [("--db", [registrar.db]), ("--save-pcap", [watch.savePcap])] + tls.written + reports.written,
            read: [
                ("the file of --secret-file", [service.secretFile]), ("the file of --users", [registrar.users]),
            ] + tls.read
        ).validate()
    }

    func run() async throws {
        if listFaults {
            if output.json {
                Terminal.write(FaultListing.document)
            } else {
                Terminal.print(FaultListing.text)
            }
            return
        }
        let plan = try await EdgePlan(self)
        let code = try await EdgeRun(plan).perform()
        if code != .success { throw code }
    }
}
