/// Demands and checks Digest credentials for one realm (RFC 3261 §22, RFC 7616, RFC 8760).
public struct DigestVerifier: Sendable {
    /// What becomes of a request.
    public enum Verdict: Sendable {
        /// The credentials are right; the user's name without escapes.
        case accepted(user: String)
        /// 401 (or 407): the values of the challenges, the most preferred first.
        case challenged([String])
        /// 400: credentials that cannot be read.
        case malformed
    }

    public let realm: String

    init(realm: String) { self.realm = realm }

    public func knows(_ user: String) -> Bool { false }
    public mutating func verify(_ message: SIPMessage, at now: Timestamp) -> Verdict { .malformed }
}
