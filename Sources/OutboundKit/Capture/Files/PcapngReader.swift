/// The block format (draft-ietf-opsawg-pcapng): sections, each in its own byte order and with its own interfaces, each
/// of these with its own link type and clock. Blocks that hold no packets are passed over.
struct PcapngReader {
    static let sectionHeader: UInt32 = 0x0A0D_0D0A
    private static let byteOrderMagic: UInt32 = 0x1A2B_3C4D

    private enum Block {
        static let interface: UInt32 = 1
        static let packet: UInt32 = 2
        static let simplePacket: UInt32 = 3
        static let interfaceStatistics: UInt32 = 5
        static let enhancedPacket: UInt32 = 6
        static let decryptionSecrets: UInt32 = 10
    }

    /// The type of secrets that stands for an NSS key log.
    private static let tlsKeyLog: UInt32 = 0x544C_534B

    enum Step {
        /// A packet; the block's length.
        case packet(Int)
        /// A block without one; its length. Its octets need not all be in the window.
        case other(Int)
        /// A block of secrets: where their first octet lies behind the block's, how many they are, and the block's length.
        case secrets(offset: Int, count: Int, Int)
        /// So many octets must be in the window to go on.
        case needs(Int)
    }

    private var swapped = false
    private var interfaces: [PcapngInterface] = []
    private var lastTime: Int64 = 0
    /// Blocks of secrets that are no TLS key logs.
    private(set) var unreadSecretsBlocks = 0
    private(set) var droppedPackets: UInt64 = 0
    /// Until when packets may be missing, as blocks told so far; nil where they told of no drops.
    private(set) var lossEnd: Int64?
    /// Packets that cannot be read although the blocks around them can: of interfaces that are not described, or longer
    /// than their block.
    private(set) var unreadable = 0

    /// Looks at the block at `offset`; fills `record` when it holds a packet.
    mutating func step(
        in window: RawSpan, at offset: Int, into record: inout CaptureRecord, limits: CaptureReader.Limits
    ) throws(CaptureError) -> Step {
        let available = window.byteCount - offset
        guard available >= 12 else { return .needs(12) }
        var type = window.number32(offset, swapped: swapped)
        if window.big32(offset) == Self.sectionHeader {
            type = Self.sectionHeader
            try beginSection(window, at: offset)
        }
        let length = Int(window.number32(offset + 4, swapped: swapped))
        guard length >= 12, length % 4 == 0 else {
            throw CaptureError(.damaged("a block of \(counted(length, "octet")) is not possible"), offset: offset + 4)
        }
        switch type {
        case Block.enhancedPacket, Block.simplePacket, Block.packet, Block.interface, Block.interfaceStatistics:
            break
        case Block.decryptionSecrets: return readSecrets(window, at: offset, length)
        default:
            return .other(length)
        }
        guard length <= limits.octets else {
            throw CaptureError(
                .damaged("a packet block of \(counted(length, "octet")) is too large"), offset: offset + 4)
        }
        guard available >= length else { return .needs(length) }
        guard window.number32(offset + length - 4, swapped: swapped) == UInt32(length) else {
            throw CaptureError(.damaged("a block's two lengths differ"), offset: offset + length - 4)
        }
        let body = (offset + 8)..<(offset + length - 4)
        switch type {
        case Block.interface:
            try addInterface(window, body, limits: limits)
            return .other(length)
        case Block.interfaceStatistics:
            let count = newDrops(window, body)
            droppedPackets = sum(droppedPackets, count)
            if count > 0 { lossEnd = max(lossEnd ?? .min, statisticsTime(window, body)) }
            return .other(length)
        case Block.simplePacket:
            guard readSimplePacket(window, body, into: &record) else { return passOver(length) }
        default:
            guard readPacket(window, body, isEnhanced: type == Block.enhancedPacket, into: &record) else {
                return passOver(length)
            }
        }
        lastTime = max(lastTime, record.time)
        return .packet(length)
    }

    @inline(never)
    private mutating func passOver(_ length: Int) -> Step {
        unreadable += 1
        return .other(length)
    }

    private mutating func beginSection(_ window: RawSpan, at offset: Int) throws(CaptureError) {
        switch window.number32(offset + 8, swapped: false) {
        case Self.byteOrderMagic: swapped = false
        case Self.byteOrderMagic.byteSwapped: swapped = true
        default: throw CaptureError(.damaged("a section header without byte-order magic"), offset: offset + 8)
        }
        interfaces.removeAll(keepingCapacity: true)
    }

    private mutating func addInterface(
        _ window: RawSpan, _ body: Range<Int>, limits: CaptureReader.Limits
    ) throws(CaptureError) {
        guard body.count >= 8 else {
            throw CaptureError(
                .damaged("an interface description of \(counted(body.count, "octet"))"), offset: body.lowerBound)
        }
        guard interfaces.count < limits.interfaces else {
            throw CaptureError(.damaged("more than \(limits.interfaces) interfaces"), offset: body.lowerBound)
        }
        var interface = PcapngInterface(
            link: window.number16(body.lowerBound, swapped: swapped),
            snapLength: Int(window.number32(body.lowerBound + 4, swapped: swapped)))
        var place = body.lowerBound + 8
        while let option = option(window, at: &place, end: body.upperBound) {
            switch (option.code, option.value.count) {
            case (9, 1...):
                interface.setResolution(window.octet(option.value.lowerBound))
            case (14, 8...):
                let seconds = number64(window, at: option.value.lowerBound)
                interface.setOffset(seconds: Int64(truncatingIfNeeded: seconds))
            default: break
            }
        }
        interfaces.append(interface)
    }

    /// Of what an Interface Statistics Block says those that blocks before it did not: it counts from the beginning of the
    /// capture.
    private mutating func newDrops(_ window: RawSpan, _ body: Range<Int>) -> UInt64 {
        let count = drops(window, body)
        guard count > 0 else { return 0 }
        let number = Int(window.number32(body.lowerBound, swapped: swapped))
        guard number < interfaces.count else { return count }
        let before = interfaces[number].dropped
        interfaces[number].dropped = max(count, before)
        return count - min(count, before)
    }

    /// Packets that an Interface Statistics Block says were dropped: isb_ifdrop (5) and isb_osdrop (7).
    private func drops(_ window: RawSpan, _ body: Range<Int>) -> UInt64 {
        var drops: UInt64 = 0
        guard body.count >= 12 else { return 0 }
        var place = body.lowerBound + 12
        while let option = option(window, at: &place, end: body.upperBound) {
            guard option.code == 5 || option.code == 7, option.value.count >= 8 else { continue }
            drops = sum(drops, number64(window, at: option.value.lowerBound))
        }
        return drops
    }

    /// Until when packets may be missing anywhere, in nanoseconds, as the last blocks of a file tell it that was read up to
    /// its first packet; nil where they tell of no drops. The blocks say how many, and not when.
    func lossEnd(in tail: RawSpan) -> Int64? {
        var latest: Int64?
        var end = tail.byteCount
        while end >= 12 {
            let length = Int(tail.number32(end - 4, swapped: swapped))
            guard length >= 12, length % 4 == 0, length <= end,
                Int(tail.number32(end - length + 4, swapped: swapped)) == length
            else { break }
            let start = end - length
            switch tail.number32(start, swapped: swapped) {
            case Block.enhancedPacket, Block.simplePacket, Block.packet: return latest
            case Block.interfaceStatistics where drops(tail, start + 8..<end - 4) > 0:
                latest = max(latest ?? .min, statisticsTime(tail, start + 8..<end - 4))
            default: break
            }
            end = start
        }
        return latest
    }

    /// The time of an Interface Statistics Block that tells of drops, in nanoseconds.
    private func statisticsTime(_ window: RawSpan, _ body: Range<Int>) -> Int64 {
        let start = body.lowerBound
        let number = Int(window.number32(start, swapped: swapped))
        let high = UInt64(window.number32(start + 4, swapped: swapped))
        let time = high << 32 | UInt64(window.number32(start + 8, swapped: swapped))
        // Some writers leave the time out.
        return time > 0 && number < interfaces.count ? interfaces[number].nanoseconds(time) : .max
    }

    /// A Decryption Secrets Block: type and length, then the secrets, which may be more than the window holds.
    private mutating func readSecrets(_ window: RawSpan, at offset: Int, _ length: Int) -> Step {
        guard length >= 20 else {
            unreadSecretsBlocks += 1
            return .other(length)
        }
        guard window.byteCount - offset >= 16 else { return .needs(16) }
        guard window.number32(offset + 8, swapped: swapped) == Self.tlsKeyLog else {
            unreadSecretsBlocks += 1
            return .other(length)
        }
        let count = Int(window.number32(offset + 12, swapped: swapped))
        return .secrets(offset: 16, count: min(count, length - 20), length)
    }

    /// The option at `place`, which moves on; nil at opt_endofopt, the end, or an option that sticks out.
    private func option(
        _ window: RawSpan, at place: inout Int, end: Int
    ) -> (code: UInt16, value: Range<Int>)? {
        guard end - place >= 4 else { return nil }
        let code = window.number16(place, swapped: swapped)
        let count = Int(window.number16(place + 2, swapped: swapped))
        let start = place + 4
        guard code != 0, count <= end - start else { return nil }
        place = min(end, start + (count + 3) & ~3)
        return (code, start..<(start + count))
    }

    @inline(__always)
    private mutating func readPacket(
        _ window: RawSpan, _ body: Range<Int>, isEnhanced: Bool, into record: inout CaptureRecord
    ) -> Bool {
        let start = body.lowerBound
        guard body.count >= 20 else { return false }
        let number =
            isEnhanced
            ? Int(window.number32(start, swapped: swapped)) : Int(window.number16(start, swapped: swapped))
        let captured = Int(window.number32(start + 12, swapped: swapped))
        guard number < interfaces.count, captured <= body.count - 20 else { return false }
        let high = UInt64(window.number32(start + 4, swapped: swapped))
        let low = UInt64(window.number32(start + 8, swapped: swapped))
        record.start = start + 20
        record.captured = captured
        record.wire = max(captured, Int(window.number32(start + 16, swapped: swapped)))
        record.time = interfaces[number].nanoseconds(high << 32 | low)
        record.link = interfaces[number].link
        record.remark = .none
        // An Enhanced Packet Block may have options behind the packet; nearly none has.
        let options = start + 20 + (captured + 3) & ~3
        if isEnhanced, options < body.upperBound, noteDrops(window, options..<body.upperBound, number) {
            record.remark = .behindDrops
        }
        return true
    }

    /// - Returns: whether an Enhanced Packet Block says that packets of the interface were dropped since the one before:
    ///   epb_dropcount (4).
    @inline(never)
    private mutating func noteDrops(_ window: RawSpan, _ options: Range<Int>, _ number: Int) -> Bool {
        var place = options.lowerBound
        while let option = option(window, at: &place, end: options.upperBound) {
            guard option.code == 4, option.value.count >= 8 else { continue }
            let count = number64(window, at: option.value.lowerBound)
            interfaces[number].dropped = sum(interfaces[number].dropped, count)
            droppedPackets = sum(droppedPackets, count)
            return count > 0
        }
        return false
    }

    /// A number of 64 bits in an option.
    private func number64(_ window: RawSpan, at offset: Int) -> UInt64 {
        let high = window.number32(offset + (swapped ? 0 : 4), swapped: swapped)
        let low = window.number32(offset + (swapped ? 4 : 0), swapped: swapped)
        return UInt64(high) << 32 | UInt64(low)
    }

    private func sum(_ count: UInt64, _ further: UInt64) -> UInt64 {
        let sum = count.addingReportingOverflow(further)
        return sum.overflow ? .max : sum.partialValue
    }

    /// A Simple Packet Block belongs to the section's first interface and has no time; the latest one keeps its place among
    /// others.
    private mutating func readSimplePacket(
        _ window: RawSpan, _ body: Range<Int>, into record: inout CaptureRecord
    ) -> Bool {
        guard body.count >= 4, let interface = interfaces.first else { return false }
        record.start = body.lowerBound + 4
        record.wire = Int(window.number32(body.lowerBound, swapped: swapped))
        record.captured = min(record.wire, body.count - 4, interface.snapLength == 0 ? .max : interface.snapLength)
        record.time = lastTime
        record.link = interface.link
        record.remark = .timeless
        return true
    }
}
