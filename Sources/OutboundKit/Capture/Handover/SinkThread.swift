import Synchronization

/// A sink at work in a thread of its own, on what a relay hands over: reading and decoding go on meanwhile.
final class SinkThread<Sink: FlowEventSink & Sendable>: Sendable {
    private let seat: Seat
    private let worker: Worker

    /// Where the sink is while the thread does not have it. Taken out and put back, for a second reference would copy all
    /// that the sink keeps.
    private final class Seat: Sendable {
        let sink: Mutex<Sink?>
        init(_ sink: Sink) { self.sink = Mutex(sink) }
    }

    init(_ sink: Sink, _ road: EventRoad) {
        let seat = Seat(sink)
        self.seat = seat
        worker = Worker("judge") {
            guard var sink = seat.sink.withLock({ $0.take() }) else { return }
            var room = SIPMessage()
            while var batch = road.lane.receive() {
                batch.replay(into: &sink, using: &room)
                batch.removeAll()
                road.spares.giveBack(batch)
            }
            seat.sink.withLock { $0 = sink }
        }
    }

    /// Waits until the relay was closed and all its events were taken.
    /// - Returns: the sink; nil when it was given away before.
    func join() -> Sink? {
        worker.join()
        return seat.sink.withLock { $0.take() }
    }
}
