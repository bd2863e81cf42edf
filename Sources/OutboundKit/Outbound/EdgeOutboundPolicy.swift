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
    /// A Contact with `reg-id`: a look for the name that makes no String.
    var contactHasRegID: Bool {
        withSpan { span in
            for field in headers where field.name == .contact {
                let range = field.value.range
                var at = range.lowerBound
                while at + 6 <= range.upperBound {
                    if span.octet(at) == ASCII.semicolon, at + 7 <= range.upperBound {
                        var start = at + 1
                        while start < range.upperBound, ValueScanner.isLWS(span.octet(start)) { start += 1 }
                        if start + 6 <= range.upperBound, span.equalsIgnoringCase("reg-id", in: start..<start + 6) {
                            return true
                        }
                    }
                    at += 1
                }
            }
            return false
        }
    }
}
