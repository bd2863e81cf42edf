import Foundation
import Testing

@testable import OutboundKit

@Suite struct EventLogTests {
    // MARK: Lines

    /// Every kind of event, as a line and back.
    static let events: [FlowEvent.What] = {
        var mapped = STUNFacts.Flags()
        for (flag, _) in EventWords.stunFlags { mapped.insert(flag) }
        var stun: [FlowEvent.What] = []
        for (kind, _) in EventWords.stunClasses {
            stun.append(
                .stun(
                    STUNFacts(
                        messageClass: kind, method: 1, transactionHigh: 0xFEDC_BA98, transactionLow: .max,
                        flags: mapped,
                        mappedAddress: TransportAddress("[2001:db8::1]:5060"), errorCode: 420)))
        }
        var others: [FlowEvent.What] = [
            .cutSIP, .malformedSIP(ParseError(.missing, at: 7, in: "SIP message")),
            .crlf(completesPair: true, ownSegment: false),
            .crlfDatagram(4), .otherDatagram(length: 9, first: 0xF8), .otherDatagram(length: 0, first: nil), .gap(17),
            .gap(nil), .unrecognized(3), .webSocketControl(.ping), .webSocketControl(.pong),
            .webSocketControl(.close(1001)), .webSocketControl(.close(nil)), .encrypted, .icmpError(type: 3, code: 1),
        ]
        for (closing, _) in EventWords.closings { others.append(.close(closing)) }
        for (kind, _) in EventWords.kinds {
            others.append(
                .open(
                    FlowEvent.Opening(
                        transport: .wss, client: TransportAddress("192.0.2.7:40112")!,
                        server: TransportAddress("198.51.100.1:443")!, kind: kind)))
        }
        return stun + others
    }()

    private func line(_ what: FlowEvent.What) -> [UInt8] {
        var octets: [UInt8] = []
        var writer = EventLineWriter(keys: ShardKeys().finish()) { octets += $0 }
        writer.observe(
            FlowEvent(
                flow: FlowID(2), time: Timestamp(nanoseconds: 1_764_142_202_123_456_789), frame: 12,
                direction: .fromServer, what: what))
        writer.finish(CaptureSummary(packets: 0, lastTime: .zero, notAnalyzed: []))
        return Array(octets.prefix { $0 != ASCII.lf })
    }

    @Test(arguments: Self.events) func roundTrip(_ what: FlowEvent.What) throws {
        let first = line(what)
        guard case .event(let event) = try EventLineReader.read(first).record else {
            Issue.record("no event")
            return
        }
        #expect(event.flow == FlowID(2) && event.frame == 12 && event.direction == .fromServer)
        #expect(event.time.nanoseconds == 1_764_142_202_123_456_789)
        #expect(String(decoding: line(event.what), as: UTF8.self) == String(decoding: first, as: UTF8.self))
        #expect("\(event.what)" == "\(what)")
    }

    @Test(arguments: ["a\u{0}b", "name \"quoted\" \\ tab\t", "grüße 📞"])
    func messageKeepsItsOctets(_ text: String) throws {
        for octets in [Array(text.utf8), Array(text.utf8) + [0xFF, 0xFE]] {
            let head = Array("MESSAGE sip:a@b SIP/2.0\r\nContent-Length: \(octets.count)\r\n\r\n".utf8)
            var message = SIPMessage()
            try MessageParser.parse((head + octets).span.bytes, into: &message)
            guard case .event(let event) = try EventLineReader.read(line(.sip(message))).record,
                case .sip(let read) = event.what
            else {
                Issue.record("no message")
                return
            }
            #expect(read.bytes == message.bytes)
            #expect(read.headers == message.headers && read.body == message.body)
        }
    }

    /// Octets beyond Content-Length are gone, and that they were there is not.
    @Test func defectsAreKept() throws {
        var message = SIPMessage()
        let octets = Array("\r\nOPTIONS sip:a@b SIP/2.0\r\nContent-Length: 0\r\n\r\nxyz".utf8)
        try MessageParser.parse(octets.span.bytes, into: &message)
        #expect(message.defects.count == 2)
        guard case .event(let event) = try EventLineReader.read(line(.sip(message))).record,
            case .sip(let read) = event.what
        else {
            Issue.record("no message")
            return
        }
        #expect(read.defects == message.defects)
    }

    struct BadLine: Sendable, CustomTestStringConvertible {
        let text: String
        let rule: String
        var testDescription: String { text }
    }

    @Test(arguments: [
        BadLine(text: "", rule: "JSON text"), BadLine(text: "{", rule: "JSON text"),
        BadLine(text: "[1]", rule: "key"), BadLine(text: #"{"key":1}"#, rule: "key"),
        BadLine(text: #"{"key":"k"}"#, rule: "time_ns"), BadLine(text: #"{"key":"k","time_ns":1.5}"#, rule: "time_ns"),
        BadLine(text: #"{"key":"k","time_ns":1}"#, rule: "event"),
        BadLine(text: #"{"key":"k","time_ns":1,"event":"gap"}"#, rule: "flow"),
        BadLine(text: #"{"key":"k","time_ns":1,"event":"gap","flow":"f0"}"#, rule: "flow"),
        BadLine(text: #"{"key":"k","time_ns":1,"event":"gap","flow":"f1"}"#, rule: "from"),
        BadLine(text: #"{"key":"k","time_ns":1,"event":"dance","flow":"f1","from":"client"}"#, rule: "event"),
        BadLine(text: #"{"key":"k","time_ns":1,"event":"sip","flow":"f1","from":"client"}"#, rule: "text, base64"),
        BadLine(
            text: #"{"key":"k","time_ns":1,"event":"sip","text":"","flow":"f1","from":"client"}"#,
            rule: "message-header"),
        BadLine(text: #"{"key":"k","time_ns":1,"event":"stun","flow":"f1","from":"client"}"#, rule: "class"),
        BadLine(
            text: #"{"key":"k","time_ns":1,"event":"crlf-datagram","octets":9e9,"flow":"f1","from":"client"}"#,
            rule: "octets"),
        BadLine(text: #"{"key":"k","time_ns":1,"event":"capture"}"#, rule: "packets"),
    ])
    func refusedLines(_ row: BadLine) {
        do throws(ParseError) {
            _ = try EventLineReader.read(Array(row.text.utf8))
            Issue.record("was read")
        } catch {
            #expect(error.rule.description == row.rule)
        }
    }

    // MARK: Shards

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The project's own, and those of others where they are at hand.
    static let captures: [String] = {
        let folders = [
            root.appending(path: "Tests/Fixtures/Captures"),
            root.deletingLastPathComponent().appending(path: "shared/captures"),
        ].map { $0.path(percentEncoded: false) }
        var found: [String: String] = [:]
        for folder in folders {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            for name in names where name.contains(".pcap") && found[name] == nil { found[name] = folder + "/" + name }
        }
        return found.values.sorted()
    }()

    private func log(_ captures: [String]) throws -> [UInt8] {
        var keys = CaptureEvents.Keys()
        keys.read(paths: captures) { _ in }
        var octets: [UInt8] = []
        let survey = keys.finish()
        var lines = CaptureEvents.Lines(keys: survey.keys) { octets += $0 }
        lines.read(paths: captures) { _ in }
        lines.finish(unread: [], fleet: survey.fleet)
        return octets
    }

    private func judged(_ sink: AuditSink, _ fleet: FleetFacts) -> FindingList {
        var list = Judge().judge(sink, keeping: .all)
        Judge().judge(fleet, into: &list)
        return list
    }

    /// A finding as a report shows it.
    private func words(_ list: FindingList, where isWanted: (Finding) -> Bool = { _ in true }) -> [String] {
        list.findings.filter(isWanted).map { "\($0)" }.sorted()
    }

    /// Judged from a log, whole or in seven shards, findings are those of the captures themselves, but for what servers do
    /// across users.
    @Test func shardsAgree() throws {
        #expect(Self.captures.count > 40)
        var total = (captures: 0, findings: 0)
        for capture in Self.captures {
            var whole = CaptureAudit(details: CaptureAudit.Details(exchanges: true))
            do { try whole.read(path: capture) } catch  where !error.isPartial { continue } catch {}
            let sink = try #require(whole.finish().details)
            // Those compare flows of several users, of which a shard has some.
            let expected = words(judged(sink, FleetFacts(sink.ledger))) { finding in
                finding.requirement.map { !Judge.serverRequirements.contains($0) } ?? true
            }
            #expect(FleetFacts(sink.ledger).isEmpty, "\(capture) shows no fleet")
            let path = NSTemporaryDirectory() + "events-\(UUID().uuidString)"
            defer { try? FileManager.default.removeItem(atPath: path) }
            try Data(log([capture])).write(to: URL(filePath: path))
            for count in [1, 7] {
                var merged: [String] = []
                for index in 1...count {
                    var audit = EventAudit(
                        details: CaptureAudit.Details(exchanges: true),
                        shard: EventAudit.Shard(index: index, count: count))
                    try audit.read(path: path)
                    let seen = audit.finish()
                    merged += words(judged(seen.sink, seen.fleet))
                }
                #expect(merged.sorted() == expected, "\(capture), \(count) shards")
            }
            total.captures += 1
            total.findings += expected.count
        }
        print(
            "captures judged from 1 and from 7 shards of their events: \(total.captures), findings \(total.findings), all equal"
        )
        #expect(total.captures > 40 && total.findings > 500)
    }

    /// A fleet crosses shards; one of them says what concerns all of it.
    @Test func fleetsAgree() throws {
        let storm = Fleet(
            phones: 60, start: { Double($0) * 0.4 }, interval: { 97 + Double($0 % 20) }, lossAt: { _ in 400 },
            wait: { 0.1 + Double($0 % 7) / 10 })
        let march = Fleet(phones: 40, start: { Double($0 % 10) / 10 }, interval: { _ in 120 })
        for (fleet, count) in [(storm, 1), (march, 1)] {
            var sink = AuditSink(judgesExchanges: true)
            try fleet.play(into: &sink)
            sink.finish()
            let expected = words(judged(sink, FleetFacts(sink.ledger)))
            #expect(expected.count { $0.contains("subject: \"edge ") } == count)
            var survey = EventSurvey()
            try fleet.play(into: &survey)
            let (keys, facts) = survey.finish()
            var octets: [UInt8] = []
            var writer = EventLineWriter(keys: keys) { octets += $0 }
            try fleet.play(into: &writer)
            writer.finish(
                CaptureSummary(
                    packets: 1, lastTime: Timestamp(nanoseconds: sink.ledger.lastTime), notAnalyzed: []),
                fleet: facts)
            let path = NSTemporaryDirectory() + "events-\(UUID().uuidString)"
            defer { try? FileManager.default.removeItem(atPath: path) }
            try Data(octets).write(to: URL(filePath: path))
            for shards in [1, 7] {
                var merged: [String] = []
                for index in 1...shards {
                    var audit = EventAudit(
                        details: CaptureAudit.Details(exchanges: true),
                        shard: EventAudit.Shard(index: index, count: shards))
                    try audit.read(path: path)
                    let seen = audit.finish()
                    #expect(
                        seen.notAnalyzed.map(\.what) == ["requirements on servers that compare flows of several users"])
                    if !seen.fleet.isEmpty { #expect(seen.fleet == facts) }
                    merged += words(judged(seen.sink, seen.fleet))
                }
                #expect(merged.sorted() == expected, "\(shards) shards")
            }
        }
    }

    @Test(arguments: [
        #"{"key":"fleet","time_ns":1,"event":"edge-outage"}"#,
        #"{"key":"fleet","time_ns":1,"event":"edge-outage","transport":"tcp","server":"192.0.2.1:5060","end_ns":9,"alive":-1}"#,
        #"{"key":"fleet","time_ns":-9223372036854775808,"event":"fleet-dropped","count":1}"#,
        #"{"key":"fleet","time_ns":1,"event":"fleet-dropped","count":4294967296}"#,
        #"{"key":"fleet","time_ns":1,"event":"edge-rhythm","kind":"chosen","period_ns":0}"#,
    ])
    func refusedFacts(_ line: String) {
        #expect(throws: ParseError.self) { try EventLineReader.read(Array(line.utf8)) }
    }

    @Test func flowsOfOneUserStayTogether() throws {
        let capture = try #require(Self.captures.first { $0.hasSuffix("bs_tcp_2flow_oneloss.pcap") })
        var keys: [String: Set<String>] = [:]
        for line in try log([capture]).split(separator: ASCII.lf) {
            let json = try JSONValue.parse(Array(line))
            guard let flow = json["flow"]?.string, let key = json["key"]?.string else { continue }
            keys[flow, default: []].insert(key)
        }
        #expect(keys.count >= 2)
        #expect(keys.values.allSatisfy { $0.count == 1 })
        #expect(keys.values.filter { $0.first?.hasPrefix("sip:") == true }.count >= 2)
    }

    @Test func unreadableLinesAreCounted() throws {
        let path = NSTemporaryDirectory() + "events-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let capture = try #require(Self.captures.first { $0.hasSuffix("bs_udp_ft20.pcap") })
        var octets = try log([capture])
        let first = try #require(octets.firstIndex(of: ASCII.lf))
        octets.insert(
            contentsOf: Array("{\"key\":\n\n".utf8) + repeatElement(0x20, count: 3 << 20) + [0x78, ASCII.lf],
            at: first + 1)
        // The end is missing.
        octets = Array(octets[..<(octets.dropLast().lastIndex(of: ASCII.lf)! + 1)])
        try Data(octets).write(to: URL(filePath: path))
        var audit = EventAudit()
        try audit.read(path: path)
        let seen = audit.finish()
        #expect(!seen.sink.ledger.flows.isEmpty)
        let lines = try #require(seen.notAnalyzed.first { $0.what == "lines of the event log" })
        #expect(lines.count >= 2)
        #expect(seen.notAnalyzed.contains { $0.what == "end of the event log" })
    }

    @Test func whatIsNoLogIsRefused() throws {
        let capture = try #require(Self.captures.first)
        var audit = EventAudit()
        #expect(throws: CaptureError(.noEvents, path: capture)) { try audit.read(path: capture) }
        _ = audit.finish()
    }
}
