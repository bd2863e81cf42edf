import Testing

@testable import OutboundKit

/// RFC 3261 §17.1.2 in simulated time: whole timelines, in milliseconds.
@Suite struct NonInviteTransactionTests {
    /// Runs a transaction; `answers` come at their times. The clock jumps from deadline to deadline.
    private func timeline(
        reliable: Bool, timing: NonInviteTransaction.Timing = .init(),
        answers: [(milliseconds: Int64, code: UInt16)] = []
    ) -> [String] {
        var transaction = NonInviteTransaction(timing: timing, isReliable: reliable)
        var log: [String] = []
        var pending = answers[...]
        var now = Timestamp.zero
        func drain() {
            while let output = transaction.next() { log.append("\(now.nanoseconds / 1_000_000) \(output)") }
        }
        transaction.handle(.start, at: now)
        drain()
        while transaction.deadline != nil || !pending.isEmpty {
            let answerAt = pending.first.map { Timestamp(nanoseconds: $0.milliseconds * 1_000_000) }
            if let answerAt, transaction.deadline.map({ answerAt <= $0 }) ?? true {
                now = answerAt
                transaction.handle(.response(pending.removeFirst().code), at: now)
            } else if let deadline = transaction.deadline {
                now = deadline
                transaction.handle(.timer, at: now)
            }
            drain()
        }
        return log
    }

    @Test func silenceOverUDP() {
        let sends = [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]
        let expected = sends.enumerated().map { "\($0.element) transmit(\($0.offset + 1))" }
        #expect(timeline(reliable: false) == expected + ["32000 timedOut", "32000 ended"])
    }

    @Test func silenceOverTCP() {
        #expect(timeline(reliable: true) == ["0 transmit(1)", "32000 timedOut", "32000 ended"])
    }

    @Test func provisionalAnswerSlowsTheSendsToT2() {
        let log = timeline(reliable: false, answers: [(600, 100), (14_000, 200)])
        #expect(
            log == [
                "0 transmit(1)", "500 transmit(2)", "600 provisional(100)", "1500 transmit(3)", "5500 transmit(4)",
                "9500 transmit(5)", "13500 transmit(6)", "14000 final(200)", "19000 ended",
            ])
    }

    @Test func copiesAreAbsorbedUntilTimerK() {
        let log = timeline(reliable: false, answers: [(10, 200), (20, 200), (30, 100), (5010, 200), (6000, 200)])
        #expect(
            log == [
                "0 transmit(1)", "10 final(200)", "20 absorbed(200)", "30 absorbed(100)", "5010 absorbed(200)",
                "5010 ended", "6000 absorbed(200)",
            ])
    }

    @Test func reliableTransportEndsAtOnce() {
        #expect(
            timeline(reliable: true, answers: [(10, 100), (20, 401)]) == [
                "0 transmit(1)", "10 provisional(100)", "20 final(401)", "20 ended",
            ])
    }

    @Test func timerFCanBeShorter() {
        let timing = NonInviteTransaction.Timing(timerF: .seconds(2))
        #expect(
            timeline(reliable: false, timing: timing) == [
                "0 transmit(1)", "500 transmit(2)", "1500 transmit(3)", "2000 timedOut", "2000 ended",
            ])
    }

    @Test func transportFailureEndsIt() {
        var transaction = NonInviteTransaction(isReliable: false)
        transaction.handle(.start, at: .zero)
        transaction.handle(.transportFailed, at: .zero)
        #expect(transaction.next() == .transmit(1))
        #expect(transaction.next() == .ended)
        #expect(transaction.deadline == nil)
    }
}
