import Testing

@testable import OutboundKit

/// What a peer can do to an edge: nothing that another flow would notice.
@Suite struct EdgeHostileTests {
    /// Everything of RFC 4475 over each transport: an answer, silence or the end of the flow, and the next flow works.
    @Test(arguments: [TransportProtocol.udp, .tcp])
    func tortureMessages(transport: TransportProtocol) throws {
        var rig = try EdgeRig()
        let witness = rig.up(port: 39_999)
        try rig.register("alice", on: witness)
        for (index, octets) in MutationTests.corpus.enumerated() {
            let flow = rig.up(transport, port: UInt16(40_000 + index))
            rig.send(octets, on: flow)
            for message in rig.messages(flow) where !message.isRequest {
                #expect((100...699).contains(message.statusCode))
            }
            rig.send("\r\n\r\n", on: witness)
            #expect(rig.octets(witness).last == [13, 10])
        }
        rig.run(seconds: 400)
    }

    @Test func wrongRequestsGet400() throws {
        var rig = try EdgeRig()
        for (index, transport) in [TransportProtocol.udp, .tcp].enumerated() {
            let phone = rig.up(transport, port: UInt16(40_001 + index))
            let good = rig.request("OPTIONS", "sip:127.0.0.1", transport: transport == .udp ? "UDP" : "TCP")
            for bad in [
                good.replacing("CSeq: ", with: "CSeq: x"), good.replacing("From: ", with: "Form: "),
                good.replacing(" OPTIONS\r\n", with: " INVITE\r\n"),
            ] {
                rig.send(bad, on: phone)
                #expect(rig.statuses(phone) == [400], "\(bad)")
            }
            rig.send(good, on: phone)
            #expect(rig.statuses(phone) == [200])
        }
    }

    @Test func rubbishOnAStreamEndsItAndNothingElse() throws {
        var rig = try EdgeRig()
        let good = rig.up(port: 40_001)
        for (index, text) in ["GET / HTTP/1.1\r\n\r\n", "\u{0}\u{1}\u{2}xxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n"].enumerated() {
            let bad = rig.up(port: UInt16(40_010 + index))
            rig.send(text, on: bad)
            #expect(rig.closed[bad] == .fin, "\(text)")
        }
        #expect(rig.closed[good] == nil)
        #expect(rig.notes.count == 2)
    }

    /// What is said of a flow that went beyond a limit names the limit, and how much it allows.
    @Test(arguments: [
        (String(repeating: "X: y\r\n", count: 600), "more than the limit of 512 header fields"),
        ("X: " + String(repeating: "y", count: 20_000) + "\r\n", "more than the limit of 16384 header field octets"),
        ("Content-Length: 2000000\r\n\r\n", "more than the limit of 262144 message octets"),
    ]) func limitsAreNamed(_ fields: String, _ words: String) throws {
        var rig = try EdgeRig()
        let phone = rig.up(port: 40_001)
        rig.send("OPTIONS sip:127.0.0.1 SIP/2.0\r\n" + fields, on: phone)
        #expect(rig.closed[phone] == .fin)
        #expect(rig.notes.map(\.description).joined().contains("closed: unreadable SIP: \(words)"))
    }

    /// The head of a message without Content-Length says what it was: the phone is told, and its judge too.
    @Test(arguments: ["", "Content-Type: text/plain\r\n"]) func withoutContentLength(field: String) throws {
        var settings = EdgeSettings()
        settings.observes = true
        var rig = try EdgeRig(settings)
        let phone = rig.up(port: 40_001)
        let text = rig.request("OPTIONS", "sip:127.0.0.1").replacing("Content-Length: 0\r\n", with: field)
        #expect(!text.contains("Content-Length"))
        rig.send(text, on: phone)
        #expect(rig.statuses(phone) == (field.isEmpty ? [400] : []))
        #expect(rig.closed[phone] == .fin)
        let messages = rig.observed.filter { event in
            if case .sip = event.what, event.direction == .fromClient { true } else { false }
        }
        #expect(messages.count == (field.isEmpty ? 1 : 0))
    }

    @Test func rubbishInDatagramsIsNotedOnce() throws {
        var rig = try EdgeRig()
        let phone = rig.up(.udp, port: 40_001)
        for text in ["x", "hello world", "\u{0}\u{0}\u{0}\u{0}", "GET / HTTP/1.1\r\n\r\n"] { rig.send(text, on: phone) }
        #expect(rig.octets(phone).isEmpty)
        #expect(rig.notes.count == 1)
    }

    @Test func slowSenderIsClosed() throws {
        var rig = try EdgeRig()
        let slow = rig.up(port: 40_001)
        let text = rig.request("OPTIONS", "sip:127.0.0.1")
        rig.run(seconds: 1)
        for character in text.prefix(40) {
            rig.send(String(character), on: slow)
            rig.run(seconds: 0.9)
        }
        #expect(rig.closed[slow] == .fin)
    }

    /// A request whose Via is there gets its answer before the flow is closed, whatever it lacks.
    @Test(arguments: [0, 3]) func slowRequestGets408(missing: Int) throws {
        var rig = try EdgeRig()
        let slow = rig.up(port: 40_001)
        let text = rig.request("MESSAGE", "sip:127.0.0.1", body: "hello")
        // Without the end of its body, or without the last lines of its header.
        rig.send(missing == 0 ? String(text.dropLast(3)) : String(text.prefix(while: { $0 != "L" })), on: slow)
        rig.run(seconds: 29)
        #expect(rig.octets(slow).isEmpty && rig.closed[slow] == nil)
        rig.run(seconds: 2)
        #expect(rig.statuses(slow) == [408])
        #expect(rig.closed[slow] == .fin)
    }

    @Test func endlessHeaderIsClosed() throws {
        var rig = try EdgeRig()
        let phone = rig.up(port: 40_001)
        rig.send("OPTIONS sip:a SIP/2.0\r\nX: ", on: phone)
        for _ in 0..<64 { rig.send(String(repeating: "a", count: 16_384), on: phone) }
        #expect(rig.closed[phone] == .fin)
    }

    @Test func hopsAndLoopsEnd() throws {
        var rig = try EdgeRig()
        let alice = rig.up(port: 40_001)
        try rig.register("alice", on: alice)
        rig.send(rig.request("MESSAGE", "sip:alice@example.com", fields: ["Max-Forwards: 0"]), on: alice)
        #expect(rig.statuses(alice) == [483])
        rig.send(rig.request("OPTIONS", "sip:alice@example.com", fields: ["Max-Forwards: 0"]), on: alice)
        #expect(rig.statuses(alice) == [200], "as RFC 3261 §16.3 allows")
        rig.send(rig.request("MESSAGE", "sip:alice@example.com", fields: ["Proxy-Require: x-none"]), on: alice)
        let refusal = try rig.onlyMessage(alice)
        #expect(refusal.statusCode == 420 && refusal.all(.unsupported) == ["x-none"])
        // A phone that sends everything back where it came from.
        rig.send(rig.request("MESSAGE", "sip:alice@example.com"), on: alice)
        var hops = 0
        while let request = rig.messages(alice).first(where: \.isRequest), hops < 100 {
            hops += 1
            let uri = request.text(request.requestURI)
            rig.send(request.whole.replacing("MESSAGE \(uri)", with: "MESSAGE sip:alice@example.com"), on: alice)
        }
        #expect(hops < 4)
    }

    @Test func tooManyTransactionsAre503() throws {
        var settings = EdgeSettings()
        settings.limits.transactions = 3
        var rig = try EdgeRig(settings)
        let alice = rig.up(port: 40_001)
        let bob = rig.up(port: 40_002)
        try rig.register("alice", on: alice)
        for _ in 0..<5 { rig.send(rig.request("MESSAGE", "sip:alice@example.com"), on: bob) }
        #expect(rig.statuses(bob) == [503, 503])
        #expect(rig.messages(alice).count == 3)
        rig.run(seconds: 120)
        #expect(rig.edge.contexts.isEmpty)
    }

    @Test func tooManyFlowsAreClosed() throws {
        var settings = EdgeSettings()
        settings.limits.flows = 2
        var rig = try EdgeRig(settings)
        _ = (rig.up(port: 1), rig.up(port: 2))
        let third = rig.up(port: 3)
        #expect(rig.closed == [third: .rst])
    }

    @Test func responsesOutOfNowhereAreDropped() throws {
        var rig = try EdgeRig()
        let alice = rig.up(port: 40_001)
        let bob = rig.up(port: 40_002)
        try rig.register("alice", on: alice)
        rig.send(
            "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKob-000000000000000000000001\r\n"
                + "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
            on: bob)
        #expect(rig.octets(alice).isEmpty && rig.octets(bob).isEmpty && rig.closed.isEmpty)
    }
}
