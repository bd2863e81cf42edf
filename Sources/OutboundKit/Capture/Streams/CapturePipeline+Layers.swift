/// As long as a server may take to answer a handshake, in nanoseconds.
private let patience: Int64 = 10_000_000_000

/// Streams inside of others. Everything here is off the path of plain flows.
extension CapturePipeline {
    /// Takes a direction's next octets.
    @inline(never)
    mutating func takeLayered(_ index: Int, _ fromLow: Bool, _ octets: RawSpan, _ time: Int64, _ frame: UInt64) {
        if layers[index]?.tls == nil {
            takeInside(index, fromLow, octets, time, frame)
        } else {
            takeTLS(index, fromLow, octets, time, frame)
        }
    }

    /// Takes the next octets of what runs inside.
    mutating func takeInside(_ index: Int, _ fromLow: Bool, _ octets: RawSpan, _ time: Int64, _ frame: UInt64) {
        switch layers[index]?.content {
        case .undecided: decide(index, fromLow, octets, time, frame)
        case .sip: frameSIP(index, fromLow, flows.entries[index][fromLow], octets, time, frame)
        case .webSocket: takeWebSocket(index, fromLow, octets, time, frame)
        case .mirror: takeMirror(index, fromLow, octets, time, frame)
        case nil: break
        }
    }

    /// Octets of a direction are missing, so many or nobody knows.
    mutating func loseLayered(_ index: Int, _ fromLow: Bool, _ count: Int?, _ time: Int64, _ frame: UInt64) {
        if flows.entries[index].id != FlowEntry.unreported { statistics.gaps += 1 }
        emit(index, time, frame, fromLow: fromLow, .gap(count))
        let fromClient = isFromClient(index, fromLow)
        dropMirrored(index, fromLow)
        if layers[index]?.tls == nil {
            layers[index]?.webSocket?.lose(count, fromClient: fromClient)
        } else {
            layers[index]?.tls?.lose(count, fromClient: fromClient)
            // How many octets of theirs are missing cannot be told.
            layers[index]?.webSocket?.lose(nil, fromClient: fromClient)
        }
        countInflaters(index)
    }

    /// Forgets what runs inside.
    mutating func dropLayers(_ index: Int) {
        inflaters -= layers[index]?.countedInflaters ?? 0
        for fromLow in [true, false] { dropMirrored(index, fromLow) }
        layers[index] = nil
    }

    func isFromClient(_ index: Int, _ fromLow: Bool) -> Bool {
        flows.entries[index].flags.contains(.clientIsLow) == fromLow
    }

    // MARK: WebSocket

    /// The stream, or the one inside of it, is a WebSocket, or HTTP that may become one.
    mutating func beginWebSocket(_ index: Int, midstream: Bool) {
        guard layers[index] != nil || layers.count < limits.layeredFlows else {
            unjudged.beyondLayers += 1
            return ignore(index)
        }
        var inner = layers[index] ?? StreamLayers()
        inner.content = .webSocket
        inner.webSocket = CapturedWebSocket(limits: limits, midstream: midstream)
        layers[index] = inner
        flows.entries[index].kind = .layered
    }

    private mutating func takeWebSocket(
        _ index: Int, _ fromLow: Bool, _ octets: RawSpan, _ time: Int64, _ frame: UInt64
    ) {
        let fromClient = isFromClient(index, fromLow)
        let mayInflate = inflaters < limits.inflaters
        let outputs = layers[index]?.webSocket?.receive(octets, fromClient: fromClient, mayInflate: mayInflate)
        countInflaters(index)
        for output in outputs ?? [] {
            switch output {
            case .opened: open(index)
            case .handshake(let offersSIP, let grantsSIP):
                emit(
                    index, time, frame, fromLow: fromLow,
                    .webSocketHandshake(offersSIP: offersSIP, grantsSIP: grantsSIP))
            case .requested: layers[index]?.request = (time, frame)
            case .refused(let refusal):
                open(index)
                emit(index, time, frame, fromLow: fromLow, .webSocketRefused(refusal))
            case .fault(let fault): emit(index, time, frame, fromLow: fromLow, .webSocketFault(fault))
            case .notSIP: return ignore(index)
            case .message(let octets): takeMessage(octets, index, fromLow, time, frame)
            case .control(let control):
                emit(index, time, frame, fromLow: fromLow, .webSocketControl(control))
                // Who sends Close first ends the flow, though it is for the server to close TCP (RFC 6455 §7.1.1).
                if case .close = control { closeInside(index, fromLow, .fin, time, frame) }
            case .foreignPong(let count): emit(index, time, frame, fromLow: fromLow, .unrecognized(count))
            case .unread(let what):
                switch what {
                case .compressed: unjudged.lostCompressed += 1
                case .inflation: unjudged.badInflations += 1
                case .frames: unjudged.badFrames += 1
                }
                emit(index, time, frame, fromLow: fromLow, .gap(nil))
            }
        }
    }

    /// Tells of a client that asked for SIP and got no answer, once one of the ends has closed the connection, or nothing more
    /// is seen of it. A client that goes away before it is due has none to miss.
    mutating func tellSilence(_ index: Int, closedBy low: Bool?, _ time: Int64) {
        guard flows.entries[index].kind == .layered, let inner = layers[index], let request = inner.request,
            let refusal = inner.webSocket?.refusalBySilence
        else { return }
        let clientIsLow = flows.entries[index].flags.contains(.clientIsLow)
        let server = flows.entries[index][!clientIsLow]
        // A server that closes behind the client answers that.
        if low == clientIsLow { layers[index]?.request = nil }
        // Where nothing of the server was captured, its answer was not either.
        guard server.stream.isStarted, server.flags.isDisjoint(with: [.unsynchronised, .waiting]),
            low == !clientIsLow || time &- request.time >= patience
        else { return }
        layers[index]?.request = nil
        open(index)
        emit(index, request.time, request.frame, fromLow: clientIsLow, .webSocketRefused(refusal))
    }

    /// A packet that closes acknowledges what was not captured: the answer may have been in it.
    mutating func noteUnseenAnswer(_ packet: CapturedPacket, _ index: Int) {
        guard flows.entries[index].kind == .layered, layers[index]?.request != nil,
            packet.tcpFlags & CapturedPacket.TCPFlag.ack != 0
        else { return }
        let other = flows.entries[index][!packet.isFromLow].stream
        // One for its FIN.
        if SequenceNumber(packet.acknowledgement).distance(from: other.next) > 1 { layers[index]?.request = nil }
    }

    mutating func countInflaters(_ index: Int) {
        guard let inner = layers[index], let now = inner.webSocket?.inflaters, now != inner.countedInflaters else {
            return
        }
        inflaters += now - inner.countedInflaters
        layers[index]?.countedInflaters = now
    }

    /// One WebSocket message is one SIP message, one ping, or one pong (RFC 7118 §5, §6).
    private mutating func takeMessage(
        _ octets: [UInt8], _ index: Int, _ fromLow: Bool, _ time: Int64, _ frame: UInt64
    ) {
        let bytes = unsafe octets.span.bytes
        if bytes.byteCount == 4, bytes.big32(0) == 0x0D0A_0D0A {
            statistics.crlfs &+= 2
            return emit(index, time, frame, fromLow: fromLow, .crlf(completesPair: true, ownSegment: true))
        }
        if bytes.byteCount == 2, bytes.big16(0) == 0x0D0A {
            statistics.crlfs &+= 1
            return emit(index, time, frame, fromLow: fromLow, .crlf(completesPair: false, ownSegment: true))
        }
        if STUNMessage.isMessage(bytes), let facts = STUNFacts.read(bytes, isCut: false) {
            statistics.stunMessages &+= 1
            return emit(index, time, frame, fromLow: fromLow, .stun(facts))
        }
        var glued = 0
        while glued + 2 <= bytes.byteCount, bytes.big16(glued) == 0x0D0A { glued += 2 }
        if glued > 0, MessageParser.looksLikeSIP(bytes.extracting(glued..<bytes.byteCount)) {
            emit(index, time, frame, fromLow: fromLow, .gluedCRLF(glued))
        } else {
            glued = 0
        }
        var start: Int? = glued
        while let begin = start {
            start = takeSIP(bytes.extracting(begin..<bytes.byteCount), index, fromLow, time, frame).map { begin + $0 }
            // What may not be there is read all the same, once it has been told.
            if start != nil { emit(index, time, frame, fromLow: fromLow, .gluedCRLF(0)) }
        }
    }

    /// - Returns: where a further message begins.
    private mutating func takeSIP(_ bytes: RawSpan, _ index: Int, _ fromLow: Bool, _ time: Int64, _ frame: UInt64)
        -> Int?
    {
        do throws(ParseError) {
            try MessageParser.parse(bytes, into: &message, limits: .webSocket)
            let next = message.startOfNext(in: bytes)
            emitMessage(index, time, frame, fromLow: fromLow)
            return next
        } catch {
            let isSIP = MessageParser.looksLikeSIP(bytes)
            emit(index, time, frame, fromLow: fromLow, isSIP ? .malformedSIP(error) : .unrecognized(bytes.byteCount))
            return nil
        }
    }
}
