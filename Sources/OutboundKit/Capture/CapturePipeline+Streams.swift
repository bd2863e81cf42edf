/// What streams carry: decided by their first octets, then framed into messages and keep-alives.
extension CapturePipeline {
    /// Takes a direction's next octets.
    @inline(__always)
    mutating func take(_ index: Int, _ fromLow: Bool, _ octets: RawSpan, _ time: Int64, _ frame: UInt64) {
        switch flows.entries[index].kind {
        case .sip: frameSIP(index, fromLow, flows.entries[index][fromLow], octets, time, frame)
        case .undecided: decide(index, fromLow, octets, time, frame)
        case .layered: takeLayered(index, fromLow, octets, time, frame)
        case .free, .datagram, .encrypted, .other: break
        }
    }

    // MARK: SIP

    /// Keep-alives and messages that fill their segments are told here, without a framer: nearly all are.
    /// - Parameter end: what is known of the direction.
    @inline(__always)
    mutating func frameSIP(
        _ index: Int, _ fromLow: Bool, _ end: FlowEnd, _ octets: RawSpan, _ time: Int64, _ frame: UInt64
    ) {
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
        frameMessages(index, fromLow, octets, isBetweenMessages, time, frame)
    }

    @inline(never)
    private mutating func frameMessages(
        _ index: Int, _ fromLow: Bool, _ octets: RawSpan, _ isBetweenMessages: Bool, _ time: Int64, _ frame: UInt64
    ) {
        var framer: StreamFramer
        var isInside = false
        if isBetweenMessages, let count = StreamFramer.wholeMessage(octets, .default, &message) {
            setOdd(index, fromLow, false)
            emitMessage(index, time, frame, fromLow: fromLow)
            guard count < octets.byteCount else { return }
            framer = StreamFramer()
            framer.hold(octets.extracting(count..<octets.byteCount))
        } else {
            framer = takeFramer(index, fromLow)
            isInside = framer.isInsideMessage
            framer.receive(octets)
        }
        runFramer(framer, isInside: isInside, index, fromLow, time, frame)
    }

    @inline(__always)
    private mutating func setOdd(_ index: Int, _ fromLow: Bool, _ isOdd: Bool) {
        if isOdd {
            flows.entries[index][fromLow].flags.insert(.oddCRLF)
        } else {
            flows.entries[index][fromLow].flags.remove(.oddCRLF)
        }
    }

    /// Reports what the framer has, and keeps it when it is in the middle of something.
    /// - Parameter isInside: it was so before, of the same message unless that is reported now.
    private mutating func runFramer(
        _ framer: consuming StreamFramer, isInside: Bool, _ index: Int, _ fromLow: Bool, _ time: Int64, _ frame: UInt64
    ) {
        var isInside = isInside
        while let found = framer.next(using: &message) {
            if case .malformed(let error) = found {
                reportMalformed(error, endsHere: framer.isAtMessageStart, index, fromLow, time, frame)
            } else {
                report(found, index, fromLow, time, frame)
            }
            isInside = false
        }
        if framer.isIdle {
            flows.entries[index][fromLow].flags.remove(.unsynchronised)
            setOdd(index, fromLow, framer.isAfterCRLF)
            updateWaiting(index, fromLow)
        } else {
            if !isInside, framer.isInsideMessage { emit(index, time, frame, fromLow: fromLow, .beginsSIP) }
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
        var framer = StreamFramer()
        guard end.flags.contains(.oddCRLF) else { return framer }
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
            emitMessage(index, time, frame, fromLow: fromLow)
        case .crlf(let completesPair, let ownSegment):
            statistics.crlfs &+= 1
            emitCRLF(
                index, time, frame, fromLow: fromLow, completesPair: completesPair, ownSegment: ownSegment)
        case .malformed: break
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

    /// A message that cannot be framed, or read.
    /// - Parameter endsHere: the octets that came with it end with its head, or go on with another message.
    @inline(never)
    private mutating func reportMalformed(
        _ error: ParseError, endsHere: Bool, _ index: Int, _ fromLow: Bool, _ time: Int64, _ frame: UInt64
    ) {
        guard message.lacksLengthAlone(error, endsHere: endsHere) else {
            return emit(index, time, frame, fromLow: fromLow, .malformedSIP(error))
        }
        emitMessage(index, time, frame, fromLow: fromLow)
    }

    // MARK: Losses

    /// Octets of a direction are missing, so many or nobody knows.
    mutating func lose(_ index: Int, _ fromLow: Bool, _ count: Int?, _ time: Int64, _ frame: UInt64) {
        switch flows.entries[index].kind {
        case .sip:
            statistics.gaps += 1
            emit(index, time, frame, fromLow: fromLow, .gap(count))
        case .layered: loseLayered(index, fromLow, count, time, frame)
        case .undecided: settleHello(index, fromLow)
        case .free, .datagram, .encrypted, .other: break
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
