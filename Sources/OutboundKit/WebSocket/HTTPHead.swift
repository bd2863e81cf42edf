/// The head of an HTTP/1.1 message: a start-line and header fields, as much of HTTP as the opening handshake of
/// WebSocket needs (RFC 9112 §2.1, RFC 6455 §4).
public struct HTTPHead: Sendable, Hashable {
    public let startLine: String
    /// Names in lower case, values without the blanks around them, in the order of the message.
    let fields: [Field]

    struct Field: Sendable, Hashable {
        let name: String
        let value: String
    }

    /// The value of the field; several are joined by commas (RFC 9110 §5.3).
    /// - Parameter name: in lower case.
    public func value(_ name: String) -> String? {
        let values = fields.filter { $0.name == name }.map(\.value)
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    /// The members of a comma-separated list, without blanks and empty ones.
    func list(_ name: String) -> [String] {
        (value(name) ?? "").split(separator: ",").map(HTTPHead.trimmed).filter { !$0.isEmpty }
    }

    /// The names of the extensions of a handshake, in lower case (RFC 6455 §9.1). What a quoted parameter is cut into at its
    /// commas is no name.
    var extensions: [String] {
        list("sec-websocket-extensions").compactMap { member in
            let name = HTTPHead.trimmed(member.prefix { $0 != ";" }).lowercased()
            return !name.isEmpty && name.utf8.allSatisfy(ASCII.isToken) ? name : nil
        }
    }

    /// A response that another one follows: 1xx, but for the 101 that ends HTTP (RFC 9110 §15.2).
    var isInterim: Bool {
        let parts = startLine.split(separator: " ")
        return parts.count > 1 && parts[0].hasPrefix("HTTP/1.") && parts[1].utf8.count == 3 && parts[1].first == "1"
            && parts[1] != "101"
    }

    static func trimmed(_ text: some StringProtocol) -> String {
        let isBlank = { (letter: Character) in letter == " " || letter == "\t" }
        let rest = text.drop(while: isBlank)
        return String(rest[..<(rest.lastIndex { !isBlank($0) }.map { rest.index(after: $0) } ?? rest.startIndex)])
    }
}

/// Gathers the octets of a head up to its blank line, and no octet beyond.
struct HTTPHeadReader: Sendable {
    private let limits: WebSocketLimits
    private let unfolds: Bool
    private var buffer: [UInt8] = []
    /// Octets of CRLFCRLF that stand at the end of the buffer.
    private var matched = 0

    /// - Parameter unfolds: a client has to read folded lines, a server may refuse them (RFC 9112 §5.2).
    init(limits: WebSocketLimits, unfolds: Bool) {
        self.limits = limits
        self.unfolds = unfolds
    }

    /// Takes octets up to the end of the head.
    /// - Parameter skipsInterim: responses that another one follows are passed over.
    /// - Returns: how many were taken, and the head when it is whole.
    /// - Throws: `limit` when it is too long, `unexpected` for what is no head of HTTP.
    mutating func receive(_ bytes: RawSpan, skipsInterim: Bool) throws(ParseError) -> (taken: Int, head: HTTPHead?) {
        for offset in 0..<bytes.byteCount {
            let octet = bytes.octet(offset)
            guard buffer.count < limits.headOctets else {
                throw ParseError(overLimit: limits.headOctets, at: buffer.count, in: "HTTP header octets")
            }
            // What is no text at all need not be waited for: TLS, STUN, or a frame where a handshake should be.
            guard octet >= ASCII.space || octet == ASCII.cr || octet == ASCII.lf || octet == ASCII.tab else {
                throw ParseError(.unexpected, at: buffer.count, in: "HTTP header")
            }
            buffer.append(octet)
            let expected = matched % 2 == 0 ? ASCII.cr : ASCII.lf
            matched = octet == expected ? matched + 1 : octet == ASCII.cr ? 1 : 0
            guard matched == 4 else { continue }
            let head = try parse()
            guard skipsInterim, head.isInterim else { return (offset + 1, head) }
            buffer = []
            matched = 0
        }
        return (bytes.byteCount, nil)
    }

    private func parse() throws(ParseError) -> HTTPHead {
        var lines: [String] = []
        var start = 0
        for index in buffer.indices.dropLast(2) where buffer[index] == ASCII.cr && buffer[index + 1] == ASCII.lf {
            lines.append(String(decoding: buffer[start..<index], as: UTF8.self))
            start = index + 2
            guard lines.count <= limits.headFields + 1 else {
                throw ParseError(overLimit: limits.headFields, at: start, in: "HTTP header fields")
            }
        }
        var fields: [HTTPHead.Field] = []
        for line in lines.dropFirst() {
            // A folded line goes on where the one before it ended, after a blank.
            if unfolds, line.hasPrefix(" ") || line.hasPrefix("\t"), let last = fields.popLast() {
                let value = HTTPHead.trimmed(last.value + " " + HTTPHead.trimmed(line))
                fields.append(HTTPHead.Field(name: last.name, value: value))
                continue
            }
            guard let colon = line.firstIndex(of: ":"), colon > line.startIndex,
                line[..<colon].utf8.allSatisfy(ASCII.isToken)
            else { throw ParseError(.unexpected, at: 0, in: "HTTP header field") }
            fields.append(
                HTTPHead.Field(
                    name: line[..<colon].lowercased(), value: HTTPHead.trimmed(line[line.index(after: colon)...])))
        }
        return HTTPHead(startLine: lines.first ?? "", fields: fields)
    }
}
