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
    }

    /// So many that handing them over costs next to nothing, and so few that they stay in the cache until they are taken.
    private static let room = 1024
    /// SIP messages of a batch, and their octets: each keeps the storage of one.
    private static let messageRoom = 128
    private static let messageOctets = 256 << 10
    /// Of so many keep-alives at once the sink is told ahead: what it reads for them does not wait for one another.
    private static let foresight = 32

    private var order: [Kind] = []
    private var moments: [FlowEvent.Moment] = []
    private var facts: [STUNFacts] = []
    /// More than there are now, where there were more at one time.
    private var messages: [SIPMessage] = []
    private var messageCount = 0
    /// Of these and of the datagrams.
    private var messageMoments: [FlowEvent.Moment] = []
    /// Datagrams with messages that are to be read yet, one behind the other, and where each ends.
    private var datagrams: [UInt8] = []
    private var datagramEnds: [Int] = []
    private var octets = 0
    private var events: [FlowEvent] = []
    private var ends: [(flow: FlowID?, time: Timestamp)] = []

    var isEmpty: Bool { order.isEmpty }
    var isFull: Bool {
        order.count >= Self.room || messageMoments.count >= Self.messageRoom || octets >= Self.messageOctets
    }

    @inline(__always)
    mutating func addSTUN(_ facts: STUNFacts, _ moment: FlowEvent.Moment) {
        order.append(.stun)
        self.facts.append(facts)
        moments.append(moment)
    }

    @inline(__always)
    mutating func addCRLF(completesPair: Bool, ownSegment: Bool, _ moment: FlowEvent.Moment) {
        order.append(completesPair ? ownSegment ? .pair : .pairInMessage : ownSegment ? .crlf : .crlfInMessage)
        moments.append(moment)
    }

    mutating func addSIP(_ message: borrowing SIPMessage, _ moment: FlowEvent.Moment) {
        order.append(.message)
        if messageCount == messages.count { messages.append(SIPMessage()) }
        messages[messageCount].copy(message)
        messageCount += 1
        messageMoments.append(moment)
        octets += message.bytes.count
    }

    mutating func addDatagram(_ datagram: RawSpan, _ moment: FlowEvent.Moment) {
        order.append(.datagram)
        unsafe datagram.withUnsafeBytes { unsafe datagrams.append(contentsOf: $0) }
        datagramEnds.append(datagrams.count)
        messageMoments.append(moment)
        octets += datagram.byteCount
    }

    mutating func add(_ event: FlowEvent) {
        order.append(.event)
        events.append(event)
    }

    mutating func addEnd(_ flow: FlowID, _ time: Timestamp) {
        order.append(.end)
        ends.append((flow, time))
    }

    mutating func addMiss(_ time: Timestamp) {
        order.append(.miss)
        ends.append((nil, time))
    }

    /// Makes room, which is kept.
    mutating func removeAll() {
        order.removeAll(keepingCapacity: true)
        moments.removeAll(keepingCapacity: true)
        facts.removeAll(keepingCapacity: true)
        messageMoments.removeAll(keepingCapacity: true)
        datagramEnds.removeAll(keepingCapacity: true)
        if octets >= Self.messageOctets { (messages, datagrams) = ([], []) }
        datagrams.removeAll(keepingCapacity: true)
        (messageCount, octets) = (0, 0)
        events.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }

    /// Gives all events to a sink.
    /// - Parameter room: where messages are read.
    /// - Returns: what keeps the sink's `touch` from being left out.
    func replay<Sink: FlowEventSink>(into sink: inout Sink, using room: inout SIPMessage) -> UInt64 {
        var touched: UInt64 = 0
        var (moment, fact, message, messageMoment, datagram, event, end) = (0, 0, 0, 0, 0, 0, 0)
        let octets = unsafe datagrams.span.bytes
        for kind in order {
            switch kind {
            case .stun, .crlf, .crlfInMessage, .pair, .pairInMessage:
                if moment & (Self.foresight - 1) == 0 {
                    for next in moment..<min(moment &+ Self.foresight, moments.count) {
                        touched &+= sink.touch(moments[next].flow, beyondKeepAlive: false)
                    }
                }
                if kind == .stun {
                    sink.observeSTUN(facts[fact], moments[moment])
                    fact &+= 1
                } else {
                    sink.observeCRLF(
                        completesPair: kind == .pair || kind == .pairInMessage,
                        ownSegment: kind == .crlf || kind == .pair, moments[moment])
                }
                moment &+= 1
            case .message:
                sink.observeSIP(messages[message], messageMoments[messageMoment])
                message &+= 1
                messageMoment &+= 1
            case .datagram:
                let range = (datagram == 0 ? 0 : datagramEnds[datagram &- 1])..<datagramEnds[datagram]
                _ = sink.observeDatagram(octets.extracting(range), using: &room, messageMoments[messageMoment])
                datagram &+= 1
                messageMoment &+= 1
            case .event:
                sink.observe(events[event])
                event &+= 1
            case .end, .miss:
                let time = ends[end].time
                if let flow = ends[end].flow { sink.end(flow, at: time) } else { sink.miss(at: time) }
                end &+= 1
            }
        }
        return touched
    }
}
