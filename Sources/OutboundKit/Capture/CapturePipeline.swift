/// From the bytes of captures to the events of flows: records, link layer, IP, UDP and TCP, and in them SIP, STUN and
/// CRLF, all recognised by content and never by port. One pass; memory is bounded by `CaptureLimits` and the number of
/// live flows.
///
/// Read the captures in the order of their time, then call `finish` once. For speed the sink should be concrete and
/// live in this module, where the compiler makes a copy of the pipeline for it.
///
/// - A flow is reported at its first SIP, STUN with the magic cookie, or CRLFCRLF. Other UDP traffic leaves no trace;
///   other TCP connections are followed, and not reported, but for refused ones and TLS.
/// - The client is the sender of the SYN; else of the first request or CRLFCRLF, or the receiver of the first response.
/// - A datagram flow is its pair of transport addresses, however often it pauses, up to `CaptureLimits.silentAge`. A
///   connection is a new flow for each SYN with another initial sequence number.
public struct CapturePipeline<Sink: FlowEventSink> {
    public var sink: Sink
    public internal(set) var statistics = CaptureStatistics()
    /// When each of several captures begins, as far as it was looked at.
    public internal(set) var beginnings: [String: Timestamp] = [:]
    /// Reading was ended before the end of all captures (`CaptureWatch`).
    public internal(set) var isCutShort = false
    /// Of captures that were not read to their end for that, how many packets of each were.
    public internal(set) var packetsRead: [String: UInt64] = [:]
    /// Decides how long captures are read; nil reads each to its end.
    var watch: (any CaptureWatch)?
    let limits: CaptureLimits
    let closedAge: Int64
    let duplicateAge: Int64

    var flows = FlowTable()
    /// Of each flow that is not reported yet, by its place in the table: the number of its first packet.
    var firstFrames: [Int: UInt64] = [:]
    var streams: [StreamBuffer] = []
    var freeStreams: [Int32] = []
    /// Directions that wait for missing octets: while there are none, segments without payload need no look-up.
    var waitingStreams = 0
    var unjudged: Unjudged
    /// Of each flow whose kind is `layered`, by its place in the table.
    var layers: [Int: StreamLayers] = [:]
    /// Secrets of TLS connections: of key logs, and of the captures themselves.
    var secrets: TLSSecretStore
    /// What a reading of the same captures before this one told.
    private let losses: CaptureLosses
    /// What was not known when the captures were begun.
    private var newLosses = CaptureLosses()
    /// All captures so far give the same octets each time.
    var canBeReadAgain = true
    /// A capture that was read before is not whole: before the next packet, of whichever flow, others may be missing.
    private var lacksPackets = false
    /// How many connections were known before the capture's key log that is being read.
    var connectionsBeforeLog: Int?
    /// Made when the first connection needs it.
    var opener: RecordOpener?
    /// Windows that these hold.
    var inflaters = 0
    /// Octets of unfinished packets that mirrors send over streams.
    var mirroredOctets = 0
    var fragments: FragmentStore
    /// Of a pipeline that does not follow flows, and looks for packets to be copied.
    var choice: PacketChoice?
    /// Packets of tunnels over UDP that are being handled within one another.
    var carriers = 0
    var nextID: UInt32 = 0
    /// So many more flows may come before memory is looked at.
    var flowsToRelief = Int.max
    /// The entry that is looked at next for being forgotten.
    var sweepPlace = 0

    /// One message, whose storage serves all.
    var message = SIPMessage()

    var reader: CaptureReader
    /// The latest time seen.
    var now: Int64 = 0
    var clock = CaptureClock(start: .max)
    /// Leaves out packets before they are looked at.
    let filter: FilterPrograms?
    /// A packet of this time or later is the first one, or means that fragments have waited long enough; with a filter,
    /// or while the clock is in doubt, every packet is.
    var alarm = Int64.min
    var frame: UInt64 = 0

    /// - Parameters:
    ///   - secrets: opens TLS connections; nil for none but what pcapng captures bring themselves.
    ///   - losses: of a reading before (`lateLosses`).
    ///   - filter: leaves out packets.
    public init(
        sink: Sink, limits: CaptureLimits = CaptureLimits(), secrets: TLSSecretStore? = nil,
        losses: CaptureLosses = CaptureLosses(), filter: PacketFilter? = nil
    ) {
        self.sink = sink
        self.losses = losses
        self.filter = filter.map(FilterPrograms.init)
        self.secrets = secrets ?? TLSSecretStore(limits: limits)
        self.limits = limits
        unjudged = Unjudged(limits)
        closedAge = limits.closedAge.inNanoseconds
        duplicateAge = limits.duplicateAge.inNanoseconds
        if limits.memory != nil { flowsToRelief = 0 }
        reader = CaptureReader(limits: limits)
        fragments = FragmentStore(limits: limits)
    }

    /// What was seen and not judged, with counts; empty when everything was.
    public var notAnalyzed: [NotAnalyzed] { unjudged.list(fragments) + secrets.notAnalyzed }

    /// Reads one capture to its end; flows go on from the one read before.
    ///
    /// - Parameters:
    ///   - path: a pcap or pcapng file, or `-` for standard input.
    ///   - progress: is told, once a read, how many octets of the file were read.
    /// - Throws: `CaptureError`. The packets before the failure were analysed all the same (`CaptureError.isPartial`).
    public mutating func read(
        path: String, progress: (_ octets: Int) -> Void = { _ in }
    ) throws(CaptureError) {
        if !CaptureDescriptor.isRegularFile(path) { canBeReadAgain = false }
        let capture: OpenCapture
        do throws(CaptureError) {
            capture = try OpenCapture(path: path, time: .min, limits: limits, ahead: limits.decompressors > 0)
        } catch {
            lackPackets()
            throw error
        }
        expectLoss(in: capture)
        clock = CaptureClock(start: now)
        defer { clock = CaptureClock(start: .max) }
        var batch = PacketBatch()
        let hasEnded = try run(capture, until: .max, &batch, progress)
        if !hasEnded { leave(capture) }
    }

    /// A new capture begins.
    mutating func begin() {
        reader = CaptureReader(limits: limits)
        clock = CaptureClock(start: now)
        frame = 0
    }

    /// Takes the octets of a capture that is read alone.
    mutating func feed(_ window: RawSpan) throws(CaptureError) -> Int {
        var hasStopped = false
        var batch = PacketBatch()
        return try feed(window, of: nil, until: .max, &hasStopped, &batch)
    }

    /// Takes the capture's octets as far as they go, or up to the first packet after `until`.
    ///
    /// - Parameters:
    ///   - capture: where `until` is given: takes the time of the packet that was met there.
    ///   - hasStopped: set when there was one.
    ///   - batch: empty, before and after: it is large, and captures read side by side have one packet a turn.
    /// - Returns: how many were used up; the rest is to be given again, with more behind it.
    mutating func feed(
        _ window: RawSpan, of capture: OpenCapture?, until: Int64, _ hasStopped: inout Bool,
        _ batch: inout PacketBatch
    ) throws(CaptureError) -> Int {
        var offset = 0
        var record = CaptureRecord()
        defer {
            runBatch(&batch, window)
            if statistics.packets > 0 { statistics.lastTime = Timestamp(nanoseconds: now) }
        }
        if let (record, end) = capture?.pending {
            guard record.time <= until else {
                capture?.nextTime = record.time
                hasStopped = true
                return 0
            }
            capture?.pending = nil
            accept(record, window, &batch)
            offset = end
        }
        while true {
            if let classic = reader.classic {
                return try feed(window, classic, at: offset, of: capture, until: until, &hasStopped, &batch)
            }
            if reader.skippable > 0 {
                let skipped = min(reader.skippable, window.byteCount - offset)
                if reader.secretOctets > 0 { learn(window.extracting(offset..<offset + skipped)) }
                reader.skip(skipped)
                offset += skipped
                guard reader.skippable == 0 else { return offset }
            }
            let before = offset
            if try reader.next(in: window, at: &offset, into: &record) {
                guard record.time <= until else {
                    capture?.nextTime = record.time
                    capture?.pending = (record, offset)
                    hasStopped = true
                    return before
                }
                accept(record, window, &batch)
            } else if reader.skippable == 0 {
                return offset
            }
        }
    }

    /// The packets of a pcap file from `start` on. A loop of its own, for it is the one that most captures are read by.
    private mutating func feed(
        _ window: RawSpan, _ classic: PcapReader, at start: Int, of capture: OpenCapture?, until: Int64,
        _ hasStopped: inout Bool, _ batch: inout PacketBatch
    ) throws(CaptureError) -> Int {
        var offset = start
        while true {
            guard let record = try classic.record(in: window, at: offset, largest: limits.bufferOctets) else {
                return offset
            }
            guard record.time <= until else {
                capture?.nextTime = record.time
                hasStopped = true
                return offset
            }
            offset = record.start &+ record.captured
            accept(record, window, &batch)
        }
    }

    /// Takes what of a capture's own key log is at hand.
    mutating func learn(_ octets: RawSpan) {
        let count = min(reader.secretOctets, octets.byteCount)
        let known = connectionsBeforeLog ?? secrets.count
        connectionsBeforeLog = known
        secrets.take(octets.extracting(0..<count))
        guard count == reader.secretOctets else { return }
        secrets.endOfLog()
        connectionsBeforeLog = nil
        // Connections were passed over before, and these secrets may be theirs.
        if unjudged.tlsFlows > 0, secrets.count > known { unjudged.lateSecrets += 1 }
    }

    /// All secrets that the captures brought, where some came behind connections that could not be read: with these a
    /// second reading of the same captures reads more. nil where it would not, or where there can be none: pipes and what
    /// was followed are read once.
    public var lateSecrets: TLSSecretStore? { unjudged.lateSecrets > 0 && canBeReadAgain ? secrets : nil }

    /// Counts a packet and puts it into the batch.
    @inline(__always)
    mutating func accept(_ written: CaptureRecord, _ window: RawSpan, _ batch: inout PacketBatch) {
        frame &+= 1
        if written.remark != .none {
            guard written.remark != .timeless else { return passOverTimeless(written, window) }
            lackPackets()
        }
        var record = written
        record.time &+= clock.offset
        if now &- record.time > CaptureClock.tolerance { followClock(&record) }
        if record.time >= alarm, !wake(&record, window, &batch) { return }
        statistics.packets &+= 1
        statistics.octets &+= record.captured
        now = max(now, record.time)
        if decode(record, frame, window, into: &batch) {
            flows.prefetch(batch.packets[batch.count].hash)
            batch.count &+= 1
            if batch.count == batch.packets.count { runBatch(&batch, window) }
        }
    }

    /// - Returns: whether the filter lets the packet pass.
    @inline(never)
    private mutating func wake(_ record: inout CaptureRecord, _ window: RawSpan, _ batch: inout PacketBatch) -> Bool {
        if clock.isOnTrial { tryClock(&record) }
        if filter != nil, !passesFilter(record, window) { return false }
        let isFirst = statistics.packets == 0
        let isBehindGap = lacksPackets
        if isBehindGap {
            lacksPackets = false
            runBatch(&batch, window)
            miss()
        }
        if isFirst {
            statistics.firstTime = Timestamp(nanoseconds: record.time)
            now = record.time
        }
        if isFirst || isBehindGap || record.time >= fragments.nextTime {
            runBatch(&batch, window)
            giveUpFragments(at: record.time)
        }
        return true
    }

    /// A packet of which nobody knows when it came (pcapng's Simple Packet Block). It is as if it had not been captured, and
    /// that is known.
    @inline(never)
    private mutating func passOverTimeless(_ record: CaptureRecord, _ window: RawSpan) {
        if filter != nil, !passesFilter(record, window) { return }
        unjudged.timeless += 1
        lackPackets()
    }

    mutating func resetAlarm() { alarm = filter == nil && !clock.isOnTrial ? fragments.nextTime : .min }

    /// Packets are missing behind those that were read, of whichever flow. Where none comes after them that is known as the
    /// end.
    mutating func lackPackets() {
        lacksPackets = true
        alarm = .min
    }

    /// A capture of which it is known that packets are missing somewhere.
    mutating func expectLoss(in capture: OpenCapture) {
        if let end = knownLossEnd(of: capture) { sink.miss(at: Timestamp(nanoseconds: end)) }
    }

    private func knownLossEnd(of capture: OpenCapture) -> Int64? {
        [capture.lossEnd, losses.end(of: capture.path)].compactMap(\.self).max()
    }

    /// The capture was read, and `reader` has seen what it says of itself.
    mutating func noteLoss(in capture: OpenCapture) {
        guard let end = reader.lossEnd, end > knownLossEnd(of: capture) ?? .min else { return }
        newLosses.note(end, of: capture.path)
    }

    /// Drops that captures told of only when they were read: with these a second reading knows them from the start. nil
    /// where it would change nothing, or cannot be.
    public var lateLosses: CaptureLosses? {
        newLosses.isEmpty || !canBeReadAgain || statistics.flows == 0 ? nil : newLosses
    }

    /// Nothing is read a second time, whatever that would tell.
    mutating func renounceSecondReading() {
        canBeReadAgain = false
        if !newLosses.isEmpty { unjudged.dropsAreToldLate = true }
    }

    /// What any flow lacks here is nobody's fault.
    mutating func miss() {
        if statistics.packets > 0 { sink.miss(at: Timestamp(nanoseconds: now)) }
    }

    /// The capture has ended with so many octets that `feed` did not use.
    mutating func endOfCapture(unread: Int, total: Int) throws(CaptureError) {
        countBlocks()
        guard total > 0 else {
            lackPackets()
            throw CaptureError(.empty)
        }
        guard unread == 0, reader.skippable == 0 else {
            lackPackets()
            unjudged.unreadOctets += max(unread, 1)
            throw CaptureError(.cut)
        }
    }

    /// What the capture says of itself, or lacks.
    mutating func countBlocks() {
        unjudged.secretsBlocks += reader.unreadSecretsBlocks
        unjudged.dropped += Int(clamping: min(reader.droppedPackets, UInt64(Int32.max)))
        unjudged.unreadable += reader.unreadablePackets
    }

    /// The input has ended: what is unfinished is reported as such, and every flow ends.
    public mutating func finish() {
        giveUpFragments(at: nil)
        endReported()
        for index in flows.entries.indices where flows.entries[index].id == FlowEntry.unreported {
            if flows.entries[index].kind != .free { end(index, now) }
        }
        statistics.isUnreadable = statistics.leftOut == 0 && unjudged.isAll(of: statistics.packets)
        (flows, firstFrames, streams, freeStreams) = (FlowTable(), [:], [], [])
    }

    /// Ends the flows that were reported, in the order of their handles. Where there are many, a part of them is put in
    /// order at a time: this is when most memory is in use.
    private mutating func endReported() {
        let parts = flows.count > 1 << 16 ? 16 : 1
        let stretch = max(1, Int(nextID) / parts + 1)
        var first = 0
        // What the last octets of a stream bring may be flows of their own, with handles behind all others.
        while first < Int(nextID) {
            var places: [Int32] = []
            for index in flows.entries.indices {
                let id = flows.entries[index].id
                if id != FlowEntry.unreported, Int(id) >= first, Int(id) < first + stretch {
                    places.append(Int32(index))
                }
            }
            places.sort { flows.entries[Int($0)].id < flows.entries[Int($1)].id }
            for place in places { end(Int(place), now) }
            first += stretch
        }
    }
}
