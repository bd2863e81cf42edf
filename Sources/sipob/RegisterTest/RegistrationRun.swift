import OutboundKit

/// Carries out a plan: opens the flow, binds, keeps alive once, removes. Whatever happens on the way, what may be bound
/// is removed, or the record says that it may remain.
struct RegistrationRun {
    private enum Step: Sendable {
        case event(RegistrationSession.Event)
        case flowEnded
        case signal
    }

    let plan: RegisterTestPlan
    let locator: Locator
    /// For servers that are reached over TLS.
    let tls: TLSContext?
    let interrupts: Interrupts
    /// Hears of everything as it happens.
    let narrator: Narrator
    /// For what goes over the flows; nil records nothing.
    let tape: Tape?
    /// Asks for a password.
    let prompt: @Sendable () async -> PasswordSource.Answer
    private(set) var record = RegistrationRecord()
    private var signals = 0
    /// The servers of the target, in the order in which they are tried (RFC 3263 §4.3), and the one in turn.
    private var servers: [Locator.Target] = []
    private var turn = 0
    /// How many flows were opened.
    private var flows: UInt32 = 0

    init(
        _ plan: RegisterTestPlan, locator: Locator, tls: TLSContext?, interrupts: Interrupts, narrator: Narrator,
        tape: Tape? = nil, prompt: @escaping @Sendable () async -> PasswordSource.Answer
    ) {
        self.plan = plan
        self.locator = locator
        self.tls = tls
        self.interrupts = interrupts
        self.narrator = narrator
        self.tape = tape
        self.prompt = prompt
    }

    /// Runs to the end.
    mutating func run() async {
        var remains: RegistrationIdentity?
        do {
            try await locate()
            remains = try await exchange(continuing: nil)
            while failsOver {
                narrator.note("Nothing came from \(name(servers[turn])); trying \(name(servers[turn + 1])).")
                turn += 1
                record = RegistrationRecord()
                remains = try await exchange(continuing: nil)
            }
            // The flow is of no more use, but the binding is known by its key, not by its flow (RFC 5626 §6).
            if let identity = remains, let trouble = flowTrouble {
                let what = record.bound == nil ? "what may be bound" : "the binding"
                narrator.note("The flow \(trouble); removing \(what) over a new one.")
                remains = try await exchange(continuing: identity)
            }
        } catch {
            if record.bound == nil { record.ending = .unreachable(error) }
        }
        // Who is told twice to end does not wait to hear of the removal.
        let isCutShort = signals > 1 && record.removed == nil && !record.entries.isEmpty
        record.mayRemain = (remains != nil || isCutShort) && !record.isKept
    }

    /// One flow from opening to closing.
    /// - Parameter identity: goes on with a registration whose flow was lost, only to remove it.
    /// - Returns: what may still be bound.
    private mutating func exchange(
        continuing identity: RegistrationIdentity?
    ) async throws(TransportError) -> RegistrationIdentity? {
        let driver = try await open(continuing: identity)
        if identity == nil {
            record.flow = driver.flow
            record.tls = driver.tls
        }
        narrator.opened(driver.flow, driver.tls)
        var remains = identity
        let steps = AsyncStream<Step> { continuation in
            let events = Task {
                for await event in driver.events { continuation.yield(.event(event)) }
                continuation.yield(.flowEnded)
                continuation.finish()
            }
            interrupts.tell { continuation.yield(.signal) }
            continuation.onTermination = { _ in events.cancel() }
        }
        driver.send(identity == nil ? .register : .unregister)
        loop: for await step in steps {
            switch step {
            case .flowEnded:
                break loop
            case .signal:
                record.isInterrupted = true
                signals += 1
                // The second one means: now, whatever is left behind.
                if signals > 1 { break loop }
                driver.send(.stop)
            case .event(let event):
                narrator.heard(event)
                if await proceed(event, &remains, driver) { break loop }
            }
        }
        // A WebSocket is closed in order.
        driver.send(.leave)
        await driver.close()
        if let failure = driver.tlsFailure { record.tlsFailure = failure }
        return remains
    }

    /// What follows from an event.
    /// - Returns: true when there is nothing more to do on this flow.
    private mutating func proceed(
        _ event: RegistrationSession.Event, _ remains: inout RegistrationIdentity?,
        _ driver: FlowDriver<RecordedSession>
    ) async -> Bool {
        switch event {
        case .observed(let event, let attempt):
            record.take(event, attempt: attempt)
        case .entered:
            break
        case .opened:
            record.isWebSocketOpen = true
        case .ignored(let reason):
            record.ignored[reason, default: 0] += 1
        case .registered(let grant, let message):
            record.bound = (grant, message)
            guard !record.isInterrupted else { break }
            guard plan.sendsKeepAlive, grant.supportsKeepAlive else {
                record.keepAliveSkipped =
                    plan.sendsKeepAlive
                    ? "the answer gives no sign that keep-alives are supported on this flow"
                    : "switched off with --no-keep-alive"
                narrator.skippedKeepAlive(record.keepAliveSkipped ?? "")
                return finishBinding(driver)
            }
            driver.send(.keepAlive)
        case .keptAlive(let outcome):
            record.keepAlives.append(outcome)
            guard !record.isInterrupted else { break }
            // A flow that has gone says so itself; there is nothing to be removed over it.
            if case .failed(.closed) = outcome.result { break }
            // Phones in browsers cannot send Pings; theirs is the CRLF (RFC 7118 §6).
            if outcome.technique == .webSocketPing, case .pong = outcome.result {
                driver.send(.keepAliveByCRLF)
                break
            }
            return finishBinding(driver)
        case .unregistered(let grant, let message):
            record.removed = (grant, message)
            remains = nil
            return true
        case .credentialsWanted(let message, let identity):
            switch await prompt() {
            case .given(let password): driver.send(.credentials(plan.authenticator(password)))
            case .none:
                record.ending = .noCredentials(message)
                remains = identity
                return true
            case .interrupted:
                record.isInterrupted = true
                remains = identity
                return true
            }
        case .failed(let failure, let identity):
            record.hear(driver.strays)
            let isFirst = if case .complete = record.ending { true } else { false }
            if isFirst { record.ending = .failed(failure) }
            remains = identity
            guard isFirst, identity != nil, isWorthRemoving(failure) else { return true }
            driver.send(.unregister)
        }
        return false
    }

    private mutating func finishBinding(_ driver: FlowDriver<RecordedSession>) -> Bool {
        record.isKept = plan.keepsBinding
        if !plan.keepsBinding { driver.send(.unregister) }
        return plan.keepsBinding
    }

    /// After which failures of the binding request the same flow can still carry its removal.
    private func isWorthRemoving(_ failure: RegistrationSession.Failure) -> Bool {
        switch failure {
        case .refused: record.bound == nil
        // What was heard and left aside shows a server that lives, and may have bound.
        case .timedOut:
            record.bound == nil && !record.isOutOfStep
                && (!record.ignored.isEmpty || record.stranger != nil
                    || record.entries.contains { $0.event.direction == .fromServer })
        case .flowLost, .webSocket, .authentication, .tooManyRequests, .noCrypto, .interrupted: false
        }
    }

    private mutating func locate() async throws(TransportError) {
        servers = try await locator.servers(
            of: plan.target, for: .registration, family: plan.family, from: plan.local)
    }

    /// Why the flow cannot carry the removal, where the server may still be there for another one.
    private var flowTrouble: String? {
        switch record.ending {
        case .failed(.flowLost), .failed(.webSocket): "is gone"
        case .failed(.timedOut) where record.isOutOfStep: "stands in the middle of an answer"
        case .complete, .failed, .unreachable, .noCredentials: nil
        }
    }

    /// Whether the next server is to be tried: only as long as nothing at all was heard, because an answer, whatever it
    /// says, is the answer (RFC 3263 §4.3).
    private var failsOver: Bool {
        let isAnswered = record.entries.contains { entry in
            if case .close = entry.event.what { return false }
            return entry.event.direction == .fromServer
        }
        guard turn + 1 < servers.count, !record.isInterrupted, record.bound == nil, record.ignored.isEmpty, !isAnswered,
            record.stranger == nil
        else { return false }
        switch record.ending {
        case .failed(.timedOut), .failed(.flowLost), .failed(.webSocket(.unanswered)): return true
        case .complete, .failed, .unreachable, .noCredentials: return false
        }
    }

    private func name(_ server: Locator.Target) -> String { "\(server.address) (\(server.transport))" }

    /// Opens a flow to the server in turn or, where that fails, to the next.
    private mutating func open(
        continuing identity: RegistrationIdentity?
    ) async throws(TransportError) -> FlowDriver<RecordedSession> {
        while true {
            let server = servers[turn]
            let session = RegistrationSession(plan.settings(continuing: identity), transport: server.transport)
            do {
                flows += 1
                let id = FlowID(flows)
                let tape = tape
                return try await FlowDriver.open(
                    RecordedSession(session, tape: tape), id: id, over: server.transport, to: server.address,
                    from: plan.local,
                    patience: min(plan.patience, .seconds(10)), tls: server.transport.isSecured ? tls : nil,
                    name: server.name,
                    heardStray: { stray in
                        tape?.write { $0.strayed(stray.bytes, from: stray.source, on: id, at: stray.time) }
                    })
            } catch {
                // The binding of a lost flow is removed where it was made.
                guard identity == nil, turn + 1 < servers.count else { throw error }
                narrator.note("\(error); trying \(name(servers[turn + 1])).")
                turn += 1
            }
        }
    }
}
