import ArgumentParser
import OutboundKit

/// What became of one target.
struct PingResult: Sendable {
    var goal: PingGoal
    /// nil when the connection did not come about.
    var flow: Flow?
    var tls: TLSInfo?
    var refusal: TransportError?
    /// Why TLS broke after its handshake.
    var tlsFailure: TLSFailure?
    var seen = StreamProbe.Observations()
    var findings: [Finding] = []
    /// The servers before, each left for the next one: why.
    var left: [String] = []

    /// It never worked: no connection, no handshake.
    var isUnreachable: Bool {
        if refusal != nil { return true }
        return switch seen.ending {
        case .handshake: true
        case .flow: seen.sent == 0
        case .complete, .pongTimeout, .webSocketClosed, .webSocketFault: false
        }
    }

    /// It ended by itself, before all was done.
    var flowHasFailed: Bool {
        switch seen.ending {
        case .complete, .handshake: false
        case .pongTimeout, .flow, .webSocketClosed, .webSocketFault: true
        }
    }
}

/// Runs one engine on one connection to each target, all at once, until they are done or the user interrupts.
struct PingRun<Engine: FlowEngine>: Sendable
where Engine.Command == StreamProbe.Command, Engine.Event == StreamProbe.Event {
    enum Happening: Sendable {
        case opened(Int, Locator.Target, Flow, TLSInfo?)
        /// A server was left for the next one: why.
        case turned(Int, String, Locator.Target)
        case tlsBroke(Int, TLSFailure)
        case event(Int, StreamProbe.Event)
        case refused(Int, Locator.Target, TransportError)
        case done
        case signal
    }

    let goals: [PingGoal]
    let local: TransportAddress?
    let tls: TLSContext?
    /// When all is over, connections that have not come about included; nil: never.
    let until: Timestamp?
    let clock: SystemClock
    let engine: @Sendable (Int, Locator.Target) -> Engine

    /// How long a connection may take to come about.
    static var connectPatience: Duration { .seconds(10) }

    /// - Parameter heed: hears of everything as it happens.
    /// - Returns: the results in the order of the targets, without findings, and whether it was interrupted.
    func perform(_ interrupts: Interrupts, _ heed: (Happening) -> Void) async -> (
        results: [PingResult], isInterrupted: Bool
    ) {
        var results = goals.map { PingResult(goal: $0, refusal: $0.unlocated) }
        let (happenings, continuation) = AsyncStream.makeStream(of: Happening.self)
        let (stops, stopper) = AsyncStream.makeStream(of: Void.self)
        interrupts.tell { continuation.yield(.signal) }
        let connections = Task {
            await withTaskGroup(of: Void.self) { group in
                let halt = Halt<Engine>()
                group.addTask {
                    for await _ in stops { await halt.stop() }
                }
                await withTaskGroup(of: Void.self) { inner in
                    for index in goals.indices {
                        inner.addTask { await run(index, halt, continuation) }
                    }
                }
                stopper.finish()
            }
            continuation.yield(.done)
            continuation.finish()
        }
        var isInterrupted = false
        // Those that the engine has a flow of.
        var connected: Set<Int> = []
        loop: for await happening in happenings {
            heed(happening)
            switch happening {
            case .opened(let index, let server, let flow, let info):
                results[index].goal.server = server
                results[index].flow = flow
                connected.insert(index)
                results[index].tls = info
            case .tlsBroke(let index, let failure): results[index].tlsFailure = failure
            case .turned(let index, let why, let next):
                let left = results[index].left + [why]
                results[index] = PingResult(goal: results[index].goal)
                results[index].left = left
                results[index].goal.server = next
                connected.remove(index)
            case .refused(let index, let server, let error):
                results[index].goal.server = server
                results[index].refusal = error
            case .event(let index, .finished(let seen)):
                results[index].seen = seen
                connected.remove(index)
            case .event: break
            case .done: break loop
            case .signal:
                // The second one means: now.
                if isInterrupted {
                    connections.cancel()
                    break loop
                }
                isInterrupted = true
                stopper.yield()
            }
            // What has not come about by then is not waited for.
            if isInterrupted, connected.isEmpty {
                connections.cancel()
                break
            }
        }
        return (results, isInterrupted)
    }

    /// Tries the target's servers in turn, until one is heard of.
    private func run(_ index: Int, _ halt: Halt<Engine>, _ continuation: AsyncStream<Happening>.Continuation) async {
        let servers = goals[index].servers
        for (place, server) in servers.enumerated() {
            let next = place + 1 < servers.count ? servers[place + 1] : nil
            do throws(TransportError) {
                let driver = try await FlowDriver.open(
                    engine(index, server), id: FlowID(UInt32(index)), over: server.transport, to: server.address,
                    from: local, patience: Self.connectPatience, until: until, tls: tls, name: server.name, clock: clock
                )
                continuation.yield(.opened(index, server, driver.flow, driver.tls))
                await halt.add(driver)
                let isSilent = await follow(driver, index, isLast: next == nil, continuation)
                let failure = driver.tlsFailure
                await driver.close()
                guard isSilent, let next, await mayGoOn(halt) else {
                    if let failure { continuation.yield(.tlsBroke(index, failure)) }
                    return
                }
                let why = failure?.description ?? "it was connected, but nothing came from it"
                continuation.yield(.turned(index, "\(server.address) (\(server.transport)): \(why)", next))
            } catch {
                guard let next, await mayGoOn(halt) else {
                    continuation.yield(.refused(index, server, error))
                    return
                }
                continuation.yield(.turned(index, "\(error)", next))
            }
        }
    }

    /// Whether another server may be tried.
    private func mayGoOn(_ halt: Halt<Engine>) async -> Bool {
        let isOver = until.map { clock.now >= $0 } ?? false
        return await !halt.isStopped && !isOver
    }

    /// Hands on what happens on a connection.
    /// - Parameter isLast: no other server is left to be tried.
    /// - Returns: true when the server ended the connection, or left its handshake open, before anything at all was heard
    ///   of it; its end is then not told, because the next server has its turn (RFC 3263 §4.3).
    private func follow(
        _ driver: FlowDriver<Engine>, _ index: Int, isLast: Bool, _ continuation: AsyncStream<Happening>.Continuation
    ) async -> Bool {
        var lostWithFlow: [StreamProbe.Event] = []
        var hasTimedOut = false
        for await event in driver.events {
            switch event {
            case .lost(let loss) where loss.reason != .timeout && !isLast:
                // Told with the end of the connection, if at all.
                lostWithFlow.append(event)
                continue
            case .lost: hasTimedOut = true
            case .finished(let seen):
                // A server that lets pings time out is the one that was to be tested.
                if !isLast, !hasTimedOut, seen.isSilentEnd { return true }
                for lost in lostWithFlow { continuation.yield(.event(index, lost)) }
            case .opened, .answered, .late, .note, .checked: break
            }
            continuation.yield(.event(index, event))
        }
        return false
    }
}

extension StreamProbe.Observations {
    /// It ended by itself without a single octet from the server.
    fileprivate var isSilentEnd: Bool {
        guard lastSign == nil else { return false }
        return switch ending {
        case .flow, .handshake(.timeout): true
        case .complete, .pongTimeout, .handshake, .webSocketClosed, .webSocketFault: false
        }
    }
}

/// The drivers that are to be told to stop, also those that come later.
private actor Halt<Engine: FlowEngine> where Engine.Command == StreamProbe.Command {
    private var drivers: [FlowDriver<Engine>] = []
    private(set) var isStopped = false

    func add(_ driver: FlowDriver<Engine>) {
        if isStopped { driver.send(.stop) } else { drivers.append(driver) }
    }

    func stop() {
        isStopped = true
        for driver in drivers { driver.send(.stop) }
        drivers = []
    }
}
