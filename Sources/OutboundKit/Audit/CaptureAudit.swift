/// Reads captures into a ledger and, where they are asked for, the details that some reports want.
///
/// A door without type parameters, in the module where pipeline and ledger live: the compiler makes one copy of the
/// pipeline for each sink and inlines the ledger into it. A caller in another module that names the generic pipeline
/// depends on what the compiler happens to export across modules.
public struct CaptureAudit: ~Copyable {
    /// What reports want beyond the ledger; either makes the audit slower.
    public struct Details: Sendable, Hashable {
        /// Moments, for pictures and for one flow's story.
        public var timelines: FlowTimelines.Extent?
        /// A judgement of every REGISTER with its answer.
        public var exchanges: Bool

        public init(timelines: FlowTimelines.Extent? = nil, exchanges: Bool = false) {
            self.timelines = timelines
            self.exchanges = exchanges
        }

        public var areWanted: Bool { timelines != nil || exchanges }
    }

    /// What came of it.
    public struct Outcome: Sendable {
        public let ledger: FlowLedger
        /// The ledger with its details; nil where none were asked for.
        public let details: AuditSink?
        public let statistics: CaptureStatistics
        /// What was seen and not judged.
        public let notAnalyzed: [NotAnalyzed]
    }

    // One of the three is there. The last one's sink is in one of the two threads.
    private var plain: CapturePipeline<FlowLedger>?
    private var detailed: CapturePipeline<AuditSink>?
    private var relayed: CapturePipeline<EventRelay>?
    private var ledgerThread: SinkThread<FlowLedger>?
    private var detailThread: SinkThread<AuditSink>?

    /// - Parameters:
    ///   - details: what is wanted beyond the ledger.
    ///   - secrets: opens TLS connections; nil for none but what captures bring themselves.
    ///   - losses: of captures that are read once more (`lateLosses`).
    ///   - evicted: limits the memory, and takes what is left of flows that are given up for it; nil for no limit. Details
    ///     need all flows: with them it is left aside.
    ///   - filter: leaves out packets.
    ///   - jobs: processors to share the work. From 2 on flows are judged in a thread of their own, unless memory is
    ///     limited, and so many compressed captures are decompressed ahead, each in its own thread. What is found does not
    ///     depend on it.
    public init(
        settings: AuditSettings = AuditSettings(), details: Details = Details(),
        limits: CaptureLimits = CaptureLimits(), secrets: TLSSecretStore? = nil,
        losses: CaptureLosses = CaptureLosses(),
        evicted: EvictedFlows? = nil, filter: PacketFilter? = nil, jobs: Int = 1
    ) {
        var limits = limits
        limits.memory = details.areWanted ? nil : evicted?.octetsForFlows
        limits.decompressors = jobs > 1 ? jobs : 0
        let sink =
            details.areWanted
            ? AuditSink(settings: settings, timelines: details.timelines, judgesExchanges: details.exchanges) : nil
        let ledger = FlowLedger(settings: settings, evicted: evicted)
        if jobs > 1, limits.memory == nil {
            let road = EventRoad()
            if let sink {
                detailThread = SinkThread(sink, road)
            } else {
                ledgerThread = SinkThread(ledger, road)
            }
            relayed = CapturePipeline(
                sink: EventRelay(road), limits: limits, secrets: secrets, losses: losses, filter: filter)
        } else if let sink {
            detailed = CapturePipeline(
                sink: sink, limits: limits, secrets: secrets, losses: losses, filter: filter)
        } else {
            plain = CapturePipeline(
                sink: ledger, limits: limits, secrets: secrets, losses: losses, filter: filter)
        }
    }

    /// Reads one capture to its end; flows go on from the one read before.
    ///
    /// - Parameters:
    ///   - path: a pcap or pcapng file, or `-` for standard input.
    ///   - progress: is told, once a read, how many octets of the file were read.
    /// - Throws: `CaptureError`. The packets before the failure were taken all the same (`CaptureError.isPartial`).
    public mutating func read(
        path: String, progress: (_ octets: Int) -> Void = { _ in }
    ) throws(CaptureError) {
        try plain?.read(path: path, progress: progress)
        try detailed?.read(path: path, progress: progress)
        try relayed?.read(path: path, progress: progress)
    }

    /// Reads captures in the order of their time, whatever the order they are named in (`CapturePipeline.read(paths:)`).
    ///
    /// - Parameters:
    ///   - progress: is told, once a read, how many octets of a file were read.
    ///   - watch: decides how long they are read; nil reads each to its end.
    ///   - failed: told of each that could not be read, or not to its end.
    public mutating func read(
        paths: [String], progress: (_ octets: Int) -> Void = { _ in }, watch: (any CaptureWatch)? = nil,
        failed: (CaptureError) -> Void
    ) {
        plain?.read(paths: paths, progress: progress, watch: watch, failed: failed)
        detailed?.read(paths: paths, progress: progress, watch: watch, failed: failed)
        relayed?.read(paths: paths, progress: progress, watch: watch, failed: failed)
    }

    /// Reads a capture as it comes, until it ends or `pulse` says that it is enough (`CapturePipeline.follow`).
    public mutating func follow(
        _ stream: any CaptureStream, pulse: (CapturePulse) -> Bool
    ) throws(CaptureError) {
        try plain?.follow(stream, pulse: pulse)
        try detailed?.follow(stream, pulse: pulse)
        try relayed?.follow(stream, pulse: pulse)
    }

    /// When each of several captures begins, as far as it was looked at.
    public var beginnings: [String: Timestamp] {
        plain?.beginnings ?? detailed?.beginnings ?? relayed?.beginnings ?? [:]
    }

    /// Reading was ended before the end of all captures (`CaptureWatch`).
    public var isCutShort: Bool {
        plain?.isCutShort ?? detailed?.isCutShort ?? relayed?.isCutShort ?? false
    }

    /// Of captures that were not read to their end for that, how many packets of each were.
    public var packetsRead: [String: UInt64] {
        plain?.packetsRead ?? detailed?.packetsRead ?? relayed?.packetsRead ?? [:]
    }

    /// Secrets with which a second reading would read more (`CapturePipeline.lateSecrets`).
    public var lateSecrets: TLSSecretStore? {
        plain?.lateSecrets ?? detailed?.lateSecrets ?? relayed?.lateSecrets
    }

    /// Drops with which a second reading would know more (`CapturePipeline.lateLosses`).
    public var lateLosses: CaptureLosses? { plain?.lateLosses ?? detailed?.lateLosses ?? relayed?.lateLosses }

    /// The input has ended. Gives the settled ledger away, with what was read and what of it was not judged.
    public consuming func finish() -> Outcome {
        // What is finished is finished in its place: a copy of a large ledger would take its memory twice.
        if var pipeline = plain.take() {
            pipeline.finish()
            pipeline.sink.finish()
            return Outcome(pipeline.sink, pipeline.statistics, pipeline.notAnalyzed)
        }
        if var pipeline = detailed.take() {
            pipeline.finish()
            pipeline.sink.finish()
            return Outcome(pipeline.sink, pipeline.statistics, pipeline.notAnalyzed)
        }
        relayed?.finish()
        relayed?.sink.close()
        let (statistics, notAnalyzed) = (relayed?.statistics ?? CaptureStatistics(), relayed?.notAnalyzed ?? [])
        if var sink = detailThread?.join() {
            sink.finish()
            return Outcome(sink, statistics, notAnalyzed)
        }
        var ledger = ledgerThread?.join() ?? FlowLedger()
        ledger.finish()
        return Outcome(ledger, statistics, notAnalyzed)
    }
}

extension CaptureAudit.Outcome {
    fileprivate init(_ ledger: FlowLedger, _ statistics: CaptureStatistics, _ notAnalyzed: [NotAnalyzed]) {
        self.init(
            ledger: ledger, details: nil, statistics: statistics,
            notAnalyzed: notAnalyzed + (ledger.evicted?.notAnalyzed ?? []) + ledger.notAnalyzed)
    }

    fileprivate init(_ sink: AuditSink, _ statistics: CaptureStatistics, _ notAnalyzed: [NotAnalyzed]) {
        self.init(
            ledger: sink.ledger, details: sink, statistics: statistics, notAnalyzed: notAnalyzed + sink.notJudged)
    }
}
