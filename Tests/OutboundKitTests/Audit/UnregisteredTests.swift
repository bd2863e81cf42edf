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
    ]

    @Test(arguments: refused + silent + quiet + connections)
    func told(_ row: Row) throws {
        let remarks = try audit(row.timelines, end: row.end).findings.filter { $0.requirement == nil }
        let words = remarks.map { finding in
            guard case .unknown(let reason) = finding.verdict else {
                #expect(finding.verdict == .info)
                return "\(finding.message) \(finding.diagnosis?.text ?? "-")"
            }
            return "\(finding.message) \(reason.rawValue)"
        }
        #expect(words == (row.told.map { [$0] } ?? []), "\(words)")
    }

    /// Requirements that were asked for by name are all that is judged.
    @Test func notWhereRequirementsAreAskedFor() throws {
        var ledger = FlowLedger()
        try Timeline.tcp(Self.tried(0, 1, 403)).play(into: &ledger)
        ledger.finish()
        #expect(Judge(RuleSelection(only: ["OB-KA-*"])).judge(ledger).findings.isEmpty)
    }

    @Test func theTableSaysTheStatus() throws {
        var ledger = FlowLedger()
        try Timeline.tcp(Self.tried(0, 1, 403)).play(into: &ledger)
        ledger.finish()
        let row = FlowRow(FlowSummary(ledger.flows[0], end: ledger.lastTime), .info)
        #expect(row.registered == "sip:alice@example.com;1 (refused: 403)")
    }
}
