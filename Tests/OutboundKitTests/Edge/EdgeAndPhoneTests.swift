import Testing

@testable import OutboundKit

/// Our own client against our own edge over a wire without loss, with the clock jumping: both ends at once.
@Suite struct EdgeAndPhoneTests {
    private struct Wire {
        var rig: EdgeRig
        var session: RegistrationSession
        let flow: FlowID
        var states: [RegistrationSession.State] = []
        var outcomes: [KeepAliveOutcome] = []

        init(_ settings: EdgeSettings, transport: TransportProtocol) throws {
            rig = try EdgeRig(settings)
            var registration = RegistrationSettings(
                addressOfRecord: try SIPURI.parse("sip:alice@example.com"),
                registrar: try SIPURI.parse("sip:example.com"),
                instance: try InstanceID(urn: "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
                regID: try RegID.parse("1"), expiresSeconds: 600, userAgent: "test")
            registration.route = try SIPURI.parse("sip:127.0.0.1:5060;lr")
            session = RegistrationSession(registration, transport: transport, random: SeededGenerator(seed: 3))
            flow = rig.up(transport, port: 40_001)
            let ends = Flow(
                transport: transport, local: TransportAddress(ip: IPAddress(v4: 0x7F00_0001), port: 40_001),
                remote: EdgeRig.edgeAddress)
            session.handle(.up(FlowID(0), ends), at: rig.now)
            settle()
        }

        mutating func command(_ command: RegistrationSession.Command) {
            session.handle(.command(command), at: rig.now)
            settle()
        }

        /// Carries octets to and fro until both are quiet.
        mutating func settle() {
            var isQuiet = false
            while !isQuiet {
                isQuiet = true
                while let output = session.next() {
                    switch output {
                    case .send(let octets, _):
                        isQuiet = false
                        rig.send(octets, on: flow)
                    case .event(.entered(let state)): states.append(state)
                    case .event(.keptAlive(let outcome)): outcomes.append(outcome)
                    case .event, .close: continue
                    }
                }
                for octets in rig.octets(flow) {
                    isQuiet = false
                    session.receive(octets.span.bytes, on: FlowID(0), at: rig.now)
                }
            }
        }

        mutating func run(seconds: Double) {
            let end = rig.now + .nanoseconds(Int64(seconds * 1e9))
            while true {
                let due = [session.deadline, rig.edge.deadline].compactMap { $0 }.min() ?? end
                guard due <= end else { break }
                rig.run(seconds: Double(max(due.nanoseconds(since: rig.now), 0)) / 1e9)
                if let deadline = session.deadline, deadline <= rig.now { session.handle(.timer, at: rig.now) }
                settle()
            }
            rig.run(seconds: Double(end.nanoseconds(since: rig.now)) / 1e9)
        }
    }

    @Test(arguments: [TransportProtocol.udp, .tcp, .tls, .ws, .wss])
    func registrationIsKeptAlive(transport: TransportProtocol) throws {
        var settings = EdgeSettings()
        settings.flowTimer = 20
        var wire = try Wire(settings, transport: transport)
        wire.command(.register)
        #expect(wire.states.last == .registered)
        for _ in 0..<30 {
            wire.run(seconds: 18)
            wire.command(.keepAlive)
        }
        wire.run(seconds: 1)
        #expect(wire.rig.closed.isEmpty)
        #expect(wire.outcomes.count == 30)
        let snapshot = wire.rig.edge.snapshot(at: wire.rig.now)
        #expect(snapshot.bindings.count == 1 && snapshot.flows.count == 1)
        let line = try #require(snapshot.flows.first)
        #expect(line.addressesOfRecord == ["sip:alice@example.com"] && line.hasOutbound)
        #expect(line.pings == 30 && line.pongs == 30)
        #expect(snapshot.counters.registrations == [200: 1] && snapshot.counters.malformed == 0)
        wire.command(.unregister)
        #expect(wire.states.last == .unregistered)
        #expect(wire.rig.edge.registrar.bindings.isEmpty)
    }

    /// A fault that a good phone takes for the end of the flow.
    @Test(arguments: ["no-pong", "late-pong=12", "stun-error=400", "no-stun"])
    func phoneSeesTheFlowFail(fault: String) throws {
        var settings = EdgeSettings()
        settings.faults = try FaultPlan.parse([fault])
        let isSTUN = fault.contains("stun")
        var wire = try Wire(settings, transport: isSTUN ? .udp : .tcp)
        wire.command(.register)
        for _ in 0..<3 {
            wire.run(seconds: 45)
            wire.command(.keepAlive)
        }
        wire.run(seconds: 45)
        let hasFailed = wire.outcomes.contains { outcome in
            switch outcome.result {
            case .failed: true
            case .stun(let answer): answer.errorCode != nil
            case .pong: false
            }
        }
        #expect(hasFailed, "\(wire.outcomes)")
    }

    // MARK: WebSocket

    /// A WebSocket client of our own: octets of the edge go in, messages come out.
    private struct Browser {
        var session = WebSocketSession(
            client: WebSocketHandshake.Request(host: "127.0.0.1", path: "/"), using: SeededGenerator(seed: 9))
        var messages: [[UInt8]] = []
        var pongs = 0
        var isEnded = false

        mutating func settle(_ rig: inout EdgeRig, _ flow: FlowID) {
            var isQuiet = false
            while !isQuiet {
                isQuiet = true
                while let output = session.next() {
                    switch output {
                    case .send(let octets):
                        isQuiet = false
                        rig.send(octets, on: flow)
                    case .event(.message(let octets, _)): messages.append(octets)
                    case .event(.pong): pongs += 1
                    case .event: continue
                    case .end: isEnded = true
                    }
                }
                for octets in rig.octets(flow) {
                    isQuiet = false
                    session.receive(octets.span.bytes)
                }
            }
        }
    }

    @Test func browserRegistersPingsAndGetsAMessage() throws {
        var rig = try EdgeRig()
        let flow = rig.up(.ws, port: 40_001)
        var browser = Browser()
        browser.session.start()
        browser.settle(&rig, flow)
        #expect(browser.session.isOpen)
        let text = rig.registerText("alice", transport: "WS", contact: "sip:alice@df7jal23ls0d.invalid;transport=ws;ob")
        browser.session.send(Array(text.utf8), isText: true)
        browser.session.send([13, 10, 13, 10], isText: true)
        browser.session.ping([1, 2, 3])
        browser.settle(&rig, flow)
        #expect(browser.messages.count == 2 && browser.pongs == 1)
        var answer = SIPMessage()
        let first = try #require(browser.messages.first)
        try MessageParser.parse(first.span.bytes, into: &answer)
        #expect(answer.statusCode == 200 && answer.hasOptionTag("outbound", in: .require))
        #expect(try answer.nameAddrs(.path).first?.uri.parameter("transport") == "ws")
        #expect(browser.messages.last == [13, 10])
        let caller = rig.up(port: 40_002)
        rig.send(rig.request("MESSAGE", "sip:alice@example.com", body: "\u{e9}"), on: caller)
        browser.messages = []
        browser.settle(&rig, flow)
        #expect(browser.messages.count == 1)
        browser.session.close()
        browser.settle(&rig, flow)
        #expect(rig.closed[flow] == .fin && rig.edge.registrar.bindings.isEmpty)
    }

    /// An edge that tells what it sees, and a browser on a WebSocket to it.
    private static func observedBrowser(
        _ faults: String...
    ) throws -> (rig: EdgeRig, browser: Browser, flow: FlowID) {
        var settings = EdgeSettings()
        settings.observes = true
        settings.faults = try FaultPlan.parse(faults)
        var rig = try EdgeRig(settings)
        let flow = rig.up(.ws, port: 40_001)
        var browser = Browser()
        browser.session.start()
        browser.settle(&rig, flow)
        return (rig, browser, flow)
    }

    /// What a phone does to its messages, and that it is the phone that leaves.
    @Test func browserIsObserved() throws {
        var (rig, browser, flow) = try Self.observedBrowser()
        let options = Array(
            "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/WS a.invalid;branch=z9hG4bK1\r\nContent-Length: 0\r\n\r\n"
                .utf8)
        browser.session.send([13, 10] + options + options, isText: true)
        browser.settle(&rig, flow)
        browser.session.close()
        browser.settle(&rig, flow)
        let words = rig.observed.compactMap { event -> String? in
            let side = event.direction == .fromClient ? "<" : ">"
            return switch event.what {
            case .gluedCRLF(let count): side + "glued \(count)"
            case .close: side + "close"
            default: nil
            }
        }
        #expect(words == ["<glued 2", "<glued 0", "<close", ">close"])
    }

    /// The ends of WebSockets that were observed.
    private static func ends(_ rig: EdgeRig) -> [String] {
        rig.observed.compactMap { event in
            let side = event.direction == .fromClient ? "<" : ">"
            return switch event.what {
            case .webSocketControl(.close(let code)): "\(side)Close \(code ?? 0)"
            case .close(let how): "\(side)\(how)"
            default: nil
            }
        }
    }

    /// The edge ends a silent WebSocket with a Close frame, and TCP when the browser has answered (RFC 6455 §7.1.2, §7.3).
    @Test func silentBrowserIsClosedInOrder() throws {
        var (rig, browser, flow) = try Self.observedBrowser()
        rig.run(seconds: 61)
        #expect(rig.closed.isEmpty && Self.ends(rig) == [">Close 1001", ">fin"])
        browser.settle(&rig, flow)
        #expect(browser.isEnded && rig.closed == [flow: .fin] && rig.ended.map(\.flow) == [flow])
        #expect(Self.ends(rig) == [">Close 1001", ">fin", "<Close 1001"])
    }

    /// A browser that is gone is not waited for.
    @Test func closeIsNotAwaitedForEver() throws {
        var (rig, _, flow) = try Self.observedBrowser()
        rig.run(seconds: 61.9)
        #expect(rig.closed.isEmpty)
        rig.run(seconds: 0.2)
        #expect(
            rig.closed == [flow: .fin] && rig.closedAt[flow].map { $0 - Timestamp(seconds: 1_000_000) } == .seconds(62))
    }

    /// A reset is none in order.
    @Test func resetComesAtOnce() throws {
        var (rig, _, flow) = try Self.observedBrowser()
        rig.edge.handle(.command(.close(flow, .rst)), at: rig.now)
        rig.run(seconds: 61)
        #expect(Self.ends(rig) == [">rst"])
    }

    /// At the end of the service every WebSocket gets its Close frame, which is no loss that a judge should hear of, and nobody
    /// new is let in.
    @Test func edgeLeaves() throws {
        var (rig, browser, flow) = try Self.observedBrowser()
        rig.edge.handle(.command(.leave), at: rig.now)
        rig.run(seconds: 0)
        #expect(rig.edge.awaitsCloses && rig.closed.isEmpty)
        let late = rig.up(.ws, port: 40_002)
        #expect(rig.closed == [late: .rst])
        browser.settle(&rig, flow)
        #expect(browser.isEnded && rig.closed[flow] == .fin && !rig.edge.awaitsCloses)
        #expect(Self.ends(rig) == [">Close 1001", "<Close 1001"])
    }

    /// Pings are keep-alives as CRLFs are.
    @Test func pingsAreCounted() throws {
        var (rig, browser, flow) = try Self.observedBrowser("kill-after-pings=2:fin")
        browser.session.ping([1])
        browser.settle(&rig, flow)
        rig.run(seconds: 1)
        browser.settle(&rig, flow)
        #expect(rig.closed.isEmpty)
        browser.session.ping([2])
        browser.settle(&rig, flow)
        rig.run(seconds: 1)
        browser.settle(&rig, flow)
        #expect(browser.pongs == 2 && rig.closed == [flow: .fin])
    }

    /// A dead edge answers neither Pings nor a Close, and sees both.
    @Test func muteEdgeAnswersNoFrame() throws {
        var (rig, browser, flow) = try Self.observedBrowser("kill-after-pings=1:silent")
        browser.session.ping([1])
        browser.settle(&rig, flow)
        rig.run(seconds: 1)
        browser.session.ping([2])
        browser.session.send([13, 10, 13, 10], isText: true)
        browser.session.close()
        browser.settle(&rig, flow)
        rig.run(seconds: 1)
        #expect(browser.pongs == 1 && browser.messages.isEmpty && !browser.isEnded && rig.closed.isEmpty)
        rig.down(flow)
        #expect(Self.ends(rig) == ["<Close 1000", "<fin"])
        #expect(rig.observed.filter { $0.direction == .fromServer }.count == 1)
    }

    /// On a WebSocket each pong is a message, so that two are no pair.
    @Test func pongsOfAWebSocketAreNoPair() throws {
        var (rig, browser, flow) = try Self.observedBrowser()
        for _ in 0..<2 {
            browser.session.send([13, 10, 13, 10], isText: true)
            browser.settle(&rig, flow)
        }
        let pairs = rig.observed.compactMap { event in
            if case .crlf(let completesPair, _) = event.what, event.direction == .fromServer {
                completesPair
            } else {
                nil
            }
        }
        #expect(pairs == [false, false])
    }

    /// A phone that does not mask: the edge fails the connection, and its judge knows why (RFC 6455 §5.1).
    @Test func brokenFramesAreObserved() throws {
        var (rig, _, flow) = try Self.observedBrowser()
        rig.send([0x89, 0], on: flow)
        let faults = rig.observed.compactMap { event in
            if case .webSocketFault(let fault) = event.what { "\(event.direction) \(fault)" } else { nil }
        }
        #expect(faults == ["fromClient a client's frame is not masked"])
    }

    // MARK: Observation

    @Test func bothDirectionsAreObserved() throws {
        var settings = EdgeSettings()
        settings.observes = true
        var rig = try EdgeRig(settings)
        let phone = rig.up(port: 40_001)
        try rig.register("alice", on: phone)
        rig.send("\r\n\r\n", on: phone)
        rig.down(phone)
        let words = rig.observed.map { event in
            let side = event.direction == .fromClient ? "<" : ">"
            return switch event.what {
            case .open: side + "open"
            case .sip(let message): side + (message.isRequest ? "request" : "\(message.statusCode)")
            case .crlf(let completesPair, _): side + (completesPair ? "pair" : "crlf")
            case .close: side + "close"
            default: side + "?"
            }
        }
        #expect(words == ["<open", "<request", ">200", "<crlf", "<pair", ">crlf", "<close"])
    }
}
