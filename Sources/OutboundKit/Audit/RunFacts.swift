/// What of a whole run bears on the judgement of single flows, for a ledger that has some of its flows: other users' flows
/// show it. Whoever cuts a run into shards makes it before (`init(_:_:)`).
public struct RunFacts: Sendable {
    /// Its first part is there; without it others may be missing.
    public var hasBegun = false
    /// What it was found out with, where it is read from a log that says so: the settings that it depends on.
    public var vantage: Vantage?
    public var pongTolerance: Int64?
    /// When a server first said something, in nanoseconds: from then on it is no capture of the clients' direction alone.
    public var serversHeardAt = Int64.max
    public var outages: [ServerOutage] = []
    public var hiddenAttempts: [HiddenAttempt] = []
    /// Servers that granted outbound to anybody, or refused it in the words of RFC 5626.
    public var outboundServers: Set<IPAddress> = []
    /// Servers that answered STUN on some flow and on another never (`ServerSpeech`).
    public var stunServers: Set<TransportAddress> = []
    /// Servers that have a part in outbound or in agreed keep-alives, and left the pings of a flow without any answer and any
    /// sign (`KeepAliveServers`).
    public var keepAliveServers: Set<IPAddress> = []
    public var dialledPhones: Set<DialledPhone> = []
    /// By the rules that compare flows of several users. Each belongs to the shard of the flow that it is about.
    public var findings: [Finding] = []
    /// Such findings that found no room.
    public var droppedFindings = 0
    /// REGISTERs and requests that found no room when they were compared.
    public var notCompared = 0

    public init() {}

    /// Of a ledger that has all flows, and has finished.
    init(_ ledger: FlowLedger, _ servers: ServerBook) {
        hasBegun = true
        (vantage, pongTolerance) = (ledger.settings.vantage, ledger.settings.tolerances.pong)
        serversHeardAt = ledger.serversHeardAt
        outages = ServerOutages(ledger).spans
        hiddenAttempts = HiddenAttempts(ledger).all
        outboundServers = ledger.outboundServers
        stunServers = ServerSpeech(ledger).stunServers
        keepAliveServers = KeepAliveServers(ledger).servers
        dialledPhones = DialledPhone.all(ledger)
        var found = FindingList(keeping: .all)
        Judge().compareUsers(servers, ledger, &found)
        droppedFindings = found.dropped
        findings = found.takeFindings()
        notCompared = servers.dropped
    }

    /// The options whose values differ from those that it was found out with.
    func otherOptions(_ settings: AuditSettings) -> [String] {
        var names: [String] = []
        if let vantage, vantage != settings.vantage { names.append("--vantage \(settings.vantage.rawValue)") }
        if let pongTolerance, pongTolerance != settings.tolerances.pong { names.append("--pong-tolerance") }
        return names
    }

    /// Takes what another part of the same run's facts says; parts may come twice but for findings.
    mutating func add(_ other: RunFacts) {
        hasBegun = hasBegun || other.hasBegun
        vantage = vantage ?? other.vantage
        pongTolerance = pongTolerance ?? other.pongTolerance
        serversHeardAt = min(serversHeardAt, other.serversHeardAt)
        outages += other.outages
        hiddenAttempts += other.hiddenAttempts
        outboundServers.formUnion(other.outboundServers)
        stunServers.formUnion(other.stunServers)
        keepAliveServers.formUnion(other.keepAliveServers)
        dialledPhones.formUnion(other.dialledPhones)
        findings += other.findings
        droppedFindings = max(droppedFindings, other.droppedFindings)
        notCompared = max(notCompared, other.notCompared)
    }
}

extension FlowLedger {
    /// The ledger has some of a run's flows, and this is what the others show; before the first event, for the rules that
    /// settle something on the way.
    mutating func learn(_ facts: RunFacts) {
        run = run ?? RunFacts()
        run?.add(facts)
        serversHeardAt = min(serversHeardAt, facts.serversHeardAt)
    }

    /// Servers that do outbound for anybody, in the whole run.
    var outboundServers: Set<IPAddress> {
        var servers = serversOf439.union(run?.outboundServers ?? [])
        for index in flows.indices where flows[index].outboundGranted { servers.insert(flows[index].server.ip) }
        return servers
    }
}
