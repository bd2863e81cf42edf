import COpenSSL

/// HMAC (RFC 2104) under one key, for many messages.
///
/// The key's two inner blocks are hashed once, when the object is made; each message then starts from that state. That
/// is five times as fast as libcrypto's one-shot call. The object owns mutable state: use it from one task at a time.
///
/// Safe: context and output are private, made once, used only here within their bounds, and freed with the object.
@safe public final class HMAC {
    public let digest: MessageDigest
    private let context: OpaquePointer
    /// The code of the last message, `digest.byteCount` octets. Plain memory, so that reading it costs no bookkeeping.
    private let output: UnsafeMutablePointer<UInt8>

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
        unsafe output = .allocate(capacity: digest.byteCount)
        unsafe output.initialize(repeating: 0, count: digest.byteCount)
    }

    deinit {
        unsafe EVP_MAC_CTX_free(context)
        unsafe output.deallocate()
    }

    /// Leaves the code of `message` in `code`.
    ///
    /// - Complexity: one pass over the message; no allocation.
    public func authenticate(_ message: RawSpan) {
        unsafe message.withUnsafeBytes { unsafe authenticate($0) }
    }

    /// Leaves the code of a piece of `message` in `code`.
    ///
    /// - Precondition: `range` lies within the message.
    public func authenticate(_ message: [UInt8], in range: Range<Int>) {
        unsafe message.withUnsafeBytes { unsafe authenticate(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    private func authenticate(_ message: UnsafeRawBufferPointer) {
        var length = 0
        let start = unsafe message.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let done =
            unsafe EVP_MAC_init(context, nil, 0, nil) == 1
            && EVP_MAC_update(context, start, message.count) == 1
            && EVP_MAC_final(context, output, &length, digest.byteCount) == 1
        // The context took this key and hash before; it fails now only when the process is out of memory.
        precondition(done && length == digest.byteCount, "libcrypto lost an HMAC context")
    }

    /// The code of the last message.
    public var code: [UInt8] {
        unsafe Array(UnsafeBufferPointer(start: output, count: digest.byteCount))
    }

    /// One octet of the code of the last message.
    ///
    /// - Precondition: 0 ≤ `index` < `digest.byteCount`.
    public func octet(_ index: Int) -> UInt8 {
        precondition(index >= 0 && index < digest.byteCount)
        return unsafe output[index]
    }

    /// Whether the last message's code, from its octet `start`, begins with `octets`, in constant time.
    public func code(from start: Int, equals octets: RawSpan) -> Bool {
        precondition(start >= 0 && start + octets.byteCount <= digest.byteCount)
        return unsafe octets.withUnsafeBytes {
            guard let other = $0.baseAddress else { return true }
            return unsafe CRYPTO_memcmp(output + start, other, $0.count) == 0
        }
    }

    /// The code of `message` as octets of its own.
    public func code(of message: RawSpan) -> [UInt8] {
        authenticate(message)
        return code
    }
}
