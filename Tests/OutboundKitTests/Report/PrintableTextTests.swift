import Testing

@testable import OutboundKit

/// What strangers wrote neither steers a terminal nor turns the text around it.
@Suite struct PrintableTextTests {
    static let bad: [Unicode.Scalar] =
        ["\u{1B}", "\u{0}", "\u{7F}", "\u{9B}", "\u{61C}", "\u{200E}", "\u{200F}"]
        + (0x202A...0x202E).compactMap(Unicode.Scalar.init) + (0x2066...0x2069).compactMap(Unicode.Scalar.init)

    @Test func everyBadOneIsReplaced() {
        for scalar in Self.bad {
            let text = "a\(Character(scalar))b"
            #expect(PrintableText.of(text) == "a\u{FFFD}b", "\(scalar.value)")
            #expect(PrintableText.lines(text + "\nc") == "a\u{FFFD}b\nc")
            #expect(CSVReport.cell(text) == "a\u{FFFD}b")
            #expect(MarkupText.escaped(text) == "a\u{FFFD}b" && MarkupText.singleLine(text) == "a\u{FFFD}b")
        }
        #expect(PrintableText.of("Zoë 東京 🙂 שלום") == "Zoë 東京 🙂 שלום")
        #expect(PrintableText.of("a\nb") == "a\u{FFFD}b")
        #expect(CSVReport.cell("a\r\nb\tc") == "\"a\r\nb\tc\"")
    }
}
