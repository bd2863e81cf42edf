import Testing

@testable import OutboundKit

/// A fault, a phone, and what must be said of it.
struct FaultRow: Sendable, CustomTestStringConvertible {
    let faults: [String]
    let transport: TransportProtocol
    let habits: Set<ScriptedPhone.Habit>
    /// Of a good phone nothing: neither a violation nor a warning.
    let expected: [Requirement.ID: String]
    var seconds: Double
    var expires: UInt32
    var flowTimer: UInt32

    init(
        _ fault: String, _ transport: TransportProtocol, _ habits: Set<ScriptedPhone.Habit> = [],
        _ expected: [Requirement.ID: String] = [:], and more: [String] = [], seconds: Double = 2000,
        expires: UInt32 = 600, flowTimer: UInt32 = 60
    ) {
        faults = [fault] + more
        self.transport = transport
        self.habits = habits
        self.expected = expected
        self.seconds = seconds
        self.expires = expires
        self.flowTimer = flowTimer
    }

    var kind: Fault.Kind? { faults.first.flatMap { try? Fault.parse($0) }?.kind }

    var testDescription: String {
        "\(faults.joined(separator: " ")) over \(transport): "
            + (habits.subtracting([.calls]).isEmpty
                ? "a good phone" : habits.map { "\($0)" }.sorted().joined(separator: " "))
    }

    /// Lets the phone live and returns what is held against it.
    func judge(seed: UInt64 = 5) throws -> (phone: ScriptedPhone, held: [Finding]) {
        var settings = EdgeSettings()
        settings.observes = true
        settings.flowTimer = flowTimer
        settings.faults = try FaultPlan.parse(faults)
        var phone = try ScriptedPhone(try EdgeRig(settings), transport, habits, expires: expires, seed: seed)
        phone.run(seconds: seconds)
        return (phone, phone.findings().filter { ["fail", "warn"].contains($0.verdict.word) })
    }
}

@resultBuilder enum FaultRows {
    static func buildBlock(_ rows: FaultRow...) -> [FaultRow] { rows }
}

/// Each fault of the edge with a phone that takes it well, of which nothing may be said, and with phones that do not.
@Suite struct FaultsJudgedTests {
    /// Both transports, where a fault concerns both, and long enough for every wait and refresh.
    static let good: [FaultRow] = Fault.Kind.allCases.flatMap { kind -> [FaultRow] in
        let transports: [TransportProtocol] =
            switch kind {
            case .splitPong, .pongBefore200, .closesEarly, .neverCloses: [.tcp]
            case .noPong, .latePong, .doublePong: [.tcp, .ws]
            case .noRequire, .status500, .status503, .silence, .killAfterPings, .killAfterSeconds: [.tcp, .udp, .ws]
            case .noSTUN, .stunError, .wrongMappedAddress, .changingMappedAddress, .noMappedAddress,
                .cookieLessAnswer, .softwareFirst, .forgedSTUN:
                [.udp]
            default: [.tcp, .udp]
            }
        let values: [String] =
            switch kind {
            case .changedFlowTimer: ["=20", "=0", "=1", "=300"]
            case .lateOK: ["=3", "=20"]
            case .status503: ["=30", "=300", "=0"]
            case .silence: ["", "=1"]
            case .killAfterPings: ["=3:fin", "=3:rst", "=3:silent"]
            case .killAfterSeconds: ["=10:fin", "=100:rst", "=10:silent"]
            case .latePong: ["=12", "=9"]
            default: [""]
            }
        return transports.flatMap { transport in
            values.map { FaultRow(kind.rawValue + $0, transport, [.calls], seconds: $0 == "=1" ? 1000 : 3000) }
        }
    }

    /// A request in an old dialog gets 403, and that is that.
    @Test func aCallThatFailsIsNoFault() throws {
        let row = FaultRow("new-token-key=1", .tcp, [.callsByOldRoute, .calls], expires: 60)
        let (phone, held) = try row.judge()
        #expect(phone.calls == 1 && held.isEmpty)
    }

    @Test(arguments: good) func nothingIsSaidOfAGoodPhone(row: FaultRow) throws {
        let held = try row.judge().held.map { "\($0.requirement?.text ?? "") \($0.verdict.word): \($0.message)" }
        #expect(held.isEmpty)
    }

    @FaultRows static var bad: [FaultRow] {
        FaultRow("no-pong", .tcp, [.keepsDeadFlow], ["OB-KA-006": "fail"])
        FaultRow("no-pong", .tcp, [.newRegID], ["OB-REC-001": "fail"])
        FaultRow("no-pong", .tcp, [.hastyRetry], ["OB-REC-008": "fail"], flowTimer: 10)
        FaultRow("no-pong", .tcp, [.givesUp], ["OB-REC-012": "fail"], seconds: 600)
        FaultRow("no-pong", .tcp, [.impatient], ["OB-KA-006": "warn"], seconds: 4000)
        FaultRow("no-pong", .ws, [.keepsDeadFlow], ["OB-KA-006": "fail"])
        FaultRow("no-pong", .ws, [.newRegID], ["OB-REC-001": "fail"])
        FaultRow("split-pong", .tcp, [.needsWholePong], ["OB-KA-006": "warn"])
        FaultRow("double-pong", .tcp, [.hatesStrayCRLF], ["OB-KA-006": "warn"])
        FaultRow("double-pong", .ws, [.hatesStrayCRLF], ["OB-KA-006": "warn"])
        FaultRow("pong-before-200", .tcp, [.deafBehindCRLF], ["OB-KA-015": "warn"], seconds: 3000)
        FaultRow("late-pong=12", .tcp, [.keepsDeadFlow], ["OB-KA-006": "fail"])
        FaultRow("late-pong=12", .tcp, [.newRegID], ["OB-REC-001": "fail"])
        FaultRow("late-pong=12", .tcp, [.givesUp], ["OB-REC-012": "fail"])

        FaultRow("no-stun", .udp, [.keepsDeadFlow], ["OB-STUN-004": "fail"])
        FaultRow("no-stun", .udp, [.newRegID], ["OB-REC-001": "fail"])
        FaultRow("no-stun", .udp, [.hastySTUN], ["OB-STUN-016": "warn"])
        FaultRow("stun-error", .udp, [.keepsDeadFlow], ["OB-STUN-005": "fail"])
        FaultRow("changing-mapped-address=3", .udp, [.keepsDeadFlow], ["OB-STUN-006": "fail"])
        FaultRow("cookie-less-answer", .udp, [.keepsDeadFlow], ["OB-STUN-004": "fail"])
        FaultRow("cookie-less-answer", .udp, [.takesAnyAnswer], ["OB-STUN-023": "warn", "OB-STUN-004": "fail"])
        FaultRow("forged-stun-answer", .udp, [.takesAnyAnswer], ["OB-STUN-023": "warn"], expires: 3600)
        FaultRow("software-first", .udp, [.wantsAddressFirst], ["OB-STUN-021": "warn"])
        FaultRow("wrong-mapped-address", .udp, [.comparesWithSocket], ["OB-STUN-006": "warn"], expires: 3600)
        FaultRow("no-mapped-address", .udp, [.stopsAtOddAnswer], ["OB-FT-004": "fail"])

        FaultRow(
            "no-require", .tcp, [.assumesOutbound, .noPathTag], ["OB-KA-013": "warn"], and: ["no-pong"])
        FaultRow("no-require", .udp, [.assumesOutbound, .noPathTag], ["OB-STUN-007": "fail"])
        FaultRow("no-flow-timer", .tcp, [.pings(everyMilliseconds: 100_000)], ["OB-KA-008": "fail"], expires: 3600)
        FaultRow("no-flow-timer", .udp, [.pings(everyMilliseconds: 60_000)], ["OB-STUN-003": "warn"])
        FaultRow("changed-flow-timer=20", .tcp, [.keepsOldTimer], ["OB-FT-004": "fail", "OB-FT-007": "fail"])
        FaultRow("changed-flow-timer=20", .udp, [.keepsOldTimer], ["OB-FT-004": "fail", "OB-FT-007": "fail"])
        FaultRow("changed-flow-timer=30", .tcp, [.pings(everyMilliseconds: 28_000)], ["OB-FT-005": "warn"])
        FaultRow("changed-flow-timer=1", .tcp, [.pings(everyMilliseconds: 200)], ["OB-FT-009": "fail"], seconds: 800)
        FaultRow("late-200=3", .tcp, [.secondRegister], ["OB-UA-029": "fail"])
        FaultRow("late-200=3", .udp, [.secondRegister], ["OB-UA-029": "fail"])
        FaultRow("late-200=3", .udp, [.hastyCopies], ["OB-SIP-001": "warn"])
        FaultRow("three-contacts", .tcp, [.firstExpiry], ["OB-UA-027": "warn"])
        FaultRow("three-contacts", .udp, [.firstExpiry], ["OB-UA-027": "warn"])

        FaultRow("420", .tcp, [.repeatsRefused], ["OB-UA-013": "warn", "OB-REC-006": "fail"])
        FaultRow("420", .udp, [.repeatsRefused], ["OB-UA-013": "warn", "OB-REC-006": "fail"])
        FaultRow("423", .tcp, [.repeatsRefused], ["OB-REC-006": "fail"])
        FaultRow("423", .udp, [.repeatsRefused], ["OB-REC-006": "fail"])
        FaultRow("403", .tcp, [.redialsAtOnce], ["OB-UA-026": "warn"])
        FaultRow("403", .udp, [.redialsAtOnce], ["OB-UA-026": "warn"])
        FaultRow("430", .tcp, [.redialsAtOnce], ["OB-UA-026": "warn"])
        FaultRow("430", .ws, [.redialsAtOnce], ["OB-UA-026": "warn"])
        FaultRow("421", .tcp, [.noOutboundTag], ["OB-UA-003": "fail"])
        FaultRow("439", .tcp, [.repeatsRefused], ["OB-UA-013": "fail"])
        FaultRow("439", .udp, [.repeatsRefused], ["OB-UA-013": "fail"])
        FaultRow("500=6", .tcp, [.hastyRetry], ["OB-REC-006": "fail", "OB-REC-003": "warn"])
        FaultRow("500=6", .udp, [.constantRetry], ["OB-REC-004": "fail"])
        FaultRow("500=6", .udp, [.keepsCSeq], ["OB-UA-028": "fail"])
        FaultRow("500=6", .udp, [.givesUp], ["OB-REC-007": "warn"])
        FaultRow("503=30", .tcp, [.ignoresRetryAfter], ["OB-UA-012": "fail"])
        FaultRow("silence", .udp, [.hastyCopies], ["OB-SIP-001": "warn"])
        FaultRow("silence", .udp, [.hastyRetry], ["OB-REC-006": "fail"])
        FaultRow("silence", .tcp, [.hastyRetry], ["OB-REC-006": "fail"])
        FaultRow("silence", .udp, [.constantRetry], ["OB-REC-004": "fail"])

        FaultRow(
            "new-token-key=1", .tcp, [.callsByOldRoute, .redialsAtOnce], ["OB-UA-026": "warn"], expires: 60)
        FaultRow("token-without-mac", .tcp, [.noPathTag], ["OB-UA-009": "fail"])
        FaultRow("kill-after-pings=3:fin", .tcp, [.newRegID], ["OB-REC-001": "fail"])
        FaultRow("kill-after-pings=3:rst", .tcp, [.givesUp], ["OB-REC-012": "fail"])
        FaultRow("kill-after-pings=3:silent", .tcp, [.keepsDeadFlow], ["OB-KA-006": "fail"])
        FaultRow("kill-after-pings=3:silent", .udp, [.keepsDeadFlow], ["OB-STUN-004": "fail"])
        FaultRow("kill-after-seconds=100:silent", .ws, [.keepsDeadFlow], ["OB-KA-006": "fail"])
        FaultRow("kill-after-seconds=1", .ws, [.instantRetry], ["OB-WS-007": "warn"], seconds: 60)
        FaultRow("kill-after-pings=3:fin", .ws, [.newRegID], ["OB-REC-001": "fail"])
        FaultRow("kill-after-seconds=10:rst", .tcp, [.newRegID], ["OB-REC-001": "fail", "OB-UA-006": "fail"])
        FaultRow("kill-after-seconds=10:rst", .tcp, [.otherCaseURN], ["OB-INST-008": "warn"])
        FaultRow("kill-after-seconds=10", .tcp, [.givesUp], ["OB-REC-012": "fail"])
        FaultRow("closes-early=5", .tcp, [.newRegID], ["OB-REC-001": "fail"])
        FaultRow("never-closes", .tcp, [.noKeepAlive], ["OB-KA-001": "fail", "OB-FT-004": "fail"])
        FaultRow("never-closes", .tcp, [.ignoresFlowTimer], ["OB-FT-004": "fail"])
    }

    @Test(arguments: bad) func aBadPhoneIsFound(row: FaultRow) throws {
        let (_, held) = try row.judge()
        for (requirement, word) in row.expected {
            let own = held.filter { $0.requirement == requirement }
            let words = held.map { "\($0.requirement?.text ?? "") \($0.verdict.word): \($0.message)" }
            #expect(own.contains { $0.verdict.word == word }, "\(requirement) is not among \(words)")
        }
    }

    // MARK: Two flows

    struct PairRow: Sendable, CustomTestStringConvertible {
        let what: String
        let fault: String?
        let transports: (TransportProtocol, TransportProtocol)
        let habits: (Set<ScriptedPhone.Habit>, Set<ScriptedPhone.Habit>)
        let expected: [Requirement.ID: String]
        var regID = "2"
        var callID = "call2"
        var seconds = 6000.0
        var testDescription: String { what }
    }

    static let pairs: [PairRow] = [
        PairRow(
            what: "both flows in order", fault: nil, transports: (.tcp, .udp), habits: ([], []), expected: [:]),
        PairRow(
            what: "no pong on one of two flows", fault: "no-pong", transports: (.tcp, .udp), habits: ([], []),
            expected: [:]),
        PairRow(
            what: "no STUN answer on one of two flows", fault: "no-stun", transports: (.udp, .tcp), habits: ([], []),
            expected: [:]),
        PairRow(
            what: "no pong, and the low base time beside a living flow", fault: "no-pong", transports: (.tcp, .udp),
            habits: ([.lowBase], []), expected: ["OB-REC-005": "warn"]),
        PairRow(
            what: "no STUN answer, and the low base time beside a living flow", fault: "no-stun",
            transports: (.udp, .tcp), habits: ([.lowBase], []), expected: ["OB-REC-005": "warn"]),
        PairRow(
            what: "no pong, and the other flow waits with it", fault: "no-pong", transports: (.tcp, .udp),
            habits: ([.holdsOtherBack], []), expected: ["OB-REC-011": "warn"]),
        PairRow(
            what: "no STUN answer, and the other flow waits with it", fault: "no-stun", transports: (.udp, .tcp),
            habits: ([.holdsOtherBack], []), expected: ["OB-REC-011": "warn"]),
        PairRow(
            what: "one flow without keep-alives", fault: "never-closes", transports: (.tcp, .tcp),
            habits: ([], [.noKeepAlive]), expected: ["OB-KA-001": "fail"]),
        PairRow(
            what: "one reg-id for both", fault: nil, transports: (.tcp, .tcp), habits: ([], []),
            expected: ["OB-UA-005": "fail"], regID: "1"),
        PairRow(
            what: "one Call-ID for both", fault: nil, transports: (.tcp, .tcp), habits: ([], []),
            expected: ["OB-UA-007": "warn"], callID: "call1"),
    ]

    @Test(arguments: pairs) func aPhoneWithTwoFlows(row: PairRow) throws {
        var settings = EdgeSettings()
        settings.observes = true
        settings.flowTimer = 60
        settings.faults = try FaultPlan.parse(row.fault.map { [$0] } ?? [])
        var pair = try ScriptedPair(
            settings, row.transports, row.habits, regID: row.regID, callID: row.callID)
        pair.run(seconds: row.seconds)
        let words = pair.held.map { "\($0.requirement?.text ?? "") \($0.verdict.word): \($0.message)" }
        if row.expected.isEmpty { #expect(words.isEmpty) }
        for (requirement, word) in row.expected {
            #expect(
                pair.held.contains { $0.requirement == requirement && $0.verdict.word == word },
                "\(requirement) is not among \(words)")
        }
    }
}
