import Testing

@testable import OutboundKit

/// What a made-up device does, judged by the real rules.
enum DeviceRun {
    /// One REGISTER of a made-up device, with its answer.
    struct Register {
        var time: Double
        var flow: UInt32 = 0
        var regID: String? = "1"
        var urn: String? = "urn:uuid:00000000-0000-1000-8000-000a95a0e128"
        var callID = "a"
        var cseq = 1
        var expires = 600
        var from = "alice"
        var agent: String?
        var contact = "sip:alice@192.0.2.7:5060;ob"
        /// What the answer's `rport` says.
        var rport: Int?
        var path: String?
        /// Whether the 200 has Require: outbound.
        var isGranted = true
        var temporaryGRUU: String?
        /// Of the challenge that its credentials answer.
        var nonce: String?
        /// nil: it is never answered.
        var status: Int? = 200
        var delay = 0.01
    }

    /// What else happens on a flow.
    enum Moment {
        case register(Register)
        case invite(
            Double, flow: UInt32, contact: String, supported: String, agent: String? = nil, user: String = "alice")
        /// The answer to the last INVITE.
        case refusal(Double, flow: UInt32, Int, user: String = "alice")
        case close(Double, flow: UInt32, FlowEvent.Closing, FlowEvent.Direction)
        case gap(Double, flow: UInt32)
        /// Something from the server, so that its direction is known to be seen.
        case pong(Double, flow: UInt32)
        /// An INVITE of the server to the phone's account, and the phone's answer to it.
        case call(Double, flow: UInt32, user: String = "alice")
        case callAnswer(Double, flow: UInt32, Int)
        /// A sign of the client that is no SIP.
        case keepAlive(Double, flow: UInt32)
        /// An answer that the capture cut.
        case cutAnswer(Double, flow: UInt32)
        /// The server's host says that nothing listens on the port.
        case portUnreachable(Double, flow: UInt32)

        var time: Double {
            switch self {
            case .register(let register): register.time
            case .invite(let time, _, _, _, _, _), .close(let time, _, _, _), .gap(let time, _), .pong(let time, _),
                .keepAlive(let time, _), .call(let time, _, _), .callAnswer(let time, _, _), .cutAnswer(let time, _),
                .refusal(let time, _, _, _), .portUnreachable(let time, _):
                time
            }
        }
    }

    typealias Row = JudgedRun<Moment>

    static func judge(_ moments: [Moment], _ transport: TransportProtocol) throws -> [Finding] {
        var sink = AuditSink(judgesExchanges: true)
        try tape(moments, transport).play(into: &sink)
        sink.finish()
        return Judge().judge(sink, keeping: .all).findings
    }

    static func tape(_ moments: [Moment], _ transport: TransportProtocol) throws -> Tape {
        var opened: Set<UInt32> = []
        var lastCall = ""
        var events: [FlowEvent] = []
        for moment in moments {
            switch moment {
            case .register(let register): events += try self.events(register, transport)
            case .refusal(let time, let flow, let status, let user):
                let text = """
                    SIP/2.0 \(status) No\r
                    Via: SIP/2.0/TCP 192.0.2.7;branch=z9hG4bKinv\r
                    From: <sip:\(user)@example.com>;tag=1\r
                    To: <sip:b@example.com>;tag=2\r
                    Call-ID: \(lastCall)\r
                    CSeq: 1 INVITE\r
                    Content-Length: 0\r
                    \r

                    """
                events.append(Row.event(flow, time, .fromServer, .sip(try written(text))))
            case .invite(let time, let flow, let contact, let supported, let agent, let user):
                lastCall = "i\(time)"
                let text = """
                    INVITE sip:b@example.com SIP/2.0\r
                    Via: SIP/2.0/TCP 192.0.2.7;branch=z9hG4bKinv\r
                    From: <sip:\(user)@example.com>;tag=1\r
                    To: <sip:b@example.com>\r
                    Call-ID: \(lastCall)\r
                    CSeq: 1 INVITE\r
                    Supported: \(supported)\r
                    Contact: \(contact)\r
                    \(agent.map { "User-Agent: \($0)\r\n" } ?? "")Content-Length: 0\r
                    \r

                    """
                events.append(Row.event(flow, time, .fromClient, .sip(try written(text))))
            case .close(let time, let flow, let how, let side):
                events.append(Row.event(flow, time, side, .close(how)))
            case .gap(let time, let flow): events.append(Row.event(flow, time, .fromServer, .gap(10)))
            case .call(let time, let flow, let user):
                let request = "INVITE sip:\(user)@192.0.2.7 SIP/2.0\r\n" + callHead("")
                events.append(Row.event(flow, time, .fromServer, .sip(try written(request))))
            case .callAnswer(let time, let flow, let status):
                events.append(
                    Row.event(
                        flow, time, .fromClient, .sip(try written("SIP/2.0 \(status) X\r\n" + callHead(";tag=2")))))
            case .keepAlive(let time, let flow):
                events.append(Row.event(flow, time, .fromClient, .otherDatagram(length: 9, first: 1)))
            case .cutAnswer(let time, let flow):
                events.append(Row.event(flow, time, .fromServer, .cutSIP))
            case .portUnreachable(let time, let flow):
                events.append(Row.event(flow, time, .fromClient, .icmpError(type: 3, code: 3)))
            case .pong(let time, let flow):
                events.append(
                    Row.event(flow, time, .fromServer, .crlf(completesPair: false, ownSegment: true)))
            }
        }
        var tape = Tape()
        for event in events.sorted(by: { $0.time < $1.time }) {
            if opened.insert(event.flow.rawValue).inserted {
                let opening = FlowEvent.Opening(
                    transport: transport,
                    client: TransportAddress(
                        // Flows from 10 on come from another host.
                        ip: IPAddress(v4: event.flow.rawValue < 10 ? 0xC000_0207 : 0xC000_0208),
                        port: 40_000 + UInt16(event.flow.rawValue)),
                    // Flows from 20 on go to another server.
                    server: TransportAddress(
                        ip: IPAddress(v4: event.flow.rawValue < 20 ? 0xC633_6401 : 0xC633_6402), port: 5060),
                    kind: transport == .udp ? .datagram : .handshake)
                tape.observe(
                    FlowEvent(flow: event.flow, time: event.time, direction: .fromClient, what: .open(opening)))
            }
            tape.observe(event)
        }
        return tape
    }

    private static func callHead(_ tag: String) -> String {
        """
        Via: SIP/2.0/TCP 198.51.100.1;branch=z9hG4bKcall\r
        From: <sip:b@example.com>;tag=1\r
        To: <sip:alice@example.com>\(tag)\r
        Call-ID: incoming\r
        CSeq: 1 INVITE\r
        Content-Length: 0\r
        \r

        """
    }

    private static func events(_ register: Register, _ transport: TransportProtocol) throws -> [FlowEvent] {
        let contact =
            "<\(register.contact)>" + (register.regID.map { ";reg-id=\($0)" } ?? "")
            + (register.urn.map { ";+sip.instance=\"<\($0)>\"" } ?? "") + ";expires=\(register.expires)"
        let head = """
            Via: SIP/2.0/\(transport.description.uppercased()) 192.0.2.7;rport;branch=z9hG4bK\(register.callID)-\(Int(register.time * 10))\r
            From: <sip:\(register.from)@example.com>;tag=1\r
            To: <sip:alice@example.com>\r
            Call-ID: \(register.callID)\r
            CSeq: \(register.cseq) REGISTER\r

            """
        let request =
            "REGISTER sip:example.com SIP/2.0\r\n" + head
            + "Supported: path, outbound\r\nContact: \(contact)\r\n"
            + (register.agent.map { "User-Agent: \($0)\r\n" } ?? "")
            + (register.nonce.map { "Authorization: Digest cnonce=\"c\", nonce=\"\($0)\"\r\n" } ?? "")
            + "Content-Length: 0\r\n\r\n"
        var events = [Row.event(register.flow, register.time, .fromClient, .sip(try written(request)))]
        if let status = register.status {
            let granted = status == 200 && register.regID != nil && register.isGranted ? "Require: outbound\r\n" : ""
            let gruu = register.temporaryGRUU.map { ";temp-gruu=\"\($0)\"" } ?? ""
            let answer =
                "SIP/2.0 \(status) X\r\n"
                + (register.rport.map { head.replacing(";rport", with: ";received=192.0.2.9;rport=\($0)") } ?? head)
                + granted + (register.path.map { "Path: \($0)\r\n" } ?? "")
                + "Contact: \(contact)\(gruu)\r\nContent-Length: 0\r\n\r\n"
            events.append(
                Row.event(
                    register.flow, register.time + register.delay, .fromServer, .sip(try written(answer))))
        }
        return events
    }
}
