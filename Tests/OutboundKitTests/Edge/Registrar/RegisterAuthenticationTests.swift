import Testing

@testable import OutboundKit

/// Who may register (RFC 3261 §10.3 steps 3 and 4).
@Suite struct RegisterAuthenticationTests {
    static func registrar() throws -> Registrar {
        let users = try DigestUsers(file: Array("alice:s3cret\nbob:b".utf8), realm: "example.com")
        return try Registrar.testing { $0.authentication = try? DigestVerifier(users, key: [1, 2, 3]) }
    }

    static func authorized(
        _ request: TestRegister, by registrar: inout Registrar, _ user: String, _ password: String
    ) throws -> TestRegister {
        let challenged = try registrar.answer(request)
        #expect(challenged.status == 401)
        let challenges = try challenged.values(.wwwAuthenticate).map { value in
            let octets = Array(value.utf8)
            return try Challenge(octets.span.bytes, in: 0..<octets.count, issuer: .server)
        }
        var client = DigestAuthenticator(username: user, password: Password(Array(password.utf8)))
        try client.accept(challenges)
        let field = try client.credentials(method: "REGISTER", uri: "sip:example.com", clientNonce: "c")[0]
        return request.with {
            $0.cseq += 1
            $0.lines.append("\(field.name): \(field.value)")
        }
    }

    @Test("OB-REG-031: nothing is stored before credentials are right") func challenged() throws {
        var registrar = try Self.registrar()
        let answer = try registrar.answer(TestRegister(flow(1)).throughEdge)
        #expect(answer.status == 401)
        #expect(answer.values(.wwwAuthenticate).count == 3)
        #expect(answer.changes.isEmpty)
        #expect(registrar.bindingCount == 0)
        let right = try Self.authorized(TestRegister(flow(1)), by: &registrar, "alice", "s3cret")
        #expect(try registrar.answer(right).status == 200)
        #expect(registrar.bindingCount == 1)
        // The same octets again: a replay.
        #expect(try registrar.answer(right).status == 401)
    }

    @Test("RFC 3261 §10.3 step 4: another user's AOR is forbidden") func otherUser() throws {
        var registrar = try Self.registrar()
        let request = try Self.authorized(TestRegister(flow(1)), by: &registrar, "bob", "b")
        #expect(try registrar.answer(request).status == 403)
        #expect(registrar.bindingCount == 0)
    }

    @Test func wrongPassword() throws {
        var registrar = try Self.registrar()
        let request = try Self.authorized(TestRegister(flow(1)), by: &registrar, "alice", "wrong")
        #expect(try registrar.answer(request).status == 401)
        #expect(registrar.bindingCount == 0)
    }

    @Test("Require comes before credentials (RFC 3261 §10.3 step 2)") func badExtensionFirst() throws {
        var registrar = try Self.registrar()
        #expect(try registrar.answer(TestRegister(flow(1)).line("Require: x-none")).status == 420)
    }

    @Test("a user of the realm is known before the first registration") func knownUser() throws {
        let registrar = try Self.registrar()
        #expect(try registrar.locate("sip:alice@example.com").text == "gone")
        #expect(try registrar.locate("sip:carol@example.com").text == "unknown")
    }
}
