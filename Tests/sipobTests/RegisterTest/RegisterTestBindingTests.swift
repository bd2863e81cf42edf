import Foundation
import Testing

/// What `register-test` says of the binding: whether there is one, and whether it is gone in the end.
@Suite struct RegisterTestBindingTests {
    private func json(
        _ answerer: SIPAnswerer, _ more: [String] = [], password: String? = nil
    ) async throws -> (status: Int32, registered: Bool?, binding: String?) {
        let result = try await RegisterTestBench().run(
            answerer, ["--json", "--no-keep-alive"] + more, password: password)
        #expect(try JSONSchema.faults(of: result, command: "register-test") == [])
        let document = try JSONSerialization.jsonObject(with: Data(result.outputBytes)) as? [String: Any]
        let part = document?["result"] as? [String: Any]
        return (result.status, part?["registered"] as? Bool, part?["binding"] as? String)
    }

    /// The own Contact of the request with other seconds.
    private static func listed(_ request: SIPAnswerer.Request, _ seconds: Int) -> SIPAnswerer.Reply {
        let contact = request.header("Contact").replacingOccurrences(
            of: "expires=[0-9]+", with: "expires=\(seconds)", options: .regularExpression)
        return request.answer("200 OK", ["Require: outbound", "Contact: \(contact)"])
    }

    /// RFC 3261 §10.2.2: with no time left it is not bound.
    @Test func noTimeLeftIsNotBound() async throws {
        let script = { @Sendable (request: SIPAnswerer.Request) in [Self.listed(request, 0)] }
        let result = try await RegisterTestBench().run(try SIPAnswerer(.udp, script), ["--no-keep-alive"])
        #expect(result.status == 1 && result.output.contains("FAIL  OB-REG-025"), "\(result.output)")
        #expect(result.output.contains("with no time left: nothing was bound"), "\(result.output)")
        let report = try await json(try SIPAnswerer(.udp, script))
        #expect(report.status == 1 && report.registered == false)
        let kept = try await json(try SIPAnswerer(.udp, script), ["--keep-binding"])
        #expect(kept.binding == "none")
    }

    /// FreeSWITCH may answer a removal with the Contact that it has removed.
    @Test func removedContactWithNoTimeLeftIsGone() async throws {
        let script = { @Sendable (request: SIPAnswerer.Request) in
            [request.removes ? Self.listed(request, 0) : request.granted()]
        }
        let result = try await RegisterTestBench().run(try SIPAnswerer(.udp, script), ["--no-keep-alive", "-v"])
        #expect(result.status == 0 && result.output.contains("PASS  OB-REG-023"), "\(result.output)")
        #expect(!result.output.contains("still listed"), "\(result.output)")
        #expect(try await json(try SIPAnswerer(.udp, script)).binding == "removed")
    }

    /// The report for machines says what the one for people says.
    @Test func bindingThatIsStillListedMayRemain() async throws {
        let answerer = try SIPAnswerer(.udp) { [Self.listed($0, 600)] }
        let report = try await json(answerer)
        #expect(report.status == 1 && report.binding == "may-remain")
    }

    /// A registrar that writes what it sees over our Contact has bound us, by other words.
    @Test func rewrittenContactIsBound() async throws {
        let script = { @Sendable (request: SIPAnswerer.Request) -> [SIPAnswerer.Reply] in
            let fields = request.removes ? [] : ["Contact: <sip:alice@203.0.113.9:40001;ob>;expires=600"]
            let reply = request.answer("200 OK", fields) {
                $0.replacingOccurrences(
                    of: "received=127.0.0.1;rport=[0-9]+", with: "received=203.0.113.9;rport=40001",
                    options: .regularExpression)
            }
            return [reply]
        }
        let result = try await RegisterTestBench().run(try SIPAnswerer(.udp, script), ["--no-keep-alive"])
        #expect(result.status == 1 && !result.output.contains("nothing was bound"), "\(result.output)")
        #expect(result.output.contains("what is listed is not the Contact that was registered"), "\(result.output)")
        let report = try await json(try SIPAnswerer(.udp, script))
        #expect(report.registered == true && report.binding == "removed")
    }

    /// RFC 3261 §10.3 step 7: a registrar that fails with 500 has bound nothing. Behind a proxy that waited in vain
    /// one may have.
    @Test(arguments: [("500 Server Internal Error", "none"), ("504 Server Time-out", "may-remain")])
    func failureOfTheServer(_ status: String, _ binding: String) async throws {
        let script = { @Sendable (request: SIPAnswerer.Request) in [request.answer(status)] }
        let result = try await RegisterTestBench().run(try SIPAnswerer(.udp, script), [])
        #expect(result.status == 1 && result.output.contains("Not registered: \(status)."), "\(result.output)")
        #expect(result.output.contains("may remain") == (binding == "may-remain"), "\(result.output)")
        #expect(try await json(try SIPAnswerer(.udp, script)).binding == binding)
        let suite = try await RegisterTestBench().run(
            try SIPAnswerer(.udp, script), ["--suite", "--only", "registration.outbound"])
        #expect(suite.status == 2 && suite.errors.contains("was refused: "), "\(suite.errors)")
        #expect(suite.errors.contains("may remain") == (binding == "may-remain"), "\(suite.errors)")
    }

    /// Of a list without the own Contact no more is known than that.
    @Test func othersAreListed() async throws {
        let other = "Contact: <sip:alice@192.0.2.9>;expires=600"
        let answerer = try SIPAnswerer(.udp) { [$0.answer("200 OK", ["Require: outbound", other])] }
        let result = try await RegisterTestBench().run(answerer, ["--no-keep-alive"])
        #expect(result.status == 1 && result.output.contains("is not among the bindings"), "\(result.output)")
        #expect(!result.output.contains("nothing was bound"), "\(result.output)")
    }

    private static let challenge = "WWW-Authenticate: Digest realm=\"reg\", nonce=\"n\", qop=\"auth\""

    /// The password is asked for when the binding is there already.
    @Test func challengedRemovalWithoutPassword() async throws {
        let script = { @Sendable (request: SIPAnswerer.Request) in
            [request.removes ? request.answer("401 Unauthorized", [Self.challenge]) : request.granted()]
        }
        let result = try await RegisterTestBench().run(try SIPAnswerer(.udp, script), ["--no-keep-alive"])
        #expect(result.status == 2 && result.errors.contains("the binding was not removed"), "\(result.errors)")
        #expect(result.output.contains("may remain for up to"), "\(result.output)")
        let report = try await json(try SIPAnswerer(.udp, script))
        #expect(report.registered == true && report.binding == "may-remain")
    }

    @Test func refusedCredentialsOfTheRemoval() async throws {
        let answerer = try SIPAnswerer(.udp) { request in
            [request.removes ? request.answer("401 Unauthorized", [Self.challenge]) : request.granted()]
        }
        let result = try await RegisterTestBench().run(answerer, ["--no-keep-alive"], password: "wrong")
        #expect(result.status == 1)
        #expect(result.output.contains("The binding was not removed: user alice or the password"), "\(result.output)")
        #expect(!result.output.contains("Not registered"), "\(result.output)")
        #expect(result.output.contains("may remain for up to"))
    }

    /// The realm that asks in the second place has had no credentials to refuse.
    @Test func secondRealmIsNoRefusal() async throws {
        let answerer = try SIPAnswerer(.udp) { request in
            for realm in ["edge", "reg"] where !request.text.contains("realm=\"\(realm)\"") {
                let challenge = Self.challenge.replacingOccurrences(of: "reg", with: realm)
                return [request.answer("401 Unauthorized", [challenge])]
            }
            return [request.granted()]
        }
        let result = try await RegisterTestBench().run(answerer, ["--no-keep-alive"], password: "x")
        #expect(result.output.contains("A further realm wants to know who this is."), "\(result.output)")
        #expect(!result.output.contains("The credentials were refused."))
    }
}
