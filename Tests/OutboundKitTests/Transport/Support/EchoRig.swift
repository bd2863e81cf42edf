import Glibc
import OutboundKit
import Synchronization
import Testing

/// A running `EchoHub` with everything it reports, for tests to wait for.
final class EchoRig: Sendable {
    let driver: HubDriver<EchoHub>
    private let log: Log

    private final class Log: Sendable {
        let events = Mutex<[EchoHub.Event]>([])
        let notices = Mutex<[HubNotice]>([])
    }

    init(
        _ listeners: [HubListener], limits: HubLimits = HubLimits(), clientTLS: TLSContext? = nil, reports: Bool = true
    ) async throws {
        let log = Log()
        var hub = EchoHub()
        hub.reports = reports
        driver = try await HubDriver.start(
            hub, listeners: listeners, limits: limits, clientTLS: clientTLS,
            notices: { notice in log.notices.withLock { $0.append(notice) } },
            events: { event in log.events.withLock { $0.append(event) } })
        self.log = log
    }

    /// Listens with one transport on a loopback address, on a port that is free.
    convenience init(
        _ transport: TransportProtocol, _ host: String = "127.0.0.1", tls: TLSContext? = nil,
        limits: HubLimits = HubLimits()
    ) async throws {
        let address = TransportAddress(ip: try #require(IPAddress(host)), port: 0)
        try await self.init([HubListener(transport, address, tls: tls)], limits: limits)
    }

    var address: TransportAddress { driver.listeners[0].address }
    var events: [EchoHub.Event] { log.events.withLock { $0 } }
    var notices: [HubNotice] { log.notices.withLock { $0 } }

    /// Waits, at most so long, until something that was reported passes.
    func wait<R>(
        _ patience: Duration = .seconds(5), for pick: (EchoHub.Event) -> R?
    ) async throws -> R {
        try await poll(patience) { events.lazy.compactMap(pick).first }
    }

    func waitForNotice<R>(_ pick: (HubNotice) -> R?) async throws -> R {
        try await poll(.seconds(5)) { notices.lazy.compactMap(pick).first }
    }

    /// The first flow that came up.
    func flow() async throws -> (id: FlowID, flow: Flow, origin: FlowOrigin) {
        try await wait { if case .up(let id, let flow, let origin) = $0 { (id, flow, origin) } else { nil } }
    }

    /// Why the first flow that went is gone.
    func loss(_ patience: Duration = .seconds(5)) async throws -> FlowLoss {
        try await wait(patience) { if case .down(_, let loss) = $0 { loss } else { nil } }
    }

    func stop() async { await driver.stop() }
}

/// Looks again and again, at most for so long; the host's network cannot be simulated.
func poll<R>(_ patience: Duration, _ look: () throws -> R?) async throws -> R {
    let end = ContinuousClock.now + patience
    while true {
        if let found = try look() { return found }
        guard ContinuousClock.now < end else { throw Impatience() }
        try await Task.sleep(for: .milliseconds(2))
    }
}

struct Impatience: Error, CustomStringConvertible {
    var description: String { "what was waited for did not happen in time" }
}
