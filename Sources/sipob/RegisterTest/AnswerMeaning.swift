import OutboundKit

/// What an answer to REGISTER means, and what in it leads to that.
struct AnswerMeaning {
    let sentence: String
    let points: [Point]

    /// - Parameters:
    ///   - flow: the one that the answer came over.
    ///   - served: nonces that earlier requests were let pass with.
    init(
        _ message: SIPMessage, to request: SIPMessage?, served: Set<String> = [], on flow: Flow?,
        plan: RegisterTestPlan, tokens: TokenReader
    ) {
        switch message.statusCode {
        case 200..<300:
            let contactURI = Self.contactURI(message, plan)
            let grant = RegistrationGrant(
                message, instance: plan.instance, regID: plan.regID, contactURI: contactURI)
            sentence = Self.success(grant, toRemoval: (try? request?.contacts())?.first?.expires == 0)
            points = Self.points(grant, message, flow, tokens)
        case 401, 407:
            sentence =
                switch ChallengeReading(message, to: request, served: served) {
                case .first: Self.sentence(message, to: request, plan)
                case .furtherRealm: "A further realm wants to know who this is."
                case .staleNonce: "The nonce was too old; the same credentials with a new one."
                case .usedNonce: "The nonce does not serve again; the same credentials with a new one."
                case .refused: "The credentials were refused."
                }
            points = Self.points(message)
        default:
            sentence = Self.sentence(message, to: request, plan)
            points = Self.points(message)
        }
    }

    /// Only used to recognise a contact without reg-id; the answer itself tells our end of the flow.
    private static func contactURI(_ message: SIPMessage, _ plan: RegisterTestPlan) -> SIPURI {
        let via = (try? message.topVia()) ?? nil
        return RegistrationSettings.contactURI(
            of: plan.addressOfRecord, host: via?.host ?? "", port: via?.port, over: via?.transport ?? .udp)
    }

    private static func success(_ grant: RegistrationGrant, toRemoval: Bool) -> String {
        guard grant.own == nil || !toRemoval else { return "Our binding is still listed." }
        guard grant.own != nil else {
            guard grant.isListReadable else { return "What is bound does not show: the Contact cannot be read." }
            if grant.spent != nil, !toRemoval { return "Our binding is listed with no time left: nothing was bound." }
            return grant.contacts.isEmpty
                ? "Nothing is bound to this address-of-record." : "Our binding is not among the bindings listed."
        }
        if grant.isOutbound {
            return "Registered, and outbound is in force: requests for this device come over this flow."
        }
        return "Registered, but without outbound: the registrar keeps an ordinary binding (no Require: outbound)."
    }

    private static func points(
        _ grant: RegistrationGrant, _ message: SIPMessage, _ flow: Flow?, _ tokens: TokenReader
    ) -> [Point] {
        var points: [Point] = []
        if grant.isOutbound { points.append(Point("Require: outbound", "the registrar used the rules of RFC 5626")) }
        if let seconds = grant.flowTimerSeconds {
            // As it stands in the message: what is too large for a number is no other number.
            let text = message.first(.flowTimer).map { message.text($0.value) } ?? "\(seconds)"
            let meaning =
                if !grant.isOutbound {
                    "without Require: outbound it has no meaning"
                } else if seconds == 0 {
                    "no keep-alive can come that often"
                } else if seconds > 86_400 {
                    "more than a day: no NAT waits so long, keep-alives follow the RFC's defaults"
                } else {
                    "send a keep-alive at least every \(seconds) s (random, 80 to 100 % of it)"
                }
            points.append(Point("Flow-Timer: \(Redaction.visible(text))", meaning))
        } else if grant.isOutbound, grant.own != nil {
            points.append(Point("no Flow-Timer", "keep-alives follow the RFC's defaults"))
        }
        let end = TokenReader.OwnEnd(local: flow?.local, reflexive: grant.reflexiveAddress)
        for (index, value) in grant.path.enumerated() {
            let isFirstHop = index == grant.path.count - 1
            let meaning =
                value.uri.hasParameter("ob")
                ? "the first hop, with outbound (ob)" : isFirstHop ? "the first hop, without ob" : "a further proxy"
            points.append(Point("Path: \(Redaction.visible("\(value)"))", meaning))
            points += tokens.points(value.uri, of: isFirstHop ? end : nil)
        }
        points += contacts(grant)
        for field in message.headers where message.text(field.nameText).lowercased() == "service-route" {
            points.append(
                Point(
                    "Service-Route: \(Redaction.visible(message.text(field.value)))",
                    "the way of later requests (RFC 3608)"))
        }
        if let address = grant.reflexiveAddress, let local = flow?.local {
            points.append(
                Point(
                    "Via: received and rport say \(address)",
                    address == local ? "as sent: no NAT between" : "we sent from \(local): a NAT lies between"))
        }
        points += grant.defects.map { Point("a header field cannot be read", "\($0)") }
        points += server(message)
        return points
    }

    private static func contacts(_ grant: RegistrationGrant) -> [Point] {
        var points: [Point] = []
        if let own = grant.own {
            var details: [String] = []
            if let expires = own.expires { details.append("expires in \(expires) s") }
            let missing = [own.regID == nil ? "reg-id" : nil, own.instance == nil ? "instance" : nil].compactMap { $0 }
            if !missing.isEmpty { details.append("without \(missing.joined(separator: " and "))") }
            points.append(Point("Contact: ours, " + details.joined(separator: ", "), nil))
            if grant.isRewritten, let uri = own.uri {
                points.append(
                    Point(
                        "  <\(Redaction.visible("\(uri)"))>",
                        "not the one that was registered: the address that the server sees, in place of ours"))
            }
            if let gruu = own.pubGRUU { points.append(Point("  pub-gruu=\(Redaction.visible(gruu))", nil)) }
            if let gruu = own.tempGRUU { points.append(Point("  temp-gruu=\(Redaction.visible(gruu))", nil)) }
        }
        let others = grant.contacts.count - (grant.own == nil ? 0 : 1)
        if others > 0 {
            let plural = others == 1 ? "another binding" : "\(others) other bindings"
            points.append(Point("Contact: \(plural) of this address-of-record", nil))
        }
        return points
    }

    private static func server(_ message: SIPMessage) -> [Point] {
        guard let field = message.first(.server) ?? message.first(.userAgent) else { return [] }
        return [Point("Server: \(Redaction.visible(message.text(field.value)))", nil)]
    }

    /// What a provisional or negative answer says for itself.
    private static func points(_ message: SIPMessage) -> [Point] {
        var points: [Point] = []
        for challenge in RegistrationSession.challenges(in: message) {
            // Basic has none; Digest without a name means MD5 (RFC 7616 §3.3).
            let isDigest = challenge.scheme.lowercased() == "digest"
            let algorithm = challenge.algorithmName ?? (isDigest ? "MD5" : "no digest")
            let stale = challenge.isStale ? ", stale: the nonce was too old, not the password wrong" : ""
            points.append(
                Point(
                    "challenge: \(Redaction.visible(challenge.scheme)), realm \"\(Redaction.visible(challenge.realm))\"",
                    "\(Redaction.visible(algorithm))\(challenge.qualityNames == nil ? "" : ", qop")\(stale)"))
        }
        let shown: [HeaderName] = [.unsupported, .require, .minExpires, .retryAfter, .warning, .contact]
        for field in message.headers where shown.contains(field.name) {
            let text = "\(message.text(field.nameText)): \(message.text(field.value))"
            points.append(Point(Redaction.visible(text), nil))
        }
        return points + server(message)
    }

    /// The meaning of a code for this test.
    private static func sentence(_ message: SIPMessage, to request: SIPMessage?, _ plan: RegisterTestPlan) -> String {
        let first = plan.usesEdge ? "edge or registrar" : "server"
        switch message.statusCode {
        case 100..<200: return "On its way; the final answer follows."
        case 300..<400:
            return "The \(first) sends us elsewhere. The test does not follow: it tests the server that you named."
        case 400: return "The \(first) takes the request for malformed."
        case 401: return "The registrar wants to know who this is."
        case 403: return "Refused: this user may not register here, or not this way."
        case 404: return "The registrar does not know this address-of-record, or not this domain."
        case 407: return "A proxy wants to know who this is."
        case 408, 504: return "The edge did not hear from the registrar in time."
        case 420: return "An extension that was asked for is not supported; its name stands in Unsupported."
        case 421: return extensionRequired(message, request)
        case 423: return "The registration is too short for the registrar; Min-Expires says how long it must be."
        case 430: return "Flow Failed, which an edge tells a proxy and never a phone: a routing fault."
        case 439:
            return "The registrar does outbound, but the first hop did not put itself into Path with ob. "
                + "A phone would register again without reg-id, or try another proxy."
        case 477, 502: return "The edge could not reach the registrar."
        case 483: return "Too many hops: the request goes in circles between proxies."
        case 500: return "The \(first) failed by itself; its log says why."
        case 503:
            return message.integer(.retryAfter).map { "Overloaded or closed for now; try again after \($0) s." }
                ?? "Overloaded or closed for now."
        case 600...: return "Refused everywhere."
        default: return "Not registered."
        }
    }
    /// 421: the server needs an extension that Supported does not list (RFC 3261 §21.4.16).
    private static func extensionRequired(_ message: SIPMessage, _ request: SIPMessage?) -> String {
        let offered = Set(request?.optionTags(in: .supported).map { $0.lowercased() } ?? [])
        let demanded = message.optionTags(in: .require)
        guard !demanded.isEmpty else { return "An extension is demanded, and no Require says which." }
        let isOffered = demanded.allSatisfy { offered.contains($0.lowercased()) }
        return isOffered
            ? "What is demanded in Require was offered in Supported: the server, or a proxy before it, does not see that."
            : "An extension is demanded that we did not offer; its name stands in Require."
    }
}
