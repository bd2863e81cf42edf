import Testing

@testable import OutboundKit

/// One computation whose result somebody else published or made.
struct DigestRow: CustomTestStringConvertible, Sendable {
    let source: String
    let challenge: String
    let username: String
    let password: String
    let method: String
    let uri: String
    let clientNonce: String
    let response: String
    var testDescription: String { source }
}

private let mufasa = #"realm="http-auth@example.org", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "#
private let sip = #"Digest realm="example.com", nonce="84a4cc6f3082121f32b42a2187831a9e""#

/// The rows of RFC 7616 §3.9.1 and RFC 2617 §3.5 are those documents'; the others were computed with Python's hashlib.
private let rows: [DigestRow] =
    [
        DigestRow(
            source: "RFC 7616 §3.9.1 MD5",
            challenge: "Digest \(mufasa)qop=\"auth, auth-int\", algorithm=MD5, "
                + "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
            username: "Mufasa", password: "Circle of Life", method: "GET", uri: "/dir/index.html",
            clientNonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            response: "8ca523f5e9506fed4657c9700eebdbec"),
        DigestRow(
            source: "RFC 7616 §3.9.1 SHA-256", challenge: "Digest \(mufasa)qop=\"auth, auth-int\", algorithm=SHA-256",
            username: "Mufasa", password: "Circle of Life", method: "GET", uri: "/dir/index.html",
            clientNonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            response: "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        DigestRow(
            source: "RFC 2617 §3.5",
            challenge: "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", "
                + "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
            username: "Mufasa", password: "Circle Of Life", method: "GET", uri: "/dir/index.html",
            clientNonce: "0a4f113b", response: "6629fae49393a05397450978507c4ef1"),
    ]
    + [
        ("MD5", "auth", "c6dd7aec16ed199990f5c059708b1e0a"),
        ("MD5", "auth-int", "9bb4dea1f2765264b43f6330ae9cce17"),
        ("MD5", "", "023c7b44ee4bb968247b1a028414fd4f"),
        ("MD5-sess", "auth", "d066e25e93bfb866bc227c3e180c6502"),
        ("MD5-sess", "", "9ada04c9c8a6460d93bee5b88456b426"),
        ("SHA-256", "auth", "eca7d28f0b6e76e23909094ddf35a923bdd35d3d38e96892ab46a16c83a37dbf"),
        ("SHA-256", "auth-int", "9188f5506882412acf11a82c3ae4873d1c9089f79249e2fb357da72a9a1720bc"),
        ("sha-256", "", "12080733f47c299caf56c56a3ed7b804705e2da2885f4a40dd99030508e25c57"),
        ("SHA-256-sess", "auth", "23248929e111e875522334ebc2a78219234ef58070ba0b97565991e192d3c1d0"),
        ("SHA-512-256", "auth", "50378fdefcee8e545b2c2b0a01398c093c7ec6a67a9a5c9ae73fa44a014941d3"),
        ("SHA-512-256", "auth-int", "bb1d378ecceca1fba6087f39fe5cc994dca34a981d3255ed997d9e97b612cc24"),
        ("SHA-512-256-sess", "auth", "e5642792428024c183f727da88ad843824cee26300e4b3831dd191b57bc8111d"),
    ].map { algorithm, quality, response in
        DigestRow(
            source: "REGISTER \(algorithm) \(quality.isEmpty ? "without qop" : quality)",
            challenge: sip + ", algorithm=\(algorithm)" + (quality.isEmpty ? "" : ", qop=\"\(quality)\""),
            username: "alice", password: "s3cret", method: "REGISTER", uri: "sip:example.com",
            clientNonce: "0a4f113b", response: response)
    }

private func challenge(_ text: String, _ issuer: Challenge.Issuer = .server) throws -> Challenge {
    let octets = Array(text.utf8)
    return try Challenge(octets.span.bytes, in: 0..<octets.count, issuer: issuer)
}

private func authenticator() -> DigestAuthenticator {
    DigestAuthenticator(username: "alice", password: Password(Array("s3cret".utf8)))
}

extension DigestAuthenticator {
    fileprivate mutating func register(_ clientNonce: String = "0a4f113b") throws -> [Field] {
        try credentials(method: "REGISTER", uri: "sip:example.com", clientNonce: clientNonce)
    }
}

@Suite struct DigestTests {
    @Test(arguments: rows) func response(_ row: DigestRow) throws {
        var authenticator = DigestAuthenticator(
            username: row.username, password: Password(Array(row.password.utf8)))
        try authenticator.accept([challenge(row.challenge)])
        let fields = try authenticator.credentials(
            method: row.method, uri: row.uri, clientNonce: row.clientNonce)
        #expect(fields.count == 1)
        #expect(fields[0].name == "Authorization")
        #expect(fields[0].value.contains("response=\"\(row.response)\""))
    }

    @Test func credentialsAreWrittenAsRFC3261HasThem() throws {
        var authenticator = authenticator()
        try authenticator.accept([challenge(sip + ", algorithm=SHA-256, qop=\"auth\", opaque=\"x\"", .proxy)])
        let field = try #require(try authenticator.register().first)
        #expect(field.name == "Proxy-Authorization")
        #expect(
            field.value
                == "Digest username=\"alice\", realm=\"example.com\", nonce=\"84a4cc6f3082121f32b42a2187831a9e\", "
                + "uri=\"sip:example.com\", "
                + "response=\"eca7d28f0b6e76e23909094ddf35a923bdd35d3d38e96892ab46a16c83a37dbf\", "
                + "algorithm=SHA-256, qop=auth, cnonce=\"0a4f113b\", nc=00000001, opaque=\"x\"")
    }

    @Test func nonceCountRisesAndStartsAgainWithANewNonce() throws {
        var authenticator = authenticator()
        try authenticator.accept([challenge(sip + ", qop=\"auth\"")])
        #expect(try authenticator.register()[0].value.contains("nc=00000001"))
        #expect(try authenticator.register()[0].value.contains("nc=00000002"))
        try authenticator.accept([challenge("Digest realm=\"example.com\", nonce=\"other\", qop=\"auth\"")])
        #expect(try authenticator.register()[0].value.contains("nc=00000001"))
    }

    @Test func topmostKnownAlgorithmIsTaken() throws {
        var authenticator = authenticator()
        try authenticator.accept([
            challenge(sip + ", algorithm=SHA3-999"), challenge(sip + ", algorithm=SHA-256"),
            challenge(sip + ", algorithm=MD5"),
        ])
        #expect(authenticator.algorithms == [.sha256])
    }

    @Test func realmsAndIssuersAreAnsweredApart() throws {
        var authenticator = authenticator()
        try authenticator.accept([
            challenge(sip), challenge("Digest realm=\"edge\", nonce=\"n\"", .proxy),
            challenge("Digest realm=\"other\", nonce=\"m\""),
        ])
        #expect(try authenticator.register().map(\.name) == ["Authorization", "Proxy-Authorization", "Authorization"])
    }

    @Test func staleNonceIsNoRefusal() throws {
        var authenticator = authenticator()
        try authenticator.accept([challenge(sip)])
        _ = try authenticator.register()
        try authenticator.accept([challenge("Digest realm=\"example.com\", nonce=\"new\", stale=TRUE")])
        #expect(try authenticator.register()[0].value.contains("nonce=\"new\""))
    }

    @Test func freshCredentialsAreNotTriedTwice() throws {
        var authenticator = authenticator()
        try authenticator.accept([challenge(sip)])
        _ = try authenticator.register()
        #expect(throws: DigestAuthenticator.Refusal.rejected(realm: "example.com")) {
            try authenticator.accept([challenge("Digest realm=\"example.com\", nonce=\"new\"")])
        }
        #expect(throws: DigestAuthenticator.Refusal.rejected(realm: "example.com")) {
            try authenticator.accept([challenge(sip + ", stale=true")])
        }
    }

    @Test func staleForEverEnds() throws {
        var authenticator = authenticator()
        var rounds = 0
        #expect(throws: DigestAuthenticator.Refusal.tooManyRounds) {
            while rounds < 1000 {
                try authenticator.accept([challenge("Digest realm=\"e\", nonce=\"\(rounds)\", stale=true")])
                _ = try authenticator.register()
                rounds += 1
            }
        }
        #expect(rounds == DigestAuthenticator.maximumRounds)
    }

    @Test func whatCannotBeAnsweredSaysWhy() throws {
        var authenticator = authenticator()
        #expect(throws: DigestAuthenticator.Refusal.noChallenge) { try authenticator.accept([]) }
        #expect(throws: DigestAuthenticator.Refusal.noDigest(["Basic"])) {
            try authenticator.accept([challenge("Basic realm=\"x\"")])
        }
        #expect(throws: DigestAuthenticator.Refusal.unsupportedAlgorithm(["AKAv1-MD5"])) {
            try authenticator.accept([challenge(sip + ", algorithm=AKAv1-MD5")])
        }
        #expect(throws: DigestAuthenticator.Refusal.unsupportedQuality(["auth-conf"])) {
            try authenticator.accept([challenge(sip + ", qop=\"auth-conf\"")])
        }
    }

    @Test func passwordsShowNowhere() {
        let authenticator = authenticator()
        var dumped = ""
        dump(authenticator, to: &dumped)
        #expect(!dumped.contains("115"))
        #expect(!"\(authenticator)".contains("s3cret"))
        #expect(!String(reflecting: authenticator).contains("s3cret"))
    }

    @Test func foldedAndOddlySpacedChallengesAreRead() throws {
        let read = try challenge("Digest\r\n realm = \"a \\\"b\\\" c\" ,,nonce=bare/nonce==,\t QOP=\"auth , auth-int\"")
        #expect(read.realm == "a \\\"b\\\" c")
        #expect(read.nonce == "bare/nonce==")
        #expect(read.qualityNames == ["auth", "auth-int"])
        // Within quotes too a fold means one blank (RFC 3261 §7.3.1, §25.1).
        let folded = try challenge("Digest realm=\"a \r\n\t b\", nonce=\"c\n d\", opaque=\"\r\n x\\\"y\"")
        #expect(folded.realm == "a b" && folded.nonce == "c d" && folded.opaque == " x\\\"y")
    }

    @Test(arguments: [
        ("", ParseError.Code.truncated), ("Digest realm=\"x\"", .missing), ("Digest nonce=\"x\"", .missing),
        ("Digest realm=\"x", .truncated), ("Digest realm", .unexpected), ("Digest realm=", .truncated),
        ("Digest realm=\"a\" nonce=\"b\"", .unexpected), ("Digest realm=\"a\", realm=\"b\", nonce=\"c\"", .repeated),
        ("Digest realm=\"a\r\nX: y\", nonce=\"c\"", .unexpected),
        ("Digest realm=\"a\\\r\nX: y\", nonce=\"c\"", .unexpected), ("Digest realm=\"\0\", nonce=\"c\"", .unexpected),
        ("Digest " + (0..<40).map { "p\($0)=1" }.joined(separator: ","), .limit),
        ("Digest realm=\"" + String(repeating: "a", count: 9000) + "\"", .limit),
    ])
    func malformedChallenge(_ text: String, _ code: ParseError.Code) {
        let error = #expect(throws: ParseError.self) { try challenge(text) }
        #expect(error?.code == code)
    }

    @Test func anyOctetsGiveAValueOrAnError() {
        var generator = SeededGenerator(seed: 1)
        let alphabet = Array("Digest realm=\"nonce,\\ \t\r\n\0qop=auth;é".utf8)
        for _ in 0..<5000 {
            let count = Int(generator.next() % 60)
            let octets = (0..<count).map { _ in alphabet[Int(generator.next() % UInt64(alphabet.count))] }
            _ = try? Challenge(octets.span.bytes, in: 0..<octets.count, issuer: .server)
        }
    }
}
