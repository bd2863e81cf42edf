/// What each answer leads to.
extension RegistrationSession {
    /// A response came in.
    mutating func respond(_ message: SIPMessage, at now: Timestamp) {
        if let reason = reasonToIgnore(message) { return ignore(reason) }
        guard let pending else { return }
        if message.statusCode < 200 {
            guard pending.provisionalAnswers < Limits.provisionalAnswers else { return ignore(.tooManyProvisional) }
            self.pending?.provisionalAnswers += 1
        }
        self.pending?.transaction.handle(.response(message.statusCode), at: now)
        pump(message, at: now)
    }

    /// Why a response is none to the request that waits for one (RFC 3261 §17.1.3); nil for one that is. Its head tells.
    func reasonToIgnore(_ response: SIPMessage) -> Ignored? {
        let via: Via?
        let cseq: CSeq?
        do {
            via = try response.topVia()
            cseq = try response.cseq()
        } catch {
            return .malformed(error)
        }
        guard response.viaCount == 1, let branch = via?.branch else { return .misrouted }
        guard let pending, branch == pending.branch else {
            return pastBranches.contains(branch) ? .earlierTransaction : .otherTransaction
        }
        guard let cseq, cseq.method == .register, cseq.number == pending.cseq else { return .otherTransaction }
        return response.callID.map(response.text) == identity.callID ? nil : .wrongCallID
    }

    /// A final answer.
    mutating func conclude(_ code: UInt16, _ message: SIPMessage, at now: Timestamp) {
        guard let pending else { return }
        // The transaction's completed state only absorbs copies; the branch is enough to know them by.
        pastBranches.append(pending.branch)
        self.pending = nil
        switch code {
        case 200...299:
            accept(message, removes: pending.removes, at: now)
        case 401, 407:
            challenge(message, removes: pending.removes, at: now)
        case 423 where !pending.removes:
            lengthen(message, at: now)
        default:
            refuse(message, removes: pending.removes)
        }
    }

    private mutating func accept(_ message: SIPMessage, removes: Bool, at now: Timestamp) {
        guard let request = makeRequest() else { return }
        let grant = RegistrationGrant(
            message, instance: settings.instance, regID: settings.regID, contactURI: request.contactURI)
        if removes {
            mayBeBound = grant.own != nil
            enter(.unregistered)
            report(.unregistered(grant, message))
            return
        }
        enter(.registered)
        report(.registered(grant, message))
        if isStopping { begin(removes: true, at: now) }
    }

    mutating func challenge(_ message: SIPMessage, removes: Bool, at now: Timestamp) {
        // A challenge binds nothing (RFC 3261 §10.3 step 3).
        if !removes { mayBeBound = false }
        if isStopping, !removes { return fail(.interrupted) }
        guard authenticator != nil else {
            // Nobody is asked for a password any more.
            if isStopping { return fail(.interrupted) }
            unansweredChallenge = (message, removes)
            return report(.credentialsWanted(message, remains: mayBeBound ? identity : nil))
        }
        do {
            try authenticator?.accept(Self.challenges(in: message))
        } catch {
            return fail(.authentication(error, message))
        }
        begin(removes: removes, at: now)
    }

    /// The challenges of a message that can be read, in its order; WWW-Authenticate and Proxy-Authenticate alike.
    public static func challenges(in message: SIPMessage) -> [Challenge] {
        message.headers.compactMap { field in
            let issuer: Challenge.Issuer
            switch field.name {
            case .wwwAuthenticate: issuer = .server
            case .proxyAuthenticate: issuer = .proxy
            default: return nil
            }
            return message.withSpan { try? Challenge($0, in: field.value.range, issuer: issuer) }
        }
    }

    /// RFC 3261 §10.2.8: try again with at least Min-Expires.
    private mutating func lengthen(_ message: SIPMessage, at now: Timestamp) {
        mayBeBound = false
        if isStopping { return fail(.interrupted) }
        guard intervalRetries < Limits.intervalRetries, let minimum = message.integer(.minExpires),
            let seconds = UInt32(exactly: minimum), seconds > expiresSeconds
        else { return fail(.refused(message)) }
        intervalRetries += 1
        expiresSeconds = seconds
        begin(removes: false, at: now)
    }

    private mutating func refuse(_ message: SIPMessage, removes: Bool) {
        // A proxy that waited in vain may have lost the registrar's 200; the others have bound nothing, and a registrar
        // that fails with 500 has taken back what it had begun (RFC 3261 §10.3 step 7).
        if !removes, ![408, 504].contains(message.statusCode) { mayBeBound = false }
        fail(.refused(message))
    }

    mutating func timeOut(at now: Timestamp) {
        guard let pending else { return }
        let failure = Failure.timedOut(
            sends: pending.transaction.transmissions, sawProvisional: pending.provisionalAnswers > 0)
        ignoreUnfinished()
        pastBranches.append(pending.branch)
        self.pending = nil
        fail(failure)
    }
}
