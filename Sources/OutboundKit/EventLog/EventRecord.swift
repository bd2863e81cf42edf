/// One line of an event log: what a pipeline over captures hands to judgement, written down, so that reading and
/// judging can run apart, on as many machines as there are shards.
///
/// A line is one JSON object (docs/json/flow-event.schema.json). Lines whose `key` is equal belong to one judgement:
/// all flows of an address-of-record have the same, and a flow keeps its own. Lines with the key `*` belong to every
/// shard. What concerns a whole fleet crosses addresses-of-record; it is counted when the log is written, and its lines
/// have a key of their own, so that one shard reports it. So with what rules that compare several users find, whose lines
/// have the key of the flow that it is about. Within a shard the order of the lines stays as it was written.
public enum EventRecord: Sendable {
    case event(FlowEvent)
    /// The source has forgotten the flow (`FlowEventSink.end`).
    case end(FlowID, at: Timestamp)
    /// Packets of any flow may be missing here (`FlowEventSink.miss`).
    case missing(at: Timestamp)
    /// What concerns whole fleets: one fact.
    case fleet(FleetFacts)
    /// What the whole run shows, for the judgement of single flows: a part of it. The first lines.
    case run(RunFacts)
    /// What was read in all. The last line.
    case capture(CaptureSummary)

    /// The key of lines that every shard needs.
    public static let sharedKey = "*"
    static let missing = "missing"
}

/// The end of an event log: what no single flow can tell.
public struct CaptureSummary: Sendable {
    public var packets: Int
    /// Packets that a filter left out, and which are not among these.
    public var leftOut: Int
    /// TLS connections that were decrypted.
    public var decrypted: Int
    /// The time of the last packet: what is still open then is settled against it, in every shard alike.
    public var lastTime: Timestamp
    public var notAnalyzed: [NotAnalyzed]

    public init(
        packets: Int, leftOut: Int = 0, decrypted: Int = 0, lastTime: Timestamp, notAnalyzed: [NotAnalyzed]
    ) {
        self.packets = packets
        self.leftOut = leftOut
        self.decrypted = decrypted
        self.lastTime = lastTime
        self.notAnalyzed = notAnalyzed
    }
}
