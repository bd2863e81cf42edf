/// Puts a payload into UDP or TCP and IP headers, with right checksums, as if it had come off the wire.
struct PacketBuilder {
    struct TCPFlags: OptionSet {
        let rawValue: UInt8
        static let fin = TCPFlags(rawValue: 0x01)
        static let syn = TCPFlags(rawValue: 0x02)
        static let rst = TCPFlags(rawValue: 0x04)
        static let push = TCPFlags(rawValue: 0x08)
        static let ack = TCPFlags(rawValue: 0x10)
    }

    private enum Number {
        static let tcp: UInt8 = 6
        static let udp: UInt8 = 17
    }

    /// The most octets that fit in one packet behind every header.
    static let maximumPayload = 65_000

    let source: TransportAddress
    let destination: TransportAddress

    /// - Precondition: `payload` has at most `maximumPayload` octets.
    func udp(_ payload: [UInt8]) -> [UInt8] {
        var datagram: [UInt8] = []
        datagram.reserveCapacity(payload.count + 8)
        appendPorts(&datagram)
        datagram.appendBig16(UInt16(payload.count + 8))
        datagram.appendBig16(0)
        datagram.append(contentsOf: payload)
        let sum = checksum(Number.udp, datagram)
        // RFC 768: a sum of 0 is sent as all ones, because 0 means that there is none.
        store(sum == 0 ? 0xFFFF : sum, at: 6, in: &datagram)
        return ip(Number.udp, datagram)
    }

    func tcp(_ payload: [UInt8], sequence: UInt32, acknowledged: UInt32, _ flags: TCPFlags) -> [UInt8] {
        var segment: [UInt8] = []
        segment.reserveCapacity(payload.count + 20)
        appendPorts(&segment)
        segment.appendBig32(sequence)
        segment.appendBig32(acknowledged)
        segment.append(5 << 4)
        segment.append(flags.rawValue)
        segment.appendBig16(0xFFFF)
        segment.appendBig32(0)
        segment.append(contentsOf: payload)
        store(checksum(Number.tcp, segment), at: 16, in: &segment)
        return ip(Number.tcp, segment)
    }

    private func appendPorts(_ octets: inout [UInt8]) {
        octets.appendBig16(source.port)
        octets.appendBig16(destination.port)
    }

    private func store(_ value: UInt16, at index: Int, in octets: inout [UInt8]) {
        octets[index] = UInt8(value >> 8)
        octets[index + 1] = UInt8(truncatingIfNeeded: value)
    }

    private func ip(_ protocolNumber: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var packet: [UInt8] = []
        packet.reserveCapacity(payload.count + 40)
        if source.ip.isIPv6 {
            packet.appendBig32(0x6000_0000)
            packet.appendBig16(UInt16(payload.count))
            packet.append(protocolNumber)
            packet.append(64)
            packet.append(contentsOf: source.ip.octets)
            packet.append(contentsOf: destination.ip.octets)
        } else {
            packet.appendBig16(0x4500)
            packet.appendBig16(UInt16(payload.count + 20))
            packet.appendBig16(0)
            packet.appendBig16(0x4000)
            packet.append(64)
            packet.append(protocolNumber)
            packet.appendBig16(0)
            packet.append(contentsOf: source.ip.octets)
            packet.append(contentsOf: destination.ip.octets)
            store(Self.folded(Self.sum(packet)), at: 10, in: &packet)
        }
        packet.append(contentsOf: payload)
        return packet
    }

    /// Over the pseudo-header too (RFC 768, RFC 9293 §3.1, RFC 8200 §8.1).
    private func checksum(_ protocolNumber: UInt8, _ octets: [UInt8]) -> UInt16 {
        let ends = Self.sum(source.ip.octets) + Self.sum(destination.ip.octets)
        return Self.folded(ends + UInt64(protocolNumber) + UInt64(octets.count) + Self.sum(octets))
    }

    private static func sum(_ octets: [UInt8]) -> UInt64 {
        var total: UInt64 = 0
        var index = 0
        while index + 1 < octets.count {
            total += UInt64(octets[index]) << 8 | UInt64(octets[index + 1])
            index += 2
        }
        return index < octets.count ? total + UInt64(octets[index]) << 8 : total
    }

    /// The ones' complement sum of RFC 1071.
    private static func folded(_ sum: UInt64) -> UInt16 {
        var sum = sum
        while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
        return ~UInt16(sum)
    }
}
