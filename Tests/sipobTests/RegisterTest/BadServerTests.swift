import Foundation
import Testing

/// The suite, the load client and flow-timer against servers that answer, and never what was asked: a clear reason, soon,
/// and in little memory.
@Suite struct BadServerTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        /// What the suite says on standard error.
        let suite: String
        let answers: @Sendable (SIPAnswerer.Request) -> [SIPAnswerer.Reply]
        var testDescription: String { name }
    }

    private static let silence = "the first REGISTER: no final response in "

    static let rows: [Row] = [
        Row(name: "10,000 provisional answers", suite: silence) { request in
            (0..<10_000).map { request.answer("183 Session Progress \($0)") }
        },
        Row(name: "answers to other transactions", suite: silence) { request in
            [request.answer("200 OK", to: { $0.replacingOccurrences(of: "branch=z9hG4bK", with: "branch=z9hG4bKx") })]
        },
        Row(name: "half an answer", suite: silence) { _ in
            [.text("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP ")]
        },
        Row(name: "garbage", suite: "what came was") { _ in [.bytes([0xFF, 0xFE, 0x00, 0x41, 0x0D, 0x0A])] },
        Row(name: "requests of its own", suite: silence) { request in
            (0..<200).map { number in
                .text(
                    "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK\(number)\r\n"
                        + "From: <sip:a@b>;tag=1\r\nTo: <sip:b@c>\r\nCall-ID: \(number)\r\nCSeq: 1 OPTIONS\r\n"
                        + "Content-Length: 0\r\n\r\n")
            }
        },
        Row(name: "redirects in a circle", suite: "was refused: 302 Moved Temporarily") { request in
            [request.answer("302 Moved Temporarily", ["Contact: <sip:alice@127.0.0.1>"])]
        },
        Row(name: "challenges in a circle", suite: "the password is not what the server expects") { request in
            [
                request.answer(
                    "401 Unauthorized",
                    ["WWW-Authenticate: Digest realm=\"r\", nonce=\"\(request.number)\", stale=true, qop=\"auth\""])
            ]
        },
        Row(name: "ever longer lifetimes", suite: "was refused: 423 Interval Too Brief") { request in
            [request.answer("423 Interval Too Brief", ["Min-Expires: \(3600 + request.number)"])]
        },
    ]

    @Test(arguments: Self.rows, [SIPAnswerer.Transport.udp, .tcp])
    func suiteGivesUpWithAReason(_ row: Row, _ transport: SIPAnswerer.Transport) async throws {
        let answerer = try SIPAnswerer(transport, row.answers)
        let result = try await RegisterTestBench().run(answerer, ["--suite", "--timeout", "1"], password: "x")
        #expect(result.status == 2, "\(result.output)")
        #expect(result.errors.contains(row.suite), "\(result.errors)")
        // Who has said anything that is no refusal may have bound what was asked for, and that is told too.
        let reasons = result.errors.split(separator: "\n").count { !$0.contains("may remain") }
        #expect(reasons == 1, "\(result.errors)")
        #expect(answerer.registers.count < 10)
    }

    @Test(arguments: Self.rows.filter { $0.suite.contains("refused") || $0.suite.contains("password") })
    func flowsAreRefusedWithTheCause(_ row: Row) async throws {
        let answerer = try SIPAnswerer(.tcp, row.answers)
        let result = try await RegisterTestBench().run(
            answerer, ["--flows", "5", "--ramp", "100", "--hold", "1"], password: "x")
        #expect(result.status == 2, "\(result.output)")
        #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
        #expect(result.output.contains("removed 0 bindings"))
        // RFC 5626 §4.5: nobody hammers a server that refuses.
        #expect(answerer.registers.count < 30)
    }
}
