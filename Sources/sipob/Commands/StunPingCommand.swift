import ArgumentParser
import OutboundKit

struct StunPingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stun-ping",
        abstract: "Probe a SIP UDP port with STUN Binding requests, like ping(8).",
        discussion: """
            Sends the keep-alives that RFC 5626 section 4.4.2 asks of phones, shows the
            address that the server sees and how long it takes, and reports a changed
            address as the flow failure that it is. Requests are sent again as RFC 8489
            says: after 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s. Host names are located by
            SRV, A and AAAA records.

            EXAMPLES
              sipob stun-ping edge.example.com
              sipob stun-ping -c 5 192.0.2.1:5060 '[2001:db8::1]:5060'
              sipob stun-ping --sip-check --conformance -c 3 sip:edge.example.com:5070
              sipob stun-ping --keep-alive sip:edge.example.com
              sipob stun-ping --binding-lifetime --max 300 sip:edge.example.com
              sipob stun-ping --flood 127.0.0.1:5060

            EXIT STATUS
              0    answered, and nothing is violated
              1    a violation, the flow has failed, or the NAT forgets it too early
              2    no answer, or --binding-lifetime could not tell
              130  interrupted
            """)

    @Argument(
        help: ArgumentHelp(
            "SIP URI, host, host:port or [IPv6]:port; without a port SRV records or 5060.", valueName: "target"))
    var targets: [String]

    @OptionGroup(title: "Probing")
    var probing: ProbeOptions

    @OptionGroup(title: "STUN")
    var stun: StunPingOptions

    @OptionGroup(title: "Instead of pinging")
    var modes: StunPingModes

    @OptionGroup(title: "Location")
    var location: LocationOptions

    @OptionGroup(title: "Output")
    var output: PingOutputOptions

    func validate() throws {
        _ = try probing.targets(targets, for: .stunPing)
        try modes.validate(beside: probing, stun)
        try OutputFiles(written: output.written, read: []).validate()
        if modes.bindingLifetime || modes.measuresCapacity {
            try output.validateWithoutPings("--binding-lifetime, --flood and --rate")
        }
        if modes.measuresCapacity, targets.count > 1 {
            throw ValidationError("\(counted(targets.count, "target")); --flood and --rate take one.")
        }
    }

    func run() throws {
        var goals: [StunPingGoal] = []
        var unlocated: [UnprobedGoal] = []
        let locator = try location.locator()
        for target in try probing.targets(targets, for: .stunPing) {
            do throws(TransportError) {
                guard let remote = try servers(of: target, locator).first?.address else { continue }
                goals.append(StunPingGoal(name: target.text, uri: target.uri.description, remote: remote))
            } catch {
                // Told at once; the others are probed.
                Terminal.complain("\(error); check the name, or give an address.")
                unlocated.append(UnprobedGoal(name: target.text, error: error))
            }
        }
        if modes.measuresCapacity, let far = goals.first(where: { !$0.remote.ip.isLoopback }), !modes.targetIsMine {
            throw ValidationError(
                "\(modes.flood ? "--flood" : "--rate") \(far.remote): loopback targets only; it can take a server "
                    + "down. If it is yours, say --yes-this-target-is-mine.")
        }
        let schedule = try probing.schedule(for: goals.map(\.remote), usual: .datagram)
        let opened = StunPingGoals(goals, unlocated: unlocated, from: probing.local)
        if modes.bindingLifetime {
            let run = BindingLifetimeRun(targets: opened, settings: modes.lifetimeSettings(stun))
            return try end(try run.perform(output.shared))
        }
        if modes.measuresCapacity {
            let run = CapacityRun(
                targets: opened, load: modes.load, window: modes.window ?? 256,
                duration: probing.deadline?.duration ?? .seconds(2))
            return try end(run.perform(output.shared))
        }
        let run = StunPingRun(targets: opened, settings: stun.settings(schedule), sipCheck: stun.sipCheck)
        try end(try run.perform(output, strict: probing.strict))
    }

    private func end(_ code: ExitCode) throws {
        if code != .success { throw code }
    }

    /// An address needs no looking up, and so no threads beside the one that measures.
    private func servers(of target: SIPTarget, _ locator: Locator) throws(TransportError) -> [Locator.Target] {
        let family = probing.family
        let plain = try Locator.plain(
            target.host, port: target.givenPort, transport: .udp, supported: [.udp], family: family)
        if let plain { return [plain] }
        let local = probing.local
        return try Waiting.value { () async -> Result<[Locator.Target], TransportError> in
            do throws(TransportError) {
                return .success(
                    try await locator.servers(
                        of: target, over: .udp, for: .stunPing, family: family, from: local))
            } catch {
                return .failure(error)
            }
        }
    }
}
