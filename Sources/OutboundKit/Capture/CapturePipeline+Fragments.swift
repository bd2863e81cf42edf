/// Pieces of IP packets, and the packets made of them. Nothing here is on the path of a packet that came whole.
extension CapturePipeline {
    /// Keeps a piece, and handles the packet that it completes, as of the time and frame of this piece.
    @inline(never)
    mutating func keep(
        fragment ip: IPPacket, at start: Int, _ origin: PacketOrigin, _ window: RawSpan, _ batch: inout PacketBatch
    ) {
        guard let piece = FragmentHeader(window, at: start, ip, extensions: limits.extensionHeaders) else {
            unjudged.malformed += 1
            return
        }
        if choice?.isCopying == true {
            choice?.noteCopied(piece: piece.key, at: origin.time)
            return
        }
        let packet = fragments.insert(piece, window, time: origin.time, frame: origin.frame)
        // What came before goes before; and the packet lies in octets of its own, which a batch cannot mix.
        if packet != nil || fragments.isOverfull { runBatch(&batch, window) }
        if let packet {
            let octets = unsafe packet.octets.span.bytes
            let isThere = decodeIP(
                origin, octets, at: 0, end: octets.byteCount, wireEnd: packet.wire, into: &batch)
            if isThere { runInner(&batch, octets) }
            choice?.notePieces(of: piece.key, at: origin.time)
        }
        giveUpFragments(at: origin.time)
    }

    /// Gives up datagrams that have waited too long, or all.
    ///
    /// A first piece with a SIP start-line tells at least that there was a message on the flow.
    @inline(never)
    mutating func giveUpFragments(at time: Int64?) {
        while let packet = fragments.giveUp(at: time) {
            var ip = IPPacket()
            let octets = unsafe packet.octets.span.bytes
            let end = octets.byteCount
            guard ip.read(octets, at: 0, end: end, wireEnd: end, extensions: limits.extensionHeaders) == nil,
                ip.upper == IPPacket.UpperProtocol.udp
            else { continue }
            ip.fragment = .first
            var batch = PacketBatch()
            guard batch.packets[0].readUDP(octets, ip) else { continue }
            batch.packets[0].time = packet.time
            batch.packets[0].frame = packet.frame
            batch.packets[0].isFragment = true
            choice?.isHit = false
            runInner(&batch, octets)
            choice?.notePieces(of: packet.key, at: packet.time)
        }
        resetAlarm()
    }
}
