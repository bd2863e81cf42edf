/// Where in a message a finding points: the header field that its requirement is about.
public enum InspectPlace {
    /// The line, from 1; nil where the requirement is about what is not there, or about the whole.
    public static func line(of finding: Finding, in message: SIPMessage) -> Int? {
        guard let requirement = finding.requirement, finding.verdict != .pass else { return nil }
        guard let start = offset(requirement, message) else { return nil }
        return message.withSpan { ParseError(.unexpected, at: start, in: "").position(in: $0).line }
    }

    private static func offset(_ requirement: Requirement.ID, _ message: SIPMessage) -> Int? {
        switch requirement.text {
        case "OB-SIP-004": return 0
        // The tag is missing where it should stand, or the whole field is, and then the Contact makes it due.
        case "OB-UA-003", "OB-UA-009", "OB-UA-019":
            return (message.first(.supported) ?? message.first(.contact))?.nameText.start
        case "OB-SIP-003": return nil
        default: break
        }
        let name: HeaderName? =
            switch requirement.group {
            case "OB-UA" where requirement == "OB-UA-024": .via
            case "OB-INST", "OB-UA", "OB-GRUU": .contact
            case "OB-GR": message.first(.contact) == nil ? .path : .contact
            case "OB-RPORT", "OB-KEEP": .via
            case "OB-FT": .flowTimer
            case "OB-EP", "OB-TOK", "OB-PATH": .path
            case "OB-AUTH": message.first(.authorization) == nil ? .proxyAuthorization : .authorization
            case "OB-REG": message.isRequest ? .contact : nil
            default: nil
            }
        return name.flatMap { message.first($0)?.nameText.start }
    }
}
