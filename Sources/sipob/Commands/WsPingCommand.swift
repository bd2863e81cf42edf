import ArgumentParser
import OutboundKit

struct WsPingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ws-ping",
        abstract: "Probe a SIP WebSocket connection with Ping frames or CRLFs, like ping(8).",
        discussion: """
            Opens a WebSocket with the subprotocol sip (RFC 7118), sends Ping frames of 8 random octets, checks that each \
            Pong carries them back, and shows how long it takes. Pings of the server are answered. A Ping without a Pong \
            for 10 s means that the flow has failed.

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
            "As in ws://host:port/path or wss://host:port/path; port 80 or 443 if none is given.", valueName: "target"))
    var targets: [String]

    @OptionGroup(title: "Probing")
    var probing: PingOptions

    @Flag(name: .long, help: "Ping with CRLFCRLF in text frames (RFC 7118 section 6) instead of Ping frames.")
    var crlf = false

    @Option(name: .long, help: ArgumentHelp("Send this Origin, for servers that ask for one.", valueName: "origin"))
    var origin: String?

    @OptionGroup(title: "TLS")
    var tls: TLSOptions

    @OptionGroup(title: "Output")
    var output: OutputOptions

    func validate() throws {
        try probing.validate(targets: targets.count)
        _ = try targets.map { try WebSocketTarget($0) }
        if let origin, !origin.utf8.allSatisfy(ASCII.isPrintable) {
            throw ValidationError("--origin: printable ASCII only.")
        }
    }

    func run() async throws {
        let wanted = try targets.map { try WebSocketTarget($0) }
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
        let schedule = try probing.schedule(for: goals.flatMap(\.addresses))
        let settings = wanted.map { target in
            var own = WebSocketProber.Settings(
                request: WebSocketHandshake.Request(
                    host: target.authority, path: target.path, origin: origin, userAgent: "sipob/\(sipobVersion)"))
            own.schedule = schedule
            own.crlf = crlf
            return own
        }
        let names = targets
        let context = try tls.context(for: goals.map(\.transport))
        let code = await PingReport(
            command: "ws-ping", goals: goals, options: probing, output: output, tls: context,
            engine: { WebSocketProber(settings[$0], using: SystemRandomNumberGenerator()) },
            judge: { WebSocketProbeJudge($1, settings: settings[$0], subject: names[$0]).findings }
        ).perform()
        if code != .success { throw code }
    }
}
