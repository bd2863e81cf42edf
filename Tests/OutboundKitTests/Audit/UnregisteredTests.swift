import Testing

@testable import OutboundKit

/// What an audit says of phones that try to register and are not registered.
@Suite struct UnregisteredTests {
    typealias Moments = [(Double, Timeline.Moment)]

    struct Row: CustomTestStringConvertible {
        /// nil: nothing is told.
        let told: String?
        let what: String
        let timelines: [Timeline]
        var end: Double?
        var testDescription: String { what }

        init(_ told: String?, _ what: String, _ timelines: [Timeline], end: Double? = nil) {
            (self.told, self.what, self.timelines, self.end) = (told, what, timelines, end)
        }
    }

    private static func tried(
        _ time: Double, _ cseq: Int, _ status: Int, _ headers: [String] = [], regID: Int? = 1, expires: Int? = nil
    ) -> Moments {
        [
            (time, .register(regID: regID, callID: "a1", cseq: cseq, expires: expires)),
            (time + 0.01, .answer(status, headers, cseq: cseq, callID: "a1")),
        ]
    }

    private static func authorized(_ time: Double, _ cseq: Int, _ status: Int, _ headers: [String] = []) -> Moments {
        [
            (time, .authorized(cseq: cseq, callID: "a1")),
            (time + 0.01, .answer(status, headers, cseq: cseq, callID: "a1")),
        ]
    }

    private static let minute = Timeline.registered(more: ["Expires: 60"])
    private static let stale = #"WWW-Authenticate: Digest realm="x", nonce="y", stale=true"#

    static let refused: [Row] = [
        Row(
            "Not registered: 2 REGISTERs in a row were refused, the last with 420 Whatever (Unsupported: path). DX-REG-02",
            "path is not listed",
            [.udp(tried(0, 1, 420, ["Unsupported: path"]) + tried(30, 2, 420, ["Unsupported: path"]))]),
        Row(
            "Not registered: a REGISTER was refused with 420 Whatever (Unsupported: gruu, outbound). DX-REG-03",
            "no outbound at the registrar", [.tcp(tried(0, 1, 420, ["Unsupported: gruu, outbound"]))]),
        Row(
            "Not registered: a REGISTER was refused with 421 Whatever (Require: outbound). DX-REG-04",
            "outbound is demanded", [.tcp(tried(0, 1, 421, ["Require: outbound"], regID: nil))]),
        Row("Not registered: a REGISTER was refused with 439 Whatever. DX-REG-01", "439", [.tcp(tried(0, 1, 439))]),
        Row("Not registered: a REGISTER was refused with 403 Whatever. DX-REG-20", "403", [.tcp(tried(0, 1, 403))]),
        Row("Not registered: a REGISTER was refused with 503 Whatever. DX-REG-21", "503", [.tcp(tried(0, 1, 503))]),
        Row("Not registered: a REGISTER was refused with 302 Whatever. DX-REG-22", "302", [.tcp(tried(0, 1, 302))]),
        Row(
            "Not registered: a REGISTER was refused with 401 Whatever. DX-REG-20", "a wrong password",
            [.udp(tried(0, 1, 401) + authorized(0.1, 2, 401))]),
        Row(
            "Registered no more: 2 REGISTERs in a row were refused, the last with 403 Whatever, and the binding ran out. DX-REG-20",
            "banned later", [.tcp(minute + tried(50, 2, 403) + tried(80, 3, 403))], end: 100),
    ]

    static let silent: [Row] = [
        Row(
            "Not registered: the registrar asked for credentials (401 or 407), and no REGISTER with new ones followed. DX-REG-20",
            "no credentials", [.udp(tried(0, 1, 401))], end: 60),
        Row(
            "Not registered: the registrar asked for credentials (401 or 407), and no REGISTER with new ones followed. DX-REG-20",
            "the nonce was old, and that was all", [.udp(tried(0, 1, 401) + authorized(0.1, 2, 401, [stale]))], end: 60),
        Row(
            "Not registered: the registrar asked for credentials (401 or 407), and no REGISTER with new ones followed. DX-REG-20",
            "no credentials, again and again", [.udp(tried(0, 1, 401) + tried(33, 2, 401) + tried(120, 3, 401))],
            end: 121),
        Row(
            "Not registered: the registrar asked for credentials (401 or 407), and no REGISTER with new ones followed. DX-REG-20",
            "no credentials until the phone closed",
            [.tcp(tried(0, 1, 401) + [(75, .event(.close(.fin), .fromClient))])],
            end: 76),
        Row(
            "Not registered: 0.100 s after a REGISTER the server closed the connection, without a final response. DX-REG-21",
            "the server hangs up",
            [
                .tcp([
                    (0, .register(regID: nil, callID: "a1", cseq: 1, expires: nil)),
                    (0.1, .event(.close(.fin), .fromServer)),
                ])
            ]),
        Row(
            "Not registered: no final response came to a REGISTER within 32 s. DX-REG-21",
            "another try waits for its answer, and the server's handshake was all that came of it",
            [
                Timeline(
                    moments: [
                        (0, .register(regID: nil, callID: "a1", cseq: 1, expires: nil)),
                        (62, .register(regID: nil, callID: "a1", cseq: 2, expires: nil)),
                        (75, .event(.close(.fin), .fromClient)),
                    ], isAnswered: true)
            ]),
        Row(
            "Not registered: no final response came to a REGISTER within 32 s. DX-REG-21", "only a 100",
            [
                .tcp([
                    (0, .register(regID: 1, callID: "a1", cseq: 1, expires: nil)),
                    (0.01, .answer(100, [], cseq: 1, callID: "a1")),
                ])
            ], end: 60),
        Row(
            "Whether it is registered cannot be told: no packet of the server was seen. Either none came, or the capture has one direction only. HALF",
            "nobody answers a phone without outbound",
            [.udp([(0, .register(regID: nil, callID: "a1", cseq: 1, expires: nil))])], end: 60),
    ]

    static let quiet: [Row] = [
        Row(nil, "challenged, and registered", [.udp(tried(0, 1, 401) + authorized(0.1, 2, 200))], end: 60),
        Row(
            nil, "refused once, and registered", [.tcp(tried(0, 1, 503) + tried(40, 2, 200, ["Require: outbound"]))]),
        Row(
            nil, "439, and registered without outbound", [.tcp(tried(0, 1, 439) + tried(1, 2, 200, regID: nil))]),
        Row(nil, "a refresh was refused, and the binding lasts", [.tcp(minute + tried(50, 2, 503))], end: 55),
        Row(nil, "the capture ends behind the challenge", [.udp(tried(0, 1, 401))], end: 20),
        Row(
            nil, "challenged, and closed", [.tcp(tried(0, 1, 401) + [(1, .event(.close(.fin), .fromClient))])], end: 60),
        Row(
            nil, "challenged, and the answer to a REGISTER that was not seen",
            [.udp(tried(0, 1, 401) + [(0.2, .answer(200, [], cseq: 2, callID: "a1"))])], end: 60),
        Row(nil, "taken away", [.tcp(minute + tried(10, 2, 200, expires: 0))], end: 100),
        Row(
            nil, "the answer is on its way", [.udp([(0, .register(regID: nil, callID: "a1", cseq: 1, expires: nil))])],
            end: 9),
    ]

    /// What a capture shows when something else than the phone's refusal explains what is seen, or nothing can.
    private static let cannotTell = "Whether it is registered cannot be told"
    private static let unseen: Moments = [(20, .answer(200, [], cseq: 7, callID: "a1"))]

    private static func sent(_ times: [Double]) -> Moments {
        times.map { ($0, .register(regID: nil, callID: "a1", cseq: 3, expires: nil)) }
    }

    /// The same phone from another port, later.
    private static func again(_ moments: Moments, host: UInt32 = 7) -> Timeline {
        Timeline(flow: 1, transport: .udp, clientPort: 40_001, moments: moments, clientHost: host)
    }

    private static let lost = tried(0, 1, 401) + sent([0.1])

    /// REGISTERs of a phone that has no instance-id, and of which the last are for a shorter lifetime.
    private static func bare(_ time: Double, _ cseq: Int, _ status: Int, lifetime: Int = 3600, user: String = "alice")
        -> Moments
    {
        let via = "Via: SIP/2.0/TCP 192.0.2.7:40000;branch=z9hG4bK\(cseq)\r\n"
        let rest = "To: <sip:\(user)@example.com>\r\nCall-ID: \(user)\r\nCSeq: \(cseq) REGISTER\r\n"
        let contact = "Contact: <sip:\(user)@192.0.2.7:40000>;expires=\(lifetime)\r\nContent-Length: 0\r\n\r\n"
        return [
            (time, .text("REGISTER sip:example.com SIP/2.0\r\n\(via)\(rest)\(contact)", .fromClient)),
            (time + 0.01, .text("SIP/2.0 \(status) Whatever\r\n\(via)\(rest)\(contact)", .fromServer)),
        ]
    }

    /// A REGISTER without Contact, which asks for the bindings that there are.
    private static func query(_ status: Int) -> Moments {
        bare(0, 1, status).map { time, moment in
            guard case .text(let text, let direction) = moment else { return (time, moment) }
            return (time, .text(text.replacing(/Contact: [^\r]*\r\n/, with: ""), direction))
        }
    }

    static let doubtful: [Row] = [
        Row(
            "\(cannotTell): no final response to a REGISTER was seen, nor that the client missed one, which would send its REGISTER again. GAP",
            "the 200 was not captured", [.udp(lost)], end: 60),
        Row(
            "\(cannotTell): no final response to a REGISTER was seen, nor that the client missed one, which would send its REGISTER again. GAP",
            "the server hangs up, but a 200 to another REGISTER came before",
            [
                .tcp(
                    [(19, .register(regID: nil, callID: "a1", cseq: 1, expires: nil))] + unseen + [
                        (25, .event(.close(.fin), .fromServer))
                    ])
            ], end: 60),
        Row(
            "Not registered: no final response came to a REGISTER within 32 s. DX-REG-21", "sent again and again",
            [.udp(tried(0, 1, 401) + sent([0.1, 0.6, 1.6, 3.6, 7.6]))], end: 60),
        Row(
            "\(cannotTell): a REGISTER was refused with 503 Whatever, and what came later was not all seen. GAP",
            "octets are missing behind a refusal", [.tcp(tried(0, 1, 503) + [(9, .event(.gap(900), .fromServer))])]),
        Row(
            "\(cannotTell): a REGISTER was refused with 503 Whatever, and what came later was not all seen. GAP",
            "a 200 to a REGISTER that was not seen", [.tcp(tried(0, 1, 503) + unseen)]),
        Row(
            "\(cannotTell): a REGISTER was refused with 503 Whatever, and what came later was not all seen. GAP",
            "the same CSeq again, and granted", [.tcp(tried(0, 1, 503) + tried(30, 1, 200))]),
        Row(
            "\(cannotTell): a REGISTER was refused with 503 Whatever, and what came later was not all seen. CUT",
            "longer messages are cut", [.tcp(tried(0, 1, 503) + [(9, .event(.cutSIP, .fromServer))])]),
    ]

    static let explained: [Row] = [
        Row(
            "Not registered (sip:a@example.com): a REGISTER was refused with 403 Whatever. DX-REG-20 | "
                + "Not registered (sip:b@example.com): a REGISTER was refused with 403 Whatever. DX-REG-20",
            "of two accounts both are sent again, with their answers, behind the other's answer",
            [
                .udp(
                    (bare(0, 1, 403, user: "a") + bare(0.1, 1, 403, user: "b"))
                        + (bare(0.5, 1, 403, user: "a") + bare(0.6, 1, 403, user: "b")))
            ]),
        Row(
            nil, "the credentials went by another flow",
            [.udp(tried(0, 1, 401)), again(authorized(0.1, 2, 200, ["Require: outbound"]))], end: 60),
        Row(
            "Not registered: the registrar asked for credentials (401 or 407), and no REGISTER with new ones followed. DX-REG-20",
            "another reg-id by another flow", [.udp(tried(0, 1, 401)), again(tried(0.1, 2, 200, regID: 2))], end: 60),
        Row(
            nil, "refused, and granted by another flow",
            [.udp(tried(0, 1, 503)), again(tried(5, 2, 200, ["Require: outbound"]))], end: 60),
        Row(
            nil, "unanswered, and granted by another flow, without instance-ids",
            [.udp(bare(0, 1, 401) + [bare(1, 2, 200)[0]]), again(bare(8, 2, 200))], end: 60),
        Row(
            "Not registered: a REGISTER was refused with 503 Whatever. DX-REG-21", "another phone's grant",
            [.udp(bare(0, 1, 503)), again(bare(8, 2, 200), host: 8)], end: 60),
        Row(nil, "a removal is refused", [.tcp(minute + tried(10, 2, 503, expires: 0))], end: 100),
        Row(nil, "a removal is challenged", [.udp(tried(0, 1, 401, expires: 0))], end: 100),
        Row(
            nil, "a removal is not answered",
            [.tcp(tried(0, 1, 100, expires: 0))], end: 100),
        Row(
            nil, "the client hangs up at once",
            [
                .tcp(
                    tried(0, 1, 100) + [
                        (1, .event(.close(.fin), .fromClient)), (1.1, .event(.close(.fin), .fromServer)),
                    ])
            ],
            end: 100),
        Row(
            "Not registered: 1.000 s after a REGISTER the server closed the connection, without a final response. DX-REG-21",
            "the server hangs up behind a 100",
            [
                .tcp(
                    tried(0, 1, 100) + [
                        (1, .event(.close(.fin), .fromServer)), (1.1, .event(.close(.fin), .fromClient)),
                    ])
            ],
            end: 100),
        Row(nil, "a query is refused", [.tcp(query(403))], end: 100),
        Row(nil, "a query is challenged", [.udp(query(401))], end: 100),
        Row(nil, "a query is not answered", [.tcp(query(100))], end: 100),
        Row(
            nil, "another lifetime was refused, and the binding lasts",
            [.tcp(bare(0, 1, 200) + bare(50, 2, 423, lifetime: 60))], end: 200),
        Row(
            nil, "credentials of a challenge before the capture, and its end", [.udp(authorized(0, 9, 401))], end: 20),
        Row(
            "\(cannotTell): the registrar asked for new credentials, no REGISTER with such followed, and \(older)",
            "credentials of a challenge before the capture, and no more", [.udp(authorized(0, 9, 401))], end: 60),
        Row(
            "\(cannotTell): a REGISTER was refused with 503 Whatever, and \(older)",
            "the refresh of a binding from before the capture is refused", [.udp(authorized(0, 9, 503))], end: 60),
        Row(
            "Not registered: 2 REGISTERs in a row were refused, the last with 503 Whatever. DX-REG-21",
            "by now that has run out", [.udp(authorized(0, 9, 503) + authorized(3000, 10, 503))], end: 3700),
        Row(
            "Not registered: a REGISTER was refused with 503 Whatever. DX-REG-21",
            "credentials behind a challenge that was seen", [.udp(tried(0, 1, 401) + authorized(0.1, 2, 503))], end: 60),
        Row(
            "Not registered: a REGISTER was refused with 503 Whatever. DX-REG-21",
            "an IMS phone names itself before a challenge",
            [
                .udp([
                    (0, .text(ims, .fromClient)), (0.01, .answer(503, [], cseq: 1, callID: "a1")),
                ])
            ], end: 60),
        Row(
            "Not registered: a REGISTER was refused with 403 Whatever. DX-REG-20", "a new connection",
            [.tcp(authorized(0, 9, 403))], end: 60),
        Row(
            "Not registered, as far as was seen: a REGISTER was refused with 503 Whatever. DX-REG-21",
            "perhaps registered before the capture",
            [Timeline(transport: .tcp, moments: tried(0, 1, 503), opening: .midstream)]),
        Row(
            nil, "a trunk with more accounts than are kept",
            [.tcp((0..<64).flatMap { bare(Double($0), $0, 200, user: "u\($0)") } + bare(70, 70, 403, user: "u70"))],
            end: 110),
    ]

    private static let older =
        "its first REGISTER that was seen had credentials already: a binding from before may last. LATE"

    private static let ims = """
        REGISTER sip:example.com SIP/2.0\r
        Via: SIP/2.0/UDP 192.0.2.7:40000;branch=z9hG4bKa11;rport\r
        From: <sip:alice@example.com>;tag=1\r
        To: <sip:alice@example.com>\r
        Call-ID: a1\r
        CSeq: 1 REGISTER\r
        Authorization: Digest username="alice", realm="example.com", nonce="", response=""\r
        Contact: <sip:alice@192.0.2.7:40000>\r
        Content-Length: 0\r
        \r

        """

    private static func connection(
        _ flow: UInt32, _ moments: Moments, port: UInt16 = 5060, host: UInt32 = 7
    ) -> Timeline {
        Timeline(
            flow: flow, clientPort: 40_000 + UInt16(flow), serverPort: port, moments: moments, clientHost: host)
    }

    private static func reset(_ time: Double) -> Moments { [(time, .event(.close(.refused), .fromServer))] }

    private static func count(_ words: String) -> String {
        "\(words) refused with RST, and none was made after that, as far as was seen. DX-REG-23"
    }

    static let connections: [Row] = [
        Row(
            count("1 connection from 192.0.2.7 to 198.51.100.1:5060 was"), "nothing listens", [connection(0, reset(0))]),
        Row(
            count("3 connections from 192.0.2.7 to 198.51.100.1:5061 were"), "tried again and again",
            (0..<3).map { connection($0, reset(Double($0) * 30), port: 5061) }),
        Row(
            count("1 connection from 192.0.2.7 to 198.51.100.1:15060 was"), "the server is gone",
            [connection(0, Timeline.registered(), port: 15060), connection(1, reset(50), port: 15060)]),
        Row(nil, "a port of something else", [connection(0, reset(0), port: 80)]),
        Row(nil, "made later", [connection(0, reset(0)), connection(1, Timeline.registered(at: 5))]),
        Row(dialled(5060), "a phone's SIP port", [connection(0, Timeline.registered()), dial(1, port: 5060)]),
        Row(
            dialled(40_000), "the port of a flow that is gone",
            [connection(0, Timeline.registered()), dial(1, port: 40_000)]),
        Row(nil, "something else of a phone", [connection(0, Timeline.registered()), dial(1, port: 80)]),
        Row(
            count("1 connection from 198.51.100.1 to 192.0.2.7:5060 was"), "an edge, of its registrar",
            [connection(0, [(0, .text(handedOn, .fromClient))]), dial(1, port: 5060)]),
    ]

    /// A REGISTER that an edge hands on.
    private static let handedOn = """
        REGISTER sip:example.com SIP/2.0\r
        Via: SIP/2.0/TCP 192.0.2.7:5060;branch=z9hG4bKb\r
        Via: SIP/2.0/TCP 10.0.0.1:5060;branch=z9hG4bKa\r
        From: <sip:alice@example.com>;tag=1\r
        To: <sip:alice@example.com>\r
        Call-ID: h1\r
        CSeq: 1 REGISTER\r
        Contact: <sip:alice@10.0.0.1>\r
        Content-Length: 0\r
        \r

        """

    /// The server tries to connect to the phone.
    private static func dial(_ flow: UInt32, port: UInt16) -> Timeline {
        var timeline = connection(flow, reset(50), port: port, host: 0xC633_6401 &- 0xC000_0200)
        timeline.serverHost = 0xC000_0207 &- 0xC633_6400
        return timeline
    }

    private static func dialled(_ port: UInt16) -> String {
        "1 connection from 198.51.100.1 to 192.0.2.7:\(port) was refused with RST. 192.0.2.7 registers with 198.51.100.1, which dials it; a phone is reached over the flow that it opened. DX-REG-24"
    }

    static var rows: [Row] { refused + silent + quiet + doubtful + explained + connections }

    @Test(arguments: rows)
    func told(_ row: Row) throws {
        let remarks = try audit(row.timelines, end: row.end).findings.filter { $0.requirement == nil }
        let words = remarks.map { finding in
            guard case .unknown(let reason) = finding.verdict else {
                #expect(finding.verdict == .info)
                return "\(finding.message) \(finding.diagnosis?.text ?? "-")"
            }
            return "\(finding.message) \(reason.rawValue)"
        }
        #expect(words.joined(separator: " | ") == row.told ?? "", "\(words)")
        // Who asks for it by name gets it.
        #expect(remarks.compactMap(\.diagnosis).allSatisfy(RuleSelection.remarks.contains))
    }

    /// Requirements that were asked for by name are all that is judged.
    @Test func notWhereRequirementsAreAskedFor() throws {
        var ledger = FlowLedger()
        try Timeline.tcp(Self.tried(0, 1, 403)).play(into: &ledger)
        ledger.finish()
        #expect(Judge(RuleSelection(only: ["OB-KA-*"])).judge(ledger).findings.isEmpty)
    }

    struct Selected: CustomTestStringConvertible {
        var only: [String] = []
        var skip: [String] = []
        /// What the findings go by, once each.
        let rules: [String]
        var testDescription: String { "only \(only), skip \(skip)" }
    }

    /// One phone is refused with 403, of another nobody can tell whether it was.
    @Test(arguments: [
        Selected(only: ["DX-REG-20"], rules: ["DX-REG-20", "remark"]),
        Selected(only: ["DX-REG-2?"], rules: ["DX-REG-20", "remark"]),
        Selected(only: ["DX-*"], skip: ["*-20"], rules: ["remark"]),
        // The second may be any of those that tell of phones that are not registered, and is no other.
        Selected(only: ["DX-REG-21"], rules: ["remark"]), Selected(only: ["DX-REG-23"], rules: []),
        Selected(only: ["OB-*"], rules: ["OB-REC-006"]),
        Selected(only: ["OB-REC-006", "DX-REG-20"], rules: ["DX-REG-20", "OB-REC-006", "remark"]),
        Selected(only: ["*"], rules: ["DX-REG-20", "OB-REC-006", "remark"]),
        Selected(skip: ["DX-*"], rules: ["OB-REC-006"]),
        Selected(rules: ["DX-REG-20", "OB-REC-006", "remark"]),
    ])
    func askedForByName(_ row: Selected) throws {
        var ledger = FlowLedger()
        try Timeline.tcp(Self.tried(0, 1, 403)).play(into: &ledger)
        var doubtful = Timeline.tcp(Self.tried(5, 1, 503) + [(9, .event(.gap(900), .fromServer))])
        (doubtful.flow, doubtful.clientPort) = (1, 40_001)
        try doubtful.play(into: &ledger)
        ledger.finish()
        let findings = Judge(RuleSelection(only: row.only, skip: row.skip)).judge(ledger).findings
        #expect(Set(findings.map(\.rule)).sorted() == row.rules)
    }

    @Test func theTableSaysTheStatus() throws {
        var ledger = FlowLedger()
        try Timeline.tcp(Self.tried(0, 1, 403)).play(into: &ledger)
        ledger.finish()
        let row = FlowRow(FlowSummary(ledger.flows[0], end: ledger.lastTime), .info)
        #expect(row.registered == "sip:alice@example.com;1 (refused: 403)")
    }
}
