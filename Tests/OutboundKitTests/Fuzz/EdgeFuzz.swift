#if canImport(OutboundKit)
    @testable import OutboundKit
#endif

/// The fuzz entry point for the whole edge. The input is a script: an octet for the flow and what happens to it, an
/// octet for the length, then so many octets that arrive. Whatever comes in, the edge stays within its limits and every
/// flow that it speaks of is one that it was told of.
enum EdgeFuzz {
    static func run(_ input: RawSpan) {
        var settings = EdgeSettings()
        settings.limits.flows = 8
        settings.limits.transactions = 16
        settings.observes = true
        settings.flowTimer = 20
        guard var edge = try? EdgeServer(settings, random: Counter()) else { return }
        var now = Timestamp(seconds: 1000)
        var opened: Set<FlowID> = []
        var last: UInt32 = 0
        var slots: [FlowID?] = [nil, nil, nil, nil]
        var at = 0
        while at + 1 < input.byteCount {
            let control = input.octet(at)
            let length = min(Int(input.octet(at + 1)) * 4, input.byteCount - at - 2)
            let slot = Int(control & 3)
            now = now + .milliseconds(Int64(control >> 4) * 500)
            while let due = edge.deadline, due <= now { edge.handle(.timer, at: due) }
            if slots[slot] == nil {
                let id = FlowID(last)
                last += 1
                let transports: [TransportProtocol] = [.udp, .tcp, .ws, .tls]
                let flow = Flow(
                    transport: transports[slot], local: TransportAddress(ip: IPAddress(v4: 0x7F00_0001), port: 5060),
                    remote: TransportAddress(ip: IPAddress(v4: 0x7F00_0001), port: UInt16(1000 + last % 5)))
                edge.handle(.up(id, flow, .accepted), at: now)
                slots[slot] = id
                opened.insert(id)
            }
            if let id = slots[slot] {
                if control & 0x0C == 0x0C {
                    edge.handle(.down(id, .reset), at: now)
                    slots[slot] = nil
                } else {
                    edge.receive(input.extracting(at + 2..<at + 2 + length), on: id, at: now)
                }
            }
            at += 2 + length
            while let output = edge.next() {
                switch output {
                case .send(let octets, let id):
                    precondition(opened.contains(id) && !octets.isEmpty)
                case .close(let id, _):
                    precondition(opened.contains(id))
                    for index in slots.indices where slots[index] == id { slots[index] = nil }
                case .open, .event: continue
                }
            }
            precondition(edge.flows.count <= 8 && edge.contexts.count <= 16)
        }
        precondition(edge.snapshot(at: now).flows.count == edge.flows.count)
    }

    /// Numbers that are the same in each run.
    private struct Counter: RandomNumberGenerator, Sendable {
        var value: UInt64 = 1
        mutating func next() -> UInt64 {
            value = value &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return value
        }
    }
}
