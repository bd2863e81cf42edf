/// What one ordinary outbound registration showed before the cases run: which of them have something to judge.
public struct Survey: Sendable {
    /// `outbound` stands in Require of the 200.
    public internal(set) var isOutbound = false
    /// Seconds.
    public internal(set) var flowTimer: UInt64?
    /// The first hop's Path URI has a user part.
    public internal(set) var hasToken = false
    public internal(set) var pathHasOb = false
    public internal(set) var isChallenged = false
    public internal(set) var givesGRUU = false
    /// The 200 lists the own Contact with its instance and reg-id.
    public internal(set) var listsKeys = true
    /// Seconds that the suite asks for: more than at first where the registrar demands it (RFC 3261 §10.2.8).
    public internal(set) var expiresSeconds: UInt32?
    /// Contacts of other devices in the list of bindings.
    public internal(set) var foreignContacts = 0
    /// Bindings of an earlier run that were removed.
    public internal(set) var staleContacts = 0
    /// The server sees the address that we have; nil when it does not say.
    public internal(set) var isBehindNAT: Bool?
    /// From the REGISTER to its answer.
    public internal(set) var roundTrip = Duration.zero
    /// The server's own name, from Server or User-Agent.
    public internal(set) var software = ""
    /// The answer, for people.
    public internal(set) var answer = ""

    init() {}

    /// Why a case with that need cannot run; nil where it can.
    func missing(_ need: Need, _ plan: SuitePlan) -> String? {
        switch need {
        case .outbound: isOutbound ? nil : "the server does not grant outbound"
        case .stream, .connection, .datagram, .webSocket:
            plan.target(for: [need]) == nil ? "no server over \(Self.words(need)) is given with --edge" : nil
        case .token: hasToken ? nil : "Path holds no flow token"
        case .challenge: isChallenged ? nil : "the server asks for no password"
        case .otherUser: plan.otherUser == nil ? "no second account is given with --other-user" : nil
        case .core: plan.hasOwnCore || plan.targets[0].route == nil ? nil : "no registrar is given with --registrar"
        case .gruu: givesGRUU ? nil : "the server gives no GRUU"
        case .aloneOnAOR:
            foreignContacts == 0 ? nil : "another device is registered for the address-of-record, and would be touched"
        case .noNAT:
            isBehindNAT == true ? "a NAT stands between" : nil
        case .flowTimer: flowTimer == nil ? "the server announces no Flow-Timer" : nil
        }
    }

    private static func words(_ need: Need) -> String {
        switch need {
        case .stream: "TCP or TLS"
        case .connection: "TCP, TLS or WebSocket"
        case .datagram: "UDP"
        default: "WebSocket"
        }
    }
}

extension Survey {
    /// How many devices of the suite there are at most.
    static let devices = 8

    /// Registers once, reads what came back, removes what an earlier run has left, and unregisters.
    /// - Throws: why the suite cannot run.
    static func perform(on bed: inout TestBed) async throws(SuiteTrouble) -> Survey {
        let result: Result<Survey, SuiteTrouble>
        do throws(CaseStop) {
            result = try await attempt(&bed)
        } catch {
            if let trouble = bed.webSocketTrouble { throw trouble }
            switch error {
            case .interrupted: throw .interrupted
            case .unknown(_, let why), .skipped(let why): throw .unreachable(why)
            case .done: throw .unreachable("the first registration was not carried out")
            }
        }
        if case .failure = result, let trouble = bed.webSocketTrouble { throw trouble }
        return try result.get()
    }

    private static func attempt(_ bed: inout TestBed) async throws(CaseStop) -> Result<Survey, SuiteTrouble> {
        let phone = try await bed.phone()
        var reply = try await bed.registerPatiently(phone)
        if reply.status == 423, let minimum = reply.response?.integer(.minExpires).flatMap({ UInt32(exactly: $0) }),
            minimum > bed.plan.expiresSeconds
        {
            bed.plan.expiresSeconds = minimum
            reply = try await bed.registerPatiently(phone)
        }
        let refusal = reply.status == 439 ? reply.line : nil
        if refusal != nil {
            // It is outbound that was refused, not the account: there is something to judge.
            reply = try await bed.registerPatiently(phone) { $0.supported = ["path"] }
        }
        guard let response = reply.response else {
            let station = bed.station(phone)
            // A server of which nothing at all came has bound nothing.
            if !station.isHeard, station.loss == nil, reply.stranger == nil { bed.bindings = [] }
            if let stranger = reply.stranger { return .failure(.elsewhere("\(bed.target.address)", stranger)) }
            if let challenge = reply.challenged?.response {
                let asked = "\(challenge.statusCode) \(challenge.text(challenge.startLineText))"
                return .failure(.unfinished("\(bed.target.address)", asked, reply.line))
            }
            // What comes behind half an answer would be read as its rest.
            if station.unfinishedOctets > 0 { await bed.close(phone) }
            if let status = reply.unframed { return .failure(.unframed("\(bed.target.address)", status)) }
            let strange = station.strange.first.map { "; what came was \($0)" } ?? ""
            return .failure(.noAnswer("\(bed.target.address)", reply.line + strange))
        }
        guard reply.isSuccess else {
            guard [401, 407].contains(reply.status) else { return .failure(.refused(refusal ?? reply.line)) }
            return .failure(.noCredentials(reply.line, bed.refusal(of: response)))
        }
        if let spent = reply.spent(bed.plan.instance, 1) {
            return .failure(.notBound("\(bed.target.address)", "\(spent)"))
        }
        var survey = Survey()
        survey.read(reply, response, bed.flow(phone))
        survey.listsKeys = !reply.contacts(bed.plan.instance, 1).isEmpty
        survey.expiresSeconds = bed.plan.expiresSeconds
        if let refusal { survey.answer = "\(refusal); without outbound \(reply.line)" }
        let ours = Set((0..<devices).map(bed.instance))
        let stale = reply.contacts.filter { contact in
            guard let instance = contact.instance.flatMap(InstanceID.init(tolerating:)) else { return false }
            return ours.contains(instance) && !(instance == bed.plan.instance && contact.regID == "1")
        }
        survey.staleContacts = stale.count
        let own = reply.contacts(bed.plan.instance, 1).count
        survey.foreignContacts = max(0, reply.contacts.count - stale.count - max(1, own))
        for contact in stale {
            _ = try await bed.register(phone) { draft in
                draft.contacts = [
                    RequestDraft.ContactDraft(
                        uri: contact.uri?.description ?? "",
                        instance: contact.instance.flatMap(InstanceID.init(tolerating:))?.urn,
                        regIDs: contact.regID.map { [$0] } ?? [], expires: "0")
                ]
            }
        }
        let isPlain = refusal != nil
        _ = try await bed.unregister(phone) { if isPlain { $0.supported = ["path"] } }
        return .success(survey)
    }

    private mutating func read(_ reply: Reply, _ response: SIPMessage, _ flow: Flow) {
        isOutbound = reply.grantsOutbound
        flowTimer = reply.flowTimer
        hasToken = reply.path.last?.uri.user?.isEmpty == false
        pathHasOb = reply.path.last?.uri.hasParameter("ob") ?? false
        isChallenged = reply.challenged != nil
        givesGRUU = reply.contacts.contains { $0.pubGRUU != nil || $0.tempGRUU != nil }
        roundTrip = reply.delay
        answer = reply.line
        let name = response.first(.server) ?? response.first(.userAgent)
        software = name.map { response.text($0.value) } ?? ""
        isBehindNAT = reply.reflexiveAddress.map { $0 != flow.local }
    }
}

extension TestBed {
    /// Set where an answer on a stream had no Content-Length.
    var unframedTrouble: SuiteTrouble? { unframed.map { .unframed("\(target.address)", $0) } }

    /// Set where a 2xx left the binding of a phone no time.
    var unboundTrouble: SuiteTrouble? { unbound.map { .notBound("\(target.address)", $0) } }

    /// Set where the server broke the WebSocket protocol.
    var webSocketTrouble: SuiteTrouble? {
        let endings = stations.values.compactMap(\.webSocketEnding)
        return endings.first { Finding.brokenWebSocket($0, subject: subject) != nil }
            .map { .webSocket("\(target.address)", $0) }
    }
}

extension SuiteTrouble {
    /// The one case that can be judged where the trouble is a violation, with its finding.
    var violation: (testCase: TestCase, finding: Finding)? {
        switch self {
        case .unframed(_, let status):
            let one = CaseCatalogue.framed
            return (one, .unframedAnswer(status, subject: one.id))
        case .notBound(_, let contact):
            let one = CaseCatalogue.outboundGranted
            return (
                one,
                .fail(
                    "OB-REG-025", subject: one.id,
                    message: "the 2xx lists the binding with no time left: nothing is bound",
                    evidence: Evidence(
                        observed: contact, expected: "the own Contact with the seconds that it is bound for"))
            )
        case .elsewhere(let server, let stranger):
            let one = CaseCatalogue.falseSentBy
            return (one, .answeredElsewhere(stranger, not: server, subject: one.id))
        case .webSocket(_, let ending):
            let one = CaseCatalogue.webSocketPing
            return Finding.brokenWebSocket(ending, subject: one.id).map { (one, $0) }
        case .unreachable, .noAnswer, .unfinished, .noCredentials, .refused, .interrupted: return nil
        }
    }
}

/// Why a suite did not run, or not to its end.
public enum SuiteTrouble: Error, Sendable, Hashable {
    case unreachable(String)
    /// The server, and what was waited for.
    case noAnswer(String, String)
    /// The server, and the status of its answer, which came without Content-Length on a stream: a violation.
    case unframed(String, UInt16)
    /// The server, and the Contact that its 2xx lists with no time left: a violation.
    case notBound(String, String)
    /// The server, and how it broke the WebSocket protocol: a violation.
    case webSocket(String, WebSocketEnding)
    /// The server, and the final answer that came from elsewhere: a violation.
    case elsewhere(String, StrangeAnswer)
    /// The server, how it asked for a password, and what became of the request that gave it.
    case unfinished(String, String, String)
    /// A password is asked for, and there is none, or a wrong one; or why the challenge cannot be answered.
    case noCredentials(String, DigestAuthenticator.Refusal?)
    /// The first registration was refused.
    case refused(String)
    case interrupted
}
