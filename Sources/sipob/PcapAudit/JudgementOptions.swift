import ArgumentParser
import OutboundKit

/// Where the capture was taken, what is known of the parties, and how far observations may stray.
struct JudgementOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where the capture was taken: ua (before the NAT), edge (behind it) or core (edge to registrar).",
            valueName: "side"))
    var vantage: Vantage = .ua

    @Option(help: ArgumentHelp("Tolerance of keep-alive bounds in seconds.", valueName: "seconds"))
    var keepAliveTolerance: Double = 1

    @Option(help: ArgumentHelp("The same as a share of the bound; the larger one counts.", valueName: "percent"))
    var keepAlivePercent: Int = 2

    @Option(help: ArgumentHelp("Added to keep-alive bounds for captures at the edge.", valueName: "seconds"))
    var edgeAllowance: Double = 2

    @Option(help: ArgumentHelp("Added to the 10 s of a pong.", valueName: "seconds"))
    var pongTolerance: Double = 0.5

    @Option(help: ArgumentHelp("Tolerance of recovery waits in seconds.", valueName: "seconds"))
    var backOffTolerance: Double = 1

    @Option(
        help: ArgumentHelp(
            "Recovery base time of the clients when all flows failed (RFC default 30). Any of these three makes too short a wait a violation.",
            valueName: "seconds"))
    var baseTimeAllFailed: Int?

    @Option(help: ArgumentHelp("Recovery base time while a flow is alive (RFC default 90).", valueName: "seconds"))
    var baseTime: Int?

    @Option(help: ArgumentHelp("Longest recovery wait (RFC default 1800).", valueName: "seconds"))
    var maxTime: Int?

    @Flag(help: "The clients are configured to use STUN with this server, whatever the 2xx says.")
    var stunConfigured = false

    func validate() throws {
        let bounds: [(String, Double)] = [
            ("--keep-alive-tolerance", keepAliveTolerance), ("--edge-allowance", edgeAllowance),
            ("--pong-tolerance", pongTolerance), ("--back-off-tolerance", backOffTolerance),
        ]
        for (name, value) in bounds where !(value >= 0 && value <= 3600) {
            throw ValidationError("\(name) is a number of seconds from 0 to 3600.")
        }
        guard (0...100).contains(keepAlivePercent) else {
            throw ValidationError("--keep-alive-percent is from 0 to 100.")
        }
        for value in [baseTimeAllFailed, baseTime, maxTime].compactMap({ $0 }) where !(1...86_400).contains(value) {
            throw ValidationError("Recovery times are from 1 to 86400 seconds.")
        }
    }

    var settings: AuditSettings {
        var settings = AuditSettings()
        settings.vantage = vantage
        settings.tolerances.keepAlive = Tolerance(
            absolute: nanoseconds(keepAliveTolerance), percent: Int64(keepAlivePercent))
        settings.tolerances.edgeAllowance = nanoseconds(edgeAllowance)
        settings.tolerances.pong = nanoseconds(pongTolerance)
        settings.tolerances.backOff.absolute = nanoseconds(backOffTolerance)
        if let baseTimeAllFailed { settings.lowBase = Int64(baseTimeAllFailed) * 1_000_000_000 }
        if let baseTime { settings.highBase = Int64(baseTime) * 1_000_000_000 }
        if let maxTime { settings.maximumWait = Int64(maxTime) * 1_000_000_000 }
        settings.recoveryTimesAreKnown = baseTimeAllFailed != nil || baseTime != nil || maxTime != nil
        settings.stunIsConfigured = stunConfigured
        return settings
    }

    private func nanoseconds(_ seconds: Double) -> Int64 { Int64(seconds * 1e9) }
}

extension Vantage: ExpressibleByArgument {}
