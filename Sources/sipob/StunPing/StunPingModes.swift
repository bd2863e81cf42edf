import ArgumentParser
import OutboundKit

/// What stun-ping does instead of pinging: measure a NAT's patience or a server's capacity.
struct StunPingModes: ParsableArguments {
    @Flag(
        name: .long,
        help: "Find how long the NAT on the way keeps the mapping of a silent flow: growing silences, then halving.")
    var bindingLifetime = false

    @Option(
        name: .long,
        help: ArgumentHelp("The longest silence of --binding-lifetime (default: 600).", valueName: "seconds"))
    var max: SecondsArgument?

    @Option(
        name: .long,
        help: ArgumentHelp("End --binding-lifetime when its bounds are this close (default: 5).", valueName: "seconds"))
    var resolution: SecondsArgument?

    @Flag(
        name: .long,
        help: "Measure capacity: as many requests in flight as --window, for -w seconds (default: 2). Loopback only.")
    var flood = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Measure at this many requests a second, for -w seconds (default: 2). Loopback only.", valueName: "n"))
    var rate: Int?

    @Option(
        name: .long,
        help: ArgumentHelp("Requests in flight of --flood and --rate (default: 256).", valueName: "n"))
    var window: Int?

    @Flag(
        name: .customLong("yes-this-target-is-mine"),
        help: "Allow --flood and --rate beyond loopback: they can take a server down.")
    var targetIsMine = false

    var measuresCapacity: Bool { flood || rate != nil }

    func validate() throws {
        guard !(bindingLifetime && measuresCapacity), !(flood && rate != nil) else {
            throw ValidationError("--binding-lifetime, --flood and --rate exclude each other.")
        }
        for (name, option) in [("--max", max), ("--resolution", resolution)] {
            if option != nil, !bindingLifetime { throw ValidationError("\(name) belongs to --binding-lifetime.") }
        }
        if let max, max.duration <= BindingLifetimeSearch.settling {
            throw ValidationError("--max: more than 3 s, the time that a flow is given to settle.")
        }
        if let resolution, resolution.duration < .milliseconds(100) {
            throw ValidationError("--resolution: at least 0.1 s.")
        }
        if let rate, !CapacityMeter.rateRange.contains(rate) {
            throw ValidationError("--rate \(rate): 1 to \(CapacityMeter.rateRange.upperBound) requests a second.")
        }
        if let window {
            guard measuresCapacity else { throw ValidationError("--window belongs to --flood and --rate.") }
            guard CapacityMeter.windowRange.contains(window) else {
                throw ValidationError("--window \(window): 1 to \(CapacityMeter.windowRange.upperBound).")
            }
        }
        if targetIsMine, !measuresCapacity {
            throw ValidationError("--yes-this-target-is-mine belongs to --flood and --rate.")
        }
    }

    /// Options of pinging that mean nothing to these modes.
    func validate(beside probing: ProbeOptions, _ options: StunPingOptions) throws {
        guard bindingLifetime || measuresCapacity else { return }
        let mode = bindingLifetime ? "--binding-lifetime" : flood ? "--flood" : "--rate"
        let others: [(String, Bool)] = [
            ("-c", probing.count != nil), ("-i", probing.interval != nil), ("-W", probing.timeout != nil),
            ("-w", probing.deadline != nil && bindingLifetime), ("--keep-alive", probing.keepAlive),
            ("--flow-timer", probing.flowTimer != nil), ("--conformance", options.conformance),
            ("--sip-check", options.sipCheck), ("--cookie-less", options.cookieless),
            ("--fingerprint", options.fingerprint), ("--strict", probing.strict),
            ("--software", options.software != nil && measuresCapacity),
        ]
        if let other = others.first(where: \.1) {
            throw ValidationError("\(other.0) has no meaning with \(mode).")
        }
    }

    func lifetimeSettings(_ options: StunPingOptions) -> BindingLifetimeSearch.Settings {
        var settings = BindingLifetimeSearch.Settings()
        if let max { settings.maximum = max.duration }
        settings.first = Swift.min(settings.first, settings.maximum)
        if let resolution { settings.resolution = resolution.duration }
        settings.timing = options.timing
        settings.software = options.software
        return settings
    }

    var load: CapacityMeter.Load { rate.map { .rate($0) } ?? .flood }
}
