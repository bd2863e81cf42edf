/// The rules of config-check, which are rows of the rulebook's diagnoses.
public enum ConfigRules {
    /// A rule for a list.
    public struct Rule: Sendable {
        public let diagnosis: Diagnosis
        /// What it looks for in a configuration.
        public let finds: String
        /// The worst that it can say.
        public let worst: Verdict
        /// `edge`, `registrar`, `pair`, or `any` file.
        public let concerns: String
    }

    /// Of each rule of a group the worst verdict; what is not named here can fail.
    private static let warns: Set<String> = [
        "CFG-READ-05", "CFG-READ-10", "CFG-EDGE-02", "CFG-EDGE-04", "CFG-EDGE-05", "CFG-EDGE-06",
        "CFG-EDGE-07", "CFG-EDGE-08", "CFG-WS-01", "CFG-FLAG-03", "CFG-FLAG-04", "CFG-NAT-01", "CFG-TOK-01",
        "CFG-REG-05",
        "CFG-AP-03", "CFG-AP-06", "DX-FT-04", "DX-FT-07", "DX-FT-08", "DX-FT-09", "DX-TOK-02", "DX-TOK-03",
        "DX-REG-04", "DX-BIND-03",
    ]
    private static let informs: Set<String> = [
        "CFG-MOD-01", "CFG-WS-03", "CFG-NAT-02", "CFG-RPORT-01", "CFG-REG-03", "CFG-REG-06", "CFG-REG-07",
        "CFG-REG-08", "CFG-AP-04", "CFG-AP-05", "CFG-PAIR-01", "CFG-PAIR-02", "CFG-PAIR-03", "CFG-PAIR-04",
        "DX-FT-03", "DX-FT-06", "DX-FT-13", "DX-REG-02", "DX-REG-10", "DX-STUN-09",
    ]
    /// Of the catalogue's diagnoses those that a configuration alone can show, and how it does. The catalogue itself tells what
    /// packets show.
    static let shared: [String: String] = [
        "DX-STUN-01": "UDP is listened on, and stun is not loaded",
        "DX-STUN-09": "nathelper pings phones that have outbound, too, and pings over UDP only",
        "DX-STUN-10": "nathelper is to ping by OPTIONS, and sipping_from is not set",
        "DX-FT-03": "a Flow-Timer below 20 s, which some phones cannot keep",
        "DX-FT-04": "no Flow-Timer is sent, and connections are closed after 120 s of silence or sooner",
        "DX-FT-05": "tcp_connection_lifetime is shorter than Flow-Timer, or leaves a late ping no time",
        "DX-FT-06": "tcp_connection_lifetime is far longer than Flow-Timer, so that dead connections stay",
        "DX-FT-07": "Flow-Timer is inserted without a look at `Require: outbound`",
        "DX-FT-08": "Flow-Timer is inserted beside one that may be there already",
        "DX-FT-09": "the WebSocket keepalive_timeout does not fit Flow-Timer",
        "DX-FT-13": "tcp_keepalive is on, which does not prolong tcp_connection_lifetime",
        "DX-REG-02": "path_mode refuses phones that do not list path in Supported",
        "DX-REG-03": "outbound_mode is 0, or no mode",
        "DX-REG-04": "outbound_mode 2 refuses every phone without outbound",
        "DX-REG-10": "regid_mode 1 keeps the reg-id of phones without outbound, too",
        "DX-BIND-03":
            "lookup() without t_load_contacts(), t_next_contacts() and t_next_contact_flow(): no second flow is tried",
        "DX-TOK-01": "a flow_token_secret in a release that ignores it and signs with a key that everybody has",
        "DX-TOK-02": "no secret, or none that is used: a restart makes every flow token worthless",
        "DX-TOK-03": "no 430 is sent where relaying to a phone fails",
        "DX-TOK-04": "tcp_accept_haproxy in a release whose flow token holds the balancer's address",
        "DX-TOK-11": "Path is added in Kamailio 6.1.0, which crashes there on `Contact: *`",
        "DX-TOK-14": "requests to phones are relayed without set_forward_no_connect()",
    ]

    /// All, in the order of the catalogue.
    public static let all: [Rule] = DiagnosisTable.all.compactMap { row in
        let id = row.id.text
        let finds = shared[id]
        guard id.hasPrefix("CFG-") || finds != nil else { return nil }
        let worst: Verdict =
            informs.contains(id)
            ? .info
            : warns.contains(id)
                ? .warn : id == "CFG-READ-07" ? .unknown(.configuration) : .fail
        return Rule(diagnosis: row, finds: finds ?? row.evidence, worst: worst, concerns: concerns(id))
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
