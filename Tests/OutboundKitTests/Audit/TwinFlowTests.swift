import Testing

@testable import OutboundKit

/// A NAT's two sides in one run, known by their STUN transactions alone.
@Suite struct TwinFlowTests {
    private static func side(
        _ flow: UInt32, port: UInt16, later: Double = 0.001, ids: [UInt64] = [11, 12, 13], start: Double = 25,
        server: UInt32 = 1, factor: UInt64 = 0x9E37_79B9_7F4A_7C15, more: [(Double, Timeline.Moment)] = []
    ) -> Timeline {
        let pings = ids.enumerated().flatMap { index, id in
            let time = start + Double(index) * 25 + Double(flow) * later
            return [
                (time, Timeline.Moment.stun(id &* factor)),
                (time + 0.02, .stunAnswer(id &* factor, port: 41_000, [.cookie, .xorMapped])),
            ]
        }
        return Timeline(
            flow: flow, transport: .udp, clientPort: port, insidePort: 40_000, moments: more + pings, clientHost: 7,
            serverHost: server)
    }

    private static func copies(_ timelines: [Timeline]) throws -> [FlowID?] {
        var ledger = FlowLedger()
        var tape = Tape()
        for timeline in timelines { try timeline.play(into: &tape) }
        tape.sorted.play(into: &ledger)
        ledger.finish()
        return ledger.flows.map(\.copyOf)
    }

    @Test func bothSidesAreOneFlow() throws {
        #expect(try Self.copies([Self.side(0, port: 40_000), Self.side(1, port: 41_000)]) == [nil, FlowID(0)])
        let sides = [Self.side(0, port: 40_000), Self.side(1, port: 41_000), Self.side(2, port: 42_000)]
        #expect(try Self.copies(sides) == [nil, FlowID(0), FlowID(0)])
    }

    /// A NAT that forgets the flow between two keep-alives gives it another port for each.
    @Test func aNewPortForEachPing() throws {
        let all = (1...3).map { UInt64($0) }
        let outside = all.map { Self.side(UInt32($0), port: 41_000 + UInt16($0), ids: [$0], start: Double($0) * 25) }
        #expect(try Self.copies([Self.side(0, port: 40_000, ids: all)] + outside) == [nil] + all.map { _ in FlowID(0) })
    }

    /// A REGISTER of a phone without an instance-id.
    private static func register(
        _ flow: UInt32, port: UInt16, branch: String = "z9hG4bK7", later: Double = 0.001, server: UInt32 = 1
    ) -> Timeline {
        let text = """
            REGISTER sip:example.com SIP/2.0\r
            Via: SIP/2.0/UDP 10.0.0.7:5060;branch=\(branch)\r
            From: <sip:alice@example.com>;tag=1\r
            To: <sip:alice@example.com>\r
            Call-ID: h1\r
            CSeq: 1 REGISTER\r
            Contact: <sip:alice@10.0.0.7>\r
            Content-Length: 0\r
            \r

            """
        return Timeline(
            flow: flow, transport: .udp, clientPort: port, moments: [(Double(flow) * later, .text(text, .fromClient))],
            serverHost: server)
    }

    @Test func phonesWithoutAnInstance() throws {
        let inside = Self.register(0, port: 5060)
        #expect(try Self.copies([inside, Self.register(1, port: 41_000)]) == [nil, FlowID(0)])
        let others = [
            Self.register(1, port: 41_000, branch: "z9hG4bK8"), Self.register(1, port: 41_000, later: 5),
            Self.register(1, port: 41_000, server: 2),
        ]
        for other in others { #expect(try Self.copies([inside, other]) == [nil, nil]) }
    }

    @Test func othersStayApart() throws {
        let inside = Self.side(0, port: 40_000)
        let others = [
            Self.side(1, port: 41_000, ids: [21, 22, 23]), Self.side(1, port: 41_000, later: 5),
            Self.side(1, port: 41_000, server: 2), Self.side(1, port: 41_000, more: Timeline.registered(timer: 60)),
        ]
        for other in others { #expect(try Self.copies([inside, other]) == [nil, nil]) }
        // Phones of one make may all count from one.
        let counting = [Self.side(0, port: 40_000, factor: 1), Self.side(1, port: 41_000, factor: 1)]
        #expect(try Self.copies(counting) == [nil, nil])
    }

    @Test func theMappedAddressIsChecked() throws {
        let registered = Timeline.registered(timer: 60)
        let inside = Self.side(0, port: 40_000, more: registered)
        let alone = try audit([inside]).findings.first { $0.requirement == "OB-STUN-010" }
        #expect(alone?.verdict == .unknown(.side))
        let both = try audit([inside, Self.side(1, port: 41_000, more: registered)])
        #expect(both.findings.first { $0.requirement == "OB-STUN-010" }?.verdict == .pass)
        // A second NAT lies beyond.
        let between = try audit([inside, Self.side(1, port: 41_500, more: registered)])
        #expect(between.findings.first { $0.requirement == "OB-STUN-010" }?.verdict == .unknown(.side))
    }
}
