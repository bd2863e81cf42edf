/// A secret of an issuer, with a name that may be printed. The octets never are.
public struct FlowTokenKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    public enum Kind: Sendable, Hashable {
        /// A configured text, from which the issuer makes its key.
        case secret
        /// The effective key or salt itself.
        case key
    }

    public let name: String
    public let kind: Kind
    let octets: [UInt8]

    /// - Parameters:
    ///   - name: what output calls it, such as its file's name.
    ///   - kind: what the octets are when tokens are made; reading tries both.
    public init(name: String, octets: [UInt8], kind: Kind = .key) {
        self.name = name
        self.octets = octets
        self.kind = kind
    }

    /// What the issuer of `format` computes its codes with; nil when the host has no SHA-1. Kamailio hashes its secret;
    /// all others use what they are given.
    public func effectiveOctets(for format: FlowTokenFormat) -> [UInt8]? {
        guard format == .kamailio, kind == .secret else { return octets }
        return try? MessageDigest.sha1.hash(octets)
    }

    public var description: String { "FlowTokenKey(\(name))" }
    public var debugDescription: String { description }
}

/// One effective key, with the hash states that it starts from. Not for two tasks at once.
public final class EffectiveKey {
    let octets: [UInt8]
    private(set) lazy var sha1: HMAC? = try? HMAC(.sha1, key: octets)
    private(set) lazy var sha256: HMAC? = try? HMAC(.sha256, key: octets)

    public init(_ octets: [UInt8]) {
        self.octets = octets
    }

    /// HMAC-SHA1 of `range` of `message`, 20 octets; nil when the host has no SHA-1.
    func sha1(_ message: [UInt8], _ range: Range<Int>) -> [UInt8]? {
        guard let sha1 else { return nil }
        sha1.authenticate(message, in: range)
        return sha1.code
    }
}

/// How the key that fits was made from what the operator gave.
public enum KeyDerivation: Sendable, Hashable {
    /// The octets themselves.
    case raw
    /// Kamailio's: SHA-1 of the configured secret.
    case sha1OfSecret
    /// SHA-1 of the empty string, which Kamailio 5.6.0-5.6.6, 5.7.0-5.7.6 and 5.8.0-5.8.5 use whatever secret is set.
    case sha1OfNothing
    /// SHA-1 of the secret that Kamailio's manual shows.
    case manualExample

    /// Everybody knows it, so a code under it proves nothing.
    public var isPublic: Bool { self == .sha1OfNothing || self == .manualExample }
}

/// All keys to try, in the operator's order, each with its derivations.
public final class FlowTokenKeyRing {
    final class Entry {
        let key: FlowTokenKey
        let raw: EffectiveKey
        let derived: EffectiveKey?

        init(_ key: FlowTokenKey) {
            self.key = key
            raw = EffectiveKey(key.octets)
            derived = (try? MessageDigest.sha1.hash(key.octets)).map { EffectiveKey($0) }
        }
    }

    let entries: [Entry]
    /// The keys that nobody needs to be told.
    let published: [(derivation: KeyDerivation, key: EffectiveKey)]

    public init(_ keys: [FlowTokenKey]) {
        entries = keys.map { Entry($0) }
        let secrets: [(KeyDerivation, String)] = [(.sha1OfNothing, ""), (.manualExample, "johndoessecretphrase")]
        published = secrets.compactMap { derivation, secret in
            guard let key = try? MessageDigest.sha1.hash(Array(secret.utf8)) else { return nil }
            return (derivation, EffectiveKey(key))
        }
    }

    public var isEmpty: Bool { entries.isEmpty }

    /// What a match is called in output.
    static func name(of derivation: KeyDerivation) -> String {
        switch derivation {
        case .sha1OfNothing: "SHA1(\"\")"
        case .manualExample: "SHA1(example secret of the Kamailio manual)"
        case .raw, .sha1OfSecret: "key"
        }
    }
}
