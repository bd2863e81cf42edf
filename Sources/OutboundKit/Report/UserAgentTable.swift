/// The flows of a report by the User-Agent that registered on them: which makes and versions are in trouble. One that was
/// seen on both sides of a NAT counts once.
struct UserAgentTable {
    /// Different names that are told apart; a hostile capture brings one a packet.
    static let maximumNames = 10_000
    /// Octets of a name up to which it is shown whole, and Unicode scalars to which a longer one is cut.
    private static let maximumLength = 120

    struct Row {
        let name: String
        var flows = 0
        var fail = 0
        var warn = 0
        var unknown = 0
        var info = 0
        var ok = 0
        /// Those that never became flows; columns of their own would mostly be empty.
        var refused = 0
        var pings = 0
        var pongs = 0

        var shares: [(word: String, count: Int)] {
            [("fail", fail), ("warn", warn), ("unknown", unknown), ("info", info), ("ok", ok), ("refused", refused)]
                .filter { $0.1 > 0 }
        }
    }

    /// Those with the most failing flows first.
    let rows: [Row]
    /// Flows of further names.
    let beyond: Int

    init(_ report: AuditReport) {
        var rows: [Row] = []
        var places: [String: Int] = [:]
        var beyond = 0
        let ledger = report.ledger
        for index in ledger.flows.indices where report.isShown(index) {
            guard !ledger.flows[index].sights.contains(.copy), let agent = ledger.agent(index) else { continue }
            var place = places[agent]
            if place == nil {
                guard places.count < Self.maximumNames else {
                    beyond += 1
                    continue
                }
                place = rows.count
                places[agent] = place
                rows.append(Row(name: Self.shortened(agent)))
            }
            guard let place else { continue }
            rows[place].flows += 1
            rows[place].pings += Int(ledger.flows[index].pings)
            rows[place].pongs += Int(ledger.flows[index].pongs)
            switch report.standing(index) {
            case .fail: rows[place].fail += 1
            case .warn: rows[place].warn += 1
            case .unknown: rows[place].unknown += 1
            case .info: rows[place].info += 1
            case .ok: rows[place].ok += 1
            case .refused: rows[place].refused += 1
            }
        }
        self.beyond = beyond
        self.rows = rows.sorted { ($1.fail, $1.warn, $1.flows, $0.name) < ($0.fail, $0.warn, $0.flows, $1.name) }
    }

    /// Of a name that somebody made long to be a nuisance the beginning is enough.
    private static func shortened(_ name: String) -> String {
        guard name.utf8.count > maximumLength else { return name }
        var text = ""
        text.unicodeScalars.append(contentsOf: name.unicodeScalars.prefix(maximumLength))
        return text
    }

    static let titles = ["User-Agent", "flows", "fail", "warn", "unknown", "info", "ok", "keep-alives"]

    static func cells(_ row: Row) -> [String] {
        [row.name] + [row.flows, row.fail, row.warn, row.unknown, row.info, row.ok].map(String.init)
            + ["\(row.pongs)/\(row.pings)"]
    }
}
