import Testing

@testable import OutboundKit

/// Expressions of `#!ifexp` and `#!defexp`. The results are those of Kamailio's own code (release 6.1's `snexpr.h`, run by
/// itself), since no release in Debian has it.
@Suite struct DefineExpressionTests {
    struct Row: CustomTestStringConvertible {
        let text: String
        /// `7` a number, `'x` a string; `refused` and `unknown`.
        let result: String
        var testDescription: String { text }

        init(_ text: String, _ result: String) {
            self.text = text
            self.result = result
        }
    }

    private static func names(_ name: String) -> DefineExpression.Value? {
        switch name {
        case "N": .text(Array("5".utf8))
        case "ADDR": .text(Array("127.0.0.1".utf8))
        case "A": .number(1)
        case "ONLY": nil
        default: .number(0)
        }
    }

    private func result(_ text: String) -> String {
        do throws(DefineExpression.Failure) {
            switch try DefineExpression.compute(Array(text.utf8), names: Self.names) {
            case .number(let number): return "\(Double(number))".replacing(/\.0$/, with: "")
            case .text(let text): return "'" + String(decoding: text, as: UTF8.self)
            }
        } catch {
            if case .refused = error { return "refused" }
            return "unknown"
        }
    }

    private static let arithmetic: [Row] = [
        Row("1 + N", "6"), Row("N + 1", "'51"), Row("10 > 9", "1"), Row("-1 - 2", "-3"), Row("2 ** 3 ** 2", "512"),
        Row("-2 ** 2", "4"), Row("7 % 4", "3"), Row("1 << 4 | 1", "17"), Row("(1 + 2) * 3", "9"), Row("^0", "-1"),
        Row("2--1", "3"), Row("3-1", "2"), Row("16777217 + 0", "16777216"), Row("1 < 2 < 3", "1"), Row("--1", "1"),
        Row("1.25 + 1", "2.25"), Row("0.1 + 0.2 == 0.3", "1"), Row("5 - 7", "-2"), Row("1/4", "0.25"), Row("", "0"),
        Row("# x", "0"), Row("1 # x", "1"), Row("6 ^ 3 | 1", "5"), Row("1 + 2 * 3 - 4", "3"),
    ]

    private static let words: [Row] = [
        Row("N == 5", "1"), Row("N > 3", "1"), Row("N > 10", "1"), Row("A + B", "1"), Row("!A", "0"), Row("!U", "1"),
        Row("A && U", "0"), Row("A || U", "1"), Row("!U && !U", "1"), Row("!!A", "1"), Row("A-1", "0"), Row("~A", "0"),
        Row("\"sip:\" + ADDR + \":5060\"", "'sip:127.0.0.1:5060"), Row("\"x\" + 2", "'x2"),
        Row("\"5\" + 3 == \"53\"", "1"), Row("5 == \"5\"", "1"), Row("'a' == \"a\"", "1"), Row("\"a\" < \"b\"", "1"),
        Row("U != \"\"", "1"), Row("U == \"\"", "0"), Row("A != \"\"", "1"), Row("U == \"abc\"", "0"),
        Row("U >= \"abc\"", "0"), Row("U != \"1.2.3\"", "1"), Row("U == \"0\"", "1"), Row("N != \"\"", "1"),
        Row("N==5", "1"), Row("N==\"5\"", "1"), Row("\"a\\n\\\"b\"", "'a\n\"b"), Row("-  1", "-1"),
    ]

    private static let failures: [Row] = [
        Row("N * 2 + 1", "refused"), Row("- 1", "refused"), Row("!N", "refused"), Row("1 2", "refused"),
        Row("1 +", "refused"), Row("\"abc", "refused"), Row("1.2.3", "refused"), Row("N-1", "refused"),
        Row("1 ? 2", "refused"), Row("0x10", "refused"), Row("1 + (2", "refused"), Row("1 / 0", "refused"),
        Row("1 = = 2", "refused"), Row("A && N", "unknown"), Row("1.5 + \"x\"", "unknown"), Row("f(1)", "unknown"),
        Row("()", "unknown"), Row("B = 2", "unknown"), Row("1, 2", "unknown"), Row("ONLY == 1", "unknown"),
        Row("1 << 40", "unknown"), Row("\"x\" + 1.5", "unknown"), Row("9999999999 & 1", "unknown"),
    ]

    @Test(arguments: arithmetic + words + failures) func asKamailioComputes(_ row: Row) {
        #expect(result(row.text) == row.result)
    }

    @Test func definitionsAreWholeNumbers() throws {
        for (number, text) in [(14, "14"), (0.9, "0"), (-2, "18446744073709551614")] as [(Float, String)] {
            #expect(try DefineExpression.definition(.number(number)) == Array(text.utf8))
        }
        #expect(throws: DefineExpression.Failure.self) { try DefineExpression.definition(.number(.infinity)) }
    }

    @Test func depthIsBounded() {
        for text in [
            String(repeating: "(", count: 2000), String(repeating: "-", count: 4000) + "1",
            String(repeating: "1**", count: 1000) + "1", String(repeating: "1", count: 5000),
        ] {
            #expect(["unknown", "refused"].contains(result(text)))
        }
    }
}
