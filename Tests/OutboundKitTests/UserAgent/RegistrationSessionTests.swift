import Testing

@testable import OutboundKit

private let credentials = DigestAuthenticator(username: "alice", password: Password(Array("s3cret".utf8)))
private let challenge = #"WWW-Authenticate: Digest realm="example.com", nonce="abc", qop="auth""#

@Suite struct RegistrationSessionTests {
    @Test func requestIsWhatRFC5626AsksFor() throws {
        var rehearsal = try Rehearsal()
        rehearsal.command(.register)
        let request = try #require(rehearsal.sent.first)
        let contact = try #require(try request.contacts().first)
        #expect(request.method == .register)
        #expect(request.text(request.requestURI) == "sip:example.com")
        #expect(request.optionTags(in: .supported) == ["path", "outbound", "gruu"])
        #expect(contact.uri?.hasParameter("ob") == true)
        #expect(contact.regID == "1")
        #expect(contact.instance == "<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>")
        #expect(try request.topVia()?.rport == .empty)
        #expect(try request.nameAddrs(.route).first?.uri.host == "edge.example.com")
        #expect(request.integer(.maxForwards) == 70)
        #expect(request.first(.authorization) == nil)
    }

    @Test func bindKeepAliveAndRemove() throws {
        var rehearsal = try Rehearsal()
        rehearsal.command(.register)
        rehearsal.receive(try rehearsal.granted(["Flow-Timer: 20"]))
        #expect(rehearsal.session.mayBeBound)
        rehearsal.command(.unregister)
        let removal = try #require(rehearsal.sent.last)
        #expect(try removal.contacts().first?.expires == 0)
        #expect(try removal.contacts().first?.regID == "1")
        #expect(try removal.cseq()?.number == 2)
        #expect(removal.callID.map(removal.text) == rehearsal.sent[0].callID.map(rehearsal.sent[0].text))
        rehearsal.receive(try rehearsal.answer("200 OK"))
        #expect(!rehearsal.session.mayBeBound)
        rehearsal.command(.leave)
        #expect(rehearsal.isClosed)
        #expect(rehearsal.states == [.registering, .registered, .unregistering, .unregistered])
    }

    @Test func challengeIsAnsweredAtOnceOnTheSameFlow() throws {
        var rehearsal = try Rehearsal(authenticator: credentials)
        rehearsal.command(.register)
        rehearsal.receive(try rehearsal.answer("401 Unauthorized", [challenge]))
        #expect(rehearsal.sent.count == 2)
        #expect(rehearsal.sent[1].first(.authorization) != nil)
        #expect(try rehearsal.sent[1].cseq()?.number == 2)
        #expect(try rehearsal.sent[0].topVia()?.branch != rehearsal.sent[1].topVia()?.branch)
        rehearsal.receive(try rehearsal.granted())
        rehearsal.command(.unregister)
        let field = try #require(rehearsal.sent.last?.first(.authorization))
        #expect(rehearsal.sent.last?.text(field.value).contains("nc=00000002") == true)
        #expect(rehearsal.states == [.registering, .challenged, .registered, .unregistering])
    }

    @Test func wrongPasswordEndsAfterOneTry() throws {
        var rehearsal = try Rehearsal(authenticator: credentials)
        rehearsal.command(.register)
        rehearsal.receive(try rehearsal.answer("401 Unauthorized", [challenge]))
        rehearsal.receive(try rehearsal.answer("401 Unauthorized", [challenge]))
        guard case .authentication(.rejected, _) = rehearsal.lastFailure else {
            Issue.record("ended otherwise: \(String(describing: rehearsal.lastFailure))")
            return
        }
        #expect(rehearsal.sent.count == 2)
        #expect(!rehearsal.session.mayBeBound)
    }

    /// RFC 3261 §10.3 step 7: a registrar that fails has bound nothing. A proxy that waited in vain does not know.
    @Test(arguments: [
        ("500 Server Internal Error", false), ("503 Busy", false), ("504 Timeout", true), ("408 Timeout", true),
    ])
    func failureOfTheServer(_ status: String, _ mayBeBound: Bool) throws {
        var rehearsal = try Rehearsal()
        rehearsal.command(.register)
        rehearsal.receive(try rehearsal.answer(status))
        #expect(rehearsal.session.mayBeBound == mayBeBound)
        guard case .failed(.refused, let remains)? = rehearsal.events.last else {
            Issue.record("ended otherwise: \(String(describing: rehearsal.events.last))")
            return
        }
        #expect((remains != nil) == mayBeBound)
    }

    @Test func challengesInCirclesEnd() throws {
        var rehearsal = try Rehearsal(authenticator: credentials)
        rehearsal.command(.register)
        for round in 0..<100 where rehearsal.session.state != .failed {
            let stale = challenge.replacing("abc", with: "n\(round)") + ", stale=true"
            rehearsal.receive(try rehearsal.answer("401 Unauthorized", [stale]))
        }
        #expect(rehearsal.session.state == .failed)
        #expect(rehearsal.sent.count <= RegistrationSession.Limits.requests)
    }

    @Test func credentialsMayComeLater() throws {
        var rehearsal = try Rehearsal()
        rehearsal.command(.register)
        rehearsal.receive(
            try rehearsal.answer(
                "407 Proxy Authentication Required",
                [
                    challenge.replacing("WWW-", with: "Proxy-")
                ]))
        #expect(rehearsal.sent.count == 1)
        rehearsal.run(until: 60_000)
        rehearsal.command(.credentials(credentials))
        #expect(rehearsal.sent.count == 2)
        #expect(rehearsal.sent[1].first(.proxyAuthorization) != nil)
    }

    /// The password comes late, and to a removal: what is sent with it is the removal, and nothing else.
    @Test func credentialsForTheRemovalRemove() throws {
        var rehearsal = try Rehearsal()
        rehearsal.command(.register)
        rehearsal.receive(try rehearsal.granted())
        rehearsal.command(.unregister)
        rehearsal.receive(try rehearsal.answer("401 Unauthorized", [challenge]))
        guard case .credentialsWanted(_, remains: .some) = rehearsal.events.last else {
            Issue.record("what stays bound is not told: \(String(describing: rehearsal.events.last))")
            return
        }
        rehearsal.command(.credentials(credentials))
        #expect(rehearsal.sent.count == 3 && rehearsal.sent[2].first(.authorization) != nil)
        #expect(try rehearsal.sent[2].contacts().first?.expires == 0)
        rehearsal.receive(try rehearsal.answer("200 OK"))
        #expect(rehearsal.session.state == .unregistered && !rehearsal.session.mayBeBound)
    }

    @Test func tooBriefIsLengthenedAndBounded() throws {
        var rehearsal = try Rehearsal()
        rehearsal.command(.register)
        rehearsal.receive(try rehearsal.answer("423 Interval Too Brief", ["Min-Expires: 1800"]))
        #expect(try rehearsal.sent[1].contacts().first?.expires == 1800)
        rehearsal.receive(try rehearsal.answer("423 Interval Too Brief", ["Min-Expires: 3600"]))
        rehearsal.receive(try rehearsal.answer("423 Interval Too Brief", ["Min-Expires: 7200"]))
        #expect(rehearsal.sent.count == 3)
        #expect(rehearsal.session.state == .failed)
    }

    @Test(arguments: [[], ["Min-Expires: 600"], ["Min-Expires: 99999999999"], ["Min-Expires: x"]])
    func uselessMinExpiresEnds(_ fields: [String]) throws {
        var rehearsal = try Rehearsal()
        rehearsal.command(.register)
        rehearsal.receive(try rehearsal.answer("423 Interval Too Brief", fields))
        #expect(rehearsal.sent.count == 1)
        #expect(rehearsal.session.state == .failed)
    }

    @Test(arguments: [
        "302 Moved", "403 Forbidden", "420 Bad Extension", "439 First Hop Lacks Outbound Support", "503 No",
    ])
    func otherAnswersEnd(_ status: String) throws {
        var rehearsal = try Rehearsal()
        rehearsal.command(.register)
        rehearsal.receive(try rehearsal.answer(status))
        guard case .refused(let message) = rehearsal.lastFailure else {
            Issue.record("ended otherwise")
            return
        }
        #expect(message.statusCode == UInt16(status.prefix(3)))
        #expect(!rehearsal.session.mayBeBound)
        #expect(rehearsal.sent.count == 1)
    }

    @Test func silenceEndsAtTimerF() throws {
        var rehearsal = try Rehearsal()
        rehearsal.command(.register)
        rehearsal.run(until: 100_000)
        #expect(
            rehearsal.wire.map(\.milliseconds)
                == [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500])
        guard case .timedOut(let sends, false) = rehearsal.lastFailure else {
            Issue.record("ended otherwise")
            return
        }
        #expect(sends == 11)
        #expect(rehearsal.session.deadline == nil)
        #expect(rehearsal.session.mayBeBound)
    }

    @Test func foreignAnswersAreLeftAside() throws {
        var rehearsal = try Rehearsal()
        rehearsal.command(.register)
        rehearsal.receive(try rehearsal.answer("200 OK", branch: "z9hG4bKother"))
        rehearsal.receive(try rehearsal.answer("200 OK", callID: "other"))
        rehearsal.receive(try rehearsal.answer("200 OK", cseq: "7 REGISTER"))
        rehearsal.receive(try rehearsal.answer("200 OK", ["Via: SIP/2.0/UDP 1.2.3.4;branch=x"]))
        rehearsal.receive("SIP/2.0 200 OK\r\n\r\n")
        rehearsal.receive([])
        rehearsal.receive("\r\n\r\n")
        rehearsal.receive([0xFF, 0, 0xFF])
        #expect(rehearsal.session.state == .registering)
        #expect(rehearsal.ignored.count == 8)
        rehearsal.receive(try rehearsal.granted())
        rehearsal.receive(try rehearsal.granted())
        #expect(rehearsal.session.state == .registered)
        #expect(rehearsal.ignored.last == .earlierTransaction)
    }

    /// Only what answers the request at hand is called its answer, and none is taken for one.
    @Test func answersWithoutContentLength() throws {
        var rehearsal = try Rehearsal(transport: .tcp)
        rehearsal.command(.register)
        func bare(_ text: String) -> String { text.replacing("Content-Length: 0\r\n", with: "") }
        for answer in [
            try rehearsal.answer("200 OK", branch: "z9hG4bKother"), try rehearsal.answer("200 OK", callID: "other"),
            try rehearsal.answer("200 OK", cseq: "7 REGISTER"), try rehearsal.granted(),
        ] { rehearsal.receive(bare(answer)) }
        #expect(rehearsal.session.state == .registering)
        #expect(rehearsal.ignored.map { $0 == .unframed(200) } == [false, false, false, true])
        // The next start-line is a place to go on from.
        rehearsal.receive(try rehearsal.granted())
        #expect(rehearsal.session.state == .registered)
    }

    @Test func floodsAreCountedNotKept() throws {
        var rehearsal = try Rehearsal()
        rehearsal.command(.register)
        for _ in 0..<5000 { rehearsal.receive([0xFF]) }
        let trying = try rehearsal.answer("100 Trying")
        for _ in 0..<5000 { rehearsal.receive(trying) }
        #expect(rehearsal.events.count < 200)
        #expect(rehearsal.session.state == .registering)
    }

    @Test func pongAndPingOnAStream() throws {
        var rehearsal = try Rehearsal(transport: .tcp)
        rehearsal.command(.register)
        rehearsal.receive(try rehearsal.granted())
        rehearsal.command(.keepAlive)
        #expect(rehearsal.wire.last?.bytes == [13, 10, 13, 10])
        rehearsal.now = rehearsal.now + .milliseconds(7)
        rehearsal.receive("\r\n")
        guard case .keptAlive(let outcome) = rehearsal.events.last, case .pong = outcome.result else {
            Issue.record("no pong: \(String(describing: rehearsal.events.last))")
            return
        }
        #expect(outcome.elapsed == .milliseconds(7))
    }

    @Test func missingPongIsKnownAfterTenSeconds() throws {
        var rehearsal = try Rehearsal(transport: .tcp)
        rehearsal.command(.register)
        rehearsal.receive(try rehearsal.granted())
        rehearsal.command(.keepAlive)
        rehearsal.run(until: 9_999)
        #expect(rehearsal.session.deadline == Timestamp(nanoseconds: 10_000_000_000))
        rehearsal.run(until: 10_000)
        guard case .keptAlive(let outcome) = rehearsal.events.last, case .failed(.pongTimeout) = outcome.result else {
            Issue.record("no timeout")
            return
        }
    }

    @Test func stunIsAskedSevenTimes() throws {
        var rehearsal = try Rehearsal()
        rehearsal.command(.register)
        rehearsal.receive(try rehearsal.granted())
        rehearsal.command(.keepAlive)
        rehearsal.run(until: 60_000)
        #expect(rehearsal.wire.dropFirst().map(\.milliseconds) == [0, 500, 1500, 3500, 7500, 15_500, 31_500])
        guard case .keptAlive(let outcome) = rehearsal.events.last, case .failed(.stunTimeout) = outcome.result else {
            Issue.record("no timeout")
            return
        }
        #expect(outcome.elapsed == .milliseconds(39_500))
    }

    @Test func answersInPiecesOnAStream() throws {
        var rehearsal = try Rehearsal(transport: .tcp, authenticator: credentials)
        rehearsal.command(.register)
        for octet in try rehearsal.answer("401 Unauthorized", [challenge]).utf8 { rehearsal.receive([octet]) }
        rehearsal.receive(try "\r\n" + rehearsal.answer("100 Trying") + rehearsal.granted())
        #expect(rehearsal.session.state == .registered)
    }

    @Test func stopRemovesTheBinding() throws {
        var rehearsal = try Rehearsal()
        rehearsal.command(.register)
        rehearsal.receive(try rehearsal.granted())
        rehearsal.command(.keepAlive)
        rehearsal.command(.stop)
        #expect(rehearsal.session.state == .unregistering)
        rehearsal.receive(try rehearsal.answer("200 OK"))
        #expect(rehearsal.session.state == .unregistered)
        rehearsal.run(until: 60_000)
        #expect(rehearsal.session.state == .unregistered)
    }

    @Test func stopWaitsForTheAnswerThatMayBind() throws {
        var rehearsal = try Rehearsal()
        rehearsal.command(.register)
        rehearsal.command(.stop)
        #expect(rehearsal.session.state == .registering)
        rehearsal.receive(try rehearsal.granted())
        #expect(rehearsal.session.state == .unregistering)
        rehearsal.run(until: 60_000)
        guard case .interrupted = rehearsal.lastFailure else {
            Issue.record("not given up")
            return
        }
        #expect(rehearsal.session.mayBeBound)
    }

    /// A registrar that takes its time binds after the user has left: its next request is the removal.
    @Test func stopRemovesWhatASlowServerMayBind() throws {
        var rehearsal = try Rehearsal(transport: .tcp)
        rehearsal.command(.register)
        let late = try rehearsal.granted()
        rehearsal.run(until: 1_000)
        rehearsal.command(.stop)
        rehearsal.run(until: 3_500)
        #expect(rehearsal.session.state == .unregistering)
        let removal = try #require(rehearsal.sent.last)
        #expect(try removal.contacts().first?.expires == 0)
        rehearsal.receive(late)
        #expect(rehearsal.session.state == .unregistering && rehearsal.session.mayBeBound)
        rehearsal.receive(try rehearsal.answer("200 OK"))
        #expect(rehearsal.session.state == .unregistered && !rehearsal.session.mayBeBound)
    }

    @Test func whatReachesNobodyBindsNothing() throws {
        var rehearsal = try Rehearsal()
        rehearsal.command(.register)
        rehearsal.input(.down(FlowID(0), .portUnreachable))
        guard case .failed(.flowLost(.portUnreachable), nil) = rehearsal.events.last else {
            Issue.record("not lost, or thought to be bound")
            return
        }
    }

    @Test func stopAsksForNoPassword() throws {
        var rehearsal = try Rehearsal(transport: .tcp)
        rehearsal.command(.register)
        rehearsal.receive(try rehearsal.granted())
        rehearsal.command(.stop)
        rehearsal.receive(try rehearsal.answer("401 Unauthorized", [challenge]))
        guard case .interrupted = rehearsal.lastFailure else {
            Issue.record("not given up")
            return
        }
        #expect(rehearsal.session.mayBeBound)
    }

    @Test func lostConnectionNamesWhatRemains() throws {
        var rehearsal = try Rehearsal(transport: .tcp)
        rehearsal.command(.register)
        rehearsal.receive(try rehearsal.granted())
        rehearsal.input(.down(FlowID(0), .reset))
        guard case .failed(.flowLost(.reset), let identity?) = rehearsal.events.last else {
            Issue.record("not lost")
            return
        }
        var other = try Rehearsal(transport: .tcp, identity: identity)
        other.command(.unregister)
        #expect(try other.sent[0].cseq()?.number == 2)
        #expect(other.sent[0].callID.map(other.sent[0].text) == identity.callID)
        #expect(try other.sent[0].contacts().first?.expires == 0)
    }

    @Test func requestsOfTheServerAreAnswered() throws {
        var rehearsal = try Rehearsal()
        rehearsal.command(.register)
        for (method, code) in [("OPTIONS", 200), ("INVITE", 480)] {
            rehearsal.receive(
                "\(method) sip:alice@192.0.2.7:5070;ob SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.1;branch=z9hG4bKx\r\n"
                    + "From: <sip:e@example.com>;tag=9\r\nTo: <sip:alice@example.com>\r\nCall-ID: c\r\n"
                    + "CSeq: 1 \(method)\r\nContent-Length: 0\r\n\r\n")
            #expect(rehearsal.sent.last.map { Int($0.statusCode) } == code)
        }
        #expect(rehearsal.session.state == .registering)
    }

    @Test func ownBindingIsFoundAmongOthersByItsKey() throws {
        var rehearsal = try Rehearsal()
        rehearsal.command(.register)
        let others =
            "Contact: <sip:x@192.0.2.9>;expires=5, <sip:alice@192.0.2.7:5070;ob>;expires=7;reg-id=2"
            + ";+sip.instance=\"<urn:uuid:F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6>\""
        let own =
            "Contact: <sip:a@b>;reg-id=1;expires=9;+sip.instance=\"<urn:uuid:F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6>\""
        rehearsal.receive(try rehearsal.answer("200 OK", [others, own]))
        guard case .registered(let grant, _) = rehearsal.events.last else {
            Issue.record("not registered")
            return
        }
        #expect(grant.own?.expires == 9)
        #expect(grant.isFoundByKey)
        #expect(grant.contacts.count == 3)
        #expect(grant.reflexiveAddress == TransportAddress("192.0.2.7:5070"))
    }
}
