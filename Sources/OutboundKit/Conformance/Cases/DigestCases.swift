/// Digest authentication as the server does it (RFC 3261 §22, RFC 7616, RFC 8760).
extension CaseCatalogue {
    static let digest: [TestCase] = [
        digestOffer, digestUnauthenticated, digestWrongPassword, digestAlgorithms, digestIntegrity, digestReplay,
    ]

    static let digestOffer = TestCase(
        "digest.offer", "The challenge can be read, the strongest algorithm on top", ["OB-AUTH-002"],
        needs: [.challenge]
    ) { bed throws(CaseStop) in
        let phone = try await bed.phone()
        let reply = try await bed.register(phone) { $0.answersChallenges = false }
        let response = try bed.needAnswer(reply, to: "REGISTER without credentials")
        let offers = RegistrationSession.challenges(in: response).filter(\.isDigest)
        guard !offers.isEmpty else {
            return bed.warn(
                "OB-AUTH-002", "a REGISTER without credentials gets no Digest challenge", saw: reply.line,
                expected: "401 with WWW-Authenticate: Digest")
        }
        let names = offers.map { $0.algorithmName ?? "MD5" }
        let ranks = offers.compactMap(\.algorithm).map(\.strength)
        guard ranks == ranks.sorted(by: >) else {
            return bed.warn(
                "OB-AUTH-002", "a weaker algorithm stands above a stronger one", saw: names.joined(separator: ", "),
                expected: "the strongest first")
        }
        bed.pass("OB-AUTH-002", "offered: \(names.joined(separator: ", "))")
    }

    static let digestUnauthenticated = TestCase(
        "digest.unauthenticated", "A REGISTER without credentials changes no binding", ["OB-REG-031"],
        needs: [.challenge]
    ) { bed throws(CaseStop) in
        let (phone, first) = try await bed.registeredPhone()
        try bed.needListed(first, phone, byURI: true)
        let attack = try await bed.register(phone) { draft in
            draft.answersChallenges = false
            draft.makeEvil()
        }
        try await bed.judgeAttack(attack, phone, "without credentials")
    }

    static let digestWrongPassword = TestCase(
        "digest.wrong-password", "A REGISTER with a wrong password is refused and changes no binding", ["OB-REG-031"],
        needs: [.challenge]
    ) { bed throws(CaseStop) in
        let (phone, first) = try await bed.registeredPhone()
        try bed.needListed(first, phone, byURI: true)
        let user = bed.plan.user.addressOfRecord
        let right = bed.authenticators[user]
        bed.authenticators[user] = DigestAuthenticator(
            username: right?.username ?? user.user ?? "", password: Password(Array("not the password".utf8)))
        let attack = try await bed.register(phone) { $0.makeEvil() }
        bed.authenticators[user] = right
        try await bed.judgeAttack(attack, phone, "with a wrong password")
    }

    static let digestAlgorithms = TestCase(
        "digest.algorithms", "Each algorithm that is offered is taken", ["OB-AUTH-002"], needs: [.challenge]
    ) { bed throws(CaseStop) in
        let phone = try await bed.phone()
        let bare = try await bed.register(phone) { $0.answersChallenges = false }
        let response = try bed.needAnswer(bare, to: "REGISTER without credentials")
        let offered = RegistrationSession.challenges(in: response).compactMap(\.algorithm)
        var taken: [String] = []
        for algorithm in offered {
            let reply = try await bed.register(phone, as: { $0.algorithm = algorithm })
            try bed.needAnswer(reply, to: "a REGISTER with \(algorithm.name)")
            guard reply.isSuccess else {
                return bed.warn(
                    "OB-AUTH-002", "an algorithm that is offered is not taken", saw: "\(algorithm.name): \(reply.line)",
                    expected: "200")
            }
            taken.append(algorithm.name)
        }
        guard !taken.isEmpty else { throw .skipped("no algorithm of ours is offered") }
        bed.pass("OB-AUTH-002", "taken: \(taken.joined(separator: ", "))")
    }

    static let digestIntegrity = TestCase(
        "digest.auth-int", "The quality auth-int, where it is offered, is taken", ["OB-AUTH-003"], needs: [.challenge]
    ) { bed throws(CaseStop) in
        let phone = try await bed.phone()
        let bare = try await bed.register(phone) { $0.answersChallenges = false }
        let response = try bed.needAnswer(bare, to: "REGISTER without credentials")
        let isOffered = RegistrationSession.challenges(in: response).contains { challenge in
            challenge.qualityNames?.contains { $0.lowercased() == "auth-int" } ?? false
        }
        guard isOffered else { throw .skipped("auth-int is not offered") }
        let reply = try await bed.register(phone, as: { $0.quality = .authInt })
        try bed.needAnswer(reply, to: "a REGISTER with qop=auth-int")
        guard reply.isSuccess else {
            return bed.warn(
                "OB-AUTH-003", "auth-int is offered and not taken", saw: reply.line, expected: "200")
        }
        bed.pass("OB-AUTH-003", "auth-int is taken")
    }

    static let digestReplay = TestCase(
        "digest.replay", "Credentials that were used before are not taken again", ["OB-AUTH-003"], needs: [.challenge]
    ) { bed throws(CaseStop) in
        let (phone, first) = try await bed.registeredPhone()
        let used = first.request.headers.filter { $0.name == .authorization || $0.name == .proxyAuthorization }
        guard !used.isEmpty else { throw .unknown(.configuration, "the REGISTER went without credentials") }
        let fields = used.map { (name: $0.name.text.description, value: first.request.text($0.value)) }
        let again = try await bed.register(phone) { draft in
            draft.answersChallenges = false
            draft.fields = fields
        }
        let response = try bed.needAnswer(again, to: "REGISTER with used credentials")
        guard response.statusCode == 200 else {
            return bed.pass("OB-AUTH-003", "used credentials are refused: \(again.line)")
        }
        bed.info("OB-AUTH-003", "a nonce count that was used is taken again: whoever overhears can replay", saw: "200")
    }
}

extension RequestDraft {
    /// What an attacker would write: the device's key with an address of his own.
    fileprivate mutating func makeEvil() {
        for index in contacts.indices { contacts[index].uri = "sip:evil@192.0.2.66;ob" }
        path = ["<sip:evil@192.0.2.66;lr;ob>"]
    }
}

extension TestBed {
    /// Registers with other wishes about the algorithm, from a challenge of its own.
    fileprivate mutating func register(
        _ phone: Phone, as edit: (inout DigestAuthenticator) -> Void
    ) async throws(CaseStop) -> Reply {
        let user = plan.user.addressOfRecord
        let before = authenticators[user]
        guard var fresh = plan.user.authenticator else { throw .skipped("no password is given") }
        edit(&fresh)
        authenticators[user] = fresh
        defer { authenticators[user] = before }
        return try await register(phone)
    }

    /// A REGISTER that must not have counted.
    fileprivate mutating func judgeAttack(
        _ attack: Reply, _ phone: Phone, _ how: String
    ) async throws(CaseStop) {
        let response = try needAnswer(attack, to: "REGISTER \(how)")
        guard response.statusCode >= 300 else {
            return fail(
                "OB-REG-031", "a REGISTER \(how) is accepted", saw: attack.line, expected: "401, 403 or 407")
        }
        let list = try await bindings(seenBy: phone)
        guard list.isSuccess else { return unknown("OB-REG-031", .configuration, "no list of bindings: \(list.line)") }
        let isThere = list.contacts.contains { $0.uri?.host == "192.0.2.66" }
        let isWhole = list.contacts.contains { $0.uri?.description == station(phone).identity?.contactURI }
        guard !isThere else {
            return fail(
                "OB-REG-031", "a REGISTER \(how) changes the bindings", saw: list.shown(.contact),
                expected: "the phone's own contact")
        }
        guard isWhole || !list.contacts.isEmpty else {
            return fail(
                "OB-REG-031", "a REGISTER \(how) removes the binding", saw: list.shown(.contact),
                expected: "the phone's own contact")
        }
        pass("OB-REG-031", "\(attack.line), and the binding is as it was")
    }
}

extension DigestAlgorithm {
    /// Which is preferred: the greater the stronger.
    fileprivate var strength: Int {
        switch self {
        case .md5, .md5Session: 0
        case .sha256, .sha256Session: 1
        case .sha512Truncated256, .sha512Truncated256Session: 1
        }
    }
}
