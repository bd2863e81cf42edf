/// A hub with a recorder between it and the driver: the same hub to both, and everything that passes is written down.
public struct RecordingHub<Hub: FlowHub>: FlowHub {
    public var hub: Hub
    public var recorder: FlowRecorder
    /// The time of the last input; what the hub says in answer to it is said then.
    private var now = Timestamp.zero

    public init(_ hub: Hub, recorder: FlowRecorder) {
        self.hub = hub
        self.recorder = recorder
    }

    public var deadline: Timestamp? { hub.deadline }

    public mutating func receive(_ bytes: RawSpan, on flow: FlowID, at now: Timestamp) {
        self.now = now
        recorder.received(bytes, on: flow, at: now)
        hub.receive(bytes, on: flow, at: now)
    }

    public mutating func handle(_ input: HubInput<Hub.Command>, at now: Timestamp) {
        self.now = now
        switch input {
        case .up(let id, let flow, let origin):
            recorder.opened(id, flow, openedByPeer: origin == .accepted, at: now)
        case .down(let id, let loss):
            recorder.closed(id, loss == .closedByPeer ? .fin : .rst, byPeer: true, at: now)
        case .command, .timer, .notOpened:
            break
        }
        hub.handle(input, at: now)
    }

    public mutating func next() -> HubOutput<Hub.Event>? {
        let output = hub.next()
        switch output {
        case .send(let bytes, let id): recorder.sent(bytes, on: id, at: now)
        case .close(let id, let manner): recorder.closed(id, manner, byPeer: false, at: now)
        case .open, .event, nil: break
        }
        return output
    }
}
