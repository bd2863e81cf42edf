/// What is weak about a token that was read, whether or not its code holds.
public enum TokenWeakness: String, Sendable, Hashable, CaseIterable {
    case secretIgnored = "kamailio-secret-ignored"
    case exampleSecret = "kamailio-example-secret"
    case noCode = "no-mac"
    case codeShortened = "mac-shortened"
    case shortKey = "short-key"
    case guessableHandle = "guessable-handle"
    case notCanonical = "not-canonical"
    case unreadableByIssuer = "unreadable-by-issuer"
    case mixedFamily = "mixed-family"
    case privateAddressExposed = "private-address-exposed"
    case reservedRemote = "reserved-remote"
    case localUnlikeURI = "local-unlike-uri"

    /// Attackers can make or change such tokens, which RFC 5626 §5.2 forbids; the others are worth a remark.
    public var isViolation: Bool {
        switch self {
        case .secretIgnored, .exampleSecret, .noCode, .codeShortened: true
        default: false
        }
    }

    public var explanation: String {
        switch self {
        case .secretIgnored:
            "its code holds under SHA1(\"\"), which everybody knows: anyone can make the proxy send anywhere"
        case .exampleSecret:
            "its code holds under the example secret of the Kamailio manual: anyone can make such tokens"
        case .noCode: "it carries no message authentication code: anyone can make such tokens"
        case .codeShortened: "its code is shorter than the issuer makes it, and the token itself says how short"
        case .shortKey: "the key that fits has fewer than 16 octets: a dictionary may hold it"
        case .guessableHandle: "it names a live connection by a number that can be guessed"
        case .notCanonical: "it is one of several spellings that the issuer takes for the same flow"
        case .unreadableByIssuer: "the issuer cannot read it back: its code's text holds a `/`, at which it cuts"
        case .mixedFamily: "its ends are of different address families"
        case .privateAddressExposed: "it shows a private address to every element that sees the route set"
        case .reservedRemote: "its remote end is no address that a client can have"
        case .localUnlikeURI: "its local address is not the URI's host"
        }
    }

    public var advice: String? {
        switch self {
        case .secretIgnored:
            "upgrade Kamailio to 5.7.7, 5.8.6 or 6.0 and later (all tokens fail once), or remove flow_token_secret"
        case .exampleSecret, .shortKey: "set a random secret: head -c 20 /dev/urandom | base64"
        case .noCode: "use an edge proxy whose tokens are authenticated, or accept them from trusted networks only"
        case .codeShortened: "refuse every code that is not 20 octets long"
        case .localUnlikeURI:
            "right for a Path that names another socket; behind a load balancer with the PROXY protocol, "
                + "Kamailio before 6.0 stores the balancer's address and finds no socket"
        default: nil
        }
    }

    /// What the fields of a token alone show.
    static func inFields(of token: FlowToken, context: TokenContext) -> [TokenWeakness] {
        var weaknesses: [TokenWeakness] = []
        switch token.format {
        case .oversipUDP, .kamailioGo, .siphon: weaknesses.append(.noCode)
        case .resiprocate where token.code == nil: weaknesses.append(.noCode)
        case .liberty where token.code == nil: weaknesses.append(.noCode)
        case .liberty where token.detail("mac_len") != LibertyToken.fullCode.description:
            weaknesses.append(.codeShortened)
        case .bono, .nksip: weaknesses.append(.guessableHandle)
        case .restcomm where RestCommToken.isUnreadable(token): weaknesses.append(.unreadableByIssuer)
        default: break
        }
        if let local = token.local, let remote = token.remote, local.ip.isIPv6 != remote.ip.isIPv6 {
            weaknesses.append(.mixedFamily)
        }
        if token.local?.ip.isPrivate == true || token.remote?.ip.isPrivate == true {
            weaknesses.append(.privateAddressExposed)
        }
        if let remote = token.remote, !TokenDetector.isFlowEnd(remote) { weaknesses.append(.reservedRemote) }
        // Another port of the same address is another socket of the same proxy, which a Path may well name.
        if let local = token.local, let address = context.address, local.ip != address.ip {
            weaknesses.append(.localUnlikeURI)
        }
        return weaknesses
    }
}
