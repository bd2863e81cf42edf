import OutboundKit
import Synchronization

/// Where the sessions of one run write down what goes over their flows.
final class Tape: Sendable {
    private let recorder: Mutex<FlowRecorder>

    init(application: String) { recorder = Mutex(FlowRecorder(application: application)) }

    func write(_ body: (inout FlowRecorder) -> Void) { recorder.withLock { body(&$0) } }

    /// The whole file, once.
    func take() -> [UInt8] { recorder.withLock { $0.take() } }
}

/// A session, with all that it sends and gets on tape.
struct RecordedSession: FlowEngine {
    private var session: RegistrationSession
    private let tape: Tape?
    /// Outputs are drained without a time of their own: it is that of the input before.
    private var now = Timestamp.zero

    init(_ session: RegistrationSession, tape: Tape?) {
        self.session = session
        self.tape = tape
    }

    var deadline: Timestamp? { session.deadline }

    mutating func receive(_ bytes: RawSpan, on flow: FlowID, at now: Timestamp) {
        self.now = now
        if let tape {
            let octets = bytes.array(0..<bytes.byteCount)
            tape.write { unsafe $0.received(octets.span.bytes, on: flow, at: now) }
        }
        session.receive(bytes, on: flow, at: now)
    }

    mutating func handle(_ input: EngineInput<RegistrationSession.Command>, at now: Timestamp) {
        self.now = now
        switch input {
        case .up(let id, let flow): tape?.write { $0.opened(id, flow, openedByPeer: false, at: now) }
        case .down(let id, let loss):
            tape?.write { $0.closed(id, loss == .closedByPeer ? .fin : .rst, byPeer: true, at: now) }
        case .command, .timer: break
        }
        session.handle(input, at: now)
    }

    mutating func next() -> EngineOutput<RegistrationSession.Event>? {
        let output = session.next()
        switch output {
        case .send(let bytes, let id): tape?.write { $0.sent(bytes, on: id, at: now) }
        case .close(let id): tape?.write { $0.closed(id, .fin, byPeer: false, at: now) }
        case .event, nil: break
        }
        return output
    }
}
