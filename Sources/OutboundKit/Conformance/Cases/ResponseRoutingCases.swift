/// Where responses go, what they say of our address, and keep (RFC 3581, RFC 6223, RFC 3261 §18).
extension CaseCatalogue {
    static let responseRouting: [TestCase] = [
        rportFilled, falseSentBy, stunAgrees, nothingRewritten, keepOffered, keepNotOffered, datagramTrailer,
        framed,
    ]

    static let rportFilled = TestCase(
        "answers.rport", "An empty rport is filled in, with received beside it, on each transport", ["OB-RPORT-002"]
    ) { bed throws(CaseStop) in
        for target in bed.plan.targets {
            let phone = try await bed.phone(to: target)
            let reply = try await bed.register(phone)
            _ = try bed.needAnswer(reply, to: "a REGISTER over \(target.transport)")
            bed.judge(reply, "OB-RPORT-002")
        }
    }

    static let falseSentBy = TestCase(
        "answers.false-sent-by", "The response comes back over the flow, whatever Via says", ["OB-RPORT-003"],
        needs: [.datagram]
    ) { bed throws(CaseStop) in
        let phone = try await bed.phone()
        let reply = try await bed.register(phone, within: .seconds(4)) { $0.sentBy = "192.0.2.1:5999" }
        guard reply.response == nil else { return bed.judge(reply, "OB-RPORT-003") }
        let usual = try await bed.register(phone)
        if let stranger = reply.stranger ?? usual.stranger {
            let server = "\(bed.flow(phone).remote)"
            return bed.findings.append(.answeredElsewhere(stranger, not: server, subject: bed.subject))
        }
        guard usual.response != nil else { throw .unknown(.cut, "an ordinary REGISTER got no answer either") }
        bed.fail(
            "OB-RPORT-003", "the response does not come back to where the request came from",
            saw: "no answer in 4 s with a Via of 192.0.2.1:5999;rport", expected: "the answer on the flow", "DX-NAT-01")
    }

    static let stunAgrees = TestCase(
        "answers.stun-and-sip", "STUN and SIP on one flow see the same address of ours", ["OB-RPORT-002"],
        needs: [.datagram]
    ) { bed throws(CaseStop) in
        let phone = try await bed.phone()
        let (id, writer) = bed.stunRequest()
        let message = try await bed.stun(phone, writer.message, id, sends: 2)
        guard let mapped = message?.xorMappedAddress ?? message?.plainMappedAddress else {
            throw .skipped("the server answers no STUN")
        }
        let reply = try await bed.register(phone)
        _ = try bed.needAnswer(reply, to: "a REGISTER")
        var exchange = reply.exchange(subject: bed.subject, firstHop: .unknown)
        exchange.mappedAddress = mapped
        bed.findings += ExchangeRules.judge(exchange, vantage: .ua).filter { $0.requirement == "OB-RPORT-002" }
    }

    /// An application-level gateway rewrites what it takes for the private address of a phone. Without a NAT between there
    /// is nothing to rewrite: what comes back changed was changed by somebody else.
    static let nothingRewritten = TestCase(
        "answers.rewritten", "Without a NAT nothing on the way rewrites Via or Contact", ["OB-RPORT-002"],
        needs: [.noNAT]
    ) { bed throws(CaseStop) in
        let (phone, reply) = try await bed.registeredPhone()
        let local = bed.flow(phone).local
        guard let via = try? reply.response?.topVia() else { throw .unknown(.half, "the Via cannot be read") }
        guard via.sentBy == local.description else {
            return bed.warn(
                "OB-RPORT-002", "the Via came back with another address than was sent", saw: "\(via)",
                expected: "sent-by \(local), with the client's address in received and rport alone", "DX-NAT-03")
        }
        guard via.received == local.ip.description, via.rport == .value(String(local.port)) else {
            throw .unknown(.configuration, "the server sees us as another: a NAT, or no rport: \(via)")
        }
        guard let own = reply.contacts(bed.plan.instance, 1).first?.uri else {
            throw .unknown(.half, "the own Contact did not come back")
        }
        guard bed.station(phone).identity?.contactURI.contains("@\(own.host)") == true else {
            return bed.warn(
                "OB-RPORT-002", "the Contact came back with another address, though no NAT stands between",
                saw: "\(own)", expected: bed.station(phone).identity?.contactURI ?? "", "DX-NAT-03")
        }
        // A Contact that is the flow's own address shows nothing of a server that writes that address into it.
        let elsewhere = "192.0.2.77"
        let moved = try await bed.register(phone) { $0.contacts[0].uri = "sip:elsewhere@\(elsewhere):5099;ob" }
        try bed.needSuccess(moved, to: "a REGISTER whose Contact names another address")
        // A registrar that goes by URIs lists the one before beside it (RFC 3261 §10.3).
        let listed = moved.contacts(bed.plan.instance, 1).compactMap(\.uri)
        guard !listed.contains(where: { $0.host == elsewhere }) else {
            return bed.pass("OB-RPORT-002", "Via and Contact came back as they were sent")
        }
        let before = reply.contacts(bed.plan.instance, 1).compactMap(\.uri)
        let new = listed.first { !before.contains($0) }
        guard let kept = new ?? (moved.grantsOutbound ? listed.first : nil) else {
            throw .unknown(.configuration, "the Contact that names another address is not listed")
        }
        bed.warn(
            "OB-RPORT-002", "a Contact is replaced by the address that the server sees", saw: "\(kept)",
            expected: "sip:elsewhere@\(elsewhere):5099;ob", "DX-NAT-03",
            advice: "Leave Contact as it is: the flow leads back. Kamailio: no fix_nated_contact() on REGISTER.")
    }

    static let keepOffered = TestCase(
        "answers.keep", "keep in Via is taken up with a number, that of Flow-Timer where there is one",
        ["OB-KEEP-002", "OB-KEEP-006"]
    ) { bed throws(CaseStop) in
        let phone = try await bed.phone()
        let reply = try await bed.register(phone) { $0.viaParameters = ["rport", "keep"] }
        _ = try bed.needAnswer(reply, to: "a REGISTER with keep")
        bed.judge(reply, "OB-KEEP-002", "OB-KEEP-006")
    }

    static let keepNotOffered = TestCase(
        "answers.keep-unasked", "keep is a matter of one hop: none where none was offered, and others' stays as it is",
        ["OB-KEEP-003", "OB-KEEP-009"]
    ) { bed throws(CaseStop) in
        let phone = try await bed.proxied()
        let via = bed.phoneVia(";keep")
        let reply = try await bed.register(phone, behind: ["<sip:first.invalid;lr;ob>"]) { $0.lowerVias = [via] }
        let response = try bed.needAnswer(reply, to: "a REGISTER whose lower Via has keep")
        bed.judge(reply, "OB-KEEP-003")
        guard let lower = (try? response.vias())?.last, lower.branch != nil, (try? response.vias())?.count == 2 else {
            return bed.unknown("OB-KEEP-009", .half, "the lower Via did not come back")
        }
        guard lower.keep == .empty else {
            return bed.warn(
                "OB-KEEP-009", "the keep of another hop was answered", saw: "Via: \(lower)",
                expected: "keep as it was in that Via")
        }
        bed.pass("OB-KEEP-009", "the other hop's keep came back as it was")
    }

    static let datagramTrailer = TestCase(
        "answers.datagram-trailer", "Octets behind Content-Length in a datagram are dropped", ["OB-SIP-003"],
        needs: [.datagram]
    ) { bed throws(CaseStop) in
        let phone = try await bed.phone()
        let trailer = Array("these octets belong to nothing".utf8)
        let reply = try await bed.register(phone, within: .seconds(4)) { $0.trailer = trailer }
        guard !reply.isSuccess else { return bed.pass("OB-SIP-003", "the REGISTER was taken without them") }
        if reply.isTemporary { try bed.needAnswer(reply, to: "a REGISTER with octets behind it") }
        let usual = try await bed.register(phone)
        try bed.needSuccess(usual, to: "an ordinary REGISTER")
        bed.fail(
            "OB-SIP-003", "octets behind Content-Length spoil a datagram", saw: reply.line,
            expected: "they are dropped, and the REGISTER is answered as any other")
    }

    /// A message that has none ends nowhere; what the server answers at once and what it passes on may differ in that.
    static let framed = TestCase(
        "answers.framing", "Each message on a stream has a Content-Length", ["OB-SIP-003"], needs: [.stream]
    ) { bed throws(CaseStop) in
        let (phone, _) = try await bed.registeredPhone()
        _ = try await bed.ask(phone, bed.call("OPTIONS", to: bed.plan.registrar.description))
        _ = try await bed.register(phone) { $0.require = ["x-none"] }
        _ = try await bed.messageToUser()
        let strange = bed.stations.values.flatMap(\.strange)
        guard let broken = strange.first(where: { $0.contains("Content-Length") }) else {
            return bed.pass("OB-SIP-003", "all messages that came could be told from what follows them")
        }
        bed.fail("OB-SIP-003", "a message on a stream cannot be framed", saw: broken, expected: "Content-Length")
    }
}
