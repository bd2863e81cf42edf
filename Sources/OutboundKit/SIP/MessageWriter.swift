/// Builds a SIP message as octets (RFC 3261 §7): start-line, header fields in the order they are given, Content-Length,
/// body. Long header names, CRLF line ends, no folding.
///
/// What the caller passes is ours, not a peer's: a line break in it would be a second header field, and is a mistake
/// that stops the program. So is what `SIPMessage.text` gives of a folded value: `copy` unfolds it, and typed values are
/// unfolded already.
public struct MessageWriter: Sendable {
    private var octets: [UInt8] = []

    /// `METHOD uri SIP/2.0`.
    public init(request method: String, uri: String) {
        line(method, " ", uri, " SIP/2.0")
    }

    /// `METHOD uri SIP/2.0`.
    public init(request method: SIPMethod, uri: SIPURI) {
        precondition(method != .other, "a request needs a method's name")
        self.init(request: method.text.description, uri: uri.description)
    }

    /// `SIP/2.0 code reason`.
    /// - Parameters:
    ///   - status: 100 to 699.
    ///   - reason: may be a peer's; what a line must not hold becomes a blank.
    public init(status: UInt16, reason: String) {
        precondition((100...699).contains(status), "a status code has three digits")
        line("SIP/2.0 ", String(status), " ", Self.unfolded(reason))
    }

    /// A response with what RFC 3261 §8.2.6.2 has it copy: all Via, From, To, Call-ID and CSeq, as written.
    ///
    /// - Parameter toTag: appended to a To without a tag.
    public init(status: UInt16, reason: String, to request: SIPMessage, toTag: String? = nil) {
        self.init(status: status, reason: reason)
        copy(.via, from: request)
        copy(.from, from: request)
        if let field = request.first(.to) {
            var value = Self.unfolded(request, field.value)
            let to = try? request.nameAddrs(.to).first
            if let toTag, let to, to.parameter("tag") == nil { value.append(text: ";tag=\(toTag)") }
            raw(.to, value)
        }
        copy(.callID, from: request)
        copy(.cseq, from: request)
    }

    public mutating func header(_ name: HeaderName, _ value: String) {
        precondition(name != .other, "a header field needs a name")
        header(name.text.description, value)
    }

    public mutating func header(_ name: HeaderName, _ value: some BinaryInteger) {
        header(name, String(value))
    }

    public mutating func header(_ name: String, _ value: String) {
        precondition(!name.isEmpty && name.utf8.allSatisfy(ASCII.isToken), "a header name is a token")
        line(name, ": ", value)
    }

    /// Copies all fields of that name, value by value as written but unfolded.
    public mutating func copy(_ name: HeaderName, from message: SIPMessage) {
        for field in message.headers where field.name == name {
            copy(field, from: message)
        }
    }

    /// Copies one field of any name, as a proxy does with what it does not know. A compact name becomes the long one.
    public mutating func copy(_ field: HeaderField, from message: SIPMessage) {
        if field.name == .other {
            raw(Array(message.bytes[field.nameText.range]), Self.unfolded(message, field.value))
        } else {
            raw(field.name, Self.unfolded(message, field.value))
        }
    }

    /// Adds Content-Type where there is one, Content-Length and the body; the whole message.
    public consuming func finish(body: [UInt8] = [], contentType: String? = nil) -> [UInt8] {
        if let contentType { header(.contentType, contentType) }
        header(.contentLength, body.count)
        octets.append(ASCII.cr)
        octets.append(ASCII.lf)
        octets.append(contentsOf: body)
        return octets
    }

    private mutating func raw(_ name: HeaderName, _ value: [UInt8]) {
        raw(Array(name.text.description.utf8), value)
    }

    private mutating func raw(_ name: [UInt8], _ value: [UInt8]) {
        octets.append(contentsOf: name)
        octets.append(ASCII.colon)
        octets.append(ASCII.space)
        octets.append(contentsOf: value)
        octets.append(ASCII.cr)
        octets.append(ASCII.lf)
    }

    private mutating func line(_ pieces: String...) {
        for piece in pieces {
            var last: UInt8 = 0
            for octet in piece.utf8 {
                precondition(
                    octet != ASCII.cr && octet != ASCII.lf && (octet != ASCII.nul || last == ASCII.backslash),
                    "no line break may stand in a header field, and no NUL but in a quoted-pair")
                last = octet
            }
            octets.append(text: piece)
        }
        octets.append(ASCII.cr)
        octets.append(ASCII.lf)
    }

    /// `text`, of which pieces came from a peer, as it can stand on one line: each fold as one blank.
    static func unfolded(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == ASCII.cr || $0 == ASCII.lf || $0 == ASCII.nul }) else { return text }
        let octets = Array(text.utf8)
        return unsafe octets.span.bytes.unfolded(0..<octets.count)
    }

    private static func unfolded(_ message: SIPMessage, _ value: ByteSlice) -> [UInt8] {
        unsafe message.bytes.span.bytes.unfoldedOctets(value.range)
    }
}
