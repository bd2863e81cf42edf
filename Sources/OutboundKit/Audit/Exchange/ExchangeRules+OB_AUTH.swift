/// How the user agent met a challenge (RFC 7616, RFC 8760; RFC 5626 §4.5).
extension ExchangeRules {
    enum OB_AUTH_001: ExchangeRule {
        static let requirement: Requirement.ID = "OB-AUTH-001"
        static let party = Party.userAgent

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let challenged = x.exchange.challenged else { return .skipped("the client was not challenged") }
            guard credentials(x.request.message) != nil else {
                return .skipped("no credentials came: the client has none, or none for what was offered")
            }
            // After Timer F the transaction is over, and has failed.
            if let sent = challenged.sent, challenged.answered.nanoseconds(since: sent) > BindingHistory.timerF {
                return .skipped("the challenge came when the client no longer waited for an answer")
            }
            let delay = x.exchange.sent.nanoseconds(since: challenged.answered)
            guard delay > 5_000_000_000 else { return .pass("the challenge was met at once, on the same flow") }
            return .warn(
                "the client waited after a challenge as if it were a failure",
                saw: "\(DecimalSeconds.text(delay, places: 1)) s", expected: "at once")
        }
    }

    enum OB_AUTH_002: ExchangeRule {
        static let requirement: Requirement.ID = "OB-AUTH-002"
        static let party = Party.userAgent

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let challenged = x.exchange.challenged else { return .skipped("the client was not challenged") }
            let offered = challenges(challenged.response).filter(\.isDigest)
            guard offered.count > 1, let credentials = credentials(x.request.message) else {
                return .skipped("there was no choice of challenges, or no credentials came")
            }
            let used = credentials.parameter("algorithm") ?? "MD5"
            guard let choice = offered.firstIndex(where: { ASCII.equalsIgnoringCase($0.algorithmName ?? "MD5", used) })
            else { return .skipped("the algorithm used, \(used), was not offered") }
            let above = offered[..<choice].compactMap(\.algorithm)
            guard ASCII.equalsIgnoringCase(used, "MD5"), let better = above.first else {
                return .pass("the client used \(used)")
            }
            // Which ones the client supports does not show: most phones know MD5 alone.
            return .info(
                "MD5 was used, although \(better.name) was offered first: the client may know no other", saw: used)
        }
    }

    enum OB_AUTH_003: ExchangeRule {
        static let requirement: Requirement.ID = "OB-AUTH-003"
        static let party = Party.userAgent

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let credentials = credentials(x.request.message) else {
                return .skipped("no digest credentials came")
            }
            guard credentials.parameter("qop") != nil else { return .skipped("the credentials are without qop") }
            let missing = ["cnonce", "nc"].filter { credentials.parameter($0) == nil }
            guard missing.isEmpty else {
                return .fail(
                    "qop without \(missing.joined(separator: " and "))",
                    saw: "no \(missing.joined(separator: ", no "))",
                    expected: "cnonce and nc")
            }
            let uri = x.request.message.text(x.request.message.requestURI)
            guard let digestURI = credentials.parameter("uri"), digestURI != uri else {
                return .pass("cnonce and nc came, and the digest URI is the Request-URI")
            }
            return .fail("the digest URI is not the Request-URI", saw: digestURI, expected: uri)
        }
    }

    /// The parameters of the first Authorization or Proxy-Authorization; secrets among them are never shown.
    private struct Credentials {
        let parameters: [SIPParameter]
        func parameter(_ name: String) -> String? { parameters.first(named: name)?.value }
    }

    private static func credentials(_ message: SIPMessage) -> Credentials? {
        guard let field = message.first(.authorization) ?? message.first(.proxyAuthorization) else { return nil }
        return message.withSpan { span -> Credentials? in
            var scanner = ParameterScanner(span, in: field.value.range)
            guard (try? scanner.scheme().lowercased()) == "digest" else { return nil }
            var parameters: [SIPParameter] = []
            // As far as they can be read; what is behind that is missing.
            while parameters.count < Challenge.maximumParameters, let (name, value) = try? scanner.next() {
                parameters.append(SIPParameter(name, value))
            }
            return Credentials(parameters: parameters)
        }
    }
}
