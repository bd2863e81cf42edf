import OutboundKit
import Synchronization

/// One flow of the demo's phone: registered, kept alive at the pace that Flow-Timer asks for, and answering messages.
final class DemoFlow: Sendable {
    struct Seen: Sendable {
        var grant: RegistrationGrant?
        /// The REGISTER as it went out.
        var request: [UInt8]?
        var pings = 0
        var pongs = 0
        var messages = 0
        var isGone = false
    }

    let transport: TransportProtocol
    let regID: RegID
    private let driver: FlowDriver<RegistrationSession>
    private let listener: Task<Void, Never>
    private let state = StateBox()

    private final class StateBox: Sendable {
        let seen = Mutex(Seen())
    }

    var local: TransportAddress { driver.flow.local }
    var seen: Seen { state.seen.withLock { $0 } }

    init(
        _ settings: RegistrationSettings, over transport: TransportProtocol, to edge: TransportAddress
    ) async throws(TransportError) {
        self.transport = transport
        regID = settings.regID
        let driver = try await FlowDriver.open(
            RegistrationSession(settings, transport: transport), over: transport, to: edge, from: nil,
            patience: .seconds(2))
        self.driver = driver
        let state = state
        listener = Task {
            for await event in driver.events { state.seen.withLock { Self.note(event, &$0) } }
            state.seen.withLock { $0.isGone = true }
        }
        driver.send(.register)
    }

    private static func note(_ event: RegistrationSession.Event, _ seen: inout Seen) {
        switch event {
        case .registered(let grant, _): seen.grant = grant
        case .keptAlive(let outcome):
            switch outcome.result {
            case .pong, .stun: seen.pongs += 1
            case .failed: break
            }
        case .failed: seen.isGone = true
        case .observed(let event, _):
            guard case .sip(let message) = event.what, message.isRequest else { return }
            if event.direction == .fromServer {
                seen.messages += 1
            } else if seen.request == nil {
                seen.request = message.bytes
            }
        case .entered, .opened, .unregistered, .credentialsWanted, .ignored: break
        }
    }

    /// One keep-alive, now.
    func ping() {
        state.seen.withLock { $0.pings += 1 }
        driver.send(.keepAlive)
    }

    /// Pings until `end`, each time after 80 to 100 % of `seconds` (RFC 5626 §4.4).
    func keepAlive(every seconds: UInt32, until end: Timestamp, clock: SystemClock) async {
        while !seen.isGone {
            let wait = Duration.milliseconds(Int64(Double(seconds) * Double.random(in: 800...1000)))
            let due = clock.now + wait
            guard due < end else { return }
            while clock.now < due {
                let rest = min(due - clock.now, .milliseconds(100))
                guard !OwnProgram.isInterrupted, (try? await Task.sleep(for: rest)) != nil else { return }
            }
            ping()
        }
    }

    func unregister() { driver.send(.unregister) }

    func close() async {
        await driver.close()
        await listener.value
    }
}
