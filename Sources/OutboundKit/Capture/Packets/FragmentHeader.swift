/// What an IP packet says of being a piece of a larger one (RFC 791 §3.2, RFC 8200 §4.5).
struct FragmentHeader {
    /// Pieces of one datagram have this in common.
    struct Key: Hashable {
        var sourceHigh: UInt64 = 0
        var sourceLow: UInt64 = 0
        var destinationHigh: UInt64 = 0
        var destinationLow: UInt64 = 0
        /// The identification; above it IPv4's protocol, or 256 for IPv6, where the identification stands alone.
        var identification: UInt64 = 0
    }

    var key = Key()
    /// Where its octets belong in the datagram.
    var offset = 0
    /// Further ones follow behind it.
    var hasMore = false
    /// Where its octets begin in the window; before them lies the header, in IPv6 with the fragment header at its end.
    var start = 0
    /// Where they end in the window, and where they ended on the wire.
    var end = 0
    var wireEnd = 0
    /// The header that the whole packet gets, without its length.
    var header: [UInt8] = []

    /// - Parameters:
    ///   - packet: where the packet begins in `window`.
    ///   - ip: what was read there.
    /// - Returns: nil when it contradicts itself.
    init?(_ window: RawSpan, at packet: Int, _ ip: IPPacket, extensions: Int) {
        end = ip.end
        wireEnd = ip.wireEnd
        key.sourceHigh = ip.sourceHigh
        key.sourceLow = ip.sourceLow
        key.destinationHigh = ip.destinationHigh
        key.destinationLow = ip.destinationLow
        guard ip.isIPv6 ? readVersion6(window, packet, extensions) : readVersion4(window, packet, ip) else {
            return nil
        }
        let length = wireEnd - start
        // All but the last hold whole units of eight octets, and the datagram ends within 16 bits.
        guard length > 0, !hasMore || length % 8 == 0, start - packet + offset + length <= 65_575 else { return nil }
    }

    private mutating func readVersion4(_ window: RawSpan, _ packet: Int, _ ip: IPPacket) -> Bool {
        let field = window.big16(packet + 6)
        offset = Int(field & 0x1FFF) * 8
        hasMore = field & 0x2000 != 0
        key.identification = UInt64(ip.upper) << 32 | UInt64(ip.identification)
        start = ip.start
        guard offset + wireEnd - start <= 65_535 - (start - packet) else { return false }
        if offset == 0 {
            header = window.array(packet..<start)
            header[6] &= 0xC0
            header[7] = 0
        }
        return true
    }

    /// Finds the fragment header behind those that each router reads: they are the packet's, not the datagram's.
    private mutating func readVersion6(_ window: RawSpan, _ packet: Int, _ extensions: Int) -> Bool {
        var next = packet + 6
        var place = packet + 40
        for _ in 0...extensions {
            guard window.octet(next) != 44 else {
                let field = window.big16(place + 2)
                offset = Int(field & 0xFFF8)
                hasMore = field & 1 != 0
                key.identification = 256 << 32 | UInt64(window.big32(place + 4))
                start = place + 8
                if offset == 0 {
                    header = window.array(packet..<place)
                    header[next - packet] = window.octet(place)
                }
                return start <= end
            }
            next = place
            place += (Int(window.octet(place + 1)) + 1) * 8
            guard end - place >= 8 else { return false }
        }
        return false
    }
}
