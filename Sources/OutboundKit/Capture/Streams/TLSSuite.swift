/// What a cipher suite says of records (RFC 5246 Appendix A.5, RFC 5288, RFC 5289, RFC 7905, RFC 8446 Appendix B.4). How keys
/// are exchanged and ends proved does not matter to one who has the secrets.
struct TLSSuite: Hashable, Sendable {
    let cipher: SymmetricCipher
    /// The hash that secrets are derived with.
    let digest: MessageDigest
    /// The hash of a CBC suite's message authentication code.
    let code: MessageDigest?
    let isTLS13: Bool

    private init(_ cipher: SymmetricCipher, _ digest: MessageDigest, code: MessageDigest? = nil, isTLS13: Bool = false)
    {
        self.cipher = cipher
        self.digest = digest
        self.code = code
        self.isTLS13 = isTLS13
    }

    /// nil for suites that are not read: CCM, ARIA, Camellia, RC4, 3DES and those without encryption.
    init?(_ number: UInt16) {
        switch number {
        case 0x1301: self.init(.aes128GCM, .sha256, isTLS13: true)
        case 0x1302: self.init(.aes256GCM, .sha384, isTLS13: true)
        case 0x1303: self.init(.chaCha20Poly1305, .sha256, isTLS13: true)
        // RSA, DHE, DH, anonymous and PSK are even and odd in turn: 128 and 256 bits.
        case 0x009C...0x00AD:
            if number & 1 == 0 { self.init(.aes128GCM, .sha256) } else { self.init(.aes256GCM, .sha384) }
        case 0xC02B, 0xC02D, 0xC02F, 0xC031, 0xD001: self.init(.aes128GCM, .sha256)
        case 0xC02C, 0xC02E, 0xC030, 0xC032, 0xD002: self.init(.aes256GCM, .sha384)
        case 0xCCA8...0xCCAE: self.init(.chaCha20Poly1305, .sha256)
        case 0x002F...0x0034, 0x008C, 0x0090, 0x0094, 0xC004, 0xC009, 0xC00E, 0xC013, 0xC018, 0xC035:
            self.init(.aes128CBC, .sha256, code: .sha1)
        case 0x0035...0x003A, 0x008D, 0x0091, 0x0095, 0xC005, 0xC00A, 0xC00F, 0xC014, 0xC019, 0xC036:
            self.init(.aes256CBC, .sha256, code: .sha1)
        case 0x003C, 0x003E...0x0040, 0x0067, 0x006C, 0x00AE, 0x00B2, 0x00B6, 0xC023, 0xC025, 0xC027, 0xC029, 0xC037:
            self.init(.aes128CBC, .sha256, code: .sha256)
        case 0x003D, 0x0068...0x006B, 0x006D: self.init(.aes256CBC, .sha256, code: .sha256)
        case 0x00AF, 0x00B3, 0x00B7, 0xC024, 0xC026, 0xC028, 0xC02A, 0xC038:
            self.init(.aes256CBC, .sha384, code: .sha384)
        default: return nil
        }
    }
}
