/// ICMP errors, which quote the packet that they are about (RFC 792, RFC 4443 §3).
extension CapturePipeline {
    mutating func icmp(_ packet: CapturedPacket, _ window: RawSpan) {
        guard packet.end - packet.start >= 8 else { return }
        let type = window.octet(packet.start)
        let code = window.octet(packet.start + 1)
        let quoted = packet.start + 8
        guard quoted < packet.end else { return }
        // Destination unreachable, time exceeded, parameter problem; in ICMPv6 also packet too big. An echo's data may
        // begin like an IP header, but its type is none of these.
        let isError = window.octet(quoted) >> 4 == 6 ? (1...4).contains(type) : type == 3 || type == 11 || type == 12
        guard isError else { return }
        var ip = IPPacket()
        guard
            ip.read(window, at: quoted, end: packet.end, wireEnd: packet.end, extensions: limits.extensionHeaders)
                == nil,
            ip.fragment != .later, ip.end - ip.start >= 4,
            ip.upper == IPPacket.UpperProtocol.udp || ip.upper == IPPacket.UpperProtocol.tcp
        else { return }
        var sent = CapturedPacket()
        sent.setKey(ip, ports: window.big32(ip.start))
        let index = flows.find(sent.key, hash: sent.hash)
        guard index >= 0 else { return }
        if isAttempt(index) { open(index) }
        emit(index, packet.time, packet.frame, fromLow: sent.isFromLow, .icmpError(type: type, code: code))
    }

    /// A connection of which nothing but the client's SYN was seen.
    func isAttempt(_ index: Int) -> Bool {
        flows.entries[index].kind == .undecided && flows.entries[index].flags.contains(.handshake)
            && !flows.entries[index].flags.contains(.answered)
    }
}
