import Testing

@testable import OutboundKit

/// Every message of real phones and proxies in the captures: what is called a violation there was looked at by hand, and is one.
@Suite struct CapturedMessagesTests {
    struct Messages: FlowEventSink {
        var distinct: Set<[UInt8]> = []

        mutating func observe(_ event: borrowing FlowEvent) {
            if case .sip(let message) = event.what { distinct.insert(message.bytes) }
        }

        mutating func end(_ flow: FlowID, at: Timestamp) {}
    }

    /// A violation that is none would be one line more here: capture, and what is wrong in how it was found.
    private static func violations(in file: String) throws -> [String] {
        var pipeline = CapturePipeline(sink: Messages(), secrets: try RealCaptureTests.secrets(of: file))
        try pipeline.read(path: RealCaptureTests.path(file))
        pipeline.finish()
        let examiner = FlowTokenExaminer(keys: FlowTokenKeyRing([]))
        var found: Set<String> = []
        for octets in pipeline.sink.distinct {
            let inspection = Inspection(octets, subject: file, context: Inspection.Context(), examiner: examiner)
            for piece in inspection.malformed {
                found.insert("\(file): \(piece.rule)\(piece.isTolerated ? " tolerated" : "")")
            }
            for finding in inspection.findings where finding.verdict == .fail || finding.verdict == .warn {
                found.insert("\(file): \(finding.requirement?.text ?? "") \(finding.message.prefix(60))")
            }
            for token in inspection.tokens where token.assessment.isViolation {
                found.insert("\(file): token \(token.assessment.weaknesses.map(\.rawValue).joined(separator: " "))")
            }
        }
        return found.sorted()
    }

    /// Kamailio 5.6.3 ignores its secret, so that each of its tokens can be forged.
    private static let ofKamailio = ["OB-TOK-001 attackers can make tokens", "token kamailio-secret-ignored"]

    /// The rest: an edge without the outbound module, a softphone that registers with a user in the Request-URI, and a
    /// request without Max-Forwards.
    private static let others = [
        "bs_udp_439.pcap: OB-EP-002 the first hop's Path URI has no place for a flow token",
        "bs_udp_439.pcap: OB-EP-005 the first hop's Path URI lacks ob",
        "sof_udp_tcp.pcap: Max-Forwards tolerated",
        "sof_udp_tcp.pcap: OB-SIP-004 the Request-URI has a user part",
    ]

    @Test func noViolationIsFalse() throws {
        var unexpected: [String] = []
        for capture in try RealCaptureTests.captures() {
            unexpected += try Self.violations(in: capture.file).filter { line in
                !Self.ofKamailio.contains { line.contains($0) }
            }
        }
        #expect(unexpected.sorted() == Self.others)
    }
}
