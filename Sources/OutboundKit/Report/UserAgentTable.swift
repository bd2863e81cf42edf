/// The flows of a report by the User-Agent that registered on them: which makes and versions are in trouble.
struct UserAgentTable {
    /// Different names that are told apart; a hostile capture brings one a packet.
    static let maximumNames = 10_000
    /// Characters of a name.
    private static let maximumLength = 120

    struct Row {
        let name: String
        var flows = 0
        var fail = 0
        var warn = 0
        var unknown = 0
        var info = 0
        var pings = 0
        var pongs = 0

        var ok: Int { flows - fail - warn - unknown - info }

        var shares: [(word: String, count: Int)] {
            [("fail", fail), ("warn", warn), ("unknown", unknown), ("info", info), ("ok", ok)].filter { $0.1 > 0 }
        }
    }

    /// Those with the most failing flows first.
    let rows: [Row]
    /// Flows of further names.
    let beyond: Int

    init(_ report: AuditReport) {
        var rows: [String: Row] = [:]
        var beyond = 0
        let flows = report.ledger.flows
        for index in flows.indices where report.isShown(index) {
            guard let agent = flows[index].registrations.lazy.compactMap(\.userAgent).first else { continue }
            let name = String(agent.prefix(Self.maximumLength))
            guard rows[name] != nil || rows.count < Self.maximumNames else {
                beyond += 1
                continue
            }
            rows[name, default: Row(name: name)].flows += 1
            rows[name]?.pings += Int(flows[index].pings)
            rows[name]?.pongs += Int(flows[index].pongs)
            switch report.standing(index) {
            case .fail: rows[name]?.fail += 1
            case .warn: rows[name]?.warn += 1
            case .unknown: rows[name]?.unknown += 1
            case .info: rows[name]?.info += 1
            case .ok: break
            }
        }
        self.beyond = beyond
        self.rows = rows.values.sorted {
            ($1.fail, $1.warn, $1.flows, $0.name) < ($0.fail, $0.warn, $0.flows, $1.name)
        }
    }

    static let titles = ["User-Agent", "flows", "fail", "warn", "unknown", "info", "ok", "keep-alives"]

    static func cells(_ row: Row) -> [String] {
        [row.name] + [row.flows, row.fail, row.warn, row.unknown, row.info, row.ok].map(String.init)
            + ["\(row.pongs)/\(row.pings)"]
    }
}
