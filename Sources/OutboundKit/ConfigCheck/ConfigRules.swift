/// The rules of config-check, which are rows of the rulebook's diagnoses.
public enum ConfigRules {
    /// A rule for a list.
    public struct Rule: Sendable {
        public let diagnosis: Diagnosis
        /// The worst that it can say.
        public let worst: Verdict
        /// `edge`, `registrar`, `pair`, or `any` file.
        public let concerns: String
    }

    /// Of each rule of a group the worst verdict; what is not named here can fail.
    private static let warns: Set<String> = [
        "CFG-READ-05", "CFG-READ-08", "CFG-READ-10", "CFG-EDGE-02", "CFG-EDGE-04", "CFG-EDGE-05", "CFG-EDGE-06",
        "CFG-EDGE-07", "CFG-EDGE-08", "CFG-WS-01", "CFG-FLAG-03", "CFG-FLAG-04", "CFG-NAT-01", "CFG-TOK-01",
        "CFG-REG-05",
        "CFG-AP-03", "CFG-AP-06", "DX-FT-04", "DX-FT-07", "DX-FT-08", "DX-FT-09", "DX-TOK-02", "DX-TOK-03",
        "DX-REG-04", "DX-STUN-10", "DX-BIND-03",
    ]
    private static let informs: Set<String> = [
        "CFG-MOD-01", "CFG-WS-03", "CFG-NAT-02", "CFG-RPORT-01", "CFG-REG-03", "CFG-REG-06", "CFG-REG-07",
        "CFG-REG-08", "CFG-AP-04", "CFG-AP-05", "CFG-PAIR-01", "CFG-PAIR-02", "CFG-PAIR-03", "CFG-PAIR-04",
        "DX-FT-03", "DX-FT-06", "DX-FT-13", "DX-REG-02", "DX-REG-10", "DX-STUN-09",
    ]
    /// Of the catalogue's diagnoses those that a configuration alone can show.
    private static let shared: Set<String> = [
        "DX-STUN-01", "DX-STUN-09", "DX-STUN-10", "DX-FT-03", "DX-FT-04", "DX-FT-05", "DX-FT-06", "DX-FT-07",
        "DX-FT-08", "DX-FT-09", "DX-FT-13", "DX-REG-02", "DX-REG-03", "DX-REG-04", "DX-REG-10", "DX-BIND-03",
        "DX-TOK-01", "DX-TOK-02", "DX-TOK-03", "DX-TOK-04", "DX-TOK-11", "DX-TOK-14",
    ]

    /// All, in the order of the catalogue.
    public static let all: [Rule] = DiagnosisTable.all.compactMap { row in
        let id = row.id.text
        guard id.hasPrefix("CFG-") || shared.contains(id) else { return nil }
        let worst: Verdict =
            informs.contains(id)
            ? .info
            : warns.contains(id)
                ? .warn : id == "CFG-READ-07" ? .unknown(.configuration) : .fail
        return Rule(diagnosis: row, worst: worst, concerns: concerns(id))
    }

    private static func concerns(_ id: String) -> String {
        switch id.split(separator: "-").dropLast().joined(separator: "-") {
        case "CFG-PAIR": "pair"
        case "CFG-REG", "CFG-AP", "DX-REG", "DX-BIND": "registrar"
        case "CFG-READ", "CFG-MOD": "any"
        default: ["DX-STUN-09", "DX-STUN-10", "CFG-NAT-02"].contains(id) ? "registrar" : "edge"
        }
    }
}
