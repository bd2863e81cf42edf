/// Rows of the catalogue that belong together: one role, protocol or header field.
public struct RequirementGroup: Sendable, Identifiable {
    /// The common beginning of the rows' ids, such as `OB-KA`.
    public let id: String
    public let title: String
    /// What holds for all its rows, if anything.
    public let note: String?
    public let requirements: [Requirement]
}

/// The catalogue of testable requirements, in its order. Built on first use.
public enum RequirementTable {
    public static let groups: [RequirementGroup] = [
        group("OB-INST", "Instance-ID", rowsOB_INST),
        group("OB-UA", "User agent: registration and requests", rowsOB_UA),
        group(
            "OB-KA", "Keep-alive, common and CRLF", rowsOB_KA,
            note: """
                Intervals are measured start to start between two pings of one flow, after TCP reassembly \
                (retransmitted segments count once).
                """),
        group("OB-FT", "Flow-Timer", rowsOB_FT),
        group(
            "OB-REC", "Flow recovery and back-off", rowsOB_REC,
            note: """
                A failure is counted at: final non-2xx response (401/407 excluded), Timer F (32 s), refused or reset \
                connect, connect timeout. Delay = that moment to the first packet of the next attempt at the same \
                URI. W = min(max, base·2^n), n = consecutive failures of that URI.
                """),
        group(
            "OB-EP", "Edge proxy", rowsOB_EP,
            note: """
                Best vantage for active checks: client on one side, fake registrar on the other, edge under test in \
                the middle. With a real edge and registrar only the Path echo in the 200 and the requests that come \
                back are visible.
                """),
        group("OB-TOK", "Flow tokens", rowsOB_TOK),
        group(
            "OB-REG", "Registrar", rowsOB_REG,
            note: """
                What is expected of a registrar with outbound on. Where Require: outbound is absent everywhere, the \
                first verdict is 'no outbound support', and only the rows of RFC 3261 and 5627 are judged.
                """),
        group("OB-AP", "Authoritative proxy", rowsOB_AP),
        group(
            "OB-STUN", "STUN keep-alive on SIP flows", rowsOB_STUN,
            note: """
                RFC 8489 obsoletes RFC 5389; the numbers are equal in both. A datagram counts as STUN if its top two \
                bits are 00, octets 4-7 are 21 12 A4 42, and the length field + 20 is the UDP payload's length (a \
                multiple of 4).
                """),
        group("OB-GR", "Grammar", rowsOB_GR),
        group("OB-WS", "WebSocket transport", rowsOB_WS),
        group("OB-KEEP", "RFC 6223 keep", rowsOB_KEEP),
        group("OB-GRUU", "GRUU points that touch outbound", rowsOB_GRUU),
        group("OB-PATH", "Path", rowsOB_PATH),
        group("OB-RPORT", "rport", rowsOB_RPORT),
        group("OB-SIP", "Core SIP", rowsOB_SIP),
        group("OB-AUTH", "Digest authentication", rowsOB_AUTH),
    ]

    public static let all: [Requirement] = groups.flatMap(\.requirements)

    private static let index: [Requirement.ID: Int] = Dictionary(
        all.enumerated().map { ($0.element.id, $0.offset) }, uniquingKeysWith: { first, _ in first })

    /// The row of that id, or nil.
    public static subscript(id: Requirement.ID) -> Requirement? { index[id].map { all[$0] } }

    private static func group(
        _ id: String, _ title: String, _ rows: [Requirement], note: String? = nil
    ) -> RequirementGroup {
        RequirementGroup(id: id, title: title, note: note, requirements: rows)
    }
}
