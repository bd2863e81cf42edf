/// A user part of a message that is a flow token, or stands where one is expected.
public struct InspectedToken: Sendable {
    public enum Place: String, Sendable, Hashable {
        case requestURI = "Request-URI"
        case path = "Path"
        case route = "Route"
        case recordRoute = "Record-Route"
        case serviceRoute = "Service-Route"
        case contact = "Contact"
        case elsewhere = "elsewhere"

        /// Where edge proxies put their tokens.
        var isRouteSet: Bool {
            switch self {
            case .path, .route, .recordRoute, .serviceRoute: true
            case .requestURI, .contact, .elsewhere: false
            }
        }
    }

    public let place: Place
    /// In the message, both from 1.
    public let line: Int
    public let column: Int
    public let text: String
    /// Where it stands, and what its URI says besides.
    public let found: FoundToken
    public let assessment: TokenAssessment
    /// What an edge does with a request by this token; only for a Route, and where the source is known.
    public let direction: FlowTokenDirection?
    /// The first URI of its field.
    let isFirst: Bool

    /// Something is known about it: a user name in a Contact that merely has the size of a handle is no token.
    public var isNotable: Bool {
        if assessment.token == nil { return place.isRouteSet && !assessment.damage.isEmpty }
        return place.isRouteSet || assessment.key != nil || (assessment.candidates.first?.confidence ?? .low) > .low
    }

    /// All of a message, in its order; the user parts of From, To and of header fields that are not read here are left out.
    static func find(
        in message: SIPMessage, _ examiner: FlowTokenExaminer, source: TransportAddress?
    ) -> [InspectedToken] {
        message.withSpan { span in
            return TokenFinder.find(span).prefix(1000).compactMap { found -> InspectedToken? in
                guard let place = Self.place(of: found.user, in: message), place != .elsewhere else { return nil }
                let assessment = examiner.examine(span.extracting(found.user.range), context: found.context)
                let (line, column) = ParseError(.unexpected, at: found.user.start, in: "").position(in: span)
                let token = InspectedToken(
                    place: place, line: line, column: column, text: PrintableText.of(span.string(found.user)),
                    found: found,
                    assessment: assessment,
                    direction: place == .route ? source.map { FlowTokenDirection(of: assessment, from: $0) } : nil,
                    isFirst: isFirst(found.user, in: message))
                return token.isNotable ? token : nil
            }
        }
    }

    private static func place(of slice: ByteSlice, in message: SIPMessage) -> Place? {
        guard !slice.isEmpty else { return nil }
        if message.requestURI.start <= slice.start, slice.end <= message.requestURI.end { return .requestURI }
        guard let field = field(of: slice, in: message) else { return nil }
        switch field.name {
        case .path: return .path
        case .route: return .route
        case .recordRoute: return .recordRoute
        case .contact: return .contact
        case .other where ASCII.equalsIgnoringCase(message.text(field.nameText), "Service-Route"): return .serviceRoute
        default: return .elsewhere
        }
    }

    private static func field(of slice: ByteSlice, in message: SIPMessage) -> HeaderField? {
        message.headers.first { $0.value.start <= slice.start && slice.end <= $0.value.end }
    }

    /// It belongs to the first value of the first field of its name.
    private static func isFirst(_ slice: ByteSlice, in message: SIPMessage) -> Bool {
        guard let field = field(of: slice, in: message), message.first(field.name)?.value == field.value else {
            return false
        }
        return message.values(field.name).first.map { $0.start <= slice.start && slice.end <= $0.end } ?? false
    }
}
