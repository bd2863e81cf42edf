/// One flow as a row of cells, the same in every report for people.
struct FlowRow {
    let id: String
    let transport: String
    let client: String
    let server: String
    /// The AOR with its reg-id and how many more there are, or what the flow is where it is no user agent's own.
    let registered: String
    let timer: String
    let keepAlives: String
    let intervals: String
    let verdict: String

    static let titles = [
        "flow", "", "client", "server", "registered", "timer", "keep-alives", "interval min/med/max s", "verdict",
    ]

    init(_ flow: FlowSummary, _ standing: FlowStanding) {
        let registration =
            flow.registrations.first { $0.isBound } ?? flow.registrations.first { $0.firstGranted != .never }
            ?? flow.registrations.first
        var who = registration.map { Self.shortened($0.aor) } ?? flow.role ?? "-"
        if let registration {
            who += registration.regID.map { ";\($0)" } ?? ""
            let others = Self.others(flow.registrations, than: registration)
            if others > 0 { who += " +\(others)" }
            if registration.firstGranted == .never { who += " (\(Self.fate(flow)))" }
            if let role = flow.role { who = flow.isNoFlow ? role : "(\(role))" }
        }
        if let registration, registration.firstGranted != .never {
            timer =
                registration.flowTimer.map { FlowTimer.words($0) }
                ?? (registration.outboundGranted ? "none" : "no outbound")
        } else {
            // Of a registration that cannot be read, the terms hold for the flow all the same.
            timer = registration == nil ? flow.announced.map { FlowTimer.words($0) } ?? "-" : "-"
        }
        id = flow.id.description
        transport = flow.transport.description
        client = flow.client.description
        server = flow.server.description
        registered = who
        keepAlives = flow.pings > 0 ? "\(flow.keepAlive) \(flow.pongs)/\(flow.pings)" : flow.keepAlive
        if let least = flow.intervalMin, let middle = flow.intervalMedian, let most = flow.intervalMax {
            intervals = [least, middle, most].map { DecimalSeconds.text($0, places: 1) }.joined(separator: "/")
        } else {
            intervals = "-"
        }
        verdict =
            switch standing {
            case .fail, .warn, .unknown, .info, .ok: standing.word
            case .refused: "-"
            }
    }

    var cells: [String] {
        [id, transport, client, server, registered, timer, keepAlives, intervals, verdict]
    }

    /// Of a registration that was not granted on the flow: a 2xx, then, was for taking it away.
    private static func fate(_ flow: FlowSummary) -> String {
        flow.hadGrant ? "removed" : flow.refusal.map { "refused: \($0)" } ?? "no 2xx"
    }

    /// How many other phones or accounts register on the flow.
    private static func others(_ registrations: FlowRegistrations, than shown: FlowRegistration) -> Int {
        guard registrations.count > 1 else { return 0 }
        return Set(registrations.map { "\($0.aor);\($0.regID ?? "")" }).count - 1
    }

    private static func shortened(_ aor: String) -> String {
        aor.count > 32 ? aor.prefix(31) + "…" : aor
    }
}
