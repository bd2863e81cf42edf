import Testing

@testable import OutboundKit

/// The page as text: well-formed, harmless, complete, bounded. How it looks is for eyes; that a browser agrees is tested
/// with the program.
@Suite struct HTMLReportTests {
    private func page(_ sink: AuditSink, flow: FlowID? = nil) -> String {
        HTMLReport(SampleAudit.report(sink, flow: flow), SampleAudit.run, timelines: sink.timelines).text
    }

    @Test func isWellFormedAndHarmless() throws {
        let text = page(try SampleAudit.sink(hostile: true))
        try HTMLCheck.balanced(text)
        HTMLCheck.isHarmless(text)
        #expect(text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
        // The file's name, too, comes from outside.
        #expect(text.contains("a&lt;b&gt;.pcap"))
    }

    /// Nothing is loaded from elsewhere: no address of any kind in an attribute that loads.
    @Test func isSelfContained() throws {
        let text = page(try SampleAudit.sink(hostile: true))
        for word in [
            "src=", "url(", "@import", "http://", "https://", "<link", "<img", "<iframe", " style=\"", " onclick",
        ] {
            let found = text.ranges(of: word).filter { range in
                // The hostile name may say so as text.
                !text[..<range.lowerBound].hasSuffix("&lt;img ")
            }
            #expect(found.isEmpty, "\(word)")
        }
        #expect(text.contains("default-src 'none'"))
    }

    @Test func policyNamesTheScriptAndTheStyle() throws {
        let text = page(try SampleAudit.sink())
        for (tag, directive) in [("script", "script-src"), ("style", "style-src")] {
            let start = try #require(text.firstRange(of: "<\(tag)>")).upperBound
            let end = try #require(text.firstRange(of: "</\(tag)>")).lowerBound
            let hash = Base64.encode(try MessageDigest.sha256.hash(Array(text[start..<end].utf8)))
            #expect(text.contains("\(directive) 'sha256-\(hash)'"))
        }
    }

    @Test func picturesShowWhatHappened() throws {
        let text = page(try SampleAudit.sink())
        #expect(text.ranges(of: "<svg class=\"picture\"").count == 4)
        let ids = text.ranges(of: "aria-labelledby=\"f").count
        #expect(ids == 8)
        for mark in [
            "class=\"register\"", "class=\"registered\"", "class=\"ping\"", "class=\"ping bad\"", "class=\"pong\"",
            "class=\"due\"", "class=\"late\"", "class=\"dead\"", "class=\"fail\"", "failed: no pong in 10 s",
        ] {
            #expect(text.contains(mark), "\(mark)")
        }
    }

    @Test func worstFlowsComeFirstAndTheRestIsCounted() throws {
        var sink = AuditSink(timelines: .allFlows)
        for number in 0..<UInt32(HTMLReport.maximumPictures + 30) {
            let isLate = number % 2 == 1
            var timeline = Timeline.tcp(
                Timeline.registered(timer: 20) + Timeline.pings(isLate ? [17, 60] : [17, 34]))
            timeline.flow = number
            timeline.clientPort = UInt16(40_000 + number)
            try timeline.play(into: &sink)
        }
        sink.finish()
        let text = page(sink)
        #expect(text.ranges(of: "<svg class=\"picture\"").count == HTMLReport.maximumPictures)
        #expect(text.contains("30 flows left out"))
        let table = try #require(text.firstRange(of: "id=\"flows\""))
        let firstRow = try #require(text[table.upperBound...].firstRange(of: "<tr data-verdict=\""))
        #expect(text[firstRow.upperBound...].hasPrefix("fail"))
        // The same fault of many phones is one line.
        #expect(text.contains("<td class=\"number\">40</td>"))
    }

    @Test func oneFlowAlone() throws {
        let text = page(try SampleAudit.sink(), flow: FlowID(1))
        #expect(text.ranges(of: "<section class=\"flow\"").count == 1)
        #expect(text.contains("id=\"f2\"") && !text.contains("id=\"f1\""))
    }

    @Test func withoutTimelinesThereAreNoPictures() throws {
        let sink = try SampleAudit.sink()
        let text = HTMLReport(SampleAudit.report(sink), SampleAudit.run, timelines: nil).text
        #expect(!text.contains("class=\"picture\""))
        try HTMLCheck.balanced(text)
    }

    @Test(arguments: [
        ("a `b` c", "a <code>b</code> c"), ("a `b c", "a `b c"), ("`<i>`", "<code>&lt;i&gt;</code>"), ("", ""),
    ]) func prose(_ text: String, _ html: String) {
        #expect(HTMLPage.prose(text) == html)
    }

    @Test(arguments: [
        (1, "seconds after"), (239, "seconds after"), (3600, "minutes:seconds after"), (86_400, "hours:minutes"),
    ])
    func axis(_ length: Int, _ caption: String) {
        let axis = TimeAxis(from: 0, to: Int64(length) * 1_000_000_000, left: 10, right: 110)
        #expect(axis.caption.hasPrefix(caption))
        #expect((2...12).contains(axis.ticks.count))
        #expect(axis.x(-5) == "10.0" && axis.x(.max) == "110.0")
    }
}

/// Checks of markup that need no browser.
enum HTMLCheck {
    struct Unbalanced: Error {
        let tag: String
    }

    /// Every element that is opened is closed in turn; what has no content is closed by itself or needs no end.
    static func balanced(_ text: String) throws {
        var open: [String] = []
        var rest = text[...]
        while let start = rest.firstIndex(of: "<") {
            rest = rest[start...]
            guard let end = rest.firstIndex(of: ">") else { throw Unbalanced(tag: String(rest.prefix(40))) }
            let tag = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("!") || tag.hasSuffix("/") { continue }
            let name = String(tag.drop { $0 == "/" }.prefix { $0.isLetter || $0.isNumber })
            if tag.hasPrefix("/") {
                guard open.popLast() == name else { throw Unbalanced(tag: String(tag)) }
                continue
            }
            if name == "script" || name == "style" {
                guard let close = rest.firstRange(of: "</\(name)>") else { throw Unbalanced(tag: name) }
                rest = rest[close.upperBound...]
            } else if name != "meta" && name != "input" {
                open.append(name)
            }
        }
        guard open.isEmpty else { throw Unbalanced(tag: open.joined(separator: " ")) }
    }

    /// Nothing of `SampleAudit.hostileName` has become markup.
    static func isHarmless(_ text: String) {
        #expect(!text.contains("<script>alert") && !text.contains("<img") && !text.contains("<b>'"))
        #expect(!text.contains("\u{202E}"))
        #expect(text.ranges(of: "<script>").count <= 1)
    }
}
