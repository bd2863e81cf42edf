import OutboundKit

extension DigestAuthenticator.Refusal {
    /// Why a challenge was not answered, for the runs that register more than once.
    func words(_ user: String) -> String {
        switch self {
        case .noChallenge: "the challenge cannot be read"
        case .noDigest: "no Digest challenge"
        case .unsupportedAlgorithm: "no digest algorithm of ours is offered"
        case .unsupportedQuality: "no qop of ours is offered"
        case .rejected(let realm):
            "user \(user) or the password is not what realm \"\(Redaction.visible(realm))\" expects"
        case .tooManyRounds: "one challenge after another"
        }
    }
}
