/// What streams carry: decided by their first octets, then framed into messages and keep-alives.
extension CapturePipeline {
    /// Takes a direction's next octets.
    @inline(__always)
    mutating func take(_ index: Int, _ fromLow: Bool, _ octets: RawSpan, _ time: Int64, _ frame: UInt64) {
        switch flows.entries[index].kind {
        case .sip: frameSIP(index, fromLow, octets, time, frame)
        case .undecided: decide(index, fromLow, octets, time, frame)
        case .layered: takeLayered(index, fromLow, octets, time, frame)
        case .free, .datagram, .encrypted, .other: break
        }
    }

    // MARK: SIP

    /// Keep-alives in segments of their own are told here, without a framer; they are most of a stream's segments.
    @inline(__always)
    mutating func frameSIP(
        _ index: Int, _ fromLow: Bool, _ octets: RawSpan, _ time: Int64, _ frame: UInt64
    ) {
        let end = flows.entries[index][fromLow]
        let isBetweenMessages =
            !end.flags.contains(.unsynchronised) && (end.buffer < 0 || streams[Int(end.buffer)].framer == nil)
        if isBetweenMessages {
            let isOdd = end.flags.contains(.oddCRLF)
            if octets.byteCount == 4, octets.big32(0) == 0x0D0A_0D0A {
                statistics.crlfs &+= 2
                emitCRLF(index, time, frame, fromLow: fromLow, completesPair: isOdd, ownSegment: true)
                emitCRLF(index, time, frame, fromLow: fromLow, completesPair: !isOdd, ownSegment: true)
                return
            }
            if octets.byteCount == 2, octets.big16(0) == 0x0D0A {
                statistics.crlfs &+= 1
                emitCRLF(index, time, frame, fromLow: fromLow, completesPair: isOdd, ownSegment: true)
                setOdd(index, fromLow, !isOdd)
                return
            }
        }
        runFramer(index, fromLow, octets, time, frame)
    }

    @inline(__always)
    private mutating func setOdd(_ index: Int, _ fromLow: Bool, _ isOdd: Bool) {
        if isOdd {
            flows.entries[index][fromLow].flags.insert(.oddCRLF)
        } else {
            flows.entries[index][fromLow].flags.remove(.oddCRLF)
        }
    }

    private mutating func runFramer(
        _ index: Int, _ fromLow: Bool, _ octets: RawSpan, _ time: Int64, _ frame: UInt64
    ) {
        var framer = takeFramer(index, fromLow)
        var output = framer.receive(octets, using: &message)
        while let found = output {
            report(found, index, fromLow, time, frame)
            output = framer.next(using: &message)
        }
        if framer.isIdle {
            flows.entries[index][fromLow].flags.remove(.unsynchronised)
            setOdd(index, fromLow, framer.isAfterCRLF)
            updateWaiting(index, fromLow)
        } else {
            streams[buffer(index, fromLow)].framer = framer
        }
    }

    /// The direction's framer, taken out of its place; a fresh one when it is between messages.
    private mutating func takeFramer(_ index: Int, _ fromLow: Bool) -> StreamFramer {
        let end = flows.entries[index][fromLow]
        if end.buffer >= 0, let framer = streams[Int(end.buffer)].framer {
            streams[Int(end.buffer)].framer = nil
            return framer
        }
        if end.flags.contains(.unsynchronised) { return StreamFramer(midstream: true) }
        guard end.flags.contains(.oddCRLF) else { return idleFramer }
        var framer = StreamFramer()
        let crlf: [UInt8] = [ASCII.cr, ASCII.lf]
        unsafe framer.receive(crlf.span.bytes)
        _ = framer.next()
        return framer
    }

    private mutating func report(
        _ output: consuming StreamFramer.Output, _ index: Int, _ fromLow: Bool, _ time: Int64, _ frame: UInt64
    ) {
        switch consume output {
        case .message(let found):
            // Back into its place, so that its storage serves the next one.
            message = found
            flows.entries[index].flags.insert(.hasSIP)
            statistics.sipMessages &+= 1
            emit(index, time, frame, fromLow: fromLow, .sip(message))
        case .crlf(let completesPair, let ownSegment):
            statistics.crlfs &+= 1
            emit(
                index, time, frame, fromLow: fromLow, .crlf(completesPair: completesPair, ownSegment: ownSegment))
        case .malformed(let error):
            emit(index, time, frame, fromLow: fromLow, .malformedSIP(error))
        case .unrecognized(let count):
            emit(index, time, frame, fromLow: fromLow, .unrecognized(count))
        case .stun(let octets):
            if let facts = unsafe STUNFacts.read(octets.span.bytes, isCut: false) {
                statistics.stunMessages &+= 1
                emit(index, time, frame, fromLow: fromLow, .stun(facts))
            } else {
                emit(index, time, frame, fromLow: fromLow, .unrecognized(octets.count))
            }
        }
    }

    // MARK: Losses

    /// Octets of a direction are missing, so many or nobody knows.
    mutating func lose(_ index: Int, _ fromLow: Bool, _ count: Int?, _ time: Int64, _ frame: UInt64) {
        switch flows.entries[index].kind {
        case .sip:
            statistics.gaps += 1
            emit(index, time, frame, fromLow: fromLow, .gap(count))
        case .layered: loseLayered(index, fromLow, count, time, frame)
        case .free, .datagram, .undecided, .encrypted, .other: break
        }
        desynchronise(index, fromLow)
    }

    /// Drops what is unfinished; the next clean start-line shows where the stream is.
    mutating func desynchronise(_ index: Int, _ fromLow: Bool) {
        let buffer = Int(flows.entries[index][fromLow].buffer)
        if buffer >= 0 {
            streams[buffer].framer?.gap()
            streams[buffer].held.removeAll()
            streams[buffer].marks.removeAll()
        }
        flows.entries[index][fromLow].flags.insert(.unsynchronised)
        flows.entries[index][fromLow].flags.remove(.oddCRLF)
    }

    /// A segment of which the capture holds only the beginning.
    mutating func takeCut(
        _ index: Int, _ fromLow: Bool, _ octets: RawSpan, missing: Int, _ time: Int64, _ frame: UInt64
    ) {
        let looksLikeSIP = PayloadClassifier.beginsSIP(octets, isCut: true)
        if flows.entries[index].kind == .undecided {
            let kind = PayloadClassifier.stream(octets, isCut: true, limit: limits.undecidedOctets)
            settle(index, fromLow, kind, octets, time, frame)
        }
        if flows.entries[index].kind == .layered {
            unjudged.cutPackets += 1
            takeLayered(index, fromLow, octets, time, frame)
            return lose(index, fromLow, missing, time, frame)
        }
        guard flows.entries[index].kind == .sip else {
            desynchronise(index, fromLow)
            return
        }
        unjudged.cutPackets += 1
        let end = flows.entries[index][fromLow]
        let isInsideMessage = end.buffer >= 0 && streams[Int(end.buffer)].framer?.isSynchronized == true
        if looksLikeSIP || isInsideMessage || !end.flags.contains(.unsynchronised) {
            flows.entries[index].flags.insert(.hasSIP)
            emit(index, time, frame, fromLow: fromLow, .cutSIP)
        }
        desynchronise(index, fromLow)
    }

    // MARK: Deciding

    /// Looks at a stream's first octets, or at those of a segment where the first were not seen.
    mutating func decide(
        _ index: Int, _ fromLow: Bool, _ octets: RawSpan, _ time: Int64, _ frame: UInt64
    ) {
        let buffer = Int(flows.entries[index][fromLow].buffer)
        let isFirst = buffer < 0 || streams[buffer].held.isEmpty
        let isInside = flows.entries[index].kind == .layered
        if isFirst {
            let kind = PayloadClassifier.stream(octets, isCut: false, limit: limits.undecidedOctets)
            if kind == .undecided { return hold(index, fromLow, octets, time, frame) }
            settle(index, fromLow, kind, octets, time, frame)
            guard isDecided(index, isInside) else { return }
            replayHeld(index, isInside)
            return pass(index, fromLow, octets, time, frame, isInside)
        }
        hold(index, fromLow, octets, time, frame)
        let held = streams[buffer].held
        let kind = unsafe PayloadClassifier.stream(held.span.bytes, isCut: false, limit: limits.undecidedOctets)
        if kind == .undecided, held.count <= limits.undecidedOctets { return }
        unsafe settle(index, fromLow, kind == .undecided ? .other : kind, held.span.bytes, time, frame)
        if isDecided(index, isInside) { replayHeld(index, isInside) } else { dropHeld(index, fromLow) }
    }

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
    private mutating func settle(
        _ index: Int, _ fromLow: Bool, _ kind: PayloadClassifier.Stream, _ octets: RawSpan, _ time: Int64,
        _ frame: UInt64
    ) {
        let isInside = flows.entries[index].kind == .layered
        switch kind {
        case .sip, .ping:
            if isInside { layers[index]?.content = .sip } else { flows.entries[index].kind = .sip }
            if !isInside, !flows.entries[index].flags.contains(.handshake) {
                setClient(index, isLow: Self.isResponse(octets) ? !fromLow : fromLow)
            }
            // CRLFs alone may still be octets of a message whose beginning was not seen.
            if kind == .sip { flows.entries[index][fromLow].flags.remove(.unsynchronised) }
            open(index)
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

    // MARK: Buffers

    /// The direction's buffer, a fresh one when it has none.
    mutating func buffer(_ index: Int, _ fromLow: Bool) -> Int {
        let known = Int(flows.entries[index][fromLow].buffer)
        if known >= 0 { return known }
        let fresh: Int32
        if let used = freeStreams.popLast() {
            fresh = used
        } else {
            fresh = Int32(streams.count)
            streams.append(StreamBuffer())
        }
        flows.entries[index][fromLow].buffer = fresh
        return Int(fresh)
    }

    /// Gives the direction's buffer back.
    mutating func release(_ index: Int, fromLow: Bool) {
        let buffer = flows.entries[index][fromLow].buffer
        guard buffer >= 0 else { return }
        streams[Int(buffer)] = StreamBuffer()
        freeStreams.append(buffer)
        flows.entries[index][fromLow].buffer = -1
    }
}
