/// Copies the packets of chosen flows out of captures into a new one in the block format, octet by octet as they were
/// captured, with comments on some of them. It reads the captures once more, and keeps no packet.
public struct PacketCutter: ~Copyable {
    /// Comments kept; what is beyond is counted in `droppedComments`.
    public static let maximumComments = 200_000
    /// Fragmented datagrams whose further pieces are looked for at a time.
    static let maximumDatagrams = 4096

    private struct Comment {
        /// Nanoseconds; nil where it is not known.
        let time: Int64?
        let words: String
    }

    /// So far from a packet's own time lies what it is evidence of: a STUN transaction is given up 39.5 s after its first
    /// request, and Timer F ends after 32 s.
    private static let nearness: UInt64 = 64_000_000_000

    private enum Belonging {
        case chosen
        /// An error message, which may be evidence although it is of no flow.
        case icmp
        case other
    }

    /// Pieces of one datagram (RFC 791 §3.2); of IPv6, all pieces between two hosts.
    private struct Datagram: Hashable {
        let source: IPAddress
        let destination: IPAddress
        let identification: UInt16
    }

    private let limits: CaptureLimits
    private var keys: Set<FlowKey> = []
    /// By the number of the packet in its capture, whichever that is.
    private var comments: [UInt64: [Comment]] = [:]
    private var commentCount = 0
    /// Reads the headers as an audit does, so that what was judged is also what is found.
    private var pipeline: CapturePipeline<NoEvents>
    private var datagrams: Set<Datagram> = []
    /// The number of each link type's interface in the new capture, and each interface written so far.
    private var interfaces: [UInt16: UInt32] = [:]
    private var frame: UInt64 = 0
    /// Packets written.
    public private(set) var packets = 0
    public private(set) var droppedComments = 0

    public init(limits: CaptureLimits = CaptureLimits()) {
        self.limits = limits
        pipeline = CapturePipeline(sink: NoEvents(), limits: limits)
        // Segments that merely acknowledge are passed over unless something waits for them.
        pipeline.waitingStreams = 1
    }

    /// All packets between two ends, in either direction.
    public mutating func choose(_ transport: TransportProtocol, _ client: TransportAddress, _ server: TransportAddress)
    {
        keys.insert(FlowKey(client, server, isTCP: transport.isStream))
    }

    /// A comment on a packet of a chosen flow, or on an ICMP message, which is copied because of it.
    ///
    /// Packets are counted anew in each capture; of several with that number it is the one near that time.
    /// - Parameters:
    ///   - frame: the packet's number in its capture, from 1.
    ///   - time: of what it is evidence of.
    public mutating func comment(_ words: String, on frame: UInt64, near time: Timestamp?) {
        guard commentCount < Self.maximumComments else {
            droppedComments += 1
            return
        }
        commentCount += 1
        comments[frame, default: []].append(Comment(time: time?.nanoseconds, words: words))
    }

    /// What is to be said of the packet at hand, one line a comment.
    private func words(at time: Int64) -> String {
        guard let candidates = comments[frame] else { return "" }
        var lines: [String] = []
        for candidate in candidates {
            // Who reads a packet's comment reads a few lines; an option holds 64 kB at most.
            guard lines.count < 16, !lines.contains(candidate.words) else { continue }
            guard let other = candidate.time else {
                lines.append(candidate.words)
                continue
            }
            let (distance, overflow) = time.subtractingReportingOverflow(other)
            if !overflow, distance.magnitude <= Self.nearness { lines.append(candidate.words) }
        }
        return lines.joined(separator: "\n")
    }

    /// What the new capture begins with.
    public func head(application: String) -> [UInt8] { PcapngWriter.section(application: application) }

    /// Copies what was chosen out of one capture.
    ///
    /// - Parameters:
    ///   - end: how many packets of it are looked at.
    ///   - write: takes each piece of the new capture.
    /// - Throws: `CaptureError`. The packets before the failure were copied all the same.
    public mutating func cut(
        path: String, before end: UInt64 = .max, to write: ([UInt8]) -> Void
    ) throws(CaptureError) {
        var source = try CaptureSource(path: path, limits: limits)
        var reader = CaptureReader(limits: limits)
        var buffer = [UInt8](repeating: 0, count: limits.bufferOctets)
        var filled = 0
        frame = 0
        while frame < end {
            let count = try source.read(into: &buffer, after: filled)
            if count == 0 { return }
            filled += count
            let used = try unsafe scan(
                buffer.span.bytes.extracting(0..<filled), &reader, path: path, before: end, write)
            filled -= used
            guard filled > 0, used > 0 else { continue }
            unsafe buffer.withUnsafeMutableBytes { target in
                guard let base = target.baseAddress else { return }
                unsafe base.copyMemory(from: base + used, byteCount: filled)
            }
        }
    }

    /// - Returns: the octets used up.
    private mutating func scan(
        _ window: RawSpan, _ reader: inout CaptureReader, path: String, before end: UInt64,
        _ write: ([UInt8]) -> Void
    ) throws(CaptureError) -> Int {
        var offset = 0
        var record = CaptureRecord()
        var batch = PacketBatch()
        do throws(CaptureError) {
            while frame < end {
                if reader.skippable > 0 {
                    let skipped = min(reader.skippable, window.byteCount - offset)
                    reader.skip(skipped)
                    offset += skipped
                    guard reader.skippable == 0 else { return offset }
                }
                guard try reader.next(in: window, at: &offset, into: &record) else {
                    if reader.skippable == 0 { return offset }
                    continue
                }
                frame += 1
                let belonging = belonging(record, window, &batch)
                guard belonging != .other else { continue }
                let words = words(at: record.time)
                guard belonging == .chosen || !words.isEmpty else { continue }
                copy(record, window, words, write)
            }
            return offset
        } catch {
            throw CaptureError(error.code, path: path, offset: error.offset, packets: Int(frame))
        }
    }

    private mutating func belonging(
        _ record: CaptureRecord, _ window: RawSpan, _ batch: inout PacketBatch
    ) -> Belonging {
        if let isChosen = fragment(record, window) { return isChosen ? .chosen : .other }
        batch.count = 0
        batch.segments = 0
        guard pipeline.decode(record, frame, window, into: &batch) else { return .other }
        if batch.packets[0].content == .icmp { return .icmp }
        return keys.contains(batch.packets[0].key) ? .chosen : .other
    }

    /// Whether a piece of a datagram belongs to a chosen flow, which its first piece tells; nil for what is no piece.
    private mutating func fragment(_ record: CaptureRecord, _ window: RawSpan) -> Bool? {
        let end = record.start + record.captured
        let network = LinkLayer.network(
            in: window, record.start..<end, link: record.link, vlanTags: limits.vlanTags)
        var ip = IPPacket()
        guard case .ip(let start) = network,
            ip.read(
                window, at: start, end: end, wireEnd: record.start + record.wire, extensions: limits.extensionHeaders)
                == nil, ip.fragment != .whole
        else { return nil }
        let datagram = Datagram(
            source: IPAddress(v6High: ip.sourceHigh, v6Low: ip.sourceLow),
            destination: IPAddress(v6High: ip.destinationHigh, v6Low: ip.destinationLow),
            identification: ip.identification)
        guard ip.fragment == .first else { return datagrams.contains(datagram) }
        guard ip.end - ip.start >= 4 else { return false }
        var packet = CapturedPacket()
        packet.setKey(ip, ports: window.big32(ip.start))
        guard keys.contains(packet.key) else { return false }
        if datagrams.count >= Self.maximumDatagrams { datagrams.removeAll(keepingCapacity: true) }
        datagrams.insert(datagram)
        return true
    }

    private mutating func copy(
        _ record: CaptureRecord, _ window: RawSpan, _ words: String, _ write: ([UInt8]) -> Void
    ) {
        var interface = UInt32(interfaces.count)
        if let known = interfaces[record.link] {
            interface = known
        } else {
            interfaces[record.link] = interface
            write(PcapngWriter.interface(link: record.link))
        }
        let octets = unsafe window.extracting(record.start..<record.start + record.captured).withUnsafeBytes {
            unsafe [UInt8]($0)
        }
        write(
            PcapngWriter.packet(
                octets, at: Timestamp(nanoseconds: record.time), comment: words, interface: interface,
                wire: record.wire))
        packets += 1
    }
}

/// Takes the events of a pipeline that is used for its headers alone.
struct NoEvents: FlowEventSink {
    mutating func observe(_ event: borrowing FlowEvent) {}
    mutating func end(_ flow: FlowID, at time: Timestamp) {}
}

extension FlowKey: Hashable {
    /// The key of the packets between two ends.
    init(_ one: TransportAddress, _ other: TransportAddress, isTCP: Bool) {
        var ip = IPPacket()
        ip.isIPv6 = one.ip.isIPv6
        ip.upper = isTCP ? IPPacket.UpperProtocol.tcp : IPPacket.UpperProtocol.udp
        (ip.sourceHigh, ip.sourceLow) = (one.ip.high, one.ip.low)
        (ip.destinationHigh, ip.destinationLow) = (other.ip.high, other.ip.low)
        var packet = CapturedPacket()
        packet.setKey(ip, ports: UInt32(one.port) << 16 | UInt32(other.port))
        self = packet.key
    }

    func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}
