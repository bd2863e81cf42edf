import Testing

@testable import OutboundKit

/// The moments that pictures are drawn from.
@Suite struct FlowTimelineTests {
    private func moments(_ timelines: [Timeline], end: Double? = nil, of index: Int = 0) throws -> [FlowMoment] {
        var sink = AuditSink(timelines: .allFlows)
        for timeline in timelines { try timeline.play(into: &sink) }
        if let end { sink.end(FlowID(0), at: Timestamp(seconds: end)) }
        sink.finish()
        return try #require(sink.timelines).moments(of: index)
    }

    @Test func healthyFlow() throws {
        let found = try moments([.tcp(Timeline.registered(timer: 20) + Timeline.pings([18, 36]))])
        #expect(found.map(\.kind) == [.register, .registered, .ping, .pong, .ping, .pong])
        #expect(found[1].value == 200 && found[1].limit == 20_000)
        // The first is counted from the 2xx, the next from the one before.
        #expect(found[2].value == 17_990 && found[2].limit == 20_000)
        #expect(found[4].value == 18_000)
        #expect(found[4].frame > found[2].frame)
    }

    /// What the server sent before anybody had registered is no ping of the client.
    @Test func theServerSpokeFirst() throws {
        let found = try moments([
            Timeline(
                moments: [(1, .event(.sip(SIPMessage()), .fromServer))] + Timeline.serverPings([2, 4])
                    + Timeline.registered(at: 5, timer: 20) + Timeline.pings([23]),
                opening: .midstream, isReversed: true)
        ])
        #expect(found.map(\.kind) == [.serverMessage, .register, .registered, .ping, .pong])
    }

    @Test func lateKeepAlive() throws {
        let found = try moments([.tcp(Timeline.registered(timer: 20) + Timeline.pings([18, 50]))])
        #expect(found.filter { $0.kind == .latePing }.map(\.value) == [32_000])
    }

    /// To the millisecond, as the finding has it.
    @Test func roundedAsInFindings() throws {
        let timeline = Timeline.tcp(Timeline.registered(timer: 20) + Timeline.pings([18, 50.0007]))
        let late = try #require(try moments([timeline]).first { $0.kind == .latePing })
        #expect(late.value == 32_001)
        var sink = AuditSink()
        try timeline.play(into: &sink)
        sink.finish()
        let finding = try #require(Judge().judge(sink.ledger).findings.first { $0.requirement == "OB-FT-004" })
        #expect(finding.evidence.contains { $0.observed.contains("32.001 s") }, "\(finding.evidence)")
    }

    /// The first half of it looks like a late pong.
    @Test func aPingOfTheServerIsNoPong() throws {
        let found = try moments([
            .tcp(
                Timeline.registered(timer: 20) + [(18, .ping)] + Timeline.serverPings([20, 38]) + [(39, .ping)]
                    + Timeline.serverPings([60]))
        ])
        #expect(found.allSatisfy { $0.kind != .pong && $0.kind != .latePong })
        #expect(found.contains { $0.kind == .failed })
    }

    @Test func missedPongIsAFailureAtItsDeadline() throws {
        let found = try moments([
            .tcp(Timeline.registered(timer: 20) + [(18, .ping), (35, .ping), (40, .options)])
        ])
        let failed = try #require(found.first { $0.kind == .failed })
        #expect(failed.time == Timestamp(seconds: 28).nanoseconds)
        #expect(FlowRecord.Failure(rawValue: UInt8(failed.value)) == .missedPong)
        #expect(found.map(\.time) == found.map(\.time).sorted())
    }

    @Test func failureKnownOnlyAtTheEnd() throws {
        let found = try moments([.tcp(Timeline.registered(timer: 20) + [(18, .ping)])], end: 60)
        #expect(found.last?.kind == .failed)
    }

    @Test func otherMoments() throws {
        let found = try moments([
            .udp(
                Timeline.registered(timer: 20) + Timeline.stuns([10], port: 40_000)
                    + Timeline.stuns([25], port: 40_009) + [
                        (26, .register(regID: 1, callID: "b", cseq: 2, expires: 3600)),
                        (26.1, .answer(503, [], cseq: 2, callID: "b")), (27, .event(.gap(4), .fromClient)),
                        (28, .event(.icmpError(type: 3, code: 3), .fromClient)), (29, .options),
                        (30, .event(.close(.rst), .fromServer)),
                    ])
        ])
        let kinds = found.map(\.kind)
        #expect(kinds.contains(.mappedChange) && kinds.contains(.failed) && kinds.contains(.gap))
        #expect(kinds.contains(.icmpError) && kinds.contains(.clientMessage) && kinds.last == .resetByServer)
        #expect(found.first { $0.kind == .refused }?.value == 503)
    }

    @Test func thinningKeepsWhatIsOutOfOrderAndSpansTheFlow() {
        var timeline = FlowTimeline()
        for number in 0..<100_000 {
            let time = Int64(number) * 1_000_000_000
            timeline.add(FlowMoment(number % 10_000 == 9_999 ? .latePing : .ping, time, 1), limit: 600)
            timeline.add(FlowMoment(.pong, time + 1, 1), limit: 600)
        }
        let moments = timeline.sorted
        #expect(moments.count <= 600 && moments.count > 150)
        #expect(moments.count { $0.kind == .latePing } == 10)
        #expect(timeline.stride > 1 && timeline.leftOut == 0)
        #expect(moments[0].time < 1_000_000_000_000)
        #expect((moments.last?.time ?? 0) > 99_000 * 1_000_000_000)
    }

    @Test func tooMuchOutOfOrderIsCounted() {
        var timeline = FlowTimeline()
        for number in 0..<1000 { timeline.add(FlowMoment(.latePing, Int64(number), 1), limit: 600) }
        #expect(timeline.moments.count == 600 && timeline.leftOut == 400)
    }

    /// Many flows share the room; nobody starves the others out of it.
    @Test func sumIsBounded() {
        var timelines = FlowTimelines()
        for round in 0..<40 {
            for flow in 0..<40_000 {
                timelines.add(FlowMoment(.ping, Int64(round), 1), to: flow)
            }
        }
        #expect(timelines.total <= FlowTimelines.totalLimit)
        #expect(timelines.limit < FlowTimelines.startingLimit)
        #expect((0..<40_000).allSatisfy { !timelines[$0].moments.isEmpty })
        #expect((0..<40_000).map { timelines[$0].moments.count }.reduce(0, +) == timelines.total)
    }
}
