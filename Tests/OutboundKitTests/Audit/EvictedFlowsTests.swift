import Foundation
import Testing

@testable import OutboundKit

/// Memory that is limited: which flows are given up, and what is still said of them.
@Suite struct EvictedFlowsTests {
    private struct Seen {
        let ledger: FlowLedger
        let findings: FindingList
        let notAnalyzed: [NotAnalyzed]

        /// Requirement and phone of each finding of a verdict.
        func faults(_ word: String) -> Set<String> {
            let identity = FindingIdentity(ledger)
            return Set(findings.findings.filter { $0.verdict.word == word }.map { identity.fingerprint($0) })
        }
    }

    private func judged(_ path: String, memory: Int?) throws -> Seen {
        let judge = Judge()
        var audit = CaptureAudit(evicted: memory.map { EvictedFlows(limit: $0, judge: judge) })
        try audit.read(path: path)
        let seen = audit.finish()
        return Seen(ledger: seen.ledger, findings: judge.judge(seen.ledger), notAnalyzed: seen.notAnalyzed)
    }

    static let captures: [String] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures/Captures").path(percentEncoded: false)
        return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { $0.hasSuffix(".pcap") || $0.hasSuffix(".pcapng") }.sorted().map { folder + "/" + $0 }
    }()

    @Test func capturesAreAtHand() { #expect(Self.captures.count > 20) }

    /// A limit that is not reached changes nothing.
    @Test(arguments: captures) func largeLimit(_ path: String) throws {
        let whole = try judged(path, memory: nil)
        let limited = try judged(path, memory: 1 << 30)
        #expect(limited.findings.findings.map { "\($0)" } == whole.findings.findings.map { "\($0)" })
        #expect(limited.findings.counts == whole.findings.counts)
        #expect(limited.notAnalyzed == whole.notAnalyzed)
        #expect(limited.ledger.flows.count == whole.ledger.flows.count)
    }

    /// Where every new flow makes all others go, nobody is accused of what the whole capture does not show.
    @Test(arguments: captures) func noFalseAlarm(_ path: String) throws {
        let whole = try judged(path, memory: nil)
        let limited = try judged(path, memory: 1)
        let wrong = limited.faults("fail").subtracting(whole.faults("fail"))
        #expect(wrong.isEmpty, "\(wrong)")
    }

    private func played(_ timelines: [Timeline], limit: Int = 1 << 20) throws -> FlowLedger {
        var ledger = FlowLedger(evicted: EvictedFlows(limit: limit, judge: Judge(), keeping: .all))
        for timeline in timelines { try timeline.play(into: &ledger) }
        return ledger
    }

    @Test func whatIsOverGoesFirstThenTheLongestSilent() throws {
        func flow(_ id: UInt32, until end: Double, closes: Bool = false) -> Timeline {
            let moments: [(Double, Timeline.Moment)] =
                Timeline.pings([0, end]) + (closes ? [(end + 1, .event(.close(.fin), .fromClient))] : [])
            return Timeline(flow: id, transport: .tcp, clientPort: 40_000 + UInt16(id), moments: moments)
        }
        var ledger = try played([
            flow(0, until: 100), flow(1, until: 50), flow(2, until: 900, closes: true), flow(3, until: 700),
        ])
        #expect(ledger.evict(1, octetsBeside: 0) == [FlowID(2)])
        #expect(ledger.evict(1, octetsBeside: 0) == [FlowID(1)])
        #expect(ledger.evict(1, octetsBeside: 0) == [FlowID(0)])
        #expect(ledger.flows.map(\.id) == [FlowID(3)] && ledger[FlowID(3)] != nil && ledger[FlowID(2)] == nil)
        let said = try #require(ledger.evicted?.notAnalyzed.first)
        #expect(said.count == 3 && said.why.contains("1 of them were over"))
        // The flow that is left goes on as if nothing had been.
        let before = ledger.flows[0].pings
        for completes in [false, true] {
            ledger.observe(
                FlowEvent(
                    flow: FlowID(3), time: Timestamp(seconds: 950), direction: .fromClient,
                    what: .crlf(completesPair: completes, ownSegment: true)))
        }
        #expect(ledger.flows[0].pings == before + 1)
    }

    /// The findings of a flow that is gone are kept, and name its phone as ever.
    @Test func findingsStay() throws {
        let late = Timeline.tcp(Timeline.registered(timer: 20) + Timeline.pings([18, 36, 90, 108]))
        let alone = try audit([late], end: 400)
        var ledger = try played([late])
        ledger.advance(to: Timestamp(seconds: 400))
        #expect(ledger.evict(.max, octetsBeside: 0).count == 1)
        ledger.finish()
        let list = Judge().judge(ledger)
        #expect(list.counts == alone.counts)
        let found = try #require(list.findings.first { $0.verdict == .fail })
        #expect(FindingIdentity(ledger).fingerprint(found).contains("sip:alice@example.com"))
    }

    /// A closed flow's server restarted: that excuse is remembered.
    @Test func excusesOfRestartsAreRemembered() throws {
        func closed(_ id: UInt32) -> Timeline {
            Timeline(
                flow: id, transport: .tcp, clientPort: 40_000 + UInt16(id),
                moments: Timeline.registered(timer: 120) + Timeline.pings([100, 200])
                    + [(230, .event(.close(.fin), .fromServer))])
        }
        let together = try audit([closed(0), closed(1)])
        var ledger = try played([closed(0), closed(1)])
        _ = ledger.evict(1, octetsBeside: 0)
        ledger.finish()
        #expect(Judge().judge(ledger).counts.fail == together.counts.fail)
    }

    /// Beside flows there is the program itself, and what lists that grow leave unused.
    @Test(arguments: [(64, 37 << 20), (48, 21 << 20), (27, 0), (1, 0), (0, 0)])
    func flowsAreNotGivenAllOfTheMemory(mebibytes: Int, room: Int) {
        let octets = EvictedFlows(limit: mebibytes << 20, judge: Judge()).octetsForFlows
        #expect(octets <= room - room / 6 && octets >= room / 4 * 3)
    }

    /// That an address had connections of which nothing is known takes memory too: it counts, and has an end.
    @Test(arguments: [(100, 100), (70_000, 0)])
    func addressesWithoutFlows(count: Int, remembered: Int) {
        var ledger = FlowLedger(evicted: EvictedFlows(limit: 1 << 30, judge: Judge()))
        for number in 0..<UInt32(count) {
            let opening = FlowEvent.Opening(
                transport: .tcp, client: TransportAddress(ip: IPAddress(v4: 0x0A00_0000 + number), port: 40_000),
                server: TransportAddress(ip: IPAddress(v4: 0xC633_6401), port: 5060), kind: .midstream)
            ledger.observe(
                FlowEvent(flow: FlowID(number), time: .zero, direction: .fromClient, what: .open(opening)))
        }
        #expect(ledger.octets > count << 5)
        #expect(ledger.evict(.max, octetsBeside: 0).count == count)
        #expect(ledger.originOf.count == remembered)
        #expect(ledger.flows.isEmpty && ledger.octets == KeyTable().octets + remembered << 5)
    }

    @Test func findingsThatAccuseNobodyDoNotCrowdOutOthers() {
        var list = FindingList(maximum: 100)
        for _ in 0..<200 { list.add(.info("OB-KA-001", subject: "f1", message: "so it is")) }
        for _ in 0..<200 { list.add(.warn("OB-KA-001", subject: "f1", message: "bad", evidence: [])) }
        #expect(list.findings.count { $0.verdict == .info } == 25 && list.findings.count { $0.verdict == .warn } == 75)
        #expect(list.dropped == 300 && list.counts.info == 200 && list.counts.warn == 200)
    }
}

/// The list in pieces.
@Suite struct ChunksTests {
    @Test(arguments: [0, 1, 1023, 1024, 1025, 5000]) func likeAnArray(_ count: Int) {
        var list = Chunks<String>()
        for number in 0..<count { list.append("number \(number)") }
        var copy = list
        if count > 0 { copy[count / 2] = "changed" }
        copy.append("more")
        #expect(Array(list) == (0..<count).map { "number \($0)" })
        #expect(copy.count == count + 1 && copy.last == "more" && (count == 0 || copy[count / 2] == "changed"))
        let before = list
        list.removeAll { $0 % 3 != 1 }
        #expect(Array(list) == (0..<count).filter { $0 % 3 == 1 }.map { "number \($0)" })
        #expect(before.count == count)
        list.append("again")
        #expect(list.last == "again")
        list.removeAll { _ in true }
        #expect(list.isEmpty)
    }
}

@Suite struct RegistrationWordsTests {
    @Test(
        arguments: [
            nil, "", "urn:uuid:00000000-0000-1000-8000-000A95A0E128", "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bfg", "urn:uuid:f81d4fae-7dec-11d0-a765000a0c91e6bf6", "urn:x:é",
            "urn:uuid:",
        ] as [String?])
    func wordsComeBackAsTheyWere(_ instance: String?) {
        for regID in [nil, "", "1", "x"] {
            let aor = "sip:alice@example.com"
            let octets = Array((aor + (instance ?? "") + (regID ?? "")).utf8)
            let instanceEnd = aor.utf8.count + (instance ?? "").utf8.count
            let user = RegistrationWords.Surroundings.user(octets.span.bytes, 0..<aor.utf8.count)
            let around = RegistrationWords.Surroundings(
                before: Array(octets[..<user.lowerBound]), after: Array(octets[user.upperBound..<aor.utf8.count]))
            let common = RegistrationWords.Common(userAgent: "Phone/1", aroundUser: around)
            let words = RegistrationWords(
                octets.span.bytes, aor: 0..<aor.utf8.count, user: user,
                instance: instance.map { _ in aor.utf8.count..<instanceEnd },
                regID: regID.map { _ in instanceEnd..<octets.count }, contactKey: 0, contactOB: true,
                contactExpires: 1 << 40,
                RegistrationWords.Options(common: Shared(common), supportsOutbound: true, supportsPath: false))
            #expect(words.contactExpires { 1 << 40 } == 1 << 40)
            #expect(words.aor == "sip:alice@example.com" && words.instance == instance && words.regID == regID)
            #expect(words.hasRegID == (regID != nil) && words.userAgent == "Phone/1")
            #expect(words.supportsOutbound && !words.supportsPath && words.contactOB)
            #expect((words.bindingKey == 0) == (instance == nil) && (words.deviceKey == 0) == (instance == nil))
        }
    }
    /// Only what a UUID of lower-case digits would be written as is one, whatever stands at whichever place.
    @Test func everyOctetAtEveryPlaceOfAUUID() {
        let text = Array("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6".utf8)
        for place in text.indices {
            for octet in UInt8.min...UInt8.max {
                var octets = text
                octets[place] = octet
                let isDigit = text[place] != UInt8(ascii: "-") && place >= 9
                let isRight = octet == text[place] || isDigit && "0123456789abcdef".utf8.contains(octet)
                let value = CanonicalUUID.value(octets.span.bytes, 0..<octets.count)
                #expect((value != nil) == isRight)
                guard let value, isRight else { continue }
                let big = withUnsafeBytes(of: value.bigEndian, Array.init)
                #expect(Array(CanonicalUUID.text(big).utf8) == octets)
            }
        }
    }
}
