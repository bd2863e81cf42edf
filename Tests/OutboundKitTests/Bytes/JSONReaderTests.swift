import Testing

@testable import OutboundKit

/// JSON from pieces of any size: what is asked for is found, what is damaged is refused, nothing runs away.
@Suite struct JSONReaderTests {
    /// A reader over `text` in pieces of `size` octets.
    private static func reader(_ text: String, size: Int) -> JSONReader {
        var rest = Array(text.utf8)[...]
        return JSONReader {
            defer { rest = rest.dropFirst(size) }
            return Array(rest.prefix(size))
        }
    }

    /// The strings of an array under `a`, everything else skipped.
    private static func strings(_ text: String, size: Int) throws -> [String?] {
        var json = reader(text, size: size)
        var found: [String?] = []
        try json.beginObject()
        while let key = try json.nextKey() {
            guard key == "a" else {
                try json.skip()
                continue
            }
            try json.beginArray()
            while try json.nextElement() { found.append(try json.string()) }
        }
        try json.end()
        return found
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let text: String
        /// nil where it must be refused.
        let strings: [String?]?
        var testDescription: String { text }
    }

    static let rows: [Row] = [
        Row(text: "{}", strings: []),
        Row(text: " { \"a\" : [ ] } \n", strings: []),
        Row(text: #"{"b":{"a":["no"]},"a":["x","y"]}"#, strings: ["x", "y"]),
        Row(
            text: #"{"a":["\"\\\/\b\f\n\r\t","é\u00e9","\ud83d\ude00"]}"#,
            strings: ["\"\\/\u{8}\u{c}\n\r\t", "éé", "😀"]),
        Row(text: #"{"b":[1,-2.5e+3,true,null,{"c":["}","]","\""]}],"a":["z"]}"#, strings: ["z"]),
        Row(text: #"{"a":["x",1,{"k":"v"},null,"y"]}"#, strings: ["x", nil, nil, nil, "y"]),
        Row(text: #"{"a":["x" "y"]}"#, strings: nil),
        Row(text: #"{"a":["x"]} x"#, strings: nil),
        Row(text: #"{"a":["x"]"#, strings: nil),
        Row(text: #"{"a":["x"#, strings: nil),
        Row(text: #"{"a":["\x"]}"#, strings: nil),
        Row(text: #"{"a":["\u12"]}"#, strings: nil),
        Row(text: #"{"a" ["x"]}"#, strings: nil),
        Row(text: #"{1:2}"#, strings: nil),
        Row(text: #"["a"]"#, strings: nil),
        Row(text: "", strings: nil),
        Row(
            text: "{\"b\":" + String(repeating: "[", count: 100) + String(repeating: "]", count: 100) + "}",
            strings: nil),
        Row(text: "{\"a\":[\"" + String(repeating: "x", count: JSONReader.maximumString + 1) + "\"]}", strings: nil),
    ]

    @Test(arguments: rows) func reads(_ row: Row) throws {
        for size in [1, 3, 1 << 20] {
            if let strings = row.strings {
                #expect(try Self.strings(row.text, size: size) == strings)
            } else {
                #expect(throws: ParseError.self) { try Self.strings(row.text, size: size) }
            }
        }
    }

    /// What our own writer writes is read back, whatever the words are.
    @Test func readsWhatIsWritten() throws {
        let words = ["", "\u{0}\u{1F}\u{7F}", "\"\\/", SampleAudit.hostileName, "Zoë 電話 😀"]
        var json = JSONWriter(indented: true)
        json.beginObject()
        json.key("a")
        json.beginArray()
        for word in words { json.value(word) }
        json.endArray()
        json.endObject()
        #expect(try Self.strings(json.text, size: 5) == words)
    }
}
