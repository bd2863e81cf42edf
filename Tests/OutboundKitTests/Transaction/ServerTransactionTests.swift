import Testing

@testable import OutboundKit

/// The transactions of RFC 3261 §17 with RFC 6026, as timelines: milliseconds and what was said.
@Suite struct ServerTransactionTests {
    private static func at(_ milliseconds: Int64) -> Timestamp { Timestamp(nanoseconds: milliseconds * 1_000_000) }

    @Test func inviteServerResendsUntilACK() {
        var transaction = InviteServerTransaction(isReliable: false)
        transaction.handle(.respond(100), at: Self.at(0))
        #expect(transaction.next() == .transmit && transaction.next() == nil)
        transaction.handle(.request, at: Self.at(10))
        #expect(transaction.next() == .transmit)
        transaction.handle(.respond(486), at: Self.at(100))
        #expect(transaction.next() == .transmit)
        var sends: [Int64] = []
        while let due = transaction.deadline, due <= Self.at(10_000) {
            transaction.handle(.timer, at: due)
            while transaction.next() == .transmit { sends.append(due.nanoseconds / 1_000_000) }
        }
        #expect(sends == [600, 1600, 3600, 7600])
        transaction.handle(.acknowledged, at: Self.at(10_000))
        #expect(transaction.state == .confirmed && transaction.deadline == Self.at(15_000))
        transaction.handle(.request, at: Self.at(11_000))
        #expect(transaction.next() == nil)
        transaction.handle(.timer, at: Self.at(15_000))
        #expect(transaction.next() == .ended && transaction.state == .terminated)
    }

    @Test func inviteServerGivesUpWithoutACK() {
        for isReliable in [false, true] {
            var transaction = InviteServerTransaction(isReliable: isReliable)
            transaction.handle(.respond(404), at: Self.at(0))
            var outputs: [InviteServerTransaction.Output] = []
            while let output = transaction.next() { outputs.append(output) }
            while let due = transaction.deadline {
                transaction.handle(.timer, at: due)
                while let output = transaction.next() { outputs.append(output) }
            }
            // At 0; 500, 1500, 3500 and from there every 4 s up to 31.5 s on datagrams alone; then Timer H.
            #expect(outputs.filter { $0 == .transmit }.count == (isReliable ? 1 : 11))
            #expect(outputs.suffix(2) == [.timedOut, .ended])
        }
    }

    @Test func inviteServerAbsorbsTheRequestAfter2xx() {
        var transaction = InviteServerTransaction(isReliable: false)
        transaction.handle(.respond(200), at: Self.at(0))
        #expect(transaction.next() == .transmit && transaction.state == .accepted)
        transaction.handle(.request, at: Self.at(500))
        #expect(transaction.next() == nil)
        transaction.handle(.respond(200), at: Self.at(600))
        #expect(transaction.next() == .transmit)
        transaction.handle(.respond(486), at: Self.at(700))
        #expect(transaction.next() == nil && transaction.deadline == Self.at(32_000))
        transaction.handle(.timer, at: Self.at(32_000))
        #expect(transaction.next() == .ended)
    }

    @Test func nonInviteServerRepeatsItsAnswer() {
        var transaction = NonInviteServerTransaction(isReliable: false)
        transaction.handle(.request, at: Self.at(1))
        #expect(transaction.next() == nil)
        transaction.handle(.respond(200), at: Self.at(2))
        #expect(transaction.next() == .transmit)
        transaction.handle(.request, at: Self.at(3))
        #expect(transaction.next() == .transmit)
        transaction.handle(.respond(500), at: Self.at(4))
        #expect(transaction.next() == nil && transaction.deadline == Self.at(32_002))
        transaction.handle(.timer, at: Self.at(32_002))
        #expect(transaction.next() == .ended)
        var reliable = NonInviteServerTransaction(isReliable: true)
        reliable.handle(.respond(200), at: Self.at(2))
        #expect(reliable.next() == .transmit && reliable.next() == .ended && reliable.deadline == nil)
    }

    @Test func inviteClientSendsAgainAndGivesUp() {
        var transaction = InviteClientTransaction(isReliable: false)
        transaction.handle(.start, at: Self.at(0))
        var sends: [Int64] = []
        var outputs: [InviteClientTransaction.Output] = []
        func drain(_ time: Timestamp) {
            while let output = transaction.next() {
                if case .transmit = output {
                    sends.append(time.nanoseconds / 1_000_000)
                } else {
                    outputs.append(output)
                }
            }
        }
        drain(.zero)
        while let due = transaction.deadline {
            transaction.handle(.timer, at: due)
            drain(due)
        }
        #expect(sends == [0, 500, 1500, 3500, 7500, 15_500, 31_500])
        #expect(outputs == [.timedOut, .ended])
    }

    @Test func inviteClientAcknowledgesEachCopy() {
        var transaction = InviteClientTransaction(isReliable: false)
        transaction.handle(.start, at: Self.at(0))
        #expect(transaction.next() == .transmit(1))
        transaction.handle(.response(180), at: Self.at(100))
        #expect(transaction.next() == .provisional(180) && transaction.deadline == nil)
        transaction.handle(.response(486), at: Self.at(200))
        #expect(transaction.next() == .acknowledge && transaction.next() == .final(486))
        transaction.handle(.response(486), at: Self.at(700))
        #expect(transaction.next() == .acknowledge && transaction.next() == nil)
        transaction.handle(.timer, at: Self.at(32_200))
        #expect(transaction.next() == .ended)
    }

    @Test func inviteClientPassesEach2xx() {
        var transaction = InviteClientTransaction(isReliable: true)
        transaction.handle(.start, at: Self.at(0))
        #expect(transaction.next() == .transmit(1))
        transaction.handle(.response(200), at: Self.at(100))
        transaction.handle(.response(200), at: Self.at(600))
        transaction.handle(.response(486), at: Self.at(700))
        #expect(transaction.next() == .success(200) && transaction.next() == .success(200) && transaction.next() == nil)
        transaction.handle(.timer, at: Self.at(32_100))
        #expect(transaction.next() == .ended)
        transaction.handle(.transportFailed, at: Self.at(33_000))
        #expect(transaction.next() == nil)
    }
}
