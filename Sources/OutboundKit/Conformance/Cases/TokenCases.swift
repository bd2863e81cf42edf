/// Flow tokens: one for each flow, and nobody else can write them (RFC 5626 §5.2, §5.3.1).
extension CaseCatalogue {
    static let token: [TestCase] = [
        tokenPerFlow, tokenTampered, tokenTruncated, tokenExtended, tokenEmpty, tokenNoBase64, tokenCase, tokenForged,
        tokenForeign, tokenSpelling, tokenDiscloses,
    ]

    static let tokenPerFlow = TestCase(
        "token.per-flow", "Each flow has a token of its own", ["OB-EP-003", "OB-TOK-001"], needs: [.outbound, .token]
    ) { bed throws(CaseStop) in
        var tokens: [(flow: Flow, token: String)] = []
        let targets = [bed.target] + bed.plan.targets
        for (index, target) in targets.enumerated() {
            let (phone, reply) = try await bed.registeredPhone(regID: UInt32(index + 1), to: target)
            guard let token = reply.path.last?.uri.user else { continue }
            tokens.append((bed.flow(phone), token))
        }
        for (index, one) in tokens.enumerated() {
            guard let twin = tokens[..<index].first(where: { $0.token == one.token }) else { continue }
            let saw = "\(one.token) for \(twin.flow) and for \(one.flow)"
            bed.fail("OB-EP-003", "two flows have the same token", saw: saw, expected: "a token for each flow")
            return bed.fail("OB-TOK-001", "two flows have the same token", saw: saw, expected: "a token for each flow")
        }
        guard tokens.count > 1 else {
            return bed.unknown("OB-EP-003", .configuration, "fewer than two flows had a token")
        }
        bed.pass("OB-EP-003", "\(tokens.count) flows have \(tokens.count) tokens")
    }

    /// A case that offers changed tokens.
    private static func refused(
        _ id: String, _ title: String, _ requirement: Requirement.ID, malformed: Bool = false,
        make: @escaping @Sendable (_ token: String) -> [ForgedToken]
    ) -> TestCase {
        TestCase(id, title, [requirement], needs: [.outbound, .token]) { bed throws(CaseStop) in
            let (phone, reply) = try await bed.misleadingPhone()
            let path = try bed.pathBack(reply)
            let tokens = make(path.uri.user ?? "")
            guard !tokens.isEmpty else { throw .skipped("this token cannot be changed so") }
            try await bed.expectRefusal(of: tokens, phone, path, requirement, malformed: malformed)
        }
    }

    static let tokenTampered = refused(
        "token.tampered", "A token with one bit changed, in each of its octets, gets 403", "OB-EP-012",
        make: { TestBed.tampered($0) })

    static let tokenTruncated = refused(
        "token.truncated", "A token that was cut short gets 403", "OB-EP-012",
        make: { token in
            [1, 2, 4, token.utf8.count / 2].filter { $0 > 0 && $0 < token.utf8.count }.map { count in
                ForgedToken(what: "\(counted(count, "character")) fewer", text: String(token.dropLast(count)))
            }
        })

    static let tokenExtended = refused(
        "token.extended", "A token with something behind it, or before it, gets 403", "OB-EP-012",
        make: { token in
            let bare = String(token.prefix { $0 != "=" })
            return [token + "A", token + "AAAA", token + token, "AAAA" + token, bare + "AAAA"].map {
                ForgedToken(what: "\(counted($0.utf8.count - token.utf8.count, "character")) more", text: $0)
            }
        })

    static let tokenEmpty = refused(
        "token.empty", "An empty token gets 403, or 400 because it is no SIP URI", "OB-EP-012", malformed: true,
        make: { _ in [ForgedToken(what: "empty", text: "")] })

    static let tokenNoBase64 = refused(
        "token.not-base64", "A user part that is no token gets 403", "OB-EP-012",
        make: { _ in
            ["alice", "~!*()", "0", "sipob-not-a-token", "=====", String(repeating: "x", count: 600)].map { text in
                ForgedToken(what: text.utf8.count > 20 ? counted(text.utf8.count, "letter") : text, text: text)
            }
        })

    static let tokenCase = refused(
        "token.case", "A token whose letters changed their case gets 403", "OB-TOK-006",
        make: { TestBed.caseChanged($0).map { [$0] } ?? [] })

    static let tokenForged = TestCase(
        "token.forged", "Tokens that anybody can write get 403: public keys, no code at all",
        ["OB-TOK-001"], needs: [.outbound, .token]
    ) { bed throws(CaseStop) in
        let (phone, reply) = try await bed.misleadingPhone()
        let path = try bed.pathBack(reply)
        let flow = bed.serverSide(of: phone, token: path.uri.user ?? "")
        try await bed.expectRefusal(of: TestBed.keyless(flow), phone, path, "OB-TOK-001", "DX-TOK-01")
    }

    static let tokenForeign = TestCase(
        "token.foreign-key", "Tokens for this flow under another edge's key get 403", ["OB-TOK-009", "OB-TOK-007"],
        needs: [.outbound, .token]
    ) { bed throws(CaseStop) in
        let (phone, reply) = try await bed.misleadingPhone()
        let path = try bed.pathBack(reply)
        let flow = bed.serverSide(of: phone, token: path.uri.user ?? "")
        let tokens = TestBed.foreign(flow, key: Array(bed.word(20).utf8))
        try await bed.expectRefusal(of: tokens, phone, path, "OB-TOK-009")
        if bed.findings.last?.verdict == .pass { bed.pass("OB-TOK-007", "a code under another key is a changed token") }
        if bed.findings.last?.verdict == .fail {
            bed.fail(
                "OB-TOK-007", "the edge does not look at the code of a token", saw: "delivered",
                expected: "403: the code is computed anew and compared")
        }
    }

    static let tokenSpelling = TestCase(
        "token.spelling", "What the edge makes of another spelling of its own token", ["OB-TOK-005", "OB-TOK-010"],
        needs: [.outbound, .token]
    ) { bed throws(CaseStop) in
        let (phone, reply) = try await bed.misleadingPhone()
        let path = try bed.pathBack(reply)
        let token = path.uri.user ?? ""
        let proxy = try await bed.proxy()
        try await bed.needsDelivery(by: path, from: proxy, to: phone)
        let uri = bed.station(phone).identity?.contactURI ?? ""
        let spellings: [(row: Requirement.ID, what: String, text: String?)] = [
            ("OB-TOK-005", "escaped", TestBed.escaped(token)),
            ("OB-TOK-010", "not canonical", TestBed.spareBits(token)),
        ]
        for (row, what, text) in spellings {
            guard let text else { continue }
            let draft = bed.relayed("MESSAGE", token: text, of: path, to: uri)
            let (landing, answer) = try await bed.send(draft, from: proxy, toReach: phone)
            if landing.arrival != nil {
                bed.info(row, "the edge takes its token in another spelling (\(what))", saw: text)
            } else {
                bed.info(row, "the edge refuses its token in another spelling (\(what))", saw: answer.line)
            }
        }
        if bed.findings.isEmpty { throw .skipped("this token has no other spelling") }
    }

    static let tokenDiscloses = TestCase(
        "token.discloses", "Whether the token shows private addresses to everybody on the way",
        ["OB-TOK-008"], needs: [.outbound, .token]
    ) { bed throws(CaseStop) in
        let (_, reply) = try await bed.registeredPhone()
        bed.judge(reply, "OB-TOK-008")
    }
}

extension TestBed {
    /// With `+`, `/` and `=` escaped, which makes another URI of it (RFC 3261 §19.1.4); nil where there are none.
    fileprivate static func escaped(_ token: String) -> String? {
        let text = token.map { ["+": "%2B", "/": "%2F", "=": "%3D"][$0, default: String($0)] }.joined()
        return text == token ? nil : text
    }

    /// The last character with bits that no encoder sets; nil where its base64 has no spare bits.
    fileprivate static func spareBits(_ token: String) -> String? {
        let pad = token.reversed().prefix { $0 == "=" }.count
        guard pad == 1 || pad == 2, let last = token.dropLast(pad).last?.asciiValue else { return nil }
        // The next letter of the alphabet has the lowest bit set, unless the alphabet ends there.
        guard ASCII.isAlpha(last + 1) || ASCII.isDigit(last + 1) else { return nil }
        return token.dropLast(pad + 1) + String(UnicodeScalar(last + 1)) + String(repeating: "=", count: pad)
    }
}
