import Testing

@testable import OutboundKit

/// A prober and a scripted server in simulated time: the clock jumps from one thing due to the next.
struct ProbeRig {
    static let remote = TransportAddress(ip: IPAddress(v4: 0xC000_0201), port: 5060)
    static let local = TransportAddress(ip: IPAddress(v4: 0xC633_6407), port: 40000)

    /// What the server does with datagram n (from 1): octets, and whether they come from another port.
    typealias Script = (Int, [UInt8]) -> [(octets: [UInt8], after: Duration, isStranger: Bool)]

    var prober: STUNProber
    let settings: STUNProber.Settings
    var events: [STUNProber.Event] = []
    var sends: [Timestamp] = []
    let remote: TransportAddress

    init(_ settings: STUNProber.Settings, remote: TransportAddress = Self.remote) {
        self.settings = settings
        self.remote = remote
        prober = STUNProber(settings, flow: FlowID(0), local: Self.local, using: SeededGenerator(seed: 11))
    }

    var findings: [Finding] {
        STUNProbeJudge(
            prober.observations, settings: settings, remote: remote, local: Self.local, subject: "server"
        ).findings
    }

    func verdict(_ id: Requirement.ID) -> String? { findings.first { $0.requirement == id }?.verdict.word }

    mutating func run(until end: Timestamp = Timestamp(seconds: 1000), _ script: Script) {
        var now = Timestamp.zero
        var inFlight: [(at: Timestamp, octets: [UInt8], isStranger: Bool)] = []
        prober.handle(.start, at: now)
        while now < end {
            while let output = prober.next() {
                switch output {
                case .event(let event): events.append(event)
                case .send(let octets, _):
                    sends.append(now)
                    prober.handle(.sent, at: now)
                    for reply in script(sends.count, octets) {
                        inFlight.append((now + reply.after, reply.octets, reply.isStranger))
                    }
                }
            }
            if prober.isFinished { return }
            inFlight.sort { $0.at < $1.at }
            guard let wakeUp = [prober.deadline, inFlight.first?.at].compactMap({ $0 }).min() else { return }
            now = max(now, wakeUp)
            if let first = inFlight.first, first.at <= now {
                inFlight.removeFirst()
                if first.isStranger {
                    let stranger = TransportAddress(ip: remote.ip, port: remote.port + 1)
                    prober.receive(first.octets.span.bytes, from: stranger, at: now)
                } else {
                    prober.receive(first.octets.span.bytes, on: FlowID(0), at: now)
                }
            } else {
                prober.handle(.timer, at: now)
            }
        }
    }

    /// A success response to `request`.
    static func success(_ request: [UInt8], _ mapped: TransportAddress = Self.local, isXORed: Bool = true) -> [UInt8] {
        guard let id = try? STUN.parse(request).transactionID else { return [] }
        var writer = STUNMessageWriter(.bindingSuccess, id)
        if isXORed { writer.append(xorMappedAddress: mapped) } else { writer.append(.mappedAddress, plain: mapped) }
        return writer.message
    }

    static func error(_ request: [UInt8], _ code: UInt16) -> [UInt8] {
        guard let id = try? STUN.parse(request).transactionID else { return [] }
        var writer = STUNMessageWriter(.bindingError, id)
        writer.append(errorCode: STUNErrorCode(code: code, reason: "no"))
        return writer.message
    }
}

@Suite struct STUNProberTests {
    private func settings(_ count: Int?, every interval: Duration = .seconds(1)) -> STUNProber.Settings {
        var settings = STUNProber.Settings()
        settings.schedule = ProbeSchedule(count: count, pacing: .every(interval))
        return settings
    }

    @Test func healthyServer() {
        var rig = ProbeRig(settings(5))
        rig.run { _, request in [(ProbeRig.success(request), .milliseconds(20), false)] }
        #expect(rig.sends == (0..<5).map { Timestamp(seconds: Double($0)) })
        let seen = rig.prober.observations
        #expect((seen.sent, seen.answered, seen.lost, seen.retransmissions) == (5, 5, 0, 0))
        #expect(seen.roundTrips.percentiles([50]) == [20_000_000])
        #expect(seen.roundTrips.standardDeviation == 0)
        #expect(rig.findings.allSatisfy { $0.verdict == .pass || $0.verdict == .info })
    }

    @Test func backToBack() {
        var rig = ProbeRig(settings(1000, every: .zero))
        rig.run { _, request in [(ProbeRig.success(request), .microseconds(13), false)] }
        #expect(rig.prober.observations.answered == 1000)
        #expect(rig.sends.last == Timestamp(nanoseconds: 999 * 13_000))
    }

    @Test func keepAlivePacing() {
        var settings = settings(50)
        settings.schedule = ProbeSchedule(count: 50, pacing: .keepAlive(.datagram))
        var rig = ProbeRig(settings)
        rig.run(until: Timestamp(seconds: 5000)) { _, request in [(ProbeRig.success(request), .milliseconds(1), false)]
        }
        let gaps = zip(rig.sends.dropFirst(), rig.sends).map { $0 - $1 }
        #expect(gaps.count == 49)
        #expect(gaps.allSatisfy { $0 >= .seconds(24) && $0 <= .seconds(29) })
    }

    @Test func silence() {
        var rig = ProbeRig(settings(1))
        rig.run { _, _ in [] }
        #expect(rig.sends.map { $0.nanoseconds / 1_000_000 } == [0, 500, 1500, 3500, 7500, 15500, 31500])
        #expect(rig.prober.observations.ended == Timestamp(seconds: 39.5))
        #expect(rig.prober.observations.lost == 1)
        #expect(rig.findings.isEmpty, "silence alone proves nothing")
    }

    /// Success of another method, with the right transaction ID (RFC 8489 §6.3).
    @Test func answerOfAnotherMethod() {
        var rig = ProbeRig(settings(1))
        rig.run { _, request in
            var answer = ProbeRig.success(request)
            answer[1] = 0x03
            return [(answer, .milliseconds(10), false)]
        }
        #expect(rig.prober.observations.answered == 0 && rig.prober.observations.lost == 1)
    }

    @Test func retransmissionIsNoRoundTrip() {
        var rig = ProbeRig(settings(2))
        rig.run { count, request in count == 1 ? [] : [(ProbeRig.success(request), .milliseconds(10), false)] }
        #expect(rig.prober.observations.answered == 2)
        #expect(rig.prober.observations.roundTrips.count == 1)
    }

    @Test func timeoutAndLateAnswer() {
        var settings = settings(2)
        settings.schedule = ProbeSchedule(count: 2, timeout: .milliseconds(300))
        var rig = ProbeRig(settings)
        rig.run { count, request in
            [(ProbeRig.success(request), .milliseconds(count == 1 ? 700 : 10), false)]
        }
        let seen = rig.prober.observations
        #expect((seen.answered, seen.lost, seen.lateAnswers) == (1, 1, 1))
        #expect(rig.verdict("OB-STUN-023") == "pass", "a late answer is no foreign one")
    }

    @Test func deadline() {
        var settings = settings(nil)
        settings.schedule = ProbeSchedule(deadline: .milliseconds(3500))
        var rig = ProbeRig(settings)
        rig.run { _, request in [(ProbeRig.success(request), .milliseconds(10), false)] }
        #expect(rig.prober.observations.sent == 4)
        #expect(rig.prober.observations.ended == Timestamp(seconds: 3.5))
    }

    @Test func newMapping() {
        var rig = ProbeRig(settings(4))
        let other = TransportAddress(ip: ProbeRig.local.ip, port: 40001)
        rig.run { count, request in
            [(ProbeRig.success(request, count < 3 ? ProbeRig.local : other), .milliseconds(10), false)]
        }
        #expect(rig.prober.observations.mappedAddressChanges == 1)
        #expect(rig.verdict("OB-STUN-006") == "warn")
        let changes = rig.events.filter { if case .mappedAddressChanged = $0 { true } else { false } }
        #expect(changes.count == 1)
    }

    struct Row: CustomTestStringConvertible, Sendable {
        let name: String
        let id: Requirement.ID
        let verdict: String?
        let answer: @Sendable ([UInt8]) -> [UInt8]
        var remote = ProbeRig.remote
        var testDescription: String { name }
    }

    @Test(arguments: [
        Row(name: "only MAPPED-ADDRESS", id: "OB-STUN-009", verdict: "fail") { ProbeRig.success($0, isXORed: false) },
        Row(name: "XOR-MAPPED-ADDRESS", id: "OB-STUN-009", verdict: "pass") { ProbeRig.success($0) },
        Row(name: "no mapped address", id: "OB-STUN-009", verdict: "fail") {
            Array(ProbeRig.success($0).prefix(2)) + [0, 0] + $0[4..<20]
        },
        Row(name: "NAT", id: "OB-STUN-010", verdict: "unknown") { ProbeRig.success($0, ProbeRig.remote) },
        Row(
            name: "wrong address without NAT", id: "OB-STUN-010", verdict: "fail",
            answer: { ProbeRig.success($0, ProbeRig.remote) },
            remote: TransportAddress(ip: ProbeRig.local.ip, port: 5060)),
        Row(name: "401", id: "OB-STUN-012", verdict: "fail") { ProbeRig.error($0, 401) },
        Row(name: "400", id: "OB-STUN-012", verdict: "fail") { ProbeRig.error($0, 400) },
        Row(name: "500", id: "OB-STUN-005", verdict: "warn") { ProbeRig.error($0, 500) },
        Row(name: "500 is no demand", id: "OB-STUN-012", verdict: nil) { ProbeRig.error($0, 500) },
        Row(name: "error without ERROR-CODE", id: "OB-STUN-022", verdict: "fail") { [0x01, 0x11, 0, 0] + $0[4..<20] },
        Row(name: "other transaction", id: "OB-STUN-023", verdict: "fail") {
            ProbeRig.success(Array($0.dropLast() + [~($0.last ?? 0)]))
        },
        Row(name: "another cookie", id: "OB-STUN-015", verdict: "fail") {
            Array(ProbeRig.success($0).prefix(4)) + [1, 2, 3, 4] + ProbeRig.success($0).dropFirst(8)
        },
        Row(name: "bad length", id: "OB-STUN-015", verdict: "fail") { ProbeRig.success($0) + [0, 0] },
        Row(name: "garbage", id: "OB-STUN-015", verdict: nil) { _ in [0xFF, 0xFE, 0x00] },
        Row(name: "SIP for an answer", id: "OB-STUN-011", verdict: "fail") { _ in
            Array("SIP/2.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n".utf8)
        },
    ])
    func judgement(_ row: Row) {
        var rig = ProbeRig(settings(1), remote: row.remote)
        rig.run { _, request in [(row.answer(request), .milliseconds(10), false)] }
        #expect(rig.verdict(row.id) == row.verdict)
    }

    @Test func attributeThatMustBeUnderstood() {
        var rig = ProbeRig(settings(1))
        rig.run { _, request in
            guard let id = try? STUN.parse(request).transactionID else { return [] }
            var writer = STUNMessageWriter(.bindingSuccess, id)
            writer.append(xorMappedAddress: ProbeRig.local)
            writer.append(STUNAttributeType(rawValue: 0x7ABC), [1, 2, 3, 4])
            return [(writer.message, .milliseconds(10), false)]
        }
        #expect(rig.findings.contains { $0.verdict == .warn && $0.message.contains("do not understand") })
    }

    @Test func answerFromAnotherPort() {
        var rig = ProbeRig(settings(1))
        rig.run { _, request in [(ProbeRig.success(request), .milliseconds(10), true)] }
        #expect(rig.verdict("OB-STUN-013") == "fail")
        #expect(rig.prober.observations.answered == 0)
    }

    @Test func badFingerprint() {
        var rig = ProbeRig(settings(1))
        rig.run { _, request in
            var octets = ProbeRig.success(request)
            guard let id = try? STUN.parse(request).transactionID else { return [] }
            var writer = STUNMessageWriter(.bindingSuccess, id)
            writer.append(xorMappedAddress: ProbeRig.local)
            octets = writer.messageWithFingerprint()
            octets[octets.count - 1] ^= 1
            return [(octets, .milliseconds(10), false)]
        }
        #expect(rig.verdict("OB-STUN-025") == "fail")
    }

    @Test(arguments: [true, false])
    func refused(_ wasAnswered: Bool) {
        var rig = ProbeRig(settings(3))
        rig.prober.handle(.start, at: .zero)
        var request: [UInt8] = []
        while let output = rig.prober.next() { if case .send(let octets, _) = output { request = octets } }
        if wasAnswered {
            let answer = ProbeRig.success(request)
            rig.prober.receive(answer.span.bytes, on: FlowID(0), at: Timestamp(seconds: 0.01))
            rig.prober.handle(.timer, at: Timestamp(seconds: 1))
        }
        let error = NetworkError(.icmp(type: 3, code: 3))
        rig.prober.handle(.networkError(error), at: Timestamp(seconds: 1.001))
        while rig.prober.next() != nil {}
        // Nothing was ever answered: report at once; else the server may come back.
        #expect(rig.prober.isFinished == !wasAnswered)
        #expect(rig.prober.observations.lost == 1)
    }

    @Test(arguments: [
        (NetworkError.Origin.icmp(type: 3, code: 3), true), (.icmp(type: 3, code: 1), false),
        (.icmp(type: 3, code: 13), true), (.icmp(type: 11, code: 0), false), (.icmpv6(type: 1, code: 4), true),
        (.icmpv6(type: 1, code: 0), false), (.icmpv6(type: 1, code: 3), false), (.local(errno: 101), true),
    ])
    func hardErrors(_ origin: NetworkError.Origin, _ isHard: Bool) {
        #expect(NetworkError(origin).isHard == isHard)
    }

    @Test func manyOpenProbesAreBounded() {
        var rig = ProbeRig(settings(nil, every: .milliseconds(10)))
        rig.run(until: Timestamp(seconds: 30)) { _, _ in [] }
        #expect(rig.prober.observations.sent == STUNProber.openLimit)
    }
}
