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
            .beginsSIP, .cutSIP, .malformedSIP(ParseError(.missing, at: 7, in: "SIP message")),
            .malformedSIP(ParseError(.unexpected, at: 7, in: "Content-Length")),
            .malformedSIP(ParseError(overLimit: 512, at: 7, in: "header fields")),
            .crlf(completesPair: true, ownSegment: false), .repeatedPing,
            .crlfDatagram(4), .otherDatagram(length: 9, first: 0xF8), .otherDatagram(length: 0, first: nil), .gap(17),
            .gap(nil), .unrecognized(3), .webSocketControl(.ping), .webSocketControl(.pong),
            .webSocketControl(.close(1001)), .webSocketControl(.close(nil)), .encrypted, .icmpError(type: 3, code: 1),
            .webSocketFault(.violation("a client's frame is not masked")),
        ]
        let faults: [WebSocketHandshake.ClientFault?] = [
            nil, .notHTTP(ParseError(.unexpected, at: 0, in: "status-line")), .status(403, "Forbidden"),
            .status(404, ""),
            .field("Sec-WebSocket-Accept", "x"), .field("Upgrade", nil), .subprotocol("chat"), .subprotocol(nil),
        ]
        others += faults.map { .webSocketRefused(WebSocketRefusal($0, path: "/ws", origin: "https://example.com")) }
        others.append(.webSocketRefused(WebSocketRefusal(nil, path: "/", origin: nil)))
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
        var writer = EventLineWriter(survey: EventSurveyor().finish()) { octets += $0 }
        writer.observe(
            FlowEvent(
                flow: FlowID(2), time: Timestamp(nanoseconds: 1_764_142_202_123_456_789), frame: 12,
                direction: .fromServer, what: what))
        writer.finish(CaptureSummary(packets: 0, lastTime: .zero, notAnalyzed: []))
        // The first line is on the whole run.
        return Array(octets.split(separator: ASCII.lf)[1])
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

    @Test(arguments: [
        "a\u{0}b", "name \"quoted\" \\ tab\t", "grüße 📞", String(repeating: "\u{1}", count: 300_000),
    ])
    func messageKeepsItsOctets(_ text: String) throws {
        for octets in [Array(text.utf8), Array(text.utf8) + [0xFF, 0xFE]] {
            let head = Array("MESSAGE sip:a@b SIP/2.0\r\nContent-Length: \(octets.count)\r\n\r\n".utf8)
            var message = SIPMessage()
            var limits = SIPLimits.default
            limits.datagramOctets = limits.streamOctets
            try MessageParser.parse((head + octets).span.bytes, into: &message, limits: limits)
            let line = line(.sip(message))
            #expect(line.count <= EventLineReader.maximumLine)
            guard case .event(let event) = try EventLineReader.read(line).record, case .sip(let read) = event.what
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
        BadLine(
            text: #"{"key":"k","time_ns":1,"event":"capture","packets":1,"tls_decrypted":-1}"#, rule: "tls_decrypted"),
        BadLine(text: #"{"key":"*","time_ns":1,"event":"run","vantage":"moon"}"#, rule: "vantage"),
        BadLine(
            text: #"{"key":"*","time_ns":1,"event":"run","pong_tolerance_ns":"1"}"#, rule: "pong_tolerance_ns"),
    ])
    func refusedLines(_ row: BadLine) {
        do throws(ParseError) {
            _ = try EventLineReader.read(Array(row.text.utf8))
            Issue.record("was read")
        } catch {
            #expect(error.rule.description == row.rule)
        }
    }

    @Test(arguments: [
        #"{"key":"fleet","time_ns":1,"event":"edge-outage"}"#,
        #"{"key":"fleet","time_ns":1,"event":"edge-outage","transport":"tcp","server":"192.0.2.1:5060","end_ns":9,"alive":-1}"#,
        #"{"key":"fleet","time_ns":-9223372036854775808,"event":"fleet-dropped","count":1}"#,
        #"{"key":"fleet","time_ns":1,"event":"fleet-dropped","count":4294967296}"#,
        #"{"key":"fleet","time_ns":1,"event":"edge-rhythm","kind":"chosen","period_ns":0}"#,
        #"{"key":"*","time_ns":1,"event":"run","heard_ns":"soon"}"#,
        #"{"key":"*","time_ns":1,"event":"run","not_compared":-1}"#,
        #"{"key":"*","time_ns":1,"event":"outbound-server","address":"192.0.2.1:5060"}"#,
        #"{"key":"*","time_ns":1,"event":"keep-alive-server","address":"here"}"#,
        #"{"key":"*","time_ns":1,"event":"server-outage","server":"192.0.2.1:5060","outage":"moved","end_ns":2}"#,
        #"{"key":"*","time_ns":3,"event":"server-outage","server":"192.0.2.1:5060","outage":"closed","end_ns":2}"#,
        #"{"key":"*","time_ns":1,"event":"hidden-attempt","address":"192.0.2.7","server":"192.0.2.1:5060","attempt":"lost","end_ns":2}"#,
        #"{"key":"*","time_ns":3,"event":"hidden-attempt","address":"192.0.2.7","server":"192.0.2.1:5060","attempt":"encrypted","end_ns":2}"#,
        #"{"key":"k","time_ns":1,"event":"finding","requirement":"OB-KA-001","verdict":"pass","subject":"f1","message":"m"}"#,
        #"{"key":"k","time_ns":1,"event":"finding","requirement":"OB-EP-003","verdict":"fail","subject":"f1","message":"m"}"#,
        #"{"key":"k","time_ns":1,"event":"finding","requirement":"OB-EP-003","verdict":"fail","subject":"f1","message":"m","evidence":[{"observed":"o"}]}"#,
        #"{"key":"k","time_ns":1,"event":"finding","requirement":"OB-EP-003","verdict":"unknown","subject":"f1","message":"m"}"#,
    ])
    func refusedFacts(_ line: String) {
        #expect(throws: ParseError.self) { try EventLineReader.read(Array(line.utf8)) }
    }

    @Test func unreadableLinesAreCounted() throws {
        let path = NSTemporaryDirectory() + "events-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let capture = try #require(Shards.captures.first { $0.hasSuffix("bs_udp_ft20.pcap") })
        var octets = Shards.log([capture])
        let first = try #require(octets.firstIndex(of: ASCII.lf))
        octets.insert(
            contentsOf: Array("{\"key\":\n\n".utf8) + repeatElement(0x20, count: 9 << 20) + [0x78, ASCII.lf],
            at: first + 1)
        // The end is missing.
        octets = Array(octets[..<(octets.dropLast().lastIndex(of: ASCII.lf)! + 1)])
        try Data(octets).write(to: URL(filePath: path))
        var audit = EventAudit()
        try audit.read(path: path)
        let seen = audit.finish()
        #expect(!seen.sink.ledger.flows.isEmpty)
        let lines = try #require(seen.summary.notAnalyzed.first { $0.what == "lines of the event log" })
        #expect(lines.count >= 2)
        #expect(seen.summary.notAnalyzed.contains { $0.what == "end of the event log" })
    }

    @Test func whatIsNoLogIsRefused() throws {
        let capture = try #require(Shards.captures.first)
        var audit = EventAudit()
        #expect(throws: CaptureError(.noEvents, path: capture)) { try audit.read(path: capture) }
        _ = audit.finish()
    }
}
