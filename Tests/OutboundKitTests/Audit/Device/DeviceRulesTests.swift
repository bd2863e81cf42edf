import Testing

@testable import OutboundKit

private typealias Register = DeviceRun.Register
private typealias Row = DeviceRun.Row
private typealias Moment = DeviceRun.Moment

@Suite struct DeviceRulesTests {
    private static let upper = "urn:uuid:00000000-0000-1000-8000-000A95A0E128"
    private static let other = "urn:uuid:11111111-0000-1000-8000-000a95a0e128"

    private static func two(_ first: Register, _ second: Register) -> [Moment] {
        [.register(first), .register(second)]
    }

    private static let identity: [Row] = [
        Row("OB-INST-003", "fail", "another URN on another flow, one Call-ID") {
            two(Register(time: 0), Register(time: 100, flow: 1, urn: other, cseq: 2))
        },
        Row("OB-INST-003", "pass", "the same URN") {
            two(Register(time: 0), Register(time: 100, flow: 1, cseq: 2))
        },
        Row("OB-INST-003", nil, "two devices of one user") {
            two(Register(time: 0), Register(time: 100, flow: 1, urn: other, callID: "b"))
        },
        Row("OB-INST-008", "warn", "upper case at the refresh") {
            two(Register(time: 0), Register(time: 100, urn: upper, cseq: 2))
        },
        Row("OB-INST-008", "pass", "alike") { two(Register(time: 0), Register(time: 100, cseq: 2)) },
        Row("OB-INST-008", nil, "one registration") { [.register(Register(time: 0))] },
        Row("OB-UA-005", "fail", "two live flows in turns with one reg-id") {
            two(Register(time: 0), Register(time: 10, flow: 1, callID: "b"))
                + two(Register(time: 100, cseq: 2), Register(time: 110, flow: 1, callID: "b", cseq: 2))
        },
        Row("OB-UA-005", "unknown", "to another network and back", over: .udp) {
            two(Register(time: 0), Register(time: 10, flow: 1, cseq: 2)) + [.register(Register(time: 100, cseq: 3))]
        },
        Row("OB-UA-005", "unknown", "and there once more", over: .udp) {
            two(Register(time: 0), Register(time: 10, flow: 1, cseq: 2))
                + two(Register(time: 100, cseq: 3), Register(time: 110, flow: 1, cseq: 4))
        },
        Row("OB-UA-005", "fail", "datagram flows that are both kept alive", over: .udp) {
            two(Register(time: 0), Register(time: 10, flow: 1, callID: "b"))
                + [.keepAlive(4, flow: 0), .keepAlive(40, flow: 0), .keepAlive(80, flow: 0)]
                + [.register(Register(time: 100, cseq: 2)), .keepAlive(120, flow: 1)]
        },
        Row("OB-UA-005", "pass", "the second came after the first had closed") {
            [
                .register(Register(time: 0)), .close(5, flow: 0, .fin, .fromServer),
                .register(Register(time: 10, flow: 1, cseq: 2)), .register(Register(time: 100, flow: 1, cseq: 3)),
            ]
        },
        Row("OB-UA-005", nil, "one flow") { two(Register(time: 0), Register(time: 100, cseq: 2)) },
        Row("OB-UA-006", "fail", "1, 2, 3 on three connections") {
            (0..<3).map { index in
                .register(
                    Register(
                        time: Double(index) * 100, flow: UInt32(index), regID: "\(index + 1)", callID: "c\(index)"))
            }
        },
        Row("OB-UA-006", nil, "1, 2, 3 side by side, at a balancer's address") {
            (0..<3).map { index in
                .register(
                    Register(
                        time: Double(index), flow: UInt32(index), regID: "\(index + 1)", callID: "c\(index)"))
            } + (0..<3).map { .keepAlive(20, flow: $0) }
        },
        Row("OB-UA-006", "pass", "1 and 1 again") { two(Register(time: 0), Register(time: 100, flow: 1, cseq: 2)) },
        Row("OB-UA-006", nil, "two flows side by side") {
            two(Register(time: 0), Register(time: 1, flow: 1, regID: "2", callID: "b"))
        },
        Row("OB-UA-007", "warn", "two reg-ids, one Call-ID") {
            two(Register(time: 0), Register(time: 1, flow: 1, regID: "2", cseq: 2))
        },
        Row("OB-UA-007", "pass", "each its own") {
            two(Register(time: 0), Register(time: 1, flow: 1, regID: "2", callID: "b"))
        },
        Row("OB-UA-007", nil, "one reg-id") { two(Register(time: 0), Register(time: 100, cseq: 2)) },
    ]

    private static let conduct: [Row] = [
        Row("OB-UA-013", "fail", "the same again after 5 s") {
            two(Register(time: 0, status: 439), Register(time: 5, cseq: 2, status: 439))
        },
        Row("OB-UA-013", "pass", "without outbound") {
            two(Register(time: 0, status: 439), Register(time: 1, regID: nil, cseq: 2))
        },
        Row("OB-UA-013", "pass", "the same after 40 s") {
            two(Register(time: 0, status: 439), Register(time: 40, cseq: 2, status: 439))
        },
        Row("OB-UA-013", nil, "no 439") { [.register(Register(time: 0))] },
        Row("OB-UA-014", "warn", "refresh on a new connection, and the old one in use after that") {
            two(Register(time: 0), Register(time: 300, flow: 1, cseq: 2)) + [
                .register(Register(time: 400, cseq: 3))
            ]
        },
        Row("OB-UA-014", nil, "the old connection may have died in silence") {
            two(Register(time: 0), Register(time: 300, flow: 1, cseq: 2))
        },
        Row("OB-UA-014", "pass", "on its own") { two(Register(time: 0), Register(time: 300, cseq: 2)) },
        Row("OB-UA-014", nil, "after the old one closed") {
            [
                .register(Register(time: 0)), .close(100, flow: 0, .rst, .fromServer),
                .register(Register(time: 140, flow: 1, cseq: 2)),
            ]
        },
        Row("OB-UA-014", nil, "a NAT may have moved a datagram flow", over: .udp) {
            two(Register(time: 0), Register(time: 300, flow: 1, cseq: 2))
        },
        Row("OB-UA-014", "unknown", "octets of the old flow are missing") {
            [.register(Register(time: 0)), .gap(50, flow: 0), .register(Register(time: 300, flow: 1, cseq: 2))]
        },
        Row("OB-UA-015", "warn", "removed without reg-id") {
            two(Register(time: 0), Register(time: 300, regID: nil, cseq: 2, expires: 0))
        },
        Row("OB-UA-015", "warn", "removed without instance-id and reg-id") {
            two(Register(time: 0), Register(time: 300, regID: nil, urn: nil, cseq: 2, expires: 0))
        },
        Row("OB-UA-015", "pass", "two bindings of one Contact URI, removed one after the other", over: .udp) {
            two(Register(time: 0), Register(time: 1, flow: 1, regID: "2", callID: "b"))
                + two(
                    Register(time: 300, cseq: 2, expires: 0),
                    Register(time: 301, flow: 1, regID: "2", callID: "b", cseq: 2, expires: 0))
        },
        Row("OB-UA-015", nil, "one of two bindings of a Contact URI was made before the run", over: .udp) {
            two(
                Register(time: 0, flow: 1, regID: "2", callID: "b"),
                Register(time: 300, cseq: 2, expires: 0))
        },
        Row("OB-UA-015", "warn", "removed with the reg-id of another flow") {
            two(Register(time: 0), Register(time: 300, regID: "2", cseq: 2, expires: 0))
        },
        Row("OB-UA-015", "pass", "removed with it") {
            two(Register(time: 0), Register(time: 300, cseq: 2, expires: 0))
        },
        Row("OB-UA-015", nil, "what was bound was not seen") { [.register(Register(time: 0, expires: 0))] },
        Row("OB-UA-016", "warn", "closed after 503") {
            two(Register(time: 0), Register(time: 300, cseq: 2, status: 503)) + [
                .close(301, flow: 0, .fin, .fromClient)
            ]
        },
        Row("OB-UA-016", "pass", "kept") {
            two(Register(time: 0), Register(time: 300, cseq: 2, status: 503)) + [
                .register(Register(time: 310, cseq: 3))
            ]
        },
        Row("OB-UA-016", nil, "no 503") { [.register(Register(time: 0))] },
        Row("OB-UA-017", "warn", "for another, with reg-id") { [.register(Register(time: 0, from: "boss"))] },
        Row("OB-UA-017", "pass", "for another, without") {
            [.register(Register(time: 0, regID: nil, from: "boss"))]
        },
        Row("OB-UA-017", nil, "for itself") { [.register(Register(time: 0))] },
        Row("OB-UA-028", "pass", "started anew three times on one port", over: .udp) {
            (0..<4).map { .register(Register(time: Double($0) * Double($0) * 40, callID: "c\($0)")) }
        },
        Row("OB-UA-028", "pass", "sent on to another server after 503") {
            two(Register(time: 0, status: 503), Register(time: 0.1, flow: 20))
        },
        Row("OB-UA-028", "fail", "sent on after 200") { two(Register(time: 0), Register(time: 100, flow: 20)) },
        Row("OB-UA-028", "fail", "CSeq 1 again") { two(Register(time: 0), Register(time: 300)) },
        Row("OB-UA-028", "pass", "1, 2") { two(Register(time: 0), Register(time: 300, cseq: 2)) },
        Row("OB-UA-028", "warn", "a new Call-ID each time") {
            (0..<3).map { .register(Register(time: Double($0) * 300, callID: "c\($0)")) }
        },
        Row("OB-UA-028", nil, "one REGISTER") { [.register(Register(time: 0))] },
        Row("OB-UA-029", "unknown", "the answer was cut by the snapshot length", over: .udp) {
            two(Register(time: 0, status: nil), Register(time: 0.1, cseq: 2)) + [.cutAnswer(0.05, flow: 0)]
        },
        Row("OB-UA-029", "fail", "two at a time") {
            [
                .register(Register(time: 0, delay: 5)), .register(Register(time: 1, cseq: 2, delay: 5)),
            ]
        },
        Row("OB-UA-029", "unknown", "the next one answers a challenge that was not seen") {
            [
                .pong(0, flow: 0), .register(Register(time: 0, nonce: "x", status: nil)),
                .register(Register(time: 1, cseq: 2, nonce: "y")),
            ]
        },
        Row("OB-UA-029", "fail", "the next one has the same credentials") {
            [
                .pong(0, flow: 0), .register(Register(time: 0, nonce: "x", status: nil)),
                .register(Register(time: 1, cseq: 2, nonce: "x")),
            ]
        },
        Row("OB-UA-029", "pass", "one by one") { two(Register(time: 0), Register(time: 1, cseq: 2)) },
        Row("OB-UA-029", "pass", "nothing listened there, and 31 s later it does", over: .udp) {
            two(Register(time: 0, status: nil), Register(time: 31, cseq: 2)) + [.portUnreachable(0.001, flow: 0)]
        },
        Row("OB-UA-029", nil, "one REGISTER") { [.register(Register(time: 0))] },
        Row("OB-UA-029", "unknown", "one direction") {
            two(Register(time: 0, status: nil), Register(time: 1, cseq: 2, status: nil))
        },
        Row("OB-UA-029", "unknown", "a hole") {
            [
                .pong(0, flow: 0), .register(Register(time: 0, status: nil)), .gap(0.5, flow: 0),
                .register(Register(time: 1, cseq: 2)),
            ]
        },
    ]

    private static let dialogs: [Row] = [
        Row("OB-UA-019", "warn", "INVITE without the tag") {
            [.register(Register(time: 0)), .invite(1, flow: 0, contact: "<sip:a@192.0.2.7;ob>", supported: "timer")]
        },
        Row("OB-UA-019", "pass", "with it") {
            [.register(Register(time: 0)), .invite(1, flow: 0, contact: "<sip:a@192.0.2.7;ob>", supported: "outbound")]
        },
        Row("OB-UA-019", nil, "outbound was not granted") {
            [
                .register(Register(time: 0, regID: nil)),
                .invite(1, flow: 0, contact: "<sip:a@192.0.2.7>", supported: "timer"),
            ]
        },
        Row("OB-UA-023", "warn", "Contact without ob") {
            [.register(Register(time: 0)), .invite(1, flow: 0, contact: "<sip:a@192.0.2.7>", supported: "outbound")]
        },
        Row("OB-UA-023", "fail", "ob behind the bracket") {
            [.register(Register(time: 0)), .invite(1, flow: 0, contact: "<sip:a@192.0.2.7>;ob", supported: "outbound")]
        },
        Row("OB-UA-023", "pass", "a GRUU") {
            [.register(Register(time: 0)), .invite(1, flow: 0, contact: "<sip:a@b;gr=x>", supported: "outbound")]
        },
        Row("OB-UA-023", nil, "no dialog") { [.register(Register(time: 0))] },
    ]

    private static let gruu = "sip:tgruu.1@example.com;gr"

    /// Of the other account on the flow nothing is said, and no call is left out of the count.
    @Test func everyRedialCountsOnce() throws {
        let other = Moment.register(Register(time: 1, callID: "b", from: "bob"))
        let findings = try DeviceRun.judge(Self.redials(40) + [other], .tcp).filter {
            $0.requirement == "OB-UA-026" && $0.verdict == .warn
        }
        #expect(findings.map { $0.message.hasPrefix("40 times") } == [true])
    }

    /// Each Call-ID of a phone without instance-id is a device; what its user did on the flow is told once all the same.
    @Test func redialsOfAPhoneWithoutInstance() throws {
        let plain = ["a", "b", "c"].enumerated().map { index, callID in
            Moment.register(Register(time: Double(index), regID: nil, urn: nil, callID: callID))
        }
        let findings = try DeviceRun.judge(plain + Self.redials(3, status: 403).dropFirst(), .tcp).filter {
            $0.requirement == "OB-UA-026"
        }
        #expect(findings.map(\.verdict) == [.warn])
        #expect(findings.first?.advice?.contains("403") == true)
    }

    private static func redials(_ times: Int, status: Int = 430, every gap: Double = 1, users: [String] = ["alice"])
        -> [Moment]
    {
        [.register(Register(time: 0))]
            + (0...times).flatMap { number -> [Moment] in
                let at = 10 + Double(number) * gap
                return [
                    .invite(
                        at, flow: 0, contact: "<sip:a@192.0.2.7;ob>", supported: "outbound",
                        user: users[number % users.count]),
                    .refusal(at + 0.1, flow: 0, status, user: users[number % users.count]),
                ]
            }
    }

    /// A second flow, refreshed late or in time, beside attempts for the first.
    private static func beside(_ refresh: Double, attempt: Double?) -> [Moment] {
        var moments: [Moment] = [
            .register(Register(time: 0)), .register(Register(time: 1, flow: 1, regID: "2", callID: "b")),
            .register(Register(time: refresh, flow: 1, regID: "2", callID: "b", cseq: 2)),
        ]
        if let attempt { moments.append(.register(Register(time: attempt, flow: 2, cseq: 2, status: 500))) }
        return moments
    }

    private static let flows: [Row] = [
        Row("OB-INST-002", "warn", "another URN after a silence, all else alike") {
            two(
                Register(time: 0, agent: "x"), Register(time: 100, flow: 1, urn: other, callID: "b", agent: "x"))
        },
        Row("OB-INST-002", "unknown", "the same from another address") {
            two(
                Register(time: 0, agent: "x"), Register(time: 100, flow: 10, urn: other, callID: "b", agent: "x"))
        },
        Row("OB-INST-002", "pass", "the same URN under a new Call-ID") {
            two(Register(time: 0), Register(time: 100, flow: 1, callID: "b"))
        },
        Row("OB-INST-002", nil, "the first is still there") {
            two(Register(time: 0, agent: "x"), Register(time: 100, flow: 1, urn: other, callID: "b", agent: "x"))
                + [.register(Register(time: 200, cseq: 2, agent: "x"))]
        },
        Row("OB-INST-002", nil, "another kind of phone") {
            two(Register(time: 0, agent: "x"), Register(time: 100, flow: 1, urn: other, callID: "b", agent: "y"))
        },
        Row("OB-UA-020", "fail", "a second connection beside a good one") {
            [
                .register(Register(time: 0, agent: "x")),
                .invite(10, flow: 1, contact: "<sip:a@192.0.2.7;ob>", supported: "outbound", agent: "x"),
                .register(Register(time: 100, cseq: 2, agent: "x")),
            ]
        },
        Row("OB-UA-020", "pass", "over the registered one") {
            [.register(Register(time: 0)), .invite(1, flow: 0, contact: "<sip:a@192.0.2.7;ob>", supported: "outbound")]
        },
        Row("OB-UA-020", "unknown", "perhaps another device of the user") {
            [
                .register(Register(time: 0, agent: "x")),
                .invite(10, flow: 1, contact: "<sip:a@192.0.2.7;ob>", supported: "outbound", agent: "y"),
                .register(Register(time: 100, cseq: 2, agent: "x")),
            ]
        },
        Row("OB-UA-020", nil, "the registered one may be dead") {
            [
                .register(Register(time: 0, agent: "x")),
                .invite(10, flow: 1, contact: "<sip:a@192.0.2.7;ob>", supported: "outbound", agent: "x"),
            ]
        },
        Row("OB-UA-020", nil, "another host's connection") {
            [
                .register(Register(time: 0, agent: "x")),
                .invite(10, flow: 10, contact: "<sip:a@192.0.2.8;ob>", supported: "outbound", agent: "x"),
                .register(Register(time: 100, cseq: 2, agent: "x")),
            ]
        },
        Row("OB-UA-025", "warn", "a GRUU on another flow", over: .udp) {
            [
                .register(Register(time: 0)),
                .invite(10, flow: 1, contact: "<\(gruu)>", supported: "outbound"),
                .register(Register(time: 100, cseq: 2)),
            ]
        },
        Row("OB-UA-025", "pass", "a GRUU on the registered flow") {
            [.register(Register(time: 0)), .invite(10, flow: 0, contact: "<\(gruu)>", supported: "outbound")]
        },
        Row("OB-UA-025", nil, "no GRUU") {
            [
                .register(Register(time: 0)),
                .invite(10, flow: 0, contact: "<sip:a@192.0.2.7;ob>", supported: "outbound"),
            ]
        },
        Row("OB-UA-026", "warn", "again and again after 430") { redials(3) },
        Row("OB-UA-026", "warn", "again and again after 403") { redials(3, status: 403) },
        Row("OB-UA-026", "pass", "once more, as a user may") { redials(1) },
        Row("OB-UA-026", "pass", "calls of several users to one number") {
            redials(3, users: ["alice", "bob", "carol"])
        },
        Row("OB-UA-026", "pass", "half a minute apart") { redials(4, every: 30) },
        Row("OB-UA-026", nil, "other refusals") { redials(4, status: 486) },
        Row("OB-REC-011", "warn", "late beside another flow's attempts") { beside(900, attempt: 300) },
        Row("OB-REC-011", "pass", "in time beside them") { beside(500, attempt: 300) },
        Row("OB-REC-011", nil, "late all by itself") { beside(900, attempt: nil) },
        Row("OB-GRUU-002", "fail", "a temporary GRUU of the Call-ID before") {
            [
                .register(Register(time: 0, temporaryGRUU: gruu)), .register(Register(time: 100, callID: "b")),
                .invite(200, flow: 0, contact: "<\(gruu)>", supported: "outbound"),
            ]
        },
        Row("OB-GRUU-002", "pass", "after a refresh with the same Call-ID") {
            [
                .register(Register(time: 0, temporaryGRUU: gruu)), .register(Register(time: 100, cseq: 2)),
                .invite(200, flow: 0, contact: "<\(gruu)>", supported: "outbound"),
            ]
        },
        Row("OB-GRUU-002", "unknown", "given before what was seen") {
            [.register(Register(time: 0)), .invite(200, flow: 0, contact: "<\(gruu)>", supported: "outbound")]
        },
        Row("OB-GRUU-002", nil, "a public GRUU") {
            [.register(Register(time: 0)), .invite(9, flow: 0, contact: "<sip:a@b;gr=x>", supported: "outbound")]
        },
        Row("OB-AP-009", "warn", "430 to an INVITE") {
            [
                .register(Register(time: 0)), .invite(9, flow: 0, contact: "<sip:a@b;ob>", supported: "outbound"),
                .refusal(10, flow: 0, 430),
            ]
        },
        Row("OB-AP-009", "pass", "403 to an INVITE") {
            [
                .register(Register(time: 0)), .invite(9, flow: 0, contact: "<sip:a@b;ob>", supported: "outbound"),
                .refusal(10, flow: 0, 403),
            ]
        },
        Row("OB-REG-004", "info", "a Path without ob, and a server that does no outbound at all") {
            [.register(Register(time: 0, path: "<sip:abc@edge;lr>", isGranted: false))]
        },
        Row("OB-REG-004", "fail", "the same where it grants outbound to others") {
            two(
                Register(time: 0, path: "<sip:abc@edge;lr>", isGranted: false),
                Register(time: 1, flow: 1, regID: "2", callID: "b", path: "<sip:abd@edge;lr;ob>"))
        },
        Row("OB-EP-003", "fail", "one token for two flows") {
            two(
                Register(time: 0, path: "<sip:abc@edge;lr;ob>"),
                Register(time: 1, flow: 1, regID: "2", callID: "b", path: "<sip:abc@edge;lr;ob>"))
        },
        Row("OB-EP-003", nil, "a token each") {
            two(
                Register(time: 0, path: "<sip:abc@edge;lr;ob>"),
                Register(time: 1, flow: 1, regID: "2", callID: "b", path: "<sip:abd@edge;lr;ob>"))
        },
        Row("OB-EP-003", "fail", "one token for two flows, the older of them not yet forgotten") {
            two(
                Register(time: 0, path: "<sip:abc@edge;lr;ob>"),
                Register(time: 590, flow: 1, regID: "2", callID: "b", path: "<sip:abc@edge;lr;ob>"))
        },
        Row("OB-EP-003", nil, "a token again, long after the last sign of its flow") {
            two(
                Register(time: 0, path: "<sip:abc@edge;lr;ob>"),
                Register(time: 700, flow: 1, regID: "2", callID: "b", path: "<sip:abc@edge;lr;ob>"))
        },
        Row("OB-EP-003", nil, "no token at all is another matter") {
            two(
                Register(time: 0, path: "<sip:edge;lr;ob>"),
                Register(time: 1, flow: 1, regID: "2", callID: "b", path: "<sip:edge;lr;ob>"))
        },
        Row("OB-UA-013", "warn", "the same again after 420") {
            two(Register(time: 0, status: 420), Register(time: 5, cseq: 2, status: 420))
        },
        Row("OB-UA-013", "pass", "without outbound after 420") {
            two(Register(time: 0, status: 420), Register(time: 1, regID: nil, cseq: 2))
        },
    ]

    private static let twoFlows = two(Register(time: 0), Register(time: 1, flow: 1, regID: "2", callID: "b"))

    /// Two contacts of one phone that says neither who it is nor which flow is which.
    private static let twoContacts = two(
        Register(time: 0, regID: nil, urn: nil), Register(time: 1, flow: 1, regID: nil, urn: nil, cseq: 2))

    private static let delivery: [Row] = [
        Row("OB-AP-001", "fail", "on both flows at once") { twoFlows + [.call(10, flow: 0), .call(10.1, flow: 1)] },
        Row("OB-AP-001", "pass", "on the second one when the first has failed") {
            twoFlows + [.call(10, flow: 0), .callAnswer(10.1, flow: 0, 408), .call(10.2, flow: 1)]
        },
        Row("OB-AP-001", "pass", "on the second one after a while") {
            twoFlows + [.call(10, flow: 0), .call(14, flow: 1)]
        },
        Row("OB-AP-001", "pass", "for two accounts") {
            twoFlows + [.call(10, flow: 0), .call(10.1, flow: 1, user: "boss")]
        },
        Row("OB-AP-001", nil, "without an instance-id each contact is a target of its own") {
            twoContacts + [.call(10, flow: 0), .call(10.1, flow: 1)]
        },
        Row("OB-AP-001", "pass", "on the flow that the phone moved to, too") {
            [
                .register(Register(time: 0)), .call(10, flow: 0), .register(Register(time: 10.1, flow: 1, cseq: 2)),
                .call(10.2, flow: 1),
            ]
        },
        Row("OB-AP-001", nil, "one flow") { [.register(Register(time: 0)), .call(10, flow: 0)] },
        Row("OB-AP-003", "fail", "again after 486") {
            twoFlows + [.call(10, flow: 0), .callAnswer(12, flow: 0, 486), .call(12.1, flow: 1)]
        },
        Row("OB-AP-003", "pass", "486, and that was all") {
            twoFlows + [.call(10, flow: 0), .callAnswer(12, flow: 0, 486)]
        },
        Row("OB-AP-003", nil, "the other contact of a phone without an instance-id, after 486") {
            twoContacts + [.call(10, flow: 0), .callAnswer(12, flow: 0, 486), .call(12.1, flow: 1)]
        },
        Row("OB-AP-003", nil, "again after 408") {
            twoFlows + [.call(10, flow: 0), .callAnswer(12, flow: 0, 408), .call(12.1, flow: 1)]
        },
        Row("OB-AP-003", nil, "after the proxy had cancelled it") {
            twoFlows + [.call(10, flow: 0), .callAnswer(20, flow: 0, 487), .call(20.1, flow: 1)]
        },
    ]

    static let all: [DeviceRun.Row] = identity + conduct + dialogs + flows + delivery

    @Test(arguments: all)
    fileprivate func rule(_ row: Row) throws {
        let findings = try DeviceRun.judge(row.moments(), row.transport)
        let own = findings.filter { $0.requirement == row.id }
        #expect(own.first?.verdict.word == row.verdict, "\(own.map(\.message))")
        #expect(own.allSatisfy { $0.verdict != .fail } || row.verdict == "fail")
    }

    @Test func everyRuleHasAFailAndAPass() {
        // Rules on contacts make remarks alone (`DiagnosisTests`).
        let remarks = Set(DeviceRules.contacts.map(\.requirement))
        for id in Judge.deviceRequirements where !remarks.contains(id) {
            let words = Set(
                (Self.identity + Self.conduct + Self.dialogs + Self.flows + Self.delivery).filter { $0.id == id }.map(
                    \.verdict))
            #expect(words.contains("pass") && words.contains(nil), "\(id)")
            #expect(words.contains("fail") || words.contains("warn"), "\(id)")
        }
    }
}
