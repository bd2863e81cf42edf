/// One moment of a flow as a picture shows it.
public struct FlowMoment: Sendable, Hashable {
    public enum Kind: UInt8, Sendable, Hashable {
        /// A REGISTER of the client.
        case register
        /// Its 2xx; `value` is the status code, `limit` the longest wait for the next keep-alive, in milliseconds, 0
        /// where none is owed.
        case registered
        /// A 2xx with which the last binding of the flow went; `value` is the status code.
        case unregistered
        /// A final response of another class; `value` is the status code.
        case refused
        /// A keep-alive of the client; `value` is the time since the one before or since the duty began, in
        /// milliseconds, 0 for the first; `limit` the longest that was due, in milliseconds, 0 without a duty.
        case ping
        /// A keep-alive that came later than it was due, beyond the tolerance; as `ping`.
        case latePing
        /// An answer in time.
        case pong
        /// An answer after its deadline.
        case latePong
        /// A datagram of the client with nothing but CR and LF, which is no keep-alive; `value` is its length.
        case crlfDatagram
        /// Another SIP message of the client, or of the server; `value` is the status code of a response and 0 of a
        /// request, `limit` the raw value of its `SIPMethod`.
        case clientMessage
        case serverMessage
        /// The server saw the client under another address than before: the flow has failed.
        case mappedChange
        /// The flow failed; `value` is the raw value of `FlowRecord.Failure`.
        case failed
        /// Octets are missing.
        case gap
        /// An ICMP error about a datagram of the client.
        case icmpError
        case closedByClient
        case closedByServer
        /// As these, with a reset.
        case resetByClient
        case resetByServer
        /// The connection was refused.
        case connectionRefused
        /// The handshake of a WebSocket came to nothing, or should have; `value` is the status code of HTTP, 0 without an
        /// answer.
        case handshakeRefused
        /// A frame of a WebSocket against RFC 6455; `value` is 1 from the client.
        case frameFault
    }

    public let kind: Kind
    /// Nanoseconds since the epoch.
    public let time: Int64
    /// The packet's number in its capture; 0 for live traffic and for what no packet shows.
    public let frame: UInt64
    public let value: UInt32
    public let limit: UInt32

    init(_ kind: Kind, _ time: Int64, _ frame: UInt64, value: UInt32 = 0, limit: UInt32 = 0) {
        self.kind = kind
        self.time = time
        self.frame = frame
        self.value = value
        self.limit = limit
    }

    /// What repeats while all is well: the first to be thinned.
    var isRoutine: Bool {
        switch kind {
        case .ping, .pong, .crlfDatagram, .clientMessage, .serverMessage: true
        default: false
        }
    }
}

/// The moments of one flow, in order. When there are too many, every second one of the routine ones goes, again and
/// again, so that what is left spans the whole flow and holds everything that was out of order.
public struct FlowTimeline: Sendable {
    public private(set) var moments: [FlowMoment] = []
    /// Of the routine moments of each kind, every so many-th is here.
    public private(set) var stride: UInt32 = 1
    /// Moments out of order that found no room.
    public private(set) var leftOut = 0
    private var pings: UInt32 = 0
    private var pongs: UInt32 = 0
    private var messages: UInt32 = 0

    /// - Parameter limit: moments to keep at most.
    /// - Returns: by how many the moments became more; less than 0 after thinning.
    @discardableResult
    mutating func add(_ moment: FlowMoment, limit: Int) -> Int {
        let before = moments.count
        guard !moment.isRoutine || isTurn(of: moment.kind) else { return 0 }
        if moments.count >= limit { thin(to: limit) }
        guard moments.count < limit else {
            leftOut += 1
            return moments.count - before
        }
        moments.append(moment)
        return moments.count - before
    }

    /// Counts a routine moment, and says whether it is one of those to keep.
    private mutating func isTurn(of kind: FlowMoment.Kind) -> Bool {
        let number: UInt32
        switch kind {
        case .ping:
            number = pings
            pings &+= 1
        case .pong:
            number = pongs
            pongs &+= 1
        default:
            number = messages
            messages &+= 1
        }
        return number % stride == 0
    }

    /// The sides of the flow were taken the wrong way round: what its moments so far said of keep-alives is not so.
    /// - Returns: how many moments went.
    mutating func turnRound() -> Int {
        let before = moments.count
        moments.removeAll { [.ping, .latePing, .pong, .latePong, .mappedChange, .failed].contains($0.kind) }
        moments = moments.map { moment in
            let kind: FlowMoment.Kind
            switch moment.kind {
            case .clientMessage: kind = .serverMessage
            case .serverMessage: kind = .clientMessage
            default: return moment
            }
            return FlowMoment(kind, moment.time, moment.frame, value: moment.value, limit: moment.limit)
        }
        return before - moments.count
    }

    /// The pong of that time, which was noted last, was none.
    /// - Returns: how many moments went.
    mutating func takeBackPong(at time: Int64) -> Int {
        // What else the same octets showed, such as a failure, may stand behind it.
        let place = moments.lastIndex { $0.time == time && ($0.kind == .pong || $0.kind == .latePong) }
        guard let place else { return 0 }
        if moments[place].kind == .pong { pongs &-= 1 }
        moments.remove(at: place)
        return 1
    }

    /// Makes room: at most half of `limit` stays, unless what is out of order alone is more.
    mutating func thin(to limit: Int) {
        while moments.count > limit / 2, moments.contains(where: \.isRoutine), stride < 1 << 30 {
            stride *= 2
            var seen: [FlowMoment.Kind: Int] = [:]
            moments.removeAll { moment in
                guard moment.isRoutine else { return false }
                defer { seen[moment.kind, default: 0] += 1 }
                return seen[moment.kind, default: 0] % 2 == 1
            }
        }
    }

    /// In the order of time: a failure is known only after its deadline, when later moments may be there already.
    var sorted: [FlowMoment] {
        moments.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
    }
}

/// The timelines of all flows of a run, bounded in sum: with many flows each gets less room.
public struct FlowTimelines: Sendable {
    /// Which flows get one.
    public enum Extent: Sendable, Hashable {
        case allFlows
        /// One flow of many, which then gets all the room there is for one; of an address, those that it had in turn.
        case flow(FlowName)

        func covers(_ flow: FlowRecord) -> Bool {
            switch self {
            case .allFlows: true
            case .flow(let name): name.names(flow)
            }
        }
    }

    /// Moments of one flow while there is room for all.
    static let startingLimit = 600
    /// The least that a flow gets; where that is too much in sum, later moments are left out.
    static let leastLimit = 24
    /// Moments of all flows: 32 octets each.
    static let totalLimit = 1 << 20

    let extent: Extent
    private var timelines: [FlowTimeline] = []
    private(set) var limit = startingLimit
    private(set) var total = 0

    public init(of extent: Extent = .allFlows) { self.extent = extent }

    /// The timeline of the flow at that index of the ledger; an empty one if nothing was noted.
    public subscript(index: Int) -> FlowTimeline { index < timelines.count ? timelines[index] : FlowTimeline() }

    /// The moments of the flow at that index of the ledger, in the order of time.
    public func moments(of index: Int) -> [FlowMoment] { self[index].sorted }

    mutating func add(_ moment: FlowMoment, to index: Int) {
        guard total < Self.totalLimit || makeRoom() else { return }
        while timelines.count <= index { timelines.append(FlowTimeline()) }
        total += timelines[index].add(moment, limit: limit)
    }

    /// Client and server of the flow at that index of the ledger change places.
    mutating func turnRound(_ index: Int) {
        if index < timelines.count { total -= timelines[index].turnRound() }
    }

    mutating func takeBackPong(at time: Int64, from index: Int) {
        if index < timelines.count { total -= timelines[index].takeBackPong(at: time) }
    }

    /// Halves what each flow may have. False when they have the least already.
    private mutating func makeRoom() -> Bool {
        while total >= Self.totalLimit, limit > Self.leastLimit {
            limit = max(Self.leastLimit, limit / 2)
            total = 0
            for index in timelines.indices {
                if timelines[index].moments.count > limit { timelines[index].thin(to: limit) }
                total += timelines[index].moments.count
            }
        }
        return total < Self.totalLimit
    }
}
