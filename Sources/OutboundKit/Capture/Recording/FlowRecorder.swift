/// Writes down what goes over live flows as a capture that other tools open: pcapng of made-up IP packets, in which each
/// TCP flow has its handshake, its sequence numbers and its end. What goes over TLS is recorded in the clear, as octets of
/// a TCP stream.
///
/// It keeps octets until they are taken; whoever owns it takes them now and then.
public struct FlowRecorder: Sendable {
    private struct Stream: Sendable {
        let flow: Flow
        /// The next sequence numbers, ours and the peer's.
        var local: UInt32 = 1
        var remote: UInt32 = 1
    }

    /// Octets that may wait to be taken; what comes when more are waiting is left out and counted.
    public static let maximumWaiting = 64 << 20

    private var streams: [FlowID: Stream] = [:]
    private var octets: [UInt8]
    /// Stands with each packet from now on; empty for none.
    public var comment = ""
    /// Packets that were left out because nobody took what was waiting.
    public private(set) var droppedPackets = 0

    public init(application: String) {
        octets = PcapngWriter.fileHeader(application: application)
    }

    /// The file's next octets.
    public mutating func take() -> [UInt8] {
        defer { octets.removeAll(keepingCapacity: true) }
        return octets
    }

    /// A flow is there.
    /// - Parameter openedByPeer: whose SYN it was.
    public mutating func opened(_ id: FlowID, _ flow: Flow, openedByPeer: Bool, at now: Timestamp) {
        streams[id] = Stream(flow: flow)
        guard flow.transport.isStream else { return }
        let caller = openedByPeer ? flow.reversed : flow
        write(packet(caller).tcp([], sequence: 0, acknowledged: 0, .syn), at: now)
        write(packet(caller.reversed).tcp([], sequence: 0, acknowledged: 1, [.syn, .ack]), at: now)
        write(packet(caller).tcp([], sequence: 1, acknowledged: 1, .ack), at: now)
    }

    public mutating func received(_ bytes: RawSpan, on id: FlowID, at now: Timestamp) {
        transfer(bytes.array(0..<bytes.byteCount), on: id, fromPeer: true, at: now)
    }

    /// A datagram came to our end of the flow from elsewhere than its far end.
    public mutating func strayed(_ bytes: [UInt8], from source: TransportAddress, on id: FlowID, at now: Timestamp) {
        guard let stream = streams[id] else { return }
        let builder = PacketBuilder(source: source, destination: stream.flow.local)
        write(builder.udp(Array(bytes.prefix(PacketBuilder.maximumPayload))), at: now)
    }

    public mutating func sent(_ bytes: [UInt8], on id: FlowID, at now: Timestamp) {
        transfer(bytes, on: id, fromPeer: false, at: now)
    }

    /// The flow has ended.
    /// - Parameter byPeer: who ended it.
    public mutating func closed(_ id: FlowID, _ manner: CloseManner, byPeer: Bool, at now: Timestamp) {
        guard let stream = streams[id] else { return }
        // An ICMP error does not end a flow of datagrams.
        if !stream.flow.transport.isStream, byPeer { return }
        streams[id] = nil
        guard stream.flow.transport.isStream, manner != .silent else { return }
        let sender = byPeer ? stream.flow.reversed : stream.flow
        let sequence = byPeer ? stream.remote : stream.local
        let acknowledged = byPeer ? stream.local : stream.remote
        guard manner == .fin else {
            return write(packet(sender).tcp([], sequence: sequence, acknowledged: acknowledged, [.rst, .ack]), at: now)
        }
        write(packet(sender).tcp([], sequence: sequence, acknowledged: acknowledged, [.fin, .ack]), at: now)
        let answer = packet(sender.reversed)
        write(answer.tcp([], sequence: acknowledged, acknowledged: sequence &+ 1, [.fin, .ack]), at: now)
        write(packet(sender).tcp([], sequence: sequence &+ 1, acknowledged: acknowledged &+ 1, .ack), at: now)
    }

    private mutating func transfer(_ bytes: [UInt8], on id: FlowID, fromPeer: Bool, at now: Timestamp) {
        guard var stream = streams[id] else { return }
        let builder = packet(fromPeer ? stream.flow.reversed : stream.flow)
        guard stream.flow.transport.isStream else {
            return write(builder.udp(Array(bytes.prefix(PacketBuilder.maximumPayload))), at: now)
        }
        var start = 0
        while start < bytes.count {
            let piece = Array(bytes[start...].prefix(PacketBuilder.maximumPayload))
            let sequence = fromPeer ? stream.remote : stream.local
            let acknowledged = fromPeer ? stream.local : stream.remote
            write(builder.tcp(piece, sequence: sequence, acknowledged: acknowledged, [.push, .ack]), at: now)
            if fromPeer {
                stream.remote &+= UInt32(piece.count)
            } else {
                stream.local &+= UInt32(piece.count)
            }
            start += piece.count
        }
        streams[id] = stream
    }

    /// Packets from the local end of `flow` to its remote end.
    private func packet(_ flow: Flow) -> PacketBuilder { PacketBuilder(source: flow.local, destination: flow.remote) }

    private mutating func write(_ packet: [UInt8], at now: Timestamp) {
        guard octets.count < Self.maximumWaiting else {
            droppedPackets += 1
            return
        }
        octets.append(contentsOf: PcapngWriter.packet(packet, at: now, comment: comment))
    }
}
