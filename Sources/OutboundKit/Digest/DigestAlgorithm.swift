/// A hash algorithm of Digest authentication, with its session variant (RFC 7616 §3.3, §6.1; RFC 8760 §2.1).
public enum DigestAlgorithm: Sendable, Hashable, CaseIterable {
    case md5
    case md5Session
    case sha256
    case sha256Session
    case sha512Truncated256
    case sha512Truncated256Session

    /// Reads the value of an `algorithm` parameter, in any case. Nil for an algorithm that is not supported.
    public init?(name: some StringProtocol) {
        let lower = name.lowercased()
        guard let match = Self.allCases.first(where: { $0.name.lowercased() == lower }) else { return nil }
        self = match
    }

    /// The name as it stands in header fields.
    public var name: String {
        switch self {
        case .md5: "MD5"
        case .md5Session: "MD5-sess"
        case .sha256: "SHA-256"
        case .sha256Session: "SHA-256-sess"
        case .sha512Truncated256: "SHA-512-256"
        case .sha512Truncated256Session: "SHA-512-256-sess"
        }
    }

    var digest: MessageDigest {
        switch self {
        case .md5, .md5Session: .md5
        case .sha256, .sha256Session: .sha256
        case .sha512Truncated256, .sha512Truncated256Session: .sha512_256
        }
    }

    /// Whether A1 is bound to the nonce and cnonce of the first request (RFC 7616 §3.4.2).
    public var isSession: Bool {
        switch self {
        case .md5, .sha256, .sha512Truncated256: false
        case .md5Session, .sha256Session, .sha512Truncated256Session: true
        }
    }
}

/// What the digest protects (RFC 7616 §3.3, `qop`).
public enum QualityOfProtection: String, Sendable, Hashable, CaseIterable {
    /// Method and URI.
    case auth
    /// Method, URI and body.
    case authInt = "auth-int"
}
