import Testing

@testable import OutboundKit

private typealias Register = ServerRun.Register

/// Judged from a log, whole or in seven shards, findings are those of one run over the same events.
@Suite struct ShardsTests {
    static let plain = CaptureAudit.Details()
    static let registrations = CaptureAudit.Details(exchanges: true)
    static let all = CaptureAudit.Details(timelines: .allFlows, exchanges: true)

    /// Says what differs, and not all that there is.
    private func expectEqual(_ merged: [String], _ whole: [String], _ what: String) {
        let difference = merged.difference(from: whole)
        #expect(difference.isEmpty, "\(what)")
    }

    private func expectEqual(
        _ tape: Tape, _ what: String, _ details: [CaptureAudit.Details] = [plain, registrations]
    ) throws {
        let log = Shards.log(tape)
        for details in details {
            let expected = Shards.whole(tape, details)
            for count in [1, 7] {
                let merged = try Shards.merged(log, count, details)
                expectEqual(merged.findings, expected.findings, "\(what), \(count) shards, \(details)")
                #expect(merged.notAnalyzed == expected.notAnalyzed && merged.fleets == expected.fleets, "\(what)")
            }
        }
    }

    @Test func captures() throws {
        #expect(Shards.captures.count > 40)
        var total = (captures: 0, findings: 0)
        for capture in Shards.captures {
            let log = Shards.log([capture])
            for details in [Self.plain, Self.all] {
                var whole = CaptureAudit(details: details)
                do { try whole.read(path: capture) } catch  where !error.isPartial { continue } catch {}
                let seen = whole.finish()
                let expected = Shards.whole(seen.ledger, seen.details)
                for count in [1, 7] {
                    let merged = try Shards.merged(log, count, details)
                    expectEqual(merged.findings, expected.findings, "\(capture), \(count) shards, \(details)")
                    #expect(!merged.notAnalyzed.contains("lines of the event log"), "\(capture)")
                }
                total.captures += 1
                total.findings += expected.findings.count
            }
        }
        print(
            "captures judged from 1 and from 7 shards of their events, with and without details: \(total.captures), findings \(total.findings), all equal"
        )
        #expect(total.captures > 80 && total.findings > 2000)
    }

    /// Everybody at once: all captures as if they had begun together.
    @Test func crowd() throws {
        var tape = Tape()
        var flows: UInt32 = 0
        for capture in Shards.captures {
            var pipeline = CapturePipeline(sink: Tape())
            do { try pipeline.read(path: capture) } catch {}
            pipeline.finish()
            let events = pipeline.sink.events
            guard let start = events.first?.time.nanoseconds else { continue }
            for event in events {
                tape.observe(
                    FlowEvent(
                        flow: FlowID(flows + event.flow.rawValue),
                        time: Timestamp(nanoseconds: event.time.nanoseconds - start), frame: event.frame,
                        direction: event.direction, what: event.what))
            }
            flows += (events.map(\.flow.rawValue).max() ?? 0) + 1
        }
        try expectEqual(tape.sorted, "all captures")
    }

    /// A fleet crosses shards; one of them says what concerns all of it.
    @Test func fleets() throws {
        let storm = Fleet(
            phones: 60, start: { Double($0) * 0.4 }, interval: { 97 + Double($0 % 20) }, lossAt: { _ in 400 },
            wait: { 0.1 + Double($0 % 7) / 10 })
        let march = Fleet(phones: 40, start: { Double($0 % 10) / 10 }, interval: { _ in 120 })
        for fleet in [storm, march] {
            var tape = Tape()
            try fleet.play(into: &tape)
            try expectEqual(tape, "a fleet")
            #expect(Shards.whole(tape, Self.plain).fleets.count == 1)
        }
    }

    @Test func madeUpRuns() throws {
        for row in ServerRulesTests.all {
            try expectEqual(ServerRun.tape(row.moments(), row.transport), row.testDescription, [Self.registrations])
        }
        for row in DeviceRulesTests.all {
            try expectEqual(DeviceRun.tape(row.moments(), row.transport), row.testDescription, [Self.registrations])
        }
    }

    static let flowRows = [
        OB_KATests.rows, OB_FTTests.rows, OB_STUNTests.rows, OB_RECTests.rows, OB_UATests.rows, OB_WSTests.rows,
        OB_WSHandshakeTests.rows,
        UnheededAnswersTests.rows,
    ].joined().filter { $0.settings == AuditSettings() }

    @Test func madeUpFlows() throws {
        for row in Self.flowRows {
            var tape = Tape()
            for timeline in row.timelines { try timeline.play(into: &tape) }
            try expectEqual(tape.sorted, row.testDescription, [Self.registrations])
        }
        for row in UnregisteredTests.rows {
            var tape = Tape()
            for timeline in row.timelines { try timeline.play(into: &tape) }
            try expectEqual(tape.sorted, row.testDescription, [Self.registrations])
        }
        try expectEqual(UnheededAnswersTests.forwarded(50_007), "STUN that goes on")
    }

    /// All made-up runs at once, each with users of its own, or each flow with one.
    @Test(arguments: [false, true]) func madeUpCrowd(isUserPerFlow: Bool) throws {
        var tapes = try ServerRulesTests.all.map { try ServerRun.tape($0.moments(), $0.transport) }
        tapes += try DeviceRulesTests.all.map { try DeviceRun.tape($0.moments(), $0.transport) }
        tapes += try Self.flowRows.map { row in
            var tape = Tape()
            for timeline in row.timelines { try timeline.play(into: &tape) }
            return tape
        }
        var crowd = Tape()
        for (number, tape) in tapes.enumerated() {
            let start = tape.events.map(\.time.nanoseconds).min() ?? 0
            for event in tape.events {
                let flow = UInt32(number) * 100 + event.flow.rawValue
                var what = event.what
                if case .sip(let message) = what {
                    let text = String(decoding: message.bytes, as: UTF8.self)
                    let user = isUserPerFlow ? "u\(flow)" : "u\(number)"
                    var named = SIPMessage()
                    let octets = Array(
                        text.replacing("alice@", with: "\(user)@").replacing("bob@", with: "\(user)b@").utf8)
                    try MessageParser.parse(octets.span.bytes, into: &named)
                    what = .sip(named)
                }
                crowd.observe(
                    FlowEvent(
                        flow: FlowID(flow), time: Timestamp(nanoseconds: event.time.nanoseconds - start), frame: 1,
                        direction: event.direction, what: what))
            }
        }
        try expectEqual(crowd.sorted, "all made-up runs")
    }

    // MARK: What the other shards know

    /// A run of two users, and the requirement on which a shard that knows its own flows alone would say something else.
    struct Crossing: Sendable, CustomTestStringConvertible {
        let id: Requirement.ID
        let what: String
        let moments: [ServerRun.Moment]
        var testDescription: String { "\(id): \(what)" }
    }

    private static let alice = Register(time: 0)
    private static let bob = Register(
        time: 1, flow: 1, urn: "urn:uuid:11111111-0000-1000-8000-000a95a0e128", user: "bob", callID: "b")

    private static func changed(_ register: Register, _ change: (inout Register) -> Void) -> ServerRun.Moment {
        var copy = register
        change(&copy)
        return .register(copy)
    }

    private static func unanswered(_ time: Double, flow: UInt32) -> ServerRun.Moment {
        changed(alice) { ($0.time, $0.flow, $0.callID, $0.status) = (time, flow, "a\(flow)", nil) }
    }

    static let crossings: [Crossing] = [
        Crossing(
            id: "OB-REC-003", what: "servers were heard, and never by the phone that gives up",
            moments: [changed(bob) { $0.time = 0 }, unanswered(1, flow: 0)]
                + [.close(39, flow: 0), unanswered(40, flow: 2), .close(75, flow: 2), unanswered(76, flow: 3)]
                + [.close(110, flow: 3)]),
        Crossing(
            id: "OB-REG-004", what: "the server does outbound for another",
            moments: [
                changed(alice) { ($0.path, $0.isGranted) = (["<sip:abc@198.51.100.1;lr>"], false) }, .register(bob),
            ]),
        Crossing(
            id: "OB-REG-004", what: "the server says 439 to another",
            moments: [
                changed(alice) { ($0.path, $0.isGranted) = (["<sip:abc@198.51.100.1;lr>"], false) },
                changed(bob) { $0.status = 439 },
            ]),
        Crossing(
            id: "OB-EP-003", what: "two users' flows have one token",
            moments: [.register(alice), changed(bob) { $0.path = [ServerRun.path(0)] }]),
        Crossing(
            id: "OB-KA-020", what: "several flows closed together: a restart",
            moments: [
                .register(alice), .register(bob), .close(5, flow: 0, .fin, .fromServer),
                .close(5.5, flow: 1, .fin, .fromServer),
            ]),
        Crossing(
            id: "OB-KA-020", what: "the server refuses another's connection after it closed one",
            moments: [
                .register(alice), .close(5, flow: 0, .fin, .fromServer), .register(bob),
                .close(300, flow: 61, .refused, .fromServer),
            ]),
        Crossing(
            id: "OB-AP-004", what: "a call takes the Path of another user's binding",
            moments: [
                .register(alice),
                changed(bob) { $0.host = "192.0.2.9:5060" },
                .request(
                    ServerRun.Request(
                        time: 10, flow: 20, target: "bob@192.0.2.9:5060", route: ServerRun.route(0))),
            ]),
    ]

    @Test(arguments: crossings) func whatOthersShow(_ row: Crossing) throws {
        var tape = try ServerRun.tape(row.moments, .tcp)
        // As of a capture: live traffic is that of an end.
        tape.events = tape.events.enumerated().map { index, event in
            FlowEvent(
                flow: event.flow, time: event.time, frame: UInt64(index + 1), direction: event.direction,
                what: event.what)
        }
        try expectEqual(tape, row.testDescription)
        let expected = Shards.whole(tape, Self.registrations).findings
        let log = Shards.log(tape)
        let alone = try Shards.merged(Shards.withoutRun(log), 7, Self.registrations)
        let named = { (findings: [String]) in findings.filter { $0.contains(row.id.text) } }
        #expect(named(alone.findings) != named(expected), "\(named(expected))")
        let missing: Set = ["what takes the flows of several users together"]
        #expect(alone.notAnalyzed == missing)
        let headless = Array(log[(log.firstIndex(of: ASCII.lf) ?? 0)...])
        #expect(try Shards.merged(headless, 7, Self.plain).notAnalyzed == missing)
    }

    @Test func flowsOfOneUserStayTogether() throws {
        let capture = try #require(Shards.captures.first { $0.hasSuffix("bs_tcp_2flow_oneloss.pcap") })
        var keys: [String: Set<String>] = [:]
        for line in Shards.log([capture]).split(separator: ASCII.lf) {
            let json = try JSONValue.parse(Array(line))
            guard let flow = json["flow"]?.string, let key = json["key"]?.string else { continue }
            keys[flow, default: []].insert(key)
        }
        #expect(keys.count >= 2)
        #expect(keys.values.allSatisfy { $0.count == 1 })
        #expect(keys.values.filter { $0.first?.hasPrefix("sip:") == true }.count >= 2)
    }
}
