import COpenSSL

/// Octets that nobody can guess: keys, branch parameters, transaction identifiers.
public enum SecureRandom {
    /// `count` octets from the host's generator.
    ///
    /// - Throws: `CryptoError` when the generator cannot be seeded.
    public static func octets(_ count: Int) throws(CryptoError) -> [UInt8] {
        precondition(count >= 0 && count <= Int(Int32.max))
        var result = [UInt8](repeating: 0, count: count)
        let done = count == 0 ? 1 : unsafe RAND_bytes(&result, Int32(count))
        guard done == 1 else { throw CryptoError("random octets") }
        return result
    }
}

/// Whether two runs of octets are equal, in a time that depends on their length alone: for codes that a peer may try to
/// guess octet by octet. Runs of different lengths are unequal.
public func constantTimeEquals(_ left: RawSpan, _ right: RawSpan) -> Bool {
    guard left.byteCount == right.byteCount else { return false }
    return unsafe left.withUnsafeBytes { first in
        unsafe right.withUnsafeBytes { second in
            guard let one = first.baseAddress, let other = second.baseAddress else { return true }
            return unsafe CRYPTO_memcmp(one, other, first.count) == 0
        }
    }
}

/// The same for arrays.
public func constantTimeEquals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    unsafe constantTimeEquals(left.span.bytes, right.span.bytes)
}
