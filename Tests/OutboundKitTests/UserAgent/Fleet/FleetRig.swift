import Testing

@testable import OutboundKit

/// A fleet and a registrar without network: the clock jumps from one thing that happens to the next.
struct FleetRig {
    /// What the registrar is like. It answers after `latency`.
    struct Server {
        var isUp = true
        var latency: Duration = .milliseconds(10)
        var isOutbound = true
        var flowTimer: Int?
        /// What a binding gets; nil grants what is asked for.
        var expires: Int?
        var answersPings = true
        var answersSTUN = true
        var answersRegister = true
        /// Flows for which a NAT has made a new mapping.
        var rebound: Set<FlowID> = []
        /// Answers of its own, by the number of the flow: a status line and fields. Nil is the usual 200.
        var answer: (_ number: Int, _ request: SIPMessage) -> (status: String, fields: [String])? = { _, _ in nil }
    }

    struct Register {
        let time: Timestamp
        let number: Int
        let cseq: Int
        let expires: Int
        let message: SIPMessage
    }

    static let remote = TransportAddress(ip: IPAddress(v4: 0xC633_6401), port: 5060)

    var fleet: FlowFleet
    var now = Timestamp(seconds: 1_000)
    var server = Server()
    var registers: [Register] = []
    var pings: [(time: Timestamp, number: Int)] = []
    /// Bindings at the registrar, by instance.
    var bindings: Set<String> = []
    var opens: [(time: Timestamp, number: Int)] = []
    var stages: [FlowFleet.Stage] = []
    var halts: [FlowFleet.Halt] = []
    private(set) var flows: [FlowID: (number: Int, flow: Flow)] = [:]
    private var lastFlow: UInt32 = 0
    private var coming: [(time: Timestamp, flow: FlowID, bytes: [UInt8])] = []
    private var isUDP: Bool { fleet.settings.transport == .udp }

    static func settings(_ count: Int, _ transport: TransportProtocol = .tcp) throws -> FleetSettings {
        FleetSettings(
            addressOfRecord: try SIPURI.parse("sip:load*@example.com"), registrar: try SIPURI.parse("sip:example.com"),
            route: try SIPURI.parse("sip:edge.example.com;lr"), transport: transport, remote: remote, count: count,
            instance: try InstanceID(urn: "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
            regID: try RegID.parse("1"), userAgent: "rig")
    }

    init(_ settings: FleetSettings, seed: UInt64 = 1) throws {
        fleet = try FlowFleet(settings, seed: seed)
    }

    mutating func start() { input(.command(.start)) }

    mutating func input(_ input: HubInput<FlowFleet.Command>) {
        fleet.handle(input, at: now)
        drain()
    }

    /// Lets time pass.
    mutating func run(seconds: Double) {
        let end = now + .nanoseconds(Int64(seconds * 1e9))
        var steps = 0
        while true {
            coming.sort { $0.time < $1.time }
            let times = [fleet.stage == .finished ? nil : fleet.deadline, coming.first?.time].compactMap { $0 }
            guard let next = times.min(), next <= end else { break }
            now = max(now, next)
            if let first = coming.first, first.time <= now {
                coming.removeFirst()
                if flows[first.flow] != nil {
                    fleet.receive(first.bytes.span.bytes, on: first.flow, at: now)
                    drain()
                }
            } else {
                input(.timer)
            }
            steps += 1
            precondition(steps < 1_000_000, "the fleet wakes up without end")
        }
        now = end
    }

    /// The server dies: streams end, and nothing is answered until it is up again.
    mutating func crash() {
        server.isUp = false
        bindings = []
        guard !isUDP else { return }
        for id in flows.keys.sorted() { cut(id, .reset) }
    }

    mutating func cut(_ id: FlowID, _ loss: FlowLoss) {
        if !isUDP { flows[id] = nil }
        input(.down(id, loss))
    }

    /// The flow of that number.
    func flow(_ number: Int) -> FlowID? { flows.first { $0.value.number == number }?.key }

    private mutating func drain() {
        while let output = fleet.next() {
            switch output {
            case .event(.entered(let stage)): stages.append(stage)
            case .event(.halted(let halt)): halts.append(halt)
            case .close(let id, _): flows[id] = nil
            case .send(let bytes, let id): serve(bytes, id)
            case .open(let ticket, let transport, let remote, let local):
                open(Int(ticket), transport, remote, local)
            }
        }
    }

    private mutating func open(
        _ number: Int, _ transport: TransportProtocol, _ remote: TransportAddress, _ local: TransportAddress?
    ) {
        opens.append((now, number))
        guard server.isUp || isUDP else {
            fleet.handle(.notOpened(ticket: UInt32(number), .failed(errno: 111)), at: now)
            return
        }
        lastFlow += 1
        let near = TransportAddress(
            ip: local?.ip ?? IPAddress(v4: 0xC000_0207), port: UInt16(1024 + lastFlow % 60_000))
        let flow = Flow(transport: transport, local: near, remote: remote)
        flows[FlowID(lastFlow)] = (number, flow)
        fleet.handle(.up(FlowID(lastFlow), flow, .opened(ticket: UInt32(number))), at: now)
    }

    private mutating func serve(_ bytes: [UInt8], _ id: FlowID) {
        guard let (number, flow) = flows[id] else { return }
        if bytes == [13, 10, 13, 10] {
            pings.append((now, number))
            if server.isUp, server.answersPings { reply([13, 10], id) }
            return
        }
        if bytes.first == 0 {
            pings.append((now, number))
            guard server.isUp, server.answersSTUN, let request = try? STUNMessage.parse(bytes.span.bytes) else {
                return
            }
            var writer = STUNMessageWriter(.bindingSuccess, request.transactionID)
            writer.append(xorMappedAddress: server.rebound.contains(id) ? flow.remote : flow.local)
            reply(writer.message, id)
            return
        }
        var message = SIPMessage()
        guard (try? MessageParser.parse(bytes.span.bytes, into: &message)) != nil, message.isRequest else { return }
        register(message, number, id)
    }

    private mutating func register(_ message: SIPMessage, _ number: Int, _ id: FlowID) {
        #expect(message.faults().isEmpty, "\(message.whole)")
        let contact = message.all(.contact).first ?? ""
        let asked = contact.split(separator: "=").last.flatMap { Int($0) } ?? -1
        let entry = Register(
            time: now, number: number, cseq: Int(message.integer(.cseq) ?? 0), expires: asked, message: message)
        registers.append(entry)
        guard server.isUp, server.answersRegister else { return }
        let instance = (try? message.contacts().first?.instance) ?? ""
        let special = server.answer(number, message)
        var fields = special?.fields ?? []
        if special == nil {
            if asked == 0 { bindings.remove(instance) } else { bindings.insert(instance) }
            if asked > 0 {
                let granted = server.expires ?? asked
                fields.append("Contact: " + contact.replacing("expires=\(asked)", with: "expires=\(granted)"))
            }
            if server.isOutbound { fields.append("Require: outbound") }
            if let flowTimer = server.flowTimer { fields.append("Flow-Timer: \(flowTimer)") }
        }
        var lines = ["SIP/2.0 \(special?.status ?? "200 OK")"]
        for field in message.headers {
            switch field.name {
            case .via: lines.append("Via: \(message.text(field.value))")
            case .from: lines.append("From: \(message.text(field.value))")
            case .to: lines.append("To: \(message.text(field.value));tag=r")
            case .callID: lines.append("Call-ID: \(message.text(field.value))")
            case .cseq: lines.append("CSeq: \(message.text(field.value))")
            default: continue
            }
        }
        lines += fields
        reply(Array((lines + ["Content-Length: 0", "", ""]).joined(separator: "\r\n").utf8), id)
    }

    mutating func reply(_ bytes: [UInt8], _ id: FlowID) { coming.append((now + server.latency, id, bytes)) }
}
