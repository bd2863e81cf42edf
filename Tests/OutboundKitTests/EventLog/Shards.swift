import Foundation
import Testing

@testable import OutboundKit

/// Event logs of captures and of made-up runs, and what is found in shards of them.
enum Shards {
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

    static func log(_ captures: [String]) -> [UInt8] {
        var keys = CaptureEvents.Keys()
        keys.read(paths: captures) { _ in }
        var octets: [UInt8] = []
        var lines = CaptureEvents.Lines(survey: keys.finish()) { octets += $0 }
        lines.read(paths: captures) { _ in }
        lines.finish(unread: [])
        return octets
    }

    /// Timelines that are judged in shards give the findings that they give as a whole.
    static func expectAgreement(_ timelines: [Timeline]) throws {
        var tape = Tape()
        for timeline in timelines { try timeline.play(into: &tape) }
        let whole = whole(tape.sorted, CaptureAudit.Details()).findings
        for count in [1, 7] {
            #expect(try merged(log(tape.sorted), count, CaptureAudit.Details()).findings == whole)
        }
    }

    static func survey(_ tape: Tape) -> EventSurvey {
        var surveyor = EventSurveyor()
        tape.play(into: &surveyor)
        return surveyor.finish()
    }

    static func log(_ tape: Tape) -> [UInt8] {
        var octets: [UInt8] = []
        var writer = EventLineWriter(survey: survey(tape)) { octets += $0 }
        tape.play(into: &writer)
        let end = tape.events.map(\.time).max() ?? .zero
        writer.finish(CaptureSummary(packets: 1, lastTime: end, notAnalyzed: []))
        return octets
    }

    /// A log as if each shard knew its own flows alone.
    static func withoutRun(_ log: [UInt8]) -> [UInt8] {
        let words = [
            "run", "outbound-server", "stun-server", "keep-alive-server", "dialled-phone", "server-outage",
            "hidden-attempt", "finding",
        ].map {
            "\"event\":\"\($0)\""
        }
        return log.split(separator: ASCII.lf).filter { line in
            let text = String(decoding: line, as: UTF8.self)
            return !words.contains { text.contains($0) }
        }.flatMap { $0 + [ASCII.lf] }
    }

    struct Found {
        /// As a report shows them, in order.
        var findings: [String] = []
        var notAnalyzed: Set<String> = []
        var fleets: [FleetFacts] = []

        fileprivate mutating func add(_ list: FindingList, _ fleet: FleetFacts) {
            var list = list
            Judge().judge(fleet, into: &list)
            findings = (findings + list.findings.map { "\($0)" }).sorted()
            if !fleet.isEmpty { fleets.append(fleet) }
        }
    }

    /// One run over everything.
    static func whole(_ tape: Tape, _ details: CaptureAudit.Details) -> Found {
        var sink = AuditSink(timelines: details.timelines, judgesExchanges: details.exchanges)
        tape.play(into: &sink)
        sink.finish()
        return whole(sink.ledger, details.areWanted ? sink : nil)
    }

    /// - Parameter details: nil where none were asked for.
    static func whole(_ ledger: FlowLedger, _ details: AuditSink?) -> Found {
        var found = Found()
        let list = details.map { Judge().judge($0, keeping: .all) } ?? Judge().judge(ledger, keeping: .all)
        found.add(list, FleetFacts(ledger))
        found.notAnalyzed = Set(details?.notJudged.map(\.what) ?? [])
        return found
    }

    /// What all shards of a log find.
    static func merged(_ log: [UInt8], _ count: Int, _ details: CaptureAudit.Details) throws -> Found {
        let path = NSTemporaryDirectory() + "events-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(log).write(to: URL(filePath: path))
        var found = Found()
        for index in 1...count {
            var audit = EventAudit(
                details: details, shard: count == 1 ? nil : EventAudit.Shard(index: index, count: count))
            try audit.read(path: path)
            let seen = audit.finish()
            found.notAnalyzed.formUnion(seen.summary.notAnalyzed.map(\.what))
            found.add(Judge().judge(seen.sink, keeping: .all), seen.fleet)
        }
        return found
    }
}
