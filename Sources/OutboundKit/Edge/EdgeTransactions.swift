/// The server transaction of a proxied request, whichever its kind.
struct ServerTransaction: Sendable {
    private enum Kind: Sendable {
        case invite(InviteServerTransaction)
        case other(NonInviteServerTransaction)
    }

    enum Output: Sendable, Hashable {
        /// Send the last response.
        case transmit
        case ended
    }

    private var kind: Kind

    init(isInvite: Bool, timing: TransactionTiming, isReliable: Bool) {
        kind =
            isInvite
            ? .invite(InviteServerTransaction(timing: timing, isReliable: isReliable))
            : .other(NonInviteServerTransaction(timing: timing, isReliable: isReliable))
    }

    var deadline: Timestamp? {
        switch kind {
        case .invite(let transaction): transaction.deadline
        case .other(let transaction): transaction.deadline
        }
    }

    /// A 2xx was sent: its ACK goes end to end.
    var isAccepted: Bool {
        guard case .invite(let transaction) = kind else { return false }
        return transaction.state == .accepted
    }

    enum Input: Sendable {
        case request
        case respond(UInt16)
        case acknowledged
        case timer
        case transportFailed
    }

    /// Whether the transaction ended, and how often the last response is to be sent, is in `next()`.
    mutating func handle(_ input: Input, at now: Timestamp) {
        switch kind {
        case .invite(var transaction):
            switch input {
            case .request: transaction.handle(.request, at: now)
            case .respond(let code): transaction.handle(.respond(code), at: now)
            case .acknowledged: transaction.handle(.acknowledged, at: now)
            case .timer: transaction.handle(.timer, at: now)
            case .transportFailed: transaction.handle(.transportFailed, at: now)
            }
            kind = .invite(transaction)
        case .other(var transaction):
            switch input {
            case .request: transaction.handle(.request, at: now)
            case .respond(let code): transaction.handle(.respond(code), at: now)
            case .acknowledged: break
            case .timer: transaction.handle(.timer, at: now)
            case .transportFailed: transaction.handle(.transportFailed, at: now)
            }
            kind = .other(transaction)
        }
    }

    mutating func next() -> Output? {
        switch kind {
        case .invite(var transaction):
            defer { kind = .invite(transaction) }
            while let output = transaction.next() {
                switch output {
                case .transmit: return .transmit
                case .ended: return .ended
                case .timedOut: continue
                }
            }
            return nil
        case .other(var transaction):
            defer { kind = .other(transaction) }
            switch transaction.next() {
            case .transmit?: return .transmit
            case .ended?: return .ended
            case nil: return nil
            }
        }
    }
}

/// The client transaction of one branch, whichever its kind.
struct ClientTransaction: Sendable {
    private enum Kind: Sendable {
        case invite(InviteClientTransaction)
        case other(NonInviteTransaction)
    }

    enum Input: Sendable {
        case start
        case response(UInt16)
        case timer
        case transportFailed
    }

    enum Output: Sendable, Hashable {
        case transmit
        case provisional
        /// A 2xx, or a copy of one.
        case success
        case acknowledge
        case final
        case timedOut
        case ended
    }

    private var kind: Kind

    init(isInvite: Bool, timing: TransactionTiming, isReliable: Bool) {
        kind =
            isInvite
            ? .invite(InviteClientTransaction(timing: timing, isReliable: isReliable))
            : .other(NonInviteTransaction(timing: timing, isReliable: isReliable))
    }

    var deadline: Timestamp? {
        switch kind {
        case .invite(let transaction): transaction.deadline
        case .other(let transaction): transaction.deadline
        }
    }

    mutating func handle(_ input: Input, at now: Timestamp) {
        switch kind {
        case .invite(var transaction):
            switch input {
            case .start: transaction.handle(.start, at: now)
            case .response(let code): transaction.handle(.response(code), at: now)
            case .timer: transaction.handle(.timer, at: now)
            case .transportFailed: transaction.handle(.transportFailed, at: now)
            }
            kind = .invite(transaction)
        case .other(var transaction):
            switch input {
            case .start: transaction.handle(.start, at: now)
            case .response(let code): transaction.handle(.response(code), at: now)
            case .timer: transaction.handle(.timer, at: now)
            case .transportFailed: transaction.handle(.transportFailed, at: now)
            }
            kind = .other(transaction)
        }
    }

    mutating func next() -> Output? {
        switch kind {
        case .invite(var transaction):
            defer { kind = .invite(transaction) }
            guard let output = transaction.next() else { return nil }
            return switch output {
            case .transmit: .transmit
            case .provisional: .provisional
            case .success: .success
            case .acknowledge: .acknowledge
            case .final: .final
            case .timedOut: .timedOut
            case .ended: .ended
            }
        case .other(var transaction):
            defer { kind = .other(transaction) }
            while let output = transaction.next() {
                switch output {
                case .transmit: return .transmit
                case .provisional: return .provisional
                case .final(let code): return code < 300 ? .success : .final
                case .absorbed: continue
                case .timedOut: return .timedOut
                case .ended: return .ended
                }
            }
            return nil
        }
    }
}
