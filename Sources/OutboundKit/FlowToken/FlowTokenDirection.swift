/// What an edge proxy does with a request whose topmost Route carries a token, by where the request came from
/// (RFC 5626 §5.3.1).
public struct FlowTokenDirection: Sendable, Hashable {
    public enum Way: String, Sendable, Hashable {
        /// From the client of the flow: the token is used up, and the request goes on by its next Route or its URI.
        case outgoing
        /// From anywhere else: the request goes over the flow to the client.
        case incoming
        /// The token holds no remote end to compare with.
        case undetermined
    }

    public enum Answer: String, Sendable, Hashable {
        case route
        /// 403 Forbidden: the token was changed.
        case forbidden = "403"
        /// 430 Flow Failed, as far as the flow is gone; only the live proxy knows.
        case flowFailed = "430"
        /// The issuer sees no token at all and treats the Route as an ordinary one.
        case ordinaryRoute = "ordinary-route"
    }

    public let way: Way
    public let answer: Answer
    public let explanation: String
    /// The sender has the flow's address and another port: perhaps the same client after a change of address.
    public let senderMayHaveMoved: Bool

    /// - Parameter source: where the request came from. A token names its transport, a source address does not, so the
    ///   ends alone are compared.
    public init(of assessment: TokenAssessment, from source: TransportAddress) {
        guard let token = assessment.token else {
            self.init(.undetermined, .ordinaryRoute, "no flow token was recognised: an ordinary route")
            return
        }
        let sourceIsRemote = token.remote == source
        let way: Way = token.remote == nil ? .undetermined : sourceIsRemote ? .outgoing : .incoming
        if assessment.damage.contains(where: { Self.hides($0, from: token.format) }) {
            self.init(way, .ordinaryRoute, "\(token.format) sees no flow token in the damaged text: an ordinary route")
            return
        }
        let forged = assessment.authenticated == false && assessment.derivation?.isPublic != true
        if forged {
            self.init(way, .forbidden, "the code does not hold, so the proxy must answer 403 (RFC 5626 §5.3.1)")
            return
        }
        let proviso = assessment.authenticated == true || assessment.derivation != nil ? "" : ", if its code holds"
        switch way {
        case .outgoing:
            self.init(way, .route, "sent by the flow's own client: on by the next Route or the Request-URI" + proviso)
        case .undetermined:
            self.init(way, .flowFailed, "a handle of a live process: over its connection, or 430 when that is gone")
        case .incoming:
            let over = token.remote.map { " to \($0)" } ?? ""
            let gone = Self.keepsNoFlowTable(token.format) ? "" : ", or 430 when the flow is gone"
            if token.remote?.ip == source.ip {
                self.init(
                    way, .route,
                    "over the flow\(over)\(gone)\(proviso): the sender has the flow's address and another port, so a "
                        + "client that moved gets its own request back", senderMayHaveMoved: true)
            } else {
                self.init(way, .route, "over the flow\(over)\(gone)\(proviso)")
            }
        }
    }

    private init(_ way: Way, _ answer: Answer, _ explanation: String, senderMayHaveMoved: Bool = false) {
        self.way = way
        self.answer = answer
        self.explanation = explanation
        self.senderMayHaveMoved = senderMayHaveMoved
    }

    /// Damage that the issuer meets before it looks at the code.
    private static func hides(_ damage: TokenDamage, from format: FlowTokenFormat) -> Bool {
        switch damage {
        case .percentEncoded, .padLost, .wrongPad, .truncated: damage.isRefused(by: format)
        default: false
        }
    }

    /// Issuers that send to the address in the token without a look whether the flow still lives.
    private static func keepsNoFlowTable(_ format: FlowTokenFormat) -> Bool {
        switch format {
        case .kamailio, .oversipUDP: true
        default: false
        }
    }
}
