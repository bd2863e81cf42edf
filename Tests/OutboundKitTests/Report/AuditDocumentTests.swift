import Testing

@testable import OutboundKit

/// The report files, each read back by the rules of its own format.
@Suite struct AuditDocumentTests {
    // MARK: JUnit

    @Test func junitHasASuiteASubjectAndACaseAFinding() throws {
        let report = SampleAudit.report(try SampleAudit.sink(hostile: true))
        let root = try XMLTree.parse(JUnitReport(report, SampleAudit.run).octets)
        let suites = root.all("testsuite")
        let cases = root.all("testcase")
        #expect(Set(suites.compactMap { $0.attributes["name"] }) == Set(report.findings.map(\.subject)))
        #expect(cases.count == report.findings.count)
        #expect(root.all("failure").count == report.counts.fail)
        #expect(report.counts.fail > 0)
        let unjudged = report.findings.count { $0.unjudgedReason != nil }
        #expect(root.all("skipped").count == unjudged)
        let top = try #require(root.all("testsuites").first)
        #expect(top.attributes["tests"] == "\(cases.count)" && top.attributes["failures"] == "\(report.counts.fail)")
        for suite in suites {
            // The sums of each suite are those of its cases.
            #expect(suite.attributes["tests"] == "\(suite.all("testcase").count)")
            #expect(suite.attributes["failures"] == "\(suite.all("failure").count)")
            #expect(suite.attributes["skipped"] == "\(suite.all("skipped").count)")
            #expect(suite.attributes["timestamp"] == "2023-11-14T22:13:20")
        }
        for failure in root.all("failure") {
            #expect(failure.text.contains("expected: ") && failure.text.contains("observed: "))
            #expect(failure.attributes["type"] == "fail" && failure.attributes["message"]?.isEmpty == false)
        }
    }

    @Test func strictMakesWarningsFailures() throws {
        let sink = try SampleAudit.sink()
        let lax = SampleAudit.report(sink)
        let strict = SampleAudit.report(sink, strict: true)
        #expect(lax.counts.warn > 0)
        let failures = try XMLTree.parse(JUnitReport(strict, SampleAudit.run).octets).all("failure")
        #expect(failures.count == lax.counts.fail + lax.counts.warn)
        #expect(
            TAPReport(strict, SampleAudit.run).text.split(separator: "\n").count { $0.hasPrefix("not ok") }
                == failures.count)
    }

    // MARK: TAP

    @Test func tapPlanAndPointsAgree() throws {
        let report = SampleAudit.report(try SampleAudit.sink(hostile: true))
        let lines = TAPReport(report, SampleAudit.run).text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0] == "TAP version 14")
        #expect(lines[2] == "1..\(report.findings.count)")
        var number = 0
        var block = false
        for line in lines.dropFirst(3) where !line.isEmpty {
            if line == "  ---" { block = true }
            if block || line.hasPrefix("#") {
                #expect(line.hasPrefix("  ") || line.hasPrefix("#"))
                if line == "  ..." { block = false }
                continue
            }
            number += 1
            #expect(line.hasPrefix("ok \(number) - ") || line.hasPrefix("not ok \(number) - "), "\(line)")
            // One directive at most: any other number sign is escaped.
            let directives = line.replacing("\\\\", with: "").replacing("\\#", with: "").split(separator: "#").count - 1
            #expect(directives == (report.findings[number - 1].unjudgedReason == nil ? 0 : 1))
        }
        #expect(number == report.findings.count && !block)
    }

    @Test func tapEscapes() {
        #expect(TAPReport.escaped("a # SKIP \\ b\nok 2") == "a \\# SKIP \\\\ b ok 2")
    }

    // MARK: CSV

    @Test func csvReadsBackAsOneLineAFinding() throws {
        let report = SampleAudit.report(try SampleAudit.sink(hostile: true))
        let rows = try Self.parseCSV(CSVReport(report).octets)
        #expect(rows[0] == CSVReport.columns)
        #expect(rows.count == report.findings.count + 1)
        for (row, finding) in zip(rows.dropFirst(), report.findings) {
            #expect(row.count == CSVReport.columns.count)
            #expect(row[0] == finding.verdict.word && row[2] == finding.subject && row[11] == finding.message)
        }
    }

    @Test(arguments: [
        ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""), ("a\r\nb", "\"a\r\nb\""),
        ("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("-2", "'-2"), ("+x,y", "\"'+x,y\""), ("", ""),
    ]) func csvCell(_ text: String, _ cell: String) {
        #expect(CSVReport.cell(text) == cell)
    }

    /// RFC 4180 by the letter: CRLF between records, quotes doubled inside quotes and nowhere else.
    private static func parseCSV(_ octets: [UInt8]) throws -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var field: [UInt8] = []
        var index = 0
        var quoted = false
        func text() -> String { String(decoding: field, as: UTF8.self) }
        while index < octets.count {
            let octet = octets[index]
            index += 1
            if quoted {
                guard octet == ASCII.quote else {
                    field.append(octet)
                    continue
                }
                if index < octets.count, octets[index] == ASCII.quote {
                    field.append(octet)
                    index += 1
                } else {
                    quoted = false
                }
            } else if octet == ASCII.quote {
                try #require(field.isEmpty, "a quote inside an unquoted field")
                quoted = true
            } else if octet == ASCII.comma {
                row.append(text())
                field = []
            } else if octet == ASCII.cr {
                try #require(index < octets.count && octets[index] == ASCII.lf)
                index += 1
                rows.append(row + [text()])
                (row, field) = ([], [])
            } else {
                try #require(octet != ASCII.lf, "a bare LF")
                field.append(octet)
            }
        }
        try #require(!quoted && row.isEmpty && field.isEmpty)
        return rows
    }

    // MARK: Markdown

    @Test func markdownTableIsWholeAndWorstFirst() throws {
        let report = SampleAudit.report(try SampleAudit.sink(hostile: true))
        let lines = MarkdownReport(report, SampleAudit.run).text.split(separator: "\n").map(String.init)
        let table = lines.filter { $0.hasPrefix("|") }
        #expect(table.count == report.ledger.flows.count + 2)
        for line in table {
            let bars = line.replacing("\\\\", with: "").replacing("\\|", with: "").count { $0 == "|" }
            #expect(bars == FlowRow.titles.count + 1, "\(line)")
        }
        #expect(table[2].contains("fail") && !table[table.count - 1].contains("fail"))
        #expect(!lines.contains { $0.contains("<script>") })
        #expect(lines.contains { $0.hasPrefix("- **fail** OB-FT-004") })
    }

    @Test func markdownEscapes() {
        #expect(MarkdownReport.escaped("a|b <i>*x*\n# y") == "a\\|b \\<i\\>\\*x\\* \\# y")
    }

    // MARK: All

    @Test func documentsOfNothing() throws {
        var sink = AuditSink(timelines: .allFlows)
        sink.finish()
        let report = SampleAudit.report(sink)
        #expect(try XMLTree.parse(JUnitReport(report, SampleAudit.run).octets).all("testcase").isEmpty)
        #expect(TAPReport(report, SampleAudit.run).text.contains("1..0"))
        #expect(CSVReport(report).text.hasSuffix("advice\r\n"))
        #expect(MarkdownReport(report, SampleAudit.run).text.contains("0 flows"))
        #expect(HTMLReport(report, SampleAudit.run, timelines: sink.timelines).text.contains("No SIP flow"))
    }

    @Test(arguments: [
        ("a&b", "a&amp;b"), ("<>\"'", "&lt;&gt;&quot;&#39;"), ("tab\tand\u{0}nul", "tab\tand\u{FFFD}nul"),
        ("\u{202E}fdp.exe", "\u{FFFD}fdp.exe"), ("\u{9B}31m\u{1B}[", "\u{FFFD}31m\u{FFFD}["), ("Zoë 電話", "Zoë 電話"),
    ]) func markupText(_ text: String, _ escaped: String) {
        #expect(MarkupText.escaped(text) == escaped)
    }

    @Test func passesLeaveRoomForTheRest() {
        var list = FindingList(keeping: .all)
        for _ in 0..<FindingList.maximum { list.pass("OB-KA-001", FlowID(1), "fine") }
        list.add(.warn("OB-KA-003", subject: "f1", message: "late", evidence: []))
        #expect(list.findings.last?.verdict == .warn)
        #expect(list.counts.pass == FindingList.maximum && list.dropped == 0)
        #expect(list.unlistedPasses == FindingList.maximum - FindingList.maximumPasses)
    }

    /// What a peer wrote reaches no terminal as commands: in the table, beside findings, and in a flow told in full.
    @Test func controlsDoNotReachTheTerminal() throws {
        let esc = "\u{1B}[31m"
        var sink = AuditSink(timelines: .allFlows)
        let client = TransportAddress(ip: IPAddress(v4: 0xC000_0209), port: 4000)
        let opening = FlowEvent.Opening(transport: .tcp, client: client, server: client, kind: .handshake)
        let common = """
            Via: SIP/2.0/TCP a;branch=z9hG4bKh
            From: <sip:a@b>;tag=1
            To: <sip:a@b>
            Call-ID: h
            CSeq: 1 REGISTER
            User-Agent: ev\(esc)il
            Contact: <sip:a@192.0.2.9:4000>;reg-id=1;+sip.instance="<urn:\(esc)>"
            Require: outbound
            Supported: outbound, path
            Content-Length: 0\n\n
            """
        let whats: [(FlowEvent.What, FlowEvent.Direction)] = [
            (.open(opening), .fromClient), (.sip(try parsed("REGISTER sip:b SIP/2.0\n" + common)), .fromClient),
            (.sip(try parsed("SIP/2.0 200 OK\n" + common)), .fromServer),
        ]
        for (index, (what, direction)) in whats.enumerated() {
            sink.observe(
                FlowEvent(
                    flow: FlowID(0), time: Timestamp(seconds: Double(index)), frame: 1, direction: direction, what: what
                ))
        }
        sink.finish()
        let report = SampleAudit.report(sink)
        var options = AuditText.Options()
        options.isVerbose = true
        for timelines in [nil, sink.timelines] {
            var text: [UInt8] = []
            AuditText(report, options, timelines: timelines).write { text += $0 }
            #expect(!text.contains(0x1B) && String(decoding: text, as: UTF8.self).contains("ev"))
        }
    }
}
