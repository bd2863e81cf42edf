/// A Kamailio pair with one fault, and what the conformance suite has to say of it.
struct DetectionRow: Sendable {
    /// What of the suite is run, against which healthy pair.
    enum Plan: Sendable, Hashable, CaseIterable {
        /// Everything that takes no waiting.
        case whole
        /// Everything but the keep-alives, which would wait ten seconds each.
        case onePing
        /// Everything but STUN, likewise.
        case oneBinding
        /// How long silent connections live: some seconds more than they are given (11 for 4), so that Flow-Timer has to
        /// be well above.
        case timers
        /// A phone that does not answer.
        case silence
    }

    let name: String
    /// The switches of `Tests/Kamailio` beside those of the healthy pair.
    let faults: [String: String]
    /// Repairs of the healthy pair that this one lacks.
    var lacks: [String] = []
    let requirement: String
    /// How bad it is; what RFC 5626 leaves to the server is told as information.
    let verdict: String
    /// What else the same fault breaks.
    var also: [String] = []
    var plan = Plan.whole

    init(
        _ name: String, _ faults: [String: String] = [:], lacks: [String] = [], _ verdict: String,
        _ requirement: String, also: [String] = [], plan: Plan = .whole
    ) {
        self.name = name
        self.faults = faults
        self.lacks = lacks
        self.requirement = requirement
        self.verdict = verdict
        self.also = also
        self.plan = plan
    }

    /// The variation of the rig.
    var switches: [String: String] {
        var switches = plan.healthy
        for name in lacks { switches[name] = nil }
        return switches.merging(faults) { $1 }
    }
}

extension DetectionRow.Plan {
    var isPatient: Bool { self == .timers || self == .silence }

    /// The pair that breaks as little as this release of Kamailio can.
    var healthy: [String: String] {
        var switches = ["EDGE_REPAIRED": "1", "EDGE_SILENCE_ONLY": "1", "EDGE_NO_SECRET": "1"]
        switch self {
        case .whole, .onePing, .oneBinding, .timers: break
        case .silence: switches["EDGE_PATIENCE"] = "1500"
        }
        return switches
    }

    var arguments: [String] {
        let quick = ["--other-user", "sip:bob@example.com", "--skip", "robustness"]
        switch self {
        case .whole: return quick
        case .onePing:
            let others = ["ping-registered", "split-ping", "two-pings", "ping-before-request", "half-request"]
            return quick + others.flatMap { ["--skip", "keepalive.\($0)"] }
        case .oneBinding:
            let others = ["registered", "unknown-required", "unknown-optional", "fingerprint", "repeated"]
            return quick + others.flatMap { ["--skip", "stun.\($0)"] }
        case .timers: return ["--slow", "--only", "timer.idle"]
        case .silence: return ["--slow", "--only", "failure.silence"]
        }
    }
}

extension DetectionRow {
    static let all: [DetectionRow] = edge + registrar

    private static let edge: [DetectionRow] = [
        .init(
            "stun.so not loaded", ["EDGE_NO_STUN": "1"], "fail", "OB-STUN-011", also: ["OB-STUN-014"], plan: .oneBinding
        ),
        .init("CRLF pings off", ["EDGE_NO_PONG": "1"], "fail", "OB-KA-010", plan: .onePing),
        .init("outbound.so not loaded", ["EDGE_NO_OUTBOUND": "1"], "fail", "OB-EP-005", also: ["OB-EP-002"]),
        .init("no add_path()", ["EDGE_NO_PATH": "1"], "fail", "OB-EP-001"),
        .init("flow_token_secret set on 5.6.3", lacks: ["EDGE_NO_SECRET"], "fail", "OB-TOK-001"),
        .init(
            "tampered tokens relayed", ["EDGE_NO_403": "1"], "fail", "OB-EP-012",
            also: ["OB-TOK-001", "OB-TOK-006", "OB-TOK-007", "OB-TOK-009"]),
        .init("closed flows dialled", lacks: ["EDGE_REPAIRED"], "fail", "OB-EP-013"),
        .init("430 for a refusal", lacks: ["EDGE_SILENCE_ONLY"], "fail", "OB-AP-003"),
        .init("no 430 for a silent flow", ["EDGE_NO_430": "1"], "info", "OB-AP-002", plan: .silence),
        .init("no record_route() at the edge", ["EDGE_NO_RECORD_ROUTE": "1"], "fail", "OB-EP-011", also: ["OB-EP-015"]),
        .init("Contact rewritten", ["EDGE_REWRITES_CONTACT": "1"], "warn", "OB-RPORT-002"),
        .init("Flow-Timer unguarded", ["EDGE_TIMER_ALWAYS": "1"], "warn", "OB-FT-002"),
        .init("Flow-Timer twice", ["EDGE_TIMER_TWICE": "1", "REGISTRAR_SETS_TIMER": "1"], "fail", "OB-FT-001"),
        .init("lifetime below Flow-Timer", ["TCP_LIFETIME": "4"], "fail", "OB-FT-006", plan: .timers),
        .init(
            "no Flow-Timer, short lifetime", ["EDGE_NO_TIMER": "1", "TCP_LIFETIME": "4"], "warn", "OB-KA-008",
            plan: .timers
        ),
    ]

    private static let registrar: [DetectionRow] = [
        .init("outbound_mode 0", ["REGISTRAR_OUTBOUND_MODE": "0"], "warn", "OB-REG-017"),
        .init("outbound_mode 2", ["REGISTRAR_OUTBOUND_MODE": "2"], "info", "OB-REG-012"),
        .init(
            "use_path 0", ["REGISTRAR_NO_PATH": "1"], "fail", "OB-REG-001",
            also: ["OB-PATH-001", "OB-EP-010", "OB-WS-006", "OB-REG-020", "OB-GRUU-005"]),
        .init("path_mode 0", ["REGISTRAR_PATH_MODE": "0"], "fail", "OB-REG-001"),
        .init("path_mode 1", ["REGISTRAR_PATH_MODE": "1"], "info", "OB-PATH-003"),
        .init("max_contacts 1", ["REGISTRAR_MAX_CONTACTS": "1"], "warn", "OB-REG-015"),
        .init("append_branches 0", ["REGISTRAR_NO_APPEND": "1"], "warn", "OB-AP-002"),
        .init("no branch-failure route", ["REGISTRAR_NO_BRANCH_ROUTE": "1"], "warn", "OB-AP-002"),
        .init("all flows forked at once", ["REGISTRAR_FORKS": "1"], "fail", "OB-AP-001"),
        .init("430 passed to the caller", ["REGISTRAR_PASSES_430": "1"], "warn", "OB-AP-009"),
        .init("no record_route() at the registrar", ["REGISTRAR_NO_RECORD_ROUTE": "1"], "fail", "OB-GRUU-008"),
        .init("gruu_enabled 0", ["REGISTRAR_NO_GRUU": "1"], "info", "OB-GRUU-001"),
        .init("Flow-Timer from the registrar", ["REGISTRAR_SETS_TIMER": "1"], "warn", "OB-FT-003"),
    ]
}
