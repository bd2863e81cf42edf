import Testing

@testable import OutboundKit

/// One flow told in full, as text.
@Suite struct TimelineTextTests {
    private func lines(_ timelines: [Timeline], isFull: Bool = false) throws -> [String] {
        var sink = AuditSink(timelines: .allFlows)
        for timeline in timelines { try timeline.play(into: &sink) }
        sink.finish()
        let flow = FlowSummary(sink.ledger.flows[0], end: sink.ledger.lastTime)
        return TimelineText(flow, try #require(sink.timelines)[0], isFull: isFull).lines
    }

    /// Without the columns before the arrow.
    private func words(_ timelines: [Timeline], isFull: Bool = false) throws -> [String] {
        try lines(timelines, isFull: isFull).map { String($0.dropFirst(37)) }
    }

    @Test func columns() throws {
        let found = try lines([.tcp(Timeline.registered(timer: 20) + Timeline.pings([18]))])
        #expect(found.first?.hasPrefix("00:00:00.") == true)
        #expect(found.first?.hasSuffix("-> REGISTER") == true)
        #expect(found.dropFirst().first?.contains("0.010 s  #") == true, "\(found)")
        #expect(found.allSatisfy { $0.count < 110 })
    }

    @Test func keepAlivesAndTheirAnswers() throws {
        let found = try words([.tcp(Timeline.registered(timer: 20) + Timeline.pings([18, 50]))])
        #expect(
            found == [
                "-> REGISTER", "<- 200 to the REGISTER; keep-alives are due within 20.000 s",
                "-> CRLFCRLF, 17.990 s after the 2xx", "<- answer after 20.0 ms",
                "-> CRLFCRLF, 32.000 s after the one before: late", "<- answer after 20.0 ms",
            ], "\(found)")
    }

    /// Four in a row are one line, three are not, and what comes between ends the row.
    @Test func rowsAreFolded() throws {
        let three = try words([.tcp(Timeline.registered(timer: 20) + Timeline.pings([17, 35, 52]))])
        #expect(three.count == 8)
        let row = [.tcp(Timeline.registered(timer: 20) + Timeline.pings([17, 35, 52, 70, 88]))] as [Timeline]
        let folded = try words(row)
        #expect(folded.count == 3)
        #expect(
            folded.last?.hasSuffix("… 5 keep-alives in time, each answered, 17.000 s to 18.000 s apart; -v shows them")
                == true, "\(folded)")
        #expect(try words(row, isFull: true).count == 12)
        let unowed = try words([.tcp(Timeline.registered(outbound: false) + Timeline.pings([17, 35, 52, 70]))])
        #expect(unowed.last?.contains("… 4 keep-alives, each answered") == true, "\(unowed)")
        let broken = try words([
            .tcp(
                Timeline.registered(timer: 20) + Timeline.pings([17, 35]) + [(40, .options)]
                    + Timeline.pings([52, 70]))
        ])
        #expect(broken.contains("-> OPTIONS") && !broken.contains { $0.contains("…") })
    }

    /// Which of two pings the answer is for cannot be told from here.
    @Test func answersOfSeveralPings() throws {
        let found = try words([
            .tcp(Timeline.registered(timer: 20) + [(17, .ping), (18, .ping), (18.5, .pong), (18.6, .pong)])
        ])
        #expect(found.suffix(2) == ["<- answer", "<- answer after 600.0 ms"])
    }

    @Test func failureAndEnd() throws {
        let found = try words([
            .tcp(Timeline.registered(timer: 20) + [(18, .ping), (35, .ping), (40, .event(.close(.rst), .fromServer))])
        ])
        #expect(found.contains("** the flow has failed: no pong in 10 s"))
        #expect(found.last == "<- reset by the server")
    }

    @Test func otherThings() throws {
        let found = try words([
            .udp(
                Timeline.registered(timer: 20) + [
                    (5, .event(.crlfDatagram(2), .fromClient)),
                    (6, .register(regID: 1, callID: "a1", cseq: 2, expires: 0)),
                    (6.1, .answer(200, [], cseq: 2, callID: "a1")),
                ])
        ])
        #expect(found.contains("-> 2 octets of CR and LF, which is no keep-alive on UDP"))
        #expect(found.last == "<- 200 to the REGISTER: nothing is bound here any more", "\(found)")
    }

    /// A 2xx whose request was not captured takes nothing away.
    @Test func answerWithoutItsRequest() throws {
        let found = try words([.tcp([(1, .answer(200, [], cseq: 9, callID: "z"))])])
        #expect(found == ["<- 200 to the REGISTER"])
    }

    /// A day that begins on the way is named.
    @Test func midnight() throws {
        let found = try lines([.tcp(Timeline.registered(at: 86_390, timer: 20) + Timeline.pings([86_405]))])
        #expect(found.filter { $0.hasSuffix(", UTC") } == ["1970-01-02, UTC"])
        #expect(found.firstIndex(of: "1970-01-02, UTC") == 2)
    }

    @Test func longFlowsSayWhatIsLeftOut() throws {
        let times = (1...2000).map { Double($0) * 17 }
        let found = try lines([.tcp(Timeline.registered(timer: 20) + Timeline.pings(times))], isFull: true)
        #expect(found.last?.contains("(of keep-alives in time, one in ") == true)
        #expect(found.count <= FlowTimelines.startingLimit + 1)
    }

    @Test func nothing() {
        #expect(FlowTimelines()[7].sorted.isEmpty)
    }

    /// An address and port of either end, or the id.
    @Test func namesOfFlows() throws {
        var sink = AuditSink(timelines: .flow(FlowName("f2")))
        for timeline in SampleAudit.timelines { try timeline.play(into: &sink) }
        sink.finish()
        let timelines = try #require(sink.timelines)
        #expect(!timelines[1].moments.isEmpty && timelines[0].moments.isEmpty && timelines[2].moments.isEmpty)
        let flow = sink.ledger.flows[1]
        for name in ["f2", flow.client.description, flow.server.description] { #expect(FlowName(name).names(flow)) }
        for name in ["f1", "f", "", "2", "alice", "192.0.2.1"] { #expect(!FlowName(name).names(flow), "\(name)") }
    }
}
