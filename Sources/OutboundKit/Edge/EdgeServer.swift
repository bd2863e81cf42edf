/// The embedded edge proxy of RFC 5626, with its registrar or in front of another one: all its flows in one value,
/// without sockets or clock.
///
/// What it promises: octets of a peer never stop it and never disturb another flow; a request to a phone goes over the
/// phone's own flow or not at all, for no connection is ever opened to a phone; what waits is bounded by `EdgeLimits`.
/// Answers go back on the flow on which the request came, also where a Via without `rport` names another port: that is
/// what a NAT needs, and it cannot be used to send answers to strangers.
public struct EdgeServer: FlowHub {
    /// Who wants to be woken.
    enum Alarm: Sendable {
        case flow(FlowID)
        case context(UInt32)
        case late(UInt32)
    }

    /// Branches that wait for a flow to a proxy.
    struct Opening: Sendable {
        let transport: TransportProtocol
        let remote: TransportAddress
        /// It leads to a phone whose ends a token told, and not to a proxy.
        let isPhone: Bool
        var branches: [(context: UInt32, branch: Int)] = []
    }

    struct Hop: Hashable, Sendable {
        let transport: TransportProtocol
        let remote: TransportAddress
    }

    public let settings: EdgeSettings
    public internal(set) var registrar: Registrar
    var mint: TokenMint
    var flows = EdgeFlowTable()
    /// Flows by their ends: what a token leads to.
    var byEnds: [Flow: FlowID] = [:]
    /// Flows that we opened, and those to datagram peers, by where they lead.
    var upstream: [Hop: FlowID] = [:]
    var openings: [UInt32: Opening] = [:]
    /// The server of the registrar to which requests go; nil for the first. It changes when that one is out of reach.
    var registrarInTurn: EdgeSettings.Upstream?
    var contexts: [UInt32: ResponseContext] = [:]
    /// Server transactions by what identifies their request (RFC 3261 §17.2.3).
    var byRequest: [String: UInt32] = [:]
    /// Contexts by the ids in our branches.
    var byBranch: [UInt64: UInt32] = [:]
    /// What a fault holds back.
    var late: [UInt32: HubOutput<EdgeEvent>] = [:]
    var alarms = DeadlineHeap<Alarm>()
    var outputs = OutputQueue<HubOutput<EdgeEvent>>()
    /// Addresses that mean us.
    var own: Set<TransportAddress> = []
    var counters = EdgeSnapshot.Counters()
    /// REGISTERs that reached the registrar, and what faults count.
    var registrations = 0
    var occasions: [String: Int] = [:]
    var hasNewKey = false
    /// The service ends.
    var isLeaving = false
    /// Which contexts a flow takes part in.
    var contextsOfFlow: [FlowID: Set<UInt32>] = [:]
    private(set) var started: Timestamp?
    private var scratch = SIPMessage()
    private var lastNumber: UInt32 = 0
    private var notesUntil = Timestamp.zero
    private var notesGiven = 0
    private var notesLeftOut = 0
    var random: any RandomNumberGenerator & Sendable
    /// Begins the tags that we add to To, so that an ACK for an answer of ours is known.
    let tagPrefix: UInt64

    /// - Parameters:
    ///   - state: bindings from a store; their flows are found again by the tokens in their Path.
    ///   - random: for branches, tags and GRUUs: of cryptographic quality outside of tests.
    /// - Precondition: `settings.tokenFormat` is one that `FlowTokenIssuer` writes.
    /// - Throws: `CryptoError` when the host has no SHA-1 or no random octets for the key of tokens.
    public init(
        _ settings: EdgeSettings, state: RegistrarState = RegistrarState(),
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) throws(CryptoError) {
        self.settings = settings
        var registrarSettings = settings.registrar
        if registrarSettings.domains.isEmpty {
            registrarSettings.domains = Set(settings.domains.map { $0.lowercased() })
        }
        if settings.outbound == .never { registrarSettings.outbound = .off }
        registrarSettings.isStored = settings.persist != nil
        registrar = try Registrar(registrarSettings, state: state, random: random)
        mint = try TokenMint(settings.tokenFormat, secret: settings.tokenSecret)
        self.random = random
        tagPrefix = self.random.next() & 0xFFFF_FFFF_0000_0000
    }

    public mutating func next() -> HubOutput<EdgeEvent>? { outputs.next() }

    public var deadline: Timestamp? {
        guard let due = registrar.deadline else { return alarms.first }
        return alarms.first.map { min($0, due) } ?? due
    }

    public mutating func receive(_ bytes: RawSpan, on id: FlowID, at now: Timestamp) {
        guard let slot = flows.index(forKey: id) else { return }
        flows.values[slot].lastHeard = now
        switch flows.values[slot].flow.transport {
        case .udp: receiveDatagram(bytes, on: id, at: now)
        case .tcp, .tls, .sctp: receiveStream(bytes, on: id, at: now)
        case .ws, .wss: receiveWebSocket(bytes, on: id, at: now)
        }
    }

    public mutating func handle(_ input: HubInput<EdgeCommand>, at now: Timestamp) {
        if started == nil { started = now }
        switch input {
        case .command(.listening(let addresses)): own.formUnion(addresses)
        case .command(.close(let id, let manner)): close(id, manner, at: now)
        case .command(.leave): leave(at: now)
        case .timer: wake(at: now)
        case .up(let id, let flow, let origin): begin(id, flow, origin, at: now)
        case .down(let id, let loss):
            if let held = flows[id], !held.isStream, loss == .portUnreachable {
                flowFailed(id, at: now)
            } else {
                end(id, how: loss == .reset ? .rst : .fin, at: now)
            }
        case .notOpened(let ticket, _): notOpened(ticket, at: now)
        }
    }

    /// Lends the message whose storage is used again and again; what `body` leaves in it is read no more.
    mutating func withScratch<R>(_ body: (inout EdgeServer, inout SIPMessage) -> R) -> R {
        var message = SIPMessage()
        swap(&message, &scratch)
        defer { swap(&message, &scratch) }
        return body(&self, &message)
    }

    /// A number that was not used before: tickets, contexts.
    mutating func number() -> UInt32 {
        lastNumber &+= 1
        return lastNumber
    }

    mutating func randomID() -> UInt64 { random.next() }

    // MARK: Alarms

    private mutating func wake(at now: Timestamp) {
        while let (time, alarm) = alarms.next(at: now) {
            switch alarm {
            case .flow(let id):
                // Only the latest alarm of a flow counts; earlier ones were put off.
                if flows[id]?.alarm == time { lookAfter(id, at: now) }
            case .context(let id):
                guard contexts[id]?.armed == time else { continue }
                withContext(id, at: now) { $0.timer(at: now) }
            case .late(let number):
                if let output = late.removeValue(forKey: number) { emitLate(output, at: now) }
            }
        }
        if let due = registrar.deadline, due <= now {
            let changes = registrar.expire(at: now)
            if !changes.isEmpty { outputs.append(.event(.bindings(changes))) }
        }
    }

    /// A line for the log, unless this minute has had its fill of them.
    mutating func note(_ level: EdgeNote.Level, _ id: FlowID?, _ text: String, at now: Timestamp) {
        if now >= notesUntil {
            if notesLeftOut > 0 {
                let text = "\(counted(notesLeftOut, "note")) left out"
                outputs.append(.event(.note(EdgeNote(time: now, level: .warning, flow: nil, text: text))))
            }
            notesUntil = now + .seconds(60)
            notesGiven = 0
            notesLeftOut = 0
        }
        guard notesGiven < settings.limits.notes else {
            notesLeftOut += 1
            return
        }
        notesGiven += 1
        outputs.append(.event(.note(EdgeNote(time: now, level: level, flow: id, text: text))))
    }

    /// As `note`, once for each flow: a peer that sends rubbish does not fill the log.
    mutating func noteOnce(_ id: FlowID, _ text: String, at now: Timestamp) {
        counters.malformed += 1
        guard let slot = flows.index(forKey: id), !flows.values[slot].isNoted else { return }
        flows.values[slot].isNoted = true
        note(.warning, id, text, at: now)
    }
}
