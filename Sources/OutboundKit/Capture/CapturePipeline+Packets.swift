/// From a record to a packet in the batch, and from the batch to the flows.
extension CapturePipeline {
    /// Reads the headers of a frame into the batch's next place.
    /// - Returns: whether there is something to look up.
    @inline(__always)
    mutating func decode(
        _ record: CaptureRecord, _ frame: UInt64, _ window: RawSpan, into batch: inout PacketBatch
    ) -> Bool {
        let end = record.start &+ record.captured
        let network = LinkLayer.network(
            in: window, record.start..<end, link: record.link, vlanTags: limits.vlanTags)
        let origin = PacketOrigin(time: record.time, frame: frame, depth: 0)
        let wireEnd = record.start &+ record.wire
        guard case .ip(let start) = network else {
            return enter(network, origin, window, end: end, wireEnd: wireEnd, link: record.link, into: &batch)
        }
        if let ip = IPPacket(plain: window, at: start, end: end) {
            return ip.upper == IPPacket.UpperProtocol.udp
                ? takeUDP(ip, origin, window, into: &batch) : takeTCP(ip, origin, window, into: &batch)
        }
        return decodeIP(origin, window, at: start, end: end, wireEnd: wireEnd, into: &batch)
    }

    /// Reads an IP packet's headers and what they carry.
    @inline(never)
    mutating func decodeIP(
        _ origin: PacketOrigin, _ window: RawSpan, at start: Int, end: Int, wireEnd: Int,
        into batch: inout PacketBatch
    ) -> Bool {
        var ip = IPPacket()
        let problem = ip.read(window, at: start, end: end, wireEnd: wireEnd, extensions: limits.extensionHeaders)
        if let problem {
            switch problem {
            case .cut: unjudged.cutHeaders += 1
            case .malformed, .extensions: unjudged.malformed += 1
            }
            return false
        }
        guard ip.fragment == .whole else {
            keep(fragment: ip, at: start, origin, window, &batch)
            return false
        }
        return decodeUpper(ip, origin, window, into: &batch)
    }

    private mutating func decodeUpper(
        _ ip: IPPacket, _ origin: PacketOrigin, _ window: RawSpan, into batch: inout PacketBatch
    ) -> Bool {
        switch ip.upper {
        case IPPacket.UpperProtocol.udp:
            return takeUDP(ip, origin, window, into: &batch)
        case IPPacket.UpperProtocol.tcp:
            return takeTCP(ip, origin, window, into: &batch)
        case IPPacket.UpperProtocol.icmp, IPPacket.UpperProtocol.icmp6:
            statistics.icmpMessages += 1
            batch.packets[batch.count].readICMP(ip)
            batch.packets[batch.count].place(origin, ip)
            return true
        case IPPacket.UpperProtocol.ipv4, IPPacket.UpperProtocol.ipv6, IPPacket.UpperProtocol.gre:
            return enter(ip, origin, window, into: &batch)
        default:
            return false
        }
    }

    // Both write where it will be used: a packet is two cache lines, too much to be put together and then copied.

    @inline(__always)
    private mutating func takeUDP(
        _ ip: IPPacket, _ origin: PacketOrigin, _ window: RawSpan, into batch: inout PacketBatch
    ) -> Bool {
        guard batch.packets[batch.count].readUDP(window, ip) else {
            return refuse(isCut: ip.end &- ip.start < 8 && ip.end < ip.wireEnd)
        }
        batch.packets[batch.count].place(origin, ip)
        statistics.udpDatagrams &+= 1
        return true
    }

    @inline(__always)
    private mutating func takeTCP(
        _ ip: IPPacket, _ origin: PacketOrigin, _ window: RawSpan, into batch: inout PacketBatch
    ) -> Bool {
        guard batch.packets[batch.count].readTCP(window, ip) else {
            return refuse(isCut: ip.end &- ip.start < 20 && ip.end < ip.wireEnd)
        }
        statistics.tcpSegments &+= 1
        // Half of a stream's segments acknowledge and do nothing else; that matters only where octets are missing,
        // which a segment before it in the batch may yet bring about.
        if !batch.packets[batch.count].isMereAcknowledgement {
            batch.segments &+= 1
        } else if waitingStreams == 0, batch.segments == 0 {
            return false
        }
        batch.packets[batch.count].setKey(ip, ports: window.big32(ip.start))
        batch.packets[batch.count].place(origin, ip)
        return true
    }

    /// An upper header that is wrong, or of which the capture has too little.
    @inline(never)
    private mutating func refuse(isCut: Bool) -> Bool {
        if isCut { unjudged.cutHeaders += 1 } else { unjudged.malformed += 1 }
        return false
    }

    /// Looks up and handles the packets of the batch.
    mutating func runBatch(_ batch: inout PacketBatch, _ window: RawSpan) {
        guard batch.count > 0 else { return }
        // What a packet needs is asked for well before its turn: the slot as it comes into the batch, the entry here, and
        // what the sink keeps a few packets ahead, for more would crowd each other out of the way.
        for index in 0..<batch.count {
            batch.packets[index].guess = flows.guess(batch.packets[index].hash)
            flows.entries.prefetch(Int(batch.packets[index].guess))
        }
        for index in 0..<min(batch.count, PacketBatch.foresight) { prefetch(&batch, index) }
        for index in 0..<batch.count {
            let ahead = index &+ PacketBatch.foresight
            if ahead < batch.count { prefetch(&batch, ahead) }
            if batch.messages &>> UInt32(truncatingIfNeeded: index) & PacketBatch.messagesAhead != 0 {
                prefetchForMessages(&batch, after: index)
            }
            // In its place: a packet given away as a value is two cache lines copied.
            switch batch.packets[index].content {
            case .datagram: datagram(&batch.packets[index], window)
            case .segment: segment(&batch.packets[index], window)
            case .icmp: icmp(batch.packets[index], window)
            }
        }
        batch.count = 0
        batch.segments = 0
        batch.messages = 0
    }

    /// Asks for what is kept of a packet's flow.
    @inline(__always)
    private mutating func prefetch(_ batch: inout PacketBatch, _ index: Int) {
        let guess = Int(batch.packets[index].guess)
        guard guess >= 0 else { return }
        flows.prefetchKey(of: guess)
        let id = flows.entries[guess].id
        guard id != FlowEntry.unreported else { return }
        let mayBeMessage = batch.packets[index].mayBeMessage
        if mayBeMessage { batch.messages |= 1 << UInt32(index) }
        sink.prefetch(FlowID(id), mayBeMessage: mayBeMessage)
    }

    @inline(never)
    private mutating func prefetchForMessages(_ batch: inout PacketBatch, after index: Int) {
        for step in 0..<3 {
            let ahead = index &+ PacketBatch.messageForesight(step)
            guard ahead < batch.count, batch.messages >> UInt32(ahead) & 1 == 1 else { continue }
            let id = flows.entries[Int(batch.packets[ahead].guess)].id
            if id != FlowEntry.unreported { sink.prefetchForMessage(FlowID(id), step: step) }
        }
    }
}

/// When and where a packet was captured, and in how many tunnels it lies.
struct PacketOrigin {
    var time: Int64
    let frame: UInt64
    var depth: Int
}
