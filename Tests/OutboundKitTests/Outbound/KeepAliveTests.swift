import Testing

@testable import OutboundKit

/// Whole lives of flows in simulated time.
@Suite struct KeepAliveTests {
    private let flow = FlowID(3)

    /// A server for `STUNKeepAlive`: what it answers to request number n (from 1), after 20 ms.
    private func stunLife(
        flowTimer: FlowTimer?, until end: Timestamp, seed: UInt64 = 1,
        answer: (Int, STUNTransactionID) -> [UInt8]?
    ) -> (sends: [Timestamp], events: [STUNKeepAlive<SeededGenerator>.Event]) {
        var engine = STUNKeepAlive(flow: flow, using: SeededGenerator(seed: seed))
        var sends: [Timestamp] = []
        var events: [STUNKeepAlive<SeededGenerator>.Event] = []
        var inFlight: [(at: Timestamp, octets: [UInt8])] = []
        var now = Timestamp.zero
        engine.handle(.start(flowTimer), at: now)
        while now < end {
            while let output = engine.next() {
                switch output {
                case .event(let event): events.append(event)
                case .send(let octets, _):
                    sends.append(now)
                    guard let id = try? STUN.parse(octets).transactionID else { continue }
                    if let reply = answer(sends.count, id) { inFlight.append((now + .milliseconds(20), reply)) }
                }
            }
            let wakeUp = [engine.deadline, inFlight.first?.at].compactMap { $0 }.min()
            guard let wakeUp else { break }
            now = wakeUp
            if let first = inFlight.first, first.at <= now {
                inFlight.removeFirst()
                engine.receive(first.octets.span.bytes, on: flow, at: now)
            } else {
                engine.handle(.timer, at: now)
            }
        }
        return (sends, events)
    }

    private func success(_ id: STUNTransactionID, _ address: String = "192.0.2.1:40000") -> [UInt8] {
        var writer = STUNMessageWriter(.bindingSuccess, id)
        if let address = TransportAddress(address) { writer.append(xorMappedAddress: address) }
        return writer.message
    }

    @Test func healthyFlow() {
        let life = stunLife(flowTimer: nil, until: Timestamp(seconds: 3600)) { _, id in success(id) }
        let gaps = zip(life.sends.dropFirst(), life.sends).map { $0 - $1 }
        #expect(life.sends.first == .zero)
        #expect(gaps.count > 120)
        #expect(gaps.allSatisfy { $0 >= .seconds(24) && $0 <= .seconds(29) })
        #expect(Set(gaps).count == gaps.count)
        #expect(life.events.allSatisfy { if case .answered = $0 { true } else { false } })
        let timed = stunLife(flowTimer: FlowTimer(seconds: 10), until: Timestamp(seconds: 600)) { _, id in success(id) }
        #expect(
            zip(timed.sends.dropFirst(), timed.sends).allSatisfy { $0 - $1 >= .seconds(8) && $0 - $1 <= .seconds(10) })
    }

    @Test func mutedServer() {
        let life = stunLife(flowTimer: nil, until: Timestamp(seconds: 3600)) { count, id in
            count < 3 ? success(id) : nil
        }
        #expect(life.events.last == .failed(.stunTimeout))
        #expect(life.sends.count == 2 + 7)
    }

    @Test func newMapping() {
        let life = stunLife(flowTimer: nil, until: Timestamp(seconds: 3600)) { count, id in
            success(id, count < 4 ? "192.0.2.1:40000" : "192.0.2.1:40001")
        }
        guard case .failed(.mappedAddressChanged(let old, let new)) = life.events.last else {
            Issue.record("not seen")
            return
        }
        #expect((old.port, new.port) == (40000, 40001))
        #expect(life.sends.count == 4)
    }

    @Test func errorResponse() {
        let life = stunLife(flowTimer: nil, until: Timestamp(seconds: 3600)) { _, id in
            var writer = STUNMessageWriter(.bindingError, id)
            writer.append(errorCode: STUNErrorCode(code: 500, reason: "Server Error"))
            return writer.message
        }
        #expect(life.events == [.failed(.stunError(500))])
    }

    /// RFC 8489 §6.3: an answer to nobody, with another address in it, must not fail the flow.
    @Test func forgedAnswer() {
        var first = true
        let life = stunLife(flowTimer: nil, until: Timestamp(seconds: 600)) { _, id in
            defer { first = false }
            return first
                ? success(id) : success(STUNTransactionID(high: id.high, low: ~id.low), "203.0.113.9:1")
        }
        #expect(life.events.last == .failed(.stunTimeout), "forged answers are as good as none")
    }

    /// Who asks with the cookie has no answer in one without it (RFC 8489 §6.3).
    @Test func answersWithoutTheCookieAreDropped() {
        let life = stunLife(flowTimer: nil, until: Timestamp(seconds: 600)) { _, id in
            var writer = STUNMessageWriter(.bindingSuccess, id, cookie: 0)
            writer.append(.mappedAddress, plain: TransportAddress(ip: IPAddress(v4: 0xC000_0201), port: 40_000))
            return writer.message
        }
        #expect(life.events == [.failed(.stunTimeout)])
        #expect(life.sends.count == 7)
    }

    @Test func changedFlowTimer() {
        var engine = STUNKeepAlive(flow: flow, using: SeededGenerator(seed: 9))
        engine.handle(.start(FlowTimer(seconds: 600)), at: .zero)
        guard case .send(let octets, _) = engine.next(), let id = try? STUN.parse(octets).transactionID else { return }
        engine.receive(success(id).span.bytes, on: flow, at: Timestamp(seconds: 0.01))
        #expect((engine.deadline ?? .zero) >= Timestamp(seconds: 480))
        engine.handle(.flowTimer(FlowTimer(seconds: 20)), at: Timestamp(seconds: 100))
        let deadline = engine.deadline ?? .zero
        #expect(deadline >= Timestamp(seconds: 116) && deadline <= Timestamp(seconds: 120))
        engine.handle(.stop, at: Timestamp(seconds: 101))
        #expect(engine.deadline == nil)
    }

    // CRLF

    private func crlf(_ flowTimer: UInt64? = 20, expectsPong: Bool = true) -> CRLFKeepAlive<SeededGenerator> {
        var engine = CRLFKeepAlive(flow: flow, transport: .tcp, using: SeededGenerator(seed: 7))
        engine.handle(.start(flowTimer.map(FlowTimer.init(seconds:)), expectsPong: expectsPong), at: .zero)
        return engine
    }

    private func outputs(_ engine: inout CRLFKeepAlive<SeededGenerator>) -> [CRLFKeepAlive<SeededGenerator>.Output] {
        var all: [CRLFKeepAlive<SeededGenerator>.Output] = []
        while let output = engine.next() { all.append(output) }
        return all
    }

    @Test func pingAndPong() {
        var engine = crlf()
        for _ in 0..<100 {
            let due = engine.deadline ?? .zero
            engine.handle(.timer, at: due)
            #expect(outputs(&engine) == [.send([13, 10, 13, 10], flow)])
            engine.handle(.pong, at: due + .milliseconds(30))
            #expect(outputs(&engine) == [.event(.answered(after: .milliseconds(30)))])
            let gap = (engine.deadline ?? .zero) - due
            #expect(gap >= .seconds(16) && gap <= .seconds(20))
        }
    }

    @Test func missingPong() {
        var engine = crlf()
        let sent = engine.deadline ?? .zero
        engine.handle(.timer, at: sent)
        #expect(engine.deadline == sent + .seconds(10))
        engine.handle(.timer, at: sent + .seconds(10))
        #expect(outputs(&engine).last == .event(.failed(.pongTimeout)))
        #expect(engine.deadline == nil)
    }

    /// With a message on its way in when the 10 s end, the verdict waits for the message's end.
    @Test(arguments: [true, false])
    func pongBehindALongMessage(_ comes: Bool) {
        var engine = crlf()
        let sent = engine.deadline ?? .zero
        engine.handle(.timer, at: sent)
        engine.handle(.messageBegan, at: sent + .seconds(9))
        engine.handle(.timer, at: sent + .seconds(10))
        #expect(outputs(&engine) == [.send([13, 10, 13, 10], flow)])
        if comes { engine.handle(.pong, at: sent + .seconds(12)) }
        engine.handle(.messageEnded, at: sent + .seconds(12))
        #expect(
            outputs(&engine) == [.event(comes ? .answered(after: .seconds(12)) : .failed(.pongTimeout))])
    }

    /// A Flow-Timer below 10 s: pings go on while an earlier pong is out, and each pong answers the oldest ping.
    @Test func shortFlowTimer() {
        var engine = crlf(2)
        var pings: [Timestamp] = []
        while case .some(let due) = engine.deadline {
            engine.handle(.timer, at: due)
            for output in outputs(&engine) {
                if case .send = output { pings.append(due) } else { #expect(output == .event(.failed(.pongTimeout))) }
            }
        }
        #expect((5...7).contains(pings.count))
        #expect(zip(pings.dropFirst(), pings).allSatisfy { $0 - $1 <= .seconds(2) })
    }

    @Test func noPongExpected() {
        var engine = crlf(expectsPong: false)
        for _ in 0..<5 { engine.handle(.timer, at: engine.deadline ?? .zero) }
        #expect(outputs(&engine).count == 5)
        engine.handle(.pong, at: .zero)
        #expect(outputs(&engine) == [.event(.strayCRLF)])
        engine.handle(.closed, at: .zero)
        #expect(outputs(&engine) == [.event(.failed(.closed))])
    }
}
