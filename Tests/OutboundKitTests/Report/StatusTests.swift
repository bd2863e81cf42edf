import Testing

@testable import OutboundKit

/// The status page and the metrics of an edge.
@Suite struct StatusTests {
    static func snapshot(hostile: Bool = false) throws -> EdgeSnapshot {
        let local = try #require(TransportAddress("127.0.0.1:5060"))
        let remote = try #require(TransportAddress("127.0.0.2:40000"))
        let name = hostile ? SampleAudit.hostileName : "alice"
        var snapshot = EdgeSnapshot(started: Timestamp(seconds: 1000), taken: Timestamp(seconds: 4723.5))
        snapshot.flows = [TransportProtocol.udp, .tcp, .tcp, .wss].enumerated().map { index, transport in
            EdgeSnapshot.FlowLine(
                id: FlowID(UInt32(index)), flow: Flow(transport: transport, local: local, remote: remote),
                isUpstream: index == 2, since: Timestamp(seconds: 1010), lastHeard: Timestamp(seconds: 4720),
                addressesOfRecord: ["sip:\(name)@example.com"], hasOutbound: index == 0, pings: 7, pongs: 6)
        }
        snapshot.bindings = [
            EdgeSnapshot.BindingLine(
                addressOfRecord: "sip:\(name)@example.com", contact: "<sip:\(name)@127.0.0.2>",
                instance: "urn:x:\(name)",
                regID: 1, flow: FlowID(0), registeredSince: Timestamp(seconds: 1010),
                expiresAt: Timestamp(seconds: 5000), userAgent: name)
        ]
        snapshot.counters.registrations = [200: 12, 401: 3, 439: 1]
        snapshot.counters.answers = [200: 2, 403: 4, 430: 5]
        snapshot.counters.crlfPings = 9
        snapshot.counters.crlfPongs = 8
        snapshot.counters.stunRequests = 20
        snapshot.counters.tokensRefused = 4
        snapshot.counters.flowsFailed = 5
        return snapshot
    }

    @Test func metricsAreAnExposition() throws {
        var verdicts = VerdictCounts()
        verdicts.fail = 2
        let text = StatusMetrics(try Self.snapshot(), verdicts: verdicts, version: "0\"1\\\n2").text
        let values = try Exposition.parse(text)
        #expect(values["process_start_time_seconds"] == 1000)
        #expect(values["sipob_build_info{version=0\"1\\\n2}"] == 1)
        #expect(values["sipob_edge_flows{transport=udp}"] == 1)
        #expect(values["sipob_edge_flows{transport=tcp}"] == 1)
        #expect(values["sipob_edge_flows{transport=ws}"] == 0)
        #expect(values["sipob_edge_upstream_flows"] == 1)
        #expect(values["sipob_edge_bindings"] == 1)
        #expect(values["sipob_edge_registrations_total{status=200}"] == 12)
        #expect(values["sipob_edge_answers_total{status=430}"] == 5)
        #expect(values["sipob_edge_pings_total{kind=crlf}"] == 9)
        #expect(values["sipob_edge_pongs_total{kind=crlf}"] == 8)
        #expect(values["sipob_edge_stun_requests_total"] == 20)
        #expect(values["sipob_edge_tokens_refused_total"] == 4)
        #expect(values["sipob_edge_flows_failed_total"] == 5)
        #expect(values["sipob_edge_findings{verdict=fail}"] == 2)
    }

    @Test func withoutJudgementThereAreNoFindings() throws {
        let text = StatusMetrics(try Self.snapshot(), verdicts: nil, version: "1").text
        #expect(!(try Exposition.parse(text)).keys.contains { $0.contains("findings") })
    }

    @Test(arguments: [
        "a 1", "# TYPE a counter\na 1\n# TYPE a counter\na 1\n", "# TYPE a counter\nb 1\n",
        "# TYPE a counter\na{x=1} 1\n", "# TYPE a counter\na{x=\"1\"} 1\na{x=\"1\"} 2\n", "# TYPE a counter\na one\n",
        "# TYPE a counter\na 1", "# TYPE a number\na 1\n", "# TYPE 1a counter\n1a 1\n",
    ]) func parserOfTheTestIsStrict(_ text: String) {
        #expect(throws: (any Error).self) { try Exposition.parse(Array(text.utf8)) }
    }

    @Test func pageNamesWhatIsThere() throws {
        let page = String(decoding: StatusPage(try Self.snapshot(), findings: nil, version: "1").html, as: UTF8.self)
        for text in [
            "up for 1 h 2 min", "<meta http-equiv=\"refresh\" content=\"5\">", "sip:alice@example.com", "3 s ago",
            "(upstream)", "4 min 36 s", "403 for a flow token",
        ] {
            #expect(page.contains(text), "\(text)")
        }
        #expect(!page.contains("<script"))
        try HTMLCheck.balanced(page)
    }

    @Test func pageEscapesAndShowsFindings() throws {
        let report = SampleAudit.report(try SampleAudit.sink(hostile: true))
        let page = String(
            decoding: StatusPage(try Self.snapshot(hostile: true), findings: report, version: "1").html, as: UTF8.self)
        #expect(page.contains("OB-FT-004") && page.contains("&lt;script&gt;"))
        try HTMLCheck.balanced(page)
        HTMLCheck.isHarmless(page)
    }

    @Test(arguments: [
        (0, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (3600, "1 h 0 min"), (90_000, "1 d 1 h"), (-5, "0 s"),
    ])
    func ages(_ seconds: Int, _ words: String) {
        #expect(StatusPage.words(Int64(seconds) * 1_000_000_000) == words)
    }
}

/// The text format of Prometheus, read by the letter: every sample belongs to the family named before it, families come
/// once, label sets are unique.
enum Exposition {
    struct Objection: Error {
        let line: String
    }

    static func parse(_ octets: [UInt8]) throws -> [String: Double] {
        var values: [String: Double] = [:]
        var family = ""
        var families: Set<String> = []
        let text = String(decoding: octets, as: UTF8.self)
        guard text.hasSuffix("\n") else { throw Objection(line: "no line end at the end") }
        for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("# HELP ") { continue }
            if line.hasPrefix("# TYPE ") {
                let words = line.dropFirst(7).split(separator: " ").map(String.init)
                guard words.count == 2, ["counter", "gauge"].contains(words[1]), families.insert(words[0]).inserted,
                    words[0].wholeMatch(of: /[a-zA-Z_:][a-zA-Z0-9_:]*/) != nil,
                    (words[1] == "counter") == words[0].hasSuffix("_total")
                else { throw Objection(line: String(line)) }
                family = words[0]
                continue
            }
            guard let match = line.wholeMatch(of: /([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(.*)\})? (\S+)/), match.1 == family,
                let value = Double(match.4)
            else { throw Objection(line: String(line)) }
            var name = family
            if let labels = match.3 { name += "{" + (try read(labels)) + "}" }
            guard values.updateValue(value, forKey: name) == nil else { throw Objection(line: String(line)) }
        }
        return values
    }

    /// Labels without their quotes and escapes.
    private static func read(_ labels: Substring) throws -> String {
        var rest = labels
        var parts: [String] = []
        while !rest.isEmpty {
            guard let match = rest.prefixMatch(of: /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\n"])*)"(,|$)/) else {
                throw Objection(line: String(labels))
            }
            let value = match.2.replacing("\\\\", with: "\u{1}").replacing("\\n", with: "\n").replacing(
                "\\\"", with: "\""
            )
            .replacing("\u{1}", with: "\\")
            parts.append("\(match.1)=\(value)")
            rest = rest[match.range.upperBound...]
        }
        return parts.joined(separator: ",")
    }
}
