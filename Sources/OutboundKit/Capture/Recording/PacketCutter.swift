/// Copies the packets of chosen flows out of captures into a new one in the block format, octet by octet as they were
/// captured, with comments on those that are evidence. It reads the captures twice more, first to `survey` and then to `cut`,
/// and keeps no packet.
///
/// - The packets that are evidence bring the flows that they belong to with them.
/// - Of a datagram all pieces are copied, in whatever order they came.
/// - What tunnels and mirrors carry is copied in the packets that carry it; a mirror's connection as a whole.
public struct PacketCutter: ~Copyable {
    /// Comments kept; what is beyond is counted in `droppedComments`.
    public static let maximumComments = 200_000
    /// Octets of the largest block of secrets that is copied.
    static let maximumSecretOctets = 64 << 20

    private struct Comment {
        /// Nanoseconds; nil where it is not known.
        let time: Int64?
        let words: String
    }

    /// So far from a packet's own time lies what it is evidence of: a STUN transaction is given up 39.5 s after its first
    /// request, and Timer F ends after 32 s.
    private static let nearness: UInt64 = 64_000_000_000
    /// So far where a packet of that number in each of several captures may be meant.
    private static let sameness: UInt64 = 1_000_000_000

    private let limits: CaptureLimits
    /// By the number of the packet in its capture, whichever that is.
    private var comments: [UInt64: [Comment]] = [:]
    private var commentCount = 0
    /// Reads the headers as an audit does, so that what was judged is also what is found.
    private var pipeline: CapturePipeline<NoEvents>
    /// The number of each link type's interface in the new capture, and each interface written so far.
    private var interfaces: [UInt16: UInt32] = [:]
    private var frame: UInt64 = 0
    private var takesSecrets = false
    /// Of the block of secrets that is being read; nil for one that is too large.
    private var secrets: [UInt8]? = []
    /// Packets written.
    public private(set) var packets = 0
    public private(set) var droppedComments = 0
    /// Blocks of secrets that were too large.
    public private(set) var droppedSecrets = 0
    /// Datagrams of which pieces may be missing, because there were too many of such.
    public var droppedDatagrams: Int { pipeline.choice?.droppedDatagrams ?? 0 }

    public init(limits: CaptureLimits = CaptureLimits()) {
        self.limits = limits
        pipeline = CapturePipeline(sink: NoEvents(), limits: limits)
        // Segments that merely acknowledge are passed over unless something waits for them.
        pipeline.waitingStreams = 1
        pipeline.choice = PacketChoice(limits)
    }

    /// All packets between two ends, in either direction. With a flow over TLS go the secrets that the captures hold.
    public mutating func choose(_ transport: TransportProtocol, _ client: TransportAddress, _ server: TransportAddress)
    {
        pipeline.choice?.keys.insert(FlowKey(client, server, isTCP: transport.isStream))
        if transport.isSecured { takesSecrets = true }
    }

    /// A comment on a packet, which is copied because of it, and its flow with it.
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

    /// Nothing is to be copied.
    public var isIdle: Bool { commentCount == 0 && pipeline.choice?.keys.isEmpty != false }

    /// What is to be said of the packet at hand, one line a comment.
    ///
    /// - Parameter nearness: how far from its time what it is evidence of may lie.
    private func words(at time: Int64, _ nearness: UInt64) -> String {
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
            if !overflow, distance.magnitude <= nearness { lines.append(candidate.words) }
        }
        return lines.joined(separator: "\n")
    }

    /// What the new capture begins with.
    public func head(application: String) -> [UInt8] { PcapngWriter.section(application: application) }

    /// Looks for what the packets themselves do not tell while they are copied. All captures are surveyed before any is cut.
    ///
    /// - Parameter end: how many packets of it are looked at.
    /// - Throws: `CaptureError`. The packets before the failure were looked at all the same.
    public mutating func survey(path: String, before end: UInt64 = .max) throws(CaptureError) {
        try read(path, before: end) { _ in }
    }

    /// Copies what was chosen out of one capture.
    ///
    /// - Parameters:
    ///   - end: how many packets of it are looked at.
    ///   - write: takes each piece of the new capture.
    /// - Throws: `CaptureError`. The packets before the failure were copied all the same.
    public mutating func cut(
        path: String, before end: UInt64 = .max, to write: ([UInt8]) -> Void
    ) throws(CaptureError) {
        if !isCopying {
            pipeline.giveUpFragments(at: nil)
            pipeline.choice?.isCopying = true
            pipeline.choice?.isEvidence = false
        }
        try read(path, before: end, write)
    }

    private var isCopying: Bool { pipeline.choice?.isCopying == true }

    private mutating func read(
        _ path: String, before end: UInt64, _ write: ([UInt8]) -> Void
    ) throws(CaptureError) {
        var source = try CaptureSource(path: path, limits: limits)
        var reader = CaptureReader(limits: limits)
        var buffer = [UInt8](repeating: 0, count: limits.bufferOctets)
        var filled = 0
        frame = 0
        secrets = []
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
                    copySecrets(window.extracting(offset..<offset + skipped), reader.secretOctets, write)
                    reader.skip(skipped)
                    offset += skipped
                    guard reader.skippable == 0 else { return offset }
                }
                guard try reader.next(in: window, at: &offset, into: &record) else {
                    if reader.skippable == 0 { return offset }
                    continue
                }
                frame += 1
                // What has no time was not judged.
                guard record.remark != .timeless else { continue }
                take(record, window, &batch, write)
            }
            return offset
        } catch {
            throw CaptureError(error.code, path: path, offset: error.offset, packets: Int(frame))
        }
    }

    private mutating func take(
        _ record: CaptureRecord, _ window: RawSpan, _ batch: inout PacketBatch, _ write: ([UInt8]) -> Void
    ) {
        guard isCopying else {
            let isEvidence = !words(at: record.time, Self.sameness).isEmpty
            pipeline.choice?.isEvidence = isEvidence
            _ = pipeline.isChosen(record, frame, window, &batch)
            return
        }
        let isChosen = pipeline.isChosen(record, frame, window, &batch)
        let words = words(at: record.time, isChosen ? Self.nearness : Self.sameness)
        if isChosen || !words.isEmpty { copy(record, window, words, write) }
    }

    /// Takes octets of a capture's own key log. It is copied as a whole or not at all.
    /// - Parameter left: so many octets of it are still to come, these among them.
    private mutating func copySecrets(_ octets: RawSpan, _ left: Int, _ write: ([UInt8]) -> Void) {
        guard isCopying, takesSecrets, left > 0 else { return }
        let count = min(left, octets.byteCount)
        if let known = secrets?.count, known + left > Self.maximumSecretOctets { secrets = nil }
        secrets?.append(contentsOf: octets.array(0..<count))
        guard count == left else { return }
        if let secrets { write(PcapngWriter.secrets(secrets)) } else { droppedSecrets += 1 }
        secrets = []
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
