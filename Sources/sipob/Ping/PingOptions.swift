import ArgumentParser
import OutboundKit

/// How crlf-ping and ws-ping probe: ping's options, for connections.
struct PingOptions: ParsableArguments {
    @Option(
        name: [.customShort("c", allowingJoined: true), .long],
        help: "Stop after this many pings. Without it: until interrupted.")
    var count: Int?

    @Option(
        name: [.customShort("i", allowingJoined: true), .long],
        help: ArgumentHelp(
            "Time between pings (default: 1). At least 0.2, on loopback 0.01; 0, loopback only and with -c: back to back.",
            valueName: "seconds"))
    var interval: SecondsArgument?

    @Option(
        name: [.customShort("w", allowingJoined: true), .long],
        help: ArgumentHelp("Stop everything after this time.", valueName: "seconds"))
    var deadline: SecondsArgument?

    @Option(
        name: [.customShort("W", allowingJoined: true), .long],
        help: ArgumentHelp(
            "Give a pong up after this time, at most 10. Without it: 10 s, after which the flow has failed.",
            valueName: "seconds"))
    var timeout: SecondsArgument?

    @Flag(name: .long, help: "Ping at random intervals of 95 to 120 s, as a phone keeps its stream flow alive.")
    var keepAlive = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Ping at random intervals of 80 to 100 % of this Flow-Timer, as a phone does that was given it.",
            valueName: "seconds"))
    var flowTimer: UInt64?

    @Flag(name: .customShort("4"), help: "Use IPv4 only.")
    var onlyIPv4 = false

    @Flag(name: .customShort("6"), help: "Use IPv6 only.")
    var onlyIPv6 = false

    @Option(name: .long, help: ArgumentHelp("Connect from this local address.", valueName: "address[:port]"))
    var bind: String?

    @Flag(name: .long, help: "Count a broken SHOULD as a failure.")
    var strict = false

    /// The most targets of one run.
    static let targetLimit = 256

    func validate() throws {
        if let count, count < 1 { throw ValidationError("-c \(count): at least one ping.") }
        for (name, time) in [("-w", deadline), ("-W", timeout)] {
            if let time, time.duration == .zero { throw ValidationError("\(name) 0: more than 0 seconds.") }
        }
        if let timeout, timeout.duration > StreamProbe.pongTimeout {
            throw ValidationError(
                "-W: at most 10 s; a flow without a pong for so long has failed (RFC 5626 section 4.4.1).")
        }
        let paces = [interval != nil, keepAlive, flowTimer != nil].filter { $0 }.count
        guard paces < 2 else {
            throw ValidationError("Only one of -i, --keep-alive and --flow-timer can set the pace.")
        }
        guard !(onlyIPv4 && onlyIPv6) else { throw ValidationError("-4 and -6 exclude each other.") }
        if let flowTimer, flowTimer > 0x7FFF_FFFF {
            throw ValidationError("--flow-timer \(flowTimer): at most 2147483647.")
        }
        if let bind { _ = try LocalEnd(bind) }
    }

    /// What several targets and one local port have against each other.
    func validate(targets: Int) throws {
        guard targets <= Self.targetLimit else {
            throw ValidationError("\(targets) targets; at most \(Self.targetLimit).")
        }
        if bind.flatMap({ TransportAddress($0) })?.port ?? 0 != 0, targets > 1 {
            throw ValidationError("--bind with a port serves one target only.")
        }
    }

    var local: TransportAddress? { bind.flatMap { try? LocalEnd($0).address } }

    /// A local address decides the family as well.
    var family: AddressFamily {
        if onlyIPv4 { return .ipv4 }
        if onlyIPv6 { return .ipv6 }
        return local.map { $0.ip.isIPv6 ? .ipv6 : .ipv4 } ?? .any
    }

    /// - Throws: `ValidationError` for a pace that only loopback is asked to bear.
    func schedule(for remotes: [TransportAddress]) throws -> ProbeSchedule {
        let isLoopback = remotes.allSatisfy(\.ip.isLoopback)
        if let interval = interval?.duration {
            let least: Duration = isLoopback ? .milliseconds(10) : .milliseconds(200)
            if interval == .zero, !isLoopback || count == nil {
                throw ValidationError("-i 0 pings back to back: only loopback targets, and only with -c.")
            }
            guard interval == .zero || interval >= least else {
                throw ValidationError("-i: at least \(isLoopback ? "0.01 s" : "0.2 s; less only on loopback").")
            }
        }
        return ProbeSchedule(
            count: count, pacing: pacing, deadline: deadline?.duration, timeout: timeout?.duration)
    }

    private var pacing: ProbeSchedule.Pacing {
        if let flowTimer { return .keepAlive(KeepAliveInterval(FlowTimer(seconds: flowTimer))) }
        if keepAlive { return .keepAlive(.stream) }
        return .every(interval?.duration ?? .seconds(1))
    }
}
