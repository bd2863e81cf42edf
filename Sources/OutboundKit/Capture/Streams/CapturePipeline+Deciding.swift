/// What a stream carries, or one inside of another, is told by its first octets.
extension CapturePipeline {
    /// Looks at a stream's first octets, or at those of a segment where the first were not seen.
    mutating func decide(
        _ index: Int, _ fromLow: Bool, _ octets: RawSpan, _ time: Int64, _ frame: UInt64
    ) {
        let buffer = Int(flows.entries[index][fromLow].buffer)
        let isFirst = buffer < 0 || streams[buffer].held.isEmpty
        let isInside = flows.entries[index].kind == .layered
        if isFirst {
            let kind = kind(of: octets, isInside)
            if kind == .undecided { return hold(index, fromLow, octets, time, frame) }
            settle(index, fromLow, kind, octets, time, frame)
            guard isDecided(index, isInside) else { return }
            replayHeld(index, isInside)
            return pass(index, fromLow, octets, time, frame, isInside)
        }
        hold(index, fromLow, octets, time, frame)
        let held = streams[buffer].held
        let kind = unsafe kind(of: held.span.bytes, isInside)
        if kind == .undecided, held.count <= limits.undecidedOctets { return }
        unsafe settle(index, fromLow, kind == .undecided ? .other : kind, held.span.bytes, time, frame)
        if isDecided(index, isInside) { replayHeld(index, isInside) } else { dropHeld(index, fromLow) }
    }

    /// What a stream carries that begins with these octets.
    private func kind(of octets: RawSpan, _ isInside: Bool) -> PayloadClassifier.Stream {
        let kind = PayloadClassifier.stream(octets, isCut: false, limit: limits.undecidedOctets)
        guard kind == .tls, listsEncrypted(isInside), octets.byteCount <= limits.undecidedOctets,
            TLSOffer(octets) == .undecided
        else { return kind }
        return .undecided
    }

    /// A hello whose end was lost, or never came, is still TLS.
    mutating func settleHello(_ index: Int, _ fromLow: Bool) {
        let buffer = Int(flows.entries[index][fromLow].buffer)
        guard flows.entries[index].kind == .undecided, buffer >= 0, let first = streams[buffer].marks.first else {
            return
        }
        let held = streams[buffer].held
        let kind = unsafe PayloadClassifier.stream(held.span.bytes, isCut: true, limit: limits.undecidedOctets)
        guard kind == .tls else { return }
        unsafe settle(index, fromLow, kind, held.span.bytes, first.time, first.frame)
    }

    /// Whether TLS found here is told of as something that nobody can read.
    private func listsEncrypted(_ isInside: Bool) -> Bool { !isInside && secrets.isEmpty }

    /// Whether the stream, or the one inside of it, is one that is followed and known.
    private func isDecided(_ index: Int, _ isInside: Bool) -> Bool {
        switch flows.entries[index].kind {
        case .sip: true
        case .layered: !isInside || layers[index]?.content != .undecided
        case .free, .datagram, .undecided, .encrypted, .other: false
        }
    }

    /// Gives octets to what the stream, or the one inside of it, was found to carry.
    private mutating func pass(
        _ index: Int, _ fromLow: Bool, _ octets: RawSpan, _ time: Int64, _ frame: UInt64, _ isInside: Bool
    ) {
        if isInside {
            takeInside(index, fromLow, octets, time, frame)
        } else {
            take(index, fromLow, octets, time, frame)
        }
    }

    private mutating func hold(
        _ index: Int, _ fromLow: Bool, _ octets: RawSpan, _ time: Int64, _ frame: UInt64
    ) {
        let buffer = self.buffer(index, fromLow)
        streams[buffer].held.append(contentsOf: octets.array(0..<octets.byteCount))
        streams[buffer].marks.append(StreamBuffer.Mark(end: streams[buffer].held.count, time: time, frame: frame))
    }

    private mutating func dropHeld(_ index: Int, _ fromLow: Bool) {
        let buffer = Int(flows.entries[index][fromLow].buffer)
        guard buffer >= 0 else { return }
        streams[buffer].held = []
        streams[buffer].marks = []
        updateWaiting(index, fromLow)
    }

    /// Gives what both directions held to what they carry, as it came.
    private mutating func replayHeld(_ index: Int, _ isInside: Bool) {
        for fromLow in [true, false] {
            let buffer = Int(flows.entries[index][fromLow].buffer)
            guard buffer >= 0, !streams[buffer].held.isEmpty else { continue }
            let held = streams[buffer].held
            let marks = streams[buffer].marks
            dropHeld(index, fromLow)
            var start = 0
            for mark in marks {
                unsafe pass(
                    index, fromLow, held.span.bytes.extracting(start..<mark.end), mark.time, mark.frame, isInside)
                start = mark.end
            }
        }
    }

    /// The stream, or the one inside of it, becomes what its octets show it to be.
    mutating func settle(
        _ index: Int, _ fromLow: Bool, _ kind: PayloadClassifier.Stream, _ octets: RawSpan, _ time: Int64,
        _ frame: UInt64
    ) {
        let isInside = flows.entries[index].kind == .layered
        switch kind {
        case .sip, .ping:
            if isInside { layers[index]?.content = .sip } else { flows.entries[index].kind = .sip }
            // CRLFs come from either end: who is the client stays as it was guessed.
            if kind == .sip, !isInside, !flows.entries[index].flags.contains(.handshake) {
                setClient(index, isLow: Self.isResponse(octets) ? !fromLow : fromLow)
            }
            // CRLFs alone may still be octets of a message whose beginning was not seen.
            if kind == .sip { flows.entries[index][fromLow].flags.remove(.unsynchronised) }
            open(index)
        case .tls where listsEncrypted(isInside) && TLSOffer(octets) == .rulesOutSIP:
            unjudged.otherTLS += 1
            ignore(index)
        case .tls where !isInside:
            if layers.count >= limits.layeredFlows, !secrets.isEmpty {
                unjudged.beyondLayers += 1
            } else if !secrets.isEmpty, beginTLS(index, fromLow, octets) {
                return
            } else {
                unjudged.tlsFlows += 1
            }
            encrypted(index, fromLow, time, frame)
        case .http where PayloadClassifier.mayUpgradeToWebSocket(octets):
            if !isInside, !flows.entries[index].flags.contains(.handshake) {
                let isResponse = octets.byteCount >= 5 && octets.equals("HTTP/", in: 0..<5)
                setClient(index, isLow: isResponse ? !fromLow : fromLow)
            }
            beginWebSocket(index, midstream: false)
        case .other:
            // Where the beginning was not seen, a later segment may still begin with a start-line, or with a frame.
            guard flows.entries[index][fromLow].flags.contains(.unsynchronised) else { return ignore(index) }
            let frames = WebSocketSight.frames(in: octets, limits: WebSocketLimits())
            guard let frames, frames.showSIP else { return }
            if !isInside { setClient(index, isLow: fromLow == frames.fromClient) }
            beginWebSocket(index, midstream: true)
        case .mirror: beginMirror(index)
        case .http, .tls: ignore(index)
        case .undecided: break
        }
    }

    /// The stream carries TLS that cannot be read.
    mutating func encrypted(_ index: Int, _ fromLow: Bool, _ time: Int64, _ frame: UInt64) {
        if flows.entries[index].kind == .layered { dropLayers(index) }
        flows.entries[index].kind = .encrypted
        open(index)
        emit(index, time, frame, fromLow: fromLow, .encrypted)
        abandonStreams(index)
    }

    /// The stream carries what is not looked at.
    mutating func ignore(_ index: Int) {
        if flows.entries[index].kind == .layered { dropLayers(index) }
        flows.entries[index].kind = .other
        abandonStreams(index)
    }

    mutating func setClient(_ index: Int, isLow: Bool) {
        if isLow {
            flows.entries[index].flags.insert(.clientIsLow)
        } else {
            flows.entries[index].flags.remove(.clientIsLow)
        }
    }

    mutating func abandonStreams(_ index: Int) {
        for fromLow in [true, false] {
            let buffer = Int(flows.entries[index][fromLow].buffer)
            if buffer >= 0 {
                streams[buffer] = StreamBuffer()
                updateWaiting(index, fromLow)
            }
        }
    }
}
