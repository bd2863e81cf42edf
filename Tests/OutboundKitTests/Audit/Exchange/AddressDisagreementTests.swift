import Testing

@testable import OutboundKit

/// What `received` and `rport` say beside what STUN says of one flow (DX-NAT-03).
@Suite struct AddressDisagreementTests {
    private static let other = TransportAddress(ip: IPAddress(v4: 0xCB00_7107), port: 40_000)

    /// STUN at each time, and a refresh at 100 s whose answer names `seen`.
    private static func judge(
        seen: TransportAddress?, stuns: [(Double, UInt16)], refreshes: [Double] = [100]
    ) throws -> Finding? {
        var moments = Timeline.registered(timer: 60)
        for (time, port) in stuns { moments += Timeline.stuns([time], port: port) }
        for (number, time) in refreshes.enumerated() {
            moments += Timeline.registered(at: time, timer: 60, cseq: number + 2)
        }
        var timeline = Timeline.udp(moments.sorted { $0.0 < $1.0 })
        timeline.seen = seen
        var sink = AuditSink(judgesExchanges: true)
        try timeline.play(into: &sink)
        sink.finish()
        return Judge().judge(sink, keeping: .all).findings.first { $0.requirement == "OB-RPORT-002" }
    }

    private static let steady: [(Double, UInt16)] = [(25, 40_000), (50, 40_000), (75, 40_000), (125, 40_000)]

    @Test func anAddressThatIsRewritten() throws {
        let finding = try #require(try Self.judge(seen: Self.other, stuns: Self.steady))
        #expect(finding.verdict == .warn && finding.diagnosis == "DX-NAT-03")
        #expect(finding.evidence.first?.observed == "received/rport 203.0.113.7:40000")
        #expect(finding.evidence.first?.frame == 11)
    }

    @Test func theSameAddress() throws {
        #expect(try Self.judge(seen: nil, stuns: Self.steady)?.verdict != .warn)
    }

    /// The same address in two notations.
    @Test func mappedIPv4() throws {
        let client = try #require(TransportAddress("192.0.2.1:40000"))
        let mapped = TransportAddress(ip: try #require(IPAddress("::ffff:\(client.ip)")), port: client.port)
        let text = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;rport=\(mapped.port);received=\(mapped.ip)\r\n\r\n"
        let disagreement = AddressDisagreement(try written(text), mapped: client, time: 0, frame: 0)
        #expect(disagreement == nil)
    }

    /// Without STUN behind it the NAT may have moved; where STUN says so, it has.
    @Test(
        arguments: [
            [(25, 40_000), (50, 40_000), (75, 40_000)], [(25, 40_000), (75, 40_000), (125, 40_001)], [(125, 40_000)],
        ] as [[(Double, UInt16)]]) func theNATMayHaveMoved(_ stuns: [(Double, UInt16)]) throws
    {
        #expect(try Self.judge(seen: Self.other, stuns: stuns)?.verdict != .warn)
    }

    /// What was proven once stays so, whatever the NAT does later.
    @Test func aLaterMove() throws {
        let stuns = Self.steady + [(150, 40_000), (225, 40_007)]
        let finding = try Self.judge(seen: Self.other, stuns: stuns, refreshes: [100, 200])
        #expect(finding?.verdict == .warn)
    }
}
