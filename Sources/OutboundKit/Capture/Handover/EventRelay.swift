/// Takes events in one thread for a sink that works in another (`SinkThread`).
struct EventRelay: FlowEventSink {
    private let road: EventRoad
    private let end: End
    private var batch = EventBatch()

    /// Closes the road, should nobody have done so: the sink's thread would wait for ever.
    private final class End: Sendable {
        private let road: EventRoad
        init(_ road: EventRoad) { self.road = road }
        deinit { road.lane.close() }
    }

    init(_ road: EventRoad) {
        self.road = road
        end = End(road)
    }

    @inline(__always)
    mutating func observeSTUN(_ facts: STUNFacts, _ moment: FlowEvent.Moment) {
        batch.addSTUN(facts, moment)
        if batch.isFull { handOver() }
    }

    @inline(__always)
    mutating func observeCRLF(completesPair: Bool, ownSegment: Bool, _ moment: FlowEvent.Moment) {
        batch.addCRLF(completesPair: completesPair, ownSegment: ownSegment, moment)
        if batch.isFull { handOver() }
    }

    mutating func observeSIP(_ message: borrowing SIPMessage, _ moment: FlowEvent.Moment) {
        batch.addSIP(message, moment)
        if batch.isFull { handOver() }
    }

    /// The reading is a large part of the work on a message, and is the other thread's.
    mutating func observeDatagram(
        _ octets: RawSpan, using message: inout SIPMessage, _ moment: FlowEvent.Moment
    ) -> Bool {
        batch.addDatagram(octets, moment)
        if batch.isFull { handOver() }
        return true
    }

    mutating func observe(_ event: borrowing FlowEvent) {
        batch.add(copy event)
        if batch.isFull { handOver() }
    }

    mutating func end(_ flow: FlowID, at time: Timestamp) {
        batch.addEnd(flow, time)
        if batch.isFull { handOver() }
    }

    mutating func miss(at time: Timestamp) { batch.addMiss(time) }

    mutating func observeAttempt(_ attempt: UnansweredAttempt) {
        batch.add(attempt)
        if batch.isFull { handOver() }
    }

    @inline(never)
    private mutating func handOver() {
        var next = road.spares.take() ?? EventBatch()
        swap(&next, &batch)
        _ = road.lane.send(next)
    }

    /// There will be no more events.
    mutating func close() {
        if !batch.isEmpty { handOver() }
        road.lane.close()
    }
}

/// The way from a relay to its sink, and the empty batches on their way back.
final class EventRoad: Sendable {
    let lane = Lane<EventBatch>(capacity: 8)
    let spares = Spares<EventBatch>()
}
