/// The rulebook's names for what is weak about a token. FlowToken and Rulebook don't know each other.
extension TokenWeakness {
    /// What it breaks; nil for a remark.
    public var requirement: Requirement.ID? {
        switch self {
        case .secretIgnored, .exampleSecret, .noCode, .codeShortened: "OB-TOK-001"
        case .privateAddressExposed: "OB-TOK-008"
        case .notCanonical: "OB-TOK-010"
        default: nil
        }
    }

    /// What usually lies behind it.
    public var diagnosis: Diagnosis.ID? {
        switch self {
        case .secretIgnored: "DX-TOK-01"
        case .localUnlikeURI: "DX-TOK-04"
        default: nil
        }
    }
}

extension FlowTokenDirection {
    /// A client that changed its address gets its own requests back.
    public var diagnosis: Diagnosis.ID? { senderMayHaveMoved ? "DX-TOK-06" : nil }
}

extension TokenAssessment {
    /// A code that fits no key: mostly keys that differ between nodes or starts.
    public var diagnosis: Diagnosis.ID? {
        authenticated == false && key == nil && damage.isEmpty && token?.format == .kamailio ? "DX-TOK-02" : nil
    }
}
