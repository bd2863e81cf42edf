import ArgumentParser
import OutboundKit

struct StunPingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stun-ping",
        abstract: "Probe a SIP UDP port with STUN Binding requests, like ping(8).",
        discussion: """
            Sends the keep-alives that RFC 5626 section 4.4.2 asks of phones, shows the address that the server sees and \
            how long it takes, and reports a changed address as the flow failure that it is. Requests are sent again as \
            RFC 8489 says: after 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s. Host names are located by SRV, A and AAAA records.

            EXAMPLES
              sipob stun-ping edge.example.com
              sipob stun-ping -c 5 192.0.2.1:5060 '[2001:db8::1]:5060'
              sipob stun-ping --sip-check --conformance -c 3 sip:edge.example.com:5070
              sipob stun-ping --keep-alive sip:edge.example.com
              sipob stun-ping --binding-lifetime --max 300 sip:edge.example.com
              sipob stun-ping --flood 127.0.0.1:5060

            EXIT STATUS
              0    answered, and nothing is violated
              1    a violation, or the flow has failed, or the NAT forgets it before a keep-alive is due
              2    no answer, or --binding-lifetime could not tell
              130  interrupted
            """)

    @Argument(
        help: ArgumentHelp(
            "SIP URI, host, host:port or [IPv6]:port; without a port SRV records or 5060.", valueName: "target"))
    var targets: [String]

    @OptionGroup(title: "Probing")
    var probing: StunPingOptions

    @OptionGroup(title: "Instead of pinging")
    var modes: StunPingModes

    @OptionGroup(title: "Location")
    var location: LocationOptions

    @OptionGroup(title: "Output")
    var output: OutputOptions

    /// The most targets of one run.
    static let targetLimit = 256

    func validate() throws {
        guard targets.count <= Self.targetLimit else {
            throw ValidationError("\(targets.count) targets; at most \(Self.targetLimit).")
        }
        _ = try targets.map(parsed)
        try modes.validate(beside: probing)
        if modes.measuresCapacity, targets.count > 1 {
            throw ValidationError("\(targets.count) targets; --flood and --rate take one.")
        }
        if let bind = probing.bind { _ = try LocalEnd(bind) }
        if probing.bind.flatMap({ TransportAddress($0) })?.port ?? 0 != 0, targets.count > 1 {
            throw ValidationError("--bind with a port serves one target only.")
        }
    }

    func run() throws {
        var goals: [StunPingGoal] = []
        do {
            let locator = try location.locator()
            for target in try targets.map(parsed) {
                let found = try servers(of: target, locator)
                guard let remote = found.first?.address else { continue }
                goals.append(StunPingGoal(name: target.name, uri: target.uri, remote: remote))
            }
        } catch let error as TransportError {
            Terminal.complain("\(error); check the name, or give an address.")
            throw ExitStatus.failure
        }
        let local = try probing.bind.map { try LocalEnd($0).address }
        if modes.bindingLifetime {
            let run = BindingLifetimeRun(goals: goals, settings: modes.lifetimeSettings(probing), local: local)
            return try end(try run.perform(output))
        }
        if modes.measuresCapacity, let goal = goals.first {
            guard goal.remote.ip.isLoopback || modes.targetIsMine else {
                throw ValidationError(
                    "\(modes.flood ? "--flood" : "--rate") \(goal.remote): loopback targets only; it can take a server "
                        + "down. If it is yours, say --yes-this-target-is-mine.")
            }
            let run = CapacityRun(
                goal: goal, load: modes.load, window: modes.window ?? 256,
                duration: probing.deadline?.duration ?? .seconds(2), local: local)
            return try end(run.perform(output))
        }
        let settings = try probing.settings(for: goals.map(\.remote))
        let run = StunPingRun(goals: goals, settings: settings, sipCheck: probing.sipCheck, local: local)
        try end(try run.perform(output, strict: probing.strict))
    }

    private func end(_ code: ExitCode) throws {
        if code != .success { throw code }
    }

    private func servers(of target: StunPingTarget, _ locator: Locator) throws(TransportError) -> [Locator.Target] {
        let family = family
        let plain = try Locator.plain(
            target.host, port: target.port, transport: .udp, supported: [.udp], family: family)
        if let plain { return [plain] }
        return try Waiting.value { () async -> Result<[Locator.Target], TransportError> in
            var random = SystemRandomNumberGenerator()
            do throws(TransportError) {
                return .success(
                    try await locator.locate(
                        target.host, port: target.port, transport: .udp, supported: [.udp], family: family,
                        using: &random))
            } catch {
                return .failure(error)
            }
        }
    }

    /// A local address decides the family as well.
    private var family: AddressFamily {
        guard probing.family == .any, let bind = probing.bind, let local = try? LocalEnd(bind).address else {
            return probing.family
        }
        return local.ip.isIPv6 ? .ipv6 : .ipv4
    }

    private func parsed(_ text: String) throws -> StunPingTarget {
        let target = try SIPTarget(text, option: "target", for: .stunPing)
        return StunPingTarget(name: text, uri: target.uri.description, host: target.host, port: target.givenPort)
    }
}

private struct StunPingTarget: Sendable {
    let name: String
    let uri: String
    let host: String
    /// nil where the records decide.
    let port: UInt16?
}
