import Synchronization

@testable import OutboundKit

/// A server that breaks something on purpose.
struct Mutant: Sendable {
    /// Changes what the server is.
    var settings: @Sendable (inout EdgeSettings) -> Void = { _ in }
    /// Changes what the server gets, or swallows it.
    var toServer: @Sendable (String) -> String? = { $0 }
    /// Changes what the server says, or swallows it.
    var toClient: @Sendable (String) -> String? = { $0 }
    /// The same for octets that do not begin as SIP does.
    var rawToServer: @Sendable ([UInt8]) -> [UInt8]? = { $0 }
    var rawToClient: @Sendable ([UInt8]) -> [UInt8]? = { $0 }
}

/// The network of a suite without any: flows lead to an edge in this process, and the clock jumps from deadline to
/// deadline, so that minutes pass in milliseconds.
final class SimulatedNetwork: SuiteNetwork {
    static let edgeAddress = TransportAddress(ip: IPAddress(v4: 0x7F00_0001), port: 5060)

    private struct State {
        var edge: EdgeServer
        var now = Timestamp(seconds: 1_000_000)
        var events: [NetworkEvent] = []
        /// Our flows that are up, and the edge's own handles of them.
        var flows: [FlowID: Flow] = [:]
        var theirs: [FlowID: FlowID] = [:]
        var listeners: Set<TransportAddress> = []
        var lastFlow: UInt32 = 0
        var lastPort: UInt16 = 40_000
        /// Flows that the edge asked for: a phone that is dialled.
        var dialled: [TransportAddress] = []
    }

    private let state: Mutex<State>
    private let mutant: Mutant

    init(_ mutant: Mutant = Mutant(), seed: UInt64 = 1) throws {
        self.mutant = mutant
        var settings = EdgeSettings()
        settings.flowTimer = 20
        settings.registrar.path = .lazy
        mutant.settings(&settings)
        var edge = try EdgeServer(settings, random: SeededGenerator(seed: seed))
        edge.handle(.command(.listening([Self.edgeAddress])), at: Timestamp(seconds: 1_000_000))
        while edge.next() != nil {}
        state = Mutex(State(edge: edge))
    }

    var now: Timestamp { state.withLock { $0.now } }
    var isInterrupted: Bool { false }
    /// Whom the edge tried to reach by a flow of its own.
    var dialled: [TransportAddress] { state.withLock { $0.dialled } }

    func open(
        to target: SuiteTarget, from local: TransportAddress?
    ) async throws(TransportRefusal) -> (id: FlowID, flow: Flow) {
        state.withLock { state in
            state.lastPort += 1
            let port = local.map(\.port).flatMap { $0 == 0 ? nil : $0 } ?? state.lastPort
            let near = TransportAddress(ip: local?.ip ?? IPAddress(v4: 0x7F00_0001), port: port)
            let flow = Flow(transport: target.transport, local: near, remote: target.address)
            let id = Self.newFlow(flow, &state)
            state.edge.handle(.up(id, flow.reversed, .accepted), at: state.now)
            drain(&state)
            return (id, flow)
        }
    }

    func listen(
        _ transport: TransportProtocol, at local: TransportAddress
    ) async throws(TransportRefusal) -> TransportAddress {
        state.withLock { state in
            state.lastPort += 1
            let bound = TransportAddress(ip: local.ip, port: local.port == 0 ? state.lastPort : local.port)
            state.listeners.insert(bound)
            return bound
        }
    }

    func send(_ bytes: [UInt8], on flow: FlowID) async {
        let changed: [UInt8]?
        if Self.isText(bytes) {
            changed = mutant.toServer(String(decoding: bytes, as: UTF8.self)).map { Array($0.utf8) }
        } else {
            changed = mutant.rawToServer(bytes)
        }
        guard let changed else { return }
        state.withLock { state in
            guard state.flows[flow] != nil else { return }
            state.edge.receive(changed.span.bytes, on: flow, at: state.now)
            drain(&state)
        }
    }

    func close(_ flow: FlowID, _ manner: CloseManner) async {
        state.withLock { state in
            guard let ends = state.flows.removeValue(forKey: flow) else { return }
            guard manner != .silent, ends.transport != .udp else { return }
            state.edge.handle(.down(flow, manner == .rst ? .reset : .closedByPeer), at: state.now)
            drain(&state)
        }
    }

    func next(before deadline: Timestamp) async -> NetworkEvent? {
        state.withLock { state in
            var steps = 0
            while true {
                if !state.events.isEmpty { return state.events.removeFirst() }
                guard let due = state.edge.deadline, due <= deadline else {
                    state.now = max(state.now, deadline)
                    return nil
                }
                steps += 1
                precondition(steps < 100_000, "the edge wakes up without end")
                state.now = max(state.now, due)
                state.edge.handle(.timer, at: state.now)
                drain(&state)
            }
        }
    }

    func reset() async {
        let open = state.withLock { Array($0.flows.keys) }
        for flow in open { await close(flow, .fin) }
        state.withLock { state in
            state.listeners = []
            state.events = []
        }
    }

    /// SIP, or the handshake of a WebSocket, by its first letter.
    private static func isText(_ octets: [UInt8]) -> Bool {
        octets.first.map { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "z") } ?? false
    }

    private static func newFlow(_ flow: Flow, _ state: inout State) -> FlowID {
        let id = FlowID(state.lastFlow)
        state.lastFlow += 1
        state.flows[id] = flow
        return id
    }

    private func drain(_ state: inout State) {
        while let output = state.edge.next() {
            switch output {
            case .send(let octets, let id):
                guard state.flows[id] != nil else { continue }
                if Self.isText(octets) {
                    guard let text = mutant.toClient(String(decoding: octets, as: UTF8.self)) else { continue }
                    state.events.append(.octets(id, Array(text.utf8), at: state.now))
                } else if let changed = mutant.rawToClient(octets) {
                    state.events.append(.octets(id, changed, at: state.now))
                }
            case .close(let id, let manner):
                guard let flow = state.flows.removeValue(forKey: id) else { continue }
                guard flow.transport != .udp, manner != .silent else { continue }
                state.events.append(.down(id, manner == .rst ? .reset : .closedByPeer, at: state.now))
            case .open(let ticket, let transport, let remote, let local):
                state.dialled.append(remote)
                let near = local ?? Self.edgeAddress
                guard state.listeners.contains(remote) || transport == .udp else {
                    state.edge.handle(.notOpened(ticket: ticket, .portUnreachable), at: state.now)
                    continue
                }
                let flow = Flow(transport: transport, local: remote, remote: near)
                let id = Self.newFlow(flow, &state)
                state.events.append(.accepted(id, flow, at: state.now))
                state.edge.handle(.up(id, flow.reversed, .opened(ticket: ticket)), at: state.now)
            case .event: break
            }
        }
    }
}
