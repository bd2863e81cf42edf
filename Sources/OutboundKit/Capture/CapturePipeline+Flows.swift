/// The life of flows: found, reported, forgotten.
extension CapturePipeline {
    /// Adds a flow that is not in the table; -1 when there is no room.
    mutating func add(_ packet: CapturedPacket, _ kind: FlowEntry.Kind, clientIsLow: Bool) -> Int {
        guard flows.count < limits.flows else {
            unjudged.beyondFlows += 1
            return -1
        }
        flowsToRelief &-= 1
        if flowsToRelief < 0 { relieve(packet.time) }
        // Two looked at for each one added: forgetting keeps up with any rate of new flows.
        sweep(2, packet.time)
        var entry = FlowEntry()
        entry.kind = kind
        entry.lastTime = packet.time
        entry.eventTime = packet.time
        if clientIsLow { entry.flags.insert(.clientIsLow) }
        let index = flows.insert(entry, packet.key, hash: packet.hash)
        firstFrames[index] = packet.frame
        return index
    }

    /// Which end of a flow that is met in its middle is the server: the one at a port where servers are, for a server's
    /// request, pong or ping may come first as well as a client's; nil where both ends are at one, or neither. A REGISTER
    /// puts right what this gets wrong.
    static func serverIsLow(_ key: FlowKey) -> Bool? {
        let services: [UInt16] = [5060, 5061, 80, 443]
        let lowServes = services.contains(key.end(isLow: true).port)
        return lowServes == services.contains(key.end(isLow: false).port) ? nil : lowServes
    }

    /// Reports the flow, under a new handle.
    mutating func open(_ index: Int) {
        let entry = flows.entries[index]
        guard entry.id == FlowEntry.unreported, nextID < FlowEntry.unreported else { return }
        let key = flows.key(of: index)
        let frame = firstFrames.removeValue(forKey: index) ?? 0
        flows.entries[index].id = nextID
        nextID += 1
        statistics.flows += 1
        let clientIsLow = entry.flags.contains(.clientIsLow)
        let kind: FlowEvent.Opening.Kind =
            entry.kind == .datagram ? .datagram : entry.flags.contains(.handshake) ? .handshake : .midstream
        let opening = FlowEvent.Opening(
            transport: transport(index),
            client: key.end(isLow: clientIsLow), server: key.end(isLow: !clientIsLow), kind: kind,
            isAnswered: entry.flags.contains(.answered))
        emit(index, entry.eventTime, frame, fromLow: clientIsLow, .open(opening))
    }

    private func transport(_ index: Int) -> TransportProtocol {
        switch flows.entries[index].kind {
        case .datagram: .udp
        case .encrypted: .tls
        case .layered: layers[index]?.transport ?? .tcp
        case .free, .undecided, .sip, .other: .tcp
        }
    }

    /// Gives an event of a reported flow to the sink. Time never steps back within a flow.
    @inline(__always)
    mutating func emit(_ index: Int, _ time: Int64, _ frame: UInt64, fromLow: Bool, _ what: FlowEvent.What) {
        guard flows.entries[index].id != FlowEntry.unreported else { return }
        let moment = flows.entries[index].moment(time, frame, fromLow: fromLow)
        sink.observe(FlowEvent(moment, what))
    }

    /// Gives the message at hand, as one of a reported flow, to the sink.
    @inline(__always)
    mutating func emitMessage(_ index: Int, _ time: Int64, _ frame: UInt64, fromLow: Bool) {
        flows.entries[index].flags.insert(.hasSIP)
        statistics.sipMessages &+= 1
        guard flows.entries[index].id != FlowEntry.unreported else { return }
        sink.observeSIP(message, flows.entries[index].moment(time, frame, fromLow: fromLow))
    }

    /// Gives a CRLF of a reported stream to the sink.
    @inline(__always)
    mutating func emitCRLF(
        _ index: Int, _ time: Int64, _ frame: UInt64, fromLow: Bool, completesPair: Bool, ownSegment: Bool
    ) {
        guard flows.entries[index].id != FlowEntry.unreported else { return }
        let moment = flows.entries[index].moment(time, frame, fromLow: fromLow)
        sink.observeCRLF(completesPair: completesPair, ownSegment: ownSegment, moment)
    }

    /// Forgets a flow, whose place another one may take.
    mutating func forget(_ index: Int, _ time: Int64) {
        end(index, time)
        if flows.entries[index].id == FlowEntry.unreported { firstFrames[index] = nil }
        flows.remove(index)
    }

    /// Whether a SYN to a port of SIP has waited for its answer for longer than an answer takes (the kernel's first retry of
    /// a SYN comes after one second).
    private func waitsForSIP(_ index: Int, _ time: Int64) -> Bool {
        let entry = flows.entries[index]
        let server = flows.key(of: index).end(isLow: !entry.flags.contains(.clientIsLow))
        return !entry.flags.contains(.closed) && server.isAtSIPPort
            && time &- entry.eventTime > 3_000_000_000
    }

    /// Tells the sink of a connection that was tried, if it came to nothing so far.
    private mutating func tellAttempt(_ index: Int) {
        let entry = flows.entries[index]
        guard entry.id == FlowEntry.unreported, isAttempt(index), !entry.flags.contains(.closed) else { return }
        let key = flows.key(of: index)
        let clientIsLow = entry.flags.contains(.clientIsLow)
        sink.observeAttempt(
            UnansweredAttempt(
                client: key.end(isLow: clientIsLow), server: key.end(isLow: !clientIsLow),
                start: Timestamp(nanoseconds: entry.eventTime), end: Timestamp(nanoseconds: entry.lastTime)))
    }

    /// Flows are about to be judged before their time, by what is known now.
    mutating func tellAttempts() {
        for index in flows.entries.indices where flows.entries[index].kind == .undecided { tellAttempt(index) }
    }

    /// A flow is over: what its streams still wait for is lost.
    mutating func end(_ index: Int, _ time: Int64) {
        for fromLow in [true, false] {
            giveUpWaiting(index, fromLow: fromLow, time)
            settleHello(index, fromLow)
            release(index, fromLow: fromLow)
        }
        if flows.entries[index].kind == .layered {
            tellSilence(index, closedBy: nil, time)
            dropLayers(index)
        }
        let entry = flows.entries[index]
        guard entry.id != FlowEntry.unreported else {
            tellAttempt(index)
            if isAttempt(index), waitsForSIP(index, time) { unjudged.unansweredSYNs += 1 }
            return
        }
        sink.end(FlowID(entry.id), at: Timestamp(nanoseconds: max(time, entry.eventTime)))
    }

    /// Looks at the next few entries and forgets those that are over.
    mutating func sweep(_ count: Int, _ time: Int64) {
        for _ in 0..<min(count, flows.entries.count) {
            if sweepPlace >= flows.entries.count { sweepPlace = 0 }
            let index = sweepPlace
            sweepPlace += 1
            if isOver(index, time) { forget(index, time) }
        }
    }

    private func isOver(_ index: Int, _ time: Int64) -> Bool {
        let kind = flows.entries[index].kind
        guard kind != .free else { return false }
        let silence = time &- flows.entries[index].lastTime
        guard silence > closedAge else { return false }
        if flows.entries[index].flags.contains(.closed) { return true }
        switch kind {
        case .undecided, .other: return silence > limits.undecidedAge.inNanoseconds
        case .layered:
            let age = layers[index]?.content == .undecided ? limits.undecidedAge : limits.silentAge
            return silence > age.inNanoseconds
        case .free, .datagram, .sip, .encrypted: return silence > limits.silentAge.inNanoseconds
        }
    }
}
