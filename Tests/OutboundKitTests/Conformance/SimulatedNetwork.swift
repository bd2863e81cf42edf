import Synchronization

@testable import OutboundKit

/// A server that breaks something on purpose.
struct Mutant: Sendable {
    /// Changes what the edge is: the only server, or the one in front of the registrar.
    var settings: @Sendable (inout EdgeSettings) -> Void = { _ in }
    /// Changes what the server that registers is; the only server has both changes.
    var registrar: @Sendable (inout EdgeSettings) -> Void = { _ in }
    /// Changes what the servers get from phones and callers, or swallows it.
    var toServer: @Sendable (String) -> String? = { $0 }
    /// Changes what the servers say to phones and callers, or swallows it.
    var toClient: @Sendable (String) -> String? = { $0 }
    /// The same for octets that do not begin as SIP does.
    var rawToServer: @Sendable ([UInt8]) -> [UInt8]? = { $0 }
    var rawToClient: @Sendable ([UInt8]) -> [UInt8]? = { $0 }
    /// Changes what the edge and the registrar say to each other, or swallows it.
    var between: @Sendable (String) -> String? = { $0 }
    /// On which of the suite's flows a message of a server really comes, and how often.
    var route: @Sendable (_ text: String, _ flow: FlowID, _ open: [(id: FlowID, flow: Flow)]) -> [FlowID] = {
        _, flow, _ in [flow]
    }
    /// The status with which a request is answered that no server gets to see; nil lets it pass.
    var answers: @Sendable (String) -> UInt16? = { _ in nil }
    /// Sends requests to the address in their Request-URI where somebody listens there, whatever flow there is.
    var followsContacts = false
    /// The methods of those requests; empty for all.
    var followsContactsOf: Set<String> = []
    /// Opens a connection to the old address of a phone that has closed its own, where somebody listens there.
    var dialsPhones = false
    /// Does not notice that a phone closes its connection.
    var overlooksClosing = false
    /// Where responses over UDP come from, if not from where the requests went.
    var answersFrom: TransportAddress?
}

/// The network of a suite without any: flows lead to servers in this process, and the clock jumps from deadline to
/// deadline, so that minutes pass in milliseconds.
final class SimulatedNetwork: SuiteNetwork {
    static let edgeAddress = TransportAddress(ip: IPAddress(v4: 0x7F00_0001), port: 5060)
    static let registrarAddress = TransportAddress(ip: IPAddress(v4: 0x7F00_0001), port: 5070)

    private enum Owner {
        case suite
        case server(Int)
    }

    /// One end of a flow; the other may be gone.
    private struct End {
        let owner: Owner
        /// As its owner sees it.
        let flow: Flow
        var peer: FlowID?
    }

    private struct State {
        var servers: [EdgeServer]
        var now = Timestamp(seconds: 1_000_000)
        var events: [NetworkEvent] = []
        var ends: [FlowID: End] = [:]
        var listeners: Set<TransportAddress> = []
        var lastFlow: UInt32 = 0
        var lastPort: UInt16 = 40_000
        /// Flows that a server asked for and that lead to no other server: a phone that is dialled.
        var dialled: [TransportAddress] = []
        /// The near ends of streams that the suite has closed.
        var closed: [Flow] = []
    }

    private let state: Mutex<State>
    private let mutant: Mutant
    private let addresses: [TransportAddress]

    /// - Parameter isPair: an edge in front of a registrar; else one server is both.
    init(_ mutant: Mutant = Mutant(), isPair: Bool = false, seed: UInt64 = 1) throws {
        self.mutant = mutant
        let start = Timestamp(seconds: 1_000_000)
        let roles: [EdgeSettings.Role] =
            isPair ? [.edge(registrars: [.init(.udp, Self.registrarAddress)]), .registrar] : [.edgeAndRegistrar]
        addresses = isPair ? [Self.edgeAddress, Self.registrarAddress] : [Self.edgeAddress]
        var servers: [EdgeServer] = []
        for (index, role) in roles.enumerated() {
            var settings = EdgeSettings(role: role)
            settings.flowTimer = 20
            settings.registrar.path = .lazy
            if index == 0 { mutant.settings(&settings) }
            if index == roles.count - 1 { mutant.registrar(&settings) }
            var server = try EdgeServer(settings, random: SeededGenerator(seed: seed &+ UInt64(index) &* 1000))
            server.handle(.command(.listening([addresses[index]])), at: start)
            while server.next() != nil {}
            servers.append(server)
        }
        state = Mutex(State(servers: servers))
    }

    var now: Timestamp { state.withLock { $0.now } }
    var isInterrupted: Bool { false }
    /// Whom a server tried to reach by a flow of its own, other servers left out.
    var dialled: [TransportAddress] { state.withLock { $0.dialled } }

    /// What the registrars still hold.
    var bindingCount: Int { state.withLock { $0.servers.reduce(0) { $0 + $1.registrar.bindingCount } } }

    // MARK: What the suite does

    func open(
        to target: SuiteTarget, from local: TransportAddress?
    ) async throws(TransportRefusal) -> (id: FlowID, flow: Flow) {
        guard let server = addresses.firstIndex(of: target.address) else {
            throw TransportRefusal("\(target.address) refuses connections")
        }
        return state.withLock { state in
            let port = local.map(\.port).flatMap { $0 == 0 ? nil : $0 } ?? Self.newPort(&state)
            let near = TransportAddress(ip: local?.ip ?? IPAddress(v4: 0x7F00_0001), port: port)
            let flow = Flow(transport: target.transport, local: near, remote: target.address)
            let id = Self.newEnd(.suite, flow, &state)
            // Datagrams know no end: for the server it is the flow that it knows already.
            if flow.transport == .udp || mutant.overlooksClosing, let old = Self.end(flow.reversed, of: server, state) {
                Self.join(id, old, &state)
                return (id, flow)
            }
            let far = Self.newEnd(.server(server), flow.reversed, &state)
            Self.join(id, far, &state)
            state.servers[server].handle(.up(far, flow.reversed, .accepted), at: state.now)
            drain(&state)
            return (id, flow)
        }
    }

    func listen(
        _ transport: TransportProtocol, at local: TransportAddress
    ) async throws(TransportRefusal) -> TransportAddress {
        state.withLock { state in
            let bound = TransportAddress(ip: local.ip, port: local.port == 0 ? Self.newPort(&state) : local.port)
            state.listeners.insert(bound)
            return bound
        }
    }

    func send(_ bytes: [UInt8], on flow: FlowID) async {
        guard let changed = Self.changed(bytes, mutant.toServer, mutant.rawToServer) else { return }
        state.withLock { state in
            guard let peer = state.ends[flow]?.peer, case .server(let server)? = state.ends[peer]?.owner else { return }
            redial(&state)
            if let answer = answer(to: changed) {
                state.events.append(.octets(flow, answer, at: state.now))
                return
            }
            state.servers[server].receive(changed.span.bytes, on: peer, at: state.now)
            drain(&state)
        }
    }

    func close(_ flow: FlowID, _ manner: CloseManner) async {
        state.withLock { state in
            guard let end = state.ends.removeValue(forKey: flow), let peer = end.peer else { return }
            state.ends[peer]?.peer = nil
            guard manner != .silent, end.flow.transport != .udp else { return }
            state.closed.append(end.flow)
            guard !mutant.overlooksClosing, case .server(let server)? = state.ends[peer]?.owner else { return }
            state.ends[peer] = nil
            state.servers[server].handle(.down(peer, manner == .rst ? .reset : .closedByPeer), at: state.now)
            drain(&state)
        }
    }

    func next(before deadline: Timestamp) async -> NetworkEvent? {
        state.withLock { state in
            var steps = 0
            while true {
                if !state.events.isEmpty { return state.events.removeFirst() }
                let dues = state.servers.compactMap(\.deadline)
                guard let due = dues.min(), due <= deadline else {
                    state.now = max(state.now, deadline)
                    return nil
                }
                steps += 1
                precondition(steps < 100_000, "a server wakes up without end")
                state.now = max(state.now, due)
                for server in state.servers.indices
                where state.servers[server].deadline.map({ $0 <= state.now }) ?? false {
                    state.servers[server].handle(.timer, at: state.now)
                }
                drain(&state)
            }
        }
    }

    func reset() async {
        let open = state.withLock { state in state.ends.filter { Self.isSuites($0.value) }.keys.sorted() }
        for flow in open { await close(flow, .fin) }
        state.withLock { state in
            state.listeners = []
            state.events = []
            state.closed = []
        }
    }

    // MARK: Ends

    private static func isSuites(_ end: End) -> Bool {
        if case .suite = end.owner { return true }
        return false
    }

    private static func newPort(_ state: inout State) -> UInt16 {
        state.lastPort += 1
        return state.lastPort
    }

    private static func newEnd(_ owner: Owner, _ flow: Flow, _ state: inout State) -> FlowID {
        let id = FlowID(state.lastFlow)
        state.lastFlow += 1
        state.ends[id] = End(owner: owner, flow: flow)
        return id
    }

    private static func join(_ first: FlowID, _ second: FlowID, _ state: inout State) {
        state.ends[first]?.peer = second
        state.ends[second]?.peer = first
    }

    private static func end(_ flow: Flow, of server: Int, _ state: State) -> FlowID? {
        state.ends.first { entry in
            guard case .server(server) = entry.value.owner else { return false }
            return entry.value.flow == flow
        }?.key
    }

    /// SIP, or the handshake of a WebSocket, by its first letter.
    private static func isText(_ octets: [UInt8]) -> Bool {
        octets.first.map { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "z") } ?? false
    }

    /// Text goes through `change`, everything else through `raw`.
    private static func changed(
        _ bytes: [UInt8], _ change: (String) -> String?, _ raw: ([UInt8]) -> [UInt8]? = { $0 }
    ) -> [UInt8]? {
        guard isText(bytes) else { return raw(bytes) }
        return change(String(decoding: bytes, as: UTF8.self)).map { Array($0.utf8) }
    }

    // MARK: What servers do

    private func drain(_ state: inout State) {
        var isBusy = true
        while isBusy {
            isBusy = false
            for server in state.servers.indices {
                while let output = state.servers[server].next() {
                    isBusy = true
                    take(output, of: server, &state)
                }
            }
        }
    }

    private func take(_ output: HubOutput<EdgeEvent>, of server: Int, _ state: inout State) {
        switch output {
        case .send(let octets, let id):
            guard let own = state.ends[id] else { return }
            guard let peer = own.peer, let end = state.ends[peer] else {
                // Nobody listens there any more: ICMP says so.
                guard own.flow.transport == .udp, !mutant.overlooksClosing else { return }
                return state.servers[server].handle(.down(id, .portUnreachable), at: state.now)
            }
            switch end.owner {
            case .suite: deliver(octets, to: peer, &state)
            case .server(let other):
                guard let octets = Self.changed(octets, mutant.between) else { return }
                state.servers[other].receive(octets.span.bytes, on: peer, at: state.now)
            }
        case .close(let id, let manner):
            guard let end = state.ends.removeValue(forKey: id), let peer = end.peer else { return }
            state.ends[peer]?.peer = nil
            guard end.flow.transport != .udp, manner != .silent else { return }
            let loss: FlowLoss = manner == .rst ? .reset : .closedByPeer
            if case .server(let other)? = state.ends[peer]?.owner {
                state.ends[peer] = nil
                state.servers[other].handle(.down(peer, loss), at: state.now)
            } else {
                if let near = state.ends[peer]?.flow { state.closed.append(near) }
                state.events.append(.down(peer, loss, at: state.now))
            }
        case .open(let ticket, let transport, let remote, let local):
            dial(ticket, transport, remote, local, from: server, &state)
        case .event: break
        }
    }

    private func deliver(_ octets: [UInt8], to id: FlowID, _ state: inout State) {
        guard let octets = Self.changed(octets, mutant.toClient, mutant.rawToClient) else { return }
        guard Self.isText(octets) else {
            return state.events.append(.octets(id, octets, at: state.now))
        }
        if let source = mutant.answersFrom, state.ends[id]?.flow.transport == .udp,
            octets.starts(with: Array("SIP/".utf8))
        {
            return state.events.append(.stray(id, source, octets, at: state.now))
        }
        if let elsewhere = contact(in: octets, from: id, &state) {
            return state.events.append(.octets(elsewhere, octets, at: state.now))
        }
        let open = state.ends.filter { Self.isSuites($0.value) }.map { ($0.key, $0.value.flow) }.sorted { $0.0 < $1.0 }
        for place in mutant.route(String(decoding: octets, as: UTF8.self), id, open) {
            state.events.append(.octets(place, octets, at: state.now))
        }
    }

    private func dial(
        _ ticket: UInt32, _ transport: TransportProtocol, _ remote: TransportAddress, _ local: TransportAddress?,
        from server: Int, _ state: inout State
    ) {
        let near =
            local
            ?? (transport == .udp
                ? addresses[server] : TransportAddress(ip: addresses[server].ip, port: Self.newPort(&state)))
        let flow = Flow(transport: transport, local: near, remote: remote)
        if let other = addresses.firstIndex(of: remote) {
            let far = Self.newEnd(.server(other), flow.reversed, &state)
            let id = Self.newEnd(.server(server), flow, &state)
            Self.join(id, far, &state)
            state.servers[other].handle(.up(far, flow.reversed, .accepted), at: state.now)
            state.servers[server].handle(.up(id, flow, .opened(ticket: ticket)), at: state.now)
            return
        }
        state.dialled.append(remote)
        guard state.listeners.contains(remote) || transport == .udp else {
            state.servers[server].handle(.notOpened(ticket: ticket, .reset), at: state.now)
            return
        }
        let id = Self.newEnd(.server(server), flow, &state)
        // A datagram comes to whoever has that address: the suite's own flow, a listener, or nobody.
        let own = state.ends.first { Self.isSuites($0.value) && $0.value.flow == flow.reversed }?.key
        if let own {
            Self.join(id, own, &state)
        } else if state.listeners.contains(remote) {
            let far = Self.newEnd(.suite, flow.reversed, &state)
            Self.join(id, far, &state)
            state.events.append(.accepted(far, flow.reversed, at: state.now))
        }
        state.servers[server].handle(.up(id, flow, .opened(ticket: ticket)), at: state.now)
    }

    /// The answer of a server that looks no further.
    private func answer(to octets: [UInt8]) -> [UInt8]? {
        guard let status = mutant.answers(String(decoding: octets, as: UTF8.self)) else { return nil }
        var request = SIPMessage()
        guard (try? MessageParser.parse(octets.span.bytes, into: &request)) != nil else { return nil }
        return MessageWriter(status: status, reason: "By Mutation", to: request, toTag: "mutant").finish()
    }

    /// A flow to the address in the Request-URI, where the mutant goes by that and somebody listens.
    private func contact(in octets: [UInt8], from id: FlowID, _ state: inout State) -> FlowID? {
        guard mutant.followsContacts, let flow = state.ends[id]?.flow else { return nil }
        var request = SIPMessage()
        guard (try? MessageParser.parse(octets.span.bytes, into: &request)) != nil, request.isRequest,
            let uri = try? SIPURI.parse(request.text(request.requestURI)), let ip = uri.address,
            mutant.followsContactsOf.isEmpty || mutant.followsContactsOf.contains(request.method.text.description)
        else { return nil }
        let place = TransportAddress(ip: ip, port: uri.port ?? 5060)
        guard state.listeners.contains(place) else { return nil }
        let near = TransportAddress(ip: flow.remote.ip, port: Self.newPort(&state))
        let dialled = Flow(transport: flow.transport, local: place, remote: near)
        let far = Self.newEnd(.suite, dialled, &state)
        state.events.append(.accepted(far, dialled, at: state.now))
        return far
    }

    /// What a server that dials phones does: it opens a connection to where a phone was.
    private func redial(_ state: inout State) {
        guard mutant.dialsPhones else { return }
        for gone in state.closed where state.listeners.contains(gone.local) {
            let near = TransportAddress(ip: gone.remote.ip, port: Self.newPort(&state))
            let flow = Flow(transport: gone.transport, local: gone.local, remote: near)
            let far = Self.newEnd(.suite, flow, &state)
            state.events.append(.accepted(far, flow, at: state.now))
        }
        state.closed.removeAll { state.listeners.contains($0.local) }
    }
}
