/// CSeq (RFC 3261 §20.16): `1*DIGIT LWS Method`.
public struct CSeq: Hashable, Sendable, CustomStringConvertible {
    /// 0 to 2³¹ − 1 (§8.1.1.5).
    public let number: UInt32
    public let method: SIPMethod
    /// The method as written.
    public let methodText: String

    public init(number: UInt32, method: SIPMethod, methodText: String? = nil) {
        self.number = number
        self.method = method
        self.methodText = methodText ?? method.text.description
    }

    public var description: String { "\(number) \(methodText)" }
}

extension SIPMessage {
    /// The first CSeq; nil without one.
    ///
    /// - Throws: `outOfRange` for a number of 2³¹ or more; offsets count from the message's first octet.
    public func cseq() throws(ParseError) -> CSeq? {
        guard let field = first(.cseq) else { return nil }
        let span = unsafe bytes.span.bytes
        var scanner = ValueScanner(field.value.range)
        let start = scanner.at
        guard let number = scanner.integer(span) else { throw ParseError(.unexpected, at: start, in: "CSeq") }
        guard number < 1 << 31 else { throw ParseError(.outOfRange, at: start, in: "CSeq") }
        let gap = scanner.at
        scanner.skipBlanks(span)
        guard scanner.at > gap else { throw ParseError(.missing, at: gap, in: "CSeq LWS") }
        let method = scanner.token(span)
        guard !method.isEmpty, scanner.isAtEnd else { throw ParseError(.unexpected, at: scanner.at, in: "Method") }
        return CSeq(
            number: UInt32(truncatingIfNeeded: number), method: SIPMethod(span, method),
            methodText: span.string(method))
    }
}
