import Testing

@testable import OutboundKit

/// Keep-alives of many phones that come together.
@Suite struct RhythmTests {
    private static func fleet(
        _ phones: Int = 100, timer: Int? = 120, transport: TransportProtocol = .tcp,
        start: @escaping (Int) -> Double, interval: @escaping (Int) -> Double
    ) -> Fleet {
        Fleet(phones: phones, transport: transport, timer: timer, start: start, interval: interval, end: 1500)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let transport: TransportProtocol
        let timer: Int?
        let interval: Double
        let requirement: Requirement.ID
        var testDescription: String { "\(requirement)" }
    }

    @Test(arguments: [
        Row(transport: .tcp, timer: 120, interval: 120, requirement: "OB-FT-005"),
        Row(transport: .tcp, timer: nil, interval: 110, requirement: "OB-KA-008"),
        Row(transport: .udp, timer: nil, interval: 25, requirement: "OB-STUN-003"),
    ])
    func togetherIsFound(_ row: Row) throws {
        let draws = Draws()
        // Nine in ten began within half a second; the rest at any time.
        let fleet = Self.fleet(
            timer: row.timer, transport: row.transport,
            start: { $0 % 10 == 0 ? draws.next() * 120 : 3 + draws.next() * 0.3 }, interval: { _ in row.interval })
        let findings = try fleet.findings()
        #expect(findings.count == 1)
        let finding = try #require(findings.first)
        #expect(finding.verdict == .warn && finding.requirement == row.requirement)
        #expect(finding.diagnosis == "DX-KA-11" && finding.message.contains("User-Agents: Phone 1 (90)"))
        let rhythm = try #require(try fleet.facts().rhythms.first)
        #expect(rhythm.flows == 100 && rhythm.together >= 90 && rhythm.period == Int64(row.interval * 1e9))
    }

    /// The same constant interval, each phone at its own time: a fault of each, not of the fleet.
    @Test func constantAndApart() throws {
        let draws = Draws()
        #expect(try Self.fleet(start: { _ in draws.next() * 120 }, interval: { _ in 120 }).findings().isEmpty)
    }

    /// All begin in the same second, and draw every interval anew as they should.
    @Test(arguments: [10, 30, 120]) func togetherAtFirst(_ timer: Int) throws {
        for seed: UInt64 in 1...5 {
            let draws = Draws(seed)
            let fleet = Self.fleet(
                300, timer: timer, start: { _ in draws.next() },
                interval: { _ in Double(timer) * (0.8 + 0.2 * draws.next()) })
            #expect(try fleet.findings().isEmpty)
        }
    }

    @Test func cannotBeToldOfFew() throws {
        #expect(try Self.fleet(19, start: { _ in 3 }, interval: { _ in 120 }).findings().isEmpty)
        #expect(try !Self.fleet(20, start: { _ in 3 }, interval: { _ in 120 }).findings().isEmpty)
        // Two intervals show no constant one.
        var fleet = Self.fleet(start: { _ in 3 }, interval: { _ in 120 })
        fleet.end = 400
        #expect(try fleet.findings().isEmpty)
    }

    @Test func keepAlivesThatNobodyAgreedOn() throws {
        var fleet = Self.fleet(start: { _ in 3 }, interval: { _ in 30 })
        fleet.isOutbound = false
        let finding = try #require(try fleet.findings().first)
        #expect(finding.verdict == .info && finding.requirement == nil && finding.diagnosis == "DX-KA-11")
        for (pattern, count) in [("OB-*", 0), ("DX-REG-*", 0), ("DX-KA-11", 1)] {
            var list = FindingList()
            Judge(RuleSelection(only: [pattern])).judge(try fleet.facts(), into: &list)
            #expect(list.findings.count == count, "\(pattern)")
        }
    }

    /// Refreshes come together after a restart, and stay so: nobody asks for random ones.
    @Test func refreshesTogether() throws {
        let draws = Draws()
        var fleet = Self.fleet(start: { _ in 3 + draws.next() }, interval: { _ in 96 + draws.next() * 24 })
        fleet.refresh = { _ in 300 }
        let findings = try fleet.findings()
        #expect(findings.count == 1)
        let finding = try #require(findings.first)
        #expect(finding.verdict == .info && finding.requirement == nil)
        #expect(finding.message.contains("refreshes of 100 of 100 flows come every 300 s within the same 2.0 s"))
        // At a pace of their own, or from a beginning of their own, they do not.
        fleet.refresh = { 260 + Double($0) * 0.7 }
        #expect(try fleet.findings().isEmpty)
        fleet.refresh = { _ in 300 }
        fleet.start = { Double($0) * 2.9 }
        #expect(try fleet.findings().isEmpty)
    }

    @Test func thresholds() {
        #expect(RhythmSurvey.isBeyondChance(15, of: 30) && !RhythmSurvey.isBeyondChance(12, of: 30))
        #expect(!RhythmSurvey.isBeyondChance(200, of: 1000) && RhythmSurvey.isBeyondChance(250, of: 1000))
        #expect(!RhythmSurvey.isBeyondChance(0, of: 0))
    }
}
