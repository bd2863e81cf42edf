import Testing

@testable import OutboundKit

/// Work shared among threads: what comes out is what one thread makes of it.
@Suite struct JobsTests {
    private struct Seen: Equatable {
        var json: [UInt8] = []
        var html: [UInt8] = []
        var statistics = CaptureStatistics()
        var failures: [String] = []
    }

    /// All that reports say of captures.
    private static func read(
        _ paths: [String], jobs: Int, details: CaptureAudit.Details = CaptureAudit.Details()
    ) -> Seen {
        var seen = Seen()
        var audit = CaptureAudit(details: details, jobs: jobs)
        audit.read(paths: paths) { seen.failures.append($0.description) }
        let outcome = audit.finish()
        let judge = Judge()
        var findings =
            outcome.details.map { judge.judge($0, keeping: .all, jobs: jobs) }
            ?? judge.judge(outcome.ledger, keeping: .all, jobs: jobs)
        let fleet = FleetFacts(outcome.ledger)
        judge.judge(fleet, settings: AuditSettings(), into: &findings)
        let report = AuditReport(
            ledger: outcome.ledger, findings: findings, notAnalyzed: outcome.notAnalyzed,
            packets: outcome.statistics.packets, decrypted: outcome.statistics.decryptedConnections, fleet: fleet)
        seen.statistics = outcome.statistics
        let start = Timestamp(nanoseconds: 0)
        AuditJSON(report).write(command: "", version: "", started: start, duration: 0) { seen.json += $0 }
        if let timelines = outcome.details?.timelines {
            let run = ReportRun(command: "", version: "", started: start, duration: 0, sources: paths)
            HTMLReport(report, run, timelines: timelines).write { seen.html += $0 }
        }
        return seen
    }

    @Test(arguments: EvictedFlowsTests.captures) func sameFindings(_ path: String) {
        for details in [CaptureAudit.Details(), CaptureAudit.Details(timelines: .allFlows, exchanges: true)] {
            let alone = Self.read([path], jobs: 1, details: details)
            let shared = Self.read([path], jobs: 2, details: details)
            #expect(!alone.json.isEmpty && alone.html.isEmpty == (details.timelines == nil))
            #expect(shared == alone)
        }
    }

    /// What is kept and what finds no room is what one list would have, whoever judges which flow.
    @Test(arguments: EvictedFlowsTests.captures) func flowsSharedAmongThreads(_ path: String) {
        var audit = CaptureAudit()
        audit.read(paths: [path]) { _ in }
        let ledger = audit.finish().ledger
        let judge = Judge()
        let scope = judge.scope(of: ledger)
        for keeping in [FindingList.Keeping.nothing, .complaints, .all] {
            for maximum in [4, 12, 40, FindingList.maximum] {
                let judged = [1, 2, 3, 50].map { jobs in
                    var out = FindingList(keeping: keeping, maximum: maximum)
                    judge.judgeFlows(of: ledger, scope, jobs: jobs, flowsOfJob: 1, &out)
                    return out
                }
                for list in judged.dropFirst() {
                    #expect(list.counts == judged[0].counts && "\(list.findings)" == "\(judged[0].findings)")
                    #expect(list.dropped == judged[0].dropped && list.unlistedPasses == judged[0].unlistedPasses)
                }
            }
        }
    }

    /// Pieces that follow one another and captures of the same time, compressed, some of them cut or not there.
    @Test(.enabled(if: ShellTool.has("gzip", "zstd"), "gzip or zstd is not installed"), arguments: [2, 3, 9])
    func compressedCaptures(_ jobs: Int) throws {
        let scratch = try CaptureScratch()
        let dealt = try CaptureMergeTests.dealt(3, scratch)
        let pieces = CaptureMergeTests.pieces([1, 2, 3, 4])
        var sets: [[String]] = []
        for (name, paths) in [("dealt", dealt), ("pieces", pieces)] {
            let octets = try paths.enumerated().map { index, path in
                try ShellTool.run(index % 2 == 0 ? "gzip" : "zstd", ["-c", path])
            }
            let packed = try octets.enumerated().map { try scratch.write($1, "\(name)\($0)") }
            let cut = try scratch.write(Array(octets[0].dropLast(1000)), "\(name)cut")
            let bad = [cut, packed[1], packed[2], "/nonexistent/capture.gz"]
            sets += [packed, packed.reversed(), bad, packed + [paths[1]], [packed[0]]]
        }
        for paths in sets {
            let alone = Self.read(paths, jobs: 1)
            #expect(alone.statistics.packets > 20)
            #expect(Self.read(paths, jobs: jobs) == alone)
        }
    }

    /// An audit that is given up leaves no thread waiting for it, and one before its first capture is empty.
    @Test func givenUp() {
        do {
            var audit = CaptureAudit(jobs: 2)
            audit.read(paths: [CompressedCaptureTests.real]) { _ in }
        }
        #expect(CaptureAudit(jobs: 2).finish().ledger.flows.isEmpty)
    }

    /// Packets that are larger than what is read at a time, and lie across its ends.
    @Test(.enabled(if: ShellTool.has("gzip"))) func largePackets() throws {
        var octets = Array(try VectorFiles.bytes(RealCaptureTests.folder + "bs_udp_ft20.pcap").prefix(24))
        for round in 0..<60 {
            let length = round % 3 == 0 ? 150_000 + round * 7919 : 1000 + round
            for number in [UInt32(round), 0, UInt32(length), UInt32(length)] {
                withUnsafeBytes(of: number.littleEndian) { octets += $0 }
            }
            octets += [UInt8](repeating: UInt8(round), count: length)
        }
        let scratch = try CaptureScratch()
        let paths = try ["one", "other"].map { name in
            let plain = try scratch.write(octets, "\(name).pcap")
            try ShellTool.run("gzip", [plain])
            return plain + ".gz"
        }
        for count in 1...2 {
            let seen = [1, 2].map { jobs in
                var audit = CaptureAudit(jobs: jobs)
                audit.read(paths: Array(paths.prefix(count))) { Issue.record("\($0)") }
                return audit.finish().statistics
            }
            #expect(seen.map(\.packets) == [60 * count, 60 * count])
            #expect(seen[0].octets == seen[1].octets)
        }
    }

    // MARK: The way from one thread to another

    @Test func lanesKeepTheOrder() async {
        let lane = Lane<Int>(capacity: 3)
        let sender = Worker("sender") {
            for number in 0..<1000 { _ = lane.send(number) }
            lane.close()
        }
        var received: [Int] = []
        while let number = lane.receive() { received.append(number) }
        #expect(received == Array(0..<1000))
        #expect(lane.receive() == nil)
        sender.join()
    }

    /// A sender that waits for room ends when nobody receives any more.
    @Test func abandonedLanes() {
        let lane = Lane<Int>(capacity: 2)
        let sender = Worker("sender") {
            var sent = 0
            while sent < 1000, lane.send(sent) { sent += 1 }
            #expect(sent < 1000)
        }
        #expect(lane.receive() == 0)
        lane.abandon()
        sender.join()
        #expect(!lane.send(1) && !lane.send(2) && !lane.send(3))
    }

    /// A reader that stops in the middle of a capture stops the thread that decompresses it.
    @Test func abandonedCaptures() throws {
        let scratch = try CaptureScratch()
        let path = try scratch.write(
            try ShellTool.run("gzip", ["-c", CompressedCaptureTests.real]), "edge.pcap.gz")
        var limits = CaptureLimits()
        limits.bufferOctets = 65_536
        limits.aheadOctets = 65_536
        let ahead = ReadAhead(path: path, limits: limits)
        var source = AheadSource(ahead)
        var buffer = [UInt8](repeating: 7, count: 100)
        var told = 0
        let octets = try #require(try source.read(behind: 60..<65, in: &buffer) { told += $0 })
        #expect(told > 0 && octets.count > 9)
        #expect(buffer[octets].prefix(9) == [7, 7, 7, 7, 7, 0xD4, 0xC3, 0xB2, 0xA1])
        // The end of its reader.
        _ = consume source
        #expect(ahead.next() == nil)
    }

    /// Every kind of event comes out as it went in.
    @Test func batchesKeepEvents() throws {
        let road = EventRoad()
        var relay = EventRelay(road)
        var expected = EventLog()
        let request = [0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42] + [UInt8](repeating: 7, count: 12)
        let read = STUNFacts.read(request.span.bytes, isCut: false)
        let facts = try #require(read)
        func feed<Sink: FlowEventSink>(_ sink: inout Sink, _ round: Int) {
            let flow = FlowID(UInt32(round % 7))
            func moment(_ place: Int) -> FlowEvent.Moment {
                FlowEvent.Moment(
                    flow: flow, time: Timestamp(nanoseconds: Int64(round * 10 + place)), frame: UInt64(round),
                    direction: place % 2 == 0 ? .fromClient : .fromServer)
            }
            sink.observe(FlowEvent(moment(0), .gap(round)))
            sink.observeSTUN(facts, moment(1))
            for (place, (pair, own)) in [(true, true), (true, false), (false, true), (false, false)].enumerated() {
                sink.observeCRLF(completesPair: pair, ownSegment: own, moment(2 + place))
            }
            if round % 3 == 0 { sink.miss(at: Timestamp(nanoseconds: Int64(round))) }
            if round % 5 == 0 { sink.end(flow, at: Timestamp(nanoseconds: Int64(round))) }
        }
        let thread = SinkThread(EventLog(), road)
        for round in 0..<2000 {
            feed(&relay, round)
            feed(&expected, round)
        }
        relay.close()
        let seen = try #require(thread.join())
        #expect(seen.words == expected.words && seen.words.count > 12_000)
        #expect(thread.join() == nil)
    }
}
