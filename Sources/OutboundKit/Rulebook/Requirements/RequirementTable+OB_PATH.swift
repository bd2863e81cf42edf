/// What is asked of Path (RFC 3327).
extension RequirementTable {
    static let rowsOB_PATH: [Requirement] = [
        Requirement(
            "OB-PATH-001", section: "3327 §5.2", level: .statement, levelText: "statement", binds: "proxy",
            sourceChecked: false,
            sentence: """
                Each proxy puts its Path value on top of those already there; so the edge nearest the UA is the last \
                value.
                """,
            activeCheck: "Two fake proxies in a row; order in the registrar's Route must lead P2 → EP → UA.",
            passiveCheck: "Wrong order → FAIL with both hops captured."),
        Requirement(
            "OB-PATH-002", section: "3327 §5.2", level: .should, levelText: "SHOULD NOT / SHOULD", binds: "proxy",
            sourceChecked: false,
            sentence: """
                No Path if the UA did not list path; a proxy that needs Path then answers 421 + Require: path.
                """,
            activeCheck: "REGISTER without path: forwarded without Path, or 421.",
            passiveCheck: "Path added although UA did not list path → WARN."),
        Requirement(
            "OB-PATH-003", section: "3327 §5.3", level: .should, levelText: "SHOULD", binds: "registrar",
            sourceChecked: false,
            sentence: """
                Path present but UA did not list path → 420 + Unsupported: path is the recommended policy; accepting \
                is possible.
                """,
            activeCheck: "Send so: 420 or 200 = pass; print which (strict / lazy / off).",
            passiveCheck: "INFO."),
        Requirement(
            "OB-PATH-004", section: "3327 §5.3", level: .statement, levelText: "statement", binds: "registrar",
            sourceChecked: false,
            sentence: "Path in the 200 equals the request's, order kept.",
            activeCheck: "OB-REG-001.",
            passiveCheck: "OB-REG-001."),
    ]
}
