/// Whether an edge applies outbound to a REGISTER, like Kamailio's `force_outbound_flag` and `force_no_outbound_flag`.
public enum EdgeOutboundPolicy: Sendable, Hashable {
    /// When asked for: one Via and `reg-id`.
    case asAsked
    /// The edge adds its Path and token whether or not the phone asked.
    case always
    /// Never: no Path with `ob`, no token, no Flow-Timer.
    case never
}

extension EdgeOutboundPolicy {
    /// Whether outbound is wanted for that REGISTER, whoever the first hop is. `reg-id` alone decides (RFC 5626 §5.1): what
    /// the registrar then makes of a REGISTER without the option-tag is its own affair (§6).
    func wantsOutbound(_ request: SIPMessage) -> Bool {
        switch self {
        case .never: false
        case .always: true
        case .asAsked: request.contactHasRegID
        }
    }

    /// What an edge in front of a registrar does with a REGISTER.
    public func action(for request: SIPMessage) -> OutboundDecision.Action {
        let listsPath = request.hasOptionTag("path", in: .supported)
        guard request.viaCount == 1, wantsOutbound(request) else {
            // Not the first hop, or a plain phone: a Path without `ob` (RFC 5626 §5.1). Without it the registrar would look
            // for the phone at its Contact, past the connection that the phone holds here.
            return listsPath ? .plainPath : .nothing
        }
        // RFC 3327 §5.2: a proxy that needs Path refuses who did not announce it; who did not ask for outbound either can do
        // without.
        if listsPath || self == .always { return .pathWithTokenAndOb }
        return request.hasOptionTag("outbound", in: .supported) ? .extensionRequired : .nothing
    }
}

extension SIPMessage {
    /// A Contact with `reg-id`, as a parameter of the field: within the angle brackets it would be one of the URI, and mean
    /// nothing (RFC 3261 §20.10). A look for the name that makes no String.
    var contactHasRegID: Bool {
        withSpan { span in
            headers.contains { $0.name == .contact && Self.hasRegID(span, $0.value.range) }
        }
    }

    private static func hasRegID(_ span: RawSpan, _ range: Range<Int>) -> Bool {
        var isQuoted = false
        var isInBrackets = false
        var at = range.lowerBound
        while at < range.upperBound {
            switch span.octet(at) {
            case ASCII.backslash where isQuoted: at += 1
            case ASCII.quote where !isInBrackets: isQuoted.toggle()
            case ASCII.less where !isQuoted: isInBrackets = true
            case ASCII.greater where !isQuoted: isInBrackets = false
            case ASCII.semicolon where !isQuoted && !isInBrackets:
                if isRegID(span, at + 1, range.upperBound) { return true }
            default: break
            }
            at += 1
        }
        return false
    }

    /// Whether a parameter of that name, and no longer one, begins at `place` or behind white space there.
    private static func isRegID(_ span: RawSpan, _ place: Int, _ end: Int) -> Bool {
        var start = place
        while start < end, ValueScanner.isLWS(span.octet(start)) { start += 1 }
        let behind = start + 6
        guard behind <= end, span.equalsIgnoringCase("reg-id", in: start..<behind) else { return false }
        return behind == end || !ASCII.isToken(span.octet(behind))
    }
}
