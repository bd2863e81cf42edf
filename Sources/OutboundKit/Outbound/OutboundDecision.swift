/// What an edge proxy does about outbound for one request, and the questions that lead there, in their order.
///
/// Two authorities can be asked: RFC 5626 (§5.1, §5.3) and Kamailio's outbound module with its `path` and `rr` modules, as
/// release 5.6.3 was seen to decide. Only the message is looked at, and what the caller says of its topmost Route: whether a
/// flow still lives, and which functions a configuration calls, nobody can see in a message.
///
///     let decision = OutboundDecision.rfc5626(request)
///     for step in decision.steps { print(step.question, step.answer) }
///     print(decision.action?.sentence ?? decision.open ?? "")
public struct OutboundDecision: Sendable, Hashable {
    public enum Authority: String, Sendable, Hashable, CaseIterable {
        case rfc5626
        case kamailio

        public var name: String { self == .rfc5626 ? "RFC 5626" : "Kamailio" }
    }

    /// What the edge does. The raw value is the word in JSON.
    public enum Action: String, Sendable, Hashable, CaseIterable {
        case pathWithTokenAndOb = "path-token-ob"
        case pathWithToken = "path-token"
        case plainPath = "path-plain"
        /// 421 with `Require: path`.
        case extensionRequired = "refuse-421"
        /// The token names the flow on which the request came.
        case recordRouteOfSource = "record-route-token"
        /// The token is that of the topmost Route.
        case recordRouteOfRoute = "record-route-of-route"
        case plainRecordRoute = "record-route-plain"
        case nothing = "none"

        /// A flow token is written.
        public var isApplied: Bool {
            switch self {
            case .pathWithTokenAndOb, .pathWithToken, .recordRouteOfSource, .recordRouteOfRoute: true
            case .plainPath, .extensionRequired, .plainRecordRoute, .nothing: false
            }
        }

        /// What the edge does, for a person.
        public var sentence: String {
            switch self {
            case .pathWithTokenAndOb: "adds Path with a flow token and ob: <sip:TOKEN@edge;lr;ob>"
            case .pathWithToken: "adds Path with a flow token, but without ob: <sip:TOKEN@edge;lr>"
            case .plainPath: "adds no flow token and no ob; a Path of its own has neither: <sip:edge;lr>"
            case .extensionRequired: "refuses: 421 Extension Required, Require: path"
            case .recordRouteOfSource: "adds Record-Route with a token of the flow on which the request came"
            case .recordRouteOfRoute: "adds Record-Route with the token of the topmost Route"
            case .plainRecordRoute: "adds no flow token; a Record-Route of its own has none: <sip:edge;lr>"
            case .nothing: "adds nothing of outbound"
            }
        }
    }

    /// One question on the way.
    public struct Step: Sendable, Hashable {
        public let question: String
        /// What the message shows.
        public let answer: String
        /// The section, or the module's word for it.
        public let source: String

        init(_ question: String, _ answer: String, _ source: String) {
            self.question = question
            self.answer = answer
            self.source = source
        }
    }

    /// The topmost Route, as far as its reader knows more than the URI says.
    public struct TopRoute: Sendable, Hashable {
        public enum Direction: String, Sendable, Hashable {
            /// From the client of the token's flow.
            case outgoing
            /// From anywhere else, towards that client.
            case incoming
            /// Where the request came from is not known, or the token does not name the client.
            case unknown
        }

        public let uri: SIPURI
        /// Its host is the edge itself.
        public var isOwn: Bool
        /// Its user part is a flow token of the edge.
        public var hasToken: Bool
        /// The token's code was tried and does not hold.
        public var isForged: Bool
        public var direction: Direction

        public init(
            _ uri: SIPURI, isOwn: Bool, hasToken: Bool, isForged: Bool = false, direction: Direction = .unknown
        ) {
            self.uri = uri
            self.isOwn = isOwn
            self.hasToken = hasToken
            self.isForged = isForged
            self.direction = direction
        }

        /// Whether the rules of RFC 5626 §5.3 for a Route with a token hold.
        var leadsByToken: Bool { isOwn && hasToken }
    }

    public let authority: Authority
    public let steps: [Step]
    /// nil when the message alone does not decide.
    public let action: Action?
    /// What is missing for a decision; nil when there is one.
    public let open: String?

    /// nil when the message alone does not decide.
    public var isApplied: Bool? { action?.isApplied }

    /// The answer that decided.
    public var reason: String { open ?? steps.last?.answer ?? "" }

    /// Why two decisions about one message differ; nil when they do not.
    public static func difference(_ rfc: OutboundDecision, _ kamailio: OutboundDecision) -> String? {
        guard let left = rfc.action, let right = kamailio.action else { return nil }
        // Without a token it makes no difference to outbound whether the edge writes a Path or Record-Route of its own.
        let isPlain = !left.isApplied && !right.isApplied
        let isRefusal = left == .extensionRequired || right == .extensionRequired
        guard left != right, !isPlain || isRefusal else { return nil }
        return "for \(rfc.authority.name), \(rfc.reason); for \(kamailio.authority.name), \(kamailio.reason)"
    }

    /// Questions as they are asked.
    struct Trail {
        let authority: Authority
        private(set) var steps: [Step] = []

        init(_ authority: Authority) { self.authority = authority }

        mutating func ask(_ question: String, _ answer: String, _ source: String) {
            steps.append(Step(question, answer, source))
        }

        func end(_ action: Action) -> OutboundDecision {
            OutboundDecision(authority: authority, steps: steps, action: action, open: nil)
        }

        func leaveOpen(_ why: String) -> OutboundDecision {
            OutboundDecision(authority: authority, steps: steps, action: nil, open: why)
        }
    }
}
