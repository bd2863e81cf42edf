import Testing

@testable import OutboundKit

/// What audits say of the cause, beside who broke which requirement.
@Suite struct DiagnosisTests {
    struct Row: CustomTestStringConvertible {
        let id: Diagnosis.ID
        let isTold: Bool
        let what: String
        let findings: @Sendable () throws -> [Finding]

        init(
            _ id: Diagnosis.ID, _ isTold: Bool, _ what: String, _ timelines: [Timeline], end: Double? = nil
        ) {
            self.init(id, isTold, what) { try audit(timelines, end: end).findings }
        }

        init(_ id: Diagnosis.ID, _ isTold: Bool, _ what: String, device moments: [DeviceRun.Moment]) {
            self.init(id, isTold, what) { try DeviceRun.judge(moments, .tcp) }
        }

        /// - Parameter capture: real traffic, below Tests/Fixtures/Diagnoses.
        init(_ id: Diagnosis.ID, _ isTold: Bool, _ what: String, capture: String) {
            self.init(id, isTold, what) {
                var audit = CaptureAudit()
                try audit.read(path: TruthTests.root.appending(path: "Tests/Fixtures/Diagnoses/\(capture)").path())
                return Judge().judge(audit.finish().ledger).findings
            }
        }

        private init(
            _ id: Diagnosis.ID, _ isTold: Bool, _ what: String, _ findings: @escaping @Sendable () throws -> [Finding]
        ) {
            (self.id, self.isTold, self.what, self.findings) = (id, isTold, what, findings)
        }

        var testDescription: String { "\(isTold ? "" : "not ")\(id): \(what)" }
    }

    private static let plain = Timeline.registered(outbound: false)
    private static let reset = Timeline.Moment.event(.close(.rst), .fromServer)
    private static let fin = Timeline.Moment.event(.close(.fin), .fromServer)

    private static func refresh(_ time: Double, _ cseq: Int) -> (Double, Timeline.Moment) {
        (time, .register(regID: 1, callID: "a1", cseq: cseq, expires: nil))
    }

    private static func dropped(at time: Double, _ flow: UInt32 = 0, before: [(Double, Timeline.Moment)] = [])
        -> Timeline
    {
        Timeline(
            flow: flow, clientPort: 40_000 + UInt16(flow),
            moments: plain + before + [refresh(time, 2 + before.count), (time + 0.05, reset)])
    }

    private static let idle: [Row] = [
        Row("DX-KA-09", true, "RST answers the refresh", [dropped(at: 600)]),
        // Linux as NAT forgot the connection after 35 s (nf_conntrack_tcp_timeout_established); the REGISTER came after 45.
        Row("DX-KA-09", true, "a real NAT forgets", capture: "nat_forgets.pcap.gz"),
        Row("DX-KA-09", false, "after a short pause", [dropped(at: 20)]),
        Row("DX-KA-09", true, "RST answers a ping", [.tcp(plain + [(16, .ping), (16.001, reset)])]),
        Row("DX-KA-09", false, "RST answers a ping behind others", [.tcp(plain + [(4, .ping), (4.001, reset)])]),
        Row(
            "DX-KA-09", false, "a pause as long was survived before",
            [dropped(at: 1300, before: [refresh(650, 2), (650.01, .answer(200, [], cseq: 2, callID: "a1"))])]),
        Row("DX-KA-09", false, "the server restarts", [dropped(at: 600), dropped(at: 600.3, 1)]),
        Row("DX-KA-09", false, "the reset comes by itself", [.tcp(plain + [(600, reset)])]),
        Row(
            "DX-KA-09", false, "the server had spoken meanwhile",
            [.tcp(plain + [(590, .answer(200, [], cseq: 9, callID: "x")), refresh(600, 2), (600.05, reset)])]),
        Row("DX-FT-10", true, "a close after 350 s", [.tcp(plain + [(350.2, fin)])]),
        Row("DX-FT-10", true, "a reset after 120 s", [.tcp(plain + [(120.1, reset)])]),
        Row("DX-FT-10", false, "a FIN after 120 s may be the server's own", [.tcp(plain + [(120.1, fin)])]),
        Row("DX-FT-10", false, "a close after 300 s", [.tcp(plain + [(300, fin)])]),
        Row(
            "DX-FT-10", true, "within a longer Flow-Timer",
            [.tcp(Timeline.registered(timer: 600) + [(350.2, fin)])]),
        Row(
            "DX-FT-05", false, "the same is no timeout of the server",
            [.tcp(Timeline.registered(timer: 600) + [(350.2, fin)])]),
    ]

    private static func never(_ agent: String) -> [Timeline] {
        [Timeline(agent: agent, moments: Timeline.registered(timer: 60) + [(200, .options)])]
    }

    private static let silent: [Row] = [
        Row("DX-KA-02", true, "outbound was not granted, and nothing is sent", [.tcp(plain)], end: 400),
        Row("DX-KA-02", true, "on datagrams", [.udp(plain)], end: 60),
        Row("DX-KA-02", false, "too soon to tell", [.tcp(plain)], end: 100),
        Row("DX-KA-02", false, "it pings all the same", [.tcp(plain + Timeline.pings([100, 200]))], end: 400),
        Row("DX-KA-02", false, "outbound was granted", [.tcp(Timeline.registered())], end: 400),
        Row(
            "DX-KA-02", false, "keep-alives were agreed on otherwise",
            [
                .tcp(Timeline.registered(outbound: false, more: ["keep=30"]))
            ], end: 400),
        Row("DX-KA-12", true, "a family whose switch is off", never("AudioCodes-Sip-Gateway/v.7.20A")),
        Row("DX-KA-12", false, "another client", never("baresip 1.0")),
        Row("DX-KA-01", true, "of which the cause is not known", never("baresip 1.0")),
        Row(
            "DX-KA-06", true, "the client leaves at a ping of the server",
            [
                .tcp(
                    plain + Timeline.serverPings([10, 20]).dropLast() + [(20.1, .event(.close(.fin), .fromClient))])
            ]),
        Row(
            "DX-KA-06", false, "the client leaves later",
            [.tcp(plain + Timeline.serverPings([10, 20]) + [(40, .event(.close(.fin), .fromClient))])]),
    ]

    private static func unanswered(at time: Double) -> [(Double, Timeline.Moment)] {
        [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5].map { (time + $0, .stun(9)) }
    }

    private static func mute(_ flow: UInt32) -> Timeline {
        Timeline(
            flow: flow, transport: .udp, clientPort: 41_000,
            moments: Timeline.registered(timer: 60) + unanswered(at: 50)
                + Timeline.registered(at: 150, timer: 60, cseq: 2))
    }

    private static let stun: [Row] = [
        Row("DX-STUN-01", true, "no STUN on the port", [mute(0)]),
        Row("DX-STUN-08", false, "the same", [mute(0)]),
        Row(
            "DX-STUN-08", true, "other flows are answered",
            [mute(0), Timeline(flow: 1, transport: .udp, moments: Timeline.stuns([1, 25, 50]), clientHost: 8)]),
    ]

    private static func registers(_ all: [DeviceRun.Register]) -> [DeviceRun.Moment] { all.map { .register($0) } }

    private static func moving(_ count: Int, every interval: Double = 1, port: (Int) -> Int) -> [DeviceRun.Moment] {
        registers(
            (0..<count).map { index in
                DeviceRun.Register(
                    time: Double(index) * interval, cseq: index + 1,
                    contact: "sip:alice@192.0.2.9:\(port(max(0, index - 1)))", rport: port(index))
            })
    }

    private static let contacts: [Row] = [
        Row("DX-NAT-02", true, "a new port each time, and a new Contact", device: moving(6) { 5060 + $0 }),
        Row("DX-NAT-02", false, "the second Contact holds", device: moving(6) { 5060 + min($0, 1) }),
        Row("DX-NAT-02", false, "once an hour", device: moving(6, every: 3600) { 5060 + $0 }),
        Row(
            "DX-NAT-04", true, "public first, private then",
            device: registers([
                .init(time: 0, contact: "sip:alice@192.0.2.9", isGranted: false),
                .init(time: 300, cseq: 2, contact: "sip:alice@10.1.2.3", isGranted: false),
            ])),
        Row(
            "DX-NAT-04", false, "with outbound it does not matter",
            device: registers([
                .init(time: 0, contact: "sip:alice@192.0.2.9"),
                .init(time: 300, cseq: 2, contact: "sip:alice@10.1.2.3"),
            ])),
        Row(
            "DX-NAT-04", false, "private from the beginning",
            device: registers([
                .init(time: 0, contact: "sip:alice@10.1.2.3", isGranted: false),
                .init(time: 300, cseq: 2, contact: "sip:alice@10.1.2.3", isGranted: false),
            ])),
        Row(
            "DX-BIND-05", true, "a GRUU as Contact",
            device: registers([.init(time: 0, contact: "sip:alice@example.com;gr=urn:uuid:1", status: 403)])),
        Row("DX-BIND-05", false, "its own address", device: registers([.init(time: 0)])),
        Row(
            "DX-REG-06", true, "outbound again and again after 439",
            device: registers((0..<3).map { .init(time: Double($0) * 60, cseq: $0 + 1, status: 439) })),
        Row(
            "DX-REG-06", false, "once more, and then without",
            device: registers([
                .init(time: 0, status: 439), .init(time: 60, cseq: 2, status: 439),
                .init(time: 61, regID: nil, cseq: 3),
            ])),
        Row(
            "DX-REG-15", true, "the same after 423",
            device: registers([.init(time: 0, status: 423), .init(time: 1, cseq: 2, status: 423)])),
        Row(
            "DX-REG-15", false, "a longer one after 423",
            device: registers([.init(time: 0, status: 423), .init(time: 1, cseq: 2, expires: 3600)])),
        Row("DX-TOK-13", true, "each call over a connection of its own", device: strangers(2)),
        Row("DX-TOK-13", false, "one", device: strangers(1)),
    ]

    private static func strangers(_ count: Int) -> [DeviceRun.Moment] {
        var moments: [DeviceRun.Moment] = [.register(.init(time: 0, agent: "A"))]
        for index in 1...count {
            let time = Double(index) * 10
            moments.append(
                .invite(
                    time, flow: UInt32(index), contact: "<sip:alice@192.0.2.7:1>", supported: "outbound", agent: "A"))
            moments.append(.pong(time + 1, flow: 0))
        }
        return moments + [.keepAlive(100, flow: 0)]
    }

    private static let refusals: [Row] = [
        // Twinkle 1.10.2 lists no extension; Kamailio's edge adds Path, and its registrar (path_mode 2) refuses that.
        Row("DX-REG-02", true, "a real phone without path", capture: "twinkle_420.pcap")
    ]

    @Test(arguments: idle + silent + stun + contacts + refusals)
    func told(_ row: Row) throws {
        let findings = try row.findings()
        let words = findings.map { "\($0.requirement?.text ?? "") \($0.verdict.word) \($0.message)" }
        #expect(findings.contains { $0.diagnosis == row.id } == row.isTold, "\(words)")
    }
}
