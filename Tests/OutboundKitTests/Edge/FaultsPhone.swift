@testable import OutboundKit

/// A phone before an `EdgeRig`: it registers, keeps its flow alive and recovers as RFC 5626 asks, but for its habits.
struct ScriptedPhone {
    var rig: EdgeRig
    let transport: TransportProtocol
    let habits: Set<Habit>
    private var random: SeededGenerator
    private var flow: FlowID?
    private var port: UInt16
    private var reader: InboundReader
    /// The frames around everything else on a WebSocket.
    private var socket: WebSocketSession<SeededGenerator>?
    private var keepAlive = KeepAlive.none
    private var pending: Pending?
    private(set) var alarms: [Alarm: Timestamp] = [:]
    /// Another flow of the device is registered.
    var hasLivingSibling = false
    private var settings: RegistrationSettings
    private var identity: RegistrationIdentity
    /// Fallen back to a plain registration.
    private var isPlain = false
    private var failures = 0
    private var sawAnswer = false
    private var hasStopped = false
    private var connections = 0
    /// What `takesAnyAnswer` compares with.
    private var mapped: TransportAddress?
    private(set) var calls = 0
    private var callNumber = 0
    private(set) var registrations = 0
    /// REGISTERs, copies not counted.
    private var registers = 0
    private var firstPath: String?

    init(
        _ rig: EdgeRig, _ transport: TransportProtocol, _ habits: Set<Habit>, expires: UInt32, seed: UInt64 = 5,
        regID: String = "1", callID: String = "call", port: UInt16 = 40_000
    ) throws {
        self.port = port
        identity = RegistrationIdentity(callID: callID, fromTag: "tag\(callID)")
        self.rig = rig
        self.transport = transport
        self.habits = habits
        random = SeededGenerator(seed: seed)
        reader = InboundReader(isStream: transport.isStream)
        settings = RegistrationSettings(
            addressOfRecord: try SIPURI.parse("sip:alice@example.com"), registrar: try SIPURI.parse("sip:example.com"),
            instance: try InstanceID(urn: "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
            regID: try RegID.parse(regID), expiresSeconds: expires, userAgent: "phone")
        settings.supported = ["path", "outbound"].filter {
            !(habits.contains(.noPathTag) && $0 == "path") && !(habits.contains(.noOutboundTag) && $0 == "outbound")
        }
        connect()
        register()
        if habits.contains(.calls) || habits.contains(.redialsAtOnce) { alarms[.call(1)] = rig.now + .seconds(100) }
        settle()
    }

    // MARK: Time

    mutating func run(seconds: Double) {
        let end = rig.now + .nanoseconds(Int64(seconds * 1e9))
        while let due = ([rig.edge.deadline, deadline].compactMap { $0 }.min()), due <= end {
            rig.run(seconds: Double(max(due.nanoseconds(since: rig.now), 0)) / 1e9)
            settle()
            fire()
            settle()
        }
        rig.run(seconds: Double(end.nanoseconds(since: rig.now)) / 1e9)
        settle()
    }

    var isRegistered: Bool { flow != nil && registrations > 0 && pending == nil }

    var deadline: Timestamp? {
        let ping: Timestamp? =
            switch keepAlive {
            case .none: nil
            case .crlf(let engine): engine.deadline
            case .stun(let engine): engine.deadline
            }
        return ([pending?.transaction.deadline, ping] + alarms.values.map { $0 }).compactMap { $0 }.min()
    }

    /// Puts the refresh off.
    mutating func holdRefresh(until time: Timestamp) {
        if let due = alarms[.refresh], due < time { alarms[.refresh] = time }
    }

    mutating func fire() {
        let now = rig.now
        for (alarm, time) in alarms where time <= now {
            alarms[alarm] = nil
            switch alarm {
            case .refresh: register()
            case .retry:
                if flow == nil { connect() }
                register()
            case .secondRegister: if pending != nil { register() }
            case .copy:
                guard let bytes = pending?.bytes else { continue }
                transmit(bytes)
                alarms[.copy] = now + .milliseconds(100)
            case .ping: pingByHabit()
            case .restart: startKeepAlive(FlowTimer(seconds: 60), isAgreed: true)
            case .giveUp: lose(tells: true)
            case .call(let number): call(number)
            case .stunCopy(let left, let bytes):
                transmit(bytes)
                if left > 1 { alarms[.stunCopy(left - 1, bytes)] = now + .milliseconds(100) }
            }
        }
        pending?.transaction.handle(.timer, at: now)
        pump()
        switch keepAlive {
        case .none: break
        case .crlf(var engine):
            engine.handle(.timer, at: now)
            drain(&engine)
        case .stun(var engine):
            engine.handle(.timer, at: now)
            drain(&engine)
        }
    }

    // MARK: Flow

    private mutating func connect() {
        port += 1
        connections += 1
        flow = rig.up(transport, port: port)
        reader = InboundReader(isStream: transport.isStream)
        keepAlive = .none
        mapped = nil
        sawAnswer = false
        guard transport == .ws, let flow else { return }
        socket = WebSocketSession(client: .init(host: "edge"), using: SeededGenerator(seed: random.next()))
        socket?.start()
        flush()
        for octets in rig.octets(flow) { socket?.receive(octets.span.bytes) }
        while let output = socket?.next() { if case .event(.opened) = output { continue } }
    }

    /// Sends what the WebSocket wants sent; returns the messages that came in it.
    @discardableResult private mutating func flush() -> [[UInt8]] {
        var messages: [[UInt8]] = []
        while let output = socket?.next() {
            switch output {
            case .send(let octets): if let flow { rig.send(octets, on: flow) }
            case .event(.message(let octets, _)): messages.append(octets)
            case .event, .end: break
            }
        }
        return messages
    }

    private mutating func transmit(_ octets: [UInt8]) {
        guard var id = flow else { return }
        if transport == .udp, rig.closed[id] != nil {
            // The edge has forgotten the flow; a datagram from the same port begins it anew.
            id = rig.up(.udp, port: port)
            flow = id
        }
        if transport == .ws {
            socket?.send(octets, isText: true)
            flush()
        } else {
            rig.send(octets, on: id)
        }
    }

    /// Takes what has come until nothing more comes.
    mutating func settle() {
        while let id = flow {
            let all = rig.octets(id)
            var pieces: [[UInt8]] = []
            for octets in all { pieces += unframed(octets) }
            for octets in pieces {
                reader.receive(octets.span.bytes)
                while let item = reader.next() { take(item, octets) }
            }
            if flow == id, transport.isStream, let manner = rig.closed[id], manner != .silent { lose(tells: false) }
            if all.isEmpty { break }
        }
    }

    /// What came, without the frames of a WebSocket.
    private mutating func unframed(_ octets: [UInt8]) -> [[UInt8]] {
        guard transport == .ws else { return [octets] }
        socket?.receive(octets.span.bytes)
        return flush()
    }

    /// The flow is over, by the edge's doing or ours.
    private mutating func lose(tells: Bool) {
        guard let id = flow else { return }
        if tells, transport.isStream, rig.closed[id] == nil { rig.down(id) }
        flow = nil
        keepAlive = .none
        // The retry that is due anyway makes a new flow.
        if alarms[.retry] != nil { return }
        pending = nil
        alarms = alarms.filter { if case .call = $0.key { true } else { false } }
        failures = sawAnswer ? 0 : failures + 1
        if habits.contains(.newRegID), let next = RegID(settings.regID.value + 1) { settings.regID = next }
        retry(after: nil)
    }

    private mutating func retry(after seconds: UInt64?) {
        if habits.contains(.givesUp) { return }
        let isLow = !hasLivingSibling || habits.contains(.lowBase)
        var wait = RecoveryBackoff().draw(consecutiveFailures: failures, allFlowsFailed: isLow, using: &random)
        if let seconds { wait = max(wait, .seconds(Int64(seconds))) }
        if habits.contains(.constantRetry) { wait = .seconds(45) }
        if habits.contains(.hastyRetry) { wait = .seconds(2) }
        if habits.contains(.instantRetry) { wait = .milliseconds(200) }
        alarms[.retry] = rig.now + wait
    }

    // MARK: Keep-alives

    private mutating func take(_ item: InboundReader.Item, _ octets: [UInt8]) {
        switch (item, keepAlive) {
        case (.sip, _) where habits.contains(.deafBehindCRLF) && octets.starts(with: [ASCII.cr, ASCII.lf]): break
        case (.sip(let message), _) where !message.isRequest: respond(message)
        case (.crlf, .crlf(var engine)):
            if habits.contains(.needsWholePong), octets.count < 2 { return }
            alarms[.giveUp] = nil
            engine.handle(.pong, at: rig.now)
            drain(&engine)
        case (.stun(let bytes), .stun(var engine)):
            guard let bytes = heed(bytes) else { return }
            engine.receive(bytes.span.bytes, on: FlowID(0), at: rig.now)
            drain(&engine)
        default: break
        }
    }

    /// A STUN answer as this phone understands it; nil when it does not, or has given up its flow for it.
    private mutating func heed(_ bytes: [UInt8]) -> [UInt8]? {
        guard let message = try? STUNMessage.parse(bytes.span.bytes) else { return nil }
        let address = message.xorMappedAddress ?? message.plainMappedAddress
        if habits.contains(.wantsAddressFirst), message.attributes.first?.type != .xorMappedAddress { return nil }
        if habits.contains(.stopsAtOddAnswer), address == nil {
            hasStopped = true
            keepAlive = .none
            return nil
        }
        if habits.contains(.comparesWithSocket), address?.port != port {
            lose(tells: true)
            return nil
        }
        guard habits.contains(.takesAnyAnswer) else { return bytes }
        if let mapped, mapped != address {
            lose(tells: true)
            return nil
        }
        mapped = address
        var bytes = bytes
        for (offset, octet) in [UInt8(0x21), 0x12, 0xA4, 0x42].enumerated() { bytes[4 + offset] = octet }
        return bytes
    }

    private mutating func call(_ number: Int) {
        guard flow != nil else { return }
        calls += 1
        callNumber = number
        let route = habits.contains(.callsByOldRoute) ? firstPath.map { ["Route: \($0)"] } ?? [] : []
        transmit(
            Array(
                rig.request(
                    "MESSAGE", "sip:bob@example.com", from: "alice", fields: route,
                    transport: transport.description.uppercased(),
                    to: "<sip:bob@example.com>"
                ).utf8))
    }

    private mutating func startKeepAlive(_ timer: FlowTimer?, isAgreed: Bool) {
        if habits.contains(.noKeepAlive) || hasStopped { return }
        if pingPeriod != nil {
            if alarms[.ping] == nil { pingByHabit() }
            return
        }
        let timer = habits.contains(.ignoresFlowTimer) ? nil : timer
        switch keepAlive {
        case .crlf(var engine):
            if habits.contains(.keepsOldTimer) { return }
            engine.handle(.flowTimer(timer), at: rig.now)
            keepAlive = .crlf(engine)
        case .stun(var engine):
            if habits.contains(.keepsOldTimer) { return }
            engine.handle(.flowTimer(timer), at: rig.now)
            keepAlive = .stun(engine)
        case .none where transport.isStream:
            var engine = CRLFKeepAlive(
                flow: FlowID(0), transport: transport, using: SeededGenerator(seed: random.next()))
            engine.handle(.start(timer, expectsPong: isAgreed || habits.contains(.assumesOutbound)), at: rig.now)
            drain(&engine)
        case .none:
            guard isAgreed || habits.contains(.assumesOutbound) else { return }
            var engine = STUNKeepAlive(flow: FlowID(0), using: SeededGenerator(seed: random.next()))
            engine.handle(.start(timer), at: rig.now)
            drain(&engine)
        }
    }

    private mutating func drain(_ engine: inout CRLFKeepAlive<SeededGenerator>) {
        keepAlive = .crlf(engine)
        while let output = engine.next() {
            keepAlive = .crlf(engine)
            switch output {
            case .send(let octets, _):
                if habits.contains(.impatient) { alarms[.giveUp] = rig.now + .seconds(5) }
                transmit(octets)
            case .event(.answered): answered()
            case .event(.strayCRLF): if habits.contains(.hatesStrayCRLF) { return lose(tells: true) }
            case .event(.failed): return keepAliveFailed()
            }
        }
    }

    private mutating func drain(_ engine: inout STUNKeepAlive<SeededGenerator>) {
        keepAlive = .stun(engine)
        while let output = engine.next() {
            keepAlive = .stun(engine)
            switch output {
            case .send(let octets, _):
                transmit(octets)
                if habits.contains(.hastySTUN) { alarms[.stunCopy(5, octets)] = rig.now + .milliseconds(100) }
            case .event(.answered): answered()
            case .event(.failed): return keepAliveFailed()
            }
        }
    }

    private var pingPeriod: Int? {
        habits.lazy.compactMap { if case .pings(let period) = $0 { period } else { nil } }.first
    }

    private mutating func pingByHabit() {
        guard flow != nil, let pingPeriod else { return }
        let id = STUNTransactionID.random(using: &random)
        transmit(
            transport.isStream
                ? CRLFKeepAlive<SeededGenerator>.ping : STUNMessageWriter(.bindingRequest, id).message)
        alarms[.ping] = rig.now + .milliseconds(pingPeriod)
    }

    private mutating func answered() {
        sawAnswer = true
        failures = 0
    }

    private mutating func keepAliveFailed() {
        keepAlive = .none
        guard habits.contains(.keepsDeadFlow) else { return lose(tells: true) }
        // On a stream before the edge closes it for its silence.
        alarms[.restart] = rig.now + .seconds(transport.isStream ? 2 : 20)
    }

    // MARK: REGISTER

    private mutating func register() {
        guard flow != nil else { return }
        registers += 1
        if !habits.contains(.keepsCSeq) || identity.cseq == 0 { identity.cseq += 1 }
        let ends = Flow(
            transport: transport, local: TransportAddress(ip: IPAddress(v4: 0x7F00_0001), port: port),
            remote: EdgeRig.edgeAddress)
        let branch = "z9hG4bKphone\(registers)"
        let request = RegisterRequest(settings: settings, flow: ends, identity: identity)
        var bytes = request.bytes(
            expiresSeconds: settings.expiresSeconds, cseq: identity.cseq, branch: branch, credentials: [])
        if isPlain {
            let text = String(decoding: bytes, as: UTF8.self)
                .replacing(";reg-id=\(settings.regID)", with: "").replacing("path, outbound", with: "path")
            bytes = Array(text.utf8)
        }
        if habits.contains(.otherCaseURN), connections > 1 {
            let urn = settings.instance.description
            bytes = Array(
                String(decoding: bytes, as: UTF8.self).replacing(urn, with: "urn:uuid:" + urn.dropFirst(9).uppercased())
                    .utf8)
        }
        pending = Pending(
            transaction: NonInviteTransaction(timing: settings.timing, isReliable: transport.isStream),
            branch: branch, bytes: bytes)
        if habits.contains(.secondRegister) { alarms[.secondRegister] = rig.now + .seconds(1) }
        if habits.contains(.hastyCopies) { alarms[.copy] = rig.now + .milliseconds(100) }
        pending?.transaction.handle(.start, at: rig.now)
        pump()
    }

    private mutating func pump() {
        while let output = pending?.transaction.next() {
            switch output {
            case .transmit: if let bytes = pending?.bytes { transmit(bytes) }
            case .timedOut:
                pending = nil
                lose(tells: true)
            case .provisional, .final, .absorbed, .ended: break
            }
        }
    }

    private mutating func respond(_ message: SIPMessage) {
        if message.method != .register {
            if habits.contains(.redialsAtOnce), message.statusCode >= 300, callNumber < 6 {
                alarms[.call(callNumber + 1)] = rig.now + .milliseconds(100)
            }
            return
        }
        guard let branch = (try? message.topVia())?.branch, branch == pending?.branch, message.statusCode >= 200
        else { return }
        pending = nil
        alarms[.secondRegister] = nil
        alarms[.copy] = nil
        guard message.statusCode / 100 != 2 else { return accept(message) }
        switch message.statusCode {
        case 420 where !isPlain, 439 where !isPlain:
            isPlain = !habits.contains(.repeatsRefused)
            alarms[.retry] = rig.now + .seconds(isPlain ? 0 : 2)
        case 423:
            let least = message.integer(.minExpires).flatMap(UInt32.init(exactly:)) ?? 3600
            if !habits.contains(.repeatsRefused) { settings.expiresSeconds = least }
            alarms[.retry] = rig.now + .seconds(habits.contains(.repeatsRefused) ? 2 : 0)
        default:
            failures += 1
            let after = message.statusCode == 503 ? message.integer(.retryAfter) : nil
            retry(after: after)
            if habits.contains(.ignoresRetryAfter) { alarms[.retry] = rig.now + .seconds(5) }
        }
    }

    private mutating func accept(_ message: SIPMessage) {
        registrations += 1
        firstPath = firstPath ?? message.all(.path).first
        let grant = RegistrationGrant(
            message, instance: settings.instance, regID: settings.regID, contactURI: settings.registrar)
        let own = habits.contains(.firstExpiry) ? grant.contacts.first : (grant.own ?? grant.contacts.first)
        alarms[.refresh] = rig.now + .milliseconds(Int64(own?.expires ?? 600) * 800)
        let timer = grant.isOutbound ? grant.flowTimerSeconds.map(FlowTimer.init(seconds:)) : nil
        startKeepAlive(timer, isAgreed: grant.supportsKeepAlive)
    }

    // MARK: Judgement

    /// What the edge's judge says of all phones on the rig.
    func findings() -> [Finding] {
        var settings = AuditSettings()
        settings.vantage = .edge
        var sink = AuditSink(settings: settings, judgesExchanges: true, firstHop: .edge)
        for event in rig.observed { sink.observe(event) }
        for (flow, time) in rig.ended { sink.end(flow, at: time) }
        if let first = rig.observed.first { sink.end(first.flow, at: rig.now) }
        sink.finish()
        return Judge(of: .registeredPhones).judge(sink).findings
    }
}
