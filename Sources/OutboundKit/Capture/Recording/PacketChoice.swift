/// Which packets the copy of a capture is to have. A packet's own addresses tell it of most; of pieces of datagrams, and of
/// the connections over which mirrors send what they saw, a reading before the copying has to.
struct PacketChoice {
    /// Datagrams of which the pieces are kept in mind; those of further ones are counted in `droppedDatagrams`.
    static let maximumDatagrams = 200_000
    /// Connections of mirrors that are followed.
    static let maximumMirrors = 4096

    /// Flows whose packets are copied.
    var keys: Set<FlowKey> = []
    /// Connections over which mirrors send packets, of whichever flow.
    var mirrors: Set<FlowKey> = []
    /// Packets are being copied, and no longer only looked at.
    var isCopying = false
    /// The packet at hand is evidence: its flow is copied too.
    var isEvidence = false
    /// The packet at hand is chosen, or what lies in it is.
    var isHit = false
    private(set) var droppedDatagrams = 0

    /// When chosen datagrams came whose pieces have this in common: it is used again, later.
    private var datagrams: [FragmentHeader.Key: [ClosedRange<Int64>]] = [:]
    private var count = 0
    /// How long the pieces of a datagram may be under way.
    private let age: Int64

    init(_ limits: CaptureLimits) { age = limits.fragmentAge.inNanoseconds }

    /// A packet of this flow is at hand, or lies in the one at hand.
    mutating func note(_ key: FlowKey) {
        if isEvidence { keys.insert(key) }
        if keys.contains(key) { isHit = true }
    }

    /// Pieces made up a packet: they belong together with the packet at hand.
    mutating func notePieces(of key: FragmentHeader.Key, at time: Int64) {
        guard isHit else { return }
        guard count < Self.maximumDatagrams else {
            droppedDatagrams += 1
            return
        }
        let span = time.subtractingSaturating(age)...time.addingSaturating(age)
        if let last = datagrams[key]?.last, last.overlaps(span) {
            datagrams[key]?.removeLast()
            datagrams[key]?.append(min(last.lowerBound, span.lowerBound)...max(last.upperBound, span.upperBound))
        } else {
            datagrams[key, default: []].append(span)
            count += 1
        }
    }

    /// A piece is at hand while packets are copied.
    mutating func noteCopied(piece key: FragmentHeader.Key, at time: Int64) {
        if datagrams[key]?.contains(where: { $0.contains(time) }) == true { isHit = true }
    }
}

extension Int64 {
    fileprivate func addingSaturating(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }

    fileprivate func subtractingSaturating(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? .min : difference
    }
}

/// Looking for chosen packets. Headers are read as in an audit, so that what was judged is also what is found.
extension CapturePipeline {
    /// - Returns: whether the packet is chosen, by itself or for what lies in it.
    mutating func isChosen(
        _ record: CaptureRecord, _ frame: UInt64, _ window: RawSpan, _ batch: inout PacketBatch
    ) -> Bool {
        choice?.isHit = false
        (batch.count, batch.segments) = (0, 0)
        if decode(record, frame, window, into: &batch) { meet(&batch.packets[0], window) }
        return choice?.isHit ?? false
    }

    /// A packet that came as it is, or within others.
    @inline(never)
    mutating func meet(_ packet: inout CapturedPacket, _ window: RawSpan) {
        switch packet.content {
        case .icmp:
            // It has no flow; it is copied where it is evidence.
            break
        case .datagram where packet.payload == .carrier:
            // Of what a mirror sends only the packets in it are evidence.
            if choice?.keys.contains(packet.key) == true { choice?.isHit = true }
            unpack(packet, window)
        case .datagram:
            choice?.note(packet.key)
        case .segment:
            choice?.note(packet.key)
            if choice?.isCopying == false { meetMirror(&packet, window) }
        }
    }

    /// A connection over which a mirror sends packets is chosen with any of them: they lie in it as in a stream.
    private mutating func meetMirror(_ packet: inout CapturedPacket, _ window: RawSpan) {
        if choice?.mirrors.contains(packet.key) != true {
            guard HEPPacket.beginsVersion3(window.extracting(packet.start..<packet.end)),
                choice?.mirrors.count ?? 0 < PacketChoice.maximumMirrors
            else { return }
            choice?.mirrors.insert(packet.key)
        }
        let wasHit = choice?.isHit == true
        choice?.isHit = false
        segment(&packet, window)
        if choice?.isHit == true { choice?.keys.insert(packet.key) }
        if wasHit { choice?.isHit = true }
    }
}
