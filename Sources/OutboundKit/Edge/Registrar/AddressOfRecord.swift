/// The user whom a REGISTER binds Contacts to: the To URI in the canonical form of RFC 3261 §10.3 step 5.
///
/// Parameters and headers are gone, escapes stand only where the grammar demands them, and the host is in lower case.
/// The port is gone too: an AOR names a domain, and phones that are given `host:port` as their server write it here.
public struct AddressOfRecord: Hashable, Sendable, CustomStringConvertible {
    /// The canonical URI, `sip:alice@example.com`: what equality looks at, and fit for a header field.
    public let text: String

    /// nil for a URI without user or host, or of a scheme other than `sip` and `sips`.
    public init?(_ uri: SIPURI) {
        guard uri.scheme == .sip || uri.scheme == .sips else { return nil }
        guard let user = uri.user, !user.isEmpty, !uri.host.isEmpty else { return nil }
        var octets = Array("\(uri.scheme):".utf8)
        URIText.appendUser(URIText.unescaped(Array(user.utf8)[...]), to: &octets)
        octets.append(ASCII.at)
        if let address = uri.address, address.isIPv6 {
            octets.append(text: "[\(address)]")
        } else {
            for octet in uri.host.utf8 { octets.append(ASCII.lowercased(octet)) }
        }
        text = String(decoding: octets, as: UTF8.self)
    }

    /// Reads a URI, such as a canonical text that a store kept.
    public init?(_ text: String) {
        guard let uri = try? SIPURI.parse(text) else { return nil }
        self.init(uri)
    }

    private init(canonical text: String) { self.text = text }

    /// Reads the value of a To field.
    ///
    /// - Throws: when it is no `name-addr` or `addr-spec`.
    /// - Returns: nil for one that can be no AOR.
    static func read(to input: RawSpan, _ range: Range<Int>) throws(ParseError) -> AddressOfRecord? {
        if let simple = plain(input, range) { return simple }
        return AddressOfRecord(try NameAddr.parse(input, range).uri)
    }

    /// The form that nearly all phones send, `… <sip:user@name>` with nothing to unescape: read without parsing pieces
    /// into Strings. nil for anything else.
    private static func plain(_ input: RawSpan, _ range: Range<Int>) -> AddressOfRecord? {
        guard let open = input.firstOffset(of: ASCII.less, in: range),
            input.firstOffset(of: ASCII.quote, in: range.lowerBound..<open) == nil,
            let close = input.firstOffset(of: ASCII.greater, in: open..<range.upperBound),
            close - open > 7, input.equals("sip:", in: open + 1..<open + 5),
            let at = input.firstOffset(of: ASCII.at, in: open + 5..<close), at > open + 5, close > at + 1
        else { return nil }
        for index in open + 5..<at where !URIText.isPlainUser(input.octet(index)) { return nil }
        guard ASCII.isAlpha(input.octet(close - 1)) || ASCII.isDigit(input.octet(close - 1)) else { return nil }
        var hasUpper = false
        for index in at + 1..<close {
            let octet = input.octet(index)
            guard ASCII.isAlpha(octet) || ASCII.isDigit(octet) || octet == ASCII.dot || octet == ASCII.minus else {
                return nil
            }
            hasUpper = hasUpper || octet != ASCII.lowercased(octet)
        }
        // The general reader knows what stands before and behind the brackets; here it must be nothing to object to.
        guard open == range.lowerBound || input.octet(open - 1) == ASCII.space else { return nil }
        guard close + 1 == range.upperBound || input.octet(close + 1) == ASCII.semicolon else { return nil }
        return hasUpper ? nil : AddressOfRecord(canonical: input.string(open + 1..<close))
    }

    public var description: String { text }

    /// The user part without escapes: what Digest calls the user.
    public var user: String {
        let octets = Array(text.utf8)
        guard let colon = octets.firstIndex(of: ASCII.colon), let at = octets.lastIndex(of: ASCII.at) else { return "" }
        return String(decoding: URIText.unescaped(octets[(colon + 1)..<at]), as: UTF8.self)
    }

    /// The domain in lower case, IPv6 in brackets.
    public var host: Substring {
        text[(text.lastIndex(of: "@").map { text.index(after: $0) } ?? text.startIndex)...]
    }

    public static func == (left: AddressOfRecord, right: AddressOfRecord) -> Bool { left.text == right.text }

    /// Over the octets: a String's own hash looks for Unicode equivalence first.
    public func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
