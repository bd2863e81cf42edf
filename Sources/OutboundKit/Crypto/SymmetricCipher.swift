import COpenSSL

/// The ciphers that TLS records are protected with (RFC 5246 §6.2.3, RFC 8446 §5.2).
public enum SymmetricCipher: Int, Sendable, Hashable, CaseIterable {
    case aes128GCM
    case aes256GCM
    case chaCha20Poly1305
    case aes128CBC
    case aes256CBC

    /// Octets of the key.
    public var keyOctets: Int {
        switch self {
        case .aes128GCM, .aes128CBC: 16
        case .aes256GCM, .chaCha20Poly1305, .aes256CBC: 32
        }
    }

    /// Whether a tag of 16 octets proves what was encrypted.
    public var isAuthenticated: Bool {
        switch self {
        case .aes128GCM, .aes256GCM, .chaCha20Poly1305: true
        case .aes128CBC, .aes256CBC: false
        }
    }

    /// Octets of the nonce, or of the initialisation vector.
    public var nonceOctets: Int { isAuthenticated ? 12 : 16 }

    public static let tagOctets = 16

    /// The name by which libcrypto finds it.
    fileprivate var libraryName: String {
        switch self {
        case .aes128GCM: "AES-128-GCM"
        case .aes256GCM: "AES-256-GCM"
        case .chaCha20Poly1305: "ChaCha20-Poly1305"
        case .aes128CBC: "AES-128-CBC"
        case .aes256CBC: "AES-256-CBC"
        }
    }
}

/// Decrypts with any of the ciphers and any key: it holds none, so that one object serves all the connections of a capture.
/// It owns mutable state: use it from one task at a time.
///
/// Safe: the pointers are private, made once, used only here within their bounds, and freed with the object.
@safe public final class RecordOpener {
    private let context: OpaquePointer
    private var implementations: [OpaquePointer?]

    /// - Throws: `CryptoError` when the host has no memory.
    public init() throws(CryptoError) {
        guard let made = unsafe EVP_CIPHER_CTX_new() else { throw CryptoError("a cipher context") }
        unsafe context = made
        unsafe implementations = SymmetricCipher.allCases.map { _ in nil }
    }

    deinit {
        unsafe EVP_CIPHER_CTX_free(context)
        for index in unsafe implementations.indices { unsafe EVP_CIPHER_free(implementations[index]) }
    }

    /// What was sealed, if it was sealed with this key and nonce and with these additional octets.
    ///
    /// - Parameters:
    ///   - cipher: an authenticated one.
    ///   - sealed: the encrypted octets and the tag behind them.
    /// - Returns: nil when the tag says otherwise, when a length is wrong, or when the host disables the cipher.
    public func open(
        _ cipher: SymmetricCipher, key: [UInt8], nonce: [UInt8], additional: [UInt8], sealed: RawSpan
    ) -> [UInt8]? {
        guard cipher.isAuthenticated, sealed.byteCount >= SymmetricCipher.tagOctets,
            prepare(cipher, key, nonce)
        else { return nil }
        let count = sealed.byteCount - SymmetricCipher.tagOctets
        var tag = sealed.array(count..<sealed.byteCount)
        var length: Int32 = 0
        guard
            unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag) == 1,
            unsafe EVP_DecryptUpdate(context, nil, &length, additional, Int32(additional.count)) == 1
        else { return nil }
        return update(sealed.extracting(0..<count))
    }

    /// Decrypts whole blocks; the padding is still there.
    ///
    /// - Parameter cipher: one of the CBC ciphers.
    /// - Returns: nil when a length is wrong, or when the host disables the cipher.
    public func decrypt(_ cipher: SymmetricCipher, key: [UInt8], vector: [UInt8], blocks: RawSpan) -> [UInt8]? {
        guard !cipher.isAuthenticated, blocks.byteCount % 16 == 0, prepare(cipher, key, vector) else { return nil }
        unsafe EVP_CIPHER_CTX_set_padding(context, 0)
        return update(blocks)
    }

    private func prepare(_ cipher: SymmetricCipher, _ key: [UInt8], _ nonce: [UInt8]) -> Bool {
        guard key.count == cipher.keyOctets, nonce.count == cipher.nonceOctets else { return false }
        if unsafe implementations[cipher.rawValue] == nil {
            unsafe implementations[cipher.rawValue] = EVP_CIPHER_fetch(nil, cipher.libraryName, nil)
        }
        guard let implementation = unsafe implementations[cipher.rawValue] else { return false }
        return unsafe EVP_DecryptInit_ex2(context, implementation, key, nonce, nil) == 1
    }

    private func update(_ input: RawSpan) -> [UInt8]? {
        var isDone = false
        let count = input.byteCount
        let output = unsafe [UInt8](unsafeUninitializedCapacity: count + 16) { buffer, filled in
            unsafe input.withUnsafeBytes { octets in
                var length: Int32 = 0
                var rest: Int32 = 0
                let start = unsafe octets.baseAddress?.assumingMemoryBound(to: UInt8.self)
                // A null pointer would mean additional octets.
                guard let target = buffer.baseAddress else { return }
                if count > 0 {
                    guard unsafe EVP_DecryptUpdate(context, target, &length, start, Int32(count)) == 1 else { return }
                }
                guard unsafe EVP_DecryptFinal_ex(context, target + Int(length), &rest) == 1 else { return }
                filled = Int(length + rest)
                isDone = true
            }
        }
        return isDone ? output : nil
    }
}
