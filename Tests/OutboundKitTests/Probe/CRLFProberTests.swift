import Testing

@testable import OutboundKit

@Suite struct CRLFProberTests {
    typealias Rig = StreamRig<CRLFProber>
    static let ping: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]

    static func settings(_ count: Int? = 3, _ mode: CRLFProber.Mode = .whole) -> CRLFProber.Settings {
        var settings = CRLFProber.Settings()
        settings.schedule = ProbeSchedule(count: count)
        settings.mode = mode
        return settings
    }

    static func run(
        _ settings: CRLFProber.Settings, _ fault: StreamServer.Fault, stopAt: Timestamp? = nil
    ) -> (rig: Rig, findings: [Finding]) {
        var server = StreamServer(fault)
        var rig = Rig(CRLFProber(settings, using: SeededGenerator(seed: 3)))
        rig.run(stopAt: stopAt) { server.hear($0) }
        #expect(rig.isClosed)
        return (rig, CRLFProbeJudge(rig.seen, settings: settings, subject: "server").findings)
    }

    @Test func healthyServer() {
        let (rig, findings) = Self.run(Self.settings(), .none)
        #expect(rig.sends.map(\.time.nanoseconds) == [0, 1_000_000_000, 2_000_000_000])
        #expect(rig.sends.allSatisfy { $0.octets == Self.ping })
        #expect((rig.seen.sent, rig.seen.answered, rig.seen.lost) == (3, 3, 0))
        #expect(rig.seen.ending == .complete)
        #expect(rig.seen.roundTrips.percentiles([50]) == [10_000_000])
        #expect(
            findings.map { "\($0.requirement?.text ?? "") \($0.verdict.word)" } == ["OB-KA-003 pass", "OB-KA-010 pass"])
    }

    @Test func splitPingsInTurn() {
        let (rig, findings) = Self.run(Self.settings(3, .split), .none)
        #expect(rig.sends.map(\.octets.count) == [1, 3, 2, 2, 3, 1])
        #expect(rig.sends.map { $0.time.nanoseconds / 1_000_000 } == [0, 200, 1000, 1200, 2000, 2200])
        #expect(rig.seen.roundTrips.maximum == 10_000_000, "counted from the last octet")
        #expect(findings.contains { $0.requirement == "OB-KA-011" && $0.verdict == .pass })
    }

    @Test func keepAlivePacing() {
        var settings = Self.settings()
        settings.schedule = ProbeSchedule(count: 40, pacing: .keepAlive(KeepAliveInterval(FlowTimer(seconds: 100))))
        let (rig, _) = Self.run(settings, .none)
        let gaps = zip(rig.sends.dropFirst(), rig.sends).map { $0.time - $1.time }
        #expect(gaps.count == 39)
        #expect(gaps.allSatisfy { $0 >= .seconds(80) && $0 <= .seconds(100) })
    }

    @Test func noPongEndsTheFlowAfterTenSeconds() {
        let (rig, _) = Self.run(Self.settings(nil), .noPongs)
        #expect(rig.seen.ended == Timestamp(seconds: 10))
        #expect(rig.seen.ending == .pongTimeout)
        #expect((rig.seen.sent, rig.seen.lost) == (10, 10))
    }

    @Test func patienceBelowTenSecondsProvesNothing() {
        var settings = Self.settings()
        settings.schedule = ProbeSchedule(count: 2, timeout: .seconds(1))
        let (rig, findings) = Self.run(settings, .noPongs)
        #expect(rig.seen.ended == Timestamp(seconds: 2))
        #expect(rig.seen.ending == .complete)
        #expect(findings.map(\.verdict) == [.unknown(.cut)])
    }

    @Test func aPingGivenUpEarlyIsProvenLostAfterTenSeconds() {
        var settings = Self.settings()
        settings.schedule = ProbeSchedule(count: nil, timeout: .seconds(1))
        let (rig, findings) = Self.run(settings, .noPongs)
        #expect(rig.seen.ending == .pongTimeout)
        #expect(findings.first { $0.requirement == "OB-KA-010" }?.verdict == .fail)
    }

    @Test func garbageDoesNotPutTheVerdictOff() {
        #expect(Self.run(Self.settings(nil), .garbage).rig.seen.ended == Timestamp(seconds: 10))
    }

    @Test func latePongsAreNoRoundTrips() {
        var settings = Self.settings()
        settings.schedule = ProbeSchedule(count: 3, timeout: .milliseconds(300))
        let (rig, _) = Self.run(settings, .slowPong(.milliseconds(400)))
        #expect((rig.seen.answered, rig.seen.lost, rig.seen.lateAnswers) == (0, 3, 2))
    }

    @Test func aMessageThatComesInPutsTheVerdictOff() {
        // Half a request of the server's arrives at 9 s and its end at 12 s, with the pong right behind.
        let request = Array("OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 4\r\n\r\nabcd".utf8)
        var rig = Rig(CRLFProber(Self.settings(1), using: SeededGenerator(seed: 3)))
        rig.run { octets in
            guard octets == Self.ping else { return [] }
            return [
                .send(Array(request[..<20]), after: .seconds(9)),
                .send(Array(request[20...]) + StreamServer.crlf, after: .seconds(12)),
            ]
        }
        #expect(rig.seen.ending == .complete)
        #expect((rig.seen.answered, rig.seen.lost) == (1, 0))
    }

    @Test func deadlineAndInterrupt() {
        var settings = Self.settings(nil)
        settings.schedule = ProbeSchedule(deadline: .milliseconds(2500))
        #expect(Self.run(settings, .none).rig.seen.sent == 3)
        let (rig, findings) = Self.run(Self.settings(nil), .noPongs, stopAt: Timestamp(seconds: 4.5))
        #expect((rig.seen.sent, rig.seen.lost) == (5, 0))
        #expect(findings.isEmpty, "what is open proves nothing")
    }

    struct Row: CustomTestStringConvertible, Sendable {
        let fault: StreamServer.Fault
        let id: Requirement.ID
        let verdict: String?
        var mode = CRLFProber.Mode.whole
        var checks = false
        var testDescription: String { "\(fault) \(mode) \(checks ? "with checks " : "")\(id) \(verdict ?? "nothing")" }
    }

    static let rows: [Row] = [
        Row(fault: .noPongs, id: "OB-KA-010", verdict: "fail"),
        Row(fault: .swallowsOne, id: "OB-KA-010", verdict: "fail"),
        Row(fault: .slowPong(.seconds(3)), id: "OB-KA-010", verdict: "warn"),
        Row(fault: .slowPong(.seconds(11)), id: "OB-KA-010", verdict: "fail"),
        Row(fault: .closesOnPing, id: "OB-KA-010", verdict: "fail"),
        Row(fault: .garbage, id: "OB-KA-003", verdict: "warn"),
        Row(fault: .garbage, id: "OB-KA-010", verdict: "fail"),
        Row(fault: .doublePong, id: "OB-KA-003", verdict: "warn"),
        Row(fault: .doublePong, id: "OB-KA-010", verdict: "pass"),
        Row(fault: .pingsItself, id: "OB-KA-003", verdict: "info"),
        Row(fault: .pingsOnly(.seconds(3)), id: "OB-KA-010", verdict: "fail"),
        Row(fault: .pingsOnly(.seconds(3)), id: "OB-KA-003", verdict: "info"),
        Row(fault: .perRead, id: "OB-KA-010", verdict: "pass"),
        Row(fault: .perRead, id: "OB-KA-011", verdict: "fail", mode: .split),
        Row(fault: .perRead, id: "OB-KA-010", verdict: nil, mode: .split),
        Row(fault: .eager, id: "OB-KA-011", verdict: "fail", mode: .split),
        Row(fault: .none, id: "OB-KA-014", verdict: "pass", mode: .double),
        Row(fault: .onePong, id: "OB-KA-014", verdict: "warn", mode: .double),
        Row(fault: .onePong, id: "OB-KA-010", verdict: "pass", mode: .double),
        Row(fault: .none, id: "OB-KA-012", verdict: "pass", checks: true),
        Row(fault: .none, id: "OB-KA-014", verdict: "pass", checks: true),
        Row(fault: .none, id: "OB-KA-015", verdict: "pass", checks: true),
        Row(fault: .none, id: "OB-KA-004", verdict: "pass", checks: true),
        Row(fault: .none, id: "OB-SIP-003", verdict: "pass", checks: true),
        Row(fault: .blankLineIsPing, id: "OB-KA-012", verdict: "fail", checks: true),
        Row(fault: .strictStart, id: "OB-KA-015", verdict: "fail", checks: true),
        Row(fault: .wholeReads, id: "OB-SIP-003", verdict: "fail", checks: true),
        Row(fault: .noSIP, id: "OB-KA-015", verdict: "unknown", checks: true),
        Row(fault: .noSIP, id: "OB-SIP-003", verdict: "unknown", checks: true),
        Row(fault: .noSIP, id: "OB-KA-010", verdict: "pass", checks: true),
        Row(fault: .wholeReads, id: "OB-KA-020", verdict: "warn", checks: true),
    ]

    @Test(arguments: rows)
    func judgement(_ row: Row) {
        var settings = Self.settings(3, row.mode)
        settings.sipCheck = row.checks
        settings.halfMessage = row.checks
        let (_, findings) = Self.run(settings, row.fault)
        let all = findings.map { "\($0.requirement?.text ?? "") \($0.verdict.word) \($0.message)" }
        let words = findings.filter { $0.requirement == row.id }.map(\.verdict.word)
        if let verdict = row.verdict {
            #expect(words.contains(verdict), "\(all)")
            // A note of the server's own pings stands beside what is judged.
            #expect(words.filter { $0 != "info" }.count <= 1, "\(all)")
        } else {
            #expect(words.isEmpty, "\(all)")
        }
    }

    @Test func checksRunBetweenPings() {
        var settings = Self.settings(2)
        settings.sipCheck = true
        settings.halfMessage = true
        let (rig, _) = Self.run(settings, .none)
        #expect(rig.seen.checks.map(\.check) == [.options, .crlfBeforeOptions, .halfMessage])
        #expect(rig.seen.checks.map(\.status) == [200, 200, 200])
        #expect(rig.seen.checks.last?.pongAfter == true)
        #expect(rig.seen.answered == 2)
        let sends = rig.sends.map(\.octets)
        // Ping, OPTIONS, CRLF and OPTIONS, two halves, the ping after them, ping.
        #expect(sends.count == 7)
        #expect(sends[2].starts(with: [0x0D, 0x0A, 0x4F]))
        #expect(sends[3].count == (sends[3].count + sends[4].count) / 2)
        #expect(rig.sends[4].time - rig.sends[3].time == .seconds(1))
        #expect(sends[5] == Self.ping)
    }

    @Test func whatAMutePongServerDoesWithSIP() {
        var settings = Self.settings(1)
        settings.sipCheck = true
        let (rig, findings) = Self.run(settings, .noPongs)
        #expect(rig.seen.checks.map(\.check) == [.options])
        #expect(findings.first { $0.requirement == "OB-KA-010" }?.advice?.contains("OPTIONS 200") == true)
    }

    @Test func theServersOwnPingsAreAnswered() {
        let (rig, _) = Self.run(Self.settings(2), .pingsItself)
        #expect(rig.seen.serverPings == 1)
        #expect(rig.sends.contains { $0.octets == [0x0D, 0x0A] })
        #expect(rig.seen.strayCRLFs == 0)
    }

    private static func often(_ count: Int, _ interval: Duration) -> CRLFProber.Settings {
        var settings = settings()
        settings.schedule = ProbeSchedule(count: count, pacing: .every(interval))
        return settings
    }

    /// A pair of the server's own is not shared out among the pings that wait.
    @Test func theServersPingsAreNoPongs() {
        let (rig, findings) = Self.run(Self.often(4, .milliseconds(300)), .pingsOnly(.milliseconds(700)))
        #expect((rig.seen.sent, rig.seen.answered) == (4, 0))
        #expect(rig.seen.ending == .pongTimeout)
        #expect(findings.first { $0.requirement == "OB-KA-010" }?.verdict == .fail, "\(findings)")
        #expect(rig.sends.count { $0.octets == StreamServer.crlf } == rig.seen.serverPings)
    }

    /// One by one they look like answers in the wrong form, until one comes that nobody has asked for.
    @Test func whatMayBeTheServersPingProvesNothing() {
        let (rig, findings) = Self.run(Self.often(5, .seconds(1)), .pingsOnly(.milliseconds(700)))
        #expect(rig.seen.serverPings > 0 && rig.seen.answered > 0)
        #expect(findings.first { $0.requirement == "OB-KA-010" }?.verdict == .unknown(.side), "\(findings)")
        #expect(!findings.contains { $0.requirement == "OB-KA-003" && $0.verdict != .info }, "\(findings)")
    }

    /// What a lost segment has held up is answered all at once.
    @Test func twoPongsTogether() {
        var count = 0
        var rig = Rig(CRLFProber(Self.often(3, .milliseconds(300)), using: SeededGenerator(seed: 3)))
        rig.run { _ in
            count += 1
            return count == 2 ? [] : [.send(count == 1 ? StreamServer.crlf : StreamServer.crlf + StreamServer.crlf)]
        }
        #expect((rig.seen.answered, rig.seen.serverPings, rig.seen.doubledPongs) == (3, 0, 0))
        let findings = CRLFProbeJudge(rig.seen, settings: Self.settings(), subject: "s").findings
        #expect(Set(findings.map(\.verdict)) == [.pass], "\(findings)")
    }

    @Test func flowThatEndsAfterItWorked() {
        var count = 0
        var rig = Rig(CRLFProber(Self.settings(nil), using: SeededGenerator(seed: 3)))
        rig.run { _ in
            count += 1
            return count < 3 ? [.send([0x0D, 0x0A])] : [.lose(.closedByPeer, after: .seconds(2))]
        }
        #expect(rig.seen.ending == .flow(.closedByPeer))
        let findings = CRLFProbeJudge(rig.seen, settings: Self.settings(nil), subject: "s").findings
        #expect(findings.first { $0.requirement == "OB-KA-010" }?.verdict == .unknown(.cut))
    }
}
