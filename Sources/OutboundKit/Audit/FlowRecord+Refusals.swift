/// REGISTERs of one registration that were refused one after the other, with no 2xx since.
struct RegisterRefusals: Sendable {
    /// What the last answer asked for that the phone did not offer, or would not do without.
    struct Extensions: OptionSet, Sendable {
        let rawValue: UInt8
        static let path = Extensions(rawValue: 1)
        static let outbound = Extensions(rawValue: 2)
    }

    /// Index in the flow's registrations, or -1 for those that cannot be read.
    let registration: Int
    /// Call-ID, CSeq and branch of the last.
    private(set) var key: Int
    var count: UInt32 = 0
    /// Seconds that the first asked for; nil where it named none.
    let lifetime: UInt64?
    let first: (time: Int64, frame: UInt64)
    private(set) var last: (time: Int64, frame: UInt64)
    var status: UInt16 = 0
    /// The last status line, and the extensions that it is about: `420 Bad Extension (Unsupported: path)`.
    var answer = ""
    var extensions: Extensions = []

    init(_ pending: PendingRegister, _ time: Int64, _ frame: UInt64) {
        (registration, key) = (pending.registration, pending.key)
        lifetime = pending.requestedExpires
        first = (time, frame)
        last = first
    }

    mutating func take(_ message: borrowing SIPMessage, _ pending: PendingRegister, _ time: Int64, _ frame: UInt64) {
        count &+= 1
        key = pending.key
        last = (time, frame)
        status = message.statusCode
        answer = "\(status) \(message.text(message.startLineText).prefix(80))"
        extensions = []
        guard status == 420 || status == 421 else { return }
        let name: HeaderName = status == 420 ? .unsupported : .require
        if message.hasOptionTag("path", in: name) { extensions.insert(.path) }
        if message.hasOptionTag("outbound", in: name) { extensions.insert(.outbound) }
        answer += " (\(message.shown(name, status == 420 ? "Unsupported" : "Require")))"
    }
}

extension FlowRecord {
    /// A phone has a few accounts; what registers more of them on one flow is no phone.
    private static let maximumRefusals = 4

    /// A final response to a REGISTER that is no 2xx.
    /// - Parameter isFirst: no other answer to a REGISTER was seen on the flow before.
    mutating func noteRefusal(
        _ message: borrowing SIPMessage, _ pending: PendingRegister, isFirst: Bool, _ time: Int64, _ frame: UInt64
    ) {
        // The first challenge is a step on the way, also where the credentials were those of a challenge before the capture:
        // few servers say that a nonce is stale.
        let isChallenge = message.statusCode == 401 || message.statusCode == 407
        guard !isChallenge || !isFirst && pending.isChallengedAgain(by: message) else { return }
        // Who goes wants to be reached no more, and who asks has no binding to lose. Of those beyond the registrations that are
        // kept, nobody knows whose they are.
        guard pending.requestedExpires != 0,
            pending.registration < 0
                ? registrations.count < Self.maximumRegistrations : !registrations[pending.registration].isQuery
        else { return }
        let known = refusals.firstIndex { $0.registration == pending.registration }
        if known == nil {
            guard refusals.count < Self.maximumRefusals else { return }
            refusals.append(RegisterRefusals(pending, time, frame))
        }
        refusals[known ?? refusals.count - 1].take(message, pending, time, frame)
    }

    /// The REGISTER was refused before; it, or the answer, is sent again while that of another account passes.
    func hasRefused(_ key: Int) -> Bool { rare?.value.further?.value.refusals.contains { $0.key == key } ?? false }

    /// A 2xx came for a registration.
    mutating func forgetRefusals(of registration: Int) {
        guard rare != nil, !refusals.isEmpty else { return }
        refusals.removeAll { $0.registration == registration }
    }

    /// Each REGISTER that was seen was challenged and nothing more: the last one, too, had no credentials, or old ones.
    ///
    /// False where an answer came to a REGISTER that was not seen, and where no binding was asked for.
    var isChallengedOnly: Bool {
        registerSuccesses == 0 && hasAnswered && pendingRegisters.isEmpty && refusals.isEmpty
            && registrations.contains { $0.asked == .seen && !$0.isQuery }
            && !registrations.contains { $0.asked == .unseen || $0.asked == .grantedUnseen }
    }

    /// A 2xx came to a REGISTER that was not seen, since the last one to one that was.
    var hasUnseenGrant: Bool { registrations.contains { $0.asked == .grantedUnseen } }
}

extension PendingRegister {
    /// A final response would have been captured had it come. Over datagrams only the client shows that: it sends again and
    /// again what is not answered.
    func isSurelyUnanswered(isStream: Bool) -> Bool { isStream || sends > 4 || beganUnseen }

    /// Whether `message` is a challenge to credentials: they are wrong, unless the server says that the nonce alone was too
    /// old (RFC 7616 §3.3).
    func isChallengedAgain(by message: borrowing SIPMessage) -> Bool {
        guard message.statusCode == 401 && credentials.registrar || message.statusCode == 407 && credentials.proxy
        else {
            return false
        }
        return !ExchangeRules.challenges(copy message).contains(where: \.isStale)
    }
}
