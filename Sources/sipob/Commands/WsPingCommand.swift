import ArgumentParser
import OutboundKit

struct WsPingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ws-ping",
        abstract: "Probe a SIP WebSocket connection with Ping frames or CRLFs, like ping(8).",
        discussion: """
            Opens a WebSocket with the subprotocol sip (RFC 7118), sends Ping frames of 8
            random octets, checks that each Pong carries them back, and shows how long it
            takes. Pings of the server are answered. A Ping without a Pong for 10 s means
            that the flow has failed.

            EXAMPLES
              sipob ws-ping ws://edge.example.com:8080/
              sipob ws-ping -c 5 --crlf ws://192.0.2.1:8080/ws
              sipob ws-ping --flow-timer 120 'ws://[2001:db8::1]:8080/'
              sipob ws-ping wss://edge.example.com/ws

            EXIT STATUS
              0    answered, and nothing is violated
              1    a violation, or the flow has failed
              2    no connection, no WebSocket, or no answer
              130  interrupted
            """)

    @Argument(
        help: ArgumentHelp(
            "As in ws://host:port/path or wss://host:port/path, with port 80 or 443 if none is given, or sip:host;transport=ws.",
            valueName: "target"))
    var targets: [String]

    @OptionGroup(title: "Probing")
    var probing: ProbeOptions

    @Flag(name: .long, help: "Ping with CRLFCRLF in text frames (RFC 7118 section 6) instead of Ping frames.")
    var crlf = false

    @Option(name: .long, help: ArgumentHelp("Send this Origin, for servers that ask for one.", valueName: "origin"))
    var origin: String?

    @OptionGroup(title: "TLS")
    var tls: TLSOptions

    @OptionGroup(title: "Location")
    var location: LocationOptions

    @OptionGroup(title: "Output")
    var output: PingOutputOptions

    func validate() throws {
        _ = try PingPlan.targets(targets, probing, for: .webSocketPing)
        try OutputFiles(written: output.written + tls.written, read: tls.read).validate()
        if let origin, !origin.utf8.allSatisfy(ASCII.isPrintable) {
            throw ValidationError("--origin: printable ASCII only.")
        }
    }

    func run() async throws {
        let plan = try await PingPlan(targets, probing, for: .webSocketPing, location, tls)
        let settings = plan.goals.map { goal in
            var own = WebSocketProber.Settings(request: goal.target.handshake(origin: origin))
            own.schedule = plan.schedule
            own.crlf = crlf
            return own
        }
        let code = await PingReport(
            command: "ws-ping", plan: plan, options: probing, output: output,
            engine: { index, _ in WebSocketProber(settings[index], using: SystemRandomNumberGenerator()) },
            judge: { WebSocketProbeJudge($1, settings: settings[$0], subject: plan.goals[$0].name).findings }
        ).perform()
        if code != .success { throw code }
    }
}
