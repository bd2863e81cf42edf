/// Reads captures into a ledger with the details that some reports want: `CaptureAudit` for those who can wait a little
/// longer. Without type parameters for the same reason.
public struct DetailedCaptureAudit: ~Copyable {
    private var pipeline: CapturePipeline<AuditSink>

    /// - Parameters:
    ///   - keepsTimelines: for pictures.
    ///   - judgesExchanges: every REGISTER with its answer.
    ///   - secrets: opens TLS connections; nil for none but what captures bring themselves.
    public init(
        settings: AuditSettings = AuditSettings(), keepsTimelines: Bool, judgesExchanges: Bool,
        limits: CaptureLimits = CaptureLimits(), secrets: TLSSecretStore? = nil
    ) {
        pipeline = CapturePipeline(
            sink: AuditSink(settings: settings, keepsTimelines: keepsTimelines, judgesExchanges: judgesExchanges),
            limits: limits, secrets: secrets)
    }

    /// Reads one capture to its end; flows go on from the one read before.
    ///
    /// - Parameter path: a pcap or pcapng file, or `-` for standard input.
    /// - Throws: `CaptureError`. The packets before the failure were taken all the same (`CaptureError.isPartial`).
    public mutating func read(path: String) throws(CaptureError) { try pipeline.read(path: path) }

    /// Reads captures in the order of their time, whatever the order they are named in (`CapturePipeline.read(paths:)`).
    ///
    /// - Parameter failed: told of each that could not be read, or not to its end.
    public mutating func read(paths: [String], failed: (CaptureError) -> Void) {
        pipeline.read(paths: paths, failed: failed)
    }

    /// The input has ended. Gives the settled sink away, with what was read and what of it was not judged.
    public consuming func finish() -> (sink: AuditSink, statistics: CaptureStatistics, notAnalyzed: [NotAnalyzed]) {
        pipeline.finish()
        pipeline.sink.finish()
        return (pipeline.sink, pipeline.statistics, pipeline.notAnalyzed + pipeline.sink.notJudged)
    }
}
