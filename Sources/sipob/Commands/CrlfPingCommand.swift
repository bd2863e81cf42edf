import ArgumentParser
import OutboundKit

struct CrlfPingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crlf-ping",
        abstract: "Probe a SIP TCP or TLS connection with CRLFCRLF keep-alives, like ping(8).",
        discussion: """
            Sends the pings that RFC 5626 section 4.4.1 asks of phones, checks that each
            gets its pong, a single CRLF, at once, and shows how long it takes. A ping
            without a pong for 10 s means that the flow has failed. On request pings are
            cut into segments as networks may cut them, and SIP requests are sent between
            them, which must neither be disturbed by pings nor be taken for any.

            EXAMPLES
              sipob crlf-ping edge.example.com
              sipob crlf-ping -c 5 192.0.2.1:5060 '[2001:db8::1]:5060'
              sipob crlf-ping -c 3 --split --sip-check --half-message edge.example.com
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
            "SIP or SIPS URI, host, host:port or [IPv6]:port; TCP if neither it nor NAPTR and SRV records say otherwise.",
            valueName: "target"))
    var targets: [String]

    @OptionGroup(title: "Probing")
    var probing: ProbeOptions

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

    @OptionGroup(title: "Location")
    var location: LocationOptions

    @OptionGroup(title: "Output")
    var output: PingOutputOptions

    func validate() throws {
        guard !(split && double) else { throw ValidationError("--split and --double exclude each other.") }
        _ = try PingPlan.targets(targets, probing, for: .crlfPing)
        try OutputFiles(written: output.written + tls.written, read: tls.read).validate()
    }

    func run() async throws {
        let plan = try await PingPlan(targets, probing, for: .crlfPing, location, tls)
        var settings = CRLFProber.Settings()
        settings.schedule = plan.schedule
        settings.mode = split ? .split : double ? .double : .whole
        settings.sipCheck = sipCheck
        settings.halfMessage = halfMessage
        let code = await PingReport(
            command: "crlf-ping", plan: plan, options: probing, output: output,
            engine: { [settings] index, server in
                var own = settings
                own.uri = Self.requestURI(plan.goals[index].target.uri, over: server.transport)
                return CRLFProber(own, using: SystemRandomNumberGenerator())
            },
            judge: { CRLFProbeJudge($1, settings: settings, subject: plan.goals[$0].name).findings }
        ).perform()
        if code != .success { throw code }
    }

    /// The Request-URI of OPTIONS: the target, with the transport that it came to.
    private static func requestURI(_ target: SIPURI, over transport: TransportProtocol) -> String {
        var uri = target
        if !uri.hasParameter("transport"), uri.scheme == .sip {
            uri.parameters.append(SIPParameter("transport", transport.description))
        }
        return uri.description
    }
}
