import Testing

@testable import OutboundKit

/// What is shown, what counts, and what was known before.
@Suite struct AuditFilterTests {
    private func report(_ sink: AuditSink, _ filter: AuditFilter, strict: Bool = false) -> AuditReport {
        AuditReport(
            ledger: sink.ledger, findings: Judge().judge(sink.ledger, keeping: .all), notAnalyzed: [], packets: 1,
            filter: filter, strict: strict)
    }

    private func document(_ report: AuditReport) -> [UInt8] { AuditJSON.Document(report, SampleAudit.run).octets }

    private func baseline(_ octets: [UInt8]) throws -> Baseline {
        var rest = octets[...]
        return try Baseline {
            defer { rest = rest.dropFirst(1000) }
            return Array(rest.prefix(1000))
        }
    }

    /// The sample's flows as another night would show them: other ports, other flow numbers.
    private static func anotherNight() throws -> AuditSink {
        let timelines = SampleAudit.timelines.enumerated().map { index, timeline in
            var other = timeline
            other.flow = UInt32(index + 20)
            other.clientPort = UInt16(50_000 + index)
            return other
        }
        return try SampleAudit.sink(timelines)
    }

    @Test func whatIsKnownDoesNotCountOnAnotherNight() throws {
        let first = report(try SampleAudit.sink(), AuditFilter())
        #expect(first.exitCode == 1)
        var filter = AuditFilter()
        filter.baseline = try baseline(document(first))
        let second = report(try Self.anotherNight(), filter, strict: true)
        #expect(second.exitCode == 0 && second.counts.fail == 0 && second.counts.warn == 0)
        #expect(second.setAside.known.fail == first.counts.fail && second.setAside.known.warn == first.counts.warn)
        #expect(second.findings.allSatisfy { $0.verdict.rank > 3 })
        #expect(second.counts.pass == first.counts.pass)
        #expect(second.flowsWorstFirst().allSatisfy { second.standing($0) == .ok })
        let text = AuditText(second).octets
        #expect(String(decoding: text, as: UTF8.self).contains("\(second.setAside.known.total) known"))
    }

    @Test func whatIsNewCounts() throws {
        let good = report(try SampleAudit.sink([SampleAudit.timelines[0]]), AuditFilter())
        var filter = AuditFilter()
        filter.baseline = try baseline(document(good))
        let all = report(try SampleAudit.sink(), filter)
        let unfiltered = report(try SampleAudit.sink(), AuditFilter())
        #expect(all.exitCode == 1 && all.counts.fail == unfiltered.counts.fail)
    }

    /// A warning that has become a violation is news; a violation that has become a warning is not.
    @Test func whatBecameWorseIsNew() throws {
        let id = "OB-FT-004"
        func document(_ verdict: String) -> [UInt8] {
            Array(
                """
                {"schema": "sipob/1", "findings": [{"verdict": "\(verdict)", "fingerprint": "\(id) tcp x"}]}
                """.utf8)
        }
        let warned = try baseline(document("warn"))
        #expect(warned.knows("\(id) tcp x", .warn) && warned.knows("\(id) tcp x", .info))
        #expect(!warned.knows("\(id) tcp x", .fail) && !warned.knows("\(id) tcp y", .warn))
        let passed = try baseline(document("pass"))
        #expect(!passed.knows("\(id) tcp x", .info))
    }

    @Test(arguments: [
        "", "{}", "[]", "no", #"{"schema": "sipob/1"}"#, #"{"schema": "x", "findings": []}"#,
        #"{"schema": "sipob/1", "findings": [{"verdict": "fail"}]}"#, #"{"schema": "sipob/1", "findings": [{}"#,
        #"{"schema": "sipob/1", "findings": {}}"#,
    ]) func whatIsNoReportIsRefused(_ text: String) {
        #expect(throws: ParseError.self) { try baseline(Array(text.utf8)) }
    }

    // MARK: Suppressions

    @Test func suppressionsByRequirementAndPhone() throws {
        let sink = try SampleAudit.sink(hostile: true)
        let all = report(sink, AuditFilter())
        func without(_ texts: [String]) throws -> AuditReport {
            var filter = AuditFilter()
            filter.suppressions = try texts.map { try Suppression(parsing: $0, origin: "test") }
            return report(sink, filter)
        }
        let none = try without(["OB-*"])
        #expect(none.exitCode == 0 && none.counts.fail == 0 && none.setAside.suppressed.fail == all.counts.fail)
        let late = all.findings.filter { $0.requirement == "OB-FT-004" && $0.verdict == .fail }
        #expect(late.count > 1)
        let one = try without(["OB-FT-004=192.0.2.9"])
        #expect(one.setAside.suppressed.total == 1 && one.setAside.unused.isEmpty)
        #expect(!one.findings.contains { $0.subject == "f78" && $0.requirement == "OB-FT-004" && $0.verdict == .fail })
        let unused = try without(["OB-FT-004=sip:nobody@*", "OB-FT-004"])
        #expect(unused.setAside.unused.map(\.description) == ["OB-FT-004=sip:nobody@*"])
        // The fingerprint, as it stands in a report, points at its own finding.
        let identity = FindingIdentity(sink.ledger)
        let exact = try without(["OB-FT-004=\(identity.subject(late[0].subject))"])
        #expect(exact.setAside.suppressed.fail >= 1)
    }

    /// By the cause that a finding names, which is what its reader sees of it besides the requirement.
    @Test func suppressionsByCause() throws {
        let sink = try SampleAudit.sink(hostile: true)
        let all = report(sink, AuditFilter())
        let cause = try #require(
            all.findings.first { $0.requirement != nil && $0.diagnosis != nil && $0.verdict == .fail }?.diagnosis)
        let named = all.findings.count { $0.diagnosis == cause && $0.verdict.rank <= Verdict.info.rank }
        var filter = AuditFilter()
        filter.suppressions = [
            try Suppression(parsing: cause.text, origin: "test"), try Suppression(parsing: "DX-TOK-01", origin: "test"),
        ]
        let accepted = report(sink, filter)
        #expect(accepted.setAside.suppressed.total == named)
        #expect(accepted.setAside.unused.map(\.description) == ["DX-TOK-01"])
        #expect(!accepted.findings.contains { $0.diagnosis == cause && $0.verdict.rank <= Verdict.info.rank })
        // Where none of the requirements is judged that it lies behind, it cannot be missed.
        let unused = try Suppression(parsing: "DX-FT-01", origin: "test")
        #expect(unused.concerns(anyIn: RuleSelection(only: ["OB-FT-*"], skip: []), withExchanges: false))
        #expect(!unused.concerns(anyIn: RuleSelection(only: ["OB-WS-*"], skip: []), withExchanges: false))
    }

    /// What never became a flow stays that, whether something is said of it or that is accepted.
    @Test func refusedFlowsAreNotInOrder() throws {
        func flow(_ number: UInt32, _ moments: [(Double, Timeline.Moment)]) -> Timeline {
            Timeline(
                flow: number, transport: .ws, clientPort: UInt16(40_000 + number), agent: "Phone 1", moments: moments)
        }
        let refusal = WebSocketRefusal(.status(403, "Forbidden"), path: "/ws", origin: nil)
        let refused: [(Double, Timeline.Moment)] = [
            (0, .event(.webSocketRefused(refusal), .fromServer)),
            (1, .register(regID: nil, callID: "a1", cseq: 1, expires: nil)),
        ]
        // Of several that are alike the first tells of all.
        let sink = try SampleAudit.sink([flow(0, refused), flow(1, refused)])
        let told = report(sink, AuditFilter())
        #expect([0, 1].map(told.standing) == [.info, .refused])
        var filter = AuditFilter()
        filter.suppressions = [try Suppression(parsing: "*", origin: "test")]
        let accepted = report(sink, filter)
        #expect([0, 1].map(accepted.standing) == [.refused, .refused] && accepted.setAside.suppressed.info > 0)
        let row = FlowRow(FlowSummary(sink.ledger.flows[0], end: sink.ledger.lastTime), .refused)
        #expect(row.verdict == "-")
        for (report, info, refused) in [(told, 1, 1), (accepted, 0, 2)] {
            let agent = try #require(UserAgentTable(report).rows.first)
            #expect(agent.flows == 2 && agent.ok == 0 && agent.info == info && agent.refused == refused)
            #expect(agent.shares.map(\.word) == (info > 0 ? ["info", "refused"] : ["refused"]))
        }
    }

    /// The two sides of a NAT are one phone's flow.
    @Test func copiesAreNoFurtherPhones() throws {
        let sides = [40_000, 41_000].enumerated().map { index, port in
            Timeline(
                flow: UInt32(index), clientPort: UInt16(port), insidePort: 40_000, agent: "Phone 1",
                moments: Timeline.registered())
        }
        let sink = try SampleAudit.sink(sides)
        #expect(sink.ledger.flows.map(\.copyOf) == [nil, FlowID(0)])
        #expect(UserAgentTable(report(sink, AuditFilter())).rows.map(\.flows) == [1])
    }

    @Test func listOfSuppressions() throws {
        let text =
            "# accepted\r\n\r\nOB-FT-004 # all of them\n\t OB-KA-*=sip:a#1@example.com\nOB-KA-003 = alice@*\t# b\n"
        let list = try Suppression.list(text, file: "list")
        #expect(list.map(\.description) == ["OB-FT-004", "OB-KA-*=sip:a#1@example.com", "OB-KA-003=alice@*"])
        #expect(list.map(\.origin) == ["list:3", "list:4", "list:5"])
    }

    @Test(arguments: [
        ("OB-XX-001", 1), ("\n=x", 2), ("OB-FT-004=", 1), ("OB-FT-004\nfoo", 2),
    ]) func badLine(_ text: String, _ line: Int) {
        #expect {
            try Suppression.list(text, file: "list")
        } throws: { error in
            (error as? SuppressionFileProblem)?.line == line
        }
    }

    // MARK: Choice

    @Test func severityHidesAndCountsAllTheSame() throws {
        let sink = try SampleAudit.sink()
        let all = report(sink, AuditFilter())
        for severity in AuditFilter.Severity.allCases {
            var filter = AuditFilter()
            filter.severity = severity
            let some = report(sink, filter)
            #expect(some.findings.allSatisfy { $0.verdict.rank <= severity.rank })
            #expect(some.findings.count == all.findings.count { $0.verdict.rank <= severity.rank })
            #expect(some.counts == all.counts && some.exitCode == all.exitCode)
            #expect(some.flowsWorstFirst() == all.flowsWorstFirst())
        }
    }

    @Test func findingsOfFlowsAndOfOthersAreGrouped() throws {
        let sink = try SampleAudit.sink()
        var list = Judge().judge(sink.ledger, keeping: .all)
        let remark = { (text: String) in
            Finding.warn("OB-KA-003", subject: "the fleet", message: text, evidence: [])
        }
        list.add(remark("one"))
        list.add(remark("two"))
        let report = AuditReport(ledger: sink.ledger, findings: list, notAnalyzed: [], packets: nil)
        var seen: [String: [String]] = [:]
        var count = 0
        FindingGroups(report).forEach { subject, findings in
            #expect(seen[subject] == nil)
            seen[subject] = findings.map(\.message)
            count += findings.count
        }
        #expect(count == report.findings.count)
        #expect(seen["the fleet"] == ["one", "two"])
        for (subject, messages) in seen {
            #expect(messages == report.findings.filter { $0.subject == subject }.map(\.message))
        }
        #expect(AuditText(report).octets.count > 0)
        #expect(String(decoding: AuditText(report).octets, as: UTF8.self).contains("the fleet\n"))
    }
}

extension AuditText {
    var octets: [UInt8] {
        var octets: [UInt8] = []
        write { octets += $0 }
        return octets
    }
}
