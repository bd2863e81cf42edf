import Testing

@testable import OutboundKit

/// The meter against a made-up server, in simulated time.
@Suite struct CapacityMeterTests {
    private static let start = Timestamp(seconds: 5)

    private func meter(_ load: CapacityMeter.Load, window: Int) -> CapacityMeter {
        CapacityMeter(load, window: window, prefix: 0xABCD, at: Self.start)
    }

    /// Sends what is due and gives back the requests.
    private func send(_ meter: inout CapacityMeter, at now: Timestamp) -> [[UInt8]] {
        let count = meter.due(at: now)
        var octets = [UInt8](repeating: 0, count: count * CapacityMeter.requestLength)
        meter.write(count, into: &octets)
        meter.sent(count, at: now)
        return (0..<count).map { Array(octets[$0 * 20..<$0 * 20 + 20]) }
    }

    private func receive(_ meter: inout CapacityMeter, _ octets: [UInt8], at now: Timestamp) {
        meter.receive(octets.span.bytes, at: now)
    }

    @Test func requestsAreBindingRequests() throws {
        var meter = meter(.flood, window: 64)
        let requests = send(&meter, at: Self.start) + send(&meter, at: Self.start)
        #expect(requests.count == 64)
        let ids = try requests.map { octets -> STUNTransactionID in
            let message = try STUN.parse(octets)
            #expect(message.type == .bindingRequest)
            return message.transactionID
        }
        #expect(Set(ids).count == 64)
        #expect(ids.allSatisfy { $0.high == 0xABCD })
    }

    @Test(arguments: [1, 2, 31, 32, 33, 256, 65_536])
    func windowIsKept(_ window: Int) {
        var meter = meter(.flood, window: window)
        var total = 0
        while true {
            let requests = send(&meter, at: Self.start)
            if requests.isEmpty { break }
            total += requests.count
        }
        #expect(total <= window)
        #expect(total * 2 > window || window == 1)
        #expect(meter.inFlight == total)
        #expect(total > 0)
    }

    @Test func answers() {
        var meter = meter(.flood, window: 32)
        let requests = send(&meter, at: Self.start)
        let later = Self.start + .microseconds(50)
        for request in requests.reversed() { receive(&meter, ProbeRig.success(request), at: later) }
        #expect(meter.counts.answered == 32)
        #expect(meter.inFlight == 0)
        #expect(meter.roundTrips.percentiles([50]) == [50_000])
        // Again: they belong to nothing in flight.
        for request in requests { receive(&meter, ProbeRig.success(request), at: later) }
        #expect(meter.counts.others == 32)
        #expect(send(&meter, at: later).count == 32)
    }

    @Test func whatIsNoAnswer() throws {
        var meter = meter(.flood, window: 32)
        let request = try #require(send(&meter, at: Self.start).first)
        let good = ProbeRig.success(request)
        var foreign = good
        foreign[8] ^= 1
        var ahead = good
        ahead[19] = 200
        var noCookie = good
        noCookie[4] = 0
        for octets in [[], [0], request, foreign, ahead, noCookie, Array(good.dropLast()), good + [0]] {
            receive(&meter, octets, at: Self.start)
        }
        #expect(meter.counts.others == 8)
        #expect(meter.counts.answered == 0)
        receive(&meter, ProbeRig.error(request, 500), at: Self.start)
        #expect((meter.counts.answered, meter.counts.errorResponses) == (1, 1))
    }

    @Test func lossIsReplacedAfterItsTime() {
        var meter = meter(.flood, window: 32)
        _ = send(&meter, at: Self.start)
        #expect(meter.due(at: Self.start + .milliseconds(999)) == 0)
        #expect(meter.deadline == Self.start + .seconds(1))
        #expect(meter.due(at: Self.start + .seconds(1)) == 32)
        #expect(meter.counts.lost == 32)
    }

    @Test func aLostRequestDoesNotHoldUpTheOthers() {
        var meter = meter(.flood, window: 32)
        var now = Self.start
        var answered = 0
        var isFirst = true
        // One request is never answered; the rest go on for its whole patience.
        for _ in 0..<20 {
            now = now + .milliseconds(1)
            for request in send(&meter, at: now) {
                if isFirst {
                    isFirst = false
                    continue
                }
                receive(&meter, ProbeRig.success(request), at: now)
                answered += 1
            }
        }
        #expect(answered > 500)
        #expect(meter.counts.lost == 0)
    }

    @Test func rateIsHeld() {
        var meter = meter(.rate(1000), window: 256)
        var now = Self.start
        while now < Self.start + .seconds(2) {
            for request in send(&meter, at: now) { receive(&meter, ProbeRig.success(request), at: now) }
            guard let next = meter.deadline else { break }
            #expect(next > now)
            now = next
        }
        #expect((1999...2001).contains(meter.counts.sent))
    }

    @Test func stopWaitsForTheRest() {
        var meter = meter(.flood, window: 32)
        let requests = send(&meter, at: Self.start)
        meter.stop(at: Self.start)
        #expect(meter.due(at: Self.start) == 0)
        #expect(!meter.isFinished)
        receive(&meter, ProbeRig.success(requests[0]), at: Self.start)
        #expect((meter.counts.answered, meter.counts.answeredAfter) == (0, 1))
        #expect(meter.due(at: Self.start + .seconds(2)) == 0)
        #expect(meter.counts.lost == 31)
        #expect(meter.isFinished)
    }
}
