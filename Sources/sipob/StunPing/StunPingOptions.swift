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

/// How stun-ping probes: ping's options, then STUN's.
struct StunPingOptions: ParsableArguments {
    @Option(
        name: [.customShort("c", allowingJoined: true), .long],
        help: "Stop after this many probes. Without it: until interrupted.")
    var count: Int?

    @Option(
        name: [.customShort("i", allowingJoined: true), .long],
        help: ArgumentHelp(
            "Time between probes (default: 1). At least 0.2, on loopback 0.01; 0, loopback only and with -c: back to back.",
            valueName: "seconds"))
    var interval: SecondsArgument?

    @Option(
        name: [.customShort("w", allowingJoined: true), .long],
        help: ArgumentHelp("Stop everything after this time.", valueName: "seconds"))
    var deadline: SecondsArgument?

    @Option(
        name: [.customShort("W", allowingJoined: true), .long],
        help: ArgumentHelp(
            "Give a probe up after this time. Without it: after all retransmissions, 39.5 s.", valueName: "seconds"))
    var timeout: SecondsArgument?

    @Flag(name: .long, help: "Probe at random intervals of 24 to 29 s, as a phone keeps its UDP flow alive.")
    var keepAlive = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Probe at random intervals of 80 to 100 % of this Flow-Timer, as a phone does that was given it.",
            valueName: "seconds"))
    var flowTimer: UInt64?

    @Flag(name: .customShort("4"), help: "Use IPv4 only.")
    var onlyIPv4 = false

    @Flag(name: .customShort("6"), help: "Use IPv6 only.")
    var onlyIPv6 = false

    @Option(name: .long, help: ArgumentHelp("Send from this local address.", valueName: "address[:port]"))
    var bind: String?

    @Option(name: .long, help: ArgumentHelp("Time before the first retransmission.", valueName: "ms"))
    var rto = 500

    @Option(name: .long, help: ArgumentHelp("Requests of one probe in all.", valueName: "n"))
    var rc = 7

    @Option(name: .long, help: ArgumentHelp("Wait this many times the RTO after the last request.", valueName: "n"))
    var rm = 16

    @Option(
        name: .long,
        help: ArgumentHelp("Add SOFTWARE to the requests, which else have no attribute.", valueName: "text"))
    var software: String?

    @Flag(name: .long, help: "Add FINGERPRINT to the requests.")
    var fingerprint = false

    @Flag(name: .customLong("cookie-less"), help: "Probe as RFC 3489 clients do, without the magic cookie.")
    var cookieless = false

    @Flag(
        name: .long, help: "Also test how the server treats unknown attributes and FINGERPRINT (three more requests).")
    var conformance = false

    @Flag(
        name: .long,
        help:
            "Also send SIP OPTIONS from the same socket: are STUN and SIP served on one port, and do both see one address?"
    )
    var sipCheck = false

    @Flag(name: .long, help: "Count a broken SHOULD as a failure.")
    var strict = false

    func validate() throws {
        if let count, count < 1 { throw ValidationError("-c \(count): at least one probe.") }
        for (name, time) in [("-w", deadline), ("-W", timeout)] {
            if let time, time.duration == .zero { throw ValidationError("\(name) 0: more than 0 seconds.") }
        }
        let paces = [interval != nil, keepAlive, flowTimer != nil].filter { $0 }.count
        guard paces < 2 else {
            throw ValidationError("Only one of -i, --keep-alive and --flow-timer can set the pace.")
        }
        guard !(onlyIPv4 && onlyIPv6) else { throw ValidationError("-4 and -6 exclude each other.") }
        guard STUNTiming.rtoRange.contains(.milliseconds(rto)) else {
            throw ValidationError("--rto \(rto): 1 to 3600000 ms.")
        }
        guard STUNTiming.rcRange.contains(rc) else { throw ValidationError("--rc \(rc): 1 to 16.") }
        guard STUNTiming.rmRange.contains(rm) else { throw ValidationError("--rm \(rm): 1 to 1024.") }
        if let software, software.utf8.count > 508 || software.isEmpty {
            throw ValidationError("--software: 1 to 508 octets.")
        }
        if let flowTimer, flowTimer > 0x7FFF_FFFF {
            throw ValidationError("--flow-timer \(flowTimer): at most 2147483647.")
        }
    }

    var family: AddressFamily { onlyIPv4 ? .ipv4 : onlyIPv6 ? .ipv6 : .any }

    var timing: STUNTiming { STUNTiming(rto: .milliseconds(rto), rc: rc, rm: rm) }

    private var pacing: ProbeSchedule.Pacing {
        if let flowTimer { return .keepAlive(KeepAliveInterval(FlowTimer(seconds: flowTimer))) }
        if keepAlive { return .keepAlive(.datagram) }
        return .every(interval?.duration ?? .seconds(1))
    }

    /// - Throws: `ValidationError` for a pace that only loopback is asked to bear.
    func settings(for remotes: [TransportAddress]) throws -> STUNProber.Settings {
        let isLoopback = remotes.allSatisfy(\.ip.isLoopback)
        if let interval = interval?.duration {
            let least: Duration = isLoopback ? .milliseconds(10) : .milliseconds(200)
            if interval == .zero, !isLoopback || count == nil {
                throw ValidationError("-i 0 probes back to back: only loopback targets, and only with -c.")
            }
            guard interval == .zero || interval >= least else {
                throw ValidationError("-i: at least \(isLoopback ? "0.01 s" : "0.2 s; less only on loopback").")
            }
        }
        var settings = STUNProber.Settings()
        settings.schedule = ProbeSchedule(
            count: count, pacing: pacing, deadline: deadline?.duration, timeout: timeout?.duration)
        settings.timing = timing
        settings.software = software
        settings.fingerprint = fingerprint
        settings.cookieless = cookieless
        settings.conformance = conformance
        return settings
    }
}
