import Testing

@testable import OutboundKit

/// `Contact: *` ends all registrations of its AOR, those with an instance-id too, which may not stand beside it (RFC 3261
/// §10.2.2, RFC 5626 §4.2.3).
@Suite struct RemovalOfAllTests {
    private typealias Moments = [(Double, Timeline.Moment)]

    private static let registered = RegisterExchange().at(0)
    private static let removed = RegisterExchange.removalOfAll().at(20, cseq: 2)
    private static let used: Moments = [(400, .options)]
    private static let closed: Moments = [
        (400, .event(.close(.fin), .fromServer)), (400.01, .event(.close(.fin), .fromClient)),
    ]
    private static let lost: Moments =
        registered + Timeline.pings([100, 200]) + RegisterExchange.removalOfAll().at(205, cseq: 2) + [
            (265, .event(.close(.fin), .fromServer))
        ]
    private static let again = Timeline(
        flow: 1, clientPort: 40_001,
        moments: RegisterExchange().at(2000, cseq: 9) + Timeline.pings([2100, 2200]))
    private static let bob = RegisterExchange(
        user: "bob", contacts: ["<sip:bob@192.0.2.7:40000>;+sip.instance=\"<urn:uuid:2>\";reg-id=1"])

    @RuleRows static var rows: [RuleRow] {
        RuleRow("OB-KA-001", "skipped", "silence after the removal", [.tcp(registered + removed + closed)])
        RuleRow("OB-FT-004", "skipped", "a Flow-Timer of no more use", [.tcp(registered + removed + closed)])
        RuleRow("OB-REC-012", nil, "nothing to recover", [.tcp(lost), again])
        RuleRow("OB-KEEP-007", "pass", "its keep-alives end", [.tcp(registered + removed + closed)])
        RuleRow(
            "OB-KEEP-007", "info", "keep-alives go on",
            [.tcp(registered + removed + Timeline.pings([100, 200, 300, 400]))])
        RuleRow("OB-KA-001", "fail", "nothing was removed", [.tcp(registered + used)])
        RuleRow(
            "OB-KA-001", "fail", "another account's",
            [.tcp(registered + RegisterExchange.removalOfAll("bob").at(20) + used)])
        RuleRow(
            "OB-KA-001", "fail", "another account is left", [.tcp(registered + bob.at(5) + removed + used)])
        RuleRow(
            "OB-KA-001", "fail", "refused",
            [
                .tcp(
                    registered
                        + RegisterExchange(contacts: ["*"], expires: 0, status: 400, answer: []).at(20, cseq: 2) + used)
            ])
        RuleRow(
            "OB-KA-001", "fail", "a display name that begins with a star",
            [.tcp(RegisterExchange(contacts: ["*21 \(RegisterExchange.own)"]).at(0) + used)])
        RuleRow(
            "OB-KA-001", "fail", "registered again",
            [.tcp(registered + removed + RegisterExchange().at(40, cseq: 3) + used)])
    }

    @Test(arguments: rows)
    func row(_ row: RuleRow) throws { try row.check() }

    private func ledger(_ moments: Moments) throws -> FlowLedger {
        var ledger = FlowLedger()
        try Timeline.tcp(moments).play(into: &ledger)
        ledger.finish()
        return ledger
    }

    @Test func nothingIsLeftBound() throws {
        let second = RegisterExchange(contacts: [RegisterExchange.own.replacing("reg-id=1", with: "reg-id=2")])
        let plain = RegisterExchange(contacts: ["<sip:alice@192.0.2.7:40000>"], answer: [])
        let ledger = try ledger(
            Self.registered + second.at(1, cseq: 2) + plain.at(2, cseq: 3) + Self.bob.at(3)
                + RegisterExchange.removalOfAll().at(20, cseq: 4))
        #expect(ledger.flows[0].registrations.map(\.isBound) == [false, false, false, true])
        #expect(ledger.histories.map(\.state) == [.idle, .idle, .registered])
        #expect(ledger.histories.map { $0.entries.last?.what } == [.unregistered, .unregistered, .registered])
    }

    /// Many phones clear away what is left of their last run before they register.
    @Test func itIsNoRegistration() throws {
        let ledger = try ledger(RegisterExchange.removalOfAll().at(0) + RegisterExchange().at(1, cseq: 2))
        #expect(ledger.flows[0].registrations.map(\.isBound) == [true])
        let row = FlowRow(FlowSummary(ledger.flows[0], end: ledger.lastTime), .ok)
        #expect(row.registered == "sip:alice@example.com;1")
    }

    /// A flow that only took the binding away, and one whose first registration was refused.
    @Test func theTableSaysWhatBecameOfIt() throws {
        let removed = try ledger([
            (0, .register(regID: 1, callID: "a1", cseq: 1, expires: 0)), (0.1, .answer(200, [], cseq: 1, callID: "a1")),
        ])
        let row = FlowRow(FlowSummary(removed.flows[0], end: removed.lastTime), .ok)
        #expect(row.registered == "sip:alice@example.com;1 (removed)")
        let plain = RegisterExchange(contacts: ["<sip:alice@192.0.2.7:40000>"], answer: [])
        let later = try ledger(
            [
                (0, .register(regID: 1, callID: "a1", cseq: 1, expires: nil)),
                (0.1, .answer(439, [], cseq: 1, callID: "a1")),
            ] + plain.at(1, cseq: 2))
        let other = FlowRow(FlowSummary(later.flows[0], end: later.lastTime), .ok)
        #expect(other.registered == "sip:alice@example.com +1")
        #expect(other.timer == "no outbound")
    }

    // MARK: Two flows of one phone

    private static let second = RegisterExchange(
        contacts: [RegisterExchange.own.replacing("reg-id=1", with: "reg-id=2")])

    /// The other flow is closed by the server long after the removal on the first.
    private func other(_ removal: RegisterExchange, pings: [Double] = []) throws -> (FlowLedger, FindingList) {
        var tape = Tape()
        try Timeline.tcp(Self.registered + removal.at(20, cseq: 2)).play(into: &tape)
        try Timeline(
            flow: 1, clientPort: 40_001,
            moments: Self.second.at(1, cseq: 5) + Self.second.at(10, cseq: 6) + Timeline.pings(pings) + Self.closed,
            serverHost: 2
        ).play(into: &tape)
        var ledger = FlowLedger()
        tape.sorted.play(into: &ledger)
        ledger.finish()
        return (ledger, Judge().judge(ledger, keeping: .all))
    }

    private func word(_ id: Requirement.ID, _ list: FindingList) -> String? {
        list.findings.first { $0.requirement == id && $0.subject == "f2" }?.verdict.word
    }

    @Test func theOtherFlowsBindingIsGoneToo() throws {
        let (ledger, list) = try other(.removalOfAll())
        #expect(!ledger.flows[1].registrations[0].isBound && ledger.histories[1].state == .idle)
        #expect(word("OB-KA-001", list) == "skipped" && word("OB-FT-004", list) == "skipped")
        #expect(word("OB-REC-012", list) == nil && word("OB-KEEP-007", list) == nil)
    }

    /// Whose last 2xx on its own flow did not end it is not told when its keep-alives were to end.
    @Test func keepAlivesMayGoOnThere() throws {
        let (_, list) = try other(.removalOfAll(), pings: [100, 200, 300])
        #expect(word("OB-KEEP-007", list) == nil && word("OB-KA-001", list) == "pass")
    }

    @Test(arguments: [
        RegisterExchange.removalOfAll("bob"), RegisterExchange(expires: 0, listed: [], answer: []),
        RegisterExchange(contacts: ["*"], expires: 0, status: 403, answer: []),
    ])
    func whatIsNotRemovedStays(_ removal: RegisterExchange) throws {
        let (ledger, list) = try other(removal)
        #expect(ledger.flows[1].registrations[0].isBound && word("OB-KA-001", list) == "fail")
    }
}
