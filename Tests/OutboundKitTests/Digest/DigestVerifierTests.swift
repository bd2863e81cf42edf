import Testing

@testable import OutboundKit

/// The server's side of Digest, against the client's side and against what a client must not get through.
@Suite struct DigestVerifierTests {
    static let start = Timestamp(seconds: 1_763_640_000)

    static func users(_ file: String = "alice:s3cret:with:colons\nbob:b") throws -> DigestUsers {
        try DigestUsers(file: Array(file.utf8), realm: "example.com")
    }

    static func verifier(_ file: String? = nil, capacity: Int = 100) throws -> DigestVerifier {
        try DigestVerifier(
            file.map { try users($0) } ?? users(), key: Array("key".utf8), nonceLifetime: .seconds(60),
            capacity: capacity)
    }

    static func request(_ authorization: String? = nil, body: String = "", uri: String = "sip:example.com") throws
        -> SIPMessage
    {
        let line = authorization.map { "Authorization: \($0)\n" } ?? ""
        return try parsed("REGISTER \(uri) SIP/2.0\n\(line)Content-Length: \(body.utf8.count)\n\n\(body)")
    }

    static func challenges(_ verdict: DigestVerifier.Verdict) throws -> [Challenge] {
        guard case .challenged(let values) = verdict else {
            Issue.record("not challenged: \(verdict)")
            return []
        }
        return try values.map { value in
            let octets = Array(value.utf8)
            return try Challenge(octets.span.bytes, in: 0..<octets.count, issuer: .server)
        }
    }

    static func isAccepted(_ verdict: DigestVerifier.Verdict, as name: String = "alice") -> Bool {
        guard case .accepted(let user) = verdict else { return false }
        return user == name
    }

    /// A client that answers the challenges of `verifier`.
    static func client(
        _ verifier: inout DigestVerifier, password: String = "s3cret:with:colons", user: String = "alice",
        only: DigestAlgorithm? = nil
    ) throws -> DigestAuthenticator {
        var client = DigestAuthenticator(username: user, password: Password(Array(password.utf8)))
        let offers = try challenges(verifier.verify(request(), at: start))
        try client.accept(offers.filter { only == nil || $0.algorithm == only })
        return client
    }

    static func credentials(_ client: inout DigestAuthenticator, _ clientNonce: String = "c1") throws -> String {
        try client.credentials(method: "REGISTER", uri: "sip:example.com", clientNonce: clientNonce)[0].value
    }

    @Test("RFC 8760 §2.4: the strongest first") func offers() throws {
        var verifier = try Self.verifier()
        let offers = try Self.challenges(verifier.verify(Self.request(), at: Self.start))
        #expect(offers.map(\.algorithm) == [.sha512Truncated256, .sha256, .md5])
        #expect(Set(offers.map(\.nonce)).count == 1)
        #expect(
            offers.allSatisfy { $0.qualityNames == ["auth", "auth-int"] && !$0.isStale && $0.realm == "example.com" })
    }

    @Test("OB-AUTH-002", arguments: DigestUsers.algorithms)
    func rightPassword(algorithm: DigestAlgorithm) throws {
        var verifier = try Self.verifier()
        var client = try Self.client(&verifier, only: algorithm)
        #expect(Self.isAccepted(verifier.verify(try Self.request(Self.credentials(&client)), at: Self.start)))
    }

    @Test func wrongPasswordAndUnknownUser() throws {
        for (user, password) in [("alice", "wrong"), ("nobody", "s3cret:with:colons"), ("nobody", "")] {
            var verifier = try Self.verifier()
            var client = try Self.client(&verifier, password: password, user: user)
            let verdict = verifier.verify(try Self.request(Self.credentials(&client)), at: Self.start)
            #expect(try Self.challenges(verdict).allSatisfy { !$0.isStale })
        }
    }

    @Test("OB-AUTH-003: a count serves once, in any order") func replay() throws {
        var verifier = try Self.verifier()
        var client = try Self.client(&verifier)
        let fields = try (0..<70).map { try Self.credentials(&client, "c\($0)") }
        for index in [0, 2, 1, 69, 68] {
            #expect(Self.isAccepted(verifier.verify(try Self.request(fields[index]), at: Self.start)))
        }
        // 3 is too far below 69 to be remembered, and so counts as used.
        for index in [0, 2, 1, 69, 68, 3] {
            let verdict = verifier.verify(try Self.request(fields[index]), at: Self.start)
            #expect(try Self.challenges(verdict).allSatisfy { $0.isStale })
        }
        #expect(Self.isAccepted(verifier.verify(try Self.request(fields[50]), at: Self.start)))
    }

    @Test("OB-AUTH-001: an old nonce is stale, and the new one serves") func stale() throws {
        var verifier = try Self.verifier()
        var client = try Self.client(&verifier)
        let late = Self.start + .seconds(60)
        let offers = try Self.challenges(verifier.verify(Self.request(Self.credentials(&client)), at: late))
        #expect(offers.allSatisfy { $0.isStale })
        try client.accept(offers)
        #expect(Self.isAccepted(verifier.verify(try Self.request(Self.credentials(&client)), at: late)))
    }

    @Test("RFC 7616 §3.3: right credentials for another server's nonce are stale") func nonceOfAnotherServer() throws {
        var other = try DigestVerifier(Self.users(), key: [1])
        var client = try Self.client(&other)
        var verifier = try Self.verifier()
        let offers = try Self.challenges(verifier.verify(Self.request(Self.credentials(&client)), at: Self.start))
        #expect(offers.allSatisfy { $0.isStale })
    }

    @Test("what is forgotten counts as used") func boundedMemory() throws {
        var verifier = try Self.verifier(capacity: 2)
        var clients = try (0..<4).map { _ in try Self.client(&verifier) }
        let first = try Self.credentials(&clients[0])
        #expect(Self.isAccepted(verifier.verify(try Self.request(first), at: Self.start)))
        for index in 1..<3 {
            let later = Self.start + .seconds(index)
            var client = DigestAuthenticator(username: "alice", password: Password(Array("s3cret:with:colons".utf8)))
            try client.accept(Self.challenges(verifier.verify(Self.request(), at: later)))
            #expect(Self.isAccepted(verifier.verify(try Self.request(Self.credentials(&client)), at: later)))
        }
        let verdict = verifier.verify(try Self.request(first), at: Self.start + .seconds(3))
        #expect(try Self.challenges(verdict).allSatisfy { $0.isStale })
    }

    @Test func credentialsOfAnotherRealmAreNone() throws {
        var verifier = try Self.verifier()
        var client = try Self.client(&verifier)
        let own = try Self.credentials(&client)
        let foreign = own.replacing("realm=\"example.com\"", with: "realm=\"elsewhere\"")
        _ = try Self.challenges(verifier.verify(Self.request(foreign), at: Self.start))
        #expect(Self.isAccepted(verifier.verify(try Self.request("\(foreign)\nAuthorization: \(own)"), at: Self.start)))
        _ = try Self.challenges(verifier.verify(Self.request("Basic YWxpY2U6eA=="), at: Self.start))
    }

    @Test func digestURIIsTheRequestURI() throws {
        var verifier = try Self.verifier()
        var client = try Self.client(&verifier)
        let field = try Self.credentials(&client)
        guard case .malformed = verifier.verify(try Self.request(field, uri: "sip:example.org"), at: Self.start) else {
            Issue.record("credentials for another URI were taken")
            return
        }
        #expect(Self.isAccepted(verifier.verify(try Self.request(field, uri: "sip:EXAMPLE.com"), at: Self.start)))
    }

    @Test(arguments: [
        "Digest", "Digest username=\"alice\"", "Digest username=\"alice", "Digest realm=\"a\", realm=\"b\"",
    ])
    func unreadable(field: String) throws {
        var verifier = try Self.verifier()
        guard case .malformed = verifier.verify(try Self.request(field), at: Self.start) else {
            Issue.record("read: \(field)")
            return
        }
    }

    @Test("auth-int protects the body, and devices without qop may use a nonce once") func otherQualities() throws {
        for quality in [QualityOfProtection.authInt, nil] {
            var verifier = try Self.verifier()
            let nonce = try Self.challenges(verifier.verify(Self.request(), at: Self.start))[0].nonce
            let inputs = DigestResponse.Inputs(
                username: "bob", realm: "example.com", password: Password(Array("b".utf8)), method: "REGISTER",
                uri: "sip:example.com", nonce: nonce, protection: quality.map { ($0, "cc", 1) },
                sessionClientNonce: "", body: Array("body".utf8))
            var field = "Digest username=\"bob\", realm=\"example.com\", nonce=\"\(nonce)\", uri=\"sip:example.com\", "
            field += "algorithm=SHA-256, response=\"\(try DigestResponse.compute(.sha256, inputs))\""
            if let quality { field += ", qop=\(quality.rawValue), cnonce=\"cc\", nc=00000001" }
            if quality != nil {
                _ = try Self.challenges(verifier.verify(Self.request(field, body: "other"), at: Self.start))
            }
            #expect(Self.isAccepted(verifier.verify(try Self.request(field, body: "body"), at: Self.start), as: "bob"))
            let again = verifier.verify(try Self.request(field, body: "body"), at: Self.start)
            #expect(try Self.challenges(again).allSatisfy { $0.isStale })
        }
    }

    @Test("every line of a user file") func userFile() throws {
        // H(carol:example.com:x), by md5sum and sha256sum.
        let file = """
            # users
            alice:s3cret

            carol:example.com:\(try MessageDigest.md5.hexHash("carol:example.com:x"))
            carol:example.com:\(try MessageDigest.sha256.hexHash("carol:example.com:x").uppercased())\r
            dave:example.com:SHA-256:\(try MessageDigest.sha256.hexHash("dave:example.com:y"))
            dave:example.com:MD5:\(try MessageDigest.md5.hexHash("dave:example.com:y"))
            eve:elsewhere:0123
            """
        let users = try Self.users(file)
        #expect(users.count == 4)
        // An algorithm that somebody has no hash for would lock that user out.
        #expect(users.offered == [.sha256, .md5])
        var verifier = try Self.verifier(file)
        for (user, password) in [("alice", "s3cret"), ("carol", "x"), ("dave", "y"), ("eve", "elsewhere:0123")] {
            for algorithm in users.offered {
                var client = try Self.client(&verifier, password: password, user: user, only: algorithm)
                let verdict = verifier.verify(try Self.request(Self.credentials(&client)), at: Self.start)
                #expect(Self.isAccepted(verdict, as: user), "\(user) \(algorithm)")
            }
        }
        #expect("\(users)" == "4 users of example.com")
        var shown = ""
        dump(users, to: &shown)
        #expect(!shown.contains("s3cret"))
    }

    @Test(arguments: [
        ("alice", DigestUsers.FileError.Reason.noColon), (":x", .noUser), ("a:example.com:abc", .badHash),
        ("a:example.com:MD5:0123", .badHash), ("a:example.com:SHA3:\(String(repeating: "0", count: 64))", .badHash),
        (String(repeating: "a", count: 5000) + ":b", .tooLong),
    ])
    func badUserFile(line: String, reason: DigestUsers.FileError.Reason) throws {
        let error = #expect(throws: DigestUsers.FileError.self) { try Self.users("ok:x\n" + line) }
        #expect(error?.reason == reason)
        #expect(error?.line == 2)
        #expect(error?.description.hasPrefix("line 2: ") == true)
    }

    @Test func badFileAsAWhole() throws {
        let split =
            "a:example.com:\(String(repeating: "0", count: 32))\nb:example.com:\(String(repeating: "0", count: 64))"
        #expect(throws: DigestUsers.FileError(reason: .noCommonAlgorithm, line: 0)) { try Self.users(split) }
        #expect(throws: DigestUsers.FileError(reason: .badRealm, line: 0)) { try DigestUsers(realm: "a\"b") }
    }
}
