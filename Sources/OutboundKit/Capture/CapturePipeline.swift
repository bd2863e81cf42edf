/// From the bytes of captures to the events of flows: records, link layer, IP, UDP and TCP, and in them SIP, STUN and
/// CRLF, all recognised by content and never by port. One pass; memory is bounded by `CaptureLimits` and the number of
/// live flows.
///
/// Read the captures in the order of their time, then call `finish` once. For speed the sink should be concrete and
/// live in this module, where the compiler makes a copy of the pipeline for it.
public struct CapturePipeline<Sink: FlowEventSink> {
    public var sink: Sink
    public private(set) var statistics = CaptureStatistics()
    let limits: CaptureLimits

    public init(sink: Sink, limits: CaptureLimits = CaptureLimits()) {
        self.sink = sink
        self.limits = limits
    }

    /// What was seen and not judged, with counts; empty when everything was.
    public var notAnalyzed: [NotAnalyzed] { [] }

    /// Reads one capture to its end; flows go on from the one read before.
    ///
    /// - Parameter path: a pcap or pcapng file, or `-` for standard input.
    /// - Throws: `CaptureError`. Events of the packets before the failure were given to the sink all the same.
    public mutating func read(path: String) throws(CaptureError) {
    }

    /// The input has ended: what is unfinished is reported as such, and every flow ends.
    public mutating func finish() {
    }
}
