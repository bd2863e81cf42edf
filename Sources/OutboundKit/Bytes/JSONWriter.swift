/// Writes JSON (RFC 8259) as bytes, in the order the caller gives, without building a tree: reports of a million flows
/// need no memory for it. Nesting and commas are kept here; the caller opens and closes.
public struct JSONWriter: Sendable {
    public private(set) var bytes: [UInt8] = []
    /// One entry an open container: whether it already holds an element.
    private var nonEmpty: [Bool] = []
    private var afterKey = false
    private let indented: Bool

    /// - Parameter indented: two blanks a level and a line an element; otherwise everything on one line.
    public init(indented: Bool = false) {
        self.indented = indented
    }

    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Hands over what was written so far and goes on with an empty buffer, for streaming.
    public mutating func drain() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    public mutating func beginObject() { open(0x7B) }
    public mutating func endObject() { close(0x7D) }
    public mutating func beginArray() { open(ASCII.openBracket) }
    public mutating func endArray() { close(ASCII.closeBracket) }

    public mutating func key(_ name: String) {
        separate()
        quoted(name)
        bytes.append(ASCII.colon)
        if indented { bytes.append(ASCII.space) }
        afterKey = true
    }

    public mutating func null() { literal("null") }
    public mutating func value(_ flag: Bool) { literal(flag ? "true" : "false") }
    public mutating func value(_ number: some BinaryInteger) { literal(String(number)) }
    public mutating func value(_ string: String) {
        separate()
        quoted(string)
    }

    /// Seconds with a fixed number of decimals, from integer nanoseconds.
    public mutating func seconds(_ nanoseconds: Int64, places: Int = 6) {
        literal(DecimalSeconds.text(nanoseconds, places: places))
    }

    public mutating func member(_ name: String, _ string: String?) {
        key(name)
        if let string { value(string) } else { null() }
    }

    public mutating func member(_ name: String, _ number: (some BinaryInteger)?) {
        key(name)
        if let number { value(number) } else { null() }
    }

    public mutating func member(_ name: String, _ flag: Bool?) {
        key(name)
        if let flag { value(flag) } else { null() }
    }

    public mutating func member(_ name: String, seconds nanoseconds: Int64?, places: Int = 6) {
        key(name)
        if let nanoseconds { seconds(nanoseconds, places: places) } else { null() }
    }

    public mutating func member(_ name: String, _ strings: [String]) {
        key(name)
        beginArray()
        for string in strings { value(string) }
        endArray()
    }

    /// A document that is whole already, as it stands.
    public mutating func value(document: [UInt8]) {
        let start = document.firstIndex { $0 > ASCII.space } ?? document.endIndex
        let end = document.lastIndex { $0 > ASCII.space }.map { $0 + 1 } ?? start
        separate()
        bytes += document[start..<max(start, end)]
    }

    /// A line end after a whole document.
    public mutating func newline() { bytes.append(ASCII.lf) }

    private mutating func literal(_ text: String) {
        separate()
        bytes.append(text: text)
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        nonEmpty.append(false)
    }

    private mutating func close(_ bracket: UInt8) {
        precondition(!nonEmpty.isEmpty && !afterKey, "JSON container closed out of turn")
        if nonEmpty.removeLast() { breakLine() }
        bytes.append(bracket)
    }

    private mutating func separate() {
        if afterKey {
            afterKey = false
            return
        }
        guard let last = nonEmpty.last else { return }
        if last { bytes.append(ASCII.comma) }
        nonEmpty[nonEmpty.count - 1] = true
        breakLine()
    }

    private mutating func breakLine() {
        guard indented else { return }
        bytes.append(ASCII.lf)
        bytes.append(contentsOf: repeatElement(ASCII.space, count: 2 * nonEmpty.count))
    }

    private mutating func quoted(_ string: String) {
        bytes.append(ASCII.quote)
        if string.utf8.contains(where: Self.needsEscape) {
            for octet in string.utf8 { appendEscaped(octet) }
        } else {
            // Nearly all text is copied in one piece.
            bytes.append(text: string)
        }
        bytes.append(ASCII.quote)
    }

    private static func needsEscape(_ octet: UInt8) -> Bool {
        octet < ASCII.space || octet == ASCII.quote || octet == ASCII.backslash || octet == 0x7F
    }

    private mutating func appendEscaped(_ octet: UInt8) {
        switch octet {
        case _ where !Self.needsEscape(octet): bytes.append(octet)
        case ASCII.quote, ASCII.backslash:
            bytes.append(ASCII.backslash)
            bytes.append(octet)
        case ASCII.lf: bytes.append(text: "\\n")
        case ASCII.cr: bytes.append(text: "\\r")
        case ASCII.tab: bytes.append(text: "\\t")
        default: bytes.append(text: "\\u00" + Hex.encode([octet]))
        }
    }
}
