import ArgumentParser
import OutboundKit

/// One target with its address.
struct PingGoal: Sendable {
    /// As the user wrote it.
    let name: String
    /// What its name stands for, the preferred one first.
    let addresses: [TransportAddress]
    /// The one that is connected to or, before that, is tried first.
    var remote: TransportAddress
    let transport: TransportProtocol
    /// For TLS to ask for and to check.
    let host: String
}

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
        case opened(Int, Flow, TLSInfo?)
        case tlsBroke(Int, TLSFailure)
        case event(Int, StreamProbe.Event)
        case refused(Int, TransportError)
        case done
        case signal
    }

    let goals: [PingGoal]
    let local: TransportAddress?
    let tls: TLSContext?
    let engine: @Sendable (Int) -> Engine

    /// How long a connection may take to come about.
    static var connectPatience: Duration { .seconds(10) }

    /// - Parameter heed: hears of everything as it happens.
    /// - Returns: the results in the order of the targets, without findings, and whether it was interrupted.
    func perform(_ interrupts: Interrupts, _ heed: (Happening) -> Void) async -> (
        results: [PingResult], isInterrupted: Bool
    ) {
        var results = goals.map { PingResult(goal: $0) }
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
        loop: for await happening in happenings {
            heed(happening)
            switch happening {
            case .opened(let index, let flow, let info):
                results[index].goal.remote = flow.remote
                results[index].flow = flow
                results[index].tls = info
            case .tlsBroke(let index, let failure): results[index].tlsFailure = failure
            case .refused(let index, let error): results[index].refusal = error
            case .event(let index, .finished(let seen)): results[index].seen = seen
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
        }
        return (results, isInterrupted)
    }

    private func run(_ index: Int, _ halt: Halt<Engine>, _ continuation: AsyncStream<Happening>.Continuation) async {
        do throws(TransportError) {
            let driver = try await open(goals[index], index)
            continuation.yield(.opened(index, driver.flow, driver.tls))
            await halt.add(driver)
            for await event in driver.events { continuation.yield(.event(index, event)) }
            if let failure = driver.tlsFailure { continuation.yield(.tlsBroke(index, failure)) }
            await driver.close()
        } catch {
            continuation.yield(.refused(index, error))
        }
    }

    /// Tries the target's addresses in turn; what the last one refused is told.
    private func open(_ goal: PingGoal, _ index: Int) async throws(TransportError) -> FlowDriver<Engine> {
        var refusal = TransportError(.resolve(goal.host), goal.transport, nil, errno: 0, detail: "it has no address")
        for address in goal.addresses {
            do {
                return try await FlowDriver.open(
                    engine(index), id: FlowID(UInt32(index)), over: goal.transport, to: address, from: local,
                    patience: Self.connectPatience, tls: tls, name: goal.host)
            } catch {
                refusal = error
            }
        }
        throw refusal
    }
}

/// The drivers that are to be told to stop, also those that come later.
private actor Halt<Engine: FlowEngine> where Engine.Command == StreamProbe.Command {
    private var drivers: [FlowDriver<Engine>] = []
    private var isStopped = false

    func add(_ driver: FlowDriver<Engine>) {
        if isStopped { driver.send(.stop) } else { drivers.append(driver) }
    }

    func stop() {
        isStopped = true
        for driver in drivers { driver.send(.stop) }
        drivers = []
    }
}
