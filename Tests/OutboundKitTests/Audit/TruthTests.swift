import Foundation
import Testing

@testable import OutboundKit

/// Captures of real user agents with their hand-checked truth: keep-alives equal on every flow, every expected violation
/// found, nothing else called `fail`. The agreement is printed in numbers.
@Suite struct TruthTests {
    struct Truth: Decodable {
        let captures: [Capture]
    }
    struct Capture: Decodable, Sendable {
        let file: String
        let flows: [Flow]
        let violations: [Violation]
        enum CodingKeys: String, CodingKey {
            case file, flows
            case violations = "violations_expected"
        }
    }
    struct Violation: Decodable, Sendable {
        let requirement: String
        let party: String
    }
    struct Flow: Decodable, Sendable {
        let client: String
        let server: String
        let pings: Int?
        let pongs: Int?
        enum CodingKeys: String, CodingKey {
            case client, server
            case pings = "keepalive_pings"
            case pongs = "keepalive_pongs"
        }
        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            client = try values.decode(String.self, forKey: .client)
            server = try values.decode(String.self, forKey: .server)
            // Where nobody can count, words stand in the truth.
            pings = try? values.decode(Int.self, forKey: .pings)
            pongs = try? values.decode(Int.self, forKey: .pongs)
        }
    }
    struct Deferred: Decodable {
        let file: String
    }

    /// The rows that stand for a sentence of RFC 5626 in the truth, and whom they bind.
    static let rows: [String: [String]] = [
        "RFC 5626 4.4/UA": ["OB-FT-004", "OB-FT-005", "OB-KA-001"],
        "RFC 5626 4.4.1/UA": ["OB-KA-002", "OB-KA-003", "OB-KA-006"],
        "RFC 5626 4.5/UA": ["OB-REC-"],
        "RFC 5626 5.4/edge": ["OB-FT-006"],
        "RFC 5626 5.4 and 8/edge": ["OB-STUN-011"],
        "RFC 5626 6/registrar": ["OB-REG-010"],
        "RFC 6455 5.1/UA": ["OB-WS-010"],
    ]

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    static let fixtures = root.appending(path: "Tests/Fixtures/Captures")
    /// Captures of others, which are not part of the project.
    static let shared = root.deletingLastPathComponent().appending(path: "shared/captures")

    struct Outcome {
        var flows = 0
        var equal = 0
        var expected = 0
        var found = 0
        var complaints: [String] = []
    }

    @Test func agreement() throws {
        let decoder = JSONDecoder()
        let truth = try decoder.decode(Truth.self, from: Data(contentsOf: Self.fixtures.appending(path: "truth.json")))
        let deferred = Set(
            try decoder.decode([Deferred].self, from: Data(contentsOf: Self.fixtures.appending(path: "deferred.json")))
                .map(\.file))
        var total = Outcome()
        var absent = 0
        for capture in truth.captures {
            guard let path = Self.path(capture.file) else {
                absent += 1
                continue
            }
            if deferred.contains(capture.file) {
                try checkDeferred(capture, path)
            } else {
                try check(capture, path, &total)
            }
        }
        print(
            "captures \(truth.captures.count), waiting \(deferred.count), not at hand \(absent); flows with equal "
                + "keep-alive counts \(total.equal) of \(total.flows); expected violations found \(total.found) of "
                + "\(total.expected); other complaints \(total.complaints.count)")
        #expect(total.complaints.isEmpty, "\(total.complaints.joined(separator: "\n"))")
        #expect(total.flows > 60 && total.equal == total.flows)
        #expect(total.expected > 20 && total.found == total.expected)
    }

    private static func path(_ file: String) -> String? {
        for folder in [fixtures, shared] {
            let path = folder.appending(path: file).path(percentEncoded: false)
            if FileManager.default.fileExists(atPath: path) { return path }
        }
        return nil
    }

    private func judge(_ path: String) throws -> (FlowLedger, FindingList, [NotAnalyzed]) {
        var secrets = TLSSecretStore()
        let keys = path.replacing(".pcap", with: ".keys")
        if FileManager.default.fileExists(atPath: keys) { try secrets.read(path: keys) }
        var pipeline = CapturePipeline(sink: FlowLedger(), secrets: secrets)
        try pipeline.read(path: path)
        pipeline.finish()
        pipeline.sink.finish()
        return (pipeline.sink, Judge().judge(pipeline.sink), pipeline.notAnalyzed)
    }

    private func check(_ capture: Capture, _ path: String, _ total: inout Outcome) throws {
        let (ledger, list, _) = try judge(path)
        for flow in capture.flows {
            guard let pings = flow.pings else { continue }
            total.flows += 1
            let record = ledger.flows.first {
                $0.client.description == flow.client && $0.server.description == flow.server
            }
            let counts = (Int(record?.pings ?? 0), Int(record?.pongs ?? 0))
            if counts.0 == pings, counts.1 == flow.pongs ?? counts.1 {
                total.equal += 1
            } else {
                total.complaints.append(
                    "\(capture.file) \(flow.client): \(counts), truth (\(pings), \(flow.pongs ?? -1))")
            }
        }
        var allowed: [String] = []
        for violation in capture.violations {
            total.expected += 1
            let rows = Self.rows["\(violation.requirement)/\(violation.party)"] ?? []
            allowed += rows
            let isFound = list.findings.contains { finding in
                guard let id = finding.requirement?.text, [.fail, .warn, .info].contains(finding.verdict) else {
                    return false
                }
                return rows.contains { id.hasPrefix($0) }
            }
            if isFound { total.found += 1 } else { total.complaints.append("\(capture.file): \(violation) not found") }
        }
        for finding in list.findings where finding.verdict == .fail {
            let id = finding.requirement?.text ?? ""
            guard !allowed.contains(where: { id.hasPrefix($0) }) else { continue }
            total.complaints.append("\(capture.file): \(id) \(finding.message)")
        }
    }

    /// What waits for a decoder: no violation may be claimed for what was not read, and the report must say what that is.
    private func checkDeferred(_ capture: Capture, _ path: String) throws {
        let (_, list, notAnalyzed) = try judge(path)
        let expected = capture.violations.flatMap { Self.rows["\($0.requirement)/\($0.party)"] ?? [] }
        for finding in list.findings where finding.verdict == .fail {
            let id = finding.requirement?.text ?? ""
            #expect(expected.contains { id.hasPrefix($0) }, "\(capture.file): \(id) \(finding.message)")
        }
        #expect(!notAnalyzed.isEmpty, "\(capture.file) is silent about what it could not read")
    }
}
