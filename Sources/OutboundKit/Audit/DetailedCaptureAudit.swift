/// Reads captures into a ledger with the details that some reports want: `CaptureAudit` for those who can wait a little
/// longer. Without type parameters for the same reason.
public struct DetailedCaptureAudit: ~Copyable {
    private var pipeline: CapturePipeline<AuditSink>

    /// - Parameters:
    ///   - keepsTimelines: for pictures.
    ///   - judgesExchanges: every REGISTER with its answer.
    public init(
        settings: AuditSettings = AuditSettings(), keepsTimelines: Bool, judgesExchanges: Bool,
        limits: CaptureLimits = CaptureLimits()
    ) {
        pipeline = CapturePipeline(
            sink: AuditSink(settings: settings, keepsTimelines: keepsTimelines, judgesExchanges: judgesExchanges),
            limits: limits)
    }

    /// Reads one capture to its end; flows go on from the one read before.
    ///
    /// - Parameters:
    ///   - path: a pcap or pcapng file, or `-` for standard input.
    ///   - progress: is told, once a read, how many of its octets have been read.
    /// - Throws: `CaptureError`. The packets before the failure were taken all the same (`CaptureError.isPartial`).
    public mutating func read(
        path: String, progress: (_ octets: Int) -> Void = { _ in }
    ) throws(CaptureError) {
        try pipeline.read(path: path, progress: progress)
    }

    /// The latest time seen; nil before the first packet.
    public var lastTime: Timestamp? { pipeline.statistics.lastTime }

    /// The input has ended. Gives the settled sink away, with what was read and what of it was not judged.
    public consuming func finish() -> (sink: AuditSink, statistics: CaptureStatistics, notAnalyzed: [NotAnalyzed]) {
        pipeline.finish()
        pipeline.sink.finish()
        return (pipeline.sink, pipeline.statistics, pipeline.notAnalyzed + pipeline.sink.notJudged)
    }
}
