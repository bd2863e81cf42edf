/// GRUU points that touch outbound (RFC 5627).
extension RequirementTable {
    static let rowsOB_GRUU: [Requirement] = [
        Requirement(
            "OB-GRUU-001", section: "5627 §5.2", level: .must, levelText: "MUST", binds: "registrar",
            sentence: """
                REGISTER with Supported: gruu and instance: own Contact in the 200 has temp-gruu and pub-gruu (where \
                assigned) and the instance.
                """,
            activeCheck: "Register with gruu + outbound together; both features at once.",
            passiveCheck: "Missing although gruu listed → INFO (GRUU not supported) or FAIL if others get it."),
        Requirement(
            "OB-GRUU-002", section: "5627 §4.4", level: .must, levelText: "MUST NOT", binds: "UA",
            sentence: """
                No temp GRUU from a REGISTER response whose Call-ID differs from the latest REGISTER for the same AOR \
                + instance (+ reg-id with outbound).
                """,
            activeCheck: "New Call-ID on refresh (server restart), then call: Contact must not be the old one.",
            passiveCheck: "Contact with an outdated temp-gruu → FAIL if both REGISTERs are captured, else LATE."),
        Requirement(
            "OB-GRUU-003", section: "5627 §5.1", level: .must, levelText: "MUST", binds: "registrar",
            sentence: """
                Newest binding of AOR + instance (+ reg-id for a flow) had another Call-ID → all earlier temp GRUUs of \
                AOR + instance are void, requests to them get 404.
                """,
            activeCheck: """
                Re-register reg-id 1 with a new Call-ID; call the old temp-gruu: 404. A new Call-ID on reg-id 2 alone \
                must not void them.
                """,
            passiveCheck: ""),
        Requirement(
            "OB-GRUU-004", section: "5627 §5.1", level: .must, levelText: "MUST", binds: "registrar",
            sentence: """
                pub-gruu/temp-gruu sent by a UA are ignored; Contact equal to the AOR or to a GRUU of it, or not a SIP \
                URI → 403 (when instance is present).
                """,
            activeCheck: "Send each.",
            passiveCheck: ""),
        Requirement(
            "OB-GRUU-005", section: "5627 §6.1", level: .must, levelText: "MUST / SHOULD", binds: "proxy",
            sentence: """
                GRUU with several contacts: with reg-id → rules of OB-AP; without reg-id → most recently refreshed \
                first (MUST), next one after 408/430 (SHOULD), never after another final (MUST NOT).
                """,
            activeCheck: "Two bindings of an instance; watch order.",
            passiveCheck: "As OB-AP-003."),
        Requirement(
            "OB-GRUU-006", section: "5627 §6.1", level: .must, levelText: "MUST", binds: "proxy",
            sentence: "Valid GRUU without contacts → 480; unknown gr → 404 (SHOULD).",
            activeCheck: "De-register, call.",
            passiveCheck: ""),
        Requirement(
            "OB-GRUU-007", section: "5627 §6.1", level: .must, levelText: "MUST", binds: "proxy",
            sentence: """
                Mid-dialog request to a GRUU that still has Route values beyond the proxy itself: stored Path is not \
                used.
                """,
            activeCheck: "In-dialog BYE to a GRUU with edge's Record-Route: edge visited once.",
            passiveCheck: "Edge's Path and Record-Route both present → WARN (spiral)."),
        Requirement(
            "OB-GRUU-008", section: "5627 §6.2", level: .must, levelText: "MUST", binds: "proxy",
            sentence: """
                Terminating proxy record-routes when the chosen contact has a GRUU and the registration has Path.
                """,
            activeCheck: "Check Record-Route on INVITE.",
            passiveCheck: ""),
        Requirement(
            "OB-GRUU-009", section: "5626 §4.3", level: .statement, levelText: "statement", binds: "UA",
            sentence: """
                Contact registered with ob + GRUU: no extra ob needed in the dialog, and the registration flow is \
                used.
                """,
            activeCheck: "OB-UA-025.",
            passiveCheck: "OB-UA-023 must accept gr."),
    ]
}
