import Testing

@testable import OutboundKit

/// Flows that fail, and how they come back (RFC 5626 §4.5); registrations that never come about.
@Suite struct FleetRecoveryTests {
    struct Loss: Sendable, CustomTestStringConvertible {
        let transport: TransportProtocol
        let cause: FleetCause
        let harm: @Sendable (inout FleetRig) -> Void
        var testDescription: String { "\(transport): \(cause)" }
    }

    static let losses = [
        Loss(transport: .tcp, cause: .closedByPeer) { rig in rig.flow(0).map { rig.cut($0, .closedByPeer) } },
        Loss(transport: .tcp, cause: .reset) { rig in rig.flow(0).map { rig.cut($0, .reset) } },
        Loss(transport: .udp, cause: .portUnreachable) { rig in rig.flow(0).map { rig.cut($0, .portUnreachable) } },
        Loss(transport: .tcp, cause: .pongTimeout) { $0.server.answersPings = false },
        Loss(transport: .udp, cause: .stunTimeout) { $0.server.answersSTUN = false },
        Loss(transport: .udp, cause: .mappedAddressChanged) { rig in
            rig.flow(0).map { _ = rig.server.rebound.insert($0) }
        },
        Loss(transport: .tcp, cause: .unreadable) { rig in
            rig.flow(0).map { rig.reply(Array("HTTP/1.1 \r\n".utf8), $0) }
        },
        Loss(transport: .tcp, cause: .refused(503)) { $0.server.answer = { _, _ in ("503 Busy", []) } },
        Loss(transport: .udp, cause: .timedOut) { $0.server.answersRegister = false },
    ]

    /// A message that was coming in when the 10 s were over, and right behind it the pong.
    @Test(arguments: [true, false]) func pongBehindALongMessage(_ comes: Bool) throws {
        var settings = try FleetRig.settings(1)
        settings.hold = .seconds(200)
        var rig = try FleetRig(settings)
        rig.server.answersPings = false
        rig.start()
        while rig.pings.isEmpty, rig.now < Timestamp(seconds: 1_150) { rig.run(seconds: 1) }
        let flow = try #require(rig.flow(0))
        rig.run(seconds: 8)
        rig.reply(
            Array(
                ("OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bKo\r\nFrom: <sip:e@x>;tag=1\r\n"
                    + "To: <sip:a@x>\r\nCall-ID: o\r\nCSeq: 1 OPTIONS\r\nContent-Length: 4\r\n\r\nab").utf8), flow)
        rig.run(seconds: 4)
        rig.reply(Array((comes ? "cd\r\n" : "cd").utf8), flow)
        rig.run(seconds: 1)
        #expect(rig.fleet.statistics.lost == (comes ? 0 : 1))
    }

    /// Each cause is seen on a flow that was up, and the flow comes back over a new one once the harm is over.
    @Test(arguments: losses) func aLostFlowComesBack(_ loss: Loss) throws {
        var settings = try FleetRig.settings(1, loss.transport)
        settings.hold = .seconds(2_000)
        var rig = try FleetRig(settings)
        rig.server.flowTimer = 20
        rig.server.expires = 60
        rig.start()
        rig.run(seconds: 30)
        let healthy = rig.server
        loss.harm(&rig)
        var waited = 0
        while rig.fleet.statistics.lost == 0, waited < 200 {
            rig.run(seconds: 0.5)
            waited += 1
        }
        #expect(rig.fleet.statistics.losses == [loss.cause: 1])
        rig.server = healthy
        rig.run(seconds: 130)
        #expect(rig.fleet.statistics.recovered == 1 && rig.fleet.statistics.current == 1)
        #expect(rig.fleet.statistics.recoveryAttempts >= 1)
        let instances = Set(rig.registers.compactMap { try? $0.message.contacts().first?.instance })
        #expect(instances.count == 1, "the same instance and reg-id replace the binding")
        rig.run(seconds: 2_000)
        #expect(rig.fleet.stage == .finished && rig.bindings.isEmpty)
        #expect(rig.fleet.statistics.lost == 1 && rig.fleet.statistics.removed == 1)
    }

    /// Not yet proven by a pong, the first loss counts as a failure; then the waits double up to max-time.
    @Test func attemptsBackOff() throws {
        var settings = try FleetRig.settings(200)
        settings.hold = .seconds(100_000)
        var rig = try FleetRig(settings)
        rig.start()
        rig.run(seconds: 1)
        rig.crash()
        rig.run(seconds: 20_000)
        let bounds: [ClosedRange<Double>] = [
            30...60, 60...120, 120...240, 240...480, 480...960, 900...1800, 900...1800, 900...1800,
        ]
        for number in 0..<200 {
            let times = [Timestamp(seconds: 1_001)] + rig.opens.filter { $0.number == number }.dropFirst().map(\.time)
            for (place, bound) in bounds.enumerated() {
                let wait = Double(times[place + 1].nanoseconds(since: times[place])) / 1e9
                #expect(bound.contains(wait), "wait \(place) of flow \(number): \(wait)")
            }
        }
        #expect(rig.fleet.statistics.losses == [.reset: 200])
        #expect(rig.fleet.statistics.recovered == 0)
        rig.server.isUp = true
        rig.run(seconds: 1_801)
        #expect(rig.fleet.statistics.recovered == 200 && rig.fleet.statistics.current == 200)
        #expect(rig.fleet.statistics.recoveryTime.minimum > 19_000_000_000_000)
    }

    /// A flow whose keep-alive was answered is tried again at once (Appendix A).
    @Test func aProvenFlowIsTriedAgainAtOnce() throws {
        var settings = try FleetRig.settings(10)
        settings.hold = .seconds(1_000)
        var rig = try FleetRig(settings)
        rig.server.flowTimer = 20
        rig.start()
        rig.run(seconds: 30)
        for number in 0..<10 { rig.flow(number).map { rig.cut($0, .closedByPeer) } }
        rig.run(seconds: 0.1)
        #expect(rig.fleet.statistics.recovered == 10)
        #expect(rig.fleet.statistics.recoveryTime.maximum == 10_000_000)
    }

    @Test func baseAndMaxTimeCanBeSet() throws {
        var settings = try FleetRig.settings(1)
        settings.hold = .seconds(1_000)
        settings.backoff = RecoveryBackoff(maxTime: .seconds(4), baseTimeAllFailed: .seconds(1))
        var rig = try FleetRig(settings)
        rig.start()
        rig.run(seconds: 1)
        rig.crash()
        rig.run(seconds: 100)
        #expect((20...60).contains(rig.opens.count))
    }

    @Test func retryAfterIsHeeded() throws {
        var settings = try FleetRig.settings(2)
        settings.hold = .seconds(500)
        var rig = try FleetRig(settings)
        rig.server.answer = { number, _ in number == 1 ? ("503 Busy", ["Retry-After: 300 (maintenance)"]) : nil }
        rig.start()
        rig.run(seconds: 299)
        #expect(rig.opens.filter { $0.number == 1 }.count == 1)
        rig.run(seconds: 2)
        #expect(rig.opens.filter { $0.number == 1 }.count == 2)
        #expect(rig.fleet.statistics.failures == [.refused(503): 1])
    }

    @Test func whatIsRefusedForGoodIsNotTriedAgain() throws {
        var settings = try FleetRig.settings(3)
        settings.hold = .seconds(4_000)
        var rig = try FleetRig(settings)
        rig.server.answer = { number, _ in number == 1 ? ("403 Forbidden", []) : nil }
        rig.start()
        rig.run(seconds: 3_000)
        #expect(rig.opens.filter { $0.number == 1 }.count == 1)
        #expect(rig.fleet.statistics.failures == [.refused(403): 1])
        #expect(rig.fleet.statistics.registered == 2)
    }

    /// RFC 3261 §10.3 step 7: a registrar that fails has bound nothing. A proxy that waited in vain does not know.
    @Test(arguments: [("500 Server Internal Error", false), ("504 Server Time-out", true)])
    func failureOfTheServer(_ status: String, _ mayRemain: Bool) throws {
        var rig = try FleetRig(try FleetRig.settings(3))
        rig.server.answer = { _, _ in (status, []) }
        rig.start()
        rig.run(seconds: 200)
        #expect(rig.fleet.statistics.registered == 0 && rig.fleet.statistics.failed == 3)
        #expect((rig.fleet.statistics.mayRemain > 0) == mayRemain)
    }

    @Test func aSilentServerIsGivenUp() throws {
        var rig = try FleetRig(FleetRig.settings(5_000, .udp))
        rig.server.isUp = false
        rig.start()
        rig.run(seconds: 33)
        #expect(rig.fleet.stage == .finished)
        #expect(rig.fleet.statistics.failures == [.timedOut: 500])
        #expect(rig.fleet.statistics.retransmissions == 500 * 10)
        #expect(rig.fleet.statistics.mayRemain == 0)
    }

    @Test func aWebSocketThatDoesNotOpenIsAFailure() throws {
        var rig = try FleetRig(FleetRig.settings(3, .ws))
        rig.start()
        rig.run(seconds: 9)
        #expect(rig.fleet.statistics.settled == 0)
        rig.run(seconds: 2)
        #expect(rig.fleet.stage == .finished && rig.fleet.statistics.failures == [.webSocket: 3])
    }

    @Test func a2xxWithoutTheBindingIsNoRegistration() throws {
        var rig = try FleetRig(FleetRig.settings(2))
        rig.server.answer = { number, _ in number == 0 ? ("200 OK", ["Require: outbound"]) : nil }
        rig.start()
        rig.run(seconds: 5)
        #expect(rig.fleet.statistics.failures == [.notBound: 1])
        #expect(rig.fleet.statistics.registered == 1)
    }

    @Test func minExpiresIsFollowed() throws {
        var rig = try FleetRig(FleetRig.settings(10))
        rig.server.answer = { _, request in
            request.all(.contact).first?.hasSuffix("expires=600") == true
                ? ("423 Interval Too Brief", ["Min-Expires: 1800"]) : nil
        }
        rig.start()
        rig.run(seconds: 5)
        #expect(rig.fleet.statistics.registered == 10 && rig.fleet.statistics.failed == 0)
        #expect(rig.registers.filter { $0.expires == 1800 }.count == 10)
    }

    @Test func requestsOnAFlowAreAnswered() throws {
        var settings = try FleetRig.settings(1)
        settings.hold = .seconds(60)
        var rig = try FleetRig(settings)
        rig.start()
        rig.run(seconds: 1)
        let flow = try #require(rig.flow(0))
        let options = """
            OPTIONS sip:load0001@192.0.2.7 SIP/2.0\r
            Via: SIP/2.0/TCP 198.51.100.1;branch=z9hG4bKo\r
            From: <sip:a@example.com>;tag=a\r
            To: <sip:load0001@example.com>\r
            Call-ID: o\r
            CSeq: 1 OPTIONS\r
            Max-Forwards: 70\r
            Content-Length: 0\r
            \r

            """
        rig.fleet.receive(Array(options.utf8).span.bytes, on: flow, at: rig.now)
        guard case .send(let bytes, _) = rig.fleet.next() else {
            Issue.record("no answer")
            return
        }
        #expect(String(decoding: bytes, as: UTF8.self).hasPrefix("SIP/2.0 200 OK\r\n"))
        #expect(rig.fleet.statistics.requests == 1)
    }

    // MARK: Digest

    private static func challenge(_ request: SIPMessage, accepts: Bool) -> (status: String, fields: [String])? {
        if accepts, request.first(.authorization) != nil { return nil }
        return ("401 Unauthorized", ["WWW-Authenticate: Digest realm=\"example.com\", nonce=\"n1\", qop=\"auth\""])
    }

    @Test func challengesAreAnswered() throws {
        var settings = try FleetRig.settings(20)
        settings.password = Password(Array("secret".utf8))
        settings.hold = .seconds(1_000)
        var rig = try FleetRig(settings)
        rig.server.answer = { _, request in Self.challenge(request, accepts: true) }
        rig.start()
        rig.run(seconds: 2_000)
        #expect(rig.fleet.statistics.registered == 20 && rig.fleet.statistics.challenges == 20)
        #expect(rig.fleet.statistics.removed == 20 && rig.bindings.isEmpty)
        let fields = rig.registers.compactMap { $0.message.all(.authorization).first }
        #expect(fields.contains { $0.contains("username=\"load0007\"") })
        // The nonce serves on, counted up, so that refreshes are not challenged again.
        #expect(fields.contains { $0.contains("nc=00000002") })
    }

    @Test func aWrongPasswordStopsAll() throws {
        var settings = try FleetRig.settings(1_000)
        settings.window = 1_000
        settings.password = Password(Array("wrong".utf8))
        var rig = try FleetRig(settings)
        rig.server.answer = { _, request in Self.challenge(request, accepts: false) }
        rig.start()
        rig.run(seconds: 5)
        #expect(rig.fleet.stage == .finished && rig.halts.count == 1)
        guard case .authentication(.rejected(let realm), let user) = rig.halts.first else {
            Issue.record("\(rig.halts)")
            return
        }
        #expect(realm == "example.com" && user == "load0001")
        #expect(rig.fleet.statistics.registered == 0 && rig.fleet.statistics.mayRemain == 0)
    }

    @Test func withoutAPasswordAChallengeStopsAll() throws {
        var rig = try FleetRig(FleetRig.settings(100))
        rig.server.answer = { _, request in Self.challenge(request, accepts: true) }
        rig.start()
        rig.run(seconds: 5)
        guard case .noCredentials(401) = rig.halts.first else {
            Issue.record("\(rig.halts)")
            return
        }
        #expect(rig.fleet.stage == .finished && rig.halts.count == 1)
    }

    /// One user among many whose password is another: that flow fails, and the others go on.
    @Test func oneRefusedUserIsOneFailure() throws {
        var settings = try FleetRig.settings(10)
        settings.password = Password(Array("secret".utf8))
        settings.ramp = 10
        var rig = try FleetRig(settings)
        rig.server.answer = { number, request in Self.challenge(request, accepts: number != 5) }
        rig.start()
        rig.run(seconds: 10)
        #expect(rig.halts.isEmpty)
        #expect(rig.fleet.statistics.registered == 9 && rig.fleet.statistics.failures == [.authentication: 1])
        #expect(rig.bindings.isEmpty && rig.fleet.statistics.mayRemain == 0)
    }

    // MARK: Our own edge

    /// The fleet against the edge and registrar of this library, over a link without network; the edge is replaced by a
    /// new one that knows nothing.
    @Test(arguments: [TransportProtocol.tcp, .udp, .ws]) func theEdgeServesAFleet(_ transport: TransportProtocol) throws
    {
        var settings = try FleetRig.settings(40, transport)
        settings.route = try SIPURI.parse("sip:127.0.0.1:5060;transport=\(transport);lr")
        settings.hold = .seconds(1_000)
        var fleet = try FlowFleet(settings, seed: 3)
        var rig = try EdgeRig(EdgeSettings())
        let epoch = rig.now
        var links: [FlowID: FlowID] = [:]
        var port: UInt16 = 20_000
        func pump() {
            var isBusy = true
            while isBusy {
                isBusy = false
                while let output = fleet.next() {
                    isBusy = true
                    switch output {
                    case .open(let ticket, let transport, _, _):
                        port += 1
                        let id = rig.up(transport, port: port)
                        links[id] = id
                        let near = TransportAddress(ip: IPAddress(v4: 0x7F00_0001), port: port)
                        let flow = Flow(transport: transport, local: near, remote: EdgeRig.edgeAddress)
                        fleet.handle(.up(id, flow, .opened(ticket: ticket)), at: rig.now)
                    case .send(let bytes, let id): rig.send(bytes, on: id)
                    case .close(let id, _):
                        links[id] = nil
                        rig.down(id)
                    case .event: break
                    }
                }
                for id in links.keys.sorted() {
                    for bytes in rig.octets(id) {
                        isBusy = true
                        fleet.receive(bytes.span.bytes, on: id, at: rig.now)
                    }
                }
            }
        }
        func run(until seconds: Double) {
            let end = epoch + .nanoseconds(Int64(seconds * 1e9))
            while fleet.stage != .finished, let deadline = fleet.deadline, deadline <= end {
                rig.run(seconds: Double(max(0, deadline.nanoseconds(since: rig.now))) / 1e9)
                fleet.handle(.timer, at: max(rig.now, deadline))
                pump()
            }
        }
        fleet.handle(.command(.start), at: rig.now)
        pump()
        run(until: 300)
        #expect(fleet.statistics.registered == 40 && fleet.statistics.withoutOutbound == 0)
        #expect(fleet.statistics.keepAlives >= 80 && fleet.statistics.keepAlivesAnswered == fleet.statistics.keepAlives)
        let old = Array(links.keys)
        rig = try EdgeRig(EdgeSettings(), seed: 2)
        links = [:]
        rig.run(seconds: 300)
        for id in old { fleet.handle(.down(id, .reset), at: rig.now) }
        pump()
        run(until: 2_000)
        #expect(fleet.statistics.losses == [.reset: 40] && fleet.statistics.recovered == 40)
        #expect(fleet.stage == .finished && fleet.statistics.removed == 40)
        #expect(fleet.statistics.mayRemain == 0)
    }
}
