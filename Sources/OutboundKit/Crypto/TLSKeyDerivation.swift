/// From the secrets of a TLS connection to the keys of its records.
public enum TLSKeyDerivation {
    /// HKDF-Expand-Label (RFC 8446 §7.1, RFC 5869 §2.3).
    ///
    /// - Parameters:
    ///   - label: without the `tls13 ` in front.
    ///   - length: at most 255 times the hash's.
    /// - Throws: `CryptoError` when the host disables the hash.
    public static func expandLabel(
        _ digest: MessageDigest, secret: [UInt8], label: String, length: Int
    ) throws(CryptoError) -> [UInt8] {
        let name = Array("tls13 \(label)".utf8)
        var info: [UInt8] = []
        info.appendBig16(UInt16(truncatingIfNeeded: length))
        info.append(UInt8(truncatingIfNeeded: name.count))
        info += name
        // The context is empty for all that is derived from a traffic secret.
        info.append(0)
        let code = try HMAC(digest, key: secret)
        var output: [UInt8] = []
        var block: [UInt8] = []
        var number: UInt8 = 1
        while output.count < length {
            let input = block + info + [number]
            block = unsafe code.code(of: input.span.bytes)
            output += block
            number &+= 1
        }
        return Array(output.prefix(length))
    }

    /// The pseudorandom function of TLS 1.2 (RFC 5246 §5).
    ///
    /// - Throws: `CryptoError` when the host disables the hash.
    public static func prf(
        _ digest: MessageDigest, secret: [UInt8], label: String, seed: [UInt8], length: Int
    ) throws(CryptoError) -> [UInt8] {
        let code = try HMAC(digest, key: secret)
        let seed = Array(label.utf8) + seed
        var output: [UInt8] = []
        var chain = seed
        while output.count < length {
            chain = unsafe code.code(of: chain.span.bytes)
            let input = chain + seed
            output += unsafe code.code(of: input.span.bytes)
        }
        return Array(output.prefix(length))
    }
}
