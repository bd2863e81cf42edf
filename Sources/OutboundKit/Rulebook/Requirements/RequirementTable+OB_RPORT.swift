/// What is asked of rport and received (RFC 3581).
extension RequirementTable {
    static let rowsOB_RPORT: [Requirement] = [
        Requirement(
            "OB-RPORT-001", section: "3581 §3", level: .must, levelText: "MUST", binds: "UA",
            sentence: """
                If rport is used in a request it has no value; over UDP the response must be accepted on the sending \
                port.
                """,
            activeCheck: "Parse; answer to the source port only.",
            passiveCheck: """
                rport=… in the top Via of a request at its first hop → FAIL. With received beside it in a message alone, \
                which a server may have written down → unknown SIDE.
                """),
        Requirement(
            "OB-RPORT-002", section: "3581 §4", level: .must, levelText: "MUST", binds: "server",
            sentence: """
                Empty rport is filled with the source port, and received with the source IP even if equal to sent-by; \
                on any transport.
                """,
            activeCheck: "register-test prints both as mapped address; compare with STUN's.",
            passiveCheck: """
                Response Via with rport still empty or without received → FAIL. rport/received ≠ XOR-MAPPED-ADDRESS on \
                one flow → WARN. On loopback another source may be a relay's → unknown SIDE.
                """),
        Requirement(
            "OB-RPORT-003", section: "3581 §4", level: .must, levelText: "MUST", binds: "server",
            sentence: "Response goes to received:rport, from the address and port the request came to.",
            activeCheck: "NAT-like probe with a false sent-by.",
            passiveCheck: "Response from another port, or to sent-by → FAIL."),
    ]
}
