/// The bounds of what is read of SIP (`SIPLimits`), by what there is too much of.
enum SIPBound: Int64, Sendable, Hashable, CaseIterable {
    case datagramOctets
    case messageOctets
    case fieldOctets
    case fields

    /// The bound that an error says was hit.
    init?(_ error: ParseError) {
        guard error.code == .limit, let bound = Self.allCases.first(where: { error.isIn($0.rule) }) else { return nil }
        self = bound
    }

    /// The rule of such an error.
    var rule: StaticString {
        switch self {
        case .datagramOctets: "datagram octets"
        case .messageOctets: "message octets"
        case .fieldOctets: "header field octets"
        case .fields: "header fields"
        }
    }

    /// So much of it, in words.
    func words(_ count: Int64) -> String {
        switch self {
        case .datagramOctets, .messageOctets: "\(count) octets"
        case .fieldOctets: "\(count) octets in a header field"
        case .fields: "\(count) header fields"
        }
    }
}
