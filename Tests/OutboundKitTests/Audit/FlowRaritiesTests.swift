import Testing

@testable import OutboundKit

/// What is rare stands apart from the record, and a record without any of it must read as one whose box was just made.
@Suite struct FlowRaritiesTests {
    @Test func ordinaryIsWhatANewBoxHolds() {
        let timeline = Timeline.tcp([])
        let opening = FlowEvent.Opening(
            transport: .tcp, client: timeline.client, server: timeline.server, kind: .handshake)
        let plain = FlowRecord(id: FlowID(1), opening: opening, time: 5, frame: 1)
        var boxed = plain
        boxed.lastGap = 7
        #expect(boxed.rare != nil && plain.rare == nil)
        boxed.lastGap = .never
        let numbers: [(FlowRecord) -> Int64] = [
            { Int64($0.latePongs) }, { Int64($0.retransmissions) }, { Int64($0.unansweredPings) },
            { Int64($0.extraPongs) }, { Int64($0.serverPings) }, { Int64($0.indications) },
            { Int64($0.mappedChanges) }, { Int64($0.repeatedRequests) }, { Int64($0.repeatedAnswers) },
            { Int64($0.oldTimerRun) }, { $0.oldShort }, { $0.oldLimit }, { $0.floodStart }, { $0.lastGap },
            { $0.dutyEnded }, { $0.failedAt }, { $0.recoveryDueSince }, { Int64($0.priorFailures) },
            { $0.foreignAnswerAt }, { $0.closedAt }, { Int64($0.closedFrame) },
            { $0.lastCloseAt }, { $0.firstGap }, { $0.previousGap }, { Int64($0.earlierPings.count) },
            { Int64($0.refusals.count) },
        ]
        for (place, number) in numbers.enumerated() { #expect(number(plain) == number(boxed), "number \(place)") }
        #expect(plain.replacedBy == boxed.replacedBy && plain.copyOf == boxed.copyOf)
        #expect(plain.log.isEmpty && boxed.log.isEmpty)
    }

    /// What every keep-alive asks for is looked for only where a mark says that it is there.
    @Test func marksTellWhatIsThere() {
        let timeline = Timeline.tcp([])
        let opening = FlowEvent.Opening(
            transport: .udp, client: timeline.client, server: timeline.server, kind: .datagram)
        let plain = FlowRecord(id: FlowID(1), opening: opening, time: 5, frame: 1)
        let properties: [WritableKeyPath<FlowRecord, Int64>] = [
            \.oldLimit, \.floodStart, \.lastGap, \.firstGap, \.previousGap,
        ]
        for property in properties {
            var flow = plain
            flow[keyPath: property] = 9
            #expect(flow[keyPath: property] == 9 && !flow.present.isEmpty)
            for other in properties where other != property {
                #expect(flow[keyPath: other] == plain[keyPath: other])
            }
            flow[keyPath: property] = plain[keyPath: property]
            #expect(flow[keyPath: property] == plain[keyPath: property] && flow.present.isEmpty)
        }
        var flow = plain
        (flow.firstGap, flow.previousGap) = (3, 4)
        flow.firstGap = 0
        #expect(flow.firstGap == 0 && flow.previousGap == 4)
        flow.earlierPings.append((1, 2))
        #expect(flow.earlierPings.count == 1 && flow.present.contains(.earlierPings))
        flow.earlierPings = []
        #expect(flow.earlierPings.isEmpty && !flow.present.contains(.earlierPings))
    }

    /// Copies share a box until one of them is changed.
    @Test func copiesAreValues() {
        let timeline = Timeline.tcp([])
        let opening = FlowEvent.Opening(
            transport: .tcp, client: timeline.client, server: timeline.server, kind: .handshake)
        var one = FlowRecord(id: FlowID(1), opening: opening, time: 5, frame: 1)
        one.failedAt = 8
        var other = one
        other.failedAt = 9
        other.log.add(.missedPong, 1, 1)
        #expect(one.failedAt == 8 && one.log.isEmpty && other.failedAt == 9 && !other.log.isEmpty)
    }
}
