/// Answers the challenges of a registrar and of the proxies before it, for one user (RFC 3261 §22, RFC 7616, RFC 8760).
///
/// Of several challenges for one realm it takes the first whose algorithm it has, as RFC 8760 §2.4 orders them by the
/// server's preference. Each use of a nonce counts one up. A realm that has refused fresh credentials is not tried
/// again, so challenges cannot go in circles.
public struct DigestAuthenticator: Sendable {
    /// Why there is no answer to a challenge.
    public enum Refusal: Error, Sendable, Hashable {
        /// A 401 or 407 without a challenge that can be read.
        case noChallenge
        /// No realm offered a Digest challenge; the schemes that were offered.
        case noDigest([String])
        /// None of the algorithms is ours; those that were offered.
        case unsupportedAlgorithm([String])
        /// Neither `auth` nor `auth-int`; those that were offered.
        case unsupportedQuality([String])
        /// The realm was answered with a fresh nonce and asks again: user or password is not what it expects.
        case rejected(realm: String)
        /// More rounds of challenges than any server needs.
        case tooManyRounds
    }

    /// One header field of the credentials, ready to be sent.
    public struct Field: Sendable, Hashable {
        /// `Authorization` or `Proxy-Authorization`.
        public let name: String
        public let value: String
    }

    /// Challenges that are answered before giving up: one for the registrar, one for each of a few proxies, and for
    /// each of them a stale nonce.
    public static let maximumRounds = 8

    /// What was agreed with one realm.
    private struct Protection: Sendable {
        var challenge: Challenge
        let algorithm: DigestAlgorithm
        let quality: QualityOfProtection?
        var count: UInt32 = 0
        var sessionClientNonce: String?
    }

    public let username: String
    /// Answers challenges of this algorithm alone; nil takes the server's preference.
    public var algorithm: DigestAlgorithm?
    /// Takes this quality where it is offered; nil prefers `auth`, which needs no body.
    public var quality: QualityOfProtection?
    private let password: Password
    private var protections: [Protection] = []
    private var rounds = 0

    public init(username: String, password: Password) {
        self.username = username
        self.password = password
    }

    /// Whether there is anything to send yet.
    public var isChallenged: Bool { !protections.isEmpty }

    /// The algorithms in use, one a realm.
    public var algorithms: [DigestAlgorithm] { protections.map(\.algorithm) }

    /// Another request begins: challenges are counted anew.
    public mutating func beginRequest() { rounds = 0 }

    /// Takes the challenges of one 401 or 407, in the order of the message.
    public mutating func accept(_ challenges: [Challenge]) throws(Refusal) {
        guard !challenges.isEmpty else { throw .noChallenge }
        rounds += 1
        guard rounds <= Self.maximumRounds else { throw .tooManyRounds }
        let digests = challenges.filter(\.isDigest)
        guard !digests.isEmpty else { throw .noDigest(challenges.map(\.scheme)) }
        var done: [Challenge] = []
        for challenge in digests where !done.contains(where: { $0.sharesRealm(with: challenge) }) {
            let offers = digests.filter { $0.sharesRealm(with: challenge) }
            try accept(oneOf: offers)
            done.append(challenge)
        }
    }

    private mutating func accept(oneOf offers: [Challenge]) throws(Refusal) {
        let known = offers.filter { offer in
            offer.algorithm.map { algorithm == nil || $0 == algorithm } ?? false
        }
        guard !known.isEmpty else { throw .unsupportedAlgorithm(offers.map { $0.algorithmName ?? "MD5" }) }
        for challenge in known {
            guard let algorithm = challenge.algorithm else { continue }
            let quality: QualityOfProtection?
            switch self.quality(for: challenge) {
            case .without: quality = nil
            case .with(let chosen): quality = chosen
            case .unsupported: continue
            }
            let fresh = Protection(challenge: challenge, algorithm: algorithm, quality: quality)
            guard let index = protections.firstIndex(where: { $0.challenge.sharesRealm(with: challenge) }) else {
                protections.append(fresh)
                return
            }
            // A nonce that served before may be refused only because servers let nonces serve once; a fresh one
            // that is refused without `stale` means wrong credentials (RFC 3261 §22.1).
            let previous = protections[index]
            guard challenge.isStale && challenge.nonce != previous.challenge.nonce || previous.count > 1 else {
                throw .rejected(realm: challenge.realm)
            }
            protections[index] = fresh
            return
        }
        throw .unsupportedQuality(known.flatMap { $0.qualityNames ?? [] })
    }

    /// What to do about a challenge's `qop`.
    private enum QualityChoice {
        /// None was offered: a response in the manner of RFC 2069.
        case without
        case with(QualityOfProtection)
        case unsupported
    }

    /// `auth` before `auth-int`, whatever their order: it needs no body.
    private func quality(for challenge: Challenge) -> QualityChoice {
        guard let names = challenge.qualityNames else { return .without }
        let lower = names.map { $0.lowercased() }
        let wanted = [quality].compactMap { $0 } + QualityOfProtection.allCases
        guard let chosen = wanted.first(where: { lower.contains($0.rawValue) }) else {
            return .unsupported
        }
        return .with(chosen)
    }

    /// The credentials for one request, one field a realm; none before the first challenge.
    /// - Parameter clientNonce: fresh and unpredictable for each request, of `token` characters.
    /// - Throws: when this host's libcrypto has the algorithm switched off (MD5 under FIPS rules).
    public mutating func credentials(
        method: String, uri: String, body: [UInt8] = [], clientNonce: String
    ) throws(CryptoError) -> [Field] {
        var fields: [Field] = []
        for index in protections.indices {
            protections[index].count += 1
            let sessionClientNonce = protections[index].sessionClientNonce ?? clientNonce
            protections[index].sessionClientNonce = sessionClientNonce
            let protection = protections[index]
            // With `-sess` the first client nonce serves for the whole session: servers that take the key from the
            // first request and servers that work it out from each request (RFC 7616 §3.4.2) then agree.
            let clientNonce = protection.algorithm.isSession ? sessionClientNonce : clientNonce
            let challenge = protection.challenge
            let response = try DigestResponse.compute(
                protection.algorithm,
                DigestResponse.Inputs(
                    username: username, realm: challenge.realm, password: password, method: method, uri: uri,
                    nonce: challenge.nonce,
                    protection: protection.quality.map { ($0, clientNonce, protection.count) },
                    sessionClientNonce: sessionClientNonce, body: body))
            fields.append(
                Field(
                    name: challenge.issuer == .server ? "Authorization" : "Proxy-Authorization",
                    value: value(for: protection, uri: uri, clientNonce: clientNonce, response: response)))
        }
        return fields
    }

    /// RFC 3261 §25.1, `digest-response`: `qop`, `algorithm` and `nc` stand without quotes.
    private func value(for protection: Protection, uri: String, clientNonce: String, response: String) -> String {
        let challenge = protection.challenge
        let user = username.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
        var text = "Digest username=\"\(user)\", realm=\"\(challenge.realm)\", nonce=\"\(challenge.nonce)\""
        text += ", uri=\"\(uri)\", response=\"\(response)\""
        if challenge.algorithmName != nil { text += ", algorithm=\(protection.algorithm.name)" }
        if let quality = protection.quality {
            text += ", qop=\(quality.rawValue), cnonce=\"\(clientNonce)\""
            text += ", nc=\(DigestResponse.nonceCount(protection.count))"
        } else if protection.algorithm.isSession {
            text += ", cnonce=\"\(clientNonce)\""
        }
        if let opaque = challenge.opaque { text += ", opaque=\"\(opaque)\"" }
        return text
    }
}

extension Challenge {
    fileprivate func sharesRealm(with other: Challenge) -> Bool { issuer == other.issuer && realm == other.realm }
}
