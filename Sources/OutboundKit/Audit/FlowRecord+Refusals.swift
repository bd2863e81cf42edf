/// REGISTERs of one registration that were refused one after the other, with no 2xx since.
struct RegisterRefusals: Sendable {
    /// What the last answer asked for that the phone did not offer, or would not do without.
    struct Extensions: OptionSet, Sendable {
        let rawValue: UInt8
        static let path = Extensions(rawValue: 1)
        static let outbound = Extensions(rawValue: 2)
    }

    /// Index in the flow's registrations, or -1 for all that are not kept.
    let registration: Int
    var count: UInt32 = 0
    let first: (time: Int64, frame: UInt64)
    var last: (time: Int64, frame: UInt64)
    var status: UInt16 = 0
    /// The last status line, and the extensions that it is about: `420 Bad Extension (Unsupported: path)`.
    var answer = ""
    var extensions: Extensions = []

    mutating func take(_ message: borrowing SIPMessage, _ time: Int64, _ frame: UInt64) {
        count &+= 1
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
    mutating func noteRefusal(
        _ message: borrowing SIPMessage, _ pending: PendingRegister, _ time: Int64, _ frame: UInt64
    ) {
        // The first challenge is a step on the way.
        let isChallenge = message.statusCode == 401 || message.statusCode == 407
        guard !isChallenge || pending.isChallengedAgain(by: message) else { return }
        let known = refusals.firstIndex { $0.registration == pending.registration }
        if known == nil {
            guard refusals.count < Self.maximumRefusals else { return }
            refusals.append(
                RegisterRefusals(registration: pending.registration, first: (time, frame), last: (time, frame)))
        }
        refusals[known ?? refusals.count - 1].take(message, time, frame)
    }

    /// A 2xx came for a registration.
    mutating func forgetRefusals(of registration: Int) {
        guard rare != nil, !refusals.isEmpty else { return }
        refusals.removeAll { $0.registration == registration }
    }

    /// Each REGISTER that was seen was challenged and nothing more: the last one, too, had no credentials, or old ones.
    ///
    /// False where an answer came to a REGISTER that was not seen.
    var isChallengedOnly: Bool {
        registerSuccesses == 0 && hasAnswered && pendingRegisters.isEmpty && refusals.isEmpty
            && !registrations.isEmpty && !registrations.contains { $0.asked == .unseen }
    }
}

extension PendingRegister {
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
