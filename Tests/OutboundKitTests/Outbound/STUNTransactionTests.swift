import Testing

@testable import OutboundKit

@Suite struct STUNTransactionTests {
    private let id = STUNTransactionID(high: 1, low: 2)
    private let flow = FlowID(0)

    private func transaction(_ timing: STUNTiming = .standard) -> STUNTransaction {
        STUNTransaction(id: id, request: STUNMessageWriter(.bindingRequest, id).message, flow: flow, timing: timing)
    }

    private func answer(_ type: STUNMessageType = .bindingSuccess, to id: STUNTransactionID) -> [UInt8] {
        var writer = STUNMessageWriter(type, id)
        if let address = TransportAddress("192.0.2.1:40000") { writer.append(xorMappedAddress: address) }
        return writer.message
    }

    /// Lets the clock jump from deadline to deadline and writes down what happens, in milliseconds.
    private func timeline(_ transaction: inout STUNTransaction, from start: Timestamp) -> [String] {
        var lines: [String] = []
        var now = start
        transaction.handle(.start, at: now)
        while true {
            while let output = transaction.next() {
                let at = now.nanoseconds(since: start) / 1_000_000
                switch output {
                case .send: lines.append("\(at)")
                case .event(.failed(let reason, let timing)): lines.append("\(reason) \(at), \(timing.sends) sends")
                case .event(let event): lines.append("\(event)")
                }
            }
            guard let deadline = transaction.deadline else { return lines }
            now = deadline
            transaction.handle(.timer, at: now)
        }
    }

    @Test func silence() {
        var silent = transaction()
        #expect(
            timeline(&silent, from: Timestamp(seconds: 1_767_225_600)) == [
                "0", "500", "1500", "3500", "7500", "15500", "31500",
                "no answer to any of the STUN Binding requests 39500, 7 sends",
            ])
        #expect(STUNTiming.standard.total == .milliseconds(39_500))
        var short = transaction(STUNTiming(rto: .milliseconds(100), rc: 2, rm: 3))
        #expect(
            timeline(&short, from: .zero) == ["0", "100", "no answer to any of the STUN Binding requests 400, 2 sends"])
    }

    @Test func retransmissionsAreTheSameOctets() {
        var engine = transaction()
        engine.handle(.start, at: .zero)
        var sent: Set<[UInt8]> = []
        for _ in 0..<7 {
            if case .send(let octets, _) = engine.next() { sent.insert(octets) }
            engine.handle(.timer, at: engine.deadline ?? .zero)
        }
        #expect(sent.count == 1)
    }

    @Test func answered() throws {
        var engine = transaction()
        engine.handle(.start, at: .zero)
        _ = engine.next()
        engine.handle(.sent, at: Timestamp(nanoseconds: 5_000))
        engine.handle(.timer, at: Timestamp(nanoseconds: 10_000))
        #expect(engine.next() == nil, "a timer that fires early does nothing")
        engine.receive(answer(to: id).span.bytes, on: flow, at: Timestamp(nanoseconds: 25_000))
        guard case .event(.response(let message, let timing)) = engine.next() else {
            Issue.record("no response")
            return
        }
        #expect(message.xorMappedAddress?.description == "192.0.2.1:40000")
        #expect(timing.elapsed == .nanoseconds(20_000))
        #expect(timing.isRoundTrip)
        #expect(engine.deadline == nil)
        engine.receive(answer(to: id).span.bytes, on: flow, at: Timestamp(nanoseconds: 30_000))
        guard case .event(.ignored(.otherTransaction)) = engine.next() else {
            Issue.record("the second answer must be dropped")
            return
        }
    }

    @Test func answeredLate() {
        var engine = transaction()
        engine.handle(.start, at: .zero)
        engine.handle(.timer, at: Timestamp(seconds: 0.5))
        engine.receive(answer(.bindingError, to: id).span.bytes, on: flow, at: Timestamp(seconds: 0.6))
        var last: STUNTransaction.Output?
        while let output = engine.next() { last = output }
        guard case .event(.response(_, let timing)) = last else {
            Issue.record("no response")
            return
        }
        #expect(timing.sends == 2)
        #expect(!timing.isRoundTrip)
    }

    @Test func foreignOctetsChangeNothing() {
        var engine = transaction()
        engine.handle(.start, at: .zero)
        _ = engine.next()
        let before = engine.deadline
        engine.receive(answer(to: STUNTransactionID(high: 1, low: 3)).span.bytes, on: flow, at: Timestamp(seconds: 0.1))
        engine.receive(answer(.bindingRequest, to: id).span.bytes, on: flow, at: Timestamp(seconds: 0.1))
        engine.receive(Array("garbage".utf8).span.bytes, on: flow, at: Timestamp(seconds: 0.1))
        var ignored: [STUNTransaction.Ignored] = []
        while let output = engine.next() {
            if case .event(.ignored(let why)) = output { ignored.append(why) }
        }
        #expect(
            ignored == [.otherTransaction, .noResponse, .malformed(ParseError(.truncated, at: 7, in: "STUN header"))])
        #expect(engine.deadline == before)
    }

    @Test func hardErrorEndsIt() {
        var engine = transaction()
        engine.handle(.start, at: .zero)
        _ = engine.next()
        engine.handle(.unreachable, at: Timestamp(seconds: 0.001))
        guard case .event(.failed(.unreachable, let timing)) = engine.next() else {
            Issue.record("no failure")
            return
        }
        #expect(timing.elapsed == .milliseconds(1))
        #expect(engine.deadline == nil)
    }
}
