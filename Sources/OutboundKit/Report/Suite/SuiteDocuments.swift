/// The suite for build servers: a `testsuite` a group, a `testcase` a case, with its time. What could not be judged is
/// `skipped` with the reason, so that a green build never hides it.
public struct SuiteJUnit: AuditDocument {
    private let report: SuiteReport
    private let run: ReportRun

    public init(_ report: SuiteReport, _ run: ReportRun) {
        self.report = report
        self.run = run
    }

    public func write(to write: ([UInt8]) -> Void) {
        let results = report.outcome.results
        var text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="sipob \(escaped(run.command))" tests="\(results.count)" \
            failures="\(report.violations.count)" errors="0" time="\(DecimalSeconds.text(run.duration, places: 3))">

            """
        for (group, results) in report.groups {
            let nanoseconds = results.reduce(0) { $0 + $1.duration.inNanoseconds }
            text += """
                  <testsuite name="\(escaped(group.title))" tests="\(results.count)" \
                failures="\(results.count(where: report.isViolation))" errors="0" \
                skipped="\(results.count { $0.reason != nil })" time="\(DecimalSeconds.text(nanoseconds, places: 3))" \
                timestamp="\(run.started.description.prefix(19))">

                """
            for result in results { text += element(result) }
            text += "  </testsuite>\n"
        }
        write(Array((text + "</testsuites>\n").utf8))
    }

    private func element(_ result: CaseResult) -> String {
        let head = """
                <testcase classname="sipob.\(escaped(run.command))" name="\(escaped(result.testCase.id))" \
            time="\(DecimalSeconds.text(result.duration.inNanoseconds, places: 3))"
            """
        let body = escaped(SuiteWords.details(result).joined(separator: "\n"))
        if report.isViolation(result) {
            return head + ">\n      <failure message=\"\(escaped(SuiteWords.headline(result)))\" "
                + "type=\"\(result.verdict.word)\">\(body)</failure>\n    </testcase>\n"
        }
        if let reason = result.reason {
            return head + ">\n      <skipped message=\"\(escaped(reason))\"/>\n    </testcase>\n"
        }
        if result.verdict == .pass { return head + "/>\n" }
        return head + ">\n      <system-out>\(body)</system-out>\n    </testcase>\n"
    }

    private func escaped(_ text: String) -> String { MarkupText.escaped(text) }
}

/// The suite in the Test Anything Protocol, version 14: a test point a case.
public struct SuiteTAP: AuditDocument {
    private let report: SuiteReport
    private let run: ReportRun

    public init(_ report: SuiteReport, _ run: ReportRun) {
        self.report = report
        self.run = run
    }

    public func write(to write: ([UInt8]) -> Void) {
        let results = report.outcome.results
        var text = "TAP version 14\n# sipob \(run.version) \(run.command)\n1..\(results.count)\n"
        for (index, result) in results.enumerated() {
            let words = TAPReport.escaped("\(result.testCase.id) \(result.testCase.title)")
            text += "\(report.isViolation(result) ? "not ok" : "ok") \(index + 1) - \(words)"
            if let reason = result.reason { text += " # SKIP \(TAPReport.escaped(reason))" }
            text += "\n"
            guard result.verdict != .pass, result.reason == nil else { continue }
            for line in SuiteWords.details(result) { text += "# \(MarkupText.singleLine(line))\n" }
        }
        write(Array(text.utf8))
    }
}

/// The suite in Markdown, for tickets and chats.
public struct SuiteMarkdown: AuditDocument {
    private let report: SuiteReport
    private let run: ReportRun

    public init(_ report: SuiteReport, _ run: ReportRun) {
        self.report = report
        self.run = run
    }

    public func write(to write: ([UInt8]) -> Void) {
        func escaped(_ text: String) -> String { MarkdownReport.escaped(text) }
        var text = "# sipob \(escaped(run.command))\n\n"
        text += run.sources.map { "`" + $0.replacing("`", with: "'") + "`" }.joined(separator: ", ")
        text += "\n\n**\(escaped(report.totals))**\n\n"
        for (group, results) in report.groups {
            text += "## \(escaped(group.title))\n\n| verdict | case | what |\n| --- | --- | --- |\n"
            for result in results {
                let reason = result.reason.map { " (\($0))" } ?? ""
                text += "| \(escaped(result.verdict.word + reason)) | \(escaped(result.testCase.id)) | "
                text += "\(escaped(result.testCase.title)) |\n"
            }
            text += "\n"
            for result in results where [.fail, .warn].contains(result.verdict) {
                text += "- **\(escaped(result.testCase.id))**\n"
                for line in SuiteWords.details(result) { text += "  - \(escaped(line))\n" }
            }
            text += "\n"
        }
        write(Array(text.utf8))
    }
}

/// The suite as comma-separated values (RFC 4180): a line a finding.
public struct SuiteCSV: AuditDocument {
    private let report: SuiteReport

    public init(_ report: SuiteReport) { self.report = report }

    public func write(to write: ([UInt8]) -> Void) {
        var text =
            "case,title,case_verdict,duration_s,requirement,section,level,verdict,message,observed,expected,"
            + "diagnosis,advice\r\n"
        for result in report.outcome.results {
            for finding in result.findings {
                let row = finding.requirement.flatMap { RequirementTable[$0] }
                let cells: [String] = [
                    result.testCase.id, result.testCase.title, result.verdict.word,
                    DecimalSeconds.text(result.duration.inNanoseconds, places: 6), finding.requirement?.text ?? "",
                    row?.citation ?? "", row?.levelText ?? "", finding.verdict.word, finding.message,
                    finding.evidence.first?.observed ?? "", finding.evidence.first?.expected ?? "",
                    finding.diagnosis?.text ?? "", finding.advisedAction ?? "",
                ]
                text += cells.map(CSVReport.cell).joined(separator: ",") + "\r\n"
            }
        }
        write(Array(text.utf8))
    }
}

/// The suite as a page: totals, then each group with its cases, the findings behind each.
public struct SuiteHTML: AuditDocument {
    private let report: SuiteReport
    private let run: ReportRun

    public init(_ report: SuiteReport, _ run: ReportRun) {
        self.report = report
        self.run = run
    }

    public func write(to write: ([UInt8]) -> Void) {
        let counts = report.outcome.counts
        var text = HTMLPage.head(title: "sipob \(run.command): \(run.sources.joined(separator: ", "))")
        let bad = report.violations.count
        let headline = bad == 0 ? "No case failed" : bad == 1 ? "One case failed" : "\(bad) cases failed"
        text += "<header><h1>\(headline)</h1>\n<p class=\"soft\">sipob \(MarkupText.escaped(run.version)) "
        text += "\(MarkupText.escaped(run.command)) of \(MarkupText.escaped(run.sources.joined(separator: ", "))), "
        text += "\(run.started)</p></header>\n<ul class=\"cards\">\n"
        for (word, count) in [
            ("fail", counts.fail), ("warn", counts.warn), ("unknown", counts.unknown), ("info", counts.info),
            ("skipped", counts.skipped), ("pass", counts.pass),
        ] {
            text += "<li class=\"\(count > 0 ? word : "")\"><b>\(count)</b>\(word)</li>\n"
        }
        text += "</ul>\n"
        for (group, results) in report.groups {
            text += "<section><h2>\(MarkupText.escaped(group.title))</h2><div class=\"wide\"><table>\n"
            text += HTMLPage.heads(["verdict", "case", "what", "time"])
            text += "<tbody>\n"
            for result in results { text += row(result) }
            text += "</tbody></table></div></section>\n"
        }
        write(Array((text + HTMLPage.foot).utf8))
    }

    private func row(_ result: CaseResult) -> String {
        let milliseconds = DecimalSeconds.text(result.duration.inNanoseconds, places: 3)
        var text =
            "<tr id=\"\(MarkupText.escaped(result.testCase.id))\"><td>\(HTMLPage.badge(result.verdict.word))</td>"
        text += "<td class=\"tight mono\">\(MarkupText.escaped(result.testCase.id))</td>"
        text += "<td>\(HTMLPage.prose(result.testCase.title))"
        if result.verdict == .pass {
            let ids = result.testCase.requirements.map(\.text).joined(separator: ", ")
            text += " <span class=\"soft\">\(MarkupText.escaped(ids))</span>"
        } else {
            for line in SuiteWords.details(result) { text += "<p class=\"soft\">\(HTMLPage.prose(line))</p>" }
        }
        return text + "</td><td class=\"number\">\(milliseconds) s</td></tr>\n"
    }
}

/// One result in words.
public enum SuiteWords {
    /// The findings that made the verdict.
    public static func decisive(_ result: CaseResult) -> [Finding] {
        result.findings.filter { $0.verdict.rank <= max(result.verdict.rank, 1) && $0.verdict != .pass }
    }

    public static func headline(_ result: CaseResult) -> String {
        decisive(result).first?.message ?? result.testCase.title
    }

    /// Requirement, what was seen and expected, what to do; line by line.
    public static func details(_ result: CaseResult) -> [String] {
        decisive(result).flatMap { finding -> [String] in
            let row = finding.requirement.flatMap { RequirementTable[$0] }
            var head = "\(finding.verdictWords): \(finding.message)"
            if let row { head += " [\(row.id), \(row.citation), \(row.levelText)]" }
            var lines = [head]
            for evidence in finding.evidence {
                lines.append("observed: " + evidence.observed)
                if let expected = evidence.expected { lines.append("expected: " + expected) }
            }
            if let advice = finding.advisedAction {
                lines.append("what to do\(finding.diagnosis.map { " (\($0))" } ?? ""): " + advice)
            }
            return lines
        }
    }
}
