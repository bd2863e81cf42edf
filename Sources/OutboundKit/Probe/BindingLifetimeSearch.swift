/// Finds how long a NAT keeps the UDP mapping of a silent flow: a Binding request after a silence is answered with the old
/// mapped address or with a new one, which means that the mapping was lost (RFC 8489 §14.2, RFC 4787 §4.3).
///
/// Silences grow until one is too long, then the interval is halved. Each bound is measured so that it holds whatever
/// was lost on the way: a mapping kept is counted from the last answer to the first request, a mapping lost from the
/// earlier request to the last one.
public struct BindingLifetimeSearch: DatagramProbe {
    /// From the first answer on a mapping to a second request, before any silence counts. Conntrack gives a flow its full
    /// time only when it has been seen in both directions for two seconds (nf_conntrack_udp_timeout_stream), as the flow
    /// of a phone is.
    public static let settling: Duration = .seconds(3)
    /// How often something may come in during a silence.
    private static let disturbanceLimit = 4
    /// How often a silence may contradict another: once for an accident, such as a NAT that was restarted, and once more.
    private static let contradictionLimit = 2
    /// However slow the answers are, no search needs more silences, nor more halvings of one interval: 600 s come to 10 ms
    /// in 16.
    private static let silenceLimit = 64
    private static let halvingLimit = 16

    private enum Purpose {
        case first
        case settle
        case probe(Duration)
    }

    private enum State {
        /// → asking, on start.
        case idle
        /// → silent, on an answer; → asking once more, on silence; → ended, on an answer of no use, or a network error.
        case asking(Purpose, STUNTransaction, since: Timestamp, latest: Timestamp, again: Bool)
        /// → asking, when it is over.
        case silent(Purpose, until: Timestamp, length: Duration)
        case ended
    }

    private let settings: Settings
    private let flow: FlowID
    private let local: TransportAddress
    private var generator: any RandomNumberGenerator & Sendable
    private var state = State.idle
    private var bounds = Bounds()
    /// The upper bound is being tried a second time: one lost mapping may have had another reason.
    private var isConfirming = false
    private var isConfirmed = false
    private var halvings = 0
    private var mapped: TransportAddress?
    /// The request and the answer that spoke last, in either direction.
    private var lastRequest = Timestamp.zero
    private var lastAnswer = Timestamp.zero
    /// The largest difference between a silence meant and one measured, without retransmission.
    private var slack = Duration.zero
    private var silences = 0
    /// Requests of the latest probe, and their transactions.
    private var sends = 0
    private var transactions: [STUNTransactionID] = []
    private var disturbances = 0
    private var contradictions = 0
    private var outputs = OutputQueue<ProbeOutput<Event>>()

    /// - Parameter local: the socket's own address.
    /// - Precondition: 0 < `resolution`, and `settling` < `first` ≤ `maximum`.
    public init(
        _ settings: Settings, flow: FlowID, local: TransportAddress,
        using generator: any RandomNumberGenerator & Sendable
    ) {
        precondition(settings.resolution > .zero && settings.first > Self.settling)
        precondition(settings.first <= settings.maximum)
        self.settings = settings
        self.flow = flow
        self.local = local
        self.generator = generator
    }

    public var isFinished: Bool {
        if case .ended = state { return outputs.isEmpty }
        return false
    }

    public var isAwaitingAnswer: Bool {
        if case .asking = state { return true }
        return false
    }

    public var deadline: Timestamp? {
        switch state {
        case .idle, .ended: nil
        case .asking(_, let transaction, _, _, _): transaction.deadline
        case .silent(_, let until, _): until
        }
    }

    public mutating func next() -> ProbeOutput<Event>? { outputs.next() }

    public mutating func receive(_ bytes: RawSpan, on flow: FlowID, at now: Timestamp) {
        switch state {
        case .idle, .ended: break
        case .silent(let purpose, _, let length):
            // A datagram from outside may refresh the mapping as well (RFC 4787 §4.3, REQ-6).
            lastAnswer = now
            // Where a round trip takes longer than the first retransmission every probe is answered twice.
            if !isRepeatedAnswer(bytes) {
                disturbances += 1
                guard disturbances <= Self.disturbanceLimit else { return end(.disturbed) }
                outputs.append(.event(.disturbed))
            }
            state = .silent(purpose, until: now + length, length: length)
        case .asking(let purpose, var transaction, let since, let latest, let again):
            transaction.receive(bytes, on: flow, at: now)
            state = .asking(purpose, transaction, since: since, latest: latest, again: again)
            drain(at: now)
        }
    }

    /// Answers from elsewhere are none (RFC 8489 §6.3.1.2), and cannot come through a mapping that filters.
    public mutating func receive(_ bytes: RawSpan, from stranger: TransportAddress, at now: Timestamp) {}

    public mutating func handle(_ input: ProbeInput, at now: Timestamp) {
        switch (input, state) {
        case (.start, .idle):
            ask(.first, at: now, again: false)
        case (.timer, .silent(let purpose, let until, _)) where now >= until:
            ask(purpose, at: now, again: false)
        case (.timer, .asking(let purpose, var transaction, let since, let latest, let again)):
            transaction.handle(.timer, at: now)
            state = .asking(purpose, transaction, since: since, latest: latest, again: again)
            drain(at: now)
        case (.sent, .asking(let purpose, var transaction, let since, _, let again)):
            transaction.handle(.sent, at: now)
            state = .asking(purpose, transaction, since: since, latest: now, again: again)
        case (.networkError(let error), .asking), (.networkError(let error), .silent):
            outputs.append(.event(.networkError(error)))
            if error.isHard { end(.network(error)) }
        case (.stop, .asking), (.stop, .silent), (.stop, .idle):
            end(.stopped)
        default:
            break
        }
    }
}

extension BindingLifetimeSearch {
    private func isRepeatedAnswer(_ bytes: RawSpan) -> Bool {
        guard let message = try? STUNMessage.parse(bytes) else { return false }
        return transactions.contains(message.transactionID)
    }

    /// - Parameter again: the second transaction of a probe; the silence before it counts from the first.
    private mutating func ask(_ purpose: Purpose, at now: Timestamp, again: Bool, since: Timestamp? = nil) {
        if !again {
            sends = 0
            transactions.removeAll()
        }
        let id = STUNTransactionID.random(using: &generator)
        transactions.append(id)
        var writer = STUNMessageWriter(.bindingRequest, id)
        if let software = settings.software { writer.append(software: software) }
        var transaction = STUNTransaction(id: id, request: writer.message, flow: flow, timing: settings.timing)
        transaction.handle(.start, at: now)
        state = .asking(purpose, transaction, since: since ?? now, latest: now, again: again)
        drain(at: now)
    }

    /// Hands on what the open transaction has to say.
    private mutating func drain(at now: Timestamp) {
        while case .asking(let purpose, var transaction, let since, let latest, let again) = state,
            let output = transaction.next()
        {
            state = .asking(purpose, transaction, since: since, latest: latest, again: again)
            switch output {
            case .send(let octets, let flow):
                sends += 1
                outputs.append(.send(octets, flow))
                if sends > 1 { outputs.append(.event(.retransmitted(sends: sends))) }
            case .event(.response(let message, let timing)):
                conclude(purpose, message, timing.sends > 1 || again, since: since, latest: latest, at: now)
            case .event(.failed):
                if again { end(.unanswered) } else { ask(purpose, at: now, again: true, since: since) }
            case .event(.ignored):
                break
            }
        }
    }

    private mutating func conclude(
        _ purpose: Purpose, _ message: STUNMessage, _ isRepeated: Bool, since: Timestamp, latest: Timestamp,
        at now: Timestamp
    ) {
        guard message.type.messageClass == .success,
            let address = message.mappedAddress
        else { return end(.unusable(code: message.errorCode?.code)) }
        let before = mapped
        mapped = address
        let kept = since - lastAnswer
        let lost = latest - lastRequest
        // Of several requests the first may have got through, or only the last.
        lastRequest = since
        lastAnswer = now
        switch purpose {
        case .first:
            outputs.append(.event(.mapped(address)))
            if address == local { return end(.noTranslation) }
            pause(.settle, Self.settling, at: now)
        case .settle:
            if let before, before != address {
                if bounds.lower == .zero { bounds.upper = lost }
                return end(bounds.lower == .zero ? .unsteady : .contradictory)
            }
            bounds.lower = max(bounds.lower, kept)
            goOn(at: now)
        case .probe(let target):
            if let before, before != address {
                if !isRepeated { slack = max(slack, lost - target) }
                outputs.append(.event(.lost(lost, from: before, to: address)))
                take(lost: lost, at: now)
            } else {
                if !isRepeated { slack = max(slack, now - since) }
                outputs.append(.event(.kept(kept)))
                take(kept: kept, at: now)
            }
        }
    }

    private mutating func take(lost: Duration, at now: Timestamp) {
        isConfirmed = isConfirming
        isConfirming = false
        bounds.upper = bounds.upper.map { min($0, lost) } ?? lost
        if let upper = bounds.upper, upper <= bounds.lower { return contradict(lower: .zero, upper: upper, at: now) }
        pause(.settle, Self.settling, at: now)
    }

    private mutating func take(kept: Duration, at now: Timestamp) {
        if isConfirming || bounds.upper.map({ kept >= $0 }) ?? false {
            isConfirming = false
            return contradict(lower: max(bounds.lower, kept), upper: nil, at: now)
        }
        bounds.lower = max(bounds.lower, kept)
        goOn(at: now)
    }

    /// Keeps what was seen last and looks for the other bound anew.
    private mutating func contradict(lower: Duration, upper: Duration?, at now: Timestamp) {
        bounds = Bounds(lower: lower, upper: upper)
        isConfirmed = false
        halvings = 0
        contradictions += 1
        if contradictions > Self.contradictionLimit { return end(.contradictory) }
        if upper == nil { goOn(at: now) } else { pause(.settle, Self.settling, at: now) }
    }

    /// Chooses the next silence, or ends.
    private mutating func goOn(at now: Timestamp) {
        guard silences < Self.silenceLimit else { return end(bounds.upper == nil ? .longerThanMaximum : .found) }
        guard let upper = bounds.upper else {
            if bounds.lower >= settings.maximum { return end(.longerThanMaximum) }
            return listen(min(max(bounds.lower * 2, settings.first), settings.maximum), at: now)
        }
        // Half an interval plus the round trip must stay below the interval, or the search would not come to an end.
        if upper - bounds.lower > max(settings.resolution, slack * 3), halvings < Self.halvingLimit {
            halvings += 1
            return listen(bounds.lower + (upper - bounds.lower) / 2, at: now)
        }
        if isConfirmed { return end(.found) }
        isConfirming = true
        listen(upper, at: now)
    }

    private mutating func listen(_ length: Duration, at now: Timestamp) {
        silences += 1
        outputs.append(.event(.silent(length, number: silences)))
        pause(.probe(length), length, at: now)
    }

    private mutating func pause(_ purpose: Purpose, _ length: Duration, at now: Timestamp) {
        state = .silent(purpose, until: now + length, length: length)
    }

    private mutating func end(_ ending: Ending) {
        state = .ended
        outputs.append(
            .event(
                .ended(
                    Result(
                        ending: ending, bounds: bounds, mappedAddress: mapped,
                        keepsPortNumber: mapped?.port == local.port, silences: silences))))
    }
}
