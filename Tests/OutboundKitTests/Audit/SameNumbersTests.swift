import Testing

@testable import OutboundKit

/// Requests that have the same Call-ID and CSeq, and are not the same: only one with the same branch was sent again (RFC 3261
/// §17.2.3).
@Suite struct SameNumbersTests {
    private static func register(branch: String, time: Double) -> (Double, Timeline.Moment) {
        (
            time,
            .text(
                """
                REGISTER sip:example.com SIP/2.0\r
                Via: SIP/2.0/UDP 192.0.2.7:40000;rport;branch=\(branch)\r
                From: <sip:alice@example.com>;tag=1\r
                To: <sip:alice@example.com>\r
                Call-ID: a1\r
                CSeq: 1 REGISTER\r
                Supported: path, outbound\r
                Contact: <sip:alice@192.0.2.7:40000;ob>;reg-id=1;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"\r
                Content-Length: 0\r
                \r

                """, .fromClient)
        )
    }

    private static func answer(_ status: Int, branch: String, time: Double) -> (Double, Timeline.Moment) {
        (
            time,
            .text(
                """
                SIP/2.0 \(status) Whatever\r
                Via: SIP/2.0/UDP 192.0.2.7:40000;branch=\(branch);received=192.0.2.7;rport=40000\r
                To: <sip:alice@example.com>;tag=2\r
                Call-ID: a1\r
                CSeq: 1 REGISTER\r
                \(status == 200 ? "Require: outbound\r\nFlow-Timer: 60\r\n" : "")Content-Length: 0\r
                \r

                """, .fromServer)
        )
    }

    static let rows = [
        RuleRow(
            "OB-SIP-001", "warn", "sent again too soon",
            [.udp([register(branch: "z9hG4bKa", time: 0), register(branch: "z9hG4bKa", time: 0.1)])]),
        RuleRow(
            "OB-SIP-001", nil, "another request",
            [.udp([register(branch: "z9hG4bKa", time: 0), register(branch: "z9hG4bKb", time: 0.1)])]),
    ]

    @Test(arguments: rows) func rule(_ row: RuleRow) throws { try row.check() }

    /// A phone that repeats its CSeq with the credentials, and is granted: the 200 is that of the second.
    @Test func eachHasItsAnswer() throws {
        var ledger = FlowLedger()
        try Timeline.udp([
            Self.register(branch: "z9hG4bKa", time: 0), Self.answer(401, branch: "z9hG4bKa", time: 0.1),
            Self.register(branch: "z9hG4bKb", time: 0.2), Self.answer(200, branch: "z9hG4bKb", time: 0.3),
        ]).play(into: &ledger)
        ledger.finish()
        #expect(ledger.flows[0].registerSuccesses == 1 && ledger.flows[0].everOutbound)
        #expect(!ledger.flows[0].hasUnseenGrant)
    }

    /// Blanks in Via, which a server need not give back.
    @Test(arguments: ["branch=z9hG4bKa", "branch = z9hG4bKa", "BRANCH=z9hG4bKa"])
    func sameKey(parameter: String) throws {
        func key(_ text: String) throws -> Int {
            RegistrationReader.requestKey(
                try written("SIP/2.0 200 OK\r\nVia: \(text)\r\nCall-ID: a\r\nCSeq: 1 REGISTER\r\n\r\n"))
        }
        #expect(try key("SIP/2.0/UDP a;\(parameter);rport") == key("SIP/2.0/UDP a;rport=1;branch=z9hG4bKa, x"))
        #expect(try key("SIP/2.0/UDP a;\(parameter);rport") != key("SIP/2.0/UDP a;rport=1;branch=z9hG4bKab"))
    }
}
