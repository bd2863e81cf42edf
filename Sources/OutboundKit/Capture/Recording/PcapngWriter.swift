/// Writes the block format (draft-ietf-opsawg-pcapng): one section in network order, with interfaces whose times count
/// nanoseconds.
public enum PcapngWriter {
    /// LINKTYPE_RAW: the packet begins with its IPv4 or IPv6 header.
    private static let rawIP: UInt16 = 101
    private static let noLength = UInt64.max

    private enum Option {
        static let comment: UInt16 = 1
        static let application: UInt16 = 4
        static let resolution: UInt16 = 9
    }

    /// What a file of raw IP packets begins with: the section and its interface 0.
    /// - Parameter application: the program's name and version, for whoever opens the file.
    public static func fileHeader(application: String) -> [UInt8] {
        section(application: application) + interface(link: rawIP)
    }

    /// What a file begins with; interfaces are to follow.
    public static func section(application: String) -> [UInt8] {
        var section: [UInt8] = []
        section.appendBig32(0x1A2B_3C4D)
        section.appendBig16(1)
        section.appendBig16(0)
        section.appendBig64(noLength)
        append(Option.application, Array(application.utf8), to: &section)
        section.appendBig32(0)
        return block(0x0A0D_0D0A, section)
    }

    /// The next interface; the first is number 0.
    /// - Parameter link: the link type of its packets (www.tcpdump.org/linktypes.html).
    public static func interface(link: UInt16) -> [UInt8] {
        var interface: [UInt8] = []
        interface.appendBig16(link)
        interface.appendBig16(0)
        interface.appendBig32(0)
        append(Option.resolution, [9], to: &interface)
        interface.appendBig32(0)
        return block(1, interface)
    }

    /// One packet.
    /// - Parameters:
    ///   - comment: shown with the packet; empty for none.
    ///   - interface: the number of the interface that it came by.
    ///   - wire: its length on the wire, where the capture has less of it.
    public static func packet(
        _ packet: [UInt8], at time: Timestamp, comment: String = "", interface: UInt32 = 0, wire: Int? = nil
    ) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(packet.count + 32)
        let nanoseconds = UInt64(bitPattern: time.nanoseconds)
        body.appendBig32(interface)
        body.appendBig32(UInt32(truncatingIfNeeded: nanoseconds >> 32))
        body.appendBig32(UInt32(truncatingIfNeeded: nanoseconds))
        body.appendBig32(UInt32(packet.count))
        body.appendBig32(max(UInt32(packet.count), UInt32(clamping: wire ?? 0)))
        appendPadded(packet, to: &body)
        if !comment.isEmpty {
            append(Option.comment, Array(comment.utf8), to: &body)
            body.appendBig32(0)
        }
        return block(6, body)
    }

    /// A TLS key log, for the packets behind it.
    public static func secrets(_ keyLog: [UInt8]) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(keyLog.count + 12)
        body.appendBig32(0x544C_534B)
        body.appendBig32(UInt32(keyLog.count))
        appendPadded(keyLog, to: &body)
        return block(10, body)
    }

    private static func block(_ type: UInt32, _ body: [UInt8]) -> [UInt8] {
        var octets: [UInt8] = []
        octets.reserveCapacity(body.count + 12)
        octets.appendBig32(type)
        octets.appendBig32(UInt32(body.count + 12))
        octets.append(contentsOf: body)
        octets.appendBig32(UInt32(body.count + 12))
        return octets
    }

    private static func append(_ option: UInt16, _ value: [UInt8], to octets: inout [UInt8]) {
        let value = value.prefix(0xFFFF)
        octets.appendBig16(option)
        octets.appendBig16(UInt16(value.count))
        appendPadded(Array(value), to: &octets)
    }

    private static func appendPadded(_ value: [UInt8], to octets: inout [UInt8]) {
        octets.append(contentsOf: value)
        octets.append(contentsOf: repeatElement(0, count: -value.count & 3))
    }
}
