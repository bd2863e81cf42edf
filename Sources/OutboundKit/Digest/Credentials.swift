/// Digest credentials of one Authorization or Proxy-Authorization field (RFC 3261 §20.7; RFC 7616 §3.4).
struct Credentials {
    let username: String
    let realm: String
    let nonce: String
    let uri: String
    let response: [UInt8]
    /// As written; nil means MD5.
    let algorithmName: String?
    /// `qop`, `cnonce` and `nc`; nil without `qop`, as RFC 2069 devices send it.
    let protection: (quality: QualityOfProtection, clientNonce: String, count: UInt32)?
    let clientNonce: String?

    /// - Returns: nil for another scheme than Digest.
    /// - Throws: for what cannot be read.
    init?(_ input: RawSpan, in range: Range<Int>) throws(ParseError) {
        guard range.count <= Challenge.maximumLength else {
            throw ParseError(overLimit: Challenge.maximumLength, at: range.lowerBound, in: "credentials octets")
        }
        var scanner = ParameterScanner(input, in: range)
        guard try scanner.scheme().lowercased() == "digest" else { return nil }
        var values: [String: String] = [:]
        while let (name, value) = try scanner.next() {
            guard values.count < Challenge.maximumParameters else {
                throw ParseError(
                    overLimit: Challenge.maximumParameters, at: scanner.offset, in: "credentials parameters")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw ParseError(.repeated, at: scanner.offset, in: "auth-param")
            }
        }
        guard let username = values["username"], let realm = values["realm"], let nonce = values["nonce"],
            let uri = values["uri"], let response = values["response"]
        else { throw ParseError(.missing, at: range.upperBound, in: "digest-response") }
        self.username = Self.unescaped(username)
        self.realm = realm
        self.nonce = nonce
        self.uri = uri
        self.response = response.utf8.map(ASCII.lowercased)
        algorithmName = values["algorithm"]
        clientNonce = values["cnonce"]
        guard let quality = values["qop"] else {
            protection = nil
            return
        }
        guard let quality = QualityOfProtection(rawValue: quality.lowercased()), let clientNonce,
            let text = values["nc"], text.utf8.count == 8, text.utf8.allSatisfy(ASCII.isHexDigit),
            let count = UInt32(text, radix: 16)
        else { throw ParseError(.unexpected, at: range.upperBound, in: "message-qop") }
        protection = (quality, clientNonce, count)
    }

    private static func unescaped(_ text: String) -> String {
        let octets = Array(text.utf8)
        return unsafe octets.span.bytes.unescaped(0..<octets.count)
    }
}
