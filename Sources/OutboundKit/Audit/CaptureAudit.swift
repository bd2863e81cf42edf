/// Reads captures into a ledger.
///
/// A door without type parameters, in the module where pipeline and ledger live: the compiler makes one copy of the
/// pipeline for this sink and inlines the ledger into it. A caller in another module that names the generic pipeline
/// depends on what the compiler happens to export across modules.
public struct CaptureAudit: ~Copyable {
    private var pipeline: CapturePipeline<FlowLedger>

    /// - Parameters:
    ///   - secrets: opens TLS connections; nil for none but what captures bring themselves.
    ///   - evicted: limits the memory, and takes what is left of flows that are given up for it; nil for no limit.
    ///   - filter: leaves out packets.
    public init(
        settings: AuditSettings = AuditSettings(), limits: CaptureLimits = CaptureLimits(),
        secrets: TLSSecretStore? = nil, evicted: EvictedFlows? = nil, filter: PacketFilter? = nil
    ) {
        var limits = limits
        limits.memory = evicted?.limit
        pipeline = CapturePipeline(
            sink: FlowLedger(settings: settings, evicted: evicted), limits: limits, secrets: secrets, filter: filter)
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

    /// The input has ended. Gives the settled ledger away, with what was read and what of it was not judged.
    public consuming func finish() -> (ledger: FlowLedger, statistics: CaptureStatistics, notAnalyzed: [NotAnalyzed]) {
        pipeline.finish()
        pipeline.sink.finish()
        let missing = pipeline.notAnalyzed + (pipeline.sink.evicted?.notAnalyzed ?? [])
        return (pipeline.sink, pipeline.statistics, missing)
    }
}
