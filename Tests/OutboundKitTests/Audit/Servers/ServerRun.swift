import Testing

@testable import OutboundKit

/// Made-up servers and phones, judged by the real rules.
///
/// Flows 0 to 9 go from the phone to the edge 198.51.100.1, which is all that a phone sees; 20 to 29 from the edge to the
/// core; 40 to 49 from a caller to the core. On 30 to 39 the edge opens a connection to where flows 0 to 9 come from; 50
/// is the edge's other port, to where flow 0 comes from; 60 has the addresses of flow 0 once more; 61 comes from another
/// host to the edge; 70 goes from the phone to another edge, and 71 from the edge to itself. On 80 to 82 all share one
/// address: a phone's flow, a connection to where that comes from, and a caller.
enum ServerRun {
    struct Register {
        var time: Double
        var flow: UInt32 = 0
        var regID: String? = "1"
        var urn: String? = "urn:uuid:00000000-0000-1000-8000-000a95a0e128"
        var user = "alice"
        var host = "192.0.2.7:5060"
        var callID = "a"
        var cseq = 1
        var expires = 600
        /// Values of Via; from 2 on the request itself has the Path.
        var hops = 1
        /// nil: one with a token of the flow.
        var path: [String]?
        /// What the answer lists beside the own Contact.
        var others: [String] = []
        /// nil: it is never answered.
        var status: Int? = 200
        var isGranted = true
        /// Further values of Contact.
        var also: [String] = []
        /// The request is for `*`.
        var isForAll = false
        /// The lifetime stands in the answer's Expires, and not with the own Contact.
        var answerExpires: Int?

        var contact: String {
            "<sip:\(user)@\(host)>" + (regID.map { ";reg-id=\($0)" } ?? "")
                + (urn.map { ";+sip.instance=\"<\($0)>\"" } ?? "") + ";expires=\(expires)"
        }
    }

    struct Request {
        var time: Double
        var flow: UInt32
        var direction = FlowEvent.Direction.fromServer
        var method = "INVITE"
        var target = "alice@192.0.2.7:5060"
        var callID = "call"
        var hops = 2
        var route: String?
        var recordRoute: String?
        var from = "bob"
        var isInDialog = false
        var contact = "<sip:bob@203.0.113.5>"
        var status: Int?
        var delay = 0.1
    }

    enum Moment {
        case register(Register)
        case request(Request)
        case close(Double, flow: UInt32, FlowEvent.Closing = .fin, FlowEvent.Direction = .fromClient)
        /// The flow was there before the capture.
        case midstream(UInt32)
    }

    typealias Row = JudgedRun<Moment>

    /// The Path URI of a flow.
    static func path(_ flow: UInt32) -> String { "<sip:token\(flow)@198.51.100.1;lr;ob>" }
    static func route(_ flow: UInt32) -> String { "<sip:token\(flow)@198.51.100.1;lr>" }

    static func judge(_ moments: [Moment], _ transport: TransportProtocol) throws -> [Finding] {
        var sink = AuditSink(judgesExchanges: true)
        try tape(moments, transport).play(into: &sink)
        sink.finish()
        return Judge().judge(sink, keeping: .all).findings
    }

    static func tape(_ moments: [Moment], _ transport: TransportProtocol) throws -> Tape {
        var events: [FlowEvent] = []
        var unseen: Set<UInt32> = []
        for moment in moments {
            switch moment {
            case .register(let register): events += try self.events(register)
            case .request(let request): events += try self.events(request)
            case .close(let time, let flow, let how, let side):
                events.append(Row.event(flow, time, side, .close(how)))
            case .midstream(let flow): unseen.insert(flow)
            }
        }
        var opened: Set<UInt32> = []
        var tape = Tape()
        for event in events.sorted(by: { $0.time < $1.time }) {
            let flow = event.flow.rawValue
            if opened.insert(flow).inserted {
                let ends = ends(flow)
                let opening = FlowEvent.Opening(
                    transport: transport, client: ends.0, server: ends.1,
                    kind: transport == .udp ? .datagram : unseen.contains(flow) ? .midstream : .handshake)
                tape.observe(
                    FlowEvent(flow: event.flow, time: event.time, direction: .fromClient, what: .open(opening)))
            }
            tape.observe(event)
        }
        return tape
    }

    private static func ends(_ flow: UInt32) -> (TransportAddress, TransportAddress) {
        func address(_ ip: UInt32, _ port: UInt32) -> TransportAddress {
            TransportAddress(ip: IPAddress(v4: ip), port: UInt16(port))
        }
        let (phone, edge, core): (UInt32, UInt32, UInt32) = (0xC000_0207, 0xC633_6401, 0xC633_6409)
        switch flow {
        case 20..<30: return (address(edge, 30_000 + flow), address(core, 5060))
        case 30..<40: return (address(edge, 50_000 + flow), address(phone, 40_000 + flow - 30))
        case 40..<50: return (address(0xCB00_7105, 5060), address(core, 5060))
        case 50: return (address(edge, 5070), address(phone, 40_000))
        case 60: return (address(phone, 40_000), address(edge, 5060))
        case 61: return (address(0xCB00_7105, 40_000), address(edge, 5060))
        case 70: return (address(phone, 40_070), address(0xC633_6402, 5060))
        case 71: return (address(edge, 50_071), address(edge, 5060))
        case 80, 82: return (address(0x7F00_0001, 40_000 + flow), address(0x7F00_0001, 5060))
        case 81: return (address(0x7F00_0001, 40_081), address(0x7F00_0001, 40_080))
        default: return (address(phone, 40_000 + flow), address(edge, 5060))
        }
    }

    private static func vias(_ count: Int, _ branch: String) -> String {
        (0..<count).map { "Via: SIP/2.0/TCP 192.0.2.7;branch=z9hG4bK\(branch)-\($0)\r\n" }.joined()
    }

    private static func events(_ register: Register) throws -> [FlowEvent] {
        let path = (register.path ?? [path(register.flow)]).map { "Path: \($0)\r\n" }.joined()
        let head =
            vias(register.hops, "\(register.callID)\(register.flow)-\(Int(register.time * 10))") + """
                From: <sip:\(register.user)@example.com>;tag=1\r
                To: <sip:\(register.user)@example.com>\r
                Call-ID: \(register.callID)\r
                CSeq: \(register.cseq) REGISTER\r

                """
        let request =
            "REGISTER sip:example.com SIP/2.0\r\n" + head + (register.hops > 1 ? path : "")
            + "Supported: path, outbound\r\nExpires: \(register.expires)\r\nContact: "
            + (register.isForAll ? "*" : ([register.contact] + register.also).joined(separator: ", "))
            + "\r\nContent-Length: 0\r\n\r\n"
        let asked = Row.event(register.flow, register.time, .fromClient, .sip(try written(request)))
        guard let status = register.status else { return [asked] }
        let own = register.contact.split(separator: ";expires=")[0]
        let contacts = ([register.answerExpires == nil ? register.contact : String(own)] + register.others)
            .joined(separator: ", ")
        let granted =
            (register.isGranted && register.regID != nil ? "Require: outbound\r\n" : "") + path
            + "Contact: \(contacts)\r\n" + (register.answerExpires.map { "Expires: \($0)\r\n" } ?? "")
        let answer =
            "SIP/2.0 \(status) X\r\n" + head + (status == 200 ? granted : "")
            + "Content-Length: 0\r\n\r\n"
        return [
            asked, Row.event(register.flow, register.time + 0.01, .fromServer, .sip(try written(answer))),
        ]
    }

    private static func events(_ request: Request) throws -> [FlowEvent] {
        let head =
            vias(request.hops, "\(request.flow)-\(Int(request.time * 10))") + """
                From: <sip:\(request.from)@example.com>;tag=1\r
                To: <sip:alice@example.com>\(request.isInDialog ? ";tag=2" : "")\r
                Call-ID: \(request.callID)\r
                CSeq: 1 \(request.method)\r

                """
        let text =
            "\(request.method) sip:\(request.target) SIP/2.0\r\n" + head
            + (request.route.map { "Route: \($0)\r\n" } ?? "")
            + (request.recordRoute.map { "Record-Route: \($0)\r\n" } ?? "")
            + "Contact: \(request.contact)\r\nContent-Length: 0\r\n\r\n"
        // There the edge is the one that opens.
        let isOpener = (30..<40).contains(request.flow) || [50, 71, 81].contains(request.flow)
        let direction = isOpener ? .fromClient : request.direction
        var events = [Row.event(request.flow, request.time, direction, .sip(try written(text)))]
        if let status = request.status {
            let answer = "SIP/2.0 \(status) X\r\n" + head + "Content-Length: 0\r\n\r\n"
            events.append(
                Row.event(
                    request.flow, request.time + request.delay, direction.opposite,
                    .sip(try written(answer))))
        }
        return events
    }
}
