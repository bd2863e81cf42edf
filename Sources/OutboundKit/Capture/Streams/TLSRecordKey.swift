/// What opens the records of one end, from one change of keys to the next.
struct TLSRecordKey {
    private enum Mode {
        /// Part of the nonce stands in the record (RFC 5288 §3).
        case explicitNonce
        /// The nonce is made of the sequence number (RFC 7905 §2).
        case countedNonce
        /// The same, and the type of the content is inside (RFC 8446 §5.2).
        case tls13
        /// RFC 5246 §6.2.3.2, or RFC 7366.
        case blocks(MessageDigest, encryptsThenAuthenticates: Bool)
    }

    /// TLS 1.2's keys and vectors of both ends, out of the master secret (RFC 5246 §6.3).
    struct Pair {
        let client: TLSRecordKey
        let server: TLSRecordKey

        /// - Throws: `CryptoError` when the host disables the suite's hash.
        init(
            _ suite: TLSSuite, master: [UInt8], client: TLSRandom, server: TLSRandom, encryptsThenAuthenticates: Bool
        ) throws(CryptoError) {
            let codeOctets = suite.code?.byteCount ?? 0
            let keyOctets = suite.cipher.keyOctets
            let (mode, fixed): (Mode, Int) =
                switch suite.cipher {
                case .aes128GCM, .aes256GCM: (.explicitNonce, 4)
                case .chaCha20Poly1305: (.countedNonce, 12)
                case .aes128CBC, .aes256CBC:
                    (
                        .blocks(suite.code ?? .sha1, encryptsThenAuthenticates: encryptsThenAuthenticates), 0
                    )
                }
            let block = try TLSKeyDerivation.prf(
                suite.digest, secret: master, label: "key expansion", seed: server.octets + client.octets,
                length: 2 * (codeOctets + keyOctets + fixed))
            let piece = { (start: Int, count: Int, isServer: Bool) in
                Array(block[(start + (isServer ? count : 0))...].prefix(count))
            }
            let keys = 2 * codeOctets
            let vectors = keys + 2 * keyOctets
            self.client = TLSRecordKey(
                cipher: suite.cipher, mode: mode, key: piece(keys, keyOctets, false),
                vector: piece(vectors, fixed, false), codeKey: piece(0, codeOctets, false))
            self.server = TLSRecordKey(
                cipher: suite.cipher, mode: mode, key: piece(keys, keyOctets, true),
                vector: piece(vectors, fixed, true), codeKey: piece(0, codeOctets, true))
        }
    }

    private let cipher: SymmetricCipher
    private let mode: Mode
    private let key: [UInt8]
    private let vector: [UInt8]
    private let codeKey: [UInt8]

    private init(cipher: SymmetricCipher, mode: Mode, key: [UInt8], vector: [UInt8], codeKey: [UInt8]) {
        self.cipher = cipher
        self.mode = mode
        self.key = key
        self.vector = vector
        self.codeKey = codeKey
    }

    /// TLS 1.3's key of one end, out of its traffic secret (RFC 8446 §7.3).
    /// - Throws: `CryptoError` when the host disables the suite's hash.
    init(_ suite: TLSSuite, trafficSecret: [UInt8]) throws(CryptoError) {
        self.init(
            cipher: suite.cipher, mode: .tls13,
            key: try TLSKeyDerivation.expandLabel(
                suite.digest, secret: trafficSecret, label: "key", length: suite.cipher.keyOctets),
            vector: try TLSKeyDerivation.expandLabel(suite.digest, secret: trafficSecret, label: "iv", length: 12),
            codeKey: [])
    }

    /// What a record holds, and of which type it is; nil when it was not protected with this key and sequence number.
    /// - Parameter record: header and fragment.
    func open(_ record: [UInt8], sequence: UInt64, using opener: RecordOpener) -> (type: UInt8, octets: [UInt8])? {
        let bytes = unsafe record.span.bytes
        let fragment = bytes.extracting(TLSRecordStream.headerOctets..<bytes.byteCount)
        switch mode {
        case .tls13:
            let opened = opener.open(
                cipher, key: key, nonce: counted(sequence), additional: Array(record.prefix(5)), sealed: fragment)
            // Padding of zeros, of any length, stands behind the type (RFC 8446 §5.4).
            guard let opened, let end = opened.lastIndex(where: { $0 != 0 }) else { return nil }
            return (opened[end], Array(opened[..<end]))
        case .countedNonce:
            let count = fragment.byteCount - SymmetricCipher.tagOctets
            guard count >= 0 else { return nil }
            return opener.open(
                cipher, key: key, nonce: counted(sequence), additional: Self.prefix(record, sequence, count),
                sealed: fragment
            ).map { (record[0], $0) }
        case .explicitNonce:
            let count = fragment.byteCount - 8 - SymmetricCipher.tagOctets
            guard count >= 0 else { return nil }
            return opener.open(
                cipher, key: key, nonce: vector + fragment.array(0..<8),
                additional: Self.prefix(record, sequence, count), sealed: fragment.extracting(8..<fragment.byteCount)
            ).map { (record[0], $0) }
        case .blocks(let digest, let encryptsThenAuthenticates):
            let opened =
                encryptsThenAuthenticates
                ? openAuthenticated(record, fragment, sequence, digest, opener)
                : openBlocks(record, fragment, sequence, digest, opener)
            return opened.map { (record[0], $0) }
        }
    }

    /// The vector with the sequence number in its last octets (RFC 8446 §5.3).
    private func counted(_ sequence: UInt64) -> [UInt8] {
        var nonce = vector
        for index in 0..<8 { nonce[4 + index] ^= UInt8(truncatingIfNeeded: sequence >> UInt64(56 - 8 * index)) }
        return nonce
    }

    /// What is authenticated with a record of TLS 1.2: sequence number, type, version and the length inside.
    private static func prefix(_ record: [UInt8], _ sequence: UInt64, _ count: Int) -> [UInt8] {
        var octets: [UInt8] = []
        octets.appendBig64(sequence)
        octets += record.prefix(3)
        octets.appendBig16(UInt16(truncatingIfNeeded: count))
        return octets
    }

    private func isAuthentic(_ octets: [UInt8], _ code: RawSpan, _ digest: MessageDigest) -> Bool {
        guard let made = try? HMAC(digest, key: codeKey) else { return false }
        unsafe made.authenticate(octets.span.bytes)
        return made.code(from: 0, equals: code)
    }

    /// The code covers what was encrypted (RFC 7366 §3).
    private func openAuthenticated(
        _ record: [UInt8], _ fragment: RawSpan, _ sequence: UInt64, _ digest: MessageDigest, _ opener: RecordOpener
    ) -> [UInt8]? {
        let count = fragment.byteCount - digest.byteCount
        guard count >= 32 else { return nil }
        let covered = Self.prefix(record, sequence, count) + fragment.array(0..<count)
        guard isAuthentic(covered, fragment.extracting(count..<fragment.byteCount), digest) else { return nil }
        return decrypt(fragment.extracting(0..<count), opener)
    }

    /// The code is encrypted with the text that it covers (RFC 5246 §6.2.3.2).
    private func openBlocks(
        _ record: [UInt8], _ fragment: RawSpan, _ sequence: UInt64, _ digest: MessageDigest, _ opener: RecordOpener
    ) -> [UInt8]? {
        guard fragment.byteCount >= 32, let inside = decrypt(fragment, opener) else { return nil }
        let count = inside.count - digest.byteCount
        guard count >= 0 else { return nil }
        let covered = Self.prefix(record, sequence, count) + inside[..<count]
        let bytes = unsafe inside.span.bytes
        guard isAuthentic(covered, bytes.extracting(count..<bytes.byteCount), digest) else { return nil }
        return Array(inside[..<count])
    }

    /// Vector and blocks in, text without its padding out.
    private func decrypt(_ fragment: RawSpan, _ opener: RecordOpener) -> [UInt8]? {
        let blocks = fragment.extracting(16..<fragment.byteCount)
        guard let text = opener.decrypt(cipher, key: key, vector: fragment.array(0..<16), blocks: blocks),
            let padding = text.last, text.count > Int(padding)
        else { return nil }
        return Array(text.dropLast(Int(padding) + 1))
    }
}
