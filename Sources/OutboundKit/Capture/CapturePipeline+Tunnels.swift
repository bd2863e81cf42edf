/// Packets within packets. Nothing here is on the path of a packet that lies in no tunnel.
extension CapturePipeline {
    /// What the link layer found is no IP packet by itself.
    /// - Returns: whether the batch's next place holds something to look up.
    @inline(never)
    mutating func enter(
        _ network: LinkLayer.Network, _ origin: PacketOrigin, _ window: RawSpan, end: Int, wireEnd: Int, link: UInt16,
        into batch: inout PacketBatch
    ) -> Bool {
        switch network {
        case .notIP: break
        case .encapsulated: unjudged.encapsulated += 1
        case .unsupported: unjudged.count(linkType: link)
        case .cut: unjudged.cutHeaders += 1
        case .ip(let start):
            guard let inner = deeper(origin) else { return false }
            return decodeIP(inner, window, at: start, end: end, wireEnd: wireEnd, into: &batch)
        case .ethernet(let start):
            guard let inner = deeper(origin) else { return false }
            guard start < end else {
                unjudged.cutHeaders += 1
                return false
            }
            let link = LinkLayer.LinkType.ethernet
            let next = LinkLayer.network(in: window, start..<end, link: link, vlanTags: limits.vlanTags)
            if case .ip(let start) = next {
                return decodeIP(inner, window, at: start, end: end, wireEnd: wireEnd, into: &batch)
            }
            return enter(next, inner, window, end: end, wireEnd: wireEnd, link: link, into: &batch)
        }
        return false
    }

    /// An IP packet carries another one, or GRE.
    @inline(never)
    mutating func enter(
        _ ip: IPPacket, _ origin: PacketOrigin, _ window: RawSpan, into batch: inout PacketBatch
    ) -> Bool {
        let network =
            ip.upper == IPPacket.UpperProtocol.gre
            ? Encapsulation.gre(window, ip.start, end: ip.end) : LinkLayer.Network.ip(ip.start)
        return enter(network, origin, window, end: ip.end, wireEnd: ip.wireEnd, link: 0, into: &batch)
    }

    private mutating func deeper(_ origin: PacketOrigin) -> PacketOrigin? {
        guard origin.depth < limits.tunnels else {
            unjudged.deepTunnels += 1
            return nil
        }
        return PacketOrigin(time: origin.time, frame: origin.frame, depth: origin.depth + 1)
    }

    /// A datagram that belongs to no flow and carries another packet.
    @inline(never)
    mutating func unpack(_ packet: CapturedPacket, _ window: RawSpan) {
        guard carriers < limits.tunnels else {
            unjudged.deepTunnels += 1
            return
        }
        carriers += 1
        defer { carriers -= 1 }
        guard Encapsulation.beginsTunnel(window.extracting(packet.start..<packet.end)) else {
            return mirrored(packet, window)
        }
        let ports = packet.key.ports
        let port = UInt16(truncatingIfNeeded: packet.isFromLow ? ports : ports >> 16)
        guard let network = Encapsulation.datagram(window, packet.start, end: packet.end, port: port) else { return }
        let origin = PacketOrigin(time: packet.time, frame: packet.frame, depth: 0)
        var batch = PacketBatch()
        let isThere = enter(
            network, origin, window, end: packet.end, wireEnd: packet.start + packet.wire, link: 0,
            into: &batch)
        if isThere { runInner(&batch, window) }
    }

    /// Handles a packet that lay within others, the first of the batch.
    mutating func runInner(_ batch: inout PacketBatch, _ window: RawSpan) {
        guard choice == nil else { return meet(&batch.packets[0], window) }
        batch.count = 1
        runBatch(&batch, window)
    }

    /// A packet that a mirror tells of. It lies in the window like any other but for its headers, which are made up.
    mutating func mirrored(_ packet: CapturedPacket, _ window: RawSpan) {
        guard let hep = HEPPacket(window.extracting(packet.start..<packet.end)) else {
            if packet.isCut { unjudged.cutPackets += 1 } else { unjudged.malformed += 1 }
            return
        }
        guard hep.maySIP else { return }
        let payload = packet.start + hep.payload.lowerBound..<packet.start + hep.payload.upperBound
        guard hep.isCompressed else { return takeMirrored(hep, packet, window, payload) }
        guard let octets = Decompression.whole(window.extracting(payload), limit: limits.inflatedOctets) else {
            unjudged.badMirrored += 1
            return
        }
        unsafe takeMirrored(hep, packet, octets.span.bytes, 0..<octets.count)
    }

    /// - Parameter payload: where it lies in `window`.
    private mutating func takeMirrored(
        _ hep: HEPPacket, _ packet: CapturedPacket, _ window: RawSpan, _ payload: Range<Int>
    ) {
        unjudged.mirrored += 1
        var ip = IPPacket()
        ip.isIPv6 = hep.isIPv6
        let isDatagram = hep.upper == IPPacket.UpperProtocol.udp
        ip.upper = isDatagram ? IPPacket.UpperProtocol.udp : IPPacket.UpperProtocol.tcp
        (ip.sourceHigh, ip.sourceLow) = (hep.sourceHigh, hep.sourceLow)
        (ip.destinationHigh, ip.destinationLow) = (hep.destinationHigh, hep.destinationLow)
        var inner = CapturedPacket()
        inner.setKey(ip, ports: UInt32(hep.sourcePort) << 16 | UInt32(hep.destinationPort))
        inner.frame = packet.frame
        let difference = hep.time.subtractingReportingOverflow(packet.time).partialValue.magnitude
        let isPlausible = difference <= limits.mirrorAge.inNanoseconds.magnitude
        inner.time = isPlausible ? hep.time : packet.time
        inner.start = payload.lowerBound
        inner.end = payload.upperBound
        inner.wire = payload.count
        if isDatagram {
            inner.payload = PayloadClassifier.datagram(window.extracting(inner.start..<inner.end), isCut: false)
            guard choice == nil else { return meet(&inner, window) }
            datagram(&inner, window)
        } else {
            // Messages come whole and in order, so each begins where the one before ended.
            inner.content = .segment
            guard choice == nil else { return meet(&inner, window) }
            let known = flows.find(inner.key, hash: inner.hash)
            if known >= 0 { inner.sequence = flows.entries[known][inner.isFromLow].stream.next.rawValue }
            segment(&inner, window)
        }
        // A mirror sends messages and no keep-alives: between any two of them something may be missing.
        let index = flows.find(inner.key, hash: inner.hash)
        if index >= 0 {
            emit(index, inner.time, inner.frame, fromLow: inner.isFromLow, .gap(nil))
        }
    }
}
