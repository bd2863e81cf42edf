import ArgumentParser
import OutboundKit

/// What a run comes to: the verdict, the exit status, and what to say where it did not work.
struct RegisterTestOutcome {
    let code: Int32
    /// One word for machines.
    let reason: String
    /// One line for people.
    let headline: String
    /// For standard error: what was tried, on what, and what to do next. Only with exit status 2, or without a WebSocket.
    let complaint: String?

    var exitCode: ExitCode { ExitCode(code) }

    init(_ record: RegistrationRecord, plan: RegisterTestPlan, counts: VerdictCounts, strict: Bool) {
        let violated = counts.fail > 0 || strict && counts.warn > 0
        let tried = Self.trouble(record, plan, hasFailed: counts.fail > 0)
        if record.isInterrupted {
            self.init(130, "interrupted", "Interrupted.", nil)
        } else if let tried {
            let isWebSocket = if case .failed(.webSocket) = record.ending { true } else { false }
            self.init(tried.code, tried.reason, tried.text, tried.code == 2 || isWebSocket ? tried.text : nil)
        } else if let (grant, _) = record.bound, grant.own == nil {
            self.init(1, "not-bound", Self.notBound(grant), nil)
        } else if let (grant, _) = record.bound, !grant.isOutbound {
            let what = grant.isRewritten ? ", and what is listed is not the Contact that was registered" : ""
            self.init(1, "no-outbound", "Registered, but without outbound\(what).", nil)
        } else {
            let words = violated ? "but requirements are violated" : "and nothing is violated"
            self.init(violated ? 1 : 0, violated ? "fail" : "pass", "Registered with outbound, \(words).", nil)
        }
    }

    private init(_ code: Int32, _ reason: String, _ headline: String, _ complaint: String?) {
        self.code = code
        self.reason = reason
        self.headline = headline
        self.complaint = complaint
    }

    private static func notBound(_ grant: RegistrationGrant) -> String {
        guard grant.isListReadable else {
            return "The answer is a 2xx, but its Contact cannot be read: whether it bound anything does not show."
        }
        if grant.spent != nil {
            return "The answer is a 2xx, but it lists the binding with no time left: nothing was bound."
        }
        return grant.contacts.isEmpty
            ? "The answer is a 2xx, but nothing was bound."
            : "The answer is a 2xx, but what was to be bound is not among the bindings that it lists."
    }

    private static func trouble(
        _ record: RegistrationRecord, _ plan: RegisterTestPlan, hasFailed: Bool
    ) -> (code: Int32, reason: String, text: String)? {
        let patience = DecimalSeconds.text(plan.patience.inNanoseconds, places: 0)
        switch record.ending {
        case .complete:
            return nil
        case .unreachable(let error):
            return (2, "unreachable", "REGISTER for \(plan.addressOfRecord): \(error.withAdvice)")
        case .noCredentials(let message):
            let words = record.bound == nil ? "" : "the binding was not removed: "
            return (
                2, "no-credentials",
                "\(words)\(plan.target) asks for a password (\(message.statusCode)): "
                    + "give it with --password-file FILE or in SIPOB_PASSWORD"
            )
        case .failed(let failure):
            guard case .webSocket(let ending) = failure else { return trouble(failure, record, plan, patience) }
            if record.bound != nil, record.removed != nil { return nil }
            return webSocket(ending, record, plan, hasFailed: hasFailed)
        }
    }

    private static func failed(_ record: RegistrationRecord) -> String {
        record.bound == nil ? "Not registered" : "The binding was not removed"
    }

    private static func stage(_ record: RegistrationRecord) -> String {
        record.bound == nil ? "REGISTER" : "the REGISTER that removes the binding"
    }

    private static func trouble(
        _ failure: RegistrationSession.Failure, _ record: RegistrationRecord, _ plan: RegisterTestPlan,
        _ patience: String
    ) -> (code: Int32, reason: String, text: String)? {
        let stage = stage(record)
        if let status = record.unframed {
            let words = record.bound == nil ? "Not registered" : "Not known to be removed"
            return (1, "fail", "\(words): \(plan.target) answered \(stage) with a \(status) without Content-Length.")
        }
        switch failure {
        case .refused(let message):
            return (1, "refused", "\(failed(record)): \(message.startLine).")
        case .authentication(let refusal, _):
            return (1, "authentication", "\(failed(record)): \(authentication(refusal, plan))")
        case .timedOut where record.stranger != nil && record.bound == nil:
            let source = record.stranger.map { "\($0.source)" } ?? "elsewhere"
            return (1, "fail", "Not registered: \(plan.target) was asked, and \(source) answered.")
        case .timedOut(let sends, let sawProvisional):
            let heard =
                sawProvisional
                ? "only provisional answers" : record.ignored.isEmpty ? "no answer" : "no usable answer"
            let times = sends > 1 ? ", sent \(sends) times" : ""
            let advice =
                if let before = record.firstAnswer {
                    record.bound == nil ? "; it is up, and answered before with \(Redaction.visible(before))" : ""
                } else if record.ignored.isEmpty, !sawProvisional {
                    "; is it the SIP port, for this transport, and open to us?"
                } else {
                    ""
                }
            return (2, "no-answer", "\(heard) from \(plan.target) to \(stage) in \(patience) s\(times)\(advice)")
        case .flowLost(let loss):
            // The keep-alive's finding tells of a flow that failed later.
            if record.bound != nil, record.removed != nil { return nil }
            if let broken = record.tlsFailure {
                return (2, "tls", "TLS with \(plan.target) broke before \(stage) was answered: \(broken)")
            }
            return (2, "flow-lost", "\(plan.target): \(words(loss)) before \(stage) was answered")
        // Told by the caller.
        case .webSocket: return nil
        case .tooManyRequests:
            return (
                2, "circles",
                "\(plan.target) answers in circles; stopped after \(RegistrationSession.Limits.requests) requests"
            )
        case .noCrypto(let error):
            return (2, "no-crypto", "the challenge of \(plan.target) cannot be answered: \(error)")
        case .interrupted:
            return (130, "interrupted", "Interrupted.")
        }
    }

    /// Where the server's handshake or frames are against a requirement, the answer is no; else nothing could be done.
    private static func webSocket(
        _ ending: WebSocketEnding, _ record: RegistrationRecord, _ plan: RegisterTestPlan, hasFailed: Bool
    ) -> (code: Int32, reason: String, text: String) {
        let words = Redaction.visible(ending.description)
        let stage = Self.stage(record)
        let advice: String? =
            switch ending {
            case .notOpened(let fault):
                HandshakeAdvice.words(
                    for: fault, path: "check the path of the URI, as in ws://edge.example.com:8080/ws")
            case .unanswered: "check that the port speaks WebSocket"
            case .closed, .fault: nil
            }
        guard let advice else {
            let isFault = if case .fault = ending { true } else { false }
            let text = "\(plan.target): \(words) before \(stage) was answered"
            return isFault && hasFailed ? (1, "fail", text) : (2, "flow-lost", text)
        }
        let text = "\(plan.target): \(words); \(advice)"
        return hasFailed ? (1, "fail", text) : (2, "no-websocket", text)
    }

    private static func words(_ loss: FlowLoss) -> String {
        switch loss {
        case .closedByPeer: "the connection was closed"
        case .reset: "the connection was reset"
        case .portUnreachable: "nobody listens there (ICMP port unreachable)"
        case .failed(let number): TransportError.words(number)
        }
    }

    private static func authentication(_ refusal: DigestAuthenticator.Refusal, _ plan: RegisterTestPlan) -> String {
        switch refusal {
        case .noChallenge: "the challenge cannot be read."
        case .noDigest(let schemes):
            "no Digest challenge; offered: \(Redaction.visible(schemes.joined(separator: ", ")))."
        case .unsupportedAlgorithm(let names):
            "no digest algorithm of ours; offered: \(Redaction.visible(names.joined(separator: ", ")))."
        case .unsupportedQuality(let names):
            "no qop of ours; offered: \(Redaction.visible(names.joined(separator: ", ")))."
        case .rejected(let realm):
            "user \(plan.username) or the password is not what realm \"\(Redaction.visible(realm))\" expects."
        case .tooManyRounds: "one challenge after another."
        }
    }
}

extension TransportError {
    /// What to do where TLS did not come about.
    var tlsAdvice: String {
        if isAboutVersion {
            return "have it speak TLS 1.2 or newer (Kamailio: tls_method TLSv1.2+), or allow its version here "
                + "(MinProtocol of openssl.cnf)"
        }
        return errorNumber == 0
            ? "check --ca-file and --tls-name; --insecure goes on without"
            : "check that the port speaks TLS, and --cert and --key where it wants to see a certificate"
    }

    /// What happened, and behind it what to do where an option helps.
    var withAdvice: String {
        switch step {
        case .resolve: "\(self); check the name, or name the server with --edge or --registrar"
        case .secure: "\(self); \(tlsAdvice)"
        case .bind, .connect, .send, .receive: hostAdvice.map { "\(self); \($0)" } ?? "\(self)"
        }
    }
}
