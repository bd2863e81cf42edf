/// TCP: connections opened and closed, and each direction's segments put in order (RFC 9293 §3.4, §3.5, §3.10).
extension CapturePipeline {
    @inline(__always)
    mutating func segment(_ packet: inout CapturedPacket, _ window: RawSpan) {
        if waitingStreams == 0, packet.isMereAcknowledgement { return }
        var index = flows.find(packet.key, hash: packet.hash, guess: packet.guess)
        if index >= 0, waitingStreams == 0, let end = flows.entries[index].takeNext(packet) {
            let octets = window.extracting(packet.start..<packet.end)
            return frameSIP(index, packet.isFromLow, end, octets, packet.time, packet.frame)
        }
        let flags = packet.tcpFlags
        if flags & CapturedPacket.TCPFlag.syn != 0 {
            index = synchronise(packet, index)
        } else if index < 0, packet.wire > 0, flags & CapturedPacket.TCPFlag.rst == 0 {
            index = add(
                packet, .undecided,
                clientIsLow: Self.serverIsLow(packet.key).map { !$0 } ?? packet.isFromLow)
        }
        guard index >= 0 else { return }
        let before = flows.entries[index].lastTime
        flows.entries[index].lastTime = max(flows.entries[index].lastTime, packet.time)
        guard !flows.entries[index].flags.contains(.closed) else { return }
        let fromLow = packet.isFromLow
        if waitingStreams > 0, flags & CapturedPacket.TCPFlag.ack != 0 {
            acknowledge(index, !fromLow, SequenceNumber(packet.acknowledgement), packet.time)
        }
        let isSYN = flags & CapturedPacket.TCPFlag.syn != 0
        let place = SequenceNumber(packet.sequence) + (isSYN ? 1 : 0)
        if packet.wire > 0, flags & CapturedPacket.TCPFlag.rst == 0 {
            if packet.time &- before >= FlowEntry.longPause { loseUnseen(packet, index) }
            order(&packet, index, place, window)
        }
        if flags & CapturedPacket.TCPFlag.fin != 0 {
            finish(packet, index, place + packet.wire)
        }
        if flags & CapturedPacket.TCPFlag.rst != 0 {
            reset(packet, index)
        }
    }

    // MARK: Opening

    /// A SYN, or the answer to one; the index of the flow it belongs to, or -1.
    private mutating func synchronise(_ packet: CapturedPacket, _ known: Int) -> Int {
        let fromLow = packet.isFromLow
        let isAnswer = packet.tcpFlags & CapturedPacket.TCPFlag.ack != 0
        let first = SequenceNumber(packet.sequence) + 1
        var index = known
        if index >= 0 {
            let stream = flows.entries[index][fromLow].stream
            let isSame = stream.isStarted && stream.initial == first
            // A first answer to the SYN that opened the flow, and no stale one's.
            let isExpected = isAnswer && isAttempt(index) && !stream.isStarted
            let isClosed = flows.entries[index].flags.contains(.closed)
            if isClosed, isAttempt(index), flows.entries[index].id == FlowEntry.unreported {
                // Not refused, but reset by the client: a server that took its SYN for one of an older connection on these
                // ports had answered with a mere ACK (RFC 5961 §4.2), and the same SYN comes again.
                if isSame || isExpected { flows.entries[index].flags.remove(.closed) }
            } else if isSame, isClosed, !isAnswer {
                // A repeated SYN of a refused attempt says nothing new.
                return -1
            }
            // Whoever had refused the SYN has taken it when it came again.
            if !isSame && !isExpected || isExpected && flows.entries[index].flags.contains(.closed) {
                forget(index, packet.time)
                index = -1
            }
        }
        if index < 0 {
            index = add(packet, .undecided, clientIsLow: isAnswer ? !fromLow : fromLow)
            guard index >= 0 else { return -1 }
            flows.entries[index].flags.insert(.handshake)
            if isAnswer { flows.entries[index][!fromLow].stream.start(at: SequenceNumber(packet.acknowledgement)) }
        }
        if isAnswer { flows.entries[index].flags.insert(.answered) }
        if !flows.entries[index][fromLow].stream.isStarted { flows.entries[index][fromLow].stream.start(at: first) }
        return index
    }

    // MARK: Data

    /// Puts a segment's octets where they belong.
    @inline(__always)
    private mutating func order(
        _ packet: inout CapturedPacket, _ index: Int, _ place: SequenceNumber, _ window: RawSpan
    ) {
        let fromLow = packet.isFromLow
        switch flows.entries[index].kind {
        case .sip, .undecided, .layered: break
        case .free, .datagram, .encrypted, .other: return
        }
        if !flows.entries[index][fromLow].stream.isStarted {
            flows.entries[index][fromLow].stream.start(at: place)
            flows.entries[index][fromLow].flags.insert(.unsynchronised)
        }
        let placement = flows.entries[index][fromLow].stream.placement(
            of: place, count: packet.wire, window: limits.window)
        switch placement {
        case .next(let skip):
            if skip >= 4 { noteRepeatedPing(packet, index, window) }
            let start = min(packet.start + skip, packet.end)
            deliver(
                index, fromLow, window.extracting(start..<packet.end), wire: packet.wire - skip, packet.time,
                packet.frame)
            if flows.entries[index][fromLow].flags.contains(.waiting) { drain(index, fromLow, packet.time) }
        case .early:
            keep(packet, index, place, window)
        case .old:
            noteRepeatedPing(packet, index, window)
        case .stray:
            // Another connection on the same ports, whose opening was not captured.
            lose(index, fromLow, nil, packet.time, packet.frame)
            dropEarly(index, fromLow)
            flows.entries[index][fromLow].stream.start(at: place)
            deliver(
                index, fromLow, window.extracting(packet.start..<packet.end), wire: packet.wire, packet.time,
                packet.frame)
        }
    }

    /// A ping that its sender's TCP sends once more has not been acknowledged. A capture that holds every packet twice has
    /// the copy at once.
    @inline(never)
    private mutating func noteRepeatedPing(_ packet: CapturedPacket, _ index: Int, _ window: RawSpan) {
        guard flows.entries[index].kind == .sip, packet.end &- packet.start >= 4,
            window.big32(packet.start) == 0x0D0A_0D0A, packet.time &- flows.entries[index].eventTime > duplicateAge
        else { return }
        emit(index, packet.time, packet.frame, fromLow: packet.isFromLow, .repeatedPing)
    }

    /// Hands the next octets of a direction on.
    /// - Parameter wire: how many there were on the wire; the capture may hold fewer.
    @inline(__always)
    private mutating func deliver(
        _ index: Int, _ fromLow: Bool, _ octets: RawSpan, wire: Int, _ time: Int64, _ frame: UInt64
    ) {
        // Without the subscript, whose changes are calls: every segment passes here.
        if fromLow {
            flows.entries[index].fromLow.stream.advance(wire)
        } else {
            flows.entries[index].fromHigh.stream.advance(wire)
        }
        if octets.byteCount < wire {
            takeCut(index, fromLow, octets, missing: wire - octets.byteCount, time, frame)
        } else {
            take(index, fromLow, octets, time, frame)
        }
    }

    /// Keeps a segment that came before its turn.
    private mutating func keep(
        _ packet: CapturedPacket, _ index: Int, _ place: SequenceNumber, _ window: RawSpan
    ) {
        let fromLow = packet.isFromLow
        let buffer = self.buffer(index, fromLow)
        streams[buffer].early.insert(
            EarlySegments.Segment(
                place: place, octets: window.array(packet.start..<packet.end), wire: packet.wire, time: packet.time,
                frame: packet.frame))
        updateWaiting(index, fromLow)
        while isOverdue(index, fromLow, packet.time), skipHole(index, fromLow, packet.time) {}
    }

    /// Whether what waits has passed one of the limits.
    private func isOverdue(_ index: Int, _ fromLow: Bool, _ time: Int64) -> Bool {
        let buffer = Int(flows.entries[index][fromLow].buffer)
        guard buffer >= 0, !streams[buffer].early.isEmpty else { return false }
        let early = streams[buffer].early
        return early.octets > limits.earlyOctets || early.segments.count > limits.earlySegments
            || time &- early.since > limits.earlyAge.inNanoseconds
    }

    /// Hands on the early segments whose turn has come.
    private mutating func drain(_ index: Int, _ fromLow: Bool, _ time: Int64) {
        while true {
            let buffer = Int(flows.entries[index][fromLow].buffer)
            guard buffer >= 0 else { break }
            let next = flows.entries[index][fromLow].stream.next
            guard let segment = streams[buffer].early.take(at: next) else { break }
            let skip = next.distance(from: segment.place)
            let octets = unsafe segment.octets.span.bytes
            let start = min(skip, octets.byteCount)
            deliver(
                index, fromLow, octets.extracting(start..<octets.byteCount), wire: segment.wire - skip, segment.time,
                segment.frame)
        }
        tryClose(index, fromLow, time, 0)
        updateWaiting(index, fromLow)
    }

    /// Gives up the octets before the nearest early segment, or before the FIN.
    /// - Returns: false when there is no hole.
    @discardableResult
    private mutating func skipHole(_ index: Int, _ fromLow: Bool, _ time: Int64) -> Bool {
        let next = flows.entries[index][fromLow].stream.next
        let buffer = Int(flows.entries[index][fromLow].buffer)
        var hole = buffer >= 0 ? streams[buffer].early.hole(before: next) : nil
        if hole == nil {
            let missing = missingBeforeFIN(index, fromLow)
            if missing > 0 { hole = missing }
        }
        guard let hole, hole > 0 else { return false }
        let since = buffer >= 0 && !streams[buffer].early.isEmpty ? streams[buffer].early.since : time
        lose(index, fromLow, hole, min(since, time), 0)
        flows.entries[index][fromLow].stream.advance(hole)
        drain(index, fromLow, time)
        return true
    }

    /// The end of the flow, as far as this direction goes: nothing that is missing will come.
    mutating func giveUpWaiting(_ index: Int, fromLow: Bool, _ time: Int64) {
        while flows.entries[index][fromLow].flags.contains(.waiting), skipHole(index, fromLow, time) {}
    }

    /// The other end acknowledges octets that the capture does not hold: they are not to be waited for.
    private mutating func acknowledge(_ index: Int, _ fromLow: Bool, _ place: SequenceNumber, _ time: Int64) {
        while flows.entries[index][fromLow].flags.contains(.waiting) {
            let buffer = Int(flows.entries[index][fromLow].buffer)
            let stream = flows.entries[index][fromLow].stream
            var hole = missingBeforeFIN(index, fromLow)
            var since = flows.entries[index].lastTime
            if buffer >= 0, let before = streams[buffer].early.hole(before: stream.next) {
                hole = before
                since = streams[buffer].early.since
            }
            guard place.distance(from: stream.next) >= hole,
                time &- since >= limits.acknowledgedAge.inNanoseconds || stream.hasFIN
            else { return }
            guard skipHole(index, fromLow, time) else { return }
        }
    }

    /// A segment that comes after a long pause acknowledges what the other end has sent since: octets that are not there by
    /// then are missing in the capture, whatever may come behind them.
    private mutating func loseUnseen(_ packet: CapturedPacket, _ index: Int) {
        let kind = flows.entries[index].kind
        guard packet.tcpFlags & CapturedPacket.TCPFlag.ack != 0, kind == .sip || kind == .layered,
            flows.entries[index].id != FlowEntry.unreported
        else { return }
        let end = flows.entries[index][!packet.isFromLow]
        // Of a direction without any octets nothing is missing in between: it was not captured.
        guard end.stream.isStarted, end.stream.next != end.stream.initial, !end.stream.hasFIN,
            !end.flags.contains(.waiting)
        else { return }
        let hole = SequenceNumber(packet.acknowledgement).distance(from: end.stream.next)
        guard hole > 0, hole <= limits.window else { return }
        lose(index, !packet.isFromLow, hole, packet.time, packet.frame)
        flows.entries[index][!packet.isFromLow].stream.advance(hole)
    }

    /// Keeps the count of waiting directions true after a change to this one.
    mutating func updateWaiting(_ index: Int, _ fromLow: Bool) {
        let end = flows.entries[index][fromLow]
        let hasEarly = end.buffer >= 0 && !streams[Int(end.buffer)].early.isEmpty
        let isWaiting = hasEarly || (!end.stream.isFinished && missingBeforeFIN(index, fromLow) > 0)
        if isWaiting != end.flags.contains(.waiting) {
            waitingStreams += isWaiting ? 1 : -1
            if isWaiting {
                flows.entries[index][fromLow].flags.insert(.waiting)
            } else {
                flows.entries[index][fromLow].flags.remove(.waiting)
            }
        }
        if end.buffer >= 0, streams[Int(end.buffer)].isEmpty { release(index, fromLow: fromLow) }
    }

    private mutating func dropEarly(_ index: Int, _ fromLow: Bool) {
        let buffer = Int(flows.entries[index][fromLow].buffer)
        if buffer >= 0 { streams[buffer].early.removeAll() }
        updateWaiting(index, fromLow)
    }

    // MARK: Closing

    private mutating func finish(_ packet: CapturedPacket, _ index: Int, _ place: SequenceNumber) {
        let fromLow = packet.isFromLow
        let kind = flows.entries[index].kind
        let stream = flows.entries[index][fromLow].stream
        // Of what is not read, the place in the stream is not known either.
        let isUnknown = kind == .other || kind == .encrypted || !stream.isStarted
        if !stream.hasFIN, isUnknown || abs(place.distance(from: stream.next)) > limits.window {
            flows.entries[index][fromLow].stream.start(at: place)
        }
        if !stream.hasFIN {
            flows.entries[index][fromLow].stream.noteFIN()
            if place.distance(from: flows.entries[index][fromLow].stream.next) > 0 {
                streams[buffer(index, fromLow)].finAt = place
            }
        }
        noteUnseenAnswer(packet, index)
        tryClose(index, fromLow, packet.time, packet.frame)
        updateWaiting(index, fromLow)
    }

    /// The octets that are missing between the stream's place and its FIN; 0 when the FIN is not there or is reached.
    private func missingBeforeFIN(_ index: Int, _ fromLow: Bool) -> Int {
        let end = flows.entries[index][fromLow]
        guard end.buffer >= 0, let place = streams[Int(end.buffer)].finAt else { return 0 }
        return max(0, place.distance(from: end.stream.next))
    }

    /// Reports the FIN once the stream has reached it.
    private mutating func tryClose(_ index: Int, _ fromLow: Bool, _ time: Int64, _ frame: UInt64) {
        guard missingBeforeFIN(index, fromLow) == 0, flows.entries[index][fromLow].stream.finish() else { return }
        let buffer = Int(flows.entries[index][fromLow].buffer)
        if buffer >= 0 { streams[buffer].finAt = nil }
        if flows.entries[index].kind == .layered { tellSilence(index, closedBy: fromLow, time) }
        if !hasClosed(index, fromLow) { emit(index, time, frame, fromLow: fromLow, .close(.fin)) }
        if flows.entries[index][!fromLow].stream.isFinished { close(index) }
    }

    private mutating func reset(_ packet: CapturedPacket, _ index: Int) {
        let fromLow = packet.isFromLow
        let other = flows.entries[index][!fromLow].stream
        if isAttempt(index) {
            let refusesSYN =
                other.isStarted && SequenceNumber(packet.acknowledgement).distance(from: other.initial) >= 0
            let isFromServer = flows.entries[index].flags.contains(.clientIsLow) != fromLow
            guard isFromServer, refusesSYN else { return close(index) }
            open(index)
            emit(index, packet.time, packet.frame, fromLow: fromLow, .close(.refused))
            return close(index)
        }
        let stream = flows.entries[index][fromLow].stream
        let distance = SequenceNumber(packet.sequence).distance(from: stream.next)
        let kind = flows.entries[index].kind
        // A reset from outside the window is ignored by its receiver too (RFC 9293 §3.10.7.4).
        if kind == .sip || kind == .layered, stream.isStarted, abs(distance) > limits.window { return }
        noteUnseenAnswer(packet, index)
        for end in [true, false] { giveUpWaiting(index, fromLow: end, packet.time) }
        if kind == .layered { tellSilence(index, closedBy: fromLow, packet.time) }
        if !hasClosed(index, fromLow) { emit(index, packet.time, packet.frame, fromLow: fromLow, .close(.rst)) }
        close(index)
    }

    private mutating func close(_ index: Int) {
        flows.entries[index].flags.insert(.closed)
        if flows.entries[index].kind == .layered { dropLayers(index) }
        for fromLow in [true, false] {
            dropEarly(index, fromLow)
            release(index, fromLow: fromLow)
        }
    }
}
