import Testing

@testable import OutboundKit

/// What an audit says of NATs that forget the mappings of UDP phones.
@Suite struct ForgottenMappingTests {
    struct Row: CustomTestStringConvertible {
        /// How the remark begins; nil: nothing is told.
        let told: String?
        let what: String
        let timelines: [Timeline]
        var testDescription: String { what }

        init(_ told: String?, _ what: String, _ timelines: [Timeline]) {
            (self.told, self.what, self.timelines) = (told, what, timelines)
        }
    }

    /// A registration and a ping, and so on each time that the mapped port changed: the phone registers anew 30 s after that.
    private static func phone(_ silences: [Double], timer: Int? = 20, sameport: Bool = false) -> [Timeline] {
        var time = 0.0
        var moments = Timeline.registered(timer: timer)
        moments += Timeline.stuns([0.1], port: 40_000)
        for (index, silence) in silences.enumerated() {
            time += silence + 0.1
            moments += Timeline.stuns([time], port: sameport ? 40_000 : 40_001 + 2 * UInt16(index))
            time += 30
            moments += Timeline.registered(at: time, timer: timer, cseq: index + 2)
            moments += Timeline.stuns([time + 0.1], port: sameport ? 40_000 : 40_002 + 2 * UInt16(index))
        }
        return [.udp(moments)]
    }

    /// The same as the server sees it, without STUN.
    private static func moving(
        _ count: Int, every: Double = 60, host: UInt32? = 5, port: (UInt32) -> UInt16 = { 40_000 + UInt16($0) },
        callID: (UInt32) -> String = { _ in "a1" }, server: (UInt32) -> UInt32 = { _ in 1 }
    ) -> [Timeline] {
        (0..<UInt32(count)).map { index in
            var timeline = Timeline.udp(
                Timeline.registered(
                    at: Double(index) * every, timer: 20, cseq: Int(index) + 1, callID: callID(index)))
            timeline.flow = index
            timeline.clientPort = port(index)
            timeline.insidePort = 5060
            timeline.insideHost = host
            timeline.serverHost = server(index)
            return timeline
        }
    }

    static let rows: [Row] = [
        Row(
            "A NAT on the way gave the phone a new mapping 3 times; a silence of 16.500 s was enough. Keep-alives are due every 20 s, which is too late for it.",
            "forgotten before the Flow-Timer", phone([16.5, 19, 17])),
        Row(
            "A NAT on the way gave the phone a new mapping 2 times; a silence of 26.000 s was enough. Until",
            "no Flow-Timer", phone([26, 28], timer: nil)),
        Row(nil, "once may be a NAT that was started anew", phone([16.5])),
        Row(nil, "never", phone([16.5, 19, 17], sameport: true)),
        Row(nil, "the phone is silent for longer than it may be", phone([45, 60])),
        Row(nil, "several ways out", phone([3.5, 4, 16])),
        Row(
            "2 REGISTERs came from a new port of 192.0.2.7, with Call-ID, Contact and sent-by as before: a NAT on the way gave the phone a new mapping; a silence of 60.000 s was enough. Until",
            "seen at the server", moving(3)),
        Row(nil, "two flows: once", moving(2)),
        Row(nil, "no NAT: the phone itself took another port", moving(4, host: nil)),
        Row(nil, "the same port", moving(4, port: { _ in 40_000 })),
        Row(nil, "another dialog of registrations: a phone that was started anew", moving(4, callID: { "b\($0)" })),
        Row(nil, "another server", moving(4, server: { $0 + 1 })),
        Row(nil, "sooner than any NAT forgets", moving(4, every: 4)),
    ]

    @Test(arguments: rows)
    func told(_ row: Row) throws {
        try Shards.expectAgreement(row.timelines)
        let remarks = try audit(row.timelines).findings.filter { $0.diagnosis == "DX-NAT-05" }
        #expect(remarks.count == (row.told == nil ? 0 : 1))
        guard let told = row.told, let remark = remarks.first else { return }
        #expect(remark.verdict == .info && remark.message.hasPrefix(told), "\(remark.message)")
        #expect(remark.message.hasSuffix("Until it registers anew nobody reaches the phone."))
        #expect(remark.evidence.count >= 2 && remark.advice?.contains("--binding-lifetime") == true)
    }

    /// A NAT with a time-out of seconds, with a real phone behind it, from both its sides and from itself.
    @Test(arguments: [("inside", "3 times"), ("outside", "2 REGISTERs"), ("natbox_any", "3 times")])
    func realNAT(_ side: String, _ words: String) throws {
        let path = SourceFile.repository
            .appendingPathComponent("Tests/Fixtures/Captures/bs_udp_nat_short_\(side).pcap").path
        var audit = CaptureAudit()
        try audit.read(path: path)
        let list = Judge(RuleSelection(only: ["DX-NAT-05"])).judge(audit.finish().ledger)
        #expect(list.findings.count == 1 && list.findings.first?.message.contains(words) == true)
    }
}
