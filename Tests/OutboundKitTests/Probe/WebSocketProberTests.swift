import Testing

@testable import OutboundKit

@Suite struct WebSocketProberTests {
    typealias Rig = StreamRig<WebSocketProber>

    enum Fault: Sendable {
        case none
        case noPongs
        case wrongPayload
        case onlyTheLast
        case closes
        case resets
        case noSubprotocol
        case notFound
        case silent
        case maskedFrames
        case hugeFrame
        case gluedPongs
        case noCRLF
        case echo
        case pingsItself
    }

    /// A server's session, spoilt.
    struct Server {
        let fault: Fault
        var session = WebSocketSession(server: .init())
        var pings = 0

        init(_ fault: Fault) {
            self.fault = fault
            session.answersPings = false
        }

        mutating func hear(_ octets: [UInt8]) -> [Rig.Action] {
            if case .silent = fault { return [] }
            session.receive(octets.span.bytes)
            var actions: [Rig.Action] = []
            while let output = session.next() {
                switch output {
                case .send(let octets): actions.append(.send(spoilt(octets)))
                case .event(.ping(let payload)):
                    actions += pinged(payload)
                case .event(.message(let octets, _)):
                    switch fault {
                    case .noCRLF: break
                    case .gluedPongs: session.send([0x0D, 0x0A] + WebSocketSessionTests.options, isText: true)
                    case .echo: session.send(octets, isText: true)
                    default: session.send([0x0D, 0x0A], isText: true)
                    }
                case .event, .end: break
                }
            }
            return actions
        }

        private mutating func pinged(_ payload: [UInt8]) -> [Rig.Action] {
            pings += 1
            switch fault {
            case .noPongs: break
            case .wrongPayload: session.send(raw: WebSocketFrame(.pong, payload.reversed()))
            case .onlyTheLast: if pings == 3 { session.send(raw: WebSocketFrame(.pong, payload)) }
            case .closes: session.close(WebSocketClose(code: 1008, reason: "no pings here"))
            case .resets: return [.lose(.reset)]
            case .maskedFrames: return [.send(WebSocketFrame(.pong, payload).encoded(maskingKey: 5))]
            case .hugeFrame: return [.send([0x82, 0x7F, 0, 0, 0, 0, 0x40, 0, 0, 0])]
            case .pingsItself:
                session.ping([9])
                session.send(raw: WebSocketFrame(.pong, payload))
            default: session.send(raw: WebSocketFrame(.pong, payload))
            }
            return []
        }

        private func spoilt(_ octets: [UInt8]) -> [UInt8] {
            guard octets.starts(with: Array("HTTP/".utf8)) else { return octets }
            let text = String(decoding: octets, as: UTF8.self)
            switch fault {
            case .noSubprotocol: return Array(text.replacing("Sec-WebSocket-Protocol: sip\r\n", with: "").utf8)
            case .notFound: return Array("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".utf8)
            default: return octets
            }
        }
    }

    static func run(
        _ fault: Fault, crlf: Bool = false, interval: Duration = .seconds(1), stopAt: Timestamp? = nil
    ) -> (rig: Rig, findings: [Finding]) {
        var settings = WebSocketProber.Settings(request: .init(host: "edge.example.com"))
        settings.schedule = ProbeSchedule(count: 3, pacing: .every(interval))
        settings.crlf = crlf
        var server = Server(fault)
        var rig = Rig(WebSocketProber(settings, using: SeededGenerator(seed: 7)))
        rig.run(stopAt: stopAt) { server.hear($0) }
        #expect(rig.isClosed)
        return (rig, WebSocketProbeJudge(rig.seen, settings: settings, subject: "server").findings)
    }

    @Test(arguments: [false, true])
    func healthyServer(crlf: Bool) {
        let (rig, findings) = Self.run(.none, crlf: crlf)
        #expect((rig.seen.sent, rig.seen.answered, rig.seen.lost) == (3, 3, 0))
        #expect(rig.seen.ending == .complete)
        #expect(rig.seen.roundTrips.percentiles([50]) == [10_000_000])
        #expect(findings.allSatisfy { $0.verdict == .pass })
        let pings = rig.sends.dropFirst().dropLast()
        #expect(pings.allSatisfy { $0.octets.first == (crlf ? 0x81 : 0x89) && $0.octets[1] == (crlf ? 0x84 : 0x88) })
        #expect(rig.sends.last?.octets.first == 0x88, "closed in order")
    }

    struct Row: CustomTestStringConvertible, Sendable {
        let fault: Fault
        let id: Requirement.ID
        let verdict: String?
        let ending: StreamProbe.Ending
        var crlf = false
        var testDescription: String { "\(fault)\(crlf ? " with CRLF" : ""): \(id) \(verdict ?? "nothing")" }
    }

    static let rows: [Row] = [
        Row(fault: .noPongs, id: "OB-WS-002", verdict: "fail", ending: .pongTimeout),
        Row(fault: .wrongPayload, id: "OB-WS-002", verdict: "fail", ending: .pongTimeout),
        Row(
            fault: .closes, id: "OB-WS-002", verdict: "fail",
            ending: .webSocketClosed(WebSocketClose(code: 1008, reason: "no pings here"))),
        Row(fault: .resets, id: "OB-WS-002", verdict: "fail", ending: .flow(.reset)),
        Row(fault: .noSubprotocol, id: "OB-WS-005", verdict: "fail", ending: .handshake(.refused(.subprotocol(nil)))),
        Row(fault: .notFound, id: "OB-WS-005", verdict: nil, ending: .handshake(.refused(.status(404, "Not Found")))),
        Row(fault: .silent, id: "OB-WS-005", verdict: nil, ending: .handshake(.timeout)),
        Row(
            fault: .maskedFrames, id: "OB-WS-010", verdict: "fail",
            ending: .webSocketFault(.violation("a server's frame is masked"))),
        Row(
            fault: .maskedFrames, id: "OB-WS-002", verdict: "unknown",
            ending: .webSocketFault(.violation("a server's frame is masked"))),
        Row(
            fault: .hugeFrame, id: "OB-WS-010", verdict: "unknown", ending: .webSocketFault(.tooBig("a frame", 1 << 20))
        ),
        Row(fault: .gluedPongs, id: "OB-WS-004", verdict: "warn", ending: .pongTimeout, crlf: true),
        Row(fault: .noCRLF, id: "OB-WS-003", verdict: "warn", ending: .pongTimeout, crlf: true),
        Row(fault: .echo, id: "OB-WS-003", verdict: "warn", ending: .complete, crlf: true),
        Row(fault: .pingsItself, id: "OB-WS-001", verdict: "info", ending: .complete),
        Row(fault: .pingsItself, id: "OB-WS-002", verdict: "pass", ending: .complete),
    ]

    @Test(arguments: rows)
    func judgement(_ row: Row) {
        let (rig, findings) = Self.run(row.fault, crlf: row.crlf)
        let all = findings.map { "\($0.requirement?.text ?? "") \($0.verdict.word) \($0.message)" }
        #expect(findings.first { $0.requirement == row.id }?.verdict.word == row.verdict, "\(all)")
        #expect(rig.seen.ending == row.ending)
    }

    @Test func onePongMayAnswerSeveralPings() {
        let (rig, findings) = Self.run(.onlyTheLast, interval: .milliseconds(1))
        #expect((rig.seen.answered, rig.seen.lost) == (3, 0))
        #expect(findings.first { $0.requirement == "OB-WS-002" }?.verdict == .pass)
    }

    @Test func interruptedWithAPingOut() {
        let (rig, findings) = Self.run(.noPongs, stopAt: Timestamp(seconds: 1.5))
        #expect((rig.seen.sent, rig.seen.lost) == (2, 0))
        #expect(!findings.contains { $0.requirement == "OB-WS-002" })
    }
}
