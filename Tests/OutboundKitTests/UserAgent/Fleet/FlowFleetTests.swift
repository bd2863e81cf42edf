import Testing

@testable import OutboundKit

/// The course of a fleet in simulated time: ramp, hold, refresh, removal.
@Suite struct FlowFleetTests {
    @Test(arguments: [TransportProtocol.tcp, .udp])
    func allAreRegisteredAndRemoved(_ transport: TransportProtocol) throws {
        var rig = try FleetRig(FleetRig.settings(50, transport))
        rig.start()
        rig.run(seconds: 2)
        let statistics = rig.fleet.statistics
        #expect(rig.stages == [.ramping, .holding, .removing, .finished])
        #expect(statistics.registered == 50 && statistics.removed == 50 && statistics.mayRemain == 0)
        #expect(statistics.peak == 50 && statistics.current == 0)
        #expect(statistics.lost == 0 && statistics.failed == 0 && statistics.retransmissions == 0)
        #expect(rig.bindings.isEmpty && rig.flows.isEmpty)
        #expect(statistics.registerTime.minimum == 10_000_000 && statistics.registerTime.maximum == 10_000_000)
        let instances = Set(rig.registers.compactMap { try? $0.message.contacts().first?.instance })
        #expect(instances.count == 50)
        let users = Set(rig.registers.compactMap { try? $0.message.nameAddrs(.to).first?.uri.user })
        #expect(users == Set((1...50).map { "load00\($0 < 10 ? "0" : "")\($0)" }))
    }

    /// The same fields, octet for octet, as the single registration of register-test sends.
    @Test(arguments: [TransportProtocol.tcp, .udp, .tls, .ws, .wss])
    func requestsAreThoseOfASession(_ transport: TransportProtocol) throws {
        let settings = try FleetRig.settings(1, transport)
        let requests = FleetRequests(settings, run: 0xABC)
        let instance = try requests.instance(0)
        let local = try #require(TransportAddress("192.0.2.7:5070"))
        let mine = requests.bytes(
            0, local: transport.isWebSocket ? requests.invalidName(0) : Array("\(local)".utf8), instance: instance,
            cseq: 7, expiresSeconds: 600,
            credentials: [.init(name: "Authorization", value: "Digest x")])
        var aor = settings.addressOfRecord
        aor.user = "load0001"
        let single = RegistrationSettings(
            addressOfRecord: aor, registrar: settings.registrar, route: settings.route,
            instance: try #require(InstanceID(tolerating: String(decoding: instance, as: UTF8.self))),
            regID: settings.regID, expiresSeconds: 600, userAgent: "rig")
        let name = "0000000000000abc-1"
        let theirs = RegisterRequest(
            settings: single, flow: Flow(transport: transport, local: local, remote: FleetRig.remote),
            identity: RegistrationIdentity(callID: name, fromTag: name, cseq: 7),
            invalidName: transport.isWebSocket ? "\(name).invalid" : nil
        ).bytes(
            expiresSeconds: 600, cseq: 7, branch: "z9hG4bK\(name)-7",
            credentials: [.init(name: "Authorization", value: "Digest x")])
        #expect(String(decoding: mine, as: UTF8.self) == String(decoding: theirs, as: UTF8.self))
    }

    @Test func instancesAreTheSameInEachRun() throws {
        let settings = try FleetRig.settings(2)
        let (one, other) = (FleetRequests(settings, run: 1), FleetRequests(settings, run: 2))
        #expect(try one.instance(0) == other.instance(0))
        #expect(try one.instance(0) != one.instance(1))
        let text = String(decoding: try one.instance(0), as: UTF8.self)
        let instance = try #require(InstanceID(tolerating: text))
        #expect(instance.scheme == .uuid)
        let digits = Array(instance.urn.dropFirst("urn:uuid:".count))
        #expect(digits[14] == "5" && "89ab".contains(digits[19]))
    }

    @Test func aRampKeepsItsPace() throws {
        var settings = try FleetRig.settings(100)
        settings.ramp = 20
        var rig = try FleetRig(settings)
        rig.start()
        rig.run(seconds: 10)
        for (place, open) in rig.opens.prefix(100).enumerated() {
            #expect(open.time == Timestamp(seconds: 1_000) + .milliseconds(50 * place))
        }
        #expect(rig.fleet.statistics.rampTime == .milliseconds(99 * 50 + 10))
    }

    @Test func withoutARampSoManyAreOutstanding() throws {
        var settings = try FleetRig.settings(30)
        settings.window = 10
        var rig = try FleetRig(settings)
        rig.start()
        #expect(rig.opens.count == 10)
        rig.run(seconds: 0.015)
        #expect(rig.opens.count == 20)
    }

    struct Pace: Sendable, CustomTestStringConvertible {
        let transport: TransportProtocol
        let flowTimer: Int?
        /// Milliseconds between keep-alives.
        let bounds: ClosedRange<Int64>
        var testDescription: String { "\(transport), Flow-Timer \(flowTimer.map(String.init) ?? "none")" }
    }

    static let paces = [
        Pace(transport: .tcp, flowTimer: 20, bounds: 16_000...20_000),
        Pace(transport: .udp, flowTimer: 20, bounds: 16_000...20_000),
        Pace(transport: .tcp, flowTimer: nil, bounds: 95_000...120_000),
        Pace(transport: .udp, flowTimer: nil, bounds: 24_000...29_000),
    ]

    @Test(arguments: paces) func keepAlivesKeepTheirPace(_ row: Pace) throws {
        var settings = try FleetRig.settings(20, row.transport)
        settings.hold = .seconds(1_000)
        settings.expiresSeconds = 3600
        var rig = try FleetRig(settings)
        rig.server.flowTimer = row.flowTimer
        rig.start()
        rig.run(seconds: 900)
        for number in 0..<20 {
            let times = rig.pings.filter { $0.number == number }.map(\.time)
            #expect(times.count >= 7)
            for (earlier, later) in zip(times, times.dropFirst()) {
                #expect(row.bounds.contains(later.nanoseconds(since: earlier) / 1_000_000))
            }
        }
        #expect(rig.fleet.statistics.keepAlivesAnswered >= rig.fleet.statistics.keepAlives - 20)
        #expect(rig.fleet.statistics.lost == 0)
    }

    @Test func withoutOutboundNoPongIsExpectedAndNoSTUNSent() throws {
        for transport in [TransportProtocol.tcp, .udp] {
            var settings = try FleetRig.settings(5, transport)
            settings.hold = .seconds(600)
            var rig = try FleetRig(settings)
            rig.server.isOutbound = false
            rig.server.answersPings = false
            rig.start()
            rig.run(seconds: 590)
            #expect(rig.fleet.statistics.withoutOutbound == 5 && rig.fleet.statistics.lost == 0)
            #expect(rig.pings.isEmpty == (transport == .udp))
        }
    }

    @Test func bindingsAreRefreshedBeforeTheyExpire() throws {
        var settings = try FleetRig.settings(20)
        settings.hold = .seconds(600)
        var rig = try FleetRig(settings)
        rig.server.expires = 100
        rig.start()
        rig.run(seconds: 590)
        for number in 0..<20 {
            let times = rig.registers.filter { $0.number == number }.map(\.time)
            #expect(times.count >= 6)
            for (earlier, later) in zip(times, times.dropFirst()) {
                #expect((75_000...90_020).contains(later.nanoseconds(since: earlier) / 1_000_000))
            }
        }
        #expect(rig.fleet.statistics.registered == 20 && rig.fleet.statistics.registrations > 100)
    }

    /// A Contact with no time left is not bound (RFC 3261 §10.2.2), and is no reason to hammer the server.
    @Test(arguments: [false, true]) func noTimeLeftIsNoRegistration(floods: Bool) throws {
        var settings = try FleetRig.settings(5)
        settings.hold = .seconds(20)
        settings.floods = floods
        var rig = try FleetRig(settings)
        rig.server.expires = 0
        rig.start()
        rig.run(seconds: 25)
        #expect(rig.fleet.stage == .finished && rig.registers.count == 5)
        #expect(rig.fleet.statistics.failures == [.notBound: 5] && rig.fleet.statistics.registered == 0)
        #expect(rig.fleet.statistics.mayRemain == 0)
    }

    /// A binding that is refreshed to no time is lost, and comes back after the wait of RFC 5626 §4.5.
    @Test func aRefreshThatLeavesNoTimeIsALoss() throws {
        var settings = try FleetRig.settings(1)
        settings.hold = .seconds(100)
        settings.sendsKeepAlive = false
        var rig = try FleetRig(settings)
        rig.server.expires = 20
        rig.start()
        rig.run(seconds: 1)
        rig.server.expires = 0
        rig.run(seconds: 100)
        #expect(rig.fleet.statistics.registered == 1 && rig.fleet.statistics.losses == [.notBound: 1])
        #expect(rig.registers.count < 8)
    }

    @Test func theShortestLifetimeIsRefreshedInTime() throws {
        var settings = try FleetRig.settings(1)
        settings.hold = .seconds(20)
        var rig = try FleetRig(settings)
        rig.server.expires = 1
        rig.start()
        rig.run(seconds: 30)
        let times = rig.registers.map(\.time)
        for (earlier, later) in zip(times, times.dropFirst().dropLast()) {
            #expect((750_000_000...1_000_000_000).contains(later.nanoseconds(since: earlier)))
        }
        #expect(rig.fleet.statistics.registered == 1 && rig.fleet.statistics.lost == 0)
    }

    @Test func aFloodRegistersAgainAtOnce() throws {
        var settings = try FleetRig.settings(10)
        settings.hold = .seconds(2)
        settings.floods = true
        var rig = try FleetRig(settings)
        rig.start()
        rig.run(seconds: 10)
        // 2 s of round trips of 10 ms on 10 flows.
        #expect((1990...2000).contains(rig.fleet.statistics.registrationsHeld))
        #expect(rig.fleet.statistics.holdTime == .seconds(2))
        #expect(rig.bindings.isEmpty && rig.fleet.statistics.removed == 10)
    }

    @Test func anInterruptRemovesAll() throws {
        var settings = try FleetRig.settings(100)
        settings.ramp = 50
        settings.hold = .seconds(3600)
        var rig = try FleetRig(settings)
        rig.start()
        // One is in flight at this moment.
        rig.run(seconds: 1.005)
        rig.input(.command(.stop))
        rig.run(seconds: 1)
        #expect(rig.fleet.stage == .finished && rig.fleet.isInterrupted)
        #expect(rig.fleet.statistics.started == 51)
        #expect(rig.fleet.statistics.removed == 51)
        #expect(rig.bindings.isEmpty && rig.flows.isEmpty && rig.fleet.statistics.mayRemain == 0)
    }

    @Test func aSecondInterruptEndsAtOnce() throws {
        var settings = try FleetRig.settings(10)
        settings.hold = .seconds(3600)
        var rig = try FleetRig(settings)
        rig.start()
        rig.run(seconds: 1)
        rig.input(.command(.stop))
        rig.input(.command(.stop))
        #expect(rig.fleet.stage == .finished && rig.fleet.statistics.mayRemain == 10)
    }

    /// The server takes longer than the user stays. It is asked to remove what it binds, also where its first answer comes
    /// after that.
    @Test(arguments: [TransportProtocol.tcp, .udp], [1_200, 3_000])
    func anInterruptBeforeTheFirstAnswerRemovesAll(_ transport: TransportProtocol, _ latency: Int) throws {
        var rig = try FleetRig(FleetRig.settings(5, transport))
        rig.server.latency = .milliseconds(latency)
        rig.start()
        rig.run(seconds: 0.6)
        #expect(rig.bindings.count == 5)
        rig.input(.command(.stop))
        rig.run(seconds: 10)
        #expect(rig.fleet.stage == .finished && rig.bindings.isEmpty)
        #expect(rig.fleet.statistics.removed == 5 && rig.fleet.statistics.mayRemain == 0)
    }

    /// Who was asked a moment ago and says nothing may yet bind, and that is told.
    @Test(arguments: [false, true]) func anInterruptBeforeAnyAnswerTellsWhatMayRemain(isRepeated: Bool) throws {
        var rig = try FleetRig(FleetRig.settings(5))
        rig.server.answersRegister = false
        rig.start()
        rig.run(seconds: 0.6)
        rig.input(.command(.stop))
        if isRepeated { rig.input(.command(.stop)) } else { rig.run(seconds: 12) }
        #expect(rig.fleet.stage == .finished && rig.fleet.statistics.mayRemain == 5)
        #expect(rig.registers.filter { $0.expires == 0 }.count == (isRepeated ? 0 : 5))
    }

    /// Who answers from another port has bound, and what cannot be confirmed is told (RFC 3581 §4).
    @Test func aServerThatAnswersFromElsewhereMayHaveBound() throws {
        var settings = try FleetRig.settings(5, .udp)
        settings.hold = .seconds(1)
        var rig = try FleetRig(settings)
        rig.server.answersRegister = false
        rig.start()
        rig.run(seconds: 0.6)
        let source = TransportAddress(ip: FleetRig.remote.ip, port: 5061)
        rig.input(.command(.heardElsewhere(source)))
        rig.run(seconds: 200)
        #expect(rig.fleet.stage == .finished && rig.fleet.statistics.elsewhere == source)
        #expect(rig.fleet.statistics.registered == 0 && rig.fleet.statistics.mayRemain == 5)
        #expect(rig.registers.filter { $0.expires == 0 }.count >= 5)
    }

    /// Where nobody listens there is nothing to remove.
    @Test func anInterruptWhileNobodyListensLeavesNothing() throws {
        var rig = try FleetRig(FleetRig.settings(5, .udp))
        rig.server.isUp = false
        rig.start()
        rig.run(seconds: 0.6)
        rig.input(.command(.stop))
        for id in rig.flows.keys.sorted() { rig.cut(id, .portUnreachable) }
        #expect(rig.fleet.stage == .finished && rig.fleet.statistics.mayRemain == 0)
    }

    @Test func removalsOfADeadServerAreGivenUp() throws {
        var settings = try FleetRig.settings(2000, .udp)
        settings.hold = .seconds(1)
        var rig = try FleetRig(settings)
        rig.start()
        rig.run(seconds: 1)
        rig.server.isUp = false
        rig.run(seconds: 15)
        #expect(rig.fleet.stage == .finished)
        #expect(rig.fleet.statistics.mayRemain == 2000 && rig.fleet.statistics.removed == 0)
    }

    /// A server that says 100 and no more lives, and may have bound.
    @Test func whatAServerThatLivesMayHaveBoundIsRemoved() throws {
        var rig = try FleetRig(FleetRig.settings(5))
        rig.server.answer = { _, request in
            (try? request.contacts())?.first?.expires == 0 ? nil : (status: "100 Trying", fields: [])
        }
        rig.start()
        rig.run(seconds: 200)
        #expect(rig.fleet.stage == .finished)
        #expect(rig.registers.filter { $0.expires == 0 }.count == 5)
        #expect(rig.fleet.statistics.removed == 5 && rig.fleet.statistics.mayRemain == 0)
    }

    /// Who ends a connection had taken it, and what was sent on it may have been carried out.
    @Test func connectionsThatEndBeforeTheAnswerMayLeaveBindings() throws {
        var settings = try FleetRig.settings(5)
        settings.hold = .seconds(1)
        var rig = try FleetRig(settings)
        rig.server.answersRegister = false
        rig.start()
        rig.run(seconds: 0.1)
        rig.crash()
        rig.run(seconds: 200)
        #expect(rig.fleet.stage == .finished)
        #expect(rig.fleet.statistics.registered == 0 && rig.fleet.statistics.mayRemain == 5)
    }

    @Test func keptBindingsStay() throws {
        var settings = try FleetRig.settings(5)
        settings.keepsBindings = true
        var rig = try FleetRig(settings)
        rig.start()
        rig.run(seconds: 1)
        #expect(rig.fleet.stage == .finished)
        #expect(rig.bindings.count == 5 && rig.flows.isEmpty && rig.fleet.statistics.mayRemain == 0)
    }

    @Test func localAddressesAreUsedInTurn() throws {
        var settings = try FleetRig.settings(6)
        settings.locals = [IPAddress(v4: 0x7F00_0001), IPAddress(v4: 0x7F00_0002)]
        settings.hold = .seconds(10)
        var rig = try FleetRig(settings)
        rig.start()
        rig.run(seconds: 1)
        for (number, flow) in rig.flows.values { #expect(flow.local.ip == settings.locals[number % 2]) }
        #expect(rig.flows.count == 6)
    }

    @Test func aHistogramTellsPercentiles() {
        var times = TimeHistogram()
        #expect(times.percentile(50) == nil)
        for value in 1...10_000 { times.add(.microseconds(value)) }
        #expect(times.minimum == 1_000 && times.maximum == 10_000_000 && times.count == 10_000)
        for percent in [1, 50, 90, 99] {
            let exact = Double(percent) * 100_000
            let told = Double(times.percentile(percent) ?? 0)
            #expect(abs(told - exact) / exact < 0.016)
        }
        #expect(times.percentile(100) == 10_000_000)
        times.add(.seconds(-1))
        #expect(times.minimum == 0)
        times.add(.nanoseconds(Int64.max))
        #expect(times.maximum == .max)
    }
}
