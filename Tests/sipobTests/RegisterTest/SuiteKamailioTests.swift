import Foundation
import Testing

/// What the suite finds of delivery, tokens, failing flows and GRUUs in a real Kamailio pair: neither more nor less than
/// what it is known to do.
@Suite(.needsKamailio, .kamailio()) struct SuiteKamailioTests {
    private struct Document: Decodable {
        struct Case: Decodable {
            let id: String
            let verdict: String
        }
        struct Finding: Decodable {
            let subject: String
            let verdict: String
            let requirement: String?
            let diagnosis: String?
        }
        let cases: [Case]
        let findings: [Finding]
        let left_behind: [String]
    }

    @Test func findsWhatKamailioDoes() async throws {
        let rig = try KamailioRig.current
        let scratch = try ScratchDirectory()
        let edge = "sip:127.0.0.1:\(rig.edgePort)"
        let groups = ["delivery", "dialog", "token", "failure", "gruu"].flatMap { ["--only", $0] }
        let result = try await Program.sipob.run(
            [
                "register-test", "sip:alice@example.com", "--suite", "--json", "--edge", "\(edge);transport=tcp",
                "--edge", edge, "--registrar", "127.0.0.1:\(rig.registrarPort)", "--other-user", "sip:bob@example.com",
            ] + groups, environment: ["XDG_CONFIG_HOME": scratch.path("config")], timeout: .seconds(120))
        #expect(result.status == 1, "\(result.errors)")
        let document = try JSONDecoder().decode(Document.self, from: Data(result.outputBytes))
        func ids(_ verdict: String) -> Set<String> {
            Set(document.cases.filter { $0.verdict == verdict }.map(\.id))
        }
        let always: Set = [
            "delivery.final-answer", "token.forged", "gruu.new-call-id", "gruu.contact", "gruu.no-contact",
        ]
        // That the edge dials the phone shows only where it does so in time; on a busy host a warning is what is left.
        let dialled: Set = [
            "failure.fin", "failure.rst", "failure.token-fin", "failure.token-rst", "failure.only-flow",
            "failure.two-accounts",
        ]
        let malformed: Set = [
            "token.truncated", "token.extended", "token.empty", "token.not-base64", "token.same-port",
        ]
        #expect(ids("fail").isSuperset(of: always) && ids("fail").isSubset(of: always.union(dialled)), "\(ids("fail"))")
        #expect(
            ids("warn").isSuperset(of: malformed) && ids("warn").isSubset(of: malformed.union(dialled)),
            "\(ids("warn"))")
        #expect(!ids("fail").isDisjoint(with: dialled))
        #expect(ids("unknown").isSubset(of: dialled) && ids("skipped").isEmpty, "\(ids("unknown"))")
        #expect(document.left_behind.isEmpty)
        func has(_ id: String, _ requirement: String, _ verdict: String, _ diagnosis: String) -> Bool {
            document.findings.contains {
                $0.subject == id && $0.requirement == requirement && $0.verdict == verdict && $0.diagnosis == diagnosis
            }
        }
        // The call is lost although a second flow lives, and the edge dials the phone instead.
        #expect(has("failure.fin", "OB-AP-002", "warn", "DX-TOK-14"))
        #expect(dialled.contains { has($0, "OB-EP-013", "fail", "DX-TOK-14") })
        #expect(has("token.forged", "OB-TOK-001", "fail", "DX-TOK-01"))
    }
}
