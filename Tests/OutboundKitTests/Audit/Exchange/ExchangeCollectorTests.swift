import Testing

@testable import OutboundKit

/// Exchanges of whole captures, judged beside the ledger's rules.
@Suite struct ExchangeCollectorTests {
    private static let folder =
        #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined() + "/Fixtures/Captures/"

    /// What real software is held to have broken beyond what the ledger judges, each looked at by hand.
    private static let broken: [String: Set<String>] = [
        "bs_udp_439.pcap": ["OB-EP-005"], "sof_udp_tcp.pcap": ["OB-SIP-004"],
    ]

    @Test(arguments: [
        "bs_lossy_ft25.pcap", "bs_rotated_all.pcap", "bs_snaplen96.pcap", "bs_tcp_2flow_oneloss.pcap",
        "bs_tcp_500_retry.pcap", "bs_tcp_edge_early_close.pcap", "bs_tcp_norequire.pcap", "bs_tcp_rst.pcap",
        "bs_tcp_slow_pong.pcap", "bs_tcp_udp_ft30_nano.pcapng", "bs_tcp_udp_msgs_ft20.pcap", "bs_tls_ft15_nokeys.pcap",
        "bs_udp_2flow_edge2_killed.pcap", "bs_udp_439.pcap", "bs_udp_nat_short_inside.pcap",
        "bs_udp_nat_short_natbox_any.pcap", "bs_udp_nat_short_outside.pcap", "bs_udp_noedge.pcap",
        "bs_udp_stun_error.pcap", "lin_tcp_ft20.pcap", "lin_udp_tcp_ft36.pcap", "pj_tcp_ft20.pcap", "pj_udp_ft20.pcap",
        "raw_tcp_framing.pcap", "raw_udp_frag.pcap", "sipp_tcp_reg.pcap", "sof_udp_tcp.pcap",
    ]) func noFalseFail(_ name: String) throws {
        let list = try judge(name)
        var failed: Set<String> = []
        for finding in list.findings where finding.verdict == .fail {
            guard let id = finding.requirement, Judge.exchangeRequirements.contains(id) else { continue }
            // Kamailio 5.6.3 signs with a key that everybody knows.
            if id != "OB-TOK-001" { failed.insert(id.text) }
        }
        #expect(failed == Self.broken[name] ?? [])
        // One verdict a requirement and flow, whoever gave it.
        var seen: Set<String> = []
        for finding in list.findings {
            guard let id = finding.requirement, Judge.exchangeRequirements.contains(id) else { continue }
            #expect(seen.insert("\(finding.subject) \(id)").inserted, "\(finding)")
        }
    }

    private func judge(_ name: String) throws -> FindingList {
        var pipeline = CapturePipeline(sink: AuditSink(judgesExchanges: true))
        try pipeline.read(path: Self.folder + name)
        pipeline.finish()
        pipeline.sink.finish()
        return Judge().judge(pipeline.sink, keeping: .all)
    }

    @Test func ledgerAndExchangesShareNoRequirement() {
        #expect(Set(Judge.requirements).isDisjoint(with: Judge.exchangeRequirements))
        #expect(Judge.exchangeRequirements.count > 40)
    }

    @Test func selectionHoldsForExchanges() throws {
        var sink = AuditSink(judgesExchanges: true)
        try Timeline.tcp(Timeline.registered(timer: 20)).play(into: &sink)
        sink.finish()
        let list = Judge(RuleSelection(only: ["OB-INST-*"])).judge(sink, keeping: .all)
        #expect(!list.findings.isEmpty)
        #expect(list.findings.allSatisfy { $0.requirement?.group == "OB-INST" })
        #expect(RuleSelection.unmatched(["OB-INST-*"]) == ["OB-INST-*"])
        #expect(RuleSelection.unmatched(["OB-INST-*"], withExchanges: true).isEmpty)
    }

    /// A violation in one of many registrations is the flow's verdict; the refreshes around it change nothing.
    @Test(arguments: [2, 30, 40]) func oneBadRegistrationCounts(_ bad: Int) throws {
        var sink = AuditSink(judgesExchanges: true)
        var moments: [(Double, Timeline.Moment)] = []
        for number in 1...40 {
            let time = Double(number) * 10
            // Other words each time, so that each could be judged.
            let more = number == bad ? ["Flow-Timer: 20, 30"] : ["Require: outbound", "Flow-Timer: \(20 + number)"]
            moments += [
                (time, .register(regID: 1, callID: "a", cseq: number, expires: 600)),
                (time + 0.1, .answer(200, more, cseq: number, callID: "a")),
            ]
        }
        try Timeline.tcp(moments).play(into: &sink)
        sink.finish()
        let list = Judge().judge(sink, keeping: .all)
        let judged = list.findings.filter { Judge.exchangeRequirements.contains($0.requirement ?? "") }
        #expect(!judged.isEmpty)
        let standing = try #require(sink.exchanges?[FlowID(0)])
        // Beyond the sixteenth only the latest is judged.
        let index = try #require(ExchangeRules.all.firstIndex { $0.requirement == "OB-REG-017" })
        let isSeen = bad <= RegistrationExchangeCollector.maximumJudged || bad == 40
        #expect((standing.standing(index) <= .warn) == isSeen, "\(standing.standing(index))")
    }

    /// What a user agent did stands in its request, and what a server did in its answer.
    @Test func evidenceIsWhereTheFaultIs() throws {
        var sink = AuditSink(judgesExchanges: true)
        let request = """
            REGISTER sip:example.com SIP/2.0\r
            Via: SIP/2.0/TCP 192.0.2.7:40000;branch=z9hG4bKa1;rport\r
            From: <sip:alice@example.com>;tag=1\r
            To: <sip:alice@example.com>\r
            Call-ID: a\r
            CSeq: 1 REGISTER\r
            Supported: path, outbound\r
            Contact: <sip:alice@192.0.2.7>;reg-id=1;+sip.instance="urn:uuid:00000000-0000-1000-8000-000a95a0e128"\r
            Content-Length: 0\r
            \r

            """
        let moments: [(Double, Timeline.Moment)] = [
            (10, .text(request, .fromClient)), (10.5, .answer(200, ["Flow-Timer: 20, 30"], cseq: 1, callID: "a")),
        ]
        try Timeline.tcp(moments).play(into: &sink)
        sink.finish()
        let list = Judge().judge(sink, keeping: .all)
        for (id, time, frame) in [("OB-INST-006", 10.0, UInt64(2)), ("OB-REG-017", 10.5, 3)] {
            let finding = try #require(list.findings.first { $0.requirement?.text == id && !$0.evidence.isEmpty })
            #expect(finding.evidence[0].time == Timestamp(seconds: time), "\(id)")
            #expect(finding.evidence[0].frame == frame, "\(id)")
        }
    }

    /// A challenge is met by one retry; refreshes and the removal come later, and are no retries of it.
    @Test func refreshesAnswerNoChallenge() throws {
        var sink = AuditSink(judgesExchanges: true)
        let challenge = ["WWW-Authenticate: Digest realm=\"example.com\", nonce=\"n\", algorithm=MD5, qop=\"auth\""]
        var moments: [(Double, Timeline.Moment)] = []
        for (cseq, time, status) in [(1, 1.0, 401), (2, 1.1, 200), (3, 50, 200), (4, 100, 401), (5, 100.1, 200)] {
            moments += [
                (
                    time,
                    [2, 5].contains(cseq)
                        ? .authorized(cseq: cseq, callID: "a")
                        : .register(regID: 1, callID: "a", cseq: cseq, expires: 600)
                ),
                (
                    time + 0.05,
                    .answer(status, status == 401 ? challenge : ["Require: outbound"], cseq: cseq, callID: "a")
                ),
            ]
        }
        try Timeline.tcp(moments).play(into: &sink)
        sink.finish()
        let list = Judge().judge(sink, keeping: .all)
        for id in ["OB-AUTH-001", "OB-SIP-005"] {
            let verdicts = list.findings.filter { $0.requirement?.text == id }.map(\.verdict)
            #expect(verdicts == [.pass], "\(id): \(verdicts)")
        }
    }

    @Test func refreshesAreNotJudgedAgain() throws {
        let one = try signature(cseq: 1, expires: 600, granted: "expires=598")
        #expect(try signature(cseq: 2, expires: 600, granted: "expires=471") == one)
        #expect(try signature(cseq: 2, expires: 300, granted: "expires=300") != one)
        #expect(try signature(cseq: 2, expires: 600, granted: "expires=598;reg-id=x") != one)
    }

    private func signature(cseq: Int, expires: Int, granted: String) throws -> Int {
        let request = try written(
            "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK\(cseq)\r\nTo: <sip:a@example.com>\r\n"
                + "From: <sip:a@example.com>;tag=\(cseq)\r\nCall-ID: x\r\nCSeq: \(cseq) REGISTER\r\n"
                + "Contact: <sip:a@192.0.2.7>\r\nExpires: \(expires)\r\n\r\n")
        let response = try written(
            "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK\(cseq)\r\nTo: <sip:a@example.com>;tag=t\(cseq)\r\n"
                + "From: <sip:a@example.com>;tag=\(cseq)\r\nCall-ID: x\r\nCSeq: \(cseq) REGISTER\r\n"
                + "Contact: <sip:a@192.0.2.7>;\(granted)\r\n\r\n")
        let address = TransportAddress(ip: IPAddress(v4: 1), port: 1)
        return ExchangeSignature.of(
            RegistrationExchange(
                subject: "f1", flow: Flow(transport: .udp, local: address, remote: address), request: request,
                sent: .zero, response: response, ended: .zero))
    }

    @Test func oneExchangeThatShowsItIsEnough() {
        let order: [ExchangeStanding] = [.fail, .warn, .info, .pass, .unknown, .skipped, .none]
        #expect(order == order.sorted())
    }
}
