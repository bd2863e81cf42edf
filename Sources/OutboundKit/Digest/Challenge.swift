/// One challenge: the value of a WWW-Authenticate or Proxy-Authenticate header field (RFC 3261 §20.27, §20.44;
/// RFC 7616 §3.3). SIP puts each challenge into a field of its own.
///
/// Texts are kept as they stand between the quotes, backslashes included: the digest is computed over just that, and
/// the credentials give it back octet for octet.
public struct Challenge: Sendable, Hashable {
    /// Who asks: a registrar with 401, or a proxy with 407.
    public enum Issuer: Sendable, Hashable {
        case server
        case proxy
    }

    /// The most parameters that one challenge may have.
    public static let maximumParameters = 32
    /// The most octets that one challenge may have.
    public static let maximumLength = 8192

    public let issuer: Issuer
    /// `Digest`, or whatever else was asked for.
    public let scheme: String
    public let realm: String
    public let nonce: String
    public let opaque: String?
    /// The nonce was too old but the credentials right: try again with this one.
    public let isStale: Bool
    /// The `algorithm` as written; nil when absent, which means MD5.
    public let algorithmName: String?
    /// The `qop` values as written; nil when absent, as RFC 2069 servers do.
    public let qualityNames: [String]?

    public var isDigest: Bool { scheme.lowercased() == "digest" }

    /// Nil when the algorithm is none of ours.
    public var algorithm: DigestAlgorithm? {
        guard let algorithmName else { return .md5 }
        return DigestAlgorithm(name: algorithmName)
    }

    /// Reads the field value that lies in `range` of `input`.
    /// - Throws: a syntax error, a Digest challenge without realm or nonce, or a bound of this type.
    public init(_ input: RawSpan, in range: Range<Int>, issuer: Issuer) throws(ParseError) {
        guard range.count <= Self.maximumLength else {
            throw ParseError(overLimit: Self.maximumLength, at: range.lowerBound, in: "challenge octets")
        }
        var scanner = ParameterScanner(input, in: range)
        self.issuer = issuer
        scheme = try scanner.scheme()
        var values: [String: String] = [:]
        while let (name, value) = try scanner.next() {
            guard values.count < Self.maximumParameters else {
                throw ParseError(overLimit: Self.maximumParameters, at: scanner.offset, in: "challenge parameters")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw ParseError(.repeated, at: scanner.offset, in: "auth-param")
            }
        }
        let digest = scheme.lowercased() == "digest"
        guard let realm = values["realm"] ?? (digest ? nil : "") else {
            throw ParseError(.missing, at: range.upperBound, in: "realm")
        }
        guard let nonce = values["nonce"] ?? (digest ? nil : "") else {
            throw ParseError(.missing, at: range.upperBound, in: "nonce")
        }
        self.realm = realm
        self.nonce = nonce
        opaque = values["opaque"]
        isStale = values["stale"]?.lowercased() == "true"
        algorithmName = values["algorithm"]
        qualityNames = values["qop"].map { list in
            list.split(separator: ",").map { String($0.filter { $0 != " " && $0 != "\t" }) }
        }
    }
}

/// Walks `scheme *(name = value)` with commas between (RFC 3261 §25.1, `challenge`, `credentials`).
struct ParameterScanner {
    private let octets: [UInt8]
    private let base: Int
    private var position = 0

    init(_ input: RawSpan, in range: Range<Int>) {
        octets = input.array(range)
        base = range.lowerBound
    }

    var offset: Int { base + position }

    mutating func scheme() throws(ParseError) -> String {
        skipBlanks()
        return try token()
    }

    /// The next parameter, its name in lower case; nil at the end. Empty list elements are passed over.
    mutating func next() throws(ParseError) -> (name: String, value: String)? {
        skipBlanks()
        while position < octets.count, octets[position] == ASCII.comma {
            position += 1
            skipBlanks()
        }
        guard position < octets.count else { return nil }
        let name = try token().lowercased()
        skipBlanks()
        guard position < octets.count, octets[position] == ASCII.equal else {
            throw ParseError(.unexpected, at: offset, in: "auth-param")
        }
        position += 1
        skipBlanks()
        let value = try position < octets.count && octets[position] == ASCII.quote ? quotedString() : bareValue()
        skipBlanks()
        guard position == octets.count || octets[position] == ASCII.comma else {
            throw ParseError(.unexpected, at: offset, in: "challenge")
        }
        return (name, value)
    }

    private mutating func token() throws(ParseError) -> String {
        let start = position
        while position < octets.count, ASCII.isToken(octets[position]) { position += 1 }
        guard position > start else {
            throw ParseError(position < octets.count ? .unexpected : .truncated, at: offset, in: "token")
        }
        return String(decoding: octets[start..<position], as: UTF8.self)
    }

    /// An unquoted value. Base64 nonces are seen without quotes, so `/` and `=` are let through.
    private mutating func bareValue() throws(ParseError) -> String {
        let start = position
        while position < octets.count, ASCII.isPrintable(octets[position]), octets[position] != ASCII.comma,
            octets[position] != ASCII.quote, octets[position] != ASCII.space
        {
            position += 1
        }
        guard position > start else {
            throw ParseError(position < octets.count ? .unexpected : .truncated, at: offset, in: "auth-param")
        }
        return String(decoding: octets[start..<position], as: UTF8.self)
    }

    private mutating func quotedString() throws(ParseError) -> String {
        position += 1
        var text: [UInt8] = []
        var escaped = false
        while position < octets.count, escaped || octets[position] != ASCII.quote {
            if let end = foldEnd {
                // A fold means one blank (RFC 3261 §7.3.1).
                while let last = text.last, ASCII.isBlank(last) { text.removeLast() }
                text.append(ASCII.space)
                position = end
                escaped = false
                continue
            }
            // A line break here would end up in our own credentials as a new header field.
            guard octets[position] >= 0x20 || octets[position] == ASCII.tab, octets[position] != 0x7F else {
                throw ParseError(.unexpected, at: offset, in: "quoted-string")
            }
            escaped = !escaped && octets[position] == ASCII.backslash
            text.append(octets[position])
            position += 1
        }
        guard position < octets.count else {
            throw ParseError(.truncated, at: base + octets.count, in: "quoted-string")
        }
        position += 1
        return String(decoding: text, as: UTF8.self)
    }

    /// Where the fold that begins here ends: a line break, and the blanks of the next line.
    private var foldEnd: Int? {
        var end = position
        if octets[end] == ASCII.cr { end += 1 }
        guard end < octets.count, octets[end] == ASCII.lf else { return nil }
        end += 1
        guard end < octets.count, ASCII.isBlank(octets[end]) else { return nil }
        while end < octets.count, ASCII.isBlank(octets[end]) { end += 1 }
        return end
    }

    /// Blanks, and the line breaks of a folded field (RFC 3261 §7.3.1).
    private mutating func skipBlanks() {
        while position < octets.count,
            ASCII.isBlank(octets[position]) || octets[position] == ASCII.cr || octets[position] == ASCII.lf
        {
            position += 1
        }
    }
}
