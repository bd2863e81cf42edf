/// What an IPv4 or IPv6 header says (RFC 791 §3.1, RFC 8200 §3): addresses, upper protocol, and where its octets lie.
struct IPPacket {
    enum Problem {
        /// Not an IP header, or lengths that contradict each other.
        case malformed
        /// The capture ends inside the headers.
        case cut
        /// More extension headers than are followed.
        case extensions
    }

    enum Fragment {
        case whole
        /// The first piece: it has the upper header.
        case first
        case later
    }

    enum UpperProtocol {
        static let icmp: UInt8 = 1
        static let ipv4: UInt8 = 4
        static let tcp: UInt8 = 6
        static let udp: UInt8 = 17
        static let ipv6: UInt8 = 41
        static let gre: UInt8 = 47
        static let icmp6: UInt8 = 58
    }

    var isIPv6 = false
    var upper: UInt8 = 0
    var fragment = Fragment.whole
    /// IPv4's identification; 0 for IPv6.
    var identification: UInt16 = 0
    /// The upper header and its payload begin here.
    var start = 0
    /// The end of the captured octets of the packet, frame padding left out.
    var end = 0
    /// The end that the header announces; beyond `end` when the capture cut the packet.
    var wireEnd = 0
    var sourceHigh: UInt64 = 0
    var sourceLow: UInt64 = 0
    var destinationHigh: UInt64 = 0
    var destinationLow: UInt64 = 0

    init() {}

    /// A packet as nearly all are: UDP or TCP right behind an IPv4 header without options or an IPv6 header without
    /// extensions, whole, and not cut. nil sends the caller to `read`, which takes any.
    ///
    /// It is made of values and lives in registers: `read`, which fills it in place, costs three times as much.
    @inline(__always)
    init?(plain window: RawSpan, at start: Int, end: Int) {
        precondition(start >= 0 && end <= window.byteCount)
        let room = end &- start
        guard room >= 28 else { return nil }
        let head = unsafe window.unchecked64(start)
        if head >> 56 == 0x45 {
            let length = Int(head >> 32 & 0xFFFF)
            upper = unsafe window.uncheckedOctet(start &+ 9)
            guard head & 0x3FFF == 0, length >= 28, length <= room, Self.isPlain(upper) else { return nil }
            let addresses = unsafe window.unchecked64(start &+ 12)
            isIPv6 = false
            identification = UInt16(truncatingIfNeeded: head >> 16)
            self.start = start &+ 20
            self.end = start &+ length
            sourceHigh = 0
            sourceLow = addresses >> 32
            destinationHigh = 0
            destinationLow = addresses & 0xFFFF_FFFF
        } else {
            let length = Int(head >> 16 & 0xFFFF)
            upper = UInt8(truncatingIfNeeded: head >> 8)
            guard head >> 60 == 6, length >= 8, length <= room &- 40, Self.isPlain(upper) else { return nil }
            isIPv6 = true
            identification = 0
            self.start = start &+ 40
            self.end = self.start &+ length
            sourceHigh = unsafe window.unchecked64(start &+ 8)
            sourceLow = unsafe window.unchecked64(start &+ 16)
            destinationHigh = unsafe window.unchecked64(start &+ 24)
            destinationLow = unsafe window.unchecked64(start &+ 32)
        }
        wireEnd = self.end
    }

    @inline(__always)
    private static func isPlain(_ upper: UInt8) -> Bool { upper == UpperProtocol.udp || upper == UpperProtocol.tcp }

    /// Reads the headers at `start`, of a packet whose captured octets end before `end`.
    ///
    /// - Parameter wireEnd: where the frame ended on the wire, in the same count; stands in for a length field of 0,
    ///   which segmentation offload leaves in outgoing packets.
    mutating func read(_ window: RawSpan, at start: Int, end: Int, wireEnd: Int, extensions: Int) -> Problem? {
        // One test for all loads of an IPv4 header, and for the first one of IPv6's.
        precondition(start >= 0 && end <= window.byteCount)
        guard end &- start >= 20 else { return .cut }
        let version = unsafe window.uncheckedOctet(start) >> 4
        if version == 4 { return readVersion4(window, at: start, end: end, wireEnd: wireEnd) }
        guard version == 6 else { return .malformed }
        return readVersion6(window, at: start, end: end, wireEnd: wireEnd, extensions: extensions)
    }

    private mutating func readVersion4(_ window: RawSpan, at start: Int, end: Int, wireEnd: Int) -> Problem? {
        let head = unsafe window.unchecked64(start)
        let headerLength = Int(head >> 56 & 15) &* 4
        let announced = Int(head >> 32 & 0xFFFF)
        let length = announced == 0 ? wireEnd &- start : announced
        guard headerLength >= 20, length >= headerLength else { return .malformed }
        guard end &- start >= headerLength else { return .cut }
        isIPv6 = false
        upper = unsafe window.uncheckedOctet(start &+ 9)
        identification = UInt16(truncatingIfNeeded: head >> 16)
        let fragmentField = UInt16(truncatingIfNeeded: head)
        fragment = fragmentField & 0x3FFF == 0 ? .whole : fragmentField & 0x1FFF == 0 ? .first : .later
        self.start = start &+ headerLength
        self.wireEnd = start &+ length
        self.end = min(end, self.wireEnd)
        sourceHigh = 0
        destinationHigh = 0
        let addresses = unsafe window.unchecked64(start &+ 12)
        sourceLow = addresses >> 32
        destinationLow = addresses & 0xFFFF_FFFF
        return nil
    }

    private mutating func readVersion6(
        _ window: RawSpan, at start: Int, end: Int, wireEnd: Int, extensions: Int
    ) -> Problem? {
        guard end - start >= 40 else { return .cut }
        let announced = Int(window.big16(start + 4))
        isIPv6 = true
        identification = 0
        fragment = .whole
        self.wireEnd = announced == 0 ? wireEnd : start + 40 + announced
        self.end = min(end, self.wireEnd)
        unsafe sourceHigh = window.unchecked64(start &+ 8)
        unsafe sourceLow = window.unchecked64(start &+ 16)
        unsafe destinationHigh = window.unchecked64(start &+ 24)
        unsafe destinationLow = window.unchecked64(start &+ 32)
        self.start = start &+ 40
        upper = unsafe window.uncheckedOctet(start &+ 6)
        for _ in 0...extensions {
            switch upper {
            case 0, 43, 60, 135, 139, 140:
                // Hop-by-hop, routing, destination options, mobility, HIP, shim6: length in units of 8 octets.
                guard self.end - self.start >= 8 else { return .cut }
                upper = window.octet(self.start)
                self.start += (Int(window.octet(self.start + 1)) + 1) * 8
            case 51:
                guard self.end - self.start >= 8 else { return .cut }
                upper = window.octet(self.start)
                self.start += (Int(window.octet(self.start + 1)) + 2) * 4
            case 44:
                guard self.end - self.start >= 8 else { return .cut }
                upper = window.octet(self.start)
                let field = window.big16(self.start + 2)
                fragment = field & 0xFFF9 == 0 ? fragment : field & 0xFFF8 == 0 ? .first : .later
                self.start += 8
                if fragment == .later { return nil }
            default:
                return self.start <= self.end ? nil : .cut
            }
        }
        return .extensions
    }
}
