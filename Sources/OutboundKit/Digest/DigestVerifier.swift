/// Demands and checks Digest credentials for one realm (RFC 3261 §22, RFC 7616, RFC 8760).
public struct DigestVerifier: Sendable {
    public let realm: String

    init(realm: String) { self.realm = realm }
}
