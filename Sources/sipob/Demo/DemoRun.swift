import ArgumentParser
import Glibc
import OutboundKit

/// The demo's steps, in order. Each says what it does, does it, and shows what came of it.
struct DemoRun {
    private static let aor = "sip:alice@example.com"
    private static let instance = "urn:uuid:6b1ae0c8-2f0f-4a7e-9d61-0f2a6d1c5e10"
    /// How long the phone is watched while it keeps its flows alive.
    private static let watched = Duration.seconds(6)

    private let directory: String
    private let voice: DemoVoice
    private let clock = SystemClock()
    /// Signals are heard as long as it lives.
    private let interrupts = Interrupts()

    init(directory: String, isJSON: Bool, isColored: Bool) {
        self.directory = directory
        voice = DemoVoice(isJSON: isJSON, isColored: isColored, started: clock.now)
    }

    /// - Throws: an exit status, after a line on standard error.
    func perform() async throws {
        interrupts.tell { OwnProgram.interrupt() }
        do {
            try await carryOut()
        } catch {
            guard OwnProgram.isInterrupted else { throw error }
            Terminal.complain("interrupted.")
            throw ExitStatus.interrupted
        }
    }

    private func carryOut() async throws {
        let file = directory + "/demo.pcapng"
        let recording: RecordingFile
        do throws(RecordingFileError) {
            // Before all else: a folder that cannot be written to is not found out after ten seconds.
            recording = try RecordingFile(file)
        } catch {
            Terminal.complain("\(error).")
            throw ExitStatus.failure
        }
        let edge: DemoEdge
        do throws(DemoEdge.Failure) {
            edge = try await DemoEdge(clock: clock)
        } catch {
            Terminal.complain("\(error).")
            throw ExitStatus.failure
        }
        do {
            try await show(edge)
        } catch {
            _ = await edge.stop()
            throw error
        }
        recording.append(await edge.stop())
        if let failure = recording.close() {
            Terminal.complain("\(failure).")
            throw ExitStatus.failure
        }
        try await audit(file)
    }

    private func show(_ edge: DemoEdge) async throws {
        voice.open(
            "An edge proxy and registrar is up on \(edge.udp) (udp), \(edge.tcp) (tcp) and \(edge.ws) (ws). "
                + "Is it alive, and does it do outbound?\n")
        try await voice.run(["stun-ping", "-c", "2", "-i", "0.2", "\(edge.udp)"])
        voice.print("")
        try await voice.run(["crlf-ping", "-q", "-c", "2", "-i", "0.2", "sip:\(edge.tcp);transport=tcp"])
        voice.print("")
        try await voice.run(["ws-ping", "-q", "-c", "2", "-i", "0.2", "ws://\(edge.ws)/"])
        voice.print("")
        try await voice.run([
            "register-test", Self.aor, "--edge", "sip:\(edge.tcp);transport=tcp", "--instance", Self.instance, "-q",
        ])

        voice.say(
            "A phone registers two flows, as RFC 5626 wants it: one instance, reg-id 1 over UDP, reg-id 2 over TCP.")
        let udp = try await flow(1, .udp, to: edge.udp)
        let tcp = try await flow(2, .tcp, to: edge.tcp)
        for flow in [udp, tcp] { note(flow) }
        voice.say(
            "This is the REGISTER that it sent over TCP. Would any edge apply outbound to it, and is anything wrong in it?"
        )
        let register = directory + "/register.txt"
        try write(tcp.seen.request ?? [], to: register)
        try await voice.run(["inspect", register])
        voice.say(
            "The edge named each flow in its Path, by a token that nobody else can make. What does the second one say?")
        let path = tcp.seen.grant?.path.last?.description ?? ""
        try await voice.run(["token", "decode", "Path: \(path)"])

        let seconds = Self.watched.components.seconds
        voice.say(
            "For \(seconds) seconds both flows are kept alive, every 80 to 100 % of Flow-Timer. What would cut them "
                + "meanwhile?\nOften the server itself. Here is a Kamailio configuration with one mistake.")
        let clock = clock
        let end = clock.now + Self.watched
        async let first: Void = tcp.keepAlive(every: DemoEdge.flowTimer, until: end, clock: clock)
        async let second: Void = udp.keepAlive(every: DemoEdge.flowTimer, until: end, clock: clock)
        try await showBrokenPromise()
        _ = await (first, second)
        await until(3) { [tcp, udp].allSatisfy { $0.seen.pongs == $0.seen.pings } }
        voice.say("The phone's two flows, meanwhile:")
        for flow in [udp, tcp] {
            let kind = flow.transport == .udp ? "STUN Binding requests" : "CRLF pings"
            let seen = flow.seen
            voice.note("keepalives", "  reg-id \(flow.regID): \(seen.pings) \(kind), \(seen.pongs) answered") { json in
                json.member("reg_id", flow.regID.value)
                json.member("pings", seen.pings)
                json.member("answered", seen.pongs)
            }
        }

        voice.say("A caller sends a MESSAGE to \(Self.aor). It must arrive on one flow, and on one only.")
        try await call(edge, Self.aor, [tcp, udp])
        let (doomed, other) = tcp.seen.messages > 0 ? (tcp, udp) : (udp, tcp)
        voice.say(
            "Now the flow with reg-id \(doomed.regID) is cut, as a NAT or a crash would. The phone does not know yet.")
        guard await edge.cut(doomed.local) else {
            complain("the demo's flow was gone before it could be cut.")
            throw ExitStatus.failure
        }
        try await call(edge, Self.aor, [doomed, other])
        if let old = doomed.seen.grant?.path.last {
            voice.print("  and a request that still carries the token of the dead flow:")
            try await call(edge, "sip:alice@\(doomed.local);ob", [doomed, other], route: "\(old)")
        }
        voice.say("The caller stood in for the proxy behind the edge. What is that one to do about a 430?")
        try await voice.run(["explain", "430"])
        other.unregister()
        await until(1) { other.seen.isGone }
        await doomed.close()
        await other.close()
    }

    /// A server that ends connections before the ping is due: first as it is written, then as it behaves.
    private func showBrokenPromise() async throws {
        let lifetime = DemoConfiguration.lifetime
        let file = directory + "/kamailio.cfg"
        try write(Array(DemoConfiguration.text.utf8), to: file)
        try await voice.run(["config-check", "--kamailio-version", "6.0.1", file])
        let scale = DemoConfiguration.flowTimer / Int(DemoEdge.flowTimer)
        let breach = lifetime * 1000 / scale
        voice.say("A second edge behaves as that file has it, only \(scale) times as fast. Does it show from outside?")
        let edge: DemoEdge
        do throws(DemoEdge.Failure) {
            edge = try await DemoEdge(clock: clock, breach: breach)
        } catch {
            complain("\(error).")
            throw ExitStatus.failure
        }
        do {
            try await voice.run([
                "flow-timer", Self.aor, "--edge", "sip:\(edge.tcp);transport=tcp", "--periods", "2", "--instance",
                Self.instance,
            ])
        } catch {
            _ = await edge.stop()
            throw error
        }
        _ = await edge.stop()
        voice.print(
            "(In the times of the file: \(lifetime) s of silence, where \(DemoConfiguration.flowTimer) s were promised.)"
        )
    }

    private func write(_ octets: [UInt8], to path: String) throws {
        let file = try RecordingFile.open(path)
        file.append(octets)
        if let failure = file.close() {
            complain("\(failure).")
            throw ExitStatus.failure
        }
    }

    private func flow(
        _ number: Int, _ transport: TransportProtocol, to edge: TransportAddress
    ) async throws -> DemoFlow {
        guard let regID = RegID(number), let aor = try? SIPURI.parse(Self.aor),
            let instance = try? InstanceID(urn: Self.instance)
        else { throw ExitStatus.failure }
        let domain = SIPURI(user: nil, host: aor.host, port: nil, parameters: [])
        var settings = RegistrationSettings(
            addressOfRecord: aor, registrar: domain, instance: instance, regID: regID, expiresSeconds: 600,
            userAgent: "sipob/\(sipobVersion) demo")
        settings.accepted.insert(.message)
        do {
            let flow = try await DemoFlow(settings, over: transport, to: edge)
            await until(5) { flow.seen.grant != nil || flow.seen.isGone }
            guard flow.seen.grant != nil else {
                complain("the demo's phone could not register over \(transport).")
                throw ExitStatus.failure
            }
            return flow
        } catch let error as TransportError {
            complain("\(error).")
            throw ExitStatus.failure
        }
    }

    private func note(_ flow: DemoFlow) {
        guard let grant = flow.seen.grant else { return }
        let timer = grant.flowTimerSeconds.map { ", Flow-Timer \($0) s" } ?? ""
        voice.note(
            "registrations",
            "  reg-id \(flow.regID), \(flow.transport) from \(flow.local): 200 OK"
                + (grant.isOutbound ? ", outbound in force" : ", no outbound") + timer
        ) { json in
            json.member("reg_id", flow.regID.value)
            json.member("transport", "\(flow.transport)")
            json.member("client", "\(flow.local)")
            json.member("outbound", grant.isOutbound)
            json.member("flow_timer_s", grant.flowTimerSeconds)
        }
    }

    /// A MESSAGE, and on which flow it arrived.
    private func call(_ edge: DemoEdge, _ uri: String, _ flows: [DemoFlow], route: String = "") async throws {
        let before = flows.map(\.seen.messages)
        guard let answer = await DemoCaller.message(to: uri, route: route, through: edge.udp) else {
            complain("the demo's edge did not answer a MESSAGE in 2 s.")
            throw ExitStatus.failure
        }
        // The phone has answered, and what it tells of that may still be on its way here.
        if answer.status < 300 { await until(2) { zip(flows, before).contains { $0.seen.messages > $1 } } }
        let reached = zip(flows, before).filter { $0.seen.messages > $1 }.map { $0.0.regID }
        let milliseconds = Double(answer.delay.components.attoseconds) / 1e15
        let tenths = (milliseconds * 10).rounded() / 10
        let place = reached.isEmpty ? "no flow" : reached.map { "reg-id \($0)" }.joined(separator: " and ")
        voice.note(
            "calls", "  \(answer.status) \(answer.reason) after \(tenths) ms; it arrived on \(place)"
        ) { json in
            json.member("status", answer.status)
            json.member("reason", answer.reason)
            json.member("delay_s", seconds: answer.delay.inNanoseconds)
            json.key("arrived_on")
            json.beginArray()
            for regID in reached { json.value(regID.value) }
            json.endArray()
        }
    }

    private func audit(_ file: String) async throws {
        let page = directory + "/demo.html"
        voice.say("All of it was recorded. Who broke which rule?")
        try await voice.run(["pcap-audit", file, "--report", "html=\(page)"])
        if voice.isJSON {
            Terminal.write(
                voice.document(
                    files: [
                        ("capture", file), ("page", page), ("configuration", "\(directory)/kamailio.cfg"),
                        ("register", "\(directory)/register.txt"),
                    ], ended: clock.now))
            return
        }
        voice.print(
            """

            A page with a picture of each flow:   \(page)
            The capture, for Wireshark:           \(file)
            The configuration, and the REGISTER:  \(directory)/kamailio.cfg, \(directory)/register.txt

            Next, on your own edge proxy:
                sipob register-test sip:alice@example.com --edge sip:edge.example.com
                sipob pcap-audit edge.pcap
                sipob config-check kamailio.cfg
            And for your own phones:
                sipob edge --judge
            """)
    }

    /// An interruption is why all that follows it fails, and is told by itself.
    private func complain(_ text: String) {
        if !OwnProgram.isInterrupted { Terminal.complain(text) }
    }

    /// Waits until something is so, at most that many seconds.
    private func until(_ seconds: Int, _ condition: () -> Bool) async {
        let end = clock.now + .seconds(seconds)
        while !condition(), clock.now < end, !OwnProgram.isInterrupted { try? await Task.sleep(for: .milliseconds(5)) }
    }
}
