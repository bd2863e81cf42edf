import ArgumentParser
import OutboundKit

/// One target with its servers.
struct PingGoal: Sendable {
    let target: SIPTarget
    /// In the order in which they are tried (RFC 3263 §4.3); none where the name leads nowhere.
    let servers: [Locator.Target]
    /// The server in turn.
    var server: Locator.Target?
    /// Why there is none.
    var unlocated: TransportError?

    /// As the user wrote it.
    var name: String { target.text }
    var remote: TransportAddress? { server?.address }
    /// The address of the server or, where there is none, what the user wrote.
    var end: String { remote?.description ?? name }
    var transport: TransportProtocol { server?.transport ?? unlocated?.transport ?? .tcp }
}

/// What crlf-ping and ws-ping make of their options: where to, how often, and with which TLS.
struct PingPlan {
    let goals: [PingGoal]
    let schedule: ProbeSchedule
    let tls: TLSContext?

    /// Reads the targets and checks the options that belong to connections.
    /// - Throws: `ValidationError`.
    static func targets(_ texts: [String], _ probing: ProbeOptions, for use: TargetUse) throws -> [SIPTarget] {
        if let timeout = probing.timeout, timeout.duration > StreamProbe.pongTimeout {
            throw ValidationError(
                "-W: at most 10 s; a flow without a pong for so long has failed (RFC 5626 section 4.4.1).")
        }
        return try probing.targets(texts, for: use)
    }

    /// Finds the servers. Of a name that leads nowhere a line on standard error tells at once, and the others are pinged.
    init(
        _ texts: [String], _ probing: ProbeOptions, for use: TargetUse, _ location: LocationOptions, _ tls: TLSOptions
    ) async throws {
        let locator = try location.locator()
        var goals: [PingGoal] = []
        for target in try Self.targets(texts, probing, for: use) {
            do throws(TransportError) {
                let servers = try await locator.servers(
                    of: target, for: use, family: probing.family, from: probing.local)
                guard let first = servers.first else { continue }
                goals.append(PingGoal(target: target, servers: servers, server: first))
            } catch {
                Terminal.complain("\(error); check the name, or give an address.")
                goals.append(PingGoal(target: target, servers: [], unlocated: error))
            }
        }
        self.goals = goals
        let servers = goals.flatMap(\.servers)
        var schedule = try probing.schedule(for: servers.map(\.address), usual: .stream)
        schedule.begun = SystemClock().now
        self.schedule = schedule
        let usesTLS = servers.contains { $0.transport == .tls || $0.transport == .wss }
        // A target that was not found may have been the one that the options of TLS are for.
        let isKnown = goals.allSatisfy { $0.unlocated == nil }
        self.tls = usesTLS || isKnown ? try tls.context(for: servers.map(\.transport)) : nil
    }
}
