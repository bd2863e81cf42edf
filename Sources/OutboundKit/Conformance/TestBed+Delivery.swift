/// Where a request landed that was meant for a phone.
enum Landing: Sendable {
    /// On the phone's flow, and nowhere else.
    case arrived(Arrival)
    /// Where it does not belong, in words; perhaps on the phone's flow too.
    case astray(String)
    /// The server wants nothing of the attempt as such: whether it could deliver is not seen.
    case refused(String)
    /// A final answer that nobody of us gave.
    case failed(String)
    /// Nothing came anywhere, and no answer either.
    case silent(String)

    var arrival: Arrival? {
        if case .arrived(let arrival) = self { arrival } else { nil }
    }

    /// The same for a request of a call that stands: who took the INVITE has no policy against the rest.
    var withinDialog: Landing {
        if case .refused(let words) = self { .failed(words) } else { self }
    }

    /// What was observed, for evidence.
    var words: String {
        switch self {
        case .arrived(let arrival): "\(arrival.request.method.text) on the phone's flow"
        case .astray(let words), .refused(let words), .failed(let words), .silent(let words): words
        }
    }
}

/// Requests towards phones, and where they come out.
extension TestBed {
    /// Answers that speak of the caller or the kind of request, not of the way to the phone.
    private static let policyAnswers: Set<UInt16> = [
        401, 403, 404, 405, 407, 416, 420, 421, 484, 488, 494, 501, 505, 513,
    ]

    /// Whether one server is edge and registrar as far as the suite is told: then its rules are those of RFC 5626 §6
    /// and §7 for a registrar that holds the flow itself.
    var isCoLocated: Bool { target.route == nil || !plan.hasOwnCore || target.address == plan.core.address }

    /// The rule about the flow as the only way to a phone.
    var flowRow: Requirement.ID { isCoLocated ? "OB-REG-019" : "OB-EP-010" }

    // MARK: Requests as a proxy sends them

    /// A flow to the edge that sends as a proxy behind it would.
    mutating func proxy() async throws(CaseStop) -> Phone { try await open(to: target) }

    /// A request as a proxy sends it to the edge over the stored Path: Route is that value, and a caller's Via lies below
    /// ours, so that the edge sees no phone's request in it.
    mutating func relayed(_ method: String, to uri: String, route: String) -> RequestDraft {
        var draft = call(method, to: uri, route: [route])
        draft.lowerVias = ["SIP/2.0/UDP 192.0.2.77:5060;branch=z9hG4bK\(word(16))"]
        return draft
    }

    // MARK: Landing

    /// Sends a request that is meant for a phone, waits for its answer, and looks over which flows it came.
    mutating func send(
        _ draft: RequestDraft, from sender: Phone, toReach phone: Phone, within patience: Duration? = nil
    ) async throws(CaseStop) -> (landing: Landing, reply: Reply) {
        let mark = arrivals.count
        let strangers = strangers
        let reply = try await ask(sender, draft, within: patience)
        try await barrier()
        return (landing(of: draft, since: mark, strangers, reply, toReach: phone), reply)
    }

    private func landing(
        of draft: RequestDraft, since mark: Int, _ strangers: Set<Phone>, _ reply: Reply, toReach phone: Phone
    ) -> Landing {
        let came = arrivals(of: draft, since: mark)
        if let wrong = came.first(where: { $0.phone != phone }) {
            return .astray("\(draft.method) came over \(flow(wrong.phone)), the phone's flow is \(flow(phone))")
        }
        if let dialled = self.strangers.subtracting(strangers).first {
            return .astray("the server opened a flow of its own to \(flow(dialled).local)")
        }
        if came.count > 1 { return .astray("\(draft.method) came \(came.count) times over the phone's flow") }
        if let arrival = came.first { return .arrived(arrival) }
        guard reply.response != nil else { return .silent(reply.line) }
        return Self.policyAnswers.contains(reply.status) ? .refused(reply.line) : .failed(reply.line)
    }

    /// The flows that others opened.
    var strangers: Set<Phone> {
        Set(stations.filter { $0.value.target == nil }.map { Phone(flow: $0.key) })
    }

    enum Severity: Sendable {
        case fail
        case warn
        case info
    }

    /// Says that a request had to come over the phone's flow and over no other.
    /// - Returns: the arrival; nil where the verdict is spoken and there is none.
    @discardableResult
    mutating func expect(
        _ landing: Landing, _ what: String, _ requirement: Requirement.ID, otherwise severity: Severity = .fail,
        _ diagnosis: Diagnosis.ID? = nil
    ) -> Arrival? {
        let expected = "\(what) over the phone's own flow, and nowhere else"
        switch landing {
        case .arrived(let arrival):
            pass(requirement, "\(what) came over the phone's flow alone")
            return arrival
        case .astray(let words):
            say(severity, requirement, "\(what) left the phone's flow", saw: words, expected, diagnosis)
        case .refused(let words):
            unknown(requirement, .configuration, "\(what): the server refuses the attempt as such: \(words)")
        case .failed(let words):
            say(severity, requirement, "\(what) did not reach the phone", saw: words, expected, diagnosis)
        case .silent(let words): unknown(requirement, .cut, "\(what): \(words)")
        }
        return nil
    }

    /// As a `fail`, or milder where the requirement is.
    mutating func say(
        _ severity: Severity, _ requirement: Requirement.ID, _ message: String, saw: String, _ expected: String,
        _ diagnosis: Diagnosis.ID? = nil
    ) {
        switch severity {
        case .fail: fail(requirement, message, saw: saw, expected: expected, diagnosis)
        case .warn: warn(requirement, message, saw: saw, expected: expected, diagnosis)
        case .info: info(requirement, message, saw: saw)
        }
    }

    /// A request to the user that must work before anything else can be judged; it says which of the phones got it.
    mutating func control(_ draft: RequestDraft, from sender: Phone) async throws(CaseStop) -> Arrival {
        let mark = arrivals.count
        let reply = try await ask(sender, draft)
        guard let came = arrivals(of: draft, since: mark).first else {
            throw .unknown(.configuration, "\(draft.method) does not reach a phone that is registered: \(reply.line)")
        }
        return came
    }

    // MARK: Barriers

    /// Shows that nothing more is on its way: each flow of ours that lives is pinged, and what the server sent before its
    /// answer has then come. Servers that answer no ping cost half a second.
    mutating func barrier() async throws(CaseStop) {
        var waits: [Phone: Int] = [:]
        var tickets: [String] = []
        for id in stations.keys.sorted() {
            guard let station = stations[id], let target = station.target, station.loss == nil, !station.isClosed else {
                continue
            }
            let phone = Phone(flow: id)
            if station.flow.transport == .tcp || station.flow.transport == .tls {
                waits[phone] = station.crlfs.count
                await send(phone, text: "\r\n\r\n")
            } else {
                var draft = call("OPTIONS", to: "sip:\(target.address)")
                draft.to = draft.uri
                tickets.append(try await start(phone, draft).branch)
            }
        }
        let open = tickets
        try await wait(.milliseconds(500)) { bed in
            waits.allSatisfy { bed.station($0.key).crlfs.count > $0.value || bed.station($0.key).loss != nil }
                && open.allSatisfy { bed.pending[$0]?.response != nil }
        }
        for branch in tickets { pending[branch] = nil }
        try await settle()
    }

    // MARK: Contacts that lead elsewhere

    /// A port of ours that nobody should find.
    mutating func trap(for phone: Phone) async throws(CaseStop) -> TransportAddress {
        let flow = flow(phone)
        return try await listen(flow.transport.ofTraps, at: TransportAddress(ip: flow.local.ip, port: 0))
    }

    /// A Contact's URI at `address`, as the phone would write it.
    func contactURI(of phone: Phone, at address: TransportAddress, ob: Bool = true) -> String {
        let transport = flow(phone).transport
        let user = station(phone).identity?.user.user ?? "sipob"
        return "sip:\(user)@\(address)\(transport == .udp ? "" : ";transport=\(transport)")\(ob ? ";ob" : "")"
    }

    /// A phone whose Contact names a port where we listen: whoever follows it instead of the flow is seen.
    mutating func misleadingPhone() async throws(CaseStop) -> (phone: Phone, reply: Reply) {
        let phone = try await phone()
        let uri = contactURI(of: phone, at: try await trap(for: phone))
        stations[phone.flow]?.identity?.contactURI = uri
        let reply = try await register(phone)
        guard reply.isSuccess else { throw .unknown(.configuration, "the phone was not registered: \(reply.line)") }
        return (phone, reply)
    }

    /// Registers another account over the flow of a phone, which is then that account's.
    mutating func register(_ user: SuiteUser, over phone: Phone) async throws(CaseStop) -> Reply {
        var identity = station(phone).identity
        identity?.user = user.addressOfRecord
        identity?.callID = word(24)
        stations[phone.flow]?.identity = identity
        let uri = contactURI(of: phone, at: flow(phone).local)
        stations[phone.flow]?.identity?.contactURI = uri
        return try await register(phone)
    }
}

extension TransportProtocol {
    /// Where connections are only counted, TCP is enough: what is spoken over them plays no part.
    var ofTraps: TransportProtocol { self == .udp ? .udp : .tcp }
}
