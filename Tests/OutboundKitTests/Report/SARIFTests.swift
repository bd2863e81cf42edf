import Foundation
import Testing

@testable import OutboundKit

/// SARIF by what the standard asks and code scanning services need.
@Suite struct SARIFTests {
    typealias Object = [String: Any]

    static func run(of octets: [UInt8]) throws -> Object {
        let log = try #require(JSONSerialization.jsonObject(with: Data(octets)) as? Object)
        #expect(log["version"] as? String == "2.1.0")
        #expect((log["$schema"] as? String)?.contains("sarif-2.1.0") == true)
        let runs = try #require(log["runs"] as? [Object])
        #expect(runs.count == 1)
        return runs[0]
    }

    /// Every member that services refuse to do without (docs.github.com, "SARIF support for code scanning").
    static func check(_ run: Object) throws -> (rules: [Object], results: [Object]) {
        let driver = try #require((run["tool"] as? Object)?["driver"] as? Object)
        #expect(driver["name"] as? String == "sipob")
        #expect((driver["semanticVersion"] as? String)?.isEmpty == false)
        let rules = try #require(driver["rules"] as? [Object])
        for rule in rules {
            for member in ["shortDescription", "fullDescription", "help"] {
                #expect(((rule[member] as? Object)?["text"] as? String)?.isEmpty == false)
            }
            // The rest are diagnoses.
            guard (rule["id"] as? String)?.hasPrefix("OB-") == true else { continue }
            #expect(
                ((rule["help"] as? Object)?["markdown"] as? String)?.contains("https://www.rfc-editor.org/") == true)
            #expect((rule["helpUri"] as? String).flatMap { URL(string: $0) } != nil)
            let level = (rule["defaultConfiguration"] as? Object)?["level"] as? String
            #expect(["error", "warning", "note"].contains(level))
        }
        #expect(Set(rules.compactMap { $0["id"] as? String }).count == rules.count)
        let results = try #require(run["results"] as? [Object])
        for result in results {
            let id = try #require(result["ruleId"] as? String)
            let index = try #require(result["ruleIndex"] as? Int)
            #expect(rules[index]["id"] as? String == id)
            #expect(((result["message"] as? Object)?["text"] as? String)?.isEmpty == false)
            let kind = try #require(result["kind"] as? String)
            let level = try #require(result["level"] as? String)
            // SARIF §3.27.10: only what failed has a level.
            #expect((kind == "fail") == (level != "none"))
            let locations = try #require(result["locations"] as? [Object])
            let place = try #require(locations.first?["physicalLocation"] as? Object)
            let uri = try #require((place["artifactLocation"] as? Object)?["uri"] as? String)
            #expect(URL(string: uri) != nil && !uri.contains(" "))
            #expect(((place["region"] as? Object)?["startLine"] as? Int ?? 0) > 0)
            let fingerprints = try #require(result["partialFingerprints"] as? [String: String])
            #expect(fingerprints["sipobFinding/v1"]?.isEmpty == false)
        }
        return (rules, results)
    }

    @Test func hasWhatServicesNeed() throws {
        let report = SampleAudit.report(try SampleAudit.sink(hostile: true))
        let (rules, results) = try Self.check(try Self.run(of: SARIFReport(report, SampleAudit.run).octets))
        let shown = report.withoutPasses.findings
        #expect(results.count == shown.count && !results.isEmpty)
        #expect(rules.count == Set(shown.compactMap(\.requirement)).count)
        let errors = results.count { $0["level"] as? String == "error" }
        #expect(errors == report.counts.fail)
        #expect(results.count { $0["kind"] as? String == "open" } == report.counts.unknown)
        let first = try #require(results[0]["properties"] as? Object)
        #expect(first["frame"] as? Int != nil && first["client"] as? String != nil)
    }

    /// What breaks no requirement has a rule as well, and what could not be read is no success.
    @Test func aDiagnosisIsARule() throws {
        var list = FindingList()
        list.add(
            .warn(nil, subject: "f1", message: "again and again", evidence: [], diagnosis: "DX-REG-23", advice: "wait"))
        list.add(
            .fail(
                "OB-KA-003", subject: "f1", message: "late",
                evidence: Evidence(at: 0, frame: 1, "a pong", expected: "one in time")))
        let report = AuditReport(
            ledger: try SampleAudit.sink().ledger, findings: list, notAnalyzed: [], packets: 1, ending: .unreadable)
        let run = try Self.run(of: SARIFReport(report, SampleAudit.run).octets)
        let (rules, _) = try Self.check(run)
        #expect(rules.compactMap { $0["id"] as? String } == ["OB-KA-003", "DX-REG-23"])
        let invocation = try #require((run["invocations"] as? [Object])?.first)
        #expect(invocation["exitCode"] as? Int == 1 && invocation["executionSuccessful"] as? Bool == false)
    }

    /// What a phone has sent must not change how a list of findings reads.
    @Test func messagesDoNotTurnTheDirectionOfWriting() throws {
        var list = FindingList()
        list.add(
            .fail(
                "OB-KA-003", subject: "f1\u{202E}", message: "late\u{2066}",
                evidence: Evidence(at: 0, frame: 1, "a\u{202E}b\u{1B}", expected: "c\u{202E}")))
        let report = AuditReport(
            ledger: try SampleAudit.sink().ledger, findings: list, notAnalyzed: [], packets: 1)
        let (_, results) = try Self.check(try Self.run(of: SARIFReport(report, SampleAudit.run).octets))
        let text = try #require((results.first?["message"] as? Object)?["text"] as? String)
        #expect(text.contains("Seen: a\u{FFFD}b\u{FFFD}."), "\(text)")
        #expect(text.unicodeScalars.allSatisfy { PrintableText.isPrintable($0) || $0 == "\n" }, "\(text)")
    }

    @Test func fingerprintsStayFromNightToNight() throws {
        func fingerprints(_ timelines: [Timeline]) throws -> [String] {
            let report = SampleAudit.report(try SampleAudit.sink(timelines))
            let (_, results) = try Self.check(try Self.run(of: SARIFReport(report, SampleAudit.run).octets))
            return results.compactMap { ($0["partialFingerprints"] as? [String: String])?["sipobFinding/v1"] }
        }
        let later = SampleAudit.timelines.enumerated().map { index, timeline in
            var other = timeline
            other.flow += 10
            other.clientPort = UInt16(50_000 + index)
            return other
        }
        #expect(try fingerprints(SampleAudit.timelines) == fingerprints(later))
    }

    @Test func moreThanServicesTakeIsLeftOutAndSaid() throws {
        let sink = try SampleAudit.sink()
        var list = FindingList()
        for _ in 0..<SARIFLog.maximumResults + 7 {
            list.add(.warn("OB-KA-003", subject: "f1", message: "late", evidence: []))
        }
        let other = NotAnalyzed(what: "other flows", count: 1, why: "no SIP")
        let report = AuditReport(ledger: sink.ledger, findings: list, notAnalyzed: [other], packets: 1)
        var largest = 0
        var octets: [UInt8] = []
        SARIFReport(report, SampleAudit.run).write { piece in
            largest = max(largest, piece.count)
            octets += piece
        }
        #expect(largest < 1 << 18)
        let run = try Self.run(of: octets)
        #expect((run["results"] as? [Object])?.count == SARIFLog.maximumResults)
        let invocation = try #require((run["invocations"] as? [Object])?.first)
        let notes = try #require(invocation["toolExecutionNotifications"] as? [Object])
        let texts = notes.compactMap { ($0["message"] as? Object)?["text"] as? String }
        #expect(texts.first == "Not analysed: other flows: 1 (no SIP).")
        #expect(texts.last?.hasPrefix("7 more findings") == true)
    }

    @Test(arguments: [
        ("a.pcap", "a.pcap"), ("/tmp/a b.pcap", "file:///tmp/a%20b.pcap"), ("-", "standard-input"),
        ("c:d#?%.pcap", "c%3Ad%23%3F%25.pcap"), ("é/x", "%C3%A9/x"),
    ]) func uri(_ path: String, _ uri: String) {
        #expect(SARIFLog.uri(path) == uri)
    }

    @Test(arguments: [
        ("5626 §4.4.1", ["rfc5626#section-4.4.1"]),
        ("5626 §4.4.2; 8489 §6.2.1", ["rfc5626#section-4.4.2", "rfc8489#section-6.2.1"]),
        ("5626 §4.2.1, §11.6", ["rfc5626#section-4.2.1", "rfc5626#section-11.6"]),
        ("5626 §7; 3327", ["rfc5626#section-7", "rfc3327"]), ("7616", ["rfc7616"]),
        ("7118 §5.2–5.4", ["rfc7118#section-5.2"]),
        ("derived from §6, §4.2.1", ["rfc5626#section-6", "rfc5626#section-4.2.1"]),
        ("4475 (base parser)", ["rfc4475"]), ("derived", []), ("5626 App. A vs §4.5", ["rfc5626#section-4.5"]),
    ]) func links(_ section: String, _ pages: [String]) {
        #expect(SectionLinks.of(section).map(\.address) == pages.map { "https://www.rfc-editor.org/rfc/" + $0 })
    }

    /// A moment belongs to the capture that began last before it.
    @Test func captureOfAMoment() {
        let run = ReportRun(
            command: "pcap-audit", version: "1", started: Timestamp(seconds: 0), duration: 0, sources: ["b", "a", "c"],
            beginnings: ["a": Timestamp(seconds: 1), "b": Timestamp(seconds: 10), "c": Timestamp(seconds: 20)])
        for (time, source) in [(1.0, "a"), (9, "a"), (10, "b"), (19.5, "b"), (99, "c"), (0.5, "b")] {
            #expect(run.source(at: Timestamp(seconds: time)) == source)
        }
        #expect(run.source(at: nil) == "b" && run.sourcesByTime == ["a", "b", "c"])
    }
}
