/// What one flow of a trial is there to show.
public enum FlowRole: String, Sendable, CaseIterable {
    /// It is pinged at random 80 to 100 % of Flow-Timer (RFC 5626 §4.4): it must stay up.
    case kept
    /// It is pinged once and then falls silent: a ping must count as much as a REGISTER.
    case pingedOnce = "pinged-once"
    /// Nothing is sent on it after the REGISTER: it must live longer than Flow-Timer.
    case idle
}

/// What was measured on one flow.
public struct FlowLifetime: Sendable {
    public let role: FlowRole
    public let flow: Flow
    public let regID: UInt32
    /// The Flow-Timer of the newest 200 on this flow, which governs it (RFC 5626 §4.4), in seconds; nil without one.
    public internal(set) var announced: UInt64?
    public internal(set) var pings = 0
    /// How long each answer took.
    public internal(set) var answers: [Duration] = []
    /// Pings that got no answer in 10 s, or until the flow was closed.
    public internal(set) var missed = 0
    /// From our last octets to the server's close; nil while the flow is up.
    public internal(set) var lifetime: Duration?
    /// It was closed within half a second of a ping, for it or crossing with it.
    public internal(set) var isPingClosed = false
    /// How the server closed it.
    public internal(set) var loss: FlowLoss?
    /// From our last octets to the end of the trial, of a flow that is kept alive to that of pinging, or to the close.
    public internal(set) var silence = Duration.zero
    /// How long it was up in all, of a flow that is kept alive until pinging ended.
    public internal(set) var age = Duration.zero
    /// For how many seconds its binding was granted; nil when the 200 does not say. It is not refreshed: that would break
    /// the silence.
    public internal(set) var granted: UInt64?
    /// Whether its binding was listed shortly before Flow-Timer had passed; nil when that was not asked.
    public internal(set) var isBound: Bool?

    /// The seconds that it goes by: those announced, at most a day, or without any the longest interval that phones keep by
    /// themselves (RFC 5626 §4.4.1, §4.4.2).
    var timer: Double {
        let fallback = flow.transport == .udp ? 29.0 : 120.0
        return announced.map { max(1, Double(min($0, 86_400))) } ?? fallback
    }

    /// Whether its binding has run out so long after the REGISTER.
    func hasRunOut(after age: Duration) -> Bool {
        granted.map { age >= .seconds(Int64(min($0, 1 << 32))) } ?? false
    }
}

/// Holds flows of one phone in different ways, all at once, and measures what the server does about it.
struct FlowTimerTrial: Sendable {
    struct Member: Sendable {
        let phone: Phone
        var result: FlowLifetime
        let opened: Timestamp
        var lastOctets: Timestamp
        /// When octets were sent before the last ones.
        var octetsBefore: Timestamp
        var nextPing: Timestamp?
        /// When its binding is asked for; nil once it was.
        var nextQuestion: Timestamp?
        /// The ping that is not answered yet, and for STUN its transaction.
        var open: (sent: Timestamp, id: STUNTransactionID?)?
        /// CRLFs and Pongs that were there before the ping.
        var seen = 0
        /// When pinging ended, while the last ones have their ten seconds yet: a close after that is for our silence.
        var pingedUntil: Timestamp?
    }

    var members: [Member] = []
    /// The user ended it: what is known by then stands.
    private(set) var isInterrupted = false

    /// The longest of its flows' timers.
    var timer: Double { members.map(\.result.timer).max() ?? 0 }

    /// Registers a flow for each role and watches them.
    /// - Parameters:
    ///   - periods: for so many Flow-Timers.
    ///   - registered: told when all flows are up, with the first answer.
    static func run(
        _ roles: [FlowRole], periods: Double, on bed: inout TestBed, target: SuiteTarget? = nil,
        registered: (FlowTimerTrial, Reply) -> Void = { _, _ in }
    ) async throws(CaseStop) -> (trial: FlowTimerTrial, reply: Reply) {
        let (first, reply) = try await bed.registeredPhone(regID: 1, to: target)
        var trial = FlowTimerTrial()
        trial.admit(first, reply, roles[0], 1, &bed)
        for (index, role) in roles.enumerated().dropFirst() {
            let regID = UInt32(index + 1)
            let (phone, reply) = try await bed.registeredPhone(regID: regID, to: target)
            trial.admit(phone, reply, role, regID, &bed)
        }
        registered(trial, reply)
        let end = bed.now + .nanoseconds(Int64(trial.timer * periods * 1e9))
        do throws(CaseStop) {
            try await trial.watch(until: end, &bed)
        } catch {
            guard case .interrupted = error else { throw error }
            trial.isInterrupted = true
        }
        for index in trial.members.indices { trial.members[index].finish(bed, isCut: trial.isInterrupted) }
        return (trial, reply)
    }

    private mutating func admit(
        _ phone: Phone, _ reply: Reply, _ role: FlowRole, _ regID: UInt32, _ bed: inout TestBed
    ) {
        let now = bed.now
        var member = Member(
            phone: phone, result: FlowLifetime(role: role, flow: bed.flow(phone), regID: regID), opened: now,
            lastOctets: now, octetsBefore: now)
        let own = reply.contacts(bed.plan.instance, regID).first
        member.result.announced = reply.flowTimer
        member.result.granted = own?.expires.map(UInt64.init) ?? reply.response?.integer(.expires)
        switch role {
        case .kept: member.nextPing = now + pause(member.result.timer, &bed)
        case .pingedOnce: member.nextPing = now + seconds(member.result.timer / 2)
        case .idle: break
        }
        members.append(member)
    }

    private func seconds(_ value: Double) -> Duration { .nanoseconds(Int64(value * 1e9)) }

    /// 80 to 100 % of the timer (RFC 5626 §4.4), less what a ping may be under way.
    private func pause(_ timer: Double, _ bed: inout TestBed) -> Duration {
        let share = Double(bed.random.next() as UInt64 % 1000) / 1000
        return seconds(timer * (0.8 + 0.195 * share))
    }

    private mutating func watch(until end: Timestamp, _ bed: inout TestBed) async throws(CaseStop) {
        // Flows with one timer are asked for at once.
        let start = bed.now
        for index in members.indices {
            members[index].nextQuestion = start + seconds(members[index].result.timer * 0.93)
        }
        while bed.now < end, members.contains(where: { $0.result.lifetime == nil }) {
            var next = min(end, members.compactMap(\.nextPing).min() ?? end)
            next = min(next, members.compactMap { $0.open.map { $0.sent + .seconds(10) } }.min() ?? next)
            next = min(next, members.compactMap(\.nextQuestion).min() ?? next)
            let now = members
            try await bed.wait(until: next) { bed in now.contains { $0.hasNews(bed) } }
            for index in members.indices { members[index].hear(bed) }
            let due = members.indices.filter { members[$0].nextQuestion.map { $0 <= bed.now } ?? false }
            if !due.isEmpty {
                for index in due { members[index].nextQuestion = nil }
                try await askForBindings(of: due, &bed)
            }
            for index in members.indices {
                guard members[index].result.lifetime == nil, let due = members[index].nextPing, due <= bed.now else {
                    continue
                }
                await members[index].ping(&bed)
                members[index].nextPing =
                    members[index].result.role == .kept ? bed.now + pause(members[index].result.timer, &bed) : nil
            }
        }
        for index in members.indices { members[index].pingedUntil = bed.now }
        // The last ping has its ten seconds, or as long as its answer takes.
        try await bed.wait(.seconds(10)) { [members] bed in members.allSatisfy { $0.open == nil || $0.hasNews(bed) } }
    }

    /// A flow of datagrams has no end that shows, but a binding has.
    private mutating func askForBindings(of indices: [Int], _ bed: inout TestBed) async throws(CaseStop) {
        // Over a flow of its own, so that the question keeps none alive.
        let phone = try await bed.phone(regID: 9)
        let list = try await bed.bindings(seenBy: phone)
        guard list.isSuccess else { return }
        let instance = bed.plan.instance
        func isListed(_ member: Member) -> Bool { !list.contacts(instance, member.result.regID).isEmpty }
        // A list without the flow that is kept alive is none: some registrars answer this question with no bindings.
        if let kept = members.first(where: { $0.result.role == .kept }), !isListed(kept) { return }
        for index in indices {
            // One that has run out by itself says nothing of its flow.
            let age = bed.now - members[index].opened + .seconds(1)
            guard !members[index].result.hasRunOut(after: age) else { continue }
            members[index].result.isBound = isListed(members[index])
        }
    }
}

extension FlowTimerTrial.Member {
    /// Whether something came that is not noted yet.
    func hasNews(_ bed: TestBed) -> Bool {
        if result.lifetime == nil, bed.station(phone).loss != nil { return true }
        return open != nil && answer(bed) != nil
    }

    /// When the open ping was answered.
    private func answer(_ bed: TestBed) -> Timestamp? {
        let station = bed.station(phone)
        guard let open else { return nil }
        if let id = open.id {
            return station.stun.first { item in
                (try? unsafe STUNMessage.parse(item.bytes.span.bytes))?.transactionID == id
            }?.time
        }
        return station.pong(from: seen, sent: open.sent).map { station.crlfs[$0] }
    }

    mutating func hear(_ bed: TestBed) {
        if let ping = open {
            if let time = answer(bed) {
                result.answers.append(time - ping.sent)
                open = nil
            } else if bed.now - ping.sent >= .seconds(10) {
                result.missed += 1
                open = nil
            }
        }
        let station = bed.station(phone)
        guard result.lifetime == nil, let loss = station.loss, station.flow.transport != .udp else { return }
        result.loss = loss
        let time = station.lostAt ?? bed.now
        if result.role == .kept, let pingedUntil, time > pingedUntil { return }
        // A ping that crossed with the close came too late to count.
        let isCrossed = open.map { time - $0.sent < .milliseconds(500) } ?? false
        result.isPingClosed = result.pings > 0 && time - lastOctets < .milliseconds(500)
        result.lifetime = time - (isCrossed ? octetsBefore : lastOctets)
        result.silence = result.lifetime ?? .zero
        result.age = time - opened
        if open != nil { result.missed += 1 }
        open = nil
        nextPing = nil
    }

    mutating func ping(_ bed: inout TestBed) async {
        result.pings += 1
        if open != nil { result.missed += 1 }
        seen = bed.station(phone).crlfs.count
        octetsBefore = lastOctets
        lastOctets = bed.now
        if bed.flow(phone).transport == .udp {
            let (id, writer) = bed.stunRequest()
            open = (bed.now, id)
            await bed.send(phone, octets: writer.message)
        } else {
            open = (bed.now, nil)
            await bed.send(phone, text: "\r\n\r\n")
        }
    }

    /// - Parameter isCut: the last ping did not have its ten seconds.
    mutating func finish(_ bed: TestBed, isCut: Bool) {
        hear(bed)
        if open != nil, !isCut { result.missed += 1 }
        if open != nil, isCut { result.pings -= 1 }
        open = nil
        guard result.lifetime == nil else { return }
        // While the last answers are waited for nobody is kept alive any more.
        let end = result.role == .kept ? pingedUntil ?? bed.now : bed.now
        result.silence = end - lastOctets
        result.age = end - opened
    }
}
