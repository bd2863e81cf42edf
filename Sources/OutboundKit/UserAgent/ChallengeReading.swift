/// What a 401 or 407 says of the credentials that the request had, as `DigestAuthenticator` takes it.
public enum ChallengeReading: Sendable, Hashable {
    /// The request had none.
    case first
    /// It had some, for other realms than those that ask now.
    case furtherRealm
    /// The nonce was too old; the credentials were right.
    case staleNonce
    /// The nonce had served before, and servers may let it serve once.
    case usedNonce
    /// User or password is not what the realm expects.
    case refused

    /// - Parameter served: nonces that earlier requests were let pass with.
    public init(_ answer: SIPMessage, to request: SIPMessage?, served: Set<String> = []) {
        let given = request.map(Self.credentials) ?? []
        let readings = RegistrationSession.challenges(in: answer).filter(\.isDigest).map { challenge in
            let match = given.first { $0.issuer == challenge.issuer && $0.credentials.realm == challenge.realm }
            guard let credentials = match?.credentials else {
                return given.isEmpty ? ChallengeReading.first : .furtherRealm
            }
            if challenge.isStale, challenge.nonce != credentials.nonce { return .staleNonce }
            let isUsed = (credentials.protection?.count ?? 1) > 1 || served.contains(credentials.nonce)
            return isUsed ? .usedNonce : .refused
        }
        // A proxy may add its own challenge to that of a realm that has had credentials: the one that refuses decides.
        let order: [ChallengeReading] = [.refused, .staleNonce, .usedNonce, .furtherRealm]
        self = order.first(where: readings.contains) ?? .first
    }

    /// The nonces of the credentials in a request.
    public static func nonces(in request: SIPMessage) -> Set<String> {
        Set(credentials(request).map(\.credentials.nonce))
    }

    private static func credentials(_ request: SIPMessage) -> [(issuer: Challenge.Issuer, credentials: Credentials)] {
        request.headers.compactMap { field in
            let issuer: Challenge.Issuer
            switch field.name {
            case .authorization: issuer = .server
            case .proxyAuthorization: issuer = .proxy
            default: return nil
            }
            let credentials = request.withSpan { try? Credentials($0, in: field.value.range) }
            return credentials.flatMap { $0 }.map { (issuer, $0) }
        }
    }
}
