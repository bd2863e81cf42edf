/// Events on their way to another thread, in their order. Keep-alives, which are nearly all, lie packed: as events they
/// would be three times as large.
struct EventBatch: Sendable {
    private enum Kind: UInt8 {
        case stun
        case crlf
        case crlfInMessage
        case pair
        case pairInMessage
        case message
        case datagram
        case event
        case end
        case miss
        case attempt
    }

    /// So many that handing them over costs next to nothing, and so few that they stay in the cache until they are taken.
    private static let room = 384
    /// SIP messages of a batch, and their octets: each keeps the storage of one.
    private static let messageRoom = 64
    private static let messageOctets = 256 << 10

    /// Of every event what all have.
    private struct Step: Sendable {
        let moment: FlowEvent.Moment
        let kind: Kind
    }

    private var steps: [Step] = []
    private var facts: [STUNFacts] = []
    /// More than there are now, where there were more at one time.
    private var messages: [SIPMessage] = []
    private var messageCount = 0
    /// Datagrams with messages that are to be read yet, one behind the other, and where each ends.
    private var datagrams: [UInt8] = []
    private var datagramEnds: [Int] = []
    /// Of the messages, read or not.
    private var octets = 0
    private var events: [FlowEvent] = []
    private var attempts: [UnansweredAttempt] = []

    var isEmpty: Bool { steps.isEmpty }
    var isFull: Bool {
        steps.count >= Self.room || messageCount >= Self.messageRoom || octets >= Self.messageOctets
    }

    @inline(__always)
    private mutating func add(_ kind: Kind, _ moment: FlowEvent.Moment) {
        steps.append(Step(moment: moment, kind: kind))
    }

    @inline(__always)
    mutating func addSTUN(_ facts: STUNFacts, _ moment: FlowEvent.Moment) {
        add(.stun, moment)
        self.facts.append(facts)
    }

    @inline(__always)
    mutating func addCRLF(completesPair: Bool, ownSegment: Bool, _ moment: FlowEvent.Moment) {
        add(completesPair ? ownSegment ? .pair : .pairInMessage : ownSegment ? .crlf : .crlfInMessage, moment)
    }

    mutating func addSIP(_ message: borrowing SIPMessage, _ moment: FlowEvent.Moment) {
        add(.message, moment)
        if messageCount == messages.count { messages.append(SIPMessage()) }
        messages[messageCount].copy(message)
        messageCount += 1
        octets += message.bytes.count
    }

    mutating func addDatagram(_ datagram: RawSpan, _ moment: FlowEvent.Moment) {
        add(.datagram, moment)
        unsafe datagram.withUnsafeBytes { unsafe datagrams.append(contentsOf: $0) }
        datagramEnds.append(datagrams.count)
        octets += datagram.byteCount
    }

    mutating func add(_ event: FlowEvent) {
        add(
            .event,
            FlowEvent.Moment(flow: event.flow, time: event.time, frame: event.frame, direction: event.direction))
        events.append(event)
    }

    mutating func addEnd(_ flow: FlowID, _ time: Timestamp) {
        add(.end, FlowEvent.Moment(flow: flow, time: time, frame: 0, direction: .fromClient))
    }

    mutating func addMiss(_ time: Timestamp) {
        add(.miss, FlowEvent.Moment(flow: FlowID(0), time: time, frame: 0, direction: .fromClient))
    }

    mutating func add(_ attempt: UnansweredAttempt) {
        add(.attempt, FlowEvent.Moment(flow: FlowID(0), time: attempt.end, frame: 0, direction: .fromClient))
        attempts.append(attempt)
    }

    /// Makes room, which is kept.
    mutating func removeAll() {
        steps.removeAll(keepingCapacity: true)
        facts.removeAll(keepingCapacity: true)
        datagramEnds.removeAll(keepingCapacity: true)
        if octets >= Self.messageOctets { (messages, datagrams) = ([], []) }
        datagrams.removeAll(keepingCapacity: true)
        (messageCount, octets) = (0, 0)
        events.removeAll(keepingCapacity: true)
        attempts.removeAll(keepingCapacity: true)
    }

    /// Gives all events to a sink.
    /// - Parameter room: where messages are read.
    func replay<Sink: FlowEventSink>(into sink: inout Sink, using room: inout SIPMessage) {
        var (fact, message, datagram, event, attempt) = (0, 0, 0, 0, 0)
        let octets = unsafe datagrams.span.bytes
        for index in steps.indices {
            let ahead = index &+ PacketBatch.foresight
            if ahead < steps.count {
                sink.prefetch(steps[ahead].moment.flow, mayBeMessage: mayBeMessage(ahead))
            }
            for step in 0..<3 {
                let ahead = index &+ PacketBatch.messageForesight(step)
                if mayBeMessage(ahead) { sink.prefetchForMessage(steps[ahead].moment.flow, step: step) }
            }
            let moment = steps[index].moment
            switch steps[index].kind {
            case .stun:
                sink.observeSTUN(facts[fact], moment)
                fact &+= 1
            case .crlf: sink.observeCRLF(completesPair: false, ownSegment: true, moment)
            case .crlfInMessage: sink.observeCRLF(completesPair: false, ownSegment: false, moment)
            case .pair: sink.observeCRLF(completesPair: true, ownSegment: true, moment)
            case .pairInMessage: sink.observeCRLF(completesPair: true, ownSegment: false, moment)
            case .message:
                sink.observeSIP(messages[message], moment)
                message &+= 1
            case .datagram:
                let range = (datagram == 0 ? 0 : datagramEnds[datagram &- 1])..<datagramEnds[datagram]
                _ = sink.observeDatagram(octets.extracting(range), using: &room, moment)
                datagram &+= 1
            case .event:
                sink.observe(events[event])
                event &+= 1
            case .end: sink.end(moment.flow, at: moment.time)
            case .miss: sink.miss(at: moment.time)
            case .attempt:
                sink.observeAttempt(attempts[attempt])
                attempt &+= 1
            }
        }
    }

    @inline(__always)
    private func mayBeMessage(_ index: Int) -> Bool {
        index < steps.count && (steps[index].kind == .datagram || steps[index].kind == .message)
    }
}
