/// Demands and checks Digest credentials for one realm (RFC 3261 §22, RFC 7616, RFC 8760).
///
/// It offers what all users can answer, the strongest algorithm first, with `qop` auth and auth-int. A nonce lives some
/// minutes; after that, and when a count of it comes twice, right credentials get another challenge with `stale=true`.
/// Devices that know no `qop` may use each nonce once.
public struct DigestVerifier: Sendable {
    /// What becomes of a request.
    public enum Verdict: Sendable {
        /// The credentials are right; the user's name without escapes.
        case accepted(user: String)
        /// 401, or 407: the values of the challenges, the most preferred first.
        case challenged([String])
        /// 400: credentials that cannot be read, or that are for another URI than the request's; in words.
        case malformed(String)
    }

    public let users: DigestUsers
    public var realm: String { users.realm }
    private let algorithms: [DigestAlgorithm]
    private var ledger: NonceLedger

    /// - Parameters:
    ///   - key: a secret of the server; nonces outlive a restart when it does. Counts that were used do not, so a key
    ///     that is kept lets a listener replay a request of the last `nonceLifetime` after a restart.
    ///   - nonceLifetime: how long a nonce may be used.
    ///   - capacity: used nonces that are remembered at most; then the oldest become stale early.
    /// - Throws: when the host's libcrypto has no HMAC with SHA-256.
    public init(
        _ users: DigestUsers, key: [UInt8], nonceLifetime: Duration = .seconds(300), capacity: Int = 100_000
    ) throws(CryptoError) {
        self.users = users
        algorithms = users.offered
        ledger = try NonceLedger(key: key, lifetime: nonceLifetime, capacity: capacity)
    }

    public func knows(_ user: String) -> Bool { users.contains(user) }

    /// Judges a request by its Authorization fields, or for a proxy its Proxy-Authorization fields.
    public mutating func verify(
        _ message: SIPMessage, in field: HeaderName = .authorization, at now: Timestamp
    ) -> Verdict {
        let span = unsafe message.bytes.span.bytes
        for header in message.headers where header.name == field {
            do throws(ParseError) {
                guard let credentials = try Credentials(span, in: header.value.range), credentials.realm == realm else {
                    continue
                }
                return verify(credentials, message, at: now)
            } catch {
                return .malformed("Malformed \(field.text)")
            }
        }
        return challenge(isStale: false, at: now)
    }

    private mutating func verify(_ credentials: Credentials, _ message: SIPMessage, at now: Timestamp) -> Verdict {
        // RFC 7616 §3.4.6: credentials for one resource are none for another.
        guard isRequestURI(credentials.uri, of: message) else { return .malformed("Digest URI Is Not The Request-URI") }
        let algorithm = credentials.algorithmName.map { DigestAlgorithm(name: $0) } ?? .md5
        guard let algorithm, algorithms.contains(algorithm) else { return challenge(isStale: false, at: now) }
        // For a user who does not exist the same is computed, so that time tells nobody who does.
        let secret = users.secret(of: credentials.username, algorithm)
        let expected = try? DigestResponse.compute(
            algorithm, secret: secret ?? "", method: message.text(message.startLineText), uri: credentials.uri,
            nonce: credentials.nonce, protection: credentials.protection,
            sessionClientNonce: credentials.clientNonce ?? "", body: Array(message.bytes[message.body.range]))
        guard let expected, constantTimeEquals(Array(expected.utf8), credentials.response), secret != nil else {
            return challenge(isStale: false, at: now)
        }
        switch ledger.use(credentials.nonce, count: credentials.protection?.count ?? 1, at: now) {
        case .fresh: return .accepted(user: credentials.username)
        case .stale: return challenge(isStale: true, at: now)
        case .foreign: return challenge(isStale: false, at: now)
        }
    }

    private func isRequestURI(_ text: String, of message: SIPMessage) -> Bool {
        if text == message.text(message.requestURI) { return true }
        guard let uri = try? SIPURI.parse(text), let own = try? SIPURI.parse(message.text(message.requestURI)) else {
            return false
        }
        return uri.isEquivalent(to: own)
    }

    private mutating func challenge(isStale: Bool, at now: Timestamp) -> Verdict {
        let nonce = ledger.issue(at: now)
        return .challenged(
            algorithms.map { algorithm in
                "Digest realm=\"\(realm)\", nonce=\"\(nonce)\", algorithm=\(algorithm.name), qop=\"auth,auth-int\""
                    + (isStale ? ", stale=true" : "")
            })
    }
}
