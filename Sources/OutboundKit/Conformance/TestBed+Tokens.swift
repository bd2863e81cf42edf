/// A flow token that the edge did not write, or not so.
struct ForgedToken: Sendable {
    /// For people: `octet 3 changed`.
    let what: String
    let text: String
}

/// Tokens that were changed, made up or taken from elsewhere (RFC 5626 §5.2, §5.3.1).
extension TestBed {
    /// A request over the stored Path with another token in it.
    mutating func relayed(_ method: String, token: String, of path: NameAddr, to uri: String) -> RequestDraft {
        var forged = path.uri
        forged.user = token
        return relayed(method, to: uri, route: "<\(forged)>")
    }

    /// Sends a request with each of the tokens, and says what had to become of them: 403, and no delivery.
    /// - Parameters:
    ///   - malformed: 400 is as good as 403, because what stands there is no SIP URI.
    mutating func expectRefusal(
        of forged: [ForgedToken], _ phone: Phone, _ path: NameAddr, _ requirement: Requirement.ID,
        malformed: Bool = false, _ diagnosis: Diagnosis.ID? = nil
    ) async throws(CaseStop) {
        let proxy = try await proxy()
        let uri = station(phone).identity?.contactURI ?? ""
        try await needsDelivery(by: path, from: proxy, to: phone)
        let mark = arrivals.count
        let strangers = strangers
        var tickets: [RequestTicket] = []
        for token in forged {
            tickets.append(try await start(proxy, relayed("MESSAGE", token: token.text, of: path, to: uri)))
        }
        let branches = tickets.map(\.branch)
        try await wait(.seconds(4)) { bed in
            branches.allSatisfy { bed.pending[$0]?.response != nil } || bed.station(proxy).loss != nil
        }
        try await barrier()
        var outcomes = RefusalOutcomes()
        for (token, ticket) in zip(forged, tickets) {
            let status = pending.removeValue(forKey: ticket.branch)?.response?.statusCode
            let came = !arrivals(of: ticket.draft, since: mark).isEmpty
            outcomes.add(token.what, status, isDelivered: came, acceptable: malformed ? [403, 400] : [403])
        }
        if let dialled = self.strangers.subtracting(strangers).first, outcomes.delivered.isEmpty {
            outcomes.delivered = ["the server opened a flow to \(flow(dialled).local)"]
        }
        judge(outcomes, forged.count, requirement, diagnosis)
    }

    private mutating func judge(
        _ outcomes: RefusalOutcomes, _ count: Int, _ requirement: Requirement.ID, _ diagnosis: Diagnosis.ID?
    ) {
        let expected = "403, and no delivery to anybody"
        if !outcomes.delivered.isEmpty {
            fail(
                requirement, "the edge delivers requests with tokens that it did not write",
                saw: "delivered: \(outcomes.shown(outcomes.delivered))", expected: expected, diagnosis)
        } else if !outcomes.challenged.isEmpty {
            unknown(requirement, .configuration, "credentials are asked for: \(outcomes.shown(outcomes.challenged))")
        } else if !outcomes.others.isEmpty, requirement != "OB-EP-012" {
            // Which status it is to be is a rule of its own; this one asks that nobody is served.
            pass(requirement, "nothing is delivered with tokens that the edge did not write")
            info(requirement, "they are refused, but not with 403", saw: outcomes.shown(outcomes.others))
        } else if !outcomes.others.isEmpty {
            warn(
                requirement, "the edge refuses tokens that it did not write, but not with 403",
                saw: outcomes.shown(outcomes.others), expected: expected)
        } else if !outcomes.silent.isEmpty {
            unknown(requirement, .cut, "no answer in 4 s: \(outcomes.shown(outcomes.silent))")
        } else {
            pass(requirement, count == 1 ? "the token got 403" : "\(count) tokens got 403 each")
        }
    }

    /// What became of requests with forged tokens.
    private struct RefusalOutcomes {
        var delivered: [String] = []
        var others: [String] = []
        var silent: [String] = []
        var challenged: [String] = []

        mutating func add(_ what: String, _ status: UInt16?, isDelivered: Bool, acceptable: Set<UInt16>) {
            if isDelivered {
                delivered.append(what)
            } else if status == 401 || status == 407 {
                challenged.append(what)
            } else if let status, !acceptable.contains(status) {
                others.append("\(what): \(status)")
            } else if status == nil {
                silent.append(what)
            }
        }

        func shown(_ all: [String]) -> String {
            all.prefix(5).joined(separator: ", ") + (all.count > 5 ? " and \(all.count - 5) more" : "")
        }
    }

    /// The genuine token must work for us: else a refusal of others proves nothing.
    mutating func needsDelivery(by path: NameAddr, from proxy: Phone, to phone: Phone) async throws(CaseStop) {
        let uri = station(phone).identity?.contactURI ?? ""
        let draft = relayed("MESSAGE", to: uri, route: "<\(path.uri)>")
        let (landing, _) = try await send(draft, from: proxy, toReach: phone)
        guard landing.arrival == nil else { return }
        throw .unknown(
            .configuration, "a request with the edge's own token does not reach the phone either: \(landing.words)")
    }

    // MARK: Making them

    /// One bit of each octet changed; of each character where the text is no base64.
    static func tampered(_ token: String) -> [ForgedToken] {
        if let decoded = Base64.decode(token.utf8), !decoded.octets.isEmpty {
            let alphabet: Base64.Alphabet = decoded.spelling.usesURL ? .url : .standard
            let padded = decoded.spelling.padding == .complete
            return decoded.octets.indices.map { index in
                var octets = decoded.octets
                octets[index] ^= 1 << UInt8(index % 8)
                return ForgedToken(
                    what: "octet \(index)", text: Base64.encode(octets, alphabet: alphabet, padded: padded))
            }
        }
        let text = Array(token.utf8)
        return text.indices.compactMap { index in
            guard ASCII.isAlpha(text[index]) || ASCII.isDigit(text[index]) else { return nil }
            var changed = text
            changed[index] = changed[index] == ASCII.zero ? ASCII.zero + 1 : ASCII.zero
            return ForgedToken(what: "character \(index)", text: String(decoding: changed, as: UTF8.self))
        }
    }

    /// All letters in the other case; nil where there are none.
    static func caseChanged(_ token: String) -> ForgedToken? {
        let text = token.utf8.map { octet in ASCII.isAlpha(octet) ? octet ^ 0x20 : octet }
        guard text != Array(token.utf8) else { return nil }
        return ForgedToken(what: "letters in the other case", text: String(decoding: text, as: UTF8.self))
    }

    /// Tokens for that flow, as the server sees it, that need no secret: a code under a key that is published, no code,
    /// and the formats that have none.
    static func keyless(_ flow: Flow) -> [ForgedToken] {
        var all: [ForgedToken] = []
        func add(_ what: String, _ octets: [UInt8]?) {
            guard let octets else { return }
            all.append(ForgedToken(what: what, text: String(decoding: octets, as: UTF8.self)))
        }
        for (derivation, key) in FlowTokenKeyRing([]).published {
            let name = FlowTokenKeyRing.name(of: derivation)
            add("signed with \(name)", FlowTokenCodec.encode(flow, as: .kamailio, with: key))
        }
        if let body = BinaryFlowLayout.body(flow, transport: bodyNumber(flow)) {
            let octets = [UInt8](repeating: 0, count: BinaryFlowLayout.codeCount) + body
            add("a code of zeros", Array(Base64.encode(octets).utf8))
        }
        for format in [FlowTokenFormat.oversipUDP, .siphon, .resiprocate] {
            add("\(format) without a code", FlowTokenCodec.encode(flow, as: format, with: nil))
        }
        return all
    }

    private static func bodyNumber(_ flow: Flow) -> UInt8 {
        KamailioToken.number(flow.transport) | (flow.local.ip.isIPv6 ? 0x80 : 0)
    }

    /// Tokens for that flow under a key that the edge does not have: what another edge would write.
    static func foreign(_ flow: Flow, key octets: [UInt8]) -> [ForgedToken] {
        let key = EffectiveKey(octets)
        return [FlowTokenFormat.kamailio, .rfc5626, .resiprocate, .restcomm, .nodeSIP, .liberty].compactMap { format in
            FlowTokenCodec.encode(flow, as: format, with: key).map {
                ForgedToken(what: "\(format) under another key", text: String(decoding: $0, as: UTF8.self))
            }
        }
    }

    /// The phone's flow as the edge sees it: from its token where that says so.
    func serverSide(of phone: Phone, token: String) -> Flow {
        let octets = Array(token.utf8)
        for format in [FlowTokenFormat.kamailio, .resiprocate] {
            if let flow = (unsafe try? FlowTokenCodec.decode(octets.span.bytes, as: format))?.flow { return flow }
        }
        return flow(phone).reversed
    }
}
