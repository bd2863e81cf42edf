/// A UDP datagram, TCP segment or ICMP message in the window, as far as its headers tell: what a batch holds.
struct CapturedPacket {
    enum Content: UInt8 {
        case datagram
        case segment
        case icmp
    }

    var content = Content.datagram
    /// What the datagram carries.
    var payload = PayloadClassifier.Datagram.other
    /// Sent by the low end of the key.
    var isFromLow = false
    /// The first of several IP fragments.
    var isFragment = false
    /// The flags octet of a segment.
    var tcpFlags: UInt8 = 0
    var hash: UInt32 = 0
    /// The entry that it probably belongs to, or -1.
    var guess: Int32 = -1
    var sequence: UInt32 = 0
    var acknowledgement: UInt32 = 0
    /// The payload's captured octets in the window.
    var start = 0
    var end = 0
    /// The payload's length on the wire.
    var wire = 0
    var time: Int64 = 0
    var frame: UInt64 = 0
    /// Of a datagram: IP identification, checksum, length, or a digest of its octets; 0 when they cannot tell it from
    /// another.
    var stamp: UInt64 = 0
    var key = FlowKey()

    var isCut: Bool { end &- start < wire }

    /// Of a datagram it is known; of a segment the length tells.
    var mayBeMessage: Bool { @inline(__always) get { content == .datagram ? payload == .sip : wire > 32 } }

    /// A segment with neither octets nor anything else to say.
    var isMereAcknowledgement: Bool {
        @inline(__always) get { wire == 0 && tcpFlags & (TCPFlag.syn | TCPFlag.fin | TCPFlag.rst) == 0 }
    }

    enum TCPFlag {
        static let fin: UInt8 = 1
        static let syn: UInt8 = 2
        static let rst: UInt8 = 4
        static let ack: UInt8 = 16
        /// PSH and ACK: all that a segment in the middle of a connection has.
        static let plain: UInt8 = 8 | 16
    }

    /// Puts both ends of the flow into the key and its hash.
    /// - Parameter ports: as they stand in the header, the source's first.
    @inline(__always)
    mutating func setKey(_ ip: IPPacket, ports: UInt32) {
        isFromLow =
            ip.sourceLow != ip.destinationLow
            ? ip.sourceLow < ip.destinationLow
            : ip.sourceHigh != ip.destinationHigh
                ? ip.sourceHigh < ip.destinationHigh : ports >> 16 <= ports & 0xFFFF
        let version: UInt64 = ip.isIPv6 ? 1 : 0
        let head = UInt64(ip.upper) << 40 | version << 32
        if isFromLow {
            key.lowEndHigh = ip.sourceHigh
            key.lowEndLow = ip.sourceLow
            key.highEndHigh = ip.destinationHigh
            key.highEndLow = ip.destinationLow
            key.ports = head | UInt64(ports)
        } else {
            key.lowEndHigh = ip.destinationHigh
            key.lowEndLow = ip.destinationLow
            key.highEndHigh = ip.sourceHigh
            key.highEndLow = ip.sourceLow
            key.ports = head | UInt64(ports << 16 | ports >> 16)
        }
        hash = key.hash
    }

    /// Notes when and where it was captured.
    @inline(__always)
    mutating func place(_ origin: PacketOrigin, _ ip: IPPacket) {
        time = origin.time
        frame = origin.frame
        isFragment = ip.fragment == .first
    }

    /// Notes where an ICMP message lies.
    @inline(__always)
    mutating func readICMP(_ ip: IPPacket) {
        content = .icmp
        start = ip.start
        end = ip.end
        wire = ip.wireEnd &- ip.start
        // It has no flow of its own; nothing is to be touched for it.
        hash = 0
    }

    /// Reads the UDP header at the packet's start (RFC 768); false when it is cut or wrong.
    @inline(__always)
    mutating func readUDP(_ window: RawSpan, _ ip: IPPacket) -> Bool {
        precondition(ip.start >= 0 && ip.end <= window.byteCount)
        guard ip.end &- ip.start >= 8 else { return false }
        let header = unsafe window.unchecked64(ip.start)
        let announced = Int(header >> 16 & 0xFFFF)
        // A length of 0 is a jumbogram's (RFC 2675 §4), or was left to the network card.
        let length = announced == 0 ? ip.wireEnd &- ip.start : announced
        guard length >= 8, length <= ip.wireEnd &- ip.start || ip.fragment == .first else { return false }
        content = .datagram
        start = ip.start &+ 8
        wire = length &- 8
        end = min(ip.end, start &+ wire)
        payload = PayloadClassifier.datagram(window.extracting(start..<end), isCut: end &- start < wire)
        let identification = UInt64(ip.identification)
        stamp =
            identification == 0
            ? payload == .other ? 0 : Self.digest(window.extracting(start..<end))
            : identification << 32 | header & 0xFFFF_FFFF
        setKey(ip, ports: UInt32(truncatingIfNeeded: header >> 32))
        return true
    }

    /// Stands for the identification that IPv6 does not have, and that Linux leaves out of datagrams which must not be
    /// fragmented. The checksum would not do: in packets that the capturing host sends, the network card has yet to
    /// write it.
    @inline(never)
    private static func digest(_ payload: RawSpan) -> UInt64 {
        guard payload.byteCount >= 16 else { return 0 }
        return unsafe payload.withUnsafeBytes { octets in
            // Two words a step, the last two perhaps once more: each load lies within the payload.
            let last = octets.count &- 16
            var digest = UInt64(octets.count)
            var place = 0
            while true {
                let first = unsafe octets.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                let second = unsafe octets.loadUnaligned(fromByteOffset: place &+ 8, as: UInt64.self)
                digest = (digest ^ first) &* 0x9E37_79B9_7F4A_7C15
                digest = (digest ^ digest >> 32 ^ second) &* 0xC4CE_B9FE_1A85_EC53
                if place == last { return digest | 1 }
                place = min(place &+ 16, last)
            }
        }
    }

    /// Reads the TCP header at the packet's start (RFC 9293 §3.1) but for its key; false when it is cut or wrong.
    @inline(__always)
    mutating func readTCP(_ window: RawSpan, _ ip: IPPacket) -> Bool {
        precondition(ip.start >= 0 && ip.end <= window.byteCount)
        guard ip.end &- ip.start >= 20 else { return false }
        let rest = unsafe window.unchecked64(ip.start &+ 8)
        let headerLength = Int(rest >> 28 & 15) &* 4
        guard headerLength >= 20, headerLength <= ip.wireEnd &- ip.start else { return false }
        content = .segment
        start = min(ip.start &+ headerLength, ip.end)
        end = ip.end
        wire = ip.wireEnd &- ip.start &- headerLength
        sequence = UInt32(truncatingIfNeeded: unsafe window.unchecked64(ip.start))
        acknowledgement = UInt32(truncatingIfNeeded: rest >> 32)
        tcpFlags = UInt8(truncatingIfNeeded: rest >> 16)
        return true
    }
}

/// So many packets are decoded before the first of them is looked up, so that the cache misses of their flows overlap:
/// half of the time on a capture of 60,000 flows. It is no part of the pipeline: a packet that lay inside of what its
/// handling changes would have to be copied first.
struct PacketBatch {
    /// How many packets ahead of its turn one is made ready for.
    static let foresight = 8
    /// The same of the steps that a message needs besides.
    @inline(__always)
    static func messageForesight(_ step: Int) -> Int { 5 &- 2 &* step }
    /// A bit for each of them.
    static let messagesAhead: UInt32 = 0b10_1010

    var packets = InlineArray<32, CapturedPacket>(repeating: CapturedPacket())
    var count = 0
    /// Segments among them that carry or change something.
    var segments = 0
    /// Those that may be messages of known flows, a bit each.
    var messages: UInt32 = 0
}
