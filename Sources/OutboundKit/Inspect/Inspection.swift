/// One SIP message, explained: what is wrong in it, its flow tokens, what an edge proxy and a registrar do with it, and the
/// requirements of the catalogue that it breaks by itself.
///
/// The folder's promise: nothing is judged here that another folder judges. Grammar is the parser's, tokens are FlowToken's,
/// decisions Outbound's, the registrar's answer is that of the registrar in Edge, and findings are those of Audit's rules. What
/// one message cannot show is left out, or `unknown` with its reason.
public struct Inspection: Sendable {
    /// What its reader knows beyond the message.
    public struct Context: Sendable {
        /// `force_outbound_flag` and `force_no_outbound_flag` of Kamailio.
        public var flags = KamailioOutboundFlags()
        /// Where the request came from; nil when that is not known.
        public var source: TransportAddress?
        /// Hosts, each perhaps with a port, that are the edge itself. Empty: the message tells, or else its topmost Route
        /// is taken to lead to the edge.
        public var edges: [String] = []
        /// The empty line behind the header is not the message's own: its reader put it there, and the text may have been
        /// cut before.
        public var isEndAdded = false
        /// How long the body was its reader cannot know, as of pasted text: another length than Content-Length has is no
        /// error of the message.
        public var isLengthUnsure = false

        public init() {}
    }

    /// What it is about in findings: the file and line, or the like.
    public let subject: String
    /// Its secrets are covered (`SecretMask`).
    public let message: SIPMessage
    /// Set when a strict reader gives it up.
    public let failure: ParseError?
    public let malformed: [MalformedPiece]
    /// The header has no end, or is too large: then nothing is decided and judged, since what is missing may have followed.
    public let isIncomplete: Bool
    /// In the order of the message.
    public let tokens: [InspectedToken]
    /// What the decisions take for granted because their reader was not told, for a person; empty without a Route.
    public let assumptions: [String]
    /// By RFC 5626 and by Kamailio; empty for a response, and for what is no message.
    public let decisions: [OutboundDecision]
    /// What a registrar answers to this REGISTER; empty for everything else.
    public let registrars: [RegistrarView]
    /// Passes and rules without occasion included.
    public let findings: [Finding]

    /// On a stream messages may be larger than a datagram.
    private static let limits: SIPLimits = {
        var limits = SIPLimits.default
        limits.datagramOctets = limits.streamOctets
        return limits
    }()

    /// - Parameters:
    ///   - octets: one message as it is on the wire.
    ///   - keys: to try on its flow tokens.
    public init(_ octets: [UInt8], subject: String, context: Context, examiner: FlowTokenExaminer) {
        var octets = octets
        SecretMask.mask(&octets)
        var message = SIPMessage()
        var failure: ParseError?
        do throws(ParseError) {
            try unsafe MessageParser.parse(octets.span.bytes, into: &message, limits: Self.limits)
        } catch {
            failure = error
        }
        let mayBeCut = context.isEndAdded && message.first(.contentLength) == nil
        let errors = mayBeCut ? (failure.map { [$0] } ?? []) + message.faults() : []
        if errors.contains(where: { Self.isExplainedByCut($0, octets) }) {
            octets.removeLast(2)
            message = SIPMessage()
            do throws(ParseError) {
                try unsafe MessageParser.parse(octets.span.bytes, into: &message, limits: Self.limits)
            } catch {
                failure = error
            }
        }
        if context.isLengthUnsure {
            func isLength(_ error: ParseError) -> Bool {
                error.rule.description == "Content-Length" && (error.code == .truncated || error.code == .trailing)
            }
            if let error = failure, isLength(error) { failure = nil }
            message.defects.removeAll(where: isLength)
        }
        self.subject = subject
        self.message = message
        self.failure = failure
        // What a message of which the end of the header is missing lacks may have stood in the rest.
        let isCut = failure?.code == .limit || failure?.rule.description == "message-header"
        isIncomplete = isCut
        malformed = MalformedPiece.all(of: message, failure, withFaults: !isCut, mayBeCut: mayBeCut)
        let top = isCut ? nil : Self.topRoute(of: message)
        var tokens = InspectedToken.find(in: message, examiner, source: context.source)
        let assumption = top.map { EdgeAssumption($0, of: message, context, tokens) }
        if let source = assumption?.source, source != context.source {
            tokens = InspectedToken.find(in: message, examiner, source: source)
        }
        self.tokens = tokens
        assumptions = assumption?.words ?? []
        let isReadable = message.isRequest ? !message.startLineText.isEmpty : message.statusCode < 699 || failure == nil
        guard isReadable, !isCut else {
            decisions = []
            registrars = []
            findings = []
            return
        }
        guard message.isRequest else {
            decisions = []
            registrars = []
            findings = Self.settled(
                ExchangeRules.judge(responseAlone: message, subject: subject), tokens, mayBeCut: mayBeCut)
            return
        }
        let route = top.flatMap { uri in assumption.map { Self.topRoute(uri, $0, tokens) } }
        decisions = [
            .rfc5626(message, route: route), .kamailio(message, flags: context.flags, route: route),
        ]
        registrars = message.method == .register ? RegistrarView.all(of: message, decisions) : []
        findings = Self.settled(
            ExchangeRules.judge(requestAlone: message, subject: subject), tokens, mayBeCut: mayBeCut)
    }

    /// Whether a header that ends too early makes this error: a field is missing, or the last line breaks off.
    private static func isExplainedByCut(_ error: ParseError, _ octets: [UInt8]) -> Bool {
        guard octets.count > 4, octets.suffix(4).elementsEqual([ASCII.cr, ASCII.lf, ASCII.cr, ASCII.lf]) else {
            return false
        }
        if error.code == .missing, GrammarTable.mandatory.contains(error.rule.description) { return true }
        let lastLine = octets.dropLast(4).lastIndex(of: ASCII.lf) ?? 0
        return error.offset > lastLine
    }

    /// What the operator's keys add, since the rules have none; and what a message that may have been cut cannot tell.
    private static func settled(_ findings: [Finding], _ tokens: [InspectedToken], mayBeCut: Bool) -> [Finding] {
        var findings = findings
        if mayBeCut {
            findings = findings.map { finding in
                guard let id = finding.requirement, finding.verdict == .fail || finding.verdict == .warn,
                    let seen = finding.evidence.first?.observed, seen.hasPrefix("no ")
                else { return finding }
                return .unknown(
                    id, .cut, subject: finding.subject,
                    message: "\(finding.message); the text ends without an empty line, and more may have followed")
            }
        }
        let id: Requirement.ID = "OB-TOK-001"
        guard let token = tokens.last(where: { $0.place == .path }), let holds = token.assessment.authenticated else {
            return findings
        }
        return findings.compactMap { finding in
            guard finding.requirement == id, case .unknown = finding.verdict else { return finding }
            // That the code does not hold is the token's own affair: which key it is, the operator alone knows.
            guard holds else { return nil }
            return .pass(
                id, subject: finding.subject,
                message: "the flow token's code holds under the key \(token.assessment.key ?? "")")
        }
    }

    /// Why the two decisions differ; nil when they do not, or there are none.
    public var difference: String? {
        guard decisions.count == 2 else { return nil }
        return OutboundDecision.difference(decisions[0], decisions[1])
    }

    /// Something is malformed that no reader should let pass, a requirement is broken, or a token is weak, damaged or forged.
    public func isViolated(strict: Bool) -> Bool {
        malformed.contains { strict || !$0.isTolerated }
            || tokens.contains { $0.isNotable && $0.assessment.isViolation }
            || findings.contains { $0.verdict == .fail || strict && $0.verdict == .warn }
    }

    private static func topRoute(of message: SIPMessage) -> SIPURI? {
        guard message.isRequest, let first = message.values(.route).first else { return nil }
        return message.withSpan { span in try? NameAddr.parse(span, first.range) }?.uri
    }

    private static func topRoute(
        _ uri: SIPURI, _ assumption: EdgeAssumption, _ tokens: [InspectedToken]
    ) -> OutboundDecision.TopRoute {
        let token = tokens.first { $0.place == .route }
        let isToken = token.map { $0.isFirst && $0.assessment.token != nil } ?? false
        var route = OutboundDecision.TopRoute(
            uri, isOwn: assumption.isOwn, hasToken: isToken,
            isForged: isToken && token?.assessment.authenticated == false)
        if isToken, let direction = token?.direction {
            switch direction.way {
            case .incoming: route.direction = .incoming
            case .outgoing: route.direction = .outgoing
            case .undetermined: route.direction = .unknown
            }
        }
        return route
    }
}
