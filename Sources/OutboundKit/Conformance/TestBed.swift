/// What a case works on: phones, callers and servers of its own, and the one clock. It sends, waits and remembers; what
/// is right or wrong is said in `TestBed+Expectations`.
///
/// Nothing that came is lost while the case waits for something else: requests are answered as their station's policy
/// says, responses go to their transactions, and each can be asked for afterwards.
struct TestBed: Sendable {
    let network: any SuiteNetwork
    var plan: SuitePlan
    /// The server that the case speaks to unless it names another.
    let target: SuiteTarget
    let survey: Survey
    /// The case's id, under which its findings stand.
    let subject: String
    /// When the case is over.
    let end: Timestamp
    var stations: [FlowID: Station] = [:]
    var arrivals: [Arrival] = []
    var findings: [Finding] = []
    /// Bindings that the server may hold because of this case.
    var bindings: [BoundContact] = []
    /// The credentials of each account, which go on from case to case.
    var authenticators: [SIPURI: DigestAuthenticator]
    var recorder: FlowRecorder?
    /// How flows that others open to a port of ours answer; nobody else's do it by themselves.
    var listenerPolicies: [TransportAddress: AnswerPolicy] = [:]
    /// The status of the first final response that came without Content-Length on a stream.
    var unframed: UInt16?
    /// The first own Contact that a 2xx listed with no time left where a phone was to be registered.
    var unbound: String?
    /// The transactions that wait for an answer, by branch.
    var pending: [String: PendingRequest] = [:]
    var random: any RandomNumberGenerator & Sendable
    /// Told of everything that goes over the flows, where somebody reads along.
    var trace: (@Sendable (FlowEvent) -> Void)?
    /// The clean-up goes on where the case was told to stop.
    var ignoresEnd = false

    init(
        network: any SuiteNetwork, plan: SuitePlan, target: SuiteTarget, survey: Survey, subject: String,
        limit: Duration,
        authenticators: [SIPURI: DigestAuthenticator], recorder: FlowRecorder?,
        random: any RandomNumberGenerator & Sendable
    ) {
        self.network = network
        self.plan = plan
        self.target = target
        self.survey = survey
        self.subject = subject
        end = network.now + limit
        self.authenticators = authenticators
        self.recorder = recorder
        self.random = random
    }

    var now: Timestamp { network.now }

    // MARK: Flows

    /// Opens a flow to a server; nil takes the case's own.
    mutating func open(
        to target: SuiteTarget? = nil, from local: TransportAddress? = nil
    ) async throws(CaseStop) -> Phone {
        let target = target ?? self.target
        let id: FlowID
        let flow: Flow
        do throws(TransportRefusal) {
            (id, flow) = try await network.open(to: target, from: local ?? plan.local)
        } catch {
            if network.isInterrupted, !ignoresEnd { throw .interrupted }
            throw .unknown(.half, "\(error)")
        }
        let time = now
        recorder?.opened(id, flow, openedByPeer: false, at: time)
        stations[id] = Station(flow, target: target, using: random)
        stations[id]?.codec.start()
        let phone = Phone(flow: id)
        observeOpened(phone, flow, at: time)
        await drain(phone, at: time)
        return try await opened(phone)
    }

    /// Waits for a WebSocket's handshake.
    private mutating func opened(_ phone: Phone) async throws(CaseStop) -> Phone {
        try await wait(.seconds(10)) { bed in
            let station = bed.station(phone)
            return station.isOpen || station.loss != nil || station.webSocketEnding != nil
        }
        let station = station(phone)
        if station.isOpen { return phone }
        let why =
            station.webSocketEnding.map { "\($0)" } ?? station.loss.map {
                "no WebSocket: the connection is \($0.words)"
            }
            ?? "no WebSocket: no answer in 10 s"
        throw .unknown(.half, "\(station.flow.remote): \(why)")
    }

    mutating func listen(
        _ transport: TransportProtocol, at local: TransportAddress? = nil
    ) async throws(CaseStop) -> TransportAddress {
        let any = TransportAddress(ip: local?.ip ?? flow(ofTarget: plan.core).ip, port: local?.port ?? 0)
        do throws(TransportRefusal) {
            return try await network.listen(transport, at: any)
        } catch {
            throw .unknown(.side, "\(error)")
        }
    }

    /// The address under which that target sees us, as far as the flows so far show; loopback's own otherwise.
    private func flow(ofTarget target: SuiteTarget) -> TransportAddress {
        plan.local ?? stations.values.first { $0.target?.address.ip == target.address.ip }?.flow.local ?? target.address
    }

    func station(_ phone: Phone) -> Station {
        guard let station = stations[phone.flow] else { preconditionFailure("a phone of another case") }
        return station
    }

    func flow(_ phone: Phone) -> Flow { station(phone).flow }

    mutating func close(_ phone: Phone, _ manner: CloseManner = .fin) async {
        guard stations[phone.flow]?.isClosed == false else { return }
        stations[phone.flow]?.isClosed = true
        let time = now
        recorder?.closed(phone.flow, manner, byPeer: false, at: time)
        if manner != .silent { observe(phone, .close(manner == .fin ? .fin : .rst), .fromClient, at: time) }
        await network.close(phone.flow, manner)
    }

    mutating func setPolicy(_ policy: AnswerPolicy, of phone: Phone) { stations[phone.flow]?.policy = policy }

    /// Requests that are kept of one case, which expects a handful.
    private static let maximumArrivals = 1000
    /// How late a case may take what came in time.
    private static let maximumLag = Duration.seconds(5)

    // MARK: Octets

    /// Sends one message, or octets that are none; a WebSocket puts them into a frame.
    mutating func send(_ phone: Phone, octets: [UInt8]) async {
        observeSent(phone, octets, at: now)
        stations[phone.flow]?.codec.send(octets)
        await drain(phone, at: now)
    }

    /// Sends octets as they are, below a WebSocket's frames.
    mutating func send(_ phone: Phone, wire octets: [UInt8]) async {
        let time = now
        recorder?.sent(octets, on: phone.flow, at: time)
        await network.send(octets, on: phone.flow)
    }

    mutating func send(_ phone: Phone, text: String) async { await send(phone, octets: Array(text.utf8)) }

    // MARK: Waiting

    /// Takes what happens until `isDone`, or until `deadline`.
    /// - Returns: whether it is done.
    @discardableResult
    mutating func wait(
        until deadline: Timestamp, for isDone: (TestBed) -> Bool = { _ in false }
    ) async throws(CaseStop) -> Bool {
        while true {
            if isDone(self) { return true }
            if network.isInterrupted, !ignoresEnd { throw .interrupted }
            let last = ignoresEnd ? deadline : min(deadline, end)
            let next = min(last, pending.values.compactMap(\.deadline).min() ?? last)
            if let event = await network.next(before: next) {
                await take(event)
                // A server that talks without end has always said one thing more: the time is over all the same, by the
                // time of what it says, or when taking it all has fallen that far behind.
                if event.time <= next, network.now - next < Self.maximumLag { continue }
            }
            if network.isInterrupted, !ignoresEnd { throw .interrupted }
            await runTimers()
            guard now >= last else { continue }
            if isDone(self) { return true }
            guard last < deadline else { return false }
            throw .unknown(.cut, "the case's time is over before what it waits for")
        }
    }

    @discardableResult
    mutating func wait(
        _ duration: Duration, for isDone: (TestBed) -> Bool = { _ in false }
    ) async throws(CaseStop) -> Bool {
        try await wait(until: now + duration, for: isDone)
    }

    /// As long as `plan.quiet`, in which what should not happen has time to happen.
    mutating func settle() async throws(CaseStop) { try await wait(plan.quiet) }

    /// Takes one thing that happened.
    mutating func take(_ event: NetworkEvent) async {
        switch event {
        case .accepted(let id, let flow, let time):
            stations[id] = Station(flow, target: nil, using: random)
            stations[id]?.codec.start()
            stations[id]?.policy = listenerPolicies[flow.local] ?? .accept
            recorder?.opened(id, flow, openedByPeer: true, at: time)
        case .down(let id, let loss, let time):
            recorder?.closed(id, loss == .closedByPeer ? .fin : .rst, byPeer: true, at: time)
            observe(Phone(flow: id), .close(loss == .closedByPeer ? .fin : .rst), .fromServer, at: time)
            guard stations[id]?.loss == nil else { return }
            stations[id]?.loss = loss
            stations[id]?.lostAt = time
        case .stray(_, let source, let bytes, _): hear(bytes, from: source)
        case .octets(let id, let bytes, let time):
            unsafe recorder?.received(bytes.span.bytes, on: id, at: time)
            if stations[id]?.isOpen == true { stations[id]?.isHeard = true }
            stations[id]?.unfinishedOctets += bytes.count
            unsafe stations[id]?.codec.receive(bytes.span.bytes)
            await drain(Phone(flow: id), at: time)
        }
    }

    /// Carries out what the flow's codec wants, and takes what it has read.
    mutating func drain(_ phone: Phone, at time: Timestamp) async {
        while let output = stations[phone.flow]?.codec.next() {
            stations[phone.flow]?.unfinishedOctets = 0
            switch output {
            case .send(let octets): await send(phone, wire: octets)
            case .opened: stations[phone.flow]?.isOpen = true
            case .item(.sip(let message)):
                observe(phone, .sip(message), .fromServer, at: time)
                await take(message, on: phone, at: time)
            case .item(let item):
                observe(phone, item: item, .fromServer, at: time)
                if case .unframedResponse(let head) = item { respond(unframed: head) }
                stations[phone.flow]?.take(item, at: time)
            case .ping: observe(phone, .webSocketControl(.ping), .fromServer, at: time)
            case .pong(let payload):
                observe(phone, .webSocketControl(.pong), .fromServer, at: time)
                stations[phone.flow]?.webSocketPongs.append((payload, time))
            case .ended(let ending): stations[phone.flow]?.webSocketEnding = ending
            }
        }
    }

    private mutating func take(_ message: SIPMessage, on phone: Phone, at time: Timestamp) async {
        guard message.isRequest else { return await respond(message, on: phone, at: time) }
        // A retransmission is answered again, and is no second arrival.
        let isKnown =
            arrivals.count >= Self.maximumArrivals
            || arrivals.contains { $0.phone == phone && $0.request.bytes == message.bytes }
        if !isKnown { arrivals.append(Arrival(phone: phone, request: message, time: time)) }
        guard message.method != .ack else { return }
        switch stations[phone.flow]?.policy ?? .hold {
        case .accept: await answer(Arrival(phone: phone, request: message, time: time), 200, "OK")
        case .refuse(let status): await answer(Arrival(phone: phone, request: message, time: time), status, "Refused")
        case .hold: break
        }
    }

    // MARK: Words

    /// Hexadecimal digits that nobody else uses.
    mutating func word(_ count: Int) -> String { random.hexDigits(count) }
}
