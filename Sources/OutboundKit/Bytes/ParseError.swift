/// Why some octets are not what they should be, and where. Equality and branching look at `code`; the text is built
/// only when somebody reads it, so that throwing one costs no more than returning an integer.
public struct ParseError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// The input ended before the rule was complete.
        case truncated
        /// An octet stands where the grammar does not allow it.
        case unexpected
        /// A length field, count or number lies outside its range.
        case outOfRange
        /// A required piece is missing.
        case missing
        /// A piece that may stand once stands more than once, with different values.
        case repeated
        /// A bound of ours was hit; the rule names what there was too much of, in the plural.
        case limit
        /// Something follows where the end should be.
        case trailing
    }

    public let code: Code
    /// With code `limit`, how much of it is taken; 0 where that is not known.
    public let bound: Int32
    /// The octet, from 0, at which the rule failed.
    public let offset: Int
    /// The grammar rule or field, in the document's own name.
    public let rule: StaticString

    @inline(never) public init(_ code: Code, at offset: Int, in rule: StaticString) {
        self.code = code
        bound = 0
        self.offset = offset
        self.rule = rule
    }

    /// A bound was hit.
    /// - Parameters:
    ///   - bound: how much is taken.
    ///   - rule: of what, in the plural: `header fields`.
    @inline(never) public init(overLimit bound: Int, at offset: Int, in rule: StaticString) {
        code = .limit
        self.bound = Int32(clamping: bound)
        self.offset = offset
        self.rule = rule
    }

    /// Whether it is that rule that failed.
    public func isIn(_ rule: StaticString) -> Bool { self.rule.description == rule.description }

    public static func == (left: ParseError, right: ParseError) -> Bool {
        left.code == right.code && left.offset == right.offset
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(code)
        hasher.combine(offset)
    }

    public var description: String {
        let what = bound > 0 ? "more than the limit of \(bound) \(rule)" : "\(phrase) in \(rule)"
        return "\(what) at octet \(offset)"
    }

    private var phrase: String {
        switch code {
        case .truncated: "input ends"
        case .unexpected: "unexpected octet"
        case .outOfRange: "value out of range"
        case .missing: "missing piece"
        case .repeated: "repeated piece"
        case .limit: "limit reached"
        case .trailing: "trailing octets"
        }
    }

    /// The line and column, both from 1, of `offset` in `input`.
    public func position(in input: RawSpan) -> (line: Int, column: Int) {
        var line = 1
        var column = 1
        for index in 0..<min(offset, input.byteCount) {
            if input.octet(index) == ASCII.lf {
                line += 1
                column = 1
            } else {
                column += 1
            }
        }
        return (line, column)
    }
}
