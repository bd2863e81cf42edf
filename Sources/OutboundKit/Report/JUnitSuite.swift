/// A `testsuite` of a JUnit report: what belongs to one subject. Its sums, and those of the whole document, are those of
/// its cases.
struct JUnitSuite {
    let name: String
    let cases: [JUnitCase]
    /// Seconds, as text.
    var time = "0"

    private func text(_ run: ReportRun) -> String {
        var text = "  <testsuite name=\"\(MarkupText.escaped(name))\" tests=\"\(cases.count)\" "
        text += "failures=\"\(cases.count(where: \.isFailure))\" errors=\"\(cases.count(where: \.isError))\" "
        text += "skipped=\"\(cases.count(where: \.isSkipped))\" time=\"\(time)\" "
        text += "timestamp=\"\(run.started.description.prefix(19))\">\n"
        for one in cases { text += one.text }
        return text + "  </testsuite>\n"
    }

    static func document(_ suites: [JUnitSuite], _ run: ReportRun) -> [UInt8] {
        let cases = suites.flatMap(\.cases)
        var text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="sipob \(MarkupText.escaped(run.command))" tests="\(cases.count)" \
            failures="\(cases.count(where: \.isFailure))" errors="\(cases.count(where: \.isError))" \
            time="\(DecimalSeconds.text(run.duration, places: 3))">

            """
        for suite in suites { text += suite.text(run) }
        return Array((text + "</testsuites>\n").utf8)
    }
}
