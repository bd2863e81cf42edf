/// What is left of flows whose records were given up for want of memory: the findings that their records showed by then,
/// and what the judgement of others needs of them.
///
/// A flow is judged at that moment as if the capture had ended there. Such a judgement never accuses wrongly, since every
/// capture ends somewhere; what the rest of the capture would have shown is lost, and so is what several flows together
/// show when one of them is gone.
public struct EvictedFlows: Sendable {
    /// Subjects that are remembered, so that findings name the same phones as ever.
    private static let maximumNamed = 100_000
    /// Closes that are remembered.
    private static let maximumCloses = 1 << 20
    /// Encrypted connections that are remembered.
    private static let maximumEncrypted = 1 << 16

    /// Servers that are remembered.
    private static let maximumServers = 1 << 16

    /// Octets of a run without a single flow: the program, its buffers, and what it prints.
    private static let octetsOfProgram = 27 << 20

    let judge: Judge
    /// Octets that the whole process may take.
    public let limit: Int
    /// Octets of these that are for flows: a sixth goes with lists that grow, and with what allocations leave unused between
    /// each other.
    let octetsForFlows: Int
    public private(set) var count = 0
    /// Of these, those that were closed, or had been taken over by a later flow.
    public private(set) var overCount = 0
    /// When the last was evicted.
    private(set) var lastTime = Int64.never
    var findings: FindingList
    private(set) var outages = ServerOutages()
    /// Encrypted connections among them.
    private(set) var encrypted: [HiddenAttempt] = []
    /// Servers that showed on one of them that they answer keep-alives, or should.
    private(set) var keepAliveServers: Set<IPAddress> = []
    /// Flows that findings are about.
    private(set) var named: [FlowID: FlowSummary] = [:]

    /// - Parameters:
    ///   - limit: octets that the process may take, estimated from what is counted; 48 MiB or more.
    ///   - judge: judges a flow that is given up, and must be the one that judges the rest.
    ///   - keeping: what of the findings on flows that are given up.
    public init(limit: Int, judge: Judge, keeping: FindingList.Keeping = .complaints) {
        self.limit = limit
        self.judge = judge
        let octets = max(limit - Self.octetsOfProgram, 0)
        octetsForFlows = octets - octets / 6
        // A finding takes about a kilobyte with its words: an eighth of the memory for all of them.
        findings = FindingList(
            keeping: keeping, maximum: min(max(octetsForFlows >> 13, 1000), FindingList.maximum))
    }

    /// Octets that it takes.
    var octets: Int {
        findings.findings.count << 10 + named.count << 8 + outages.count << 6 + encrypted.count << 7
            + keepAliveServers.count << 6
    }

    /// A flow was judged.
    mutating func take(_ flow: FlowRecord, hasFindings: Bool, end: Int64) {
        count += 1
        if flow.closing != nil || flow.sights.contains(.replaced) { overCount += 1 }
        lastTime = end
        if outages.count < Self.maximumCloses { outages.note(flow) }
        if flow.sights.contains(.encrypted), encrypted.count < Self.maximumEncrypted {
            encrypted.append(HiddenAttempt(encrypted: flow))
        }
        if flow.showsKeepAlives, keepAliveServers.count < Self.maximumServers {
            keepAliveServers.insert(flow.server.ip)
        }
        if hasFindings, named.count < Self.maximumNamed {
            named[flow.id] = FlowSummary(flow, end: end)
        }
    }

    /// What a report says of it.
    var notAnalyzed: [NotAnalyzed] {
        guard count > 0 else { return [] }
        return [
            NotAnalyzed(
                what: "flows judged before the end of the capture", count: count,
                why:
                    "memory is limited to \(limit >> 20) MiB; \(overCount) of them were over, the others the longest silent: what came later, or shows only beside other flows, is not judged, and they are in no table"
            )
        ]
    }
}
