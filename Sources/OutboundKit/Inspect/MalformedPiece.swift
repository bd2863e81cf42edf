/// A piece of a message that the grammar does not allow, or that is missing: where, and what should stand there.
public struct MalformedPiece: Sendable, Hashable {
    /// The octet of the message, from 0.
    public let offset: Int
    /// In the message, both from 1. Columns count octets.
    public let line: Int
    public let column: Int
    /// The rule of the grammar, or the header field.
    public let rule: String
    /// What is wrong, in words.
    public let message: String
    /// What stands there: the rest of the line, at most 60 characters; empty at the end of a line.
    public let observed: String
    /// The production in short; nil where there is none to show.
    public let expected: String?
    public let section: String?
    /// A proxy or server reads past it, as this program does; what is not lenient refuses the message.
    public let isTolerated: Bool

    /// - Parameter octets: the message, to which the error's offset refers.
    init(_ error: ParseError, in octets: [UInt8], isTolerated: Bool) {
        let span = unsafe octets.span.bytes
        offset = min(error.offset, octets.count)
        (line, column) = error.position(in: span)
        rule = error.rule.description
        let row = GrammarTable.row(of: error)
        expected = row?.production
        section = row?.section
        self.isTolerated = isTolerated
        observed = Self.rest(octets, from: offset)
        message = Self.words(error)
    }

    private static func words(_ error: ParseError) -> String {
        switch (error.code, error.rule.description) {
        case (.truncated, "message-header"): "the message ends before the empty line that ends its header"
        case (.truncated, "Content-Length"): "the body is shorter than Content-Length says"
        case (.trailing, "Content-Length"): "octets follow the body that Content-Length announces"
        case (.missing, "Content-Length"): "Content-Length has no value"
        case (.repeated, "Content-Length"): "Content-Length stands there more than once"
        case (.unexpected, "CRLF"): "a line ends in LF without CR"
        case (.unexpected, "c-p-expires"):
            "this Contact's expires is no number of seconds: a registrar takes it for 3600"
        case (.unexpected, "delta-seconds"): "expires is a number without quotation marks"
        case (.unexpected, "control character"): "a control character"
        case (.unexpected, "URI character"): "a character that stands in no SIP URI unescaped"
        case (.unexpected, "COMMA"): "a list with an empty place"
        case (.unexpected, "SEMI"): "a semicolon without a parameter"
        case (.missing, "tag"): "From has no tag, which it has had since RFC 3261"
        case (.missing, "branch"): "Via has no branch, which it has had since RFC 3261"
        case (.unexpected, "start-line"): "empty lines stand before the start-line"
        case (.missing, "HCOLON"): "a line without a colon is no header field"
        case (.missing, let rule) where GrammarTable.mandatory.contains(rule):
            "\(rule) is missing, which every message has"
        case (.missing, "Max-Forwards"): "Max-Forwards is missing, which every request has"
        case (.missing, let rule): "\(rule) is missing"
        case (.repeated, "generic-param"), (.repeated, "uri-parameter"): "a parameter stands there more than once"
        case (.repeated, let rule): "\(rule) stands there more than once"
        case (.outOfRange, let rule): "\(rule) is out of its range"
        case (.truncated, "RAQUOT"): "this < is not closed by >"
        case (.truncated, "quoted-string"): "this quotation mark is not closed"
        case (.truncated, let rule): "it ends inside \(rule)"
        case (.trailing, let rule): "something follows \(rule)"
        case (.limit, let rule): "more \(rule) than are read"
        case (.unexpected, let rule): "no valid \(rule)"
        }
    }

    private static func rest(_ octets: [UInt8], from offset: Int) -> String {
        let line = octets[offset...].prefix { $0 != ASCII.cr && $0 != ASCII.lf }.prefix(60)
        return PrintableText.of(String(decoding: line, as: UTF8.self))
    }

    /// All of a message, in the order of its octets, each place once.
    /// - Parameter mayBeCut: fields may have followed: what is missing and refused by nobody is not told.
    static func all(
        of message: SIPMessage, _ failure: ParseError?, withFaults: Bool, mayBeCut: Bool
    ) -> [MalformedPiece] {
        var seen: Set<String> = []
        func piece(_ error: ParseError, _ isTolerated: Bool) -> MalformedPiece? {
            guard seen.insert("\(error.offset) \(error.code)").inserted else { return nil }
            return MalformedPiece(error, in: message.bytes, isTolerated: isTolerated)
        }
        let first = failure.flatMap { piece($0, false) }.map { [$0] } ?? []
        let unrefused = withFaults ? message.repeatedParameters() + message.malformedOptionTags() : []
        let faults = ((withFaults ? message.faults() : []) + unrefused).compactMap { piece($0, false) }
        let lapses = withFaults ? message.lapses().filter { !mayBeCut || $0.code != .missing } : []
        let rest = (message.defects + lapses).compactMap { piece($0, failure == nil) }
        return (first + faults + rest).sorted { ($0.offset, $0.rule) < ($1.offset, $1.rule) }
    }
}
