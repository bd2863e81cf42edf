import Testing

@testable import OutboundKit

/// Each fault shows on the wire, and everything beside it goes on as usual.
@Suite struct FaultTests {
    private func rig(_ faults: String...) throws -> EdgeRig {
        var settings = EdgeSettings()
        settings.faults = try FaultPlan.parse(faults)
        return try EdgeRig(settings)
    }

    private static let ping: [UInt8] = [13, 10, 13, 10]
    private static let binding = STUNMessageWriter(.bindingRequest, STUNTransactionID(high: 7, low: 8)).message

    // MARK: Text

    @Test(arguments: Fault.Kind.allCases)
    func everyFaultIsInTheCatalogue(kind: Fault.Kind) throws {
        let entry = kind.entry
        #expect(!entry.what.isEmpty && !entry.expects.isEmpty)
        #expect(!entry.provokes.isEmpty)
        for id in entry.provokes + entry.breaks {
            #expect(RequirementTable.all.contains { $0.id == id }, "\(id) is no requirement")
        }
        let fault = try Fault.parse(kind.rawValue)
        #expect(fault.kind == kind)
        #expect(try Fault.parse(fault.description) == fault)
    }

    @Test(arguments: [
        ("late-pong=12", 12_000), ("late-pong=0.25", 250), ("503=30", 30), ("kill-after-pings=3:rst", 3),
        ("kill-after-seconds=1.5:silent", 1500), ("503=0", 0),
    ])
    func valuesAreRead(text: String, value: Int) throws {
        let fault = try Fault.parse(text)
        #expect(fault.value == value)
        #expect(fault.description == text || fault.description == "late-pong=0.250" || value == 1500)
    }

    @Test(arguments: [
        "", "no-ping", "no-pong=1", "503=x", "503=-1", "late-pong=1.2345", "kill-after-pings=3:gone", "late-pong=",
    ])
    func nonsenseIsRefused(text: String) {
        #expect(throws: FaultError.self) { try Fault.parse(text) }
    }

    // MARK: Pongs

    struct PongRow: CustomTestStringConvertible {
        let fault: String
        let atOnce: [[UInt8]]
        let later: [[UInt8]]
        var testDescription: String { fault }
    }

    @Test(arguments: [
        PongRow(fault: "no-pong", atOnce: [], later: []),
        PongRow(fault: "late-pong=12", atOnce: [], later: [[13, 10]]),
        PongRow(fault: "split-pong", atOnce: [[13]], later: [[10]]),
        PongRow(fault: "double-pong", atOnce: [[13, 10], [13, 10]], later: []),
    ])
    func pongs(row: PongRow) throws {
        var rig = try rig(row.fault)
        let phone = rig.up(port: 40_001)
        rig.send(Self.ping, on: phone)
        #expect(rig.octets(phone) == row.atOnce)
        rig.run(seconds: 11.9)
        if row.fault.hasPrefix("late") { #expect(rig.octets(phone).isEmpty) }
        rig.run(seconds: 0.2)
        #expect(rig.octets(phone) == row.later)
    }

    @Test func pongBefore200IsOneSegment() throws {
        var rig = try rig("pong-before-200")
        let phone = rig.up(port: 40_001)
        rig.send(rig.registerText("alice"), on: phone)
        let octets = try #require(rig.octets(phone).first)
        #expect(octets.starts(with: Array("\r\nSIP/2.0 200".utf8)))
    }

    // MARK: STUN

    @Test func stunFaults() throws {
        func answer(_ fault: String, times: Int = 1) throws -> STUNMessage? {
            var rig = try rig(fault)
            let phone = rig.up(.udp, port: 40_001)
            for _ in 0..<times - 1 { rig.send(Self.binding, on: phone) }
            _ = rig.octets(phone)
            rig.send(Self.binding, on: phone)
            return rig.box[phone] == nil ? nil : try rig.stun(phone)
        }
        let right = TransportAddress("127.0.0.1:40001")
        #expect(try answer("no-stun") == nil)
        #expect(try answer("stun-error=500")?.errorCode?.code == 500)
        #expect(try answer("wrong-mapped-address")?.xorMappedAddress == TransportAddress("127.0.0.1:40002"))
        #expect(try answer("changing-mapped-address=3", times: 2)?.xorMappedAddress == right)
        #expect(try answer("changing-mapped-address=3", times: 3)?.xorMappedAddress != right)
        let plain = try #require(try answer("no-mapped-address"))
        #expect(plain.type == .bindingSuccess && plain.xorMappedAddress == nil)
        let old = try #require(try answer("cookie-less-answer"))
        #expect(!old.hasCookie && old.plainMappedAddress == right)
        let crowded = try #require(try answer("software-first"))
        #expect(crowded.attributes.map(\.type.rawValue) == [0x8022, 0xC0DE, 0x0020])
        #expect(try answer("forged-stun-answer")?.transactionID != STUNTransactionID(high: 7, low: 8))
    }

    // MARK: REGISTER

    struct AnswerRow: CustomTestStringConvertible {
        let fault: String
        let status: UInt16
        var holds: String = ""
        var lacks: String = "\u{0}"
        var testDescription: String { fault }
    }

    @Test(arguments: [
        AnswerRow(fault: "no-require", status: 200, lacks: "Require: outbound"),
        AnswerRow(fault: "no-require", status: 200, lacks: "Flow-Timer"),
        AnswerRow(fault: "no-flow-timer", status: 200, holds: "Require: outbound", lacks: "Flow-Timer"),
        AnswerRow(fault: "three-contacts", status: 200, holds: "<sip:alice@192.0.2.11:5060>;expires=7\r\n"),
        AnswerRow(fault: "420", status: 420, holds: "Unsupported: outbound"),
        AnswerRow(fault: "421", status: 421, holds: "Require: outbound"),
        AnswerRow(fault: "423=7200", status: 423, holds: "Min-Expires: 7200"),
        AnswerRow(fault: "439", status: 439), AnswerRow(fault: "503=0", status: 503, holds: "Retry-After: 0"),
        AnswerRow(fault: "503=30", status: 503, holds: "Retry-After: 30"), AnswerRow(fault: "500=1", status: 500),
    ])
    func answers(row: AnswerRow) throws {
        var rig = try rig(row.fault)
        let phone = rig.up(port: 40_001)
        rig.send(rig.registerText("alice"), on: phone)
        let answer = try rig.onlyMessage(phone)
        #expect(answer.statusCode == row.status)
        #expect(row.holds.isEmpty || answer.whole.contains(row.holds), "\(answer.whole)")
        #expect(!answer.whole.contains(row.lacks), "\(answer.whole)")
    }

    @Test func countedFaultsEnd() throws {
        var rig = try rig("500=2", "silence=1")
        let phone = rig.up(port: 40_001)
        for _ in 0..<4 { rig.send(rig.registerText("alice"), on: phone) }
        #expect(rig.statuses(phone) == [500, 500, 200])
    }

    @Test func flowTimerChangesAtTheSecondRegister() throws {
        var rig = try rig("changed-flow-timer=33")
        let phone = rig.up(port: 40_001)
        #expect(try rig.register("alice", on: phone).all(.flowTimer) == ["120"])
        #expect(try rig.register("alice", on: phone).all(.flowTimer) == ["33"])
    }

    @Test func late200ComesLate() throws {
        var rig = try rig("late-200=3")
        let phone = rig.up(port: 40_001)
        rig.send(rig.registerText("alice"), on: phone)
        rig.run(seconds: 2.9)
        #expect(rig.octets(phone).isEmpty)
        rig.run(seconds: 0.2)
        #expect(rig.statuses(phone) == [200])
    }

    // MARK: Tokens

    @Test func tokenWithoutMACIsTakenWhoeverWroteIt() throws {
        var rig = try rig("token-without-mac")
        let phone = rig.up(port: 40_001)
        let core = rig.up(.udp, port: 40_009)
        let path = try #require(try rig.register("alice", on: phone).all(.path).first)
        let token = try #require(try NameAddr.parse(path).uri.user)
        #expect(token.hasPrefix("AAAAAAAAAAAAA"))
        let forged = path.replacing("<sip:AAAA", with: "<sip:BBBB")
        rig.send(
            rig.request("MESSAGE", "sip:alice@x.invalid", fields: ["Route: \(forged)"], transport: "UDP"), on: core)
        #expect(rig.messages(phone).count == 1)
    }

    @Test func newTokenKeyMakesOldTokensStrangers() throws {
        var rig = try rig("new-token-key=1")
        let phone = rig.up(port: 40_001)
        let core = rig.up(.udp, port: 40_009)
        let old = try #require(try rig.register("alice", on: phone).all(.path).first)
        let new = try #require(try rig.register("alice", on: phone).all(.path).first)
        #expect(old != new)
        for (path, statuses) in [(old, [UInt16(403)]), (new, [])] {
            rig.send(
                rig.request("MESSAGE", "sip:alice@x.invalid", fields: ["Route: \(path)"], transport: "UDP"), on: core)
            #expect(rig.statuses(core) == statuses)
        }
        #expect(rig.messages(phone).count == 1)
    }

    // MARK: Ends

    @Test(arguments: ["fin", "rst"])
    func flowEndsAfterPings(manner: String) throws {
        var rig = try rig("kill-after-pings=2:\(manner)")
        let phone = rig.up(port: 40_001)
        rig.send(Self.ping, on: phone)
        rig.run(seconds: 1)
        #expect(rig.closed.isEmpty)
        rig.send(Self.ping, on: phone)
        rig.run(seconds: 1)
        #expect(rig.octets(phone).count == 2)
        #expect(rig.closed[phone].map { "\($0)" } == manner)
    }

    private func silent(_ fault: String) throws -> EdgeRig {
        var settings = EdgeSettings()
        settings.faults = try FaultPlan.parse([fault])
        settings.observes = true
        return try EdgeRig(settings)
    }

    /// What a phone still sends to a dead edge is seen, and nothing is said or done about it.
    @Test func muteEdgeListensOn() throws {
        var rig = try silent("kill-after-pings=1:silent")
        let phone = rig.up(port: 40_001)
        try rig.register("alice", on: phone)
        rig.send(Self.ping, on: phone)
        rig.run(seconds: 1)
        #expect(rig.octets(phone) == [[13, 10]] && rig.closed.isEmpty)
        #expect(rig.edge.registrar.bindings.isEmpty)
        rig.observed = []
        rig.send(Self.ping, on: phone)
        rig.send(rig.registerText("alice"), on: phone)
        rig.send("nonsense that ends any other flow\r\n\r\n", on: phone)
        rig.send(Self.ping, on: phone)
        #expect(rig.octets(phone).isEmpty && rig.closed.isEmpty && rig.edge.registrar.bindings.isEmpty)
        #expect(rig.observed.count == 4 && rig.observed.allSatisfy { $0.direction == .fromClient })
        rig.send(rig.request("MESSAGE", "sip:alice@example.com"), on: rig.up(port: 40_002))
        #expect(rig.octets(phone).isEmpty)
        rig.down(phone)
        #expect(rig.ended.map(\.flow) == [phone] && rig.edge.flows[phone] == nil)
    }

    /// No flow stays for ever.
    @Test func muteStreamIsResetInTheEnd() throws {
        var rig = try silent("kill-after-seconds=10:silent")
        let phone = rig.up(port: 40_001)
        rig.run(seconds: 309)
        rig.send(Self.ping, on: phone)
        #expect(rig.closed.isEmpty)
        rig.run(seconds: 2)
        #expect(rig.closed == [phone: .rst] && rig.ended.map(\.flow) == [phone])
    }

    /// A datagram flow has no end, so it is forgotten when the phone has been silent for long.
    @Test func muteDatagramFlowIsForgotten() throws {
        var rig = try silent("kill-after-pings=1:silent")
        let phone = rig.up(.udp, port: 40_001)
        rig.send(Self.binding, on: phone)
        rig.run(seconds: 1)
        #expect(rig.octets(phone).count == 1)
        for _ in 0..<3 {
            rig.run(seconds: 170)
            rig.send(Self.binding, on: phone)
        }
        #expect(rig.octets(phone).isEmpty && rig.closed.isEmpty)
        #expect(rig.observed.count { if case .stun = $0.what { true } else { false } } == 5)
        rig.run(seconds: 181)
        #expect(rig.closed == [phone: .fin])
    }

    @Test func flowEndsAfterSeconds() throws {
        var rig = try rig("kill-after-seconds=10:rst")
        let phone = rig.up(port: 40_001)
        try rig.register("alice", on: phone)
        rig.run(seconds: 9.9)
        #expect(rig.closed.isEmpty)
        rig.run(seconds: 0.2)
        #expect(rig.closed == [phone: .rst])
        #expect(rig.edge.registrar.bindings.isEmpty)
    }

    @Test func silenceIsBorneForTooShortOrForEver() throws {
        var early = try rig("closes-early=5")
        let one = early.up(port: 40_001)
        try early.register("alice", on: one)
        early.run(seconds: 61)
        #expect(early.closed == [one: .fin])
        var never = try rig("never-closes")
        let two = never.up(port: 40_001)
        try never.register("alice", on: two)
        never.run(seconds: 5000)
        #expect(never.closed.isEmpty)
    }

    @Test(arguments: [UInt16(403), 430])
    func requestsAreRefused(status: UInt16) throws {
        var rig = try rig("\(status)")
        let phone = rig.up(port: 40_001)
        try rig.register("alice", on: phone)
        rig.send(rig.request("MESSAGE", "sip:alice@example.com"), on: phone)
        #expect(rig.statuses(phone) == [status])
    }
}
