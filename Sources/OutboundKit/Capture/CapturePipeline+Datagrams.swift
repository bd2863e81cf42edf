/// UDP: SIP, STUN and what else comes on a flow that has shown one of them.
extension CapturePipeline {
    @inline(__always)
    mutating func datagram(_ packet: inout CapturedPacket, _ window: RawSpan) {
        var index = flows.find(packet.key, hash: packet.hash, guess: packet.guess)
        if index < 0 {
            // Whether the datagram makes its pair of addresses a flow and, if so, which end then is the client.
            let clientIsLow: Bool
            switch packet.payload {
            case .other, .oldSTUN:
                return
            case .carrier:
                return unpack(packet, window)
            case .crlf:
                let isPing = packet.wire == 4 && !packet.isCut && window.big32(packet.start) == 0x0D0A_0D0A
                guard isPing else { return }
                clientIsLow = Self.serverIsLow(packet.key).map { !$0 } ?? packet.isFromLow
            case .stun:
                guard STUNMessage.mayBeKeepAlive(window.extracting(packet.start..<packet.end)) else {
                    unjudged.otherSTUN += 1
                    return
                }
                // The class's upper bit (RFC 8489 §5) tells a response.
                clientIsLow = packet.isFromLow != (window.octet(packet.start) & 1 == 1)
            case .sip:
                // Servers send requests as well: OPTIONS, to keep a flow alive or to see whether it is, and calls.
                let isServer =
                    Self.serverIsLow(packet.key).map { $0 == packet.isFromLow }
                    ?? Self.isResponse(window.extracting(packet.start..<packet.end))
                clientIsLow = packet.isFromLow != isServer
            }
            index = add(packet, .datagram, clientIsLow: clientIsLow)
            guard index >= 0 else { return }
            open(index)
        }
        guard let moment = flows.entries[index].note(packet, duplicateAge: duplicateAge) else {
            unjudged.duplicates += 1
            return
        }
        let payload = window.extracting(packet.start..<packet.end)
        switch packet.payload {
        case .stun, .oldSTUN: stun(&packet, index, payload, moment)
        case .sip: sip(packet, index, payload, moment)
        case .crlf:
            emit(index, packet.time, packet.frame, fromLow: packet.isFromLow, .crlfDatagram(packet.wire))
        case .other, .carrier: other(packet, index, payload)
        }
    }

    static func isResponse(_ payload: RawSpan) -> Bool {
        var start = 0
        while start < payload.byteCount, payload.octet(start) == ASCII.cr || payload.octet(start) == ASCII.lf {
            start += 1
        }
        return payload.byteCount - start >= 4 && payload.equalsIgnoringCase("SIP/", in: start..<start + 4)
    }

    @inline(__always)
    private mutating func stun(
        _ packet: inout CapturedPacket, _ index: Int, _ payload: RawSpan, _ moment: FlowEvent.Moment
    ) {
        guard let facts = STUNFacts.read(payload, isCut: packet.isCut) else {
            other(packet, index, payload)
            return
        }
        if packet.isCut { countCut(packet) }
        statistics.stunMessages &+= 1
        if moment.flow.rawValue != FlowEntry.unreported { sink.observeSTUN(facts, moment) }
    }

    private mutating func sip(
        _ packet: CapturedPacket, _ index: Int, _ payload: RawSpan, _ moment: FlowEvent.Moment
    ) {
        flows.entries[index].flags.insert(.hasSIP)
        if packet.isCut {
            countCut(packet)
            emit(index, packet.time, packet.frame, fromLow: packet.isFromLow, .cutSIP)
            return
        }
        guard moment.flow.rawValue != FlowEntry.unreported else { return }
        if sink.observeDatagram(payload, using: &message, moment) { statistics.sipMessages &+= 1 }
    }

    private mutating func other(_ packet: CapturedPacket, _ index: Int, _ payload: RawSpan) {
        let first = payload.octetIfPresent(0)
        // Media whose ports were probed with STUN (RFC 8445): RTP's version 2 leads (RFC 3550 §5.1). One tells it all.
        if let first, first >> 6 == 2, packet.wire >= 8, !flows.entries[index].flags.contains(.hasSIP) {
            guard flows.entries[index].flags.insert(.hasMedia).inserted else { return }
        }
        emit(
            index, packet.time, packet.frame, fromLow: packet.isFromLow,
            .otherDatagram(length: packet.wire, first: first))
    }

    private mutating func countCut(_ packet: CapturedPacket) {
        // Fragments have a counter of their own.
        if !packet.isFragment { unjudged.cutPackets += 1 }
    }
}
