import Testing

@testable import OutboundKit

/// A search behind a made-up NAT, in simulated time.
struct NATRig {
    /// How the NAT numbers the ports of new mappings.
    enum Ports {
        case counting
        /// The socket's own, again and again.
        case preserved
    }

    static let local = TransportAddress(ip: IPAddress(v4: 0xC0A8_0107), port: 40_000)
    static let outside = IPAddress(v4: 0xCB00_7107)

    var search: BindingLifetimeSearch
    var events: [BindingLifetimeSearch.Event] = []
    var now = Timestamp(seconds: 1000)
    var requests = 0
    /// How long a mapping lasts without traffic; nil for ever. May depend on how many mappings there were.
    var lifetime: (Int) -> Duration? = { _ in nil }
    var ports = Ports.counting
    var delay = Duration.milliseconds(20)
    /// Which requests are lost before the NAT, and whose answers behind it; by number from 1.
    var losesRequest: (Int) -> Bool = { _ in false }
    var losesAnswer: (Int) -> Bool = { _ in false }
    /// Replaces the answer.
    var answer: ((Int, [UInt8]) -> [UInt8])?
    /// Datagrams that come by themselves.
    var unasked: [(at: Timestamp, octets: [UInt8])] = []
    private var mapping: TransportAddress?
    private var mappings = 0
    private var lastTraffic = Timestamp.zero

    init(_ change: (inout BindingLifetimeSearch.Settings) -> Void = { _ in }) {
        var settings = BindingLifetimeSearch.Settings()
        change(&settings)
        search = BindingLifetimeSearch(
            settings, flow: FlowID(0), local: Self.local, using: SeededGenerator(seed: 5))
    }

    var result: BindingLifetimeSearch.Result? {
        if case .ended(let result)? = events.last { return result }
        return nil
    }

    var silences: [Double] {
        events.compactMap { event in
            guard case .silent(let length, _) = event else { return nil }
            return Double(length.inNanoseconds) / 1e9
        }
    }

    mutating func run(for limit: Duration = .seconds(100_000)) {
        let end = now + limit
        search.handle(.start, at: now)
        while now < end {
            while let output = search.next() {
                switch output {
                case .event(let event): events.append(event)
                case .send(let octets, _):
                    search.handle(.sent, at: now)
                    pass(octets)
                }
            }
            if search.isFinished { return }
            unasked.sort { $0.at < $1.at }
            guard let wake = [search.deadline, unasked.first?.at].compactMap({ $0 }).min() else { return }
            now = max(now, wake)
            if let first = unasked.first, first.at <= now {
                unasked.removeFirst()
                search.receive(first.octets.span.bytes, on: FlowID(0), at: now)
            } else {
                search.handle(.timer, at: now)
            }
        }
    }

    /// A request through the NAT to the server, and its answer back.
    private mutating func pass(_ octets: [UInt8]) {
        requests += 1
        if losesRequest(requests) { return }
        if mapping == nil || lifetime(mappings).map({ now - lastTraffic > $0 }) ?? false {
            mappings += 1
            let port = ports == .preserved ? Self.local.port : UInt16(50_000 + mappings)
            mapping = TransportAddress(ip: Self.outside, port: port)
        }
        lastTraffic = now
        guard !losesAnswer(requests), let mapping else { return }
        let reply = answer?(requests, octets) ?? ProbeRig.success(octets, mapping)
        lastTraffic = now + delay
        unasked.append((now + delay, reply))
    }
}

@Suite struct BindingLifetimeTests {
    @Test(arguments: zip([4, 20, 24, 30, 30, 60, 119, 120, 180, 300, 599], [5, 5, 1, 1, 5, 5, 5, 1, 1, 5, 5]))
    func findsTheLifetime(seconds: Int, resolution: Int) throws {
        var rig = NATRig { $0.resolution = .seconds(resolution) }
        rig.lifetime = { _ in .seconds(seconds) }
        rig.run()
        let result = try #require(rig.result)
        #expect(result.ending == .found)
        let upper = try #require(result.bounds.upper)
        #expect(result.bounds.lower <= .seconds(seconds))
        #expect(upper > .seconds(seconds))
        #expect(upper - result.bounds.lower <= .seconds(resolution))
        #expect(!result.keepsPortNumber)
        // The upper bound is seen twice.
        let losses = rig.events.filter { if case .lost = $0 { true } else { false } }
        #expect(losses.count >= 2)
        #expect(rig.silences.count < 20)
    }

    @Test func silencesGrowAndAreThenHalved() {
        var rig = NATRig { $0.resolution = .seconds(10) }
        rig.lifetime = { _ in .seconds(100) }
        rig.run()
        #expect(Array(rig.silences.prefix(4)) == [15, 30, 60, 120])
        #expect(rig.silences.dropFirst(4).allSatisfy { $0 > 60 && $0 < 121 })
    }

    @Test func neverExpires() throws {
        var rig = NATRig { $0.maximum = .seconds(100) }
        rig.run()
        let result = try #require(rig.result)
        #expect(result.ending == .longerThanMaximum)
        #expect(result.bounds.lower >= .seconds(100))
        #expect(result.bounds.upper == nil)
        #expect(rig.silences == [15, 30, 60, 100])
        #expect(result.outlives(.seconds(29)) == true)
    }

    @Test func noTranslation() throws {
        var rig = NATRig()
        rig.answer = { _, request in ProbeRig.success(request, NATRig.local) }
        rig.run()
        #expect(rig.result?.ending == .noTranslation)
        #expect(rig.requests == 1, "said at once")
    }

    /// A NAT that keeps port numbers makes the lost mapping again: unchanged proves nothing.
    @Test func samePortAgain() throws {
        var rig = NATRig { $0.maximum = .seconds(60) }
        rig.ports = .preserved
        rig.lifetime = { _ in .seconds(10) }
        rig.run()
        let result = try #require(rig.result)
        #expect(result.ending == .longerThanMaximum)
        #expect(result.keepsPortNumber)
        #expect(result.outlives(.seconds(29)) == nil)
        let finding = BindingLifetimeJudge.finding(result, local: NATRig.local, at: rig.now, subject: "s")
        #expect(finding.verdict == .unknown(.side))
    }

    @Test func aMappingForEveryRequest() throws {
        var rig = NATRig()
        rig.lifetime = { _ in .zero }
        rig.run()
        let result = try #require(rig.result)
        #expect(result.ending == .unsteady)
        #expect(rig.silences.isEmpty)
        #expect(result.outlives(.seconds(24)) == false)
    }

    /// Whatever is lost, on either side of the NAT, the bounds hold.
    @Test(arguments: 0..<40)
    func lossyNetwork(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let lost = (0..<4000).map { _ in Int.random(in: 0..<100, using: &random) }
        var rig = NATRig { $0.resolution = .seconds(2) }
        rig.lifetime = { _ in .seconds(47) }
        rig.losesRequest = { lost[$0] < 15 }
        rig.losesAnswer = { lost[$0] >= 85 }
        rig.run()
        let result = try #require(rig.result)
        #expect(result.ending == .found)
        #expect(result.bounds.lower <= .seconds(47))
        #expect(try #require(result.bounds.upper) > .seconds(47))
    }

    @Test func anUnansweredProbeSaysNothing() throws {
        var rig = NATRig { $0.maximum = .seconds(30) }
        // The whole schedule of one probe is lost, the next one answered.
        rig.losesRequest = { (3...9).contains($0) }
        rig.run()
        #expect(rig.result?.ending == .longerThanMaximum)
        #expect(!rig.events.contains { if case .lost = $0 { true } else { false } })
        #expect(rig.events.contains(.retransmitted(sends: 8)))
    }

    @Test func serverGone() throws {
        var rig = NATRig()
        rig.losesAnswer = { $0 > 4 }
        rig.run()
        let result = try #require(rig.result)
        #expect(result.ending == .unanswered)
        #expect(result.bounds.lower >= .seconds(30), "what was found stays")
        #expect(rig.requests == 4 + 14)
    }

    @Test func neverAnswered() throws {
        var rig = NATRig()
        rig.losesRequest = { _ in true }
        rig.run()
        #expect(rig.result?.ending == .unanswered)
        #expect(rig.now == Timestamp(seconds: 1000 + 79))
    }

    /// A mapping that was lost once for another reason than time is not taken for its lifetime.
    @Test func lostOnceByAccident() throws {
        var rig = NATRig { $0.maximum = .seconds(240) }
        rig.lifetime = { $0 == 1 ? .seconds(50) : .seconds(150) }
        rig.run()
        let result = try #require(rig.result)
        #expect(result.ending == .found)
        #expect(result.bounds.lower > .seconds(140))
        #expect(result.bounds.lower <= .seconds(150))
        #expect(try #require(result.bounds.upper) > .seconds(150))
    }

    @Test func noRhymeNorReason() throws {
        var rig = NATRig { $0.maximum = .seconds(120) }
        rig.lifetime = { $0 % 2 == 1 ? .seconds(20) : .seconds(55) }
        rig.run()
        let result = try #require(rig.result)
        #expect(result.ending == .contradictory)
        #expect(result.outlives(.seconds(29)) == nil)
    }

    @Test func disturbedSilence() throws {
        var rig = NATRig { $0.maximum = .seconds(15) }
        rig.unasked = [(Timestamp(seconds: 1010), [0x4F, 0x50])]
        rig.run()
        #expect(rig.events.contains(.disturbed))
        #expect(rig.result?.ending == .longerThanMaximum)
        #expect(rig.now > Timestamp(seconds: 1025), "the silence began anew")
    }

    /// Each probe is sent twice and answered twice: the second answer is no disturbance, but the silence begins with it.
    @Test func slowNetwork() throws {
        var rig = NATRig { $0.maximum = .seconds(300) }
        rig.delay = .milliseconds(900)
        rig.lifetime = { _ in .seconds(100) }
        rig.run()
        let result = try #require(rig.result)
        #expect(result.ending == .found)
        #expect(!rig.events.contains(.disturbed))
        #expect(result.bounds.lower <= .seconds(100))
        #expect(try #require(result.bounds.upper) > .seconds(100))
    }

    @Test func neverSilent() throws {
        var rig = NATRig()
        rig.unasked = (1...20).map { (Timestamp(seconds: 1000 + Double($0) * 10), [0x4F]) }
        rig.run()
        #expect(rig.result?.ending == .disturbed)
    }

    @Test func unusableAnswers() {
        var rig = NATRig()
        rig.answer = { _, request in ProbeRig.error(request, 420) }
        rig.run()
        #expect(rig.result?.ending == .unusable(code: 420))
    }

    @Test func refusedAndStopped() throws {
        var search = NATRig().search
        search.handle(.start, at: .zero)
        search.handle(.networkError(NetworkError(.icmp(type: 3, code: 1))), at: .zero)
        #expect(!search.isFinished)
        search.handle(.networkError(NetworkError(.icmp(type: 3, code: 3))), at: .zero)
        var last: BindingLifetimeSearch.Event?
        while let output = search.next() { if case .event(let event) = output { last = event } }
        guard case .ended(let result) = last else {
            Issue.record("not ended")
            return
        }
        #expect(result.ending == .network(NetworkError(.icmp(type: 3, code: 3))))

        var rig = NATRig()
        rig.run(for: .seconds(60))
        rig.search.handle(.stop, at: rig.now)
        while let output = rig.search.next() { if case .event(let event) = output { rig.events.append(event) } }
        #expect(rig.result?.ending == .stopped)
        #expect(try #require(rig.result).bounds.lower >= .seconds(30))
    }

    struct Judgement: Sendable, CustomTestStringConvertible {
        let lower: Int
        let upper: Int?
        let verdict: String
        var testDescription: String { "\(lower) to \(upper.map(String.init) ?? "-") s: \(verdict)" }
    }

    static let judgements: [Judgement] = [
        Judgement(lower: 15, upper: 20, verdict: "warn"), Judgement(lower: 20, upper: 24, verdict: "warn"),
        Judgement(lower: 20, upper: 26, verdict: "unknown"), Judgement(lower: 25, upper: 28, verdict: "unknown"),
        Judgement(lower: 29, upper: 31, verdict: "info"), Judgement(lower: 175, upper: 181, verdict: "info"),
        Judgement(lower: 600, upper: nil, verdict: "info"), Judgement(lower: 15, upper: nil, verdict: "unknown"),
    ]

    @Test(arguments: judgements)
    func judged(_ row: Judgement) {
        let result = BindingLifetimeSearch.Result(
            ending: .found,
            bounds: BindingLifetimeSearch.Bounds(
                lower: .seconds(row.lower), upper: row.upper.map { Duration.seconds($0) }),
            mappedAddress: TransportAddress(ip: NATRig.outside, port: 50_001), keepsPortNumber: false, silences: 3)
        let finding = BindingLifetimeJudge.finding(result, local: NATRig.local, at: .zero, subject: "s")
        #expect(finding.verdict.word == row.verdict)
        #expect((finding.diagnosis?.text == "DX-STUN-05") == (row.verdict == "warn"))
    }
}
