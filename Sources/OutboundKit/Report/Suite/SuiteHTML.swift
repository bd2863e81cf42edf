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
        let none = report.error == nil ? "No case failed" : "Not carried out"
        let headline = bad == 0 ? none : bad == 1 ? "One case failed" : "\(bad) cases failed"
        text += "<header><h1>\(headline)</h1>\n<p class=\"soft\">sipob \(MarkupText.escaped(run.version)) "
        text += "\(MarkupText.escaped(run.command)) of \(MarkupText.escaped(run.sources.joined(separator: ", "))), "
        text += "\(run.started)</p>"
        if let error = report.error { text += "\n<p>\(MarkupText.escaped(error))</p>" }
        text += "</header>\n<ul class=\"cards\">\n"
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
