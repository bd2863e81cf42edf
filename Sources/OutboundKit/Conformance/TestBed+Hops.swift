/// Proxies that the case plays between a phone and the server: it sends what they would have sent on.
extension TestBed {
    /// A flow over which a REGISTER goes that has passed other proxies: to the registrar itself where it is named beside
    /// an edge, else to the case's server, which then is not the first hop.
    mutating func proxied(regID: UInt32 = 1, device: Int = 0) async throws(CaseStop) -> Phone {
        try await phone(regID: regID, device: device, to: plan.hasOwnCore ? plan.core : target)
    }

    /// Whether such a REGISTER reaches the registrar as the case wrote it, and not through an edge proxy.
    var isRegistrarReached: Bool { plan.hasOwnCore || target.route == nil }

    /// The Via of a phone behind a proxy.
    mutating func phoneVia(_ parameters: String = "") -> String {
        "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK\(word(16));received=192.0.2.10;rport=5060\(parameters)"
    }

    /// A REGISTER that has passed proxies which wrote these Path values, the first hop's last.
    mutating func register(
        _ phone: Phone, behind path: [String], _ edit: (inout RequestDraft) -> Void = { _ in }
    ) async throws(CaseStop) -> Reply {
        let via = phoneVia()
        return try await register(phone) { draft in
            draft.lowerVias = [via]
            draft.path = path
            edit(&draft)
        }
    }

    /// Sends the phone's REGISTER, changed by `edit`, and waits for nothing.
    mutating func begin(
        _ phone: Phone, _ edit: (inout RequestDraft) -> Void
    ) async throws(CaseStop) -> RequestTicket {
        var draft = registration(phone)
        edit(&draft)
        remember(draft, phone)
        return try await start(phone, draft)
    }

    /// When a request that is waited for went out.
    func sent(_ ticket: RequestTicket) -> Timestamp { pending[ticket.branch]?.sent ?? now }

    /// Goes on only with a 2xx: a refusal for reasons of the server's own says nothing of the requirement.
    func needSuccess(_ reply: Reply, to what: String) throws(CaseStop) {
        guard reply.response != nil else { throw .unknown(.cut, "\(what): \(reply.line)") }
        guard reply.isSuccess else { throw .unknown(.configuration, "\(what) was refused: \(reply.line)") }
    }
}

/// What the cases on bindings compare.
extension TestBed {
    /// The phone's Contact URI with another user: the same place, but by no comparison the same URI.
    func renamedURI(_ phone: Phone, _ user: String, withOb: Bool = true) -> String {
        let uri = station(phone).identity?.contactURI ?? ""
        guard let at = uri.firstIndex(of: "@") else { return uri }
        let rest = uri[at...]
        return "sip:\(user)\(withOb || !rest.hasSuffix(";ob") ? rest : rest.dropLast(3))"
    }

    /// The contacts with that user in their URI.
    func contacts(_ reply: Reply, user: String) -> [Contact] { reply.contacts.filter { $0.uri?.user == user } }

    /// A MESSAGE to the plan's user, sent by a caller, and where it came out.
    mutating func messageToUser() async throws(CaseStop) -> (reply: Reply, phones: Set<Phone>) {
        let caller = try await caller()
        let draft = call("MESSAGE")
        let reply = try await ask(caller, draft)
        try await settle()
        return (reply, Set(arrivals(of: draft).map(\.phone)))
    }
}
