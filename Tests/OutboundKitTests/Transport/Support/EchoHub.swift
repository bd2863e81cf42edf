import OutboundKit

/// A hub that returns what it gets, and does what it is told; it reports everything.
struct EchoHub: FlowHub {
    enum Command: Sendable {
        case send([UInt8], FlowID)
        case close(FlowID, CloseManner)
        case open(ticket: UInt32, TransportProtocol, remote: TransportAddress, local: TransportAddress?)
        /// Ticks once after so long.
        case tick(after: Duration)
    }

    enum Event: Sendable, Equatable {
        case up(FlowID, Flow, FlowOrigin)
        case down(FlowID, FlowLoss)
        case notOpened(UInt32, FlowLoss)
        case received(FlowID, [UInt8])
        case tick
    }

    private var outputs: [HubOutput<Event>] = []
    private var head = 0
    private(set) var deadline: Timestamp?
    /// Flows that are there.
    private(set) var flows: [FlowID: Flow] = [:]
    private(set) var octets = 0
    /// Whether what comes is reported, octet by octet; benchmarks do without.
    var reports = true

    mutating func receive(_ bytes: RawSpan, on flow: FlowID, at now: Timestamp) {
        octets += bytes.byteCount
        let copy = bytes.withUnsafeBytes { Array($0) }
        if reports { outputs.append(.event(.received(flow, copy))) }
        // `!` and a digit ask for as many times 100 kB.
        if copy.count >= 2, copy[0] == 0x21 {
            for _ in 0..<(copy[1] &- 0x30) { outputs.append(.send([UInt8](repeating: 0x78, count: 100_000), flow)) }
        } else {
            outputs.append(.send(copy, flow))
            // `.` means goodbye.
            if copy.first == 0x2E { outputs.append(.close(flow, .fin)) }
        }
    }

    mutating func handle(_ input: HubInput<Command>, at now: Timestamp) {
        switch input {
        case .up(let id, let flow, let origin):
            flows[id] = flow
            if reports { outputs.append(.event(.up(id, flow, origin))) }
        case .down(let id, let loss):
            if flows[id]?.transport != .udp { flows[id] = nil }
            if reports { outputs.append(.event(.down(id, loss))) }
        case .notOpened(let ticket, let loss):
            outputs.append(.event(.notOpened(ticket, loss)))
        case .timer:
            deadline = nil
            outputs.append(.event(.tick))
        case .command(.send(let bytes, let id)): outputs.append(.send(bytes, id))
        case .command(.close(let id, let manner)): outputs.append(.close(id, manner))
        case .command(.open(let ticket, let transport, let remote, let local)):
            outputs.append(.open(ticket: ticket, transport, remote: remote, local: local))
        case .command(.tick(let wait)): deadline = now + wait
        }
    }

    mutating func next() -> HubOutput<Event>? {
        guard head < outputs.count else {
            outputs.removeAll(keepingCapacity: true)
            head = 0
            return nil
        }
        head += 1
        return outputs[head - 1]
    }
}
