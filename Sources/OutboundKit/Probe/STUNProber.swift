/// Pings one SIP port with STUN Binding requests (RFC 5626 §4.4.2, §8; RFC 8489): octets and time in, octets and events
/// out. It holds the probes that are under way, the schedule, and what was seen; sockets and clocks are the caller's.
///
/// This layer runs protocols against a live peer for measurement. Its engines decide nothing about right and wrong:
/// `STUNProbeJudge` reads the observations when they are done.
public struct STUNProber: DatagramProbe {
    /// The most probes that may be open at once; further ones wait.
    public static let openLimit = 1024
    /// How many closed transactions are remembered, to know late answers by.
    private static let closedLimit = 64

    private struct Probe {
        let sequence: Int
        let kind: Kind
        var transaction: STUNTransaction
        let givenUpAt: Timestamp?
        var sends = 0
        var started: Timestamp
    }

    private enum State {
        /// → running, on start.
        case idle
        /// → draining, when the last probe went out; → ended, on the deadline, a stop, or a refusal before any answer.
        case running(nextProbeAt: Timestamp)
        /// → ended, when nothing is open any more.
        case draining
        case ended
    }

    public private(set) var observations = Observations()
    private let settings: Settings
    private let flow: FlowID
    private var generator: any RandomNumberGenerator & Sendable
    private var state = State.idle
    private var endAt: Timestamp?
    private var open: [Probe] = []
    private var closed: [(id: STUNTransactionID, sequence: Int, wasAnswered: Bool)] = []
    private var closedCount = 0
    private var conformanceWaits: Bool
    private var options: OptionsCheck?
    private var lastSent: STUNTransactionID?
    private var outputs = OutputQueue<(output: Output, id: STUNTransactionID?)>()

    /// - Parameter local: the socket's own address.
    public init(
        _ settings: Settings, flow: FlowID, local: TransportAddress,
        using generator: any RandomNumberGenerator & Sendable
    ) {
        self.settings = settings
        self.flow = flow
        self.generator = generator
        conformanceWaits = settings.conformance
        if let uri = settings.sipCheckURI {
            let identity = OptionsCheck.Identity(using: &self.generator)
            options = OptionsCheck(
                uri: uri, local: local, identity: identity, flow: flow,
                patience: settings.schedule.timeout ?? OptionsCheck.timerF)
        }
    }

    public var isFinished: Bool {
        if case .ended = state { return outputs.isEmpty }
        return false
    }

    /// Whether an answer is due, rather than the next probe.
    public var isAwaitingAnswer: Bool { !open.isEmpty }

    public var deadline: Timestamp? {
        var earliest: Timestamp?
        func consider(_ time: Timestamp?) {
            guard let time else { return }
            earliest = earliest.map { min($0, time) } ?? time
        }
        switch state {
        case .idle, .ended: return nil
        case .running(let nextProbeAt) where mayProbe: consider(nextProbeAt)
        case .running, .draining: break
        }
        consider(endAt)
        for probe in open {
            consider(probe.transaction.deadline)
            consider(probe.givenUpAt)
        }
        consider(options?.deadline)
        return earliest
    }

    public mutating func next() -> Output? {
        guard let (output, id) = outputs.next() else { return nil }
        lastSent = id
        return output
    }

    /// Takes a datagram from the address that the probes go to.
    public mutating func receive(_ bytes: RawSpan, on flow: FlowID, at now: Timestamp) {
        let message: STUNMessage
        do {
            message = try STUNMessage.parse(bytes)
        } catch {
            return receiveOther(bytes, error, at: now)
        }
        // Another method than that of the request answers nothing (RFC 8489 §6.3).
        guard message.type.method == 1,
            let index = open.firstIndex(where: { $0.transaction.id == message.transactionID })
        else {
            return receiveUnexpected(message, at: now)
        }
        open[index].transaction.receive(message, at: now)
        drain(index, at: now)
        advance(at: now)
    }

    /// Takes a datagram from another address: an answer among those breaks RFC 8489 §6.3.1.2.
    public mutating func receive(_ bytes: RawSpan, from stranger: TransportAddress, at now: Timestamp) {
        guard let message = try? STUNMessage.parse(bytes),
            let probe = open.first(where: { $0.transaction.id == message.transactionID })
        else {
            observations.otherDatagrams += 1
            return
        }
        observations.answersFromElsewhere += 1
        if observations.firstElsewhere == nil { observations.firstElsewhere = (stranger, now) }
        emit(.answerFromElsewhere(sequence: probe.sequence, stranger))
    }

    public mutating func handle(_ input: Input, at now: Timestamp) {
        switch input {
        case .start:
            guard case .idle = state else { return }
            observations.started = now
            endAt = settings.schedule.end(from: now)
            state = .running(nextProbeAt: now)
            advance(at: now)
            options?.handle(.start, at: now)
            drainOptions(at: now)
        case .timer:
            timerFired(at: now)
        case .sent:
            guard let id = lastSent, let index = open.firstIndex(where: { $0.transaction.id == id }) else { return }
            if open[index].sends == 1 { open[index].started = now }
            open[index].transaction.handle(.sent, at: now)
        case .networkError(let error):
            refused(error, at: now)
        case .stop:
            end(at: now)
        }
    }
}

extension STUNProber {
    private var mayProbe: Bool {
        guard open.count < Self.openLimit else { return false }
        return !settings.schedule.isBackToBack || open.isEmpty
    }

    private mutating func emit(_ event: Event) { outputs.append((.event(event), nil)) }

    private mutating func timerFired(at now: Timestamp) {
        if let endAt, now >= endAt { return end(at: now) }
        var index = 0
        while index < open.count {
            let id = open[index].transaction.id
            open[index].transaction.handle(.timer, at: now)
            drain(index, at: now)
            guard index < open.count, open[index].transaction.id == id else { continue }
            if let givenUpAt = open[index].givenUpAt, now >= givenUpAt {
                let probe = open[index]
                close(index, wasAnswered: false)
                lose(probe, .timeout, at: now)
            } else {
                index += 1
            }
        }
        options?.handle(.timer, at: now)
        drainOptions(at: now)
        advance(at: now)
    }

    /// Sends what is due, and ends when all is done.
    private mutating func advance(at now: Timestamp) {
        if case .running(let nextProbeAt) = state, now >= nextProbeAt, mayProbe {
            observations.sent += 1
            launch(.ping, sequence: observations.sent, at: now)
            let isLast = settings.schedule.count.map { observations.sent >= $0 } ?? false
            // Counted from the time it was due, so that a late wake-up does not shift all later probes; but no catching up.
            let next = max(nextProbeAt + settings.schedule.interval(using: &generator), now)
            state = isLast ? .draining : .running(nextProbeAt: next)
        }
        if conformanceWaits, observations.answered > 0 {
            conformanceWaits = false
            for kind in [Kind.unknownRequired, .unknownOptional, .fingerprint] { launch(kind, sequence: 0, at: now) }
        }
        if case .draining = state, open.isEmpty, options?.isFinished ?? true { end(at: now) }
    }

    private mutating func launch(_ kind: Kind, sequence: Int, at now: Timestamp) {
        let id = STUNTransactionID.random(using: &generator)
        var writer = STUNMessageWriter(.bindingRequest, id, cookie: cookie(for: kind))
        if let software = settings.software { writer.append(software: software) }
        switch kind {
        case .unknownRequired: writer.append(STUNAttributeType(rawValue: 0x7FFF), [0, 0, 0, 0])
        case .unknownOptional: writer.append(STUNAttributeType(rawValue: 0xC0DE), [0, 0, 0, 0])
        case .ping, .fingerprint: break
        }
        let isProtected = kind == .fingerprint || kind == .ping && settings.fingerprint
        let request = isProtected ? writer.messageWithFingerprint() : writer.message
        var transaction = STUNTransaction(id: id, request: request, flow: flow, timing: settings.timing)
        transaction.handle(.start, at: now)
        open.append(
            Probe(
                sequence: sequence, kind: kind, transaction: transaction,
                givenUpAt: settings.schedule.timeout.map { now + $0 }, started: now))
        drain(open.count - 1, at: now)
    }

    private mutating func cookie(for kind: Kind) -> UInt32 {
        guard settings.cookieless, kind == .ping else { return STUNMessage.cookie }
        // In RFC 3489 these octets are the first of a random transaction ID.
        let random = UInt32(truncatingIfNeeded: generator.next())
        return random == STUNMessage.cookie ? 0 : random
    }

    /// Hands on what the transaction at `index` has to say.
    private mutating func drain(_ index: Int, at now: Timestamp) {
        while let output = open[index].transaction.next() {
            switch output {
            case .send(let octets, let flow):
                open[index].sends += 1
                outputs.append((.send(octets, flow), open[index].transaction.id))
                if open[index].sends > 1 {
                    observations.retransmissions += 1
                    emit(.retransmitted(sequence: open[index].sequence, sends: open[index].sends))
                }
            case .event(.response(let message, let timing)):
                let probe = open[index]
                close(index, wasAnswered: true)
                conclude(probe, message, timing)
                return
            case .event(.failed(.stunTimeout, _)):
                let probe = open[index]
                close(index, wasAnswered: false)
                lose(probe, .silence, at: now)
                return
            case .event(.failed):
                return
            case .event(.ignored(let why)):
                observations.foreignAnswers += 1
                emit(.ignored(why))
            }
        }
    }

    private mutating func close(_ index: Int, wasAnswered: Bool) {
        let probe = open.remove(at: index)
        let entry = (id: probe.transaction.id, sequence: probe.sequence, wasAnswered: wasAnswered)
        if closed.count < Self.closedLimit {
            closed.append(entry)
        } else {
            closed[closedCount % Self.closedLimit] = entry
        }
        closedCount += 1
    }

    private mutating func lose(_ probe: Probe, _ reason: LossReason, at now: Timestamp) {
        let loss = Loss(
            sequence: probe.sequence, kind: probe.kind, reason: reason,
            timing: STUNTransaction.Timing(started: probe.started, ended: now, sends: probe.sends))
        if probe.kind == .ping {
            observations.lost += 1
            if reason == .silence, observations.firstSilence == nil { observations.firstSilence = loss }
        } else {
            observations.conformanceLosses.append(loss)
        }
        emit(.lost(loss))
    }

    private mutating func conclude(_ probe: Probe, _ message: STUNMessage, _ timing: STUNTransaction.Timing) {
        let answer = Answer(
            sequence: probe.sequence, kind: probe.kind, timing: timing, message: message,
            mappedAddress: message.mappedAddress)
        let change = observations.take(answer)
        emit(.answered(answer))
        if let change {
            emit(
                .mappedAddressChanged(
                    from: change.from, to: change.to, sequence: probe.sequence, after: change.after))
        }
    }

    private mutating func receiveUnexpected(_ message: STUNMessage, at now: Timestamp) {
        if let entry = closed.first(where: { $0.id == message.transactionID }) {
            observations.lateAnswers += 1
            emit(.late(sequence: entry.sequence, isDuplicate: entry.wasAnswered))
            return
        }
        observations.foreignAnswers += 1
        if observations.firstForeign == nil { observations.firstForeign = now }
        emit(.ignored(.otherTransaction))
    }

    /// What is no STUN message: SIP is set aside for the OPTIONS check; the rest is counted.
    private mutating func receiveOther(_ bytes: RawSpan, _ error: ParseError, at now: Timestamp) {
        if MessageParser.looksLikeSIP(bytes) {
            if options == nil {
                let end = bytes.firstOffset(of: ASCII.cr, in: 0..<bytes.byteCount) ?? bytes.byteCount
                takeForeignSIP(bytes.string(0..<min(end, 200)), at: now)
            } else {
                let flow = flow
                options?.receive(bytes, on: flow, at: now)
                drainOptions(at: now)
                advance(at: now)
            }
            return
        }
        guard bytes.byteCount >= STUNMessage.headerLength, bytes.octet(0) & 0xC0 == 0 else {
            return ignore(error)
        }
        let id = STUNTransactionID(high: bytes.big32(8), low: bytes.big64(12))
        guard let index = open.firstIndex(where: { $0.transaction.id == id }) else { return ignore(error) }
        observations.malformed += 1
        if observations.firstMalformed == nil { observations.firstMalformed = (error, now) }
        let probe = open[index]
        emit(.malformedAnswer(sequence: probe.sequence, error))
        guard probe.kind != .ping else { return }
        close(index, wasAnswered: true)
        lose(probe, .malformed(error), at: now)
        advance(at: now)
    }

    private mutating func ignore(_ error: ParseError) {
        observations.otherDatagrams += 1
        emit(.ignored(.malformed(error)))
    }

    private mutating func takeForeignSIP(_ line: String, at now: Timestamp) {
        observations.otherDatagrams += 1
        if observations.firstForeignSIP == nil { observations.firstForeignSIP = (line, now) }
        emit(.sip(.otherMessage(line)))
    }

    private mutating func drainOptions(at now: Timestamp) {
        while let output = options?.next() {
            switch output {
            case .send(let octets, let flow): outputs.append((.send(octets, flow), nil))
            case .event(.otherMessage(let line)): takeForeignSIP(line, at: now)
            case .event(let event):
                if case .answered(let answer) = event { observations.sipAnswer = answer }
                if case .unanswered = event { observations.sipSilence = true }
                emit(.sip(event))
            }
        }
    }

    private mutating func refused(_ error: NetworkError, at now: Timestamp) {
        if observations.networkError == nil { observations.networkError = error }
        emit(.networkError(error))
        // A hard error speaks of the destination, not of one datagram: what is open is lost.
        guard error.isHard else { return }
        let lost = open
        open.removeAll()
        for probe in lost { lose(probe, .network(error), at: now) }
        if observations.sipAnswer == nil { options = nil }
        // Where nothing was ever answered there is nothing to watch (RFC 8489 §6.2.1).
        if observations.answered == 0, observations.sipAnswer == nil { end(at: now) } else { advance(at: now) }
    }

    private mutating func end(at now: Timestamp) {
        if case .ended = state { return }
        observations.ended = now
        open.removeAll()
        state = .ended
    }
}
