/// Reads captures into a ledger with the details that some reports want: `CaptureAudit` for those who can wait a little
/// longer. Without type parameters for the same reason.
public struct DetailedCaptureAudit: ~Copyable {
    private var pipeline: CapturePipeline<AuditSink>

    /// - Parameters:
    ///   - keepsTimelines: for pictures.
    ///   - judgesExchanges: every REGISTER with its answer.
    ///   - secrets: opens TLS connections; nil for none but what captures bring themselves.
    ///   - filter: leaves out packets.
    public init(
        settings: AuditSettings = AuditSettings(), keepsTimelines: Bool, judgesExchanges: Bool,
        limits: CaptureLimits = CaptureLimits(), secrets: TLSSecretStore? = nil, filter: PacketFilter? = nil
    ) {
        pipeline = CapturePipeline(
            sink: AuditSink(settings: settings, keepsTimelines: keepsTimelines, judgesExchanges: judgesExchanges),
            limits: limits, secrets: secrets, filter: filter)
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
        try pipeline.read(path: path, progress: progress)
    }

    /// Reads captures in the order of their time, whatever the order they are named in (`CapturePipeline.read(paths:)`).
    ///
    /// - Parameters:
    ///   - progress: is told, once a read, how many octets of a file were read.
    ///   - failed: told of each that could not be read, or not to its end.
    public mutating func read(
        paths: [String], progress: (_ octets: Int) -> Void = { _ in }, failed: (CaptureError) -> Void
    ) {
        pipeline.read(paths: paths, progress: progress, failed: failed)
    }

    /// Reads a capture as it comes, until it ends or `pulse` says that it is enough (`CapturePipeline.follow`).
    public mutating func follow(
        _ stream: any CaptureStream, pulse: (CapturePulse) -> Bool
    ) throws(CaptureError) {
        try pipeline.follow(stream, pulse: pulse)
    }

    /// When each of several captures begins, as far as it was looked at.
    public var beginnings: [String: Timestamp] { pipeline.beginnings }

    /// Secrets with which a second reading would read more (`CapturePipeline.lateSecrets`).
    public var lateSecrets: TLSSecretStore? { pipeline.lateSecrets }

    /// The input has ended. Gives the settled sink away, with what was read and what of it was not judged.
    public consuming func finish() -> (sink: AuditSink, statistics: CaptureStatistics, notAnalyzed: [NotAnalyzed]) {
        pipeline.finish()
        pipeline.sink.finish()
        return (pipeline.sink, pipeline.statistics, pipeline.notAnalyzed + pipeline.sink.notJudged)
    }
}
