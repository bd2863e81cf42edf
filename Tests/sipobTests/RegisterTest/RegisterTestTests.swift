import Foundation
import Glibc
import Testing

/// `sipob register-test` against servers that follow a script.
@Suite struct RegisterTestTests {
    @Test(arguments: ["MD5", "SHA-256", "SHA-512-256", "MD5-sess", "SHA-256-sess"], [SIPAnswerer.Transport.udp, .tcp])
    func digest(_ algorithm: String, _ transport: SIPAnswerer.Transport) async throws {
        let answerer = try SIPAnswerer(transport) { request in
            guard request.isRegister else { return request.text == "\r\n\r\n" ? [.text("\r\n")] : [] }
            let holds = (try? DigestCheck.holds(request.header("Authorization"), algorithm)) ?? false
            return [holds ? request.granted() : request.answer("401 Unauthorized", [DigestCheck.challenge(algorithm)])]
        }
        let result = try await RegisterTestBench().run(answerer, ["--no-keep-alive"], password: DigestCheck.password)
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        #expect(result.output.contains("Registered, and outbound is in force"))
        let registers = answerer.registers
        #expect(registers.count == 3)
        #expect(registers.last?.removes == true)
        // The nonce serves again, counted up.
        #expect(registers.last?.header("Authorization").contains("nc=00000002") == true)
        #expect(!result.output.contains(DigestCheck.password))
    }

    @Test func strongestAlgorithmOnTopIsTaken() async throws {
        let answerer = try SIPAnswerer(.udp) { request in
            let field = request.header("Authorization")
            guard field.isEmpty else { return [request.granted()] }
            let fields = ["SHA3-512", "SHA-256", "MD5"].map(DigestCheck.challenge)
            return [request.answer("401 Unauthorized", fields)]
        }
        _ = try await RegisterTestBench().run(answerer, ["--no-keep-alive"], password: "x")
        #expect(answerer.registers.dropFirst().allSatisfy { $0.header("Authorization").contains("algorithm=SHA-256,") })
    }

    @Test func wrongPasswordIsTriedOnce() async throws {
        let answerer = try SIPAnswerer(.udp) { [$0.answer("401 Unauthorized", [DigestCheck.challenge("MD5")])] }
        let result = try await RegisterTestBench().run(answerer, password: "wrong")
        #expect(result.status == 1)
        #expect(result.output.contains("the password is not what realm \"example.com\" expects"))
        #expect(answerer.registers.count == 2)
    }

    @Test func challengeWithoutPasswordSaysHowToGiveOne() async throws {
        let answerer = try SIPAnswerer(.udp) { [$0.answer("401 Unauthorized", [DigestCheck.challenge("MD5")])] }
        let result = try await RegisterTestBench().run(answerer)
        #expect(result.status == 2)
        #expect(result.errors.contains("--password-file FILE"))
        #expect(answerer.registers.count == 1)
    }

    @Test func tooBriefIsFollowedOnce() async throws {
        let answerer = try SIPAnswerer(.udp) { request in
            request.number == 0
                ? [request.answer("423 Interval Too Brief", ["Min-Expires: 3600"])] : [request.granted()]
        }
        let result = try await RegisterTestBench().run(answerer, ["--no-keep-alive"])
        #expect(result.status == 0, "\(result.output)")
        #expect(answerer.registers[1].header("Contact").hasSuffix(";expires=3600"))
        #expect(answerer.registers[1].header("CSeq") == "2 REGISTER")
        #expect(answerer.registers[1].header("Call-ID") == answerer.registers[0].header("Call-ID"))
    }

    @Test(arguments: [
        ("302 Moved Temporarily", "Contact: <sip:other.example.com>", "sends us elsewhere"),
        ("403 Forbidden", "Server: x", "may not register here"),
        ("420 Bad Extension", "Unsupported: path", "its name stands in Unsupported"),
        ("421 Extension Required", "Require: sec-agree", "An extension is demanded that we did not offer"),
        ("421 Extension Required", "Require: outbound", "What is demanded in Require was offered in Supported"),
        ("439 First Hop Lacks Outbound Support", "Server: x", "the first hop did not put itself into Path with ob"),
        ("503 Service Unavailable", "Retry-After: 120 (maintenance)", "try again after 120 s"),
        ("600 Busy Everywhere", "Server: x", "Refused everywhere"),
    ])
    func refusalIsExplained(_ status: String, _ field: String, _ words: String) async throws {
        let answerer = try SIPAnswerer(.udp) { [$0.answer(status, [field])] }
        let result = try await RegisterTestBench().run(answerer)
        #expect(result.status == 1, "\(result.output)\(result.errors)")
        let text = result.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(text.contains(words), "\(text)")
        #expect(text.contains("Not registered: \(status)."))
        #expect(answerer.registers.count == 1)
    }

    @Test func silenceIsOneLineAndStatus2() async throws {
        let answerer = try SIPAnswerer(.udp) { _ in [] }
        let result = try await RegisterTestBench().run(answerer, ["--timeout", "1.2"])
        #expect(result.status == 2)
        #expect(result.errors.hasPrefix("sipob: no answer from 127.0.0.1:\(answerer.port) (udp) to REGISTER"))
        #expect(result.errors.split(separator: "\n").count == 1)
        #expect(answerer.registers.count == 2)
        #expect(Set(answerer.registers.map(\.text)).count == 1, "a retransmission is the same message")
    }

    @Test(arguments: [("udp", "nobody listens there"), ("tcp", "connection refused")])
    func nobodyThere(_ transport: String, _ words: String) async throws {
        let answerer = try SIPAnswerer(.udp) { _ in [] }
        answerer.stop()
        try await Task.sleep(for: .milliseconds(200))
        let edge = "sip:127.0.0.1:\(answerer.port);transport=\(transport)"
        let result = try await RegisterTestBench().run(["--edge", edge])
        #expect(result.status == 2)
        #expect(result.errors.contains(words), "\(result.errors)")
        #expect(result.errors.split(separator: "\n").count == 1)
    }

    /// The same answer, to somebody else's request.
    private static func foreignBranch(_ text: String) -> String {
        text.replacingOccurrences(of: "branch=z9hG4bK", with: "branch=z9hG4bKx")
    }

    @Test func garbageBeforeTheAnswerDoesNoHarm() async throws {
        let answerer = try SIPAnswerer(.udp) { request in
            [
                .bytes([0xFF, 0xFE, 0]), .text("\r\n\r\n"), .text("SIP/2.0 200 OK\r\n\r\n"), .bytes([0, 1, 0, 0]),
                request.answer("200 OK", to: Self.foreignBranch),
                request.answer("200 OK", to: { $0.replacingOccurrences(of: "Call-ID: ", with: "Call-ID: x") }),
                request.answer("100 Trying"), request.granted(), request.granted(),
            ]
        }
        let result = try await RegisterTestBench().run(answerer, ["--no-keep-alive"])
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        #expect(result.output.contains("Left aside:"))
        #expect(answerer.registers.count == 2)
    }

    @Test func answersToOthersAreNoAnswer() async throws {
        let answerer = try SIPAnswerer(.udp) { request in
            [request.answer("200 OK", to: Self.foreignBranch)]
        }
        let result = try await RegisterTestBench().run(answerer, ["--timeout", "1"])
        #expect(result.status == 2)
        #expect(result.errors.contains("no usable answer"))
    }

    @Test(arguments: ["SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP", "HTTP/1.1 400 Bad Request\r\n\r\n", "\u{1}\u{2}\u{3}", ""])
    func halfAnswerAndClose(_ text: String) async throws {
        let answerer = try SIPAnswerer(.tcp) { _ in [.text(text), .close] }
        let result = try await RegisterTestBench().run(answerer, ["--timeout", "5"])
        #expect(result.status == 2, "\(result.output)")
        #expect(result.errors.contains("before REGISTER was answered"), "\(result.errors)")
        // Nothing says that it did not bind what it was asked for.
        #expect(answerer.registers.map(\.removes) == [false, true])
        #expect(result.output.contains("may remain"), "\(result.output)")
    }

    @Test func bindingOfALostConnectionIsRemovedOverANewOne() async throws {
        let answerer = try SIPAnswerer(.tcp) { request in
            guard request.isRegister else { return [.close] }
            return [request.granted()]
        }
        let result = try await RegisterTestBench().run(answerer)
        let removal = try #require(answerer.registers.last)
        #expect(removal.removes)
        #expect(removal.connection == 1)
        #expect(removal.header("Call-ID") == answerer.registers[0].header("Call-ID"))
        #expect(result.output.contains("OB-KA-010"))
        #expect(result.status == 1, "\(result.output)\(result.errors)")
        #expect(!result.output.contains("may remain"))
    }

    @Test func pongIsJudged() async throws {
        let answerer = try SIPAnswerer(.tcp) { [$0.isRegister ? $0.granted() : .text("\r\n")] }
        let result = try await RegisterTestBench().run(answerer, ["-v"])
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.contains("PASS  OB-KA-010"))
        #expect(result.output.contains("PASS  OB-REG-023"))
    }

    @Test func bindingThatStaysIsAViolation() async throws {
        let answerer = try SIPAnswerer(.udp) { request in
            let contact = request.header("Contact").replacingOccurrences(of: "expires=0", with: "expires=60")
            return [request.answer("200 OK", ["Require: outbound", "Contact: \(contact)"])]
        }
        let result = try await RegisterTestBench().run(answerer, ["--no-keep-alive"])
        #expect(result.status == 1)
        #expect(result.output.contains("FAIL  OB-REG-023"))
    }

    @Test func interruptRemovesTheBinding() async throws {
        let answerer = try SIPAnswerer(.udp) { $0.isRegister ? [$0.granted()] : [] }
        defer { answerer.stop() }
        let bench = try RegisterTestBench()
        let running = try Program.sipob.start(
            ["register-test", "sip:alice@example.com", "--edge", answerer.target], environment: bench.environment)
        // The keep-alive stays unanswered for 39.5 s: time enough.
        let isWaiting = try await running.wait { _ in answerer.requests.count >= 2 }
        #expect(isWaiting)
        running.signal(SIGINT)
        let result = try await running.finish(within: .seconds(20))
        #expect(result.status == 130)
        #expect(answerer.registers.last?.removes == true)
        #expect(result.output.contains("Interrupted."))
        #expect(!result.output.contains("may remain"))
    }

    /// RFC 5626 §4.4.1: a ping gets one CRLF; two would be a ping, to be answered again.
    @Test func doublePongIsTold() async throws {
        let answerer = try SIPAnswerer(.tcp) { [$0.isRegister ? $0.granted() : .text("\r\n\r\n")] }
        let result = try await RegisterTestBench().run(answerer)
        #expect(result.output.contains("WARN  OB-KA-003"), "\(result.output)")
        #expect(result.status == 0)
    }

    /// Whether the ping still gets out before the server is gone is chance; that the promise is broken is none.
    @Test func flowThatEndsWithTheAnswerIsAViolation() async throws {
        let answerer = try SIPAnswerer(.tcp) {
            $0.removes ? [$0.granted()] : [$0.granted(["Flow-Timer: 120"]), .close]
        }
        let result = try await RegisterTestBench().run(answerer)
        #expect(result.status == 1, "\(result.output)")
        #expect(result.output.contains("FAIL  OB-FT-006") || result.output.contains("FAIL  OB-KA-010"))
    }

    /// RFC 3581 §4: who answers from another port is heard by nobody behind a NAT. That is no silence.
    @Test func answerFromAnotherPortIsTold() async throws {
        let answerer = try SIPAnswerer(.udp) { request in
            let port = UInt16(request.header("Via").split(separator: ";")[0].split(separator: ":").last ?? "") ?? 0
            if case .text(let text) = request.granted() { try? UDPClient(server: port).send(text) }
            return []
        }
        let bench = try RegisterTestBench()
        let file = bench.scratch.path("stray.pcapng")
        let result = try await bench.run(answerer, ["--timeout", "1", "--save-pcap", file])
        #expect(result.status == 1, "\(result.output)\(result.errors)")
        #expect(result.output.contains("FAIL  OB-RPORT-003"))
        #expect(answerer.registers.last?.removes == true)
        // The evidence is in the capture: a flow of its own, from the other port.
        let audit = try await Program.sipob.run(["pcap-audit", "--json", file])
        let document = try JSONSerialization.jsonObject(with: Data(audit.output.utf8)) as? [String: Any]
        let servers = (document?["flows"] as? [[String: Any]] ?? []).compactMap { $0["server"] as? String }
        #expect(servers.contains("127.0.0.1:\(answerer.port)"), "\(audit.output)")
        #expect(servers.contains { $0 != "127.0.0.1:\(answerer.port)" }, "\(audit.output)")
    }

    /// One registration in CI: the same document as --json, and a suite of JUnit, where a refusal is a failure.
    @Test func reportsOfOneRegistration() async throws {
        let bench = try RegisterTestBench()
        let json = bench.scratch.path("one.json")
        let junit = bench.scratch.path("one.xml")
        let answerer = try SIPAnswerer(.udp) { [$0.answer("403 Forbidden")] }
        let result = try await bench.run(answerer, ["--report", "json=\(json)", "--report", "junit=\(junit)"])
        #expect(result.status == 1)
        let document = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: json)))
        #expect((document as? [String: Any])?["command"] as? String == "register-test")
        let suite = try String(contentsOf: URL(filePath: junit), encoding: .utf8)
        #expect(suite.contains("<failure") && suite.contains("403 Forbidden"), "\(suite)")
        #expect(suite.components(separatedBy: "name=\"OB-REG-010\"").count == 2, "\(suite)")
        let tap = try await bench.run(["--edge", "127.0.0.1", "--report", "tap=x"])
        #expect(tap.status == 64 && tap.errors.contains("json and junit"))
    }

    /// The connection that was lost and the one that the binding was removed over: two flows in one capture.
    @Test func whatWasExchangedIsSaved() async throws {
        let bench = try RegisterTestBench()
        let file = bench.scratch.path("one.pcapng")
        let answerer = try SIPAnswerer(.tcp) { $0.isRegister ? [$0.granted()] : [.close] }
        let result = try await bench.run(answerer, ["--save-pcap", file])
        #expect(result.status == 1)
        let audit = try await Program.sipob.run(["pcap-audit", "--json", file])
        let document = try JSONSerialization.jsonObject(with: Data(audit.output.utf8)) as? [String: Any]
        let flows = try #require(document?["flows"] as? [[String: Any]])
        #expect(flows.count == 2 && flows.allSatisfy { $0["transport"] as? String == "tcp" }, "\(audit.output)")
        let registrations = flows.flatMap { $0["registrations"] as? [[String: Any]] ?? [] }
        #expect(registrations.contains { $0["aor"] as? String == "sip:alice@example.com" })
        let lost = try await bench.run(["--edge", "127.0.0.1", "--save-pcap", "/nonexistent/x.pcapng"])
        #expect(lost.status == 2 && lost.errors.contains("cannot write /nonexistent/x.pcapng"))
    }

    /// 403 is what a registrar says to a user that it does not want: no fault of the first hop.
    @Test func refusedUserIsNoFaultOfTheEdge() async throws {
        let answerer = try SIPAnswerer(.udp) { [$0.answer("403 Forbidden")] }
        let result = try await RegisterTestBench().run(answerer)
        #expect(result.status == 1)
        #expect(result.output.contains("0 fail, 0 warn"), "\(result.output)")
    }

    @Test func unreadableContactIsNotCalledUnbound() async throws {
        let answerer = try SIPAnswerer(.udp) {
            $0.removes ? [$0.granted()] : [$0.answer("200 OK", ["Require: outbound", "Contact: <sip:"])]
        }
        let result = try await RegisterTestBench().run(answerer, ["--no-keep-alive"])
        #expect(result.status == 1)
        #expect(result.output.contains("its Contact cannot be read"), "\(result.output)")
        #expect(!result.output.contains("nothing was bound"))
        #expect(answerer.registers.last?.removes == true)
    }

    /// Twenty requirements that one silence keeps from being judged are one thing to read.
    @Test func oneReasonIsToldOnce() async throws {
        let answerer = try SIPAnswerer(.udp) { _ in [] }
        let result = try await RegisterTestBench().run(answerer, ["--timeout", "0.5"])
        #expect(result.status == 2)
        #expect(result.output.components(separatedBy: "no final response was seen").count == 2, "\(result.output)")
        #expect(result.output.contains("OB-EP-001, OB-EP-002"))
    }

    /// A server that says 100 and no more has had its time only when it was waited for.
    @Test func interruptIsNoFaultOfTheServer() async throws {
        let answerer = try SIPAnswerer(.tcp) { [$0.removes ? $0.granted() : $0.answer("100 Trying")] }
        defer { answerer.stop() }
        let bench = try RegisterTestBench()
        let running = try Program.sipob.start(
            ["register-test", "sip:alice@example.com", "--edge", answerer.target, "--timeout", "120"],
            environment: bench.environment)
        let isUnderWay = try await running.wait { $0.outputSoFar.contains("100 Trying") }
        #expect(isUnderWay)
        running.signal(SIGINT)
        let result = try await running.finish(within: .seconds(20))
        #expect(result.status == 130)
        #expect(result.output.contains("0 fail"), "\(result.output)")
        // Its answer was not there when the user left, but it may come.
        #expect(answerer.registers.last?.removes == true)
        #expect(!result.output.contains("may remain"))
    }

    /// An answer that is none shows that somebody is there, who may have bound what was asked for.
    @Test func unreadableAnswersAreFollowedByTheRemoval() async throws {
        let answerer = try SIPAnswerer(.udp) { request in
            if request.removes { return [request.granted()] }
            return [request.answer("200 OK", ["X: " + String(repeating: "x", count: 30_000)])]
        }
        let result = try await RegisterTestBench().run(answerer, ["--timeout", "1"])
        #expect(result.status == 2)
        #expect(answerer.registers.last?.removes == true)
        #expect(!result.output.contains("may remain"))
    }

    /// timeout(1) and service managers signal a process and its group: that is one wish to end, and no order to leave
    /// everything behind. Two different signals, because the kernel makes one of two equal ones that are pending.
    @Test(arguments: [[], ["--suite"], ["--flows", "2", "--hold", "60"]])
    func twoSignalsAtOnceAreOne(_ arguments: [String]) async throws {
        let answerer = try SIPAnswerer(.udp) { $0.isRegister ? [$0.granted()] : [] }
        defer { answerer.stop() }
        let bench = try RegisterTestBench()
        let running = try Program.sipob.start(
            ["register-test", "sip:alice@example.com", "--edge", answerer.target] + arguments,
            environment: bench.environment)
        let isBound = try await running.wait { _ in
            answerer.registers.contains { !$0.removes } && answerer.requests.last?.isRegister == false
                || arguments.first == "--flows" && answerer.registers.count == 2
        }
        #expect(isBound)
        running.signal(SIGINT)
        running.signal(SIGTERM)
        let result = try await running.finish(within: .seconds(40))
        #expect(result.status == 130, "\(result.output)\(result.errors)")
        #expect(answerer.registers.contains { $0.removes })
        let said = result.output + result.errors
        #expect(said.contains("nterrupted") && !said.contains("may remain"), "\(said)")
    }

    /// Who goes on asking for the end means now, whatever is left behind, however fast the signals follow one another. A
    /// shell sends them: the threads of a test have others to wait for.
    @Test func signalsThatGoOnAreMoreThanOne() async throws {
        let answerer = try SIPAnswerer(.udp) { $0.isRegister && !$0.removes ? [$0.granted()] : [] }
        defer { answerer.stop() }
        let bench = try RegisterTestBench()
        let script = """
            "$1" register-test sip:alice@example.com --edge "$2" --flows 1 --hold 60 & tested=$!
            until [ -e "$3" ]; do sleep 0.05; done
            while kill -TERM $tested 2>/dev/null; do sleep 0.05; done
            wait $tested; exit $?
            """
        let bash = try #require(Program.installed("bash")).start(
            ["-c", script, "bash", Program.sipob.path, answerer.target, bench.scratch.path("go")],
            environment: bench.environment)
        let isBound = try await bash.wait { _ in answerer.registers.contains { !$0.removes } }
        #expect(isBound)
        try bench.scratch.write([], to: "go")
        let result = try await bash.finish(within: .seconds(30))
        #expect(result.status == 130 && result.output.contains("may remain"), "\(result.output)\(result.errors)")
        // The four seconds that a removal has after a first signal are time for four of them (RFC 3261 §17.1.2.2).
        #expect(answerer.registers.filter(\.removes).count < 4)
    }

    @Test(arguments: [
        ("Flow-Timer: 0", "no keep-alive can come that often"),
        ("Flow-Timer: 99999999999999999999999", "99999999999999999999999"),
        ("Service-Route: <sip:home.example.com;lr>", "the way of later requests"),
    ])
    func whatFieldsMean(_ field: String, _ meaning: String) async throws {
        let answerer = try SIPAnswerer(.udp) { [$0.granted([field])] }
        let result = try await RegisterTestBench().run(answerer, ["--no-keep-alive"])
        #expect(result.output.contains(meaning), "\(result.output)")
        #expect(!result.output.contains("18446744073709551615"))
    }

    @Test func keepBindingKeeps() async throws {
        let answerer = try SIPAnswerer(.udp) { [$0.granted()] }
        let result = try await RegisterTestBench().run(answerer, ["--no-keep-alive", "--keep-binding"])
        #expect(result.status == 0, "\(result.output)")
        #expect(answerer.registers.count == 1)
        #expect(result.output.contains("The binding is kept for up to 600 s"))
    }

    @Test func withoutOutboundTheTestFails() async throws {
        let answerer = try SIPAnswerer(.udp) { request in
            [request.answer("200 OK", request.removes ? [] : ["Contact: \(request.header("Contact"))"])]
        }
        let result = try await RegisterTestBench().run(answerer)
        #expect(result.status == 1)
        #expect(result.output.contains("Registered, but without outbound."))
        #expect(result.output.contains("No keep-alive sent"))
        let onlyRegisters = answerer.requests.allSatisfy { $0.isRegister }
        #expect(onlyRegisters, "STUN needs a sign that it is supported")
    }

    @Test func traceHidesCredentials() async throws {
        let answerer = try SIPAnswerer(.udp) { request in
            request.header("Authorization").isEmpty
                ? [request.answer("401 Unauthorized", [DigestCheck.challenge("SHA-256")])] : [request.granted()]
        }
        let result = try await RegisterTestBench().run(answerer, ["--trace", "--no-keep-alive"], password: "hunter2")
        let credentials = answerer.registers[1].header("Authorization")
        let response = try #require(credentials.components(separatedBy: "response=\"").last?.prefix(64))
        #expect(result.output.contains("response=\"(hidden)\""))
        #expect(!result.output.contains(response))
        #expect(!result.output.contains("hunter2"))
        #expect(result.output.contains("| SIP/2.0 401 Unauthorized"))
    }

    @Test func controlCharactersOfTheServerAreDefused() async throws {
        let answerer = try SIPAnswerer(.udp) { [$0.answer("403 \u{1B}[31mRed\u{7}", ["Server: \u{1B}]0;x\u{7}"])] }
        let result = try await RegisterTestBench().run(answerer)
        #expect(!result.output.contains("\u{1B}"))
    }

    @Test func instanceIsTheSameInEveryRun() async throws {
        let bench = try RegisterTestBench()
        var instances: Set<String> = []
        for _ in 0..<2 {
            let answerer = try SIPAnswerer(.udp) { [$0.granted()] }
            _ = try await bench.run(answerer, ["--no-keep-alive"])
            let contact = try #require(answerer.registers.first).header("Contact")
            instances.insert(try #require(contact.components(separatedBy: "+sip.instance=").last))
        }
        #expect(instances.count == 1)
        #expect(instances.first?.hasPrefix("\"<urn:uuid:") == true)
    }

    @Test func instanceThatCannotBeKeptIsTold() async throws {
        let bench = try RegisterTestBench()
        try bench.scratch.write("a file, no folder", to: "config")
        let answerer = try SIPAnswerer(.udp) { [$0.granted()] }
        let result = try await bench.run(answerer, ["--no-keep-alive"])
        #expect(result.status == 0)
        #expect(result.errors.contains("a new instance-id for this run"))
    }

    @Test func quietIsOneLine() async throws {
        let answerer = try SIPAnswerer(.udp) { [$0.granted()] }
        let result = try await RegisterTestBench().run(answerer, ["--no-keep-alive", "-q"])
        #expect(result.lines.count == 1)
        #expect(result.output.hasPrefix("Registered with outbound, and nothing is violated."))
    }

    @Test(arguments: [
        ["--edge", "sips:127.0.0.1;transport=udp"], ["--edge", "sip:127.0.0.1;transport=sctp"], ["--edge", "wss://"],
        ["--edge", "127.0.0.1", "--insecure"], ["--edge", "sips:127.0.0.1", "--cert", "x"],
        ["--edge", "sip:127.0.0.1;transport=carrier"], ["--edge", "127.0.0.1:0"], ["--edge", "a", "--registrar", "b"],
        ["--reg-id", "0"], ["--reg-id", "2147483648"], ["--reg-id", "x"], ["--instance", "f81d4fae"],
        ["--expires", "0"], ["--timeout", "0"], ["--bind", "nowhere"], ["-4", "-6"], ["-6", "--bind", "127.0.0.1"],
        ["--json", "--trace"], ["--auth-user", "a\nb"],
    ])
    func wrongUsage(_ arguments: [String]) async throws {
        let result = try await RegisterTestBench().run(arguments)
        #expect(result.status == 64, "\(result.errors)")
        #expect(result.output.isEmpty)
    }

    @Test func missingPasswordFile() async throws {
        let result = try await RegisterTestBench().run(["--password-file", "/nonexistent", "--edge", "127.0.0.1:9"])
        #expect(result.status == 2)
        #expect(result.errors.contains("--password-file /nonexistent: cannot read it"))
    }

    @Test func jsonHoldsItAll() async throws {
        let answerer = try SIPAnswerer(.tcp) { [$0.isRegister ? $0.granted(["Flow-Timer: 30"]) : .text("\r\n")] }
        let result = try await RegisterTestBench().run(answerer, ["--json"])
        #expect(result.status == 0)
        let parsed = try JSONSerialization.jsonObject(with: Data(result.outputBytes)) as? [String: Any]
        let document = try #require(parsed)
        #expect(try JSONSchema.faults(of: result, command: "register-test") == [])
        #expect(document["schema"] as? String == "sipob/1")
        #expect(document["command"] as? String == "register-test")
        let flow = try #require((document["flows"] as? [[String: Any]])?.first)
        #expect((flow["keepalive"] as? [String: Any])?["kind"] as? String == "crlf")
        let registration = try #require((flow["registrations"] as? [[String: Any]])?.first)
        #expect(registration["flow_timer_s"] as? Int == 30)
        #expect((document["result"] as? [String: Any])?["binding"] as? String == "removed")
        #expect((document["exit"] as? [String: Any])?["code"] as? Int == 0)
        let findings = try #require(document["findings"] as? [[String: Any]])
        #expect(Set(findings.compactMap { $0["requirement"] as? String }).count >= 20)
    }
}
