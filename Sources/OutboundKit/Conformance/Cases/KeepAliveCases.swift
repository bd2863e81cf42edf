/// CRLF keep-alives as the server answers them (RFC 5626 §4.4.1, §5.4).
extension CaseCatalogue {
    static let keepAlive: [TestCase] = [
        ping, pingRegistered, pingLater, pingSplit, pingTwice, loneCRLF, blankLines, crlfBeforeRequest,
        pingBeforeRequest, pingWhileStreaming, staysOpen,
    ]

    static let ping = TestCase(
        "keepalive.ping", "A double CRLF gets a single CRLF at once, registered or not", ["OB-KA-010", "OB-KA-003"],
        needs: [.stream], within: .seconds(12), slow: false
    ) { bed throws(CaseStop) in
        let phone = try await bed.open()
        let pong = try await bed.ping(phone)
        bed.judge(pong, "OB-KA-010")
        guard pong.delay != nil else { return }
        guard pong.count > 1 else { return bed.pass("OB-KA-003", "the pong is one CRLF") }
        bed.warn(
            "OB-KA-003", "the pong is more than one CRLF", saw: counted(pong.count, "CRLF"), expected: "one CRLF")
    }

    static let pingRegistered = TestCase(
        "keepalive.ping-registered", "A ping on a registered flow gets its pong", ["OB-EP-018", "OB-REG-021"],
        needs: [.stream, .outbound], within: .seconds(12), slow: false
    ) { bed throws(CaseStop) in
        let (phone, _) = try await bed.registeredPhone()
        let pong = try await bed.ping(phone)
        // Edge proxy or registrar with a direct flow: the duty is the same (RFC 5626 §6).
        bed.judge(pong, bed.target.route == nil ? "OB-REG-021" : "OB-EP-018")
    }

    static let pingLater = TestCase(
        "keepalive.ping-later", "A ping 30 s after the registration gets its pong", ["OB-KA-010"],
        needs: [.stream, .outbound], within: .seconds(45)
    ) { bed throws(CaseStop) in
        let (phone, reply) = try await bed.registeredPhone()
        let wait = reply.flowTimer.map { min(30, Double($0) * 0.9) } ?? 30
        try await bed.wait(.milliseconds(Int64(wait * 1000))) { $0.station(phone).loss != nil }
        guard bed.station(phone).loss == nil else {
            return bed.unknown("OB-KA-010", .cut, "the server closed the flow before the ping")
        }
        bed.judge(try await bed.ping(phone), "OB-KA-010")
    }

    static let pingSplit = TestCase(
        "keepalive.split-ping", "A ping in pieces (1+3, 2+2, 3+1 octets) gets one pong", ["OB-KA-011"],
        needs: [.stream], within: .seconds(20), slow: false
    ) { bed throws(CaseStop) in
        let patience = try await bed.needPong()
        for split in [1, 2, 3] {
            let phone = try await bed.open()
            let ping = Array("\r\n\r\n".utf8)
            await bed.send(phone, octets: Array(ping[..<split]))
            try await bed.wait(bed.plan.quiet * 2)
            let early = bed.station(phone).crlfs.count
            let pong = try await bed.ping(phone, Array(ping[split...]), patience: patience)
            guard early == 0, pong.count == 1 else {
                return bed.warn(
                    "OB-KA-011", "a ping sent as \(split)+\(4 - split) octets is not answered as one",
                    saw: "\(counted(early, "CRLF")) before the second piece, \(pong.count) after it",
                    expected: "one pong, at the end",
                    "DX-KA-08")
            }
        }
        bed.pass("OB-KA-011", "one pong each")
    }

    static let pingTwice = TestCase(
        "keepalive.two-pings", "Two pings in one segment get two pongs", ["OB-KA-014"], needs: [.stream]
    ) { bed throws(CaseStop) in
        let phone = try await bed.open()
        let pong = try await bed.ping(phone, Array("\r\n\r\n\r\n\r\n".utf8), patience: .seconds(3))
        try await bed.settle()
        let count = bed.station(phone).crlfs.count
        switch count {
        case 2: bed.pass("OB-KA-014", "two pongs")
        case 1:
            bed.warn("OB-KA-014", "two pings in one segment get one pong", saw: "1 pong", expected: "2 pongs, or one")
        case 0: bed.unknown("OB-KA-014", .cut, "no pong came at all (\(pong.count))")
        default:
            bed.fail(
                "OB-KA-014", "more pongs than pings", saw: "\(counted(count, "pong")) to 2 pings", expected: "at most 2"
            )
        }
    }

    static let loneCRLF = TestCase(
        "keepalive.lone-crlf", "A lone CRLF, which is a pong, is not answered", ["OB-KA-014"], needs: [.stream]
    ) { bed throws(CaseStop) in
        let phone = try await bed.open()
        let pong = try await bed.ping(phone, Array("\r\n".utf8), patience: bed.plan.quiet * 3)
        guard pong.count > 0 else { return bed.pass("OB-KA-014", "no answer to a pong") }
        bed.fail(
            "OB-KA-014", "a lone CRLF is answered, so that two such ends never stop",
            saw: counted(pong.count, "CRLF"),
            expected: "nothing")
    }

    static let blankLines = TestCase(
        "keepalive.blank-lines", "Blank lines that end a head or stand in a body are no pings", ["OB-KA-012"],
        needs: [.stream]
    ) { bed throws(CaseStop) in
        let phone = try await bed.open()
        let empty = try await bed.ask(phone, bed.options(phone))
        var draft = bed.options(phone)
        draft.body = Array(String(repeating: "\r\n\r\n", count: 8).utf8)
        draft.contentType = "text/plain"
        let full = try await bed.ask(phone, draft)
        try await bed.settle()
        let count = bed.station(phone).crlfs.count
        guard count == 0 else {
            return bed.warn(
                "OB-KA-012", "blank lines of messages are taken for pings",
                saw: "\(counted(count, "pong")) without a ping",
                expected: "no pong")
        }
        _ = try bed.needAnswer(empty, to: "OPTIONS without a body")
        _ = try bed.needAnswer(full, to: "OPTIONS with blank lines as its body")
        bed.pass("OB-KA-012", "no stray pong")
    }

    static let crlfBeforeRequest = TestCase(
        "keepalive.crlf-before-request", "A CRLF before the start-line is passed over", ["OB-KA-015"], needs: [.stream]
    ) { bed throws(CaseStop) in
        let phone = try await bed.open()
        let (octets, branch) = bed.wire(bed.options(phone), over: phone)
        let reply = try await bed.ask(phone, octets: Array("\r\n".utf8) + octets, branch: branch)
        guard let response = reply.response else {
            return bed.fail(
                "OB-KA-015", "a request right behind a CRLF is not answered", saw: reply.line, expected: "an answer")
        }
        guard response.statusCode != 400 else {
            return bed.fail("OB-KA-015", "a CRLF before a request draws 400", saw: reply.line, expected: "an answer")
        }
        bed.pass("OB-KA-015", "the request behind the CRLF was answered")
    }

    static let pingBeforeRequest = TestCase(
        "keepalive.ping-before-request", "A ping and a request in one segment are both answered", ["OB-KA-004"],
        needs: [.stream], within: .seconds(20), slow: false
    ) { bed throws(CaseStop) in
        let patience = try await bed.needPong()
        let phone = try await bed.open()
        let (octets, branch) = bed.wire(bed.options(phone), over: phone)
        let reply = try await bed.ask(phone, octets: Array("\r\n\r\n".utf8) + octets, branch: branch)
        try await bed.wait(patience) { !$0.station(phone).crlfs.isEmpty }
        try await bed.settle()
        let count = bed.station(phone).crlfs.count
        guard reply.response != nil, count == 1 else {
            return bed.warn(
                "OB-KA-004", "a ping before a request in one segment is not told apart from it",
                saw: "\(counted(count, "pong")); \(reply.line)", expected: "one pong and an answer")
        }
        bed.pass("OB-KA-004", "one pong, and the answer")
    }

    static let pingWhileStreaming = TestCase(
        "keepalive.half-request", "A request that comes in pieces, with a ping behind it, is served", ["OB-KA-004"],
        needs: [.stream], within: .seconds(20), slow: false
    ) { bed throws(CaseStop) in
        let patience = try await bed.needPong()
        let phone = try await bed.open()
        let (octets, branch) = bed.wire(bed.options(phone), over: phone)
        for piece in stride(from: 0, to: octets.count / 2, by: 40) {
            await bed.send(phone, octets: Array(octets[piece..<min(piece + 40, octets.count / 2)]))
            try await bed.wait(.milliseconds(20))
        }
        let early = bed.station(phone).crlfs.count
        let rest = Array(octets[(octets.count / 2)...]) + Array("\r\n\r\n".utf8)
        let reply = try await bed.ask(phone, octets: rest, branch: branch)
        try await bed.wait(patience) { !$0.station(phone).crlfs.isEmpty }
        let strange = bed.station(phone).strange
        guard reply.response != nil, early == 0, bed.station(phone).crlfs.count == 1, strange.isEmpty else {
            return bed.fail(
                "OB-KA-004", "a request in pieces with a ping behind it breaks the stream",
                saw:
                    "\(reply.line); \(counted(bed.station(phone).crlfs.count, "pong")); \(strange.first ?? "nothing else")",
                expected: "an answer, then one pong")
        }
        bed.pass("OB-KA-004", "answer and pong, each whole")
    }

    static let staysOpen = TestCase(
        "keepalive.stays-open", "A connection stays open for 32 s after the last message", ["OB-KA-020"],
        needs: [.stream], within: .seconds(40)
    ) { bed throws(CaseStop) in
        let phone = try await bed.open()
        _ = try bed.needAnswer(try await bed.ask(phone, bed.options(phone)), to: "OPTIONS")
        let start = bed.now
        try await bed.wait(.seconds(32)) { $0.station(phone).loss != nil }
        guard let lost = bed.station(phone).lostAt else { return bed.pass("OB-KA-020", "open for 32 s") }
        let seconds = DecimalSeconds.text((lost - start).inNanoseconds, places: 1)
        bed.warn(
            "OB-KA-020", "the server closes a connection while a transaction may last",
            saw: "closed \(seconds) s after the last message", expected: "open for 32 s")
    }
}

extension TestBed {
    /// What one ping brought: at once, late, or nothing.
    mutating func judge(_ pong: Pong, _ requirement: Requirement.ID) {
        guard let delay = pong.delay else {
            return fail(
                requirement, "a ping gets no pong", saw: "nothing in 10.5 s", expected: "CRLF at once", "DX-KA-03")
        }
        let seconds = DecimalSeconds.text(delay.inNanoseconds, places: 3)
        if delay > .seconds(10) {
            fail(
                requirement, "the pong comes after the phone has given the flow up", saw: "\(seconds) s",
                expected: "at once")
        } else if delay > .seconds(1) {
            warn(requirement, "the pong comes late", saw: "after \(seconds) s", expected: "at once")
        } else {
            pass(requirement, "pong after \(seconds) s")
        }
    }
}
