/// What a SIP server or a capture agent mirrors to a collector in HEP (Homer Encapsulation Protocol): version 3, made of
/// chunks, and version 2, of a fixed header. Addresses, ports and time are those of the mirrored packet.
struct HEPPacket: Equatable {
    var isIPv6 = false
    /// The IP protocol: 17 for UDP.
    var upper: UInt8 = 0
    var sourceHigh: UInt64 = 0
    var sourceLow: UInt64 = 0
    var destinationHigh: UInt64 = 0
    var destinationLow: UInt64 = 0
    var sourcePort: UInt16 = 0
    var destinationPort: UInt16 = 0
    /// Nanoseconds since 1970; 0 when it does not say.
    var time: Int64 = 0
    /// Where the payload lies in the octets.
    var payload = 0..<0
    /// The payload is a zlib or gzip stream.
    var isCompressed = false
    /// The payload is SIP, or may be; not a log line or RTCP statistics.
    var maySIP = true

    /// `HEP3`.
    static let magic: UInt32 = 0x4845_5033
    /// Octets that version 3 has at least.
    static let leastOctets = 16

    @inline(never)
    static func beginsVersion3(_ octets: RawSpan) -> Bool {
        octets.byteCount >= leastOctets && octets.big32(0) == magic
    }

    /// Version, length of the header, and the address family as Linux numbers it.
    @inline(never)
    static func beginsVersion2(_ octets: RawSpan) -> Bool {
        guard octets.byteCount > 28, octets.octet(0) == 2 else { return false }
        return switch (octets.octet(2), octets.octet(1)) {
        case (2, 16), (2, 28): true
        case (10, 40), (10, 52): octets.byteCount > 52
        default: false
        }
    }

    /// - Returns: nil when the octets are none, or are cut, or lack what a flow is known by.
    init?(_ octets: RawSpan) {
        if Self.beginsVersion2(octets) {
            readVersion2(octets)
        } else {
            guard Self.beginsVersion3(octets), readVersion3(octets) else { return nil }
        }
        guard !payload.isEmpty, upper != 0, sourceLow | sourceHigh != 0 else { return nil }
    }

    /// Version 3: the length of all, then chunks of vendor, type, length and value.
    private mutating func readVersion3(_ octets: RawSpan) -> Bool {
        let end = Int(octets.big16(4))
        guard end <= octets.byteCount else { return false }
        var place = 6
        var microseconds: Int64 = 0
        while end - place >= 6 {
            let vendor = octets.big16(place)
            let type = octets.big16(place + 2)
            let length = Int(octets.big16(place + 4))
            guard length >= 6, length <= end - place else { return false }
            let value = place + 6..<place + length
            place += length
            guard vendor == 0 else { continue }
            switch (type, value.count) {
            case (1, 1): isIPv6 = octets.octet(value.lowerBound) == 10
            case (2, 1): upper = octets.octet(value.lowerBound)
            case (3, 4): sourceLow = UInt64(octets.big32(value.lowerBound))
            case (4, 4): destinationLow = UInt64(octets.big32(value.lowerBound))
            case (5, 16): (sourceHigh, sourceLow) = (octets.big64(value.lowerBound), octets.big64(value.lowerBound + 8))
            case (6, 16):
                (destinationHigh, destinationLow) = (octets.big64(value.lowerBound), octets.big64(value.lowerBound + 8))
            case (7, 2): sourcePort = octets.big16(value.lowerBound)
            case (8, 2): destinationPort = octets.big16(value.lowerBound)
            case (9, 4): time = Int64(octets.big32(value.lowerBound)) * 1_000_000_000
            case (10, 4): microseconds = Int64(octets.big32(value.lowerBound))
            case (11, 1): maySIP = octets.octet(value.lowerBound) <= 1
            case (15, _): (payload, isCompressed) = (value, false)
            case (16, _): (payload, isCompressed) = (value, true)
            default: break
            }
        }
        if time != 0 { time += microseconds * 1000 }
        return true
    }

    /// Version 2: 8 octets, the addresses, and 12 octets of time and agent.
    private mutating func readVersion2(_ octets: RawSpan) {
        isIPv6 = octets.octet(2) == 10
        let start = isIPv6 ? 52 : 28
        upper = octets.octet(3)
        sourcePort = octets.big16(4)
        destinationPort = octets.big16(6)
        if isIPv6 {
            (sourceHigh, sourceLow) = (octets.big64(8), octets.big64(16))
            (destinationHigh, destinationLow) = (octets.big64(24), octets.big64(32))
        } else {
            sourceLow = UInt64(octets.big32(8))
            destinationLow = UInt64(octets.big32(12))
        }
        // Seconds and microseconds as the agent's machine has them.
        let seconds = octets.number32(start - 12, swapped: false)
        time = Int64(seconds) * 1_000_000_000 + Int64(octets.number32(start - 8, swapped: false)) * 1000
        payload = start..<octets.byteCount
    }
}
