import Foundation
import Testing

@testable import OutboundKit

/// A phone that has lost its flow and tries in vain to get another does what it should, though no REGISTER shows it.
@Suite struct HiddenAttemptsTests {
    private typealias Builder = CaptureBuilder

    private static func register(_ cseq: Int) -> [UInt8] {
        Array(
            """
            REGISTER sip:example.com SIP/2.0\r
            Via: SIP/2.0/TCP 192.0.2.10:40000;branch=z9hG4bK\(cseq);rport\r
            From: <sip:alice@example.com>;tag=1\r
            To: <sip:alice@example.com>\r
            Call-ID: a\r
            CSeq: \(cseq) REGISTER\r
            Supported: path, outbound\r
            Contact: <sip:alice@192.0.2.10:40000;ob>;reg-id=1;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"\r
            Expires: 3600\r
            Content-Length: 0\r
            \r

            """.utf8)
    }

    private static func granted(_ cseq: Int) -> [UInt8] {
        Array(
            """
            SIP/2.0 200 OK\r
            Via: SIP/2.0/TCP 192.0.2.10:40000;branch=z9hG4bK\(cseq);rport=40000;received=192.0.2.10\r
            From: <sip:alice@example.com>;tag=1\r
            To: <sip:alice@example.com>;tag=2\r
            Call-ID: a\r
            CSeq: \(cseq) REGISTER\r
            Require: outbound\r
            Flow-Timer: 120\r
            Expires: 3600\r
            Content-Length: 0\r
            \r

            """.utf8)
    }

    /// A flow that is registered, with a ping, from so many milliseconds on.
    private static func flow(_ capture: inout Builder, at milliseconds: Int, cseq: Int) {
        capture.milliseconds = milliseconds
        let start = UInt32(cseq) * 1_000_000
        capture.handshake(clientStart: start, serverStart: 5001)
        let (request, answer) = (register(cseq), granted(cseq))
        let (next, other) = (start + UInt32(request.count), 5001 + UInt32(answer.count))
        capture.segment(request, sequence: start, acknowledgement: 5001)
        capture.segment(answer, fromClient: false, sequence: 5001, acknowledgement: next)
        capture.milliseconds += 50_000
        capture.segment(Builder.ping, sequence: next, acknowledgement: other)
        capture.segment(Builder.pong, fromClient: false, sequence: other, acknowledgement: next + 4)
        capture.milliseconds += 10_000
        if cseq == 1 { capture.segment([], fromClient: false, sequence: other + 2, flags: 0x04) }
    }

    /// A flow that the server resets after a minute, SYNs without answer, and in the end another flow.
    private static func outage(isTried: Bool, comesBack: Bool = true) -> [UInt8] {
        var capture = Builder()
        flow(&capture, at: 0, cseq: 1)
        if isTried {
            for (number, start) in [62, 140, 270, 540].enumerated() {
                for second in [0, 1, 3, 7, 15] {
                    capture.milliseconds = (start + second) * 1000
                    capture.segment([], sequence: 70_000_000 + UInt32(number) * 1000, flags: 0x02)
                }
            }
        }
        if comesBack {
            flow(&capture, at: 1_400_000, cseq: 2)
        } else {
            capture.milliseconds = 700_000
            capture.datagram(Builder.sip("OPTIONS"))
        }
        return capture.bytes
    }

    private static func withFile<Result>(_ octets: [UInt8], _ body: (String) throws -> Result) throws -> Result {
        let url = FileManager.default.temporaryDirectory.appending(path: "sipob-hidden-\(UUID()).pcap")
        try Data(octets).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        return try body(url.path(percentEncoded: false))
    }

    private static func findings(_ octets: [UInt8], limits: CaptureLimits = CaptureLimits()) throws -> [Finding] {
        try withFile(octets) { path in
            var audit = CaptureAudit(limits: limits)
            try audit.read(path: path)
            return Judge().judge(audit.finish().ledger, keeping: .all).findings
        }
    }

    private static func verdict(_ id: Requirement.ID, _ findings: [Finding]) -> Verdict? {
        findings.first { $0.requirement == id }?.verdict
    }

    @Test(arguments: [true, false]) func unansweredSYNsAreAttempts(comesBack: Bool) throws {
        let tried = try Self.findings(Self.outage(isTried: true, comesBack: comesBack))
        #expect(Self.verdict("OB-REC-012", tried) == .unknown(.identity))
        // Neither are their waits judged as if nothing had been tried.
        #expect(tried.allSatisfy { $0.requirement?.text.hasPrefix("OB-REC") != true || $0.verdict != .warn })
        #expect(tried.allSatisfy { $0.verdict != .fail }, "\(tried)")
        let untried = try Self.findings(Self.outage(isTried: false, comesBack: comesBack))
        #expect(Self.verdict("OB-REC-012", untried) == .fail)
    }

    /// One that gave up after two vain attempts is told from one that still tries.
    @Test(arguments: [(2000, Verdict.unknown(.identity)), (4000, .warn)])
    func goesOn(_ row: (end: Int, verdict: Verdict)) throws {
        var capture = Builder()
        Self.flow(&capture, at: 0, cseq: 1)
        for start in [62, 540] {
            capture.milliseconds = start * 1000
            capture.segment([], sequence: 70_000_000 + UInt32(start), flags: 0x02)
        }
        capture.milliseconds = row.end * 1000
        capture.datagram(Builder.sip("OPTIONS"))
        #expect(Self.verdict("OB-REC-007", try Self.findings(capture.bytes)) == row.verdict)
    }

    /// Shards and a limit of memory change nothing.
    @Test func shards() throws {
        for isTried in [true, false] {
            let octets = Self.outage(isTried: isTried)
            let whole = try Self.findings(octets).map { "\($0)" }.sorted()
            let log = try Self.withFile(octets) { Shards.log([$0]) }
            #expect(String(decoding: log, as: UTF8.self).contains("hidden-attempt") == isTried)
            for count in [1, 7] {
                #expect(try Shards.merged(log, count, CaptureAudit.Details()).findings == whole, "\(count) shards")
            }
        }
    }

    private static let lost = Timeline.tcp(
        Timeline.registered(timer: 60) + Timeline.pings([50])
            + [(60, .event(.close(.fin), .fromServer)), (60.01, .event(.close(.fin), .fromClient))])

    private static func encrypted(at time: Double, host: UInt32 = 7) -> Timeline {
        Timeline(
            flow: 1, transport: .tls, clientPort: 40_001, serverPort: 5061,
            moments: [(time, .event(.encrypted, .fromClient)), (time + 900, .event(.close(.fin), .fromClient))],
            clientHost: host)
    }

    static let rows = [
        RuleRow("OB-REC-012", "unknown", .encrypted, "it goes on over TLS", [lost, encrypted(at: 61)], end: 900),
        RuleRow("OB-REC-012", "fail", "it had a connection with TLS before", [lost, encrypted(at: 30)], end: 900),
        RuleRow("OB-REC-012", "fail", "another host has one", [lost, encrypted(at: 61, host: 8)], end: 900),
    ]

    @Test(arguments: rows) func encryptedConnections(_ row: RuleRow) throws {
        try row.check()
        try Shards.expectAgreement(row.timelines)
    }

    /// Of a scan nothing is kept; of a phone's attempts, however many, a few stretches.
    @Test func memoryIsBounded() throws {
        var ledger = FlowLedger()
        try Self.lost.play(into: &ledger)
        let server = Self.lost.server
        func attempt(_ host: UInt32, _ second: Int) -> UnansweredAttempt {
            UnansweredAttempt(
                client: TransportAddress(ip: IPAddress(v4: 0xC000_0200 &+ host), port: 41_000), server: server,
                start: Timestamp(seconds: Double(second)), end: Timestamp(seconds: Double(second + 7)))
        }
        for host in 100..<10_000 { ledger.observeAttempt(attempt(UInt32(host), 70)) }
        #expect(ledger.unanswered.stretches.isEmpty)
        for round in 0..<1000 { ledger.observeAttempt(attempt(7, 70 + round * 200)) }
        // Told once more, and out of order.
        ledger.observeAttempt(attempt(7, 70))
        let own = try #require(ledger.unanswered.stretches.values.first)
        #expect(ledger.unanswered.stretches.count == 1)
        #expect(own.count == 64)
        #expect(own[0].start == Timestamp(seconds: 70).nanoseconds)
        #expect(own[0].end == Timestamp(seconds: 77).nanoseconds)
        let end: Int64 = own.map(\.end).max() ?? 0
        #expect(end == Timestamp(seconds: 70 + 999 * 200 + 7).nanoseconds)
    }

    /// Memory runs out while the phone still tries.
    @Test(arguments: [true, false]) func givenUpForWantOfMemory(isTold: Bool) {
        var capture = Builder()
        Self.flow(&capture, at: 0, cseq: 1)
        capture.milliseconds = 62_000
        capture.segment([], sequence: 70_000_000, flags: 0x02)
        capture.milliseconds = 700_000
        capture.datagram(Builder.sip("OPTIONS"))
        var pipeline = CapturePipeline(
            sink: FlowLedger(evicted: EvictedFlows(limit: 48 << 20, judge: Judge(), keeping: .all)))
        #expect(pipeline.feedAll([capture.bytes]) == nil)
        if isTold { pipeline.tellAttempts() }
        #expect(pipeline.sink.evict(1 << 30, octetsBeside: 0).count == 2)
        let findings = pipeline.sink.evicted?.findings.findings ?? []
        #expect(Self.verdict("OB-REC-012", findings) == (isTold ? .unknown(.identity) : .fail), "\(findings)")
    }
}
