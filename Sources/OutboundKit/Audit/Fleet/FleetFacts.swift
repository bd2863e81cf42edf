/// What concerns the many phones of an edge together, digested from a ledger: a few numbers an edge, never lists of
/// flows. It crosses addresses-of-record, so that whoever judges shards needs it made before they were cut
/// (`FleetFacts.init(_:)`).
public struct FleetFacts: Sendable, Hashable {
    /// Below so many flows nothing is said of a fleet: chance makes patterns of few.
    public static let minimumFlows = 20
    /// Outages kept in all, the largest first, and so many rhythms.
    public static let maximumOutages = 64
    public static let maximumRhythms = 64

    public var outages: [EdgeOutage] = []
    public var rhythms: [EdgeRhythm] = []
    /// Outages and rhythms beyond these limits.
    public var dropped = 0

    public init() {}

    public var isEmpty: Bool { outages.isEmpty && rhythms.isEmpty && dropped == 0 }
}

/// A server as its phones see it.
public struct FleetEdge: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let transport: TransportProtocol
    public let address: TransportAddress

    public init(_ transport: TransportProtocol, _ address: TransportAddress) {
        self.transport = transport
        self.address = address
    }

    /// `edge tcp 198.51.100.1:5060`: the subject of findings.
    public var description: String { Self.prefix + "\(transport) \(address)" }

    private static let prefix = "edge "

    /// Whether a finding with this subject is about a fleet.
    public static func isSubject(_ subject: String) -> Bool { subject.hasPrefix(prefix) }

    public static func < (left: FleetEdge, right: FleetEdge) -> Bool {
        left.description < right.description
    }
}

/// An edge lost many flows within a short time. Times are nanoseconds since the epoch.
public struct EdgeOutage: Sendable, Hashable {
    /// How long after its begin phones are watched for.
    public static let watch: Int64 = 600 * .second

    public let edge: FleetEdge
    /// The first second of the losses, and the end of the last one.
    public let start: Int64
    public let end: Int64
    /// Flows of the edge that were in use when it began.
    public var alive = 0
    public var lost = Losses()
    /// The IP address that all of them came from; nil for several.
    public var onlyAddress: IPAddress?
    /// How long the evidence goes on behind its begin, `watch` at most.
    public var watched: Int64 = 0
    /// Phones that registered anew in that time, or connections where they cannot be looked into.
    public var returned = 0
    /// Their attempts in all: those that failed are followed by others.
    public var attempts = 0
    /// The second with the most attempts, and how many there were.
    public var peakAt: Int64 = 0
    public var peak = 0
    /// Most first attempts within two seconds.
    public var densest = 0
    /// When half of them, and nine tenths, had begun their first attempt, counted from `start`.
    public var half: Int64 = 0
    public var mostly: Int64 = 0

    public init(edge: FleetEdge, start: Int64, end: Int64) {
        self.edge = edge
        self.start = start
        self.end = end
    }

    /// Flows lost, by how it showed.
    public struct Losses: Sendable, Hashable {
        public var fin = 0
        public var rst = 0
        public var icmp = 0
        /// Without an answer, which is found out at the next keep-alive only.
        public var silent = 0

        public init() {}

        public var sum: Int { fin + rst + icmp + silent }

        static func + (left: Losses, right: Losses) -> Losses {
            var sum = left
            sum.fin += right.fin
            sum.rst += right.rst
            sum.icmp += right.icmp
            sum.silent += right.silent
            return sum
        }
    }
}

/// Keep-alives, or refreshes, of many flows of an edge with the same constant interval, by their phase.
public struct EdgeRhythm: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Keep-alives under a Flow-Timer or `keep`.
        case announced
        /// Keep-alives whose interval the phones chose by themselves.
        case chosen
        /// Keep-alives that nobody had agreed on.
        case unasked
        /// REGISTERs that refresh a binding.
        case registration
    }

    public let edge: FleetEdge
    public let kind: Kind
    /// The interval, in nanoseconds, a whole number of seconds.
    public let period: Int64
    /// Flows with that interval.
    public var flows = 0
    /// Those of them in the fullest window, and its width in nanoseconds.
    public var together = 0
    public var window: Int64 = 0
    /// The last moment at which that window was met.
    public var lastAt: Int64 = 0
    /// The most frequent User-Agents in the window, and their flows.
    public var agents: [Agent] = []

    public struct Agent: Sendable, Hashable {
        public let name: String
        public let flows: Int

        public init(name: String, flows: Int) {
            self.name = name
            self.flows = flows
        }
    }

    public init(edge: FleetEdge, kind: Kind, period: Int64) {
        self.edge = edge
        self.kind = kind
        self.period = period
    }
}
