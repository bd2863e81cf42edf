/// What comes in from a hostile or broken network: the server may refuse it as it likes, and lives on.
extension CaseCatalogue {
    static let robustness: [TestCase] = [
        tortureRegister, tortureCompact, garbage, halfRequest, hugeHeader, wrongLengths, strayResponses, manyFlows,
        slowSender,
    ]

    static let tortureRegister = TestCase(
        "robustness.odd-register", "A REGISTER in odd but legal writing is understood", ["OB-GR-006"],
        needs: [.outbound]
    ) { bed throws(CaseStop) in
        let phone = try await bed.phone()
        let reply = try await bed.registerOddly(phone) { text in
            // RFC 3261 §7.3.1: names in any case, folds, blanks before the colon; §7.3.3 and RFC 4475 §3.1.1.1.
            text.replacing("\r\nTo: ", with: "\r\nTO :\r\n ").replacing("\r\nFrom: ", with: "\r\nfROM   :  ")
                .replacing("\r\nCSeq: ", with: "\r\nCSEQ:\r\n\t").replacing(" REGISTER\r\n", with: "\r\n  REGISTER\r\n")
                .replacing("\r\nSupported: path, outbound, gruu", with: "\r\nSupported: path,\r\n  outbound ,gruu")
                .replacing("\r\nMax-Forwards: 70", with: "\r\nMax-Forwards: 0070")
        }
        bed.judgeOdd(reply)
    }

    static let tortureCompact = TestCase(
        "robustness.compact-register", "A REGISTER with compact names and unknown fields is understood", ["OB-GR-006"],
        needs: [.outbound]
    ) { bed throws(CaseStop) in
        let phone = try await bed.phone()
        let reply = try await bed.registerOddly(phone) { text in
            text.replacing("\r\nVia: ", with: "\r\nv: ").replacing("\r\nContact: ", with: "\r\nm:")
                .replacing("\r\nFrom: ", with: "\r\nf: ").replacing("\r\nTo: ", with: "\r\nt: ")
                .replacing("\r\nCall-ID: ", with: "\r\ni: ").replacing("\r\nSupported: ", with: "\r\nk: ")
                .replacing("\r\nContent-Length: ", with: "\r\nNewFangled: a \"b\\\"c\" ;d\r\nl: ")
        }
        bed.judgeOdd(reply)
    }

    static let garbage = TestCase(
        "robustness.garbage", "Octets that are no SIP do no harm", ["OB-GR-006"], within: .seconds(20), slow: false
    ) { bed throws(CaseStop) in
        try await bed.needAlive()
        let pieces: [[UInt8]] = [
            Array(repeating: 0, count: 64), Array(0...255), Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8),
            Array("REGISTER\r\n\r\n".utf8), Array("SIP/2.0\r\n\r\n".utf8), Array(repeating: 0xFF, count: 1200),
            Array("REGISTER sip:a SIP/9.9\r\nVia\r\n:\r\n\r\n".utf8), Array(":::::\r\n\r\n".utf8),
        ]
        for piece in pieces {
            let phone = try await bed.open()
            await bed.send(phone, octets: piece)
        }
        try await bed.settle()
        try await bed.expectAlive("OB-GR-006", after: "octets that are no SIP")
    }

    static let halfRequest = TestCase(
        "robustness.half-request", "A request that ends in the middle does no harm", ["OB-GR-006"], needs: [.stream]
    ) { bed throws(CaseStop) in
        try await bed.needAlive()
        for manner in [CloseManner.fin, .rst] {
            let phone = try await bed.open()
            let whole = bed.wire(bed.options(phone), over: phone).octets
            await bed.send(phone, octets: Array(whole.prefix(whole.count / 2)))
            await bed.close(phone, manner)
        }
        try await bed.settle()
        try await bed.expectAlive("OB-GR-006", after: "half a request")
    }

    static let hugeHeader = TestCase(
        "robustness.huge-header", "A megabyte of header is refused and does no harm", ["OB-GR-006"],
        needs: [.stream], within: .seconds(20), slow: false
    ) { bed throws(CaseStop) in
        try await bed.needAlive()
        let phone = try await bed.open()
        let head = "OPTIONS \(bed.plan.registrar) SIP/2.0\r\nX-Long: "
        await bed.send(phone, text: head)
        let piece = [UInt8](repeating: UInt8(ascii: "a"), count: 65_536)
        for _ in 0..<16 {
            guard bed.station(phone).loss == nil else { break }
            await bed.send(phone, octets: piece)
            try await bed.wait(.milliseconds(5))
        }
        try await bed.settle()
        try await bed.expectAlive("OB-GR-006", after: "a header of a megabyte")
    }

    static let wrongLengths = TestCase(
        "robustness.wrong-length", "A Content-Length that is negative, huge or no number does no harm", ["OB-GR-006"],
        within: .seconds(20), slow: false
    ) { bed throws(CaseStop) in
        try await bed.needAlive()
        for length in ["-1", "99999999999999999999", "ten", "0x10", ""] {
            let phone = try await bed.open()
            let text = String(decoding: bed.wire(bed.options(phone), over: phone).octets, as: UTF8.self)
            await bed.send(phone, text: text.replacing("Content-Length: 0", with: "Content-Length: \(length)"))
        }
        try await bed.settle()
        try await bed.expectAlive("OB-GR-006", after: "wrong lengths")
    }

    static let strayResponses = TestCase(
        "robustness.stray-response", "Responses to nothing do no harm", ["OB-GR-006"]
    ) { bed throws(CaseStop) in
        try await bed.needAlive()
        let phone = try await bed.open()
        for status in [100, 200, 404, 699] {
            let text = """
                SIP/2.0 \(status) Stray\r
                Via: SIP/2.0/\(bed.flow(phone).transport.description.uppercased()) \(bed.flow(phone).remote);branch=z9hG4bK\(status)\r
                From: <sip:a@example.com>;tag=1\r
                To: <sip:b@example.com>;tag=2\r
                Call-ID: stray\(status)\r
                CSeq: 1 INVITE\r
                Content-Length: 0\r
                \r

                """
            await bed.send(phone, text: text)
        }
        try await bed.settle()
        try await bed.expectAlive("OB-GR-006", after: "responses to nothing")
    }

    static let manyFlows = TestCase(
        "robustness.idle-flows", "A hundred silent connections keep nobody from being served", ["OB-GR-006"],
        needs: [.stream], within: .seconds(20), slow: false
    ) { bed throws(CaseStop) in
        try await bed.needAlive()
        for _ in 0..<100 { _ = try await bed.open() }
        try await bed.expectAlive("OB-GR-006", after: "a hundred silent connections")
    }

    static let slowSender = TestCase(
        "robustness.slow-sender", "A sender of one octet at a time keeps nobody from being served", ["OB-GR-006"],
        needs: [.stream]
    ) { bed throws(CaseStop) in
        try await bed.needAlive()
        let phone = try await bed.open()
        let whole = bed.wire(bed.options(phone), over: phone).octets
        for index in 0..<20 {
            await bed.send(phone, octets: [whole[index]])
            try await bed.wait(.milliseconds(5))
        }
        try await bed.expectAlive("OB-GR-006", after: "a slow sender, who still sends")
    }
}

extension TestBed {
    /// The phone's REGISTER, its text changed by `edit`. Challenges are met by registering plainly first.
    fileprivate mutating func registerOddly(
        _ phone: Phone, _ edit: (String) -> String
    ) async throws(CaseStop) -> Reply {
        let plain = try await register(phone)
        guard plain.isSuccess else { throw .unknown(.configuration, "the plain REGISTER was refused: \(plain.line)") }
        var reply = try await sendOddly(phone, edit)
        for _ in 0..<3 where reply.isTemporary {
            try await settle()
            reply = try await sendOddly(phone, edit)
        }
        return reply
    }

    private mutating func sendOddly(_ phone: Phone, _ edit: (String) -> String) async throws(CaseStop) -> Reply {
        var draft = registration(phone)
        let user = plan.user.addressOfRecord
        do throws(CryptoError) {
            let nonce = word(32)
            let fields =
                try authenticators[user]?.credentials(method: "REGISTER", uri: draft.uri, clientNonce: nonce) ?? []
            draft.fields += fields.map { (name: $0.name, value: $0.value) }
        } catch {
            throw .unknown(.configuration, "\(error)")
        }
        let (octets, branch) = wire(draft, over: phone)
        let text = edit(String(decoding: octets, as: UTF8.self))
        return try await ask(phone, octets: Array(text.utf8), branch: branch)
    }

    fileprivate mutating func judgeOdd(_ reply: Reply) {
        if reply.isSuccess { return pass("OB-GR-006", "understood: \(reply.line)") }
        guard !reply.isTemporary else {
            return unknown("OB-GR-006", .configuration, "refused for the time being: \(reply.line)")
        }
        // A one-time nonce is no fault of the writing.
        guard ![401, 407].contains(reply.status) else {
            return unknown("OB-GR-006", .configuration, "the server asked for the password again: \(reply.line)")
        }
        warn(
            "OB-GR-006", "legal writing is refused", saw: reply.line, expected: "the same answer as to plain writing")
    }
}
