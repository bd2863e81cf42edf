/// Writes and reads the user part of temporary GRUUs (RFC 5627 §3.1.2): texts that lead to one AOR and instance, no two
/// of which anybody but the registrar can tell to belong together.
///
/// Nothing is stored per GRUU. The text holds a serial, which the registrar's bindings carry, and a number that makes
/// each text another one, both hidden and authenticated by two codes, each under a key of its own:
///
///     plain  =  serial (8 octets) number (8 octets)
///     tag    =  first 10 octets of HMAC-SHA-256(tag key, plain)
///     text   =  "tgruu." base64url( tag, plain XOR HMAC-SHA-256(mask key, tag) )
struct TemporaryGRUU: Sendable {
    private static let prefix: StaticString = "tgruu."
    private static let tagCount = 10
    private static let plainCount = 16
    private let tagCode: SharedHMAC
    private let maskCode: SharedHMAC

    /// - Parameter key: the registrar's secret.
    /// - Throws: when the host's libcrypto has no HMAC.
    init(key: [UInt8]) throws(CryptoError) {
        let root = try HMAC(.sha256, key: key)
        tagCode = try SharedHMAC(.sha256, key: unsafe root.code(of: Array("temporary GRUU tag".utf8).span.bytes))
        maskCode = try SharedHMAC(.sha256, key: unsafe root.code(of: Array("temporary GRUU mask".utf8).span.bytes))
    }

    /// The user part for `serial`; `number` makes it differ from the one before.
    func user(serial: UInt64, number: UInt64) -> String {
        var plain: [UInt8] = []
        plain.reserveCapacity(Self.plainCount)
        plain.appendBig64(serial)
        plain.appendBig64(number)
        var octets = Array(tagCode.code(of: plain).prefix(Self.tagCount))
        let mask = maskCode.code(of: octets)
        for index in 0..<Self.plainCount { octets.append(plain[index] ^ mask[index]) }
        var text: [UInt8] = Array("tgruu.".utf8)
        unsafe Base64.encode(octets.span.bytes, alphabet: .url, padded: false, into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// The serial of a user part; nil for one that this registrar did not write.
    func serial(of user: String) -> UInt64? {
        let text = Array(user.utf8)
        let start = Self.prefix.utf8CodeUnitCount
        let span = unsafe text.span.bytes
        guard text.count > start, span.equals(Self.prefix, in: 0..<start) else { return nil }
        var octets: [UInt8] = []
        guard let spelling = Base64.decode(span, in: start..<text.count, into: &octets),
            spelling.isCanonical(.url, padded: false), octets.count == Self.tagCount + Self.plainCount
        else { return nil }
        let tag = Array(octets.prefix(Self.tagCount))
        let mask = maskCode.code(of: tag)
        let plain = (0..<Self.plainCount).map { octets[Self.tagCount + $0] ^ mask[$0] }
        guard constantTimeEquals(Array(tagCode.code(of: plain).prefix(Self.tagCount)), tag) else { return nil }
        return unsafe plain.span.bytes.big64(0)
    }
}
