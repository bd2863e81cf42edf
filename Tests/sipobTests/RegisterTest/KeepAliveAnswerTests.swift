import Foundation
import Testing

@testable import OutboundKit
@testable import sipob

/// What register-test makes of keep-alives and silences that look like something else.
@Suite struct KeepAliveAnswerTests {
    private func granted(_ request: SIPAnswerer.Request) -> SIPAnswerer.Reply {
        request.granted(["Supported: path, outbound", "Flow-Timer: 60", "Path: <sip:t@127.0.0.1;lr;ob>"])
    }

    /// CRLFs before a start-line are none of the pong's (RFC 3261 §7.5).
    @Test func crlfBeforeTheNextAnswer() async throws {
        let answerer = try SIPAnswerer(.tcp) { request in
            request.isRegister ? [.text("\r\n"), granted(request)] : [.text("\r\n")]
        }
        let result = try await RegisterTestBench().run(answerer)
        #expect(result.output.contains("Answered by a pong"), "\(result.output)")
        #expect(!result.output.contains("was answered with"), "\(result.output)")
    }

    @Test func twoForOnePing() async throws {
        let answerer = try SIPAnswerer(.tcp) { request in
            request.isRegister ? [granted(request)] : [.text("\r\n\r\n")]
        }
        let result = try await RegisterTestBench().run(answerer)
        #expect(result.output.contains("the ping was answered with 2 CRLFs"), "\(result.output)")
    }

    /// The server has its own keep-alive, and does not answer ours.
    @Test func pingsInsteadOfAPong() async throws {
        let answerer = try SIPAnswerer(.tcp) { request in
            // Our pong stands in front of the next request.
            if request.text.contains("REGISTER ") { return [granted(request)] }
            Thread.sleep(forTimeInterval: 1.5)
            return [.text("\r\n\r\n")]
        }
        let result = try await RegisterTestBench().run(answerer)
        #expect(result.status == 1, "\(result.output)\(result.errors)")
        #expect(result.output.contains("the ping CRLFCRLF got no pong"), "\(result.output)")
        #expect(result.output.contains("only CRLFCRLF (1 time)"), "\(result.output)")
    }

    /// The port has shown that it is the right one.
    @Test func silenceAfterAChallenge() async throws {
        let answerer = try SIPAnswerer(.udp) { request in
            request.text.contains("Authorization:")
                ? [] : [request.answer("401 Unauthorized", [DigestCheck.challenge("MD5")])]
        }
        let result = try await RegisterTestBench().run(answerer, ["--timeout", "1"], password: "x")
        #expect(result.status == 2, "\(result.output)")
        #expect(result.errors.contains("answered before with 401 Unauthorized"), "\(result.errors)")
        #expect(!result.errors.contains("is it the SIP port"), "\(result.errors)")
    }

    /// Where nobody listens any more SIP is not answered either, and to load a STUN module would not help.
    @Test func portThatWentAway() throws {
        let server = try #require(TransportAddress("192.0.2.1:5060"))
        let client = try #require(TransportAddress("192.0.2.7:40000"))
        func finding(_ failure: FlowFailure) throws -> Finding {
            let outcome = KeepAliveOutcome(
                technique: .stun, result: .failed(failure), started: .zero, ended: Timestamp(seconds: 1), sends: 1,
                serverPings: 0)
            let judgement = KeepAliveJudgement(
                outcome: outcome, subject: "s", flow: Flow(transport: .udp, local: client, remote: server),
                reflexive: nil)
            return try #require(judgement.findings.first)
        }
        let gone = try finding(.unreachable)
        #expect(gone.verdict == .unknown(.configuration) && gone.diagnosis == nil && gone.advice == nil)
        #expect(try finding(.stunTimeout).verdict == .fail)
    }

    @Test func adviceOnTLSFitsTheReason() throws {
        let server = try #require(TransportAddress("192.0.2.1:5061"))
        let version = TransportError(TLSFailure.alert(70, isClient: true), .tls, server)
        #expect(version.tlsAdvice.contains("tls_method") && !version.tlsAdvice.contains("--cert"))
        let other = TransportError(TLSFailure.alert(116, isClient: true), .tls, server)
        #expect(other.tlsAdvice.contains("--cert"))
    }
}
