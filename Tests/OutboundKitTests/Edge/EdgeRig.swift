import Testing

@testable import OutboundKit

/// An edge without network: flows are names, the clock jumps from deadline to deadline, and what the edge sends lies in
/// a box for each flow.
struct EdgeRig {
    static let edgeAddress = TransportAddress(ip: IPAddress(v4: 0x7F00_0001), port: 5060)

    var edge: EdgeServer
    var now = Timestamp(seconds: 1_000_000)
    /// What was sent and not yet taken, by flow.
    var box: [FlowID: [[UInt8]]] = [:]
    var closed: [FlowID: CloseManner] = [:]
    /// When each flow was closed.
    var closedAt: [FlowID: Timestamp] = [:]
    var opens: [(ticket: UInt32, transport: TransportProtocol, remote: TransportAddress, local: TransportAddress?)] = []
    var observed: [FlowEvent] = []
    var ended: [(flow: FlowID, time: Timestamp)] = []
    var notes: [EdgeNote] = []
    var changes: [BindingChange] = []
    private var lastFlow: UInt32 = 0
    private var lastNumber = 0

    init(_ settings: EdgeSettings = EdgeSettings(), state: RegistrarState = RegistrarState(), seed: UInt64 = 1) throws {
        edge = try EdgeServer(settings, state: state, random: SeededGenerator(seed: seed))
        edge.handle(.command(.listening([Self.edgeAddress])), at: now)
        drain()
    }

    // MARK: Flows

    /// A phone's flow from `127.0.0.1:port`.
    mutating func up(
        _ transport: TransportProtocol = .tcp, port: UInt16, origin: FlowOrigin = .accepted,
        remote: TransportAddress? = nil
    ) -> FlowID {
        let id = FlowID(lastFlow)
        lastFlow += 1
        let far = remote ?? TransportAddress(ip: IPAddress(v4: 0x7F00_0001), port: port)
        edge.handle(.up(id, Flow(transport: transport, local: Self.edgeAddress, remote: far), origin), at: now)
        drain()
        return id
    }

    mutating func down(_ id: FlowID, _ loss: FlowLoss = .closedByPeer) {
        edge.handle(.down(id, loss), at: now)
        drain()
    }

    mutating func send(_ octets: [UInt8], on id: FlowID) {
        edge.receive(octets.span.bytes, on: id, at: now)
        drain()
    }

    mutating func send(_ text: String, on id: FlowID) { send(Array(text.utf8), on: id) }

    /// Lets time pass, deadline by deadline.
    mutating func run(seconds: Double) {
        let end = now + .nanoseconds(Int64(seconds * 1e9))
        var steps = 0
        while let deadline = edge.deadline, deadline <= end {
            now = max(now, deadline)
            edge.handle(.timer, at: now)
            drain()
            steps += 1
            precondition(steps < 100_000, "the edge wakes up without end")
        }
        now = end
    }

    private mutating func drain() {
        while let output = edge.next() {
            switch output {
            case .send(let octets, let id): box[id, default: []].append(octets)
            case .close(let id, let manner):
                closed[id] = manner
                closedAt[id] = now
            case .open(let ticket, let transport, let remote, let local):
                opens.append((ticket, transport, remote, local))
            case .event(.observed(let event)): observed.append(event)
            case .event(.bindings(let more)): changes += more
            case .event(.note(let note)): notes.append(note)
            case .event(.ended(let id, let time)): ended.append((id, time))
            }
        }
    }

    // MARK: What came

    /// All octets sent on a flow since the last look.
    mutating func octets(_ id: FlowID) -> [[UInt8]] { box.removeValue(forKey: id) ?? [] }

    /// The SIP messages sent on a flow since the last look.
    mutating func messages(_ id: FlowID) -> [SIPMessage] {
        octets(id).compactMap { octets in
            var message = SIPMessage()
            guard (try? MessageParser.parse(octets.span.bytes, into: &message)) != nil else { return nil }
            #expect(message.faults().isEmpty || message.statusCode == 400, "\(String(decoding: octets, as: UTF8.self))")
            return message
        }
    }

    mutating func onlyMessage(_ id: FlowID, _ location: SourceLocation = #_sourceLocation) throws -> SIPMessage {
        let all = messages(id)
        try #require(
            all.count == 1, "\(all.map { String(decoding: $0.bytes, as: UTF8.self) })", sourceLocation: location)
        return all[0]
    }

    /// The first STUN message sent on a flow since the last look.
    mutating func stun(_ id: FlowID) throws -> STUNMessage {
        let octets = try #require(octets(id).first)
        return try STUNMessage.parse(octets.span.bytes)
    }

    mutating func statuses(_ id: FlowID) -> [UInt16] { messages(id).map(\.statusCode) }

    // MARK: Phones

    /// A REGISTER as a phone with outbound writes it.
    mutating func registerText(
        _ user: String, regID: Int? = 1, instance: Int = 1, transport: String = "TCP", expires: Int = 600,
        supported: String = "path, outbound, gruu", extra: String = "", contact: String? = nil, port: UInt16 = 5070
    ) -> String {
        lastNumber += 1
        let urn = "<urn:uuid:00000000-0000-1000-8000-00000000000\(instance)>"
        let flow = regID.map { ";reg-id=\($0);+sip.instance=\"\(urn)\"" } ?? ""
        let uri = contact ?? "sip:\(user)@192.0.2.9:\(port);transport=\(transport.lowercased());ob"
        return """
            REGISTER sip:example.com SIP/2.0\r
            Via: SIP/2.0/\(transport) 192.0.2.9:\(port);rport;branch=z9hG4bKr\(lastNumber)\r
            Max-Forwards: 70\r
            From: <sip:\(user)@example.com>;tag=f\(lastNumber)\r
            To: <sip:\(user)@example.com>\r
            Call-ID: call\(user)\(instance)\(regID ?? 0)\r
            CSeq: \(lastNumber) REGISTER\r
            Supported: \(supported)\r
            Contact: <\(uri)>\(flow);expires=\(expires)\r
            \(extra)User-Agent: rig\r
            Content-Length: 0\r
            \r

            """
    }

    /// Registers, and gives the 200.
    @discardableResult
    mutating func register(
        _ user: String, on id: FlowID, regID: Int? = 1, instance: Int = 1, transport: String = "TCP",
        supported: String = "path, outbound, gruu"
    ) throws -> SIPMessage {
        send(registerText(user, regID: regID, instance: instance, transport: transport, supported: supported), on: id)
        let answer = try #require(messages(id).last)
        try #require(answer.statusCode == 200, "\(String(decoding: answer.bytes, as: UTF8.self))")
        return answer
    }

    /// Any request.
    mutating func request(
        _ method: String, _ uri: String, from user: String = "bob", fields: [String] = [], transport: String = "TCP",
        to: String? = nil, callID: String? = nil, branch: String? = nil, cseq: Int? = nil, via: [String] = [],
        body: String = ""
    ) -> String {
        lastNumber += 1
        var lines = ["\(method) \(uri) SIP/2.0"]
        lines.append("Via: SIP/2.0/\(transport) 192.0.2.8:5080;rport;branch=\(branch ?? "z9hG4bKq\(lastNumber)")")
        lines += via
        lines.append("From: <sip:\(user)@example.com>;tag=q\(user)")
        lines.append("To: \(to ?? "<sip:alice@example.com>")")
        lines.append("Call-ID: \(callID ?? "c\(lastNumber)")")
        lines.append("CSeq: \(cseq ?? lastNumber) \(method)")
        if !fields.contains(where: { $0.hasPrefix("Max-Forwards") }) { lines.append("Max-Forwards: 70") }
        lines += fields
        lines.append("Content-Length: \(body.utf8.count)")
        return (lines + ["", ""]).joined(separator: "\r\n") + body
    }

    /// The answer of a phone to a request that it got.
    func answer(_ request: SIPMessage, _ status: String, fields: [String] = [], tag: String = "phone") -> String {
        var lines = ["SIP/2.0 \(status)"]
        for field in request.headers {
            switch field.name {
            case .via: lines.append("Via: \(request.text(field.value))")
            case .recordRoute: lines.append("Record-Route: \(request.text(field.value))")
            case .from: lines.append("From: \(request.text(field.value))")
            case .to:
                let value = request.text(field.value)
                lines.append("To: \(value.contains(";tag=") ? value : value + ";tag=\(tag)")")
            case .callID: lines.append("Call-ID: \(request.text(field.value))")
            case .cseq: lines.append("CSeq: \(request.text(field.value))")
            default: continue
            }
        }
        lines += fields
        return (lines + ["Content-Length: 0", "", ""]).joined(separator: "\r\n")
    }
}

extension SIPMessage {
    /// The values of one kind of field, as text.
    func all(_ name: HeaderName) -> [String] {
        headers.filter { $0.name == name }.map { text($0.value) }
    }

    var whole: String { String(decoding: bytes, as: UTF8.self) }
}
