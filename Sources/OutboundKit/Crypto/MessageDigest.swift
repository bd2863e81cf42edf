import COpenSSL

/// The hash functions that SIP's digest authentication (RFC 3261 §22, RFC 7616, RFC 8760), flow tokens and TLS use.
///
/// This folder promises the layers above a handful of primitives of the host's libcrypto, and is the only one besides
/// the TLS engine that imports it.
public enum MessageDigest: String, Sendable, Hashable, CaseIterable {
    case md5 = "MD5"
    case sha1 = "SHA-1"
    case sha256 = "SHA-256"
    case sha384 = "SHA-384"
    /// SHA-512 with its own initial values, cut to 256 bits (FIPS 180-4 §5.3.6): RFC 7616's `SHA-512-256`.
    case sha512_256 = "SHA-512-256"

    /// Octets of the hash.
    public var byteCount: Int {
        switch self {
        case .md5: 16
        case .sha1: 20
        case .sha256, .sha512_256: 32
        case .sha384: 48
        }
    }

    /// The hash of `input`.
    ///
    /// - Throws: `CryptoError` when the host's configuration disables the algorithm.
    public func hash(_ input: RawSpan) throws(CryptoError) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: byteCount)
        let done = unsafe input.withUnsafeBytes { octets in
            unsafe output.withUnsafeMutableBytes { result -> Int32 in
                // A null pointer with length 0 is fine for EVP_Digest: it hashes the empty string.
                unsafe EVP_Digest(
                    octets.baseAddress, octets.count,
                    result.baseAddress?.assumingMemoryBound(to: UInt8.self), nil, implementation, nil)
            }
        }
        guard done == 1 else { throw unavailable }
        return output
    }

    /// The hash of `input`.
    public func hash(_ input: [UInt8]) throws(CryptoError) -> [UInt8] {
        try unsafe hash(input.span.bytes)
    }

    /// The hash of the UTF-8 octets of `text` as lower-case hexadecimal digits: `H(text)` of RFC 7616 §3.
    public func hexHash(_ text: String) throws(CryptoError) -> String {
        Hex.encode(try hash(Array(text.utf8)))
    }

    /// The name by which libcrypto finds the algorithm.
    var libraryName: StaticString {
        switch self {
        case .md5: "MD5"
        case .sha1: "SHA1"
        case .sha256: "SHA256"
        case .sha384: "SHA384"
        case .sha512_256: "SHA512-256"
        }
    }

    var unavailable: CryptoError {
        switch self {
        case .md5: CryptoError("MD5")
        case .sha1: CryptoError("SHA-1")
        case .sha256: CryptoError("SHA-256")
        case .sha384: CryptoError("SHA-384")
        case .sha512_256: CryptoError("SHA-512/256")
        }
    }

    private var implementation: OpaquePointer? {
        switch self {
        case .md5: unsafe EVP_md5()
        case .sha1: unsafe EVP_sha1()
        case .sha256: unsafe EVP_sha256()
        case .sha384: unsafe EVP_sha384()
        case .sha512_256: unsafe EVP_sha512_256()
        }
    }
}
