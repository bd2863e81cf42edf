/// An instance-id: the URN that names one device for good (RFC 5626 §4.1), carried as `+sip.instance="<urn:…>"`.
///
/// Two of them are equal by the rules of their own scheme, not letter by letter: a UUID's digits may be in either case,
/// IMEI and MEID URNs ignore case and `vers=0` (RFC 7254 §4.2.3, RFC 8464 §4.2.3), and of an unknown scheme the letters
/// "urn:", the namespace and percent-escapes ignore case (RFC 2141 §5). The case-sensitive match of RFC 3840 is not used.
public struct InstanceID: Hashable, Sendable, CustomStringConvertible {
    public enum Scheme: Hashable, Sendable {
        case uuid
        /// `urn:gsma:imei:` (RFC 7254).
        case imei
        /// `urn:device-id:meid:` (RFC 8464).
        case meid
        /// `urn:uuid:` without the form 8-4-4-4-12 after it.
        case malformedUUID
        /// Any other namespace: no RFC known to this library allows it as an instance-id.
        case other
    }

    /// The URN as written, without quotes and angle brackets.
    public let urn: String
    public let scheme: Scheme
    /// The form that equality and hashing look at.
    private let canonical: String

    /// Reads a bare URN: `urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6`.
    ///
    /// - Throws: `.missing` for no octets, `.unexpected` for a character that is no `uric` (RFC 2396) or without the
    ///   form `urn:namespace:specific`.
    public init(urn: String) throws(ParseError) {
        let octets = Array(urn.utf8)
        if Self.isPlainUUID(octets) {
            // What nearly every phone has, read in one go.
            self.urn = urn
            scheme = .uuid
            canonical = urn.lowercased()
            return
        }
        guard !octets.isEmpty else { throw ParseError(.missing, at: 0, in: "instance-val") }
        if let bad = octets.firstIndex(where: { !Self.isURIC($0) }) {
            throw ParseError(.unexpected, at: bad, in: "uric")
        }
        let parts = urn.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].lowercased() == "urn", !parts[1].isEmpty, !parts[2].isEmpty else {
            throw ParseError(.unexpected, at: 0, in: "URN")
        }
        self.urn = urn
        let namespace = parts[1].lowercased()
        let lower = urn.lowercased()
        switch namespace {
        case "uuid":
            scheme = Self.isUUID(Array(parts[2].utf8)[...]) ? .uuid : .malformedUUID
            canonical = lower
        case "gsma" where parts[2].lowercased().hasPrefix("imei:"):
            scheme = .imei
            canonical = Self.withoutVersionZero(lower)
        case "device-id" where parts[2].lowercased().hasPrefix("meid:"):
            scheme = .meid
            canonical = Self.withoutVersionZero(lower)
        default:
            scheme = .other
            canonical = "urn:\(namespace):" + Self.loweringEscapes(parts[2])
        }
    }

    /// Reads the value of a `+sip.instance` parameter, which is a quoted string that holds `<` URN `>` (RFC 5626 §10).
    ///
    /// - Throws: what is missing of quotes and brackets, at the octet of `value`, or what `init(urn:)` throws.
    public init(parameterValue value: some StringProtocol) throws(ParseError) {
        let octets = Array(value.utf8)
        guard octets.first == ASCII.quote else { throw ParseError(.missing, at: 0, in: "instance-val quote") }
        guard octets.count > 1, octets.last == ASCII.quote else {
            throw ParseError(.missing, at: octets.count, in: "instance-val quote")
        }
        guard octets.count > 2, octets[1] == ASCII.less else { throw ParseError(.missing, at: 1, in: "instance-val <") }
        guard octets.count > 3, octets[octets.count - 2] == ASCII.greater else {
            throw ParseError(.missing, at: octets.count - 1, in: "instance-val >")
        }
        do {
            try self.init(urn: String(decoding: octets[2..<(octets.count - 2)], as: UTF8.self))
        } catch {
            throw ParseError(error.code, at: error.offset + 2, in: error.rule)
        }
    }

    /// Reads the value as phones send it in fact: quotes, angle brackets or both may be missing. Nil for what is no URN.
    public init?(tolerating value: some StringProtocol) {
        // On octets: texts are compared by what their characters mean, which costs more than all the rest.
        var octets = Array(value.utf8)[...]
        for (first, last) in [(ASCII.quote, ASCII.quote), (ASCII.less, ASCII.greater)] {
            if octets.first == first { octets.removeFirst() }
            if octets.last == last { octets.removeLast() }
        }
        guard let parsed = try? InstanceID(urn: String(decoding: octets, as: UTF8.self)) else { return nil }
        self = parsed
    }

    public static func == (left: InstanceID, right: InstanceID) -> Bool { left.canonical == right.canonical }
    public func hash(into hasher: inout Hasher) { hasher.combine(canonical) }

    public var description: String { urn }

    /// As it stands in a Contact: `"<urn:…>"`.
    public var parameterValue: String { "\"<\(urn)>\"" }

    private static func isUUID(_ octets: ArraySlice<UInt8>) -> Bool {
        guard octets.count == 36 else { return false }
        for (place, octet) in octets.enumerated() {
            switch place {
            case 8, 13, 18, 23: guard octet == ASCII.minus else { return false }
            default: guard ASCII.isHexDigit(octet) else { return false }
            }
        }
        return true
    }

    /// `urn:uuid:` in any case, and a UUID.
    private static func isPlainUUID(_ octets: [UInt8]) -> Bool {
        let head: StaticString = "urn:uuid:"
        let length = head.utf8CodeUnitCount
        guard octets.count == length + 36,
            unsafe octets.span.bytes.equalsIgnoringCase(head, in: 0..<length)
        else { return false }
        return isUUID(octets[length...])
    }

    /// `uric` of RFC 2396: reserved, unreserved, and percent for escapes.
    private static func isURIC(_ octet: UInt8) -> Bool {
        ASCII.isAlpha(octet) || ASCII.isDigit(octet) || ";/?:@&=+$,-_.!~*'()%".utf8.contains(octet)
    }

    private static func withoutVersionZero(_ lower: String) -> String {
        lower.split(separator: ";", omittingEmptySubsequences: false).filter { $0 != "vers=0" }.joined(separator: ";")
    }

    private static func loweringEscapes(_ specific: Substring) -> String {
        var octets = Array(specific.utf8)
        var index = 0
        while index < octets.count {
            if octets[index] == ASCII.percent {
                for next in (index + 1)..<min(index + 3, octets.count) { octets[next] = ASCII.lowercased(octets[next]) }
                index += 2
            }
            index += 1
        }
        return String(decoding: octets, as: UTF8.self)
    }
}
