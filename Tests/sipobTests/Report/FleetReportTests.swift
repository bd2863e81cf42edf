import Foundation
import Testing

/// What `sipob pcap-audit` says of a fleet. The capture is real: an edge that was killed and started again while a client
/// held 24 flows on it, with a base time of 2 s instead of 30.
@Suite struct FleetReportTests {
    private static let storm = Files.repository + "/Tests/Fixtures/Fleet/storm.pcap.gz"
    private static let subject = "edge tcp 127.0.0.1:25061"

    private func schema(_ name: String) throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(
                with: Data(Files.bytes(Files.repository + "/docs/json/\(name).schema.json"))) as? [String: Any])
    }

    private func document(_ arguments: String...) async throws -> [String: Any] {
        let result = try await Program.sipob.run(["pcap-audit", "--json"] + arguments)
        #expect(result.status == 0, "\(result.errors)")
        let json = try #require(try JSONSerialization.jsonObject(with: Data(result.outputBytes)) as? [String: Any])
        let faults = JSONSchema.faults(json, try schema("pcap-audit"))
        #expect(faults.isEmpty, "\(faults)")
        return json
    }

    @Test func text() async throws {
        let result = try await Program.sipob.run(["pcap-audit", "--color", "never", Self.storm])
        #expect(result.status == 0)
        let fleet = try #require(result.output.range(of: "FLEET\n\(Self.subject)\n  WARN  OB-REC-003"))
        let flows = try #require(result.output.range(of: "\nf1 tcp "))
        // Before the flows: it explains what they suffered.
        #expect(fleet.upperBound < flows.lowerBound)
        #expect(result.output.contains("lost 24 of 24 flows within 1 s"))
        #expect(result.output.contains("User-Agent"))
        let one = try await Program.sipob.run(["pcap-audit", "--flow", "f1", Self.storm])
        #expect(!one.output.contains("FLEET"))
        let other = try await Program.sipob.run(["pcap-audit", "--only", "OB-KA-*", Self.storm])
        #expect(!other.output.contains("FLEET"))
        let strict = try await Program.sipob.run(["pcap-audit", "--strict", "--only", "OB-REC-003", "-q", Self.storm])
        #expect(strict.status == 1)
    }

    @Test func json() async throws {
        let json = try await document(Self.storm)
        let fleet = try #require(json["fleet"] as? [String: Any])
        let outages = try #require(fleet["outages"] as? [[String: Any]])
        #expect(outages.count == 1)
        #expect(outages.first?["flows_lost"] as? Int == 24 && outages.first?["phones_back"] as? Int == 24)
        #expect(outages.first?["only_address"] as? String == "127.0.0.1")
        #expect((fleet["rhythms"] as? [Any])?.isEmpty == true)
        let agents = try #require(fleet["user_agents"] as? [[String: Any]])
        #expect(agents.first?["flows"] as? Int == 48)
        let totals = try #require(json["totals"] as? [String: Any])
        #expect(totals["flows"] as? Int == 48 && totals["tls_decrypted"] as? Int == 0)
        let findings = try #require(json["findings"] as? [[String: Any]])
        #expect(findings.contains { $0["fingerprint"] as? String == "OB-REC-003 \(Self.subject)" })
    }

    @Test func files() async throws {
        let scratch = try ScratchDirectory()
        let kinds = [
            ("html", "<h2>Fleet</h2>"), ("md", "## Fleet: \(Self.subject)"),
            ("junit", "name=\"fleet: \(Self.subject)\""),
            ("sarif", Self.subject), ("csv", "warn,,\(Self.subject)"), ("tap", Self.subject),
        ]
        let result = try await Program.sipob.run(
            ["pcap-audit", "-q"] + kinds.flatMap { ["--report", "\($0.0)=\(scratch.path($0.0))"] } + [Self.storm])
        #expect(result.status == 0, "\(result.errors)")
        for (kind, words) in kinds { #expect(try scratch.text(kind).contains(words), "\(kind)") }
    }

    /// What is known is not told again, a fleet's faults among it.
    @Test func baselineKnowsFleets() async throws {
        let scratch = try ScratchDirectory()
        _ = try await Program.sipob.run(["pcap-audit", "-q", "--report", "json=\(scratch.path("a"))", Self.storm])
        let again = try await Program.sipob.run(["pcap-audit", "--baseline", scratch.path("a"), Self.storm])
        #expect(!again.output.contains("FLEET") && again.output.contains("known"))
    }

    /// One shard tells it, from the log's own count.
    @Test func shards() async throws {
        let scratch = try ScratchDirectory()
        let log = scratch.path("events")
        #expect(try await Program.sipob.run(["pcap-audit", "--events", log, Self.storm]).status == 0)
        let lines = try Files.bytes(log).split(separator: 0x0A)
        let schema = try schema("flow-event")
        var facts = 0
        for line in lines {
            let json = try JSONSerialization.jsonObject(with: Data(line))
            #expect(JSONSchema.faults(json, schema).isEmpty)
            if (json as? [String: Any])?["event"] as? String == "edge-outage" { facts += 1 }
        }
        #expect(facts == 1)
        let whole = try await document(Self.storm)
        var merged: [Any] = []
        for index in 1...3 {
            let part = try await document("--from-events", "--shard", "\(index)/3", log)
            merged += try #require((part["fleet"] as? [String: Any])?["outages"] as? [Any])
        }
        let expected = try #require((whole["fleet"] as? [String: Any])?["outages"] as? [Any])
        #expect(NSArray(array: merged) == NSArray(array: expected))
    }
}
