@testable import OutboundKit

/// What a scripted phone may do wrong, and what it waits for.
extension ScriptedPhone {
    /// What this phone does wrong.
    enum Habit: Hashable {
        case noKeepAlive
        /// After a failed keep-alive it goes on with the same flow.
        case keepsDeadFlow
        /// A new reg-id after each loss.
        case newRegID
        /// After a failure it tries again every 45 s, for ever.
        case constantRetry
        /// After a failure it tries again in 2 s.
        case hastyRetry
        /// After a failure, or a loss, it does nothing any more.
        case givesUp
        /// Another REGISTER with a new CSeq a second after the first.
        case secondRegister
        /// A REGISTER without answer is sent again every 100 ms.
        case hastyCopies
        /// 420, 423 and 439 are answered by the same again.
        case repeatsRefused
        case ignoresRetryAfter
        /// Only the first Flow-Timer counts.
        case keepsOldTimer
        case ignoresFlowTimer
        /// Outbound or not, it keeps alive and wants answers.
        case assumesOutbound
        /// The first Contact of the 200 tells when to refresh.
        case firstExpiry
        case noPathTag
        case noOutboundTag
        /// Pings that nobody draws at random, so many milliseconds apart, whose answers do not matter.
        case pings(everyMilliseconds: Int)
        /// A STUN request without answer is sent again every 100 ms, five times.
        case hastySTUN
        /// A pong counts only when both its octets come at once.
        case needsWholePong
        /// A CRLF that answers nothing is an error: it closes.
        case hatesStrayCRLF
        /// It gives up 5 s after a ping.
        case impatient
        /// A message behind a CRLF is not seen.
        case deafBehindCRLF
        /// A STUN answer must begin with the mapped address.
        case wantsAddressFirst
        /// Whatever answers STUN is taken: any transaction, any cookie.
        case takesAnyAnswer
        /// The mapped address must be its own.
        case comparesWithSocket
        /// After a STUN answer without an address there are no keep-alives any more.
        case stopsAtOddAnswer
        /// It makes a call after 100 s. No fault in itself.
        case calls
        /// Its calls have the first Path as their Route, as a request in a dialog of that time has. No fault in itself.
        case callsByOldRoute
        /// Each REGISTER has CSeq 1.
        case keepsCSeq
        /// After the first flow it writes its URN in upper case.
        case otherCaseURN
        /// A call that was refused is made again at once, five times.
        case redialsAtOnce
        /// After a loss it connects again in 0.2 s, whatever had been before.
        case instantRetry
        /// Of two flows: the low base time although the other one lives.
        case lowBase
        /// Of two flows: while this one waits for its next attempt, the other does not refresh.
        case holdsOtherBack
    }

    struct Pending {
        var transaction: NonInviteTransaction
        let branch: String
        let bytes: [UInt8]
    }

    enum KeepAlive {
        case none
        case crlf(CRLFKeepAlive<SeededGenerator>)
        case stun(STUNKeepAlive<SeededGenerator>)
    }

    enum Alarm: Hashable {
        case refresh
        case retry
        case secondRegister
        case copy
        case ping
        case restart
        case giveUp
        case call(Int)
        case stunCopy(Int, [UInt8])
    }
}
