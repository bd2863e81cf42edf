import ArgumentParser
import OutboundKit

/// Many registrations at once instead of one.
struct LoadOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Hold so many registered flows instead of testing one, each on a socket of its own. '*' in the AOR's user becomes "
                + "the flow's number; without it all flows share the AOR, each with its own instance.",
            valueName: "n"))
    var flows: Int?

    @Option(
        help: ArgumentHelp(
            "Start so many registrations a second; else as many as are answered, 500 outstanding.", valueName: "rate"))
    var ramp: Double?

    @Option(
        help: ArgumentHelp(
            "Hold the flows so long with keep-alives and refreshes, then remove the bindings: 90, 90s, 5m, 2h (default: 0).",
            valueName: "time"))
    var hold: TimeSpan?

    @Flag(help: "While they are held, register each flow again as soon as it is answered: measures the server.")
    var flood = false

    @Option(
        help: ArgumentHelp(
            "Spread the flows over so many local addresses, counted up from --bind or 127.0.0.1. Default: one; on "
                + "127.0.0.0/8 one for each 10000 flows.",
            valueName: "n"))
    var over: Int?

    @Option(
        name: .customLong("base-time"),
        help: ArgumentHelp(
            "The base-time of RFC 5626 section 4.5 for flows that fail (default: 30).", valueName: "seconds"))
    var baseTime: SecondsArgument?

    @Option(
        name: .customLong("max-time"),
        help: ArgumentHelp("The max-time of the same (default: 1800).", valueName: "seconds"))
    var maxTime: SecondsArgument?

    @Flag(
        name: .customLong("yes-this-target-is-mine"),
        help: "Allow more than 100 flows, and --flood, beyond loopback: they can take a server down.")
    var targetIsMine = false

    /// Flows that any server beyond loopback is asked to bear.
    static let harmless = 100
    static let rampRange = 0.001...1_000_000

    func validate() throws {
        let others: [(String, Bool)] = [
            ("--ramp", ramp != nil), ("--hold", hold != nil), ("--flood", flood), ("--over", over != nil),
            ("--base-time", baseTime != nil), ("--max-time", maxTime != nil),
            ("--yes-this-target-is-mine", targetIsMine),
        ]
        guard let flows else {
            if let other = others.first(where: \.1) { throw ValidationError("\(other.0) belongs to --flows.") }
            return
        }
        guard (1...FleetSettings.largestCount).contains(flows) else {
            throw ValidationError("--flows \(flows): 1 to \(FleetSettings.largestCount).")
        }
        if let ramp, !Self.rampRange.contains(ramp) {
            throw ValidationError("--ramp: 0.001 to 1000000 registrations a second.")
        }
        if flood, hold == nil { throw ValidationError("--flood needs --hold, which says for how long.") }
        if let over, over < 1 || over > flows {
            throw ValidationError("--over \(over): at least 1, and no more than there are flows.")
        }
        for (name, time) in [("--base-time", baseTime), ("--max-time", maxTime)] {
            if let time, time.duration < .milliseconds(1) { throw ValidationError("\(name): at least 0.001 s.") }
        }
    }

    /// Options of a single registration that mean nothing to many.
    func validate(beside single: [(String, Bool)]) throws {
        guard flows != nil, let other = single.first(where: \.1) else { return }
        throw ValidationError("\(other.0) has no meaning with --flows.")
    }

    var backoff: RecoveryBackoff {
        let usual = RecoveryBackoff()
        return RecoveryBackoff(
            maxTime: maxTime?.duration ?? usual.maxTime,
            baseTimeAllFailed: baseTime?.duration ?? usual.baseTimeAllFailed,
            baseTimeSomeAlive: usual.baseTimeSomeAlive)
    }
}
