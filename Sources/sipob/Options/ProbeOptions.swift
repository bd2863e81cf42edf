import ArgumentParser
import OutboundKit

/// Seconds as people type them: `0.2`, `5`.
struct SecondsArgument: ExpressibleByArgument {
    let duration: Duration

    /// The longest time that an option takes: a year.
    static let longest = 31_536_000.0

    init?(argument: String) {
        guard let value = Double(argument), value >= 0, value <= Self.longest else { return nil }
        duration = .nanoseconds(Int64((value * 1e9).rounded()))
    }
}

/// How every ping command probes: the options of ping(8), and those of the network.
struct ProbeOptions: ParsableArguments {
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
        help: ArgumentHelp(
            "Stop everything after this time (default: when -c pings have ended, else never).", valueName: "seconds"))
    var deadline: SecondsArgument?

    @Option(
        name: [.customShort("W", allowingJoined: true), .long],
        help: ArgumentHelp(
            "Give a ping up after this time. Without it: 10 s for a pong, at most; 39.5 s for STUN, all retransmissions.",
            valueName: "seconds"))
    var timeout: SecondsArgument?

    @Flag(
        name: .long,
        help: "Ping as a phone keeps its flow alive: at random intervals of 24 to 29 s on UDP, 95 to 120 s on streams.")
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

    @Option(name: .long, help: ArgumentHelp("Use this local address.", valueName: "address[:port]"))
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

    /// Reads the targets; also what several of them and one local port have against each other.
    func targets(_ texts: [String], for use: TargetUse) throws -> [SIPTarget] {
        guard texts.count <= Self.targetLimit else {
            throw ValidationError("\(texts.count) targets; at most \(Self.targetLimit).")
        }
        if local?.port ?? 0 != 0, texts.count > 1 {
            throw ValidationError("--bind with a port serves one target only.")
        }
        return try texts.map { try SIPTarget($0, option: "target", for: use) }
    }

    var local: TransportAddress? { bind.flatMap { try? LocalEnd($0).address } }

    /// A local address decides the family as well.
    var family: AddressFamily {
        if onlyIPv4 { return .ipv4 }
        if onlyIPv6 { return .ipv6 }
        return local.map { $0.ip.isIPv6 ? .ipv6 : .ipv4 } ?? .any
    }

    /// - Parameter usual: how phones keep such flows alive when no Flow-Timer was given (RFC 5626 §4.4.1, §4.4.2).
    /// - Throws: `ValidationError` for a pace that only loopback is asked to bear.
    func schedule(for remotes: [TransportAddress], usual: KeepAliveInterval) throws -> ProbeSchedule {
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
            count: count, pacing: pacing(usual), deadline: deadline?.duration, timeout: timeout?.duration)
    }

    private func pacing(_ usual: KeepAliveInterval) -> ProbeSchedule.Pacing {
        if let flowTimer { return .keepAlive(KeepAliveInterval(FlowTimer(seconds: flowTimer))) }
        if keepAlive { return .keepAlive(usual) }
        return .every(interval?.duration ?? .seconds(1))
    }
}
