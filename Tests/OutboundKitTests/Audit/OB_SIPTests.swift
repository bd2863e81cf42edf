import Testing

@testable import OutboundKit

/// SIP on streams that nobody can frame, and SIP that is too long to be read: nothing of it may vanish in silence.
@Suite struct OB_SIPTests {
    struct Segment: Sendable {
        let time: Double
        let fromClient: Bool
        let text: String
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let what: String
        let segments: [Segment]
        /// Requirement and verdict, with its reason: `OB-KA-001 unknown CUT`.
        let told: [String]
        var testDescription: String { what }
    }

    private static let ping = "\r\n\r\n"

    private static func register(_ framing: String = "", _ more: String = "", body: String = "") -> String {
        """
        REGISTER sip:example.com SIP/2.0\r
        Via: SIP/2.0/TCP 192.0.2.10:40000;branch=z9hG4bK1;rport\r
        From: <sip:alice@example.com>;tag=1\r
        To: <sip:alice@example.com>\r
        Call-ID: a1\r
        CSeq: 1 REGISTER\r
        Supported: path, outbound\r
        Contact: <sip:alice@192.0.2.10:40000;ob>;reg-id=1;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"\r
        Expires: 3600\r
        \(more)\(framing)\r
        \(body)
        """
    }

    private static func granted(_ framing: String = "", _ more: String = "", body: String = "") -> String {
        """
        SIP/2.0 200 OK\r
        Via: SIP/2.0/TCP 192.0.2.10:40000;branch=z9hG4bK1;rport=1;received=192.0.2.7\r
        From: <sip:alice@example.com>;tag=1\r
        To: <sip:alice@example.com>;tag=2\r
        Call-ID: a1\r
        CSeq: 1 REGISTER\r
        Require: outbound\r
        Flow-Timer: 20\r
        Contact: <sip:alice@192.0.2.10:40000;ob>;reg-id=1;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>";expires=3600\r
        \(more)\(framing)\r
        \(body)
        """
    }

    private static let length = "Content-Length: 0\r\n"

    /// A registration, and pings with a gap of 31 s under a Flow-Timer of 20 s.
    private static func talk(_ request: String, _ answer: String) -> [Segment] {
        var talk = [
            Segment(time: 0, fromClient: true, text: request), Segment(time: 0.05, fromClient: false, text: answer),
        ]
        for time in [18.0, 36, 67] {
            talk.append(Segment(time: time, fromClient: true, text: ping))
            talk.append(Segment(time: time + 0.05, fromClient: false, text: "\r\n"))
        }
        return talk
    }

    static let rows: [Row] = [
        Row(
            what: "in order", segments: talk(register(length), granted(length)),
            told: ["OB-SIP-003 pass", "OB-FT-004 fail"]),
        Row(what: "none at all", segments: talk(register(), granted()), told: ["OB-SIP-003 fail", "OB-FT-004 fail"]),
        Row(
            what: "the answer has none", segments: talk(register(length), granted()),
            told: ["OB-SIP-003 fail", "OB-FT-004 fail"]),
        Row(
            what: "two in one segment",
            segments: talk(register() + "OPTIONS sip:a SIP/2.0\r\n\(length)\r\n", granted(length)),
            told: ["OB-SIP-003 fail", "OB-FT-004 fail"]),
        Row(
            what: "an answer with a body that nobody can find the end of",
            segments: talk(register(length), granted("", "Content-Type: text/plain\r\n", body: "hello\r\n")),
            told: ["OB-SIP-003 fail", "OB-FT-004 unknown CUT", "OB-KA-001 unknown CUT"]),
        Row(
            what: "no number", segments: talk(register("Content-Length: x\r\n"), granted("Content-Length: x\r\n")),
            told: ["OB-SIP-003 fail", "OB-FT-004 unknown CUT", "OB-KA-001 unknown CUT"]),
        Row(
            what: "empty", segments: talk(register("Content-Length:\r\n"), granted("Content-Length: \r\n")),
            told: ["OB-SIP-003 fail", "OB-FT-004 unknown CUT", "OB-KA-001 unknown CUT"]),
        Row(
            what: "a refresh that nobody can read lies in the gap",
            segments: talk(register(length), granted(length))
                + [Segment(time: 66, fromClient: true, text: register("Content-Length: x\r\n"))],
            told: ["OB-SIP-003 fail", "OB-FT-004 unknown GAP"]),
        Row(
            what: "a header field of 16.5 kB",
            segments: talk(register(length), granted(length, "X: \(String(repeating: "x", count: 16_500))\r\n")),
            told: ["OB-FT-004 unknown CUT", "OB-KA-001 unknown CUT", "- unknown CUT"]),
        Row(
            what: "600 header fields",
            segments: talk(register(length, String(repeating: "X: y\r\n", count: 600)), granted(length)),
            told: ["OB-FT-004 unknown CUT", "OB-KA-001 unknown CUT", "- unknown CUT"]),
    ]

    @Test(arguments: rows) func judges(_ row: Row) {
        for isThroughLog in [false, true] {
            let list = Self.judge(row.segments, isThroughLog)
            let words = list.map { finding -> String in
                let reason = if case .unknown(let reason) = finding.verdict { " \(reason.rawValue)" } else { "" }
                return "\(finding.requirement?.text ?? "-") \(finding.verdict.word)\(reason)"
            }
            for word in row.told {
                #expect(
                    words.contains(word),
                    "\(list.map { "\($0.requirement?.text ?? "-") \($0.verdict.word) \($0.message)" })")
            }
        }
    }

    @Test func namesTheBound() {
        let bounds = Self.rows.suffix(2).map { Self.judge($0.segments, false).map(\.message).joined(separator: "\n") }
        #expect(bounds[0].contains("more than 16384 octets in a header field"))
        #expect(bounds[1].contains("more than 512 header fields"))
    }

    @Test func namesTheSender() {
        let messages = Self.rows.map { row in
            Self.judge(row.segments, false).first { $0.requirement == "OB-SIP-003" && $0.verdict == .fail }?.message
                ?? ""
        }
        #expect(messages[1].contains("1 message of the client and 1 message of the server"))
        #expect(messages[2].contains("1 message of the server") && !messages[2].contains("client"))
    }

    /// Over datagrams too; but there Content-Length is no matter of framing.
    @Test func datagrams() throws {
        let error = ParseError(overLimit: 512, at: 9000, in: "header fields")
        let wrong = ParseError(.unexpected, at: 90, in: "Content-Length")
        for (error, remarks) in [(error, 1), (wrong, 0)] {
            let list = try audit([
                .udp([(0, .event(.malformedSIP(error), .fromClient))] + Timeline.stuns([15, 33, 80]))
            ])
            let keepAlives = list.findings.filter { $0.requirement == "OB-KA-001" || $0.requirement == "OB-FT-004" }
            #expect(keepAlives.map(\.verdict) == [.unknown(.cut), .unknown(.cut)])
            #expect(list.findings.count { $0.requirement == nil && $0.verdict == .unknown(.cut) } == remarks)
            #expect(!list.findings.contains { $0.requirement == "OB-SIP-003" })
        }
    }

    /// Between proxies each puts it in where it sends on a stream; a phone is not accused of what its server sends.
    @Test func accusesTheSenderAlone() throws {
        let via = "Via: SIP/2.0/UDP 192.0.2.99;branch=z9hG4bK0\r\n"
        let forwarded = Self.judge(Self.talk(Self.register("", via), Self.granted(Self.length, via)), false)
        let fail = try #require(forwarded.first { $0.requirement == "OB-SIP-003" })
        #expect(fail.verdict == .fail && fail.message.contains("proxy or server at 192.0.2.10:40000"))
        let byServer = Self.talk(Self.register(Self.length), Self.granted())
        let phones = Self.judge(byServer, false, of: .registeredPhones).filter { $0.requirement == "OB-SIP-003" }
        #expect(phones.map(\.verdict) == [.pass])
    }

    /// The events as an event log keeps them.
    private static func readBack(_ tape: Tape) -> Tape {
        var octets: [UInt8] = []
        var writer = EventLineWriter(survey: EventSurveyor().finish()) { octets += $0 }
        for event in tape.events { writer.observe(event) }
        writer.finish(CaptureSummary(packets: 0, lastTime: .zero, notAnalyzed: []))
        return Tape(
            events: octets.split(separator: ASCII.lf).compactMap { line in
                guard case .event(let event)? = try? EventLineReader.read(Array(line)).record else { return nil }
                return event
            })
    }

    /// What is judged of a capture of these segments.
    private static func judge(
        _ segments: [Segment], _ isThroughLog: Bool, of defendant: Judge.Defendant = .everybody
    ) -> [Finding] {
        var capture = CaptureBuilder()
        capture.handshake()
        var (client, server) = (UInt32(1001), UInt32(5001))
        for segment in segments.sorted(by: { $0.time < $1.time }) {
            var rest = Array(segment.text.utf8)[...]
            capture.milliseconds = max(capture.milliseconds, Int(segment.time * 1000))
            while !rest.isEmpty {
                let piece = Array(rest.prefix(1400))
                capture.segment(piece, fromClient: segment.fromClient, sequence: segment.fromClient ? client : server)
                if segment.fromClient { client += UInt32(piece.count) } else { server += UInt32(piece.count) }
                rest = rest.dropFirst(piece.count)
            }
        }
        var pipeline = CapturePipeline(sink: Tape())
        #expect(pipeline.feedAll([capture.bytes]) == nil)
        pipeline.finish()
        var ledger = FlowLedger()
        (isThroughLog ? readBack(pipeline.sink) : pipeline.sink).play(into: &ledger)
        ledger.finish()
        return Judge(of: defendant).judge(ledger, keeping: .all).findings
    }
}
