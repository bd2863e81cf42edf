import ArgumentParser
import OutboundKit

struct CrlfPingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crlf-ping",
        abstract: "Probe a SIP TCP or TLS connection with CRLFCRLF keep-alives, like ping(8).",
        discussion: """
            Sends the pings that RFC 5626 section 4.4.1 asks of phones, checks that each gets its pong, a single CRLF, at \
            once, and shows how long it takes. A ping without a pong for 10 s means that the flow has failed. On request \
            pings are cut into segments as networks may cut them, and SIP requests are sent between them, which must \
            neither be disturbed by pings nor be taken for any.

            EXAMPLES
              sipob crlf-ping edge.example.com
              sipob crlf-ping -c 5 192.0.2.1:5060 '[2001:db8::1]:5060'
              sipob crlf-ping -c 3 --split --sip-check --half-message 'sip:edge.example.com;transport=tcp'
              sipob crlf-ping --flow-timer 120 edge.example.com
              sipob crlf-ping --ca-file ca.pem 'sip:edge.example.com;transport=tls'

            EXIT STATUS
              0    answered, and nothing is violated
              1    a violation, or the flow has failed
              2    no connection, or no answer
              130  interrupted
            """)

    @Argument(
        help: ArgumentHelp(
            "SIP URI, host, host:port or [IPv6]:port; TCP port 5060, or TLS port 5061, if nothing else is given.",
            valueName: "target"))
    var targets: [String]

    @OptionGroup(title: "Probing")
    var probing: PingOptions

    @Flag(name: .long, help: "Send each ping in two segments, 200 ms apart: 1+3, 2+2 and 3+1 octets in turn.")
    var split = false

    @Flag(name: .long, help: "Send two pings in one segment each time.")
    var double = false

    @Flag(
        name: .long,
        help:
            "Send an OPTIONS in two halves, a second apart: it must be answered, without a pong, and pings after it too."
    )
    var halfMessage = false

    @Flag(
        name: .long,
        help: "Also send OPTIONS on the same connection, alone and behind a CRLF: are SIP and pings told apart?")
    var sipCheck = false

    @OptionGroup(title: "TLS")
    var tls: TLSOptions

    @OptionGroup(title: "Output")
    var output: OutputOptions

    func validate() throws {
        guard !(split && double) else { throw ValidationError("--split and --double exclude each other.") }
        try probing.validate(targets: targets.count)
        _ = try targets.map { try StreamTarget($0) }
    }

    func run() async throws {
        let wanted = try targets.map { try StreamTarget($0) }
        var goals: [PingGoal] = []
        do throws(TransportError) {
            for (name, target) in zip(targets, wanted) {
                let found = try await Resolver.addresses(
                    of: target.host, port: target.port, transport: target.transport, family: probing.family)
                guard let first = found.first else { continue }
                goals.append(
                    PingGoal(
                        name: name, addresses: found, remote: first, transport: target.transport, host: target.host))
            }
        } catch {
            Terminal.complain("\(error); check the name, or give an address.")
            throw ExitStatus.failure
        }
        var common = CRLFProber.Settings()
        common.schedule = try probing.schedule(for: goals.flatMap(\.addresses))
        common.mode = split ? .split : double ? .double : .whole
        common.sipCheck = sipCheck
        common.halfMessage = halfMessage
        let settings = wanted.map { target in
            var own = common
            own.uri = target.uri
            return own
        }
        let names = targets
        let context = try tls.context(for: goals.map(\.transport))
        let code = await PingReport(
            command: "crlf-ping", goals: goals, options: probing, output: output, tls: context,
            engine: { CRLFProber(settings[$0], using: SystemRandomNumberGenerator()) },
            judge: { CRLFProbeJudge($1, settings: settings[$0], subject: names[$0]).findings }
        ).perform()
        if code != .success { throw code }
    }
}
