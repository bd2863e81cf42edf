@testable import OutboundKit

/// Events in the order in which they are played, for sorting by time.
struct Tape: FlowEventSink {
    var events: [FlowEvent] = []
    mutating func observe(_ event: borrowing FlowEvent) { events.append(copy event) }
    mutating func end(_ flow: FlowID, at: Timestamp) {}

    /// In the order of time; what is of one time stays as it was.
    var sorted: Tape {
        let order = events.indices.sorted { (events[$0].time, $0) < (events[$1].time, $1) }
        return Tape(events: order.map { events[$0] })
    }

    /// By the doors that a capture's events take.
    func play(into sink: inout some FlowEventSink) {
        for event in events {
            let moment = FlowEvent.Moment(
                flow: event.flow, time: event.time, frame: event.frame, direction: event.direction)
            switch event.what {
            case .stun(let facts): sink.observeSTUN(facts, moment)
            case .sip(let message): sink.observeSIP(message, moment)
            case .crlf(let completesPair, let ownSegment):
                sink.observeCRLF(completesPair: completesPair, ownSegment: ownSegment, moment)
            default: sink.observe(event)
            }
        }
    }
}
