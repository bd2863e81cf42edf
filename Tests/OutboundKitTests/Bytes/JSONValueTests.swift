import Foundation
import Testing

@testable import OutboundKit

@Suite struct JSONValueTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let text: String
        let value: JSONValue
        var testDescription: String { text }
        init(_ text: String, _ value: JSONValue) { (self.text, self.value) = (text, value) }
    }

    static let rows: [Row] = [
        Row("null", .null), Row(" true\r\n", .bool(true)), Row("false", .bool(false)),
        Row("-0.5e+3", .number("-0.5e+3")), Row("9223372036854775807", .number("9223372036854775807")),
        Row(#""""#, .string("")), Row(#""a\"\\\/\b\f\n\r\t\u0041\ud83d\udcde""#, .string("a\"\\/\u{8}\u{C}\n\r\tA📞")),
        Row(#""\ud83d""#, .string("\u{FFFD}")), Row("[]", .array([])), Row("{}", .object([:])),
        Row(#"[1 , {"a":[ ]}]"#, .array([.number("1"), .object(["a": .array([])])])),
    ]

    @Test(arguments: Self.rows) func reads(_ row: Row) throws {
        #expect(try JSONValue.parse(Array(row.text.utf8)) == row.value)
        // Cut anywhere, it is something else or an error, never a crash.
        for end in 0..<row.text.utf8.count { _ = try? JSONValue.parse(Array(row.text.utf8.prefix(end))) }
    }

    @Test(arguments: [
        "", " ", "nul", "tru", "+1", "01", "1.", ".5", "1e", "--1", "\"", "\"\n\"", #""\x""#, #""\u12""#, "[1,]",
        "[1 2]", "{a:1}",
        #"{"a"}"#, #"{"a":1,}"#, #"{"a":1,"a":2}"#, "1 2", "]", "{", "[",
    ])
    func refuses(_ text: String) {
        #expect(throws: ParseError.self) { try JSONValue.parse(Array(text.utf8)) }
    }

    @Test func nestingIsBounded() throws {
        let deep = Array(String(repeating: "[", count: 100_000).utf8)
        #expect(throws: ParseError(.limit, at: JSONValue.maximumDepth, in: "JSON nesting")) {
            try JSONValue.parse(deep)
        }
    }

    /// What the writer writes, Foundation and the reader read alike.
    @Test func agreesWithFoundation() throws {
        var json = JSONWriter(indented: true)
        json.beginObject()
        json.member("text", "quote \" back \\ \u{1} \u{7F} é 📞")
        json.member("number", Int64.min)
        json.member("nothing", String?.none)
        json.endObject()
        let read = try JSONValue.parse(json.bytes)
        let other = try #require(try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [String: Any])
        #expect(read["text"]?.string == other["text"] as? String)
        #expect(read["number"]?.integer == Int64.min)
        #expect(read["nothing"] == .null)
    }
}
