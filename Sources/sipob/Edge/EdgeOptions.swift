import ArgumentParser
import OutboundKit

/// What the edge is: listeners, role, timers.
struct EdgeServiceOptions: ParsableArguments {
    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp(
            "Listen there: udp, tcp, tls, ws or wss, as in tcp:127.0.0.1:5060; without a port on that of the transport: 5060, tls 5061, ws 80, wss 443. Repeatable; else UDP and TCP on 127.0.0.1:5060.",
            valueName: "transport:address[:port]"), transform: { try Listener(argument: $0) })
    var listen: [Listener] = []

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("A domain whose users live here. Repeatable; else every domain does.", valueName: "name"))
    var domain: [String] = []

    @Option(
        help: ArgumentHelp("Be an edge proxy only, in front of this registrar, over udp, tcp or tls.", valueName: "uri")
    )
    var registrar: String?

    @Flag(help: "Be a registrar only, behind other edge proxies.")
    var registrarOnly = false

    @Option(help: ArgumentHelp("Announce this Flow-Timer; 0 announces none.", valueName: "seconds"))
    var flowTimer: UInt32 = 120

    @Option(
        help: ArgumentHelp("Close a silent flow so long after its Flow-Timer has passed.", valueName: "seconds"))
    var grace: Double = 15

    @Option(
        help: ArgumentHelp("Give up on a silent phone after so long and try its next flow.", valueName: "seconds"))
    var branchTimeout: Double = 32

    @Flag(help: "Add Path and flow token to every REGISTER, asked for or not.")
    var forceOutbound = false

    @Flag(help: "Never add Path and flow token.")
    var forceNoOutbound = false

    @Option(
        help: ArgumentHelp("Sign flow tokens with the secret in this file; else with a random key.", valueName: "file"))
    var secretFile: String?

    @Option(help: ArgumentHelp("Layout of flow tokens: kamailio or rfc5626.", valueName: "format"))
    var tokenFormat: TokenLayout = .kamailio

    enum TokenLayout: String, ExpressibleByArgument, CaseIterable {
        case kamailio
        case rfc5626
    }

    func validate() throws {
        guard !(registrar != nil && registrarOnly) else {
            throw ValidationError("Give --registrar or --registrar-only, not both.")
        }
        guard !(forceOutbound && forceNoOutbound) else {
            throw ValidationError("Give --force-outbound or --force-no-outbound, not both.")
        }
        guard grace >= 0, grace <= 86_400 else {
            throw ValidationError("--grace must lie between 0 and 86400 seconds.")
        }
        guard branchTimeout >= 0.1, branchTimeout <= 3600 else {
            throw ValidationError("--branch-timeout must lie between 0.1 and 3600 seconds.")
        }
        guard Set(listeners).count == listeners.count || listen.contains(where: { $0.address.port == 0 }) else {
            throw ValidationError("The same --listen twice.")
        }
        if registrar != nil { _ = try upstream() }
    }

    var listeners: [Listener] { listen.isEmpty ? Listener.loopback : listen }

    /// The registrar behind us.
    func upstream() throws -> SIPTarget? {
        try registrar.map { try SIPTarget($0, option: "--registrar", for: .upstream) }
    }
}

/// How the registrar grants.
struct RegistrarOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Demand Digest credentials of the users in this file.", valueName: "file"))
    var users: String?

    @Option(help: ArgumentHelp("The realm of challenges; else the first --domain, or sipob.", valueName: "name"))
    var realm: String?

    @Option(help: ArgumentHelp("Answer 423 to requests for less.", valueName: "seconds"))
    var minExpires: UInt32 = Self.usual.least

    @Option(help: ArgumentHelp("Grant so much to who asks for nothing.", valueName: "seconds"))
    var defaultExpires: UInt32 = Self.usual.ordinary

    @Option(help: ArgumentHelp("Grant no more.", valueName: "seconds"))
    var maxExpires: UInt32 = Self.usual.most

    @Flag(help: "Answer 421 to phones that do not support outbound.")
    var requireOutbound = false

    @Option(help: ArgumentHelp("Keep bindings in this SQLite file; they survive a crash.", valueName: "file"))
    var db: String?

    private static let usual: (least: UInt32, ordinary: UInt32, most: UInt32) = (60, 3600, 7200)

    /// Whether something was given that only a registrar does.
    var isAsked: Bool {
        users != nil || realm != nil || db != nil || requireOutbound
            || (minExpires, defaultExpires, maxExpires) != Self.usual
    }

    func validate() throws {
        guard minExpires <= defaultExpires, defaultExpires <= maxExpires, maxExpires > 0 else {
            throw ValidationError("--min-expires, --default-expires and --max-expires must not cross.")
        }
    }
}

/// The certificate that the edge shows, and what it demands of phones and of its registrar.
struct EdgeTLSOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("PEM file with the certificate; else one is made for this run.", valueName: "file"))
    var cert: String?

    @Option(help: ArgumentHelp("PEM file with the certificate's key.", valueName: "file"))
    var key: String?

    @Option(help: ArgumentHelp("Demand client certificates that this PEM file vouches for.", valueName: "file"))
    var clientCa: String?

    @Option(
        help: ArgumentHelp(
            "PEM file of the certificates that vouch for the --registrar; else the system's trust store.",
            valueName: "file"))
    var caFile: String?

    @Option(help: ArgumentHelp("Ask the --registrar for this name and check it; else its host.", valueName: "name"))
    var tlsName: String?

    @Flag(help: "Take any certificate of the --registrar; what is wrong with it is still told.")
    var insecure = false

    @Option(help: ArgumentHelp("Append the secrets of TLS sessions, for Wireshark.", valueName: "file"))
    var keylog: String?

    func validate() throws {
        guard !(insecure && caFile != nil) else {
            throw ValidationError("--insecure and --ca-file exclude each other.")
        }
        guard (cert == nil) == (key == nil) else { throw ValidationError("Give --cert and --key together.") }
    }

    /// For `OutputFiles`.
    var written: [OutputFiles.Group] { [("--keylog", [keylog])] }
    var read: [OutputFiles.Group] {
        [
            ("the file of --cert", [cert]), ("the file of --key", [key]), ("the file of --client-ca", [clientCa]),
            ("the file of --ca-file", [caFile]),
        ]
    }
}

/// What is watched, and for how long.
struct EdgeWatchOptions: ParsableArguments {
    @Flag(help: "Judge every phone that registers, and report at the end.")
    var judge = false

    @Flag(help: "Show every message that phones send and get, credentials hidden.")
    var trace = false

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("End after so long: 90, 90s, 5m or 1h (default: at Ctrl-C).", valueName: "time"))
    var span: TimeSpan?

    @Option(
        help: ArgumentHelp("Serve a status page and Prometheus metrics there.", valueName: "address:port"))
    var http: String?

    @Option(
        help: ArgumentHelp("Write all traffic to this pcapng file, TLS in the clear.", valueName: "file"))
    var savePcap: String?

    @Flag(help: "Exit with 1 for a broken SHOULD as well.")
    var strict = false

    func validate() throws {
        if let http, TransportAddress(http) == nil {
            throw ValidationError("--http '\(http)' is no address and port, as in 127.0.0.1:8080.")
        }
    }
}
