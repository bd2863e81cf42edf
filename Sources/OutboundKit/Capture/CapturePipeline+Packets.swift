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
        guard case .ip(let start) = network else {
            countFrame(network, link: record.link)
            return false
        }
        var ip = IPPacket()
        let problem = ip.read(
            window, at: start, end: end, wireEnd: record.start &+ record.wire, extensions: limits.extensionHeaders)
        if let problem {
            switch problem {
            case .cut: unjudged.cutHeaders += 1
            case .malformed, .extensions: unjudged.malformed += 1
            }
            return false
        }
        if ip.fragment != .whole {
            unjudged.fragments += 1
            // A first piece with a SIP start-line tells at least that there was a message on the flow.
            guard ip.fragment == .first, ip.upper == IPPacket.UpperProtocol.udp else { return false }
        }
        switch ip.upper {
        case IPPacket.UpperProtocol.udp:
            guard batch.packets[batch.count].readUDP(window, ip) else { return refuse(ip, 8) }
            statistics.udpDatagrams &+= 1
        case IPPacket.UpperProtocol.tcp:
            guard batch.packets[batch.count].readTCP(window, ip) else { return refuse(ip, 20) }
            statistics.tcpSegments &+= 1
            // Half of a stream's segments acknowledge and do nothing else; that matters only where octets are missing,
            // which a segment before it in the batch may yet bring about.
            if !batch.packets[batch.count].isMereAcknowledgement {
                batch.segments &+= 1
            } else if waitingStreams == 0, batch.segments == 0 {
                return false
            }
            batch.packets[batch.count].setKey(ip, ports: window.big32(ip.start))
        case IPPacket.UpperProtocol.icmp, IPPacket.UpperProtocol.icmp6:
            statistics.icmpMessages += 1
            batch.packets[batch.count].readICMP(ip)
        case 4, 41, 47:
            unjudged.tunnelled += 1
            return false
        default:
            return false
        }
        // Written where it will be used: a packet is three cache lines, too much to be put together and then copied.
        batch.packets[batch.count].time = record.time
        batch.packets[batch.count].frame = frame
        batch.packets[batch.count].isFragment = ip.fragment == .first
        return true
    }

    /// - Parameter length: of the shortest header that there must be.
    @inline(never)
    private mutating func refuse(_ ip: IPPacket, _ length: Int) -> Bool {
        if ip.end - ip.start < length, ip.end < ip.wireEnd {
            unjudged.cutHeaders += 1
        } else {
            unjudged.malformed += 1
        }
        return false
    }

    @inline(never)
    private mutating func countFrame(_ network: LinkLayer.Network, link: UInt16) {
        switch network {
        case .encapsulated: unjudged.encapsulated += 1
        case .unsupported: unjudged.count(linkType: link)
        case .cut: unjudged.cutHeaders += 1
        case .ip, .notIP: break
        }
    }

    /// Looks up and handles the packets of the batch.
    mutating func runBatch(_ batch: inout PacketBatch, _ window: RawSpan) {
        guard batch.count > 0 else { return }
        // Three short loops, each of which reads what the one before has brought into the cache: slots, entries, and what
        // the sink keeps. Within a loop no read waits for another one.
        for index in 0..<batch.count { batch.packets[index].guess = flows.guess(batch.packets[index].hash) }
        for index in 0..<batch.count where batch.packets[index].guess >= 0 {
            touched &+= flows.touch(batch.packets[index].guess)
        }
        for index in 0..<batch.count where batch.packets[index].guess >= 0 {
            let id = flows.entries[Int(batch.packets[index].guess)].id
            if id != FlowEntry.unreported { touched &+= sink.touch(FlowID(id)) }
        }
        for index in 0..<batch.count {
            switch batch.packets[index].content {
            case .datagram: datagram(batch.packets[index], window)
            case .segment: segment(batch.packets[index], window)
            case .icmp: icmp(batch.packets[index], window)
            }
        }
        batch.count = 0
        batch.segments = 0
    }
}
