import Testing

@testable import OutboundKit

/// A refusal that says what to correct is no failure of the attempt when that is corrected (RFC 3261 §8.1.3.5, RFC 3329
/// §2.3), and is one when the same comes again.
@Suite struct CorrectionTests {
    private static func refused(_ status: Int, _ more: [String], _ answer: [String]) -> RegisterExchange {
        RegisterExchange(more: more, status: status, answer: answer)
    }

    /// Refused, and tried again 0.3 s later; the answer to that is a failure or a success.
    private static func run(_ first: RegisterExchange, then more: [String], _ status: Int = 200) -> [Timeline] {
        var second = RegisterExchange(more: more, status: status)
        if status >= 300 { second.answer = first.answer }
        return [.tcp(first.at(0) + second.at(0.3, cseq: 2))]
    }

    private static let unsupported = ["Unsupported: outbound"]
    private static let agreement = ["Require: sec-agree", "Proxy-Require: sec-agree"]
    private static let servers = ["Security-Server: tls;q=0.1"]

    @RuleRows static var rows: [RuleRow] {
        RuleRow(
            "OB-REC-006", nil, "420, and Require left out",
            run(refused(420, ["Require: outbound"], unsupported), then: []))
        RuleRow(
            "OB-REC-006", nil, "420, and Proxy-Require left out",
            run(refused(420, ["Proxy-Require: outbound"], unsupported), then: []))
        RuleRow(
            "OB-REC-006", nil, "420, and one of two left out",
            run(refused(420, ["Require: outbound, path"], unsupported), then: ["Require: path"]))
        RuleRow(
            "OB-REC-006", "fail", "420, and the same again",
            run(refused(420, ["Require: outbound"], unsupported), then: ["Require: outbound"], 420))
        RuleRow(
            "OB-REC-006", nil, "494, and an agreement",
            run(refused(494, agreement, servers), then: agreement + ["Security-Verify: tls;q=0.1"]))
        RuleRow(
            "OB-REC-006", "fail", "494, and the same again", run(refused(494, agreement, servers), then: agreement, 494)
        )
        RuleRow(
            "OB-REC-006", "fail", "another refusal, in other words at once",
            run(refused(500, ["Require: outbound"], []), then: []))
    }

    @Test(arguments: rows)
    func row(_ row: RuleRow) throws { try row.check() }
}
