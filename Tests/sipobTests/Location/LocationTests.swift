import Glibc
import OutboundKit
import Testing

/// RFC 3263 against a real name server, and through the commands.
@Suite(.needs("dnsmasq")) struct DNSMasqTests {
    @Test func records() async throws {
        let server = try await DNSMasq.start()
        let locator = server.locator
        #expect(await locator.found("srv.test", transport: .udp) == ["udp 127.0.0.1:5070", "udp 127.0.0.2:5080"])
        #expect(await locator.found("naptr.test") == ["tcp 127.0.0.2:5091", "udp 127.0.0.1:5090"])
        #expect(await locator.found("naptr.test", supported: [.udp]) == ["udp 127.0.0.1:5090"])
        #expect(Set(await locator.found("plain.test")) == ["udp [::1]:5060", "udp 127.0.0.3:5060"])
        #expect(await locator.found("plain.test", family: .ipv4) == ["udp 127.0.0.3:5060"])
        #expect(await locator.found("alias.test", family: .ipv4) == ["udp 127.0.0.3:5060"])
        #expect(
            await locator.found("denied.test", transport: .udp) == [
                "_sip._udp.denied.test says that the service is not offered"
            ])
        let circle = await locator.found("circle.test", transport: .udp)
        #expect(circle.first?.hasPrefix("circle2.test, to which _sip._udp.circle.test leads:") == true)
        #expect(await locator.found("nowhere.test") == ["the name does not exist"])
    }

    /// More records than fit 512 octets: the answer comes over TCP.
    @Test func longAnswer() async throws {
        let many = (1...40).flatMap {
            ["--srv-host=_sip._udp.many.test,host-number-\($0).many.test,\(6000 + $0),\($0)"]
        }
        let server = try await DNSMasq.start(many + ["--host-record=host-number-1.many.test,127.0.0.9"])
        #expect(await server.locator.found("many.test", transport: .udp, family: .ipv4) == ["udp 127.0.0.9:6001"])
    }

    @Test func stunPingFollowsTheRecords() async throws {
        let answerer = try UDPResponder { _, request, port in
            guard let message = try? STUNMessage.parse(request.span.bytes) else { return [] }
            var writer = STUNMessageWriter(.bindingSuccess, message.transactionID)
            writer.append(xorMappedAddress: TransportAddress(ip: IPAddress(v4: 0x7F00_0001), port: port))
            return [writer.message]
        }
        let server = try await DNSMasq.start(["--srv-host=_sip._udp.stun.test,one.srv.test,\(answerer.port),1"])
        let result = try await Program.sipob.run(
            ["stun-ping", "-c", "1", "sip:stun.test"], environment: server.environment)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("STUN-PING sip:stun.test (127.0.0.1:\(answerer.port))"))
        let straight = try await Program.sipob.run(
            ["stun-ping", "-c", "1", "--no-srv", "sip:stun.test"], environment: server.environment)
        #expect(straight.status == 2)
        #expect(
            straight.errors.contains("cannot find an address of stun.test: it has no address"), "\(straight.errors)")
    }

    /// Each CRLFCRLF gets its pong.
    private func pongs() throws -> StreamResponder {
        try StreamResponder { $0 == Array("\r\n\r\n".utf8) ? [13, 10] : [] }
    }

    /// The first server refuses, the second hangs up without a word, the third answers.
    @Test func crlfPingFallsOver() async throws {
        let rude = try StreamResponder(isDone: { true }) { _ in [] }
        let good = try pongs()
        defer {
            rude.stop()
            good.stop()
        }
        let server = try await DNSMasq.start([
            "--naptr-record=ping.test,10,10,s,SIP+D2T,,_sip._tcp.ping.test",
            "--srv-host=_sip._tcp.ping.test,one.srv.test,9,1",
            "--srv-host=_sip._tcp.ping.test,one.srv.test,\(rude.port),2",
            "--srv-host=_sip._tcp.ping.test,one.srv.test,\(good.port),3",
        ])
        let result = try await Program.sipob.run(
            ["crlf-ping", "-c", "2", "-i", "0.05", "ping.test"], environment: server.environment)
        #expect(result.status == 0, "\(result.output) \(result.errors)")
        #expect(result.output.contains("connection refused; trying 127.0.0.1:\(rude.port) (tcp)."))
        #expect(
            result.output.contains("nothing came from it; trying 127.0.0.1:\(good.port) (tcp)."), "\(result.output)")
        #expect(result.output.contains("2 pings, 2 answered, 0 % lost"))
        let json = try await Program.sipob.run(
            ["crlf-ping", "-c", "2", "-i", "0.05", "--json", "ping.test"], environment: server.environment)
        try PingSchema.check(json, "crlf-ping")
        #expect(json.output.contains("\"server\": \"127.0.0.1:\(good.port)\""))
        #expect(json.output.split(separator: "\"a server of ping.test\"").count == 3, "\(json.output)")
        let straight = try await Program.sipob.run(
            ["crlf-ping", "-c", "1", "--no-srv", "ping.test"], environment: server.environment)
        #expect(straight.status == 2 && straight.errors.contains("ping.test: it has no address"), "\(straight.errors)")
    }

    /// What a server says, or does not say, to pings is what was to be tested: the next one is left alone.
    @Test func crlfPingStaysWhereItWasHeard() async throws {
        let silent = try StreamResponder { _ in [] }
        let good = try pongs()
        defer {
            silent.stop()
            good.stop()
        }
        let server = try await DNSMasq.start([
            "--srv-host=_sip._tcp.mute.test,one.srv.test,\(silent.port),1",
            "--srv-host=_sip._tcp.mute.test,one.srv.test,\(good.port),2",
        ])
        let result = try await Program.sipob.run(
            ["crlf-ping", "-c", "1", "-W", "0.3", "sip:mute.test;transport=tcp"], environment: server.environment)
        #expect(result.status != 0)
        #expect(!result.output.contains("trying"), "\(result.output)")
    }

    /// A WebSocket's URI is looked up like that of a web page, and its addresses are tried in turn.
    @Test(.needsPythonWebSockets) func wsPingTriesTheAddresses() async throws {
        let (python, port) = try await PythonPeer.server(PythonPeer.serverScript())
        let server = try await DNSMasq.start([
            "--host-record=web.test,127.0.0.1,::1", "--srv-host=_sip._ws.web2.test,one.srv.test,9,1",
            "--srv-host=_sip._ws.web2.test,one.srv.test,\(port),2",
        ])
        for target in ["ws://web.test:\(port)/", "sip:web2.test;transport=ws"] {
            let result = try await Program.sipob.run(
                ["ws-ping", "-c", "2", "-i", "0.05", target], environment: server.environment)
            #expect(result.status == 0, "\(result.output) \(result.errors)")
            #expect(result.output.contains("2 pings, 2 answered"))
        }
        _ = python
    }

    /// The first server refuses, the second is silent, the third answers.
    @Test func registerTestFallsOver() async throws {
        let registrar = try SIPAnswerer(.udp) { [$0.granted()] }
        let silent = try UDPResponder { _, _, _ in [] }
        let server = try await DNSMasq.start([
            "--srv-host=_sip._udp.fail.test,one.srv.test,9,1",
            "--srv-host=_sip._udp.fail.test,one.srv.test,\(silent.port),2",
            "--srv-host=_sip._udp.fail.test,one.srv.test,\(registrar.port),3",
        ])
        let result = try await Program.sipob.run(
            ["register-test", "sip:alice@fail.test", "--timeout", "1", "--no-keep-alive"],
            environment: server.environment.merging(["SIPOB_PASSWORD": "x"]) { $1 })
        #expect(result.output.contains("Nothing came from 127.0.0.1:9 (udp); trying 127.0.0.1:\(silent.port) (udp)."))
        #expect(
            result.output.contains(
                "Nothing came from 127.0.0.1:\(silent.port) (udp); trying 127.0.0.1:\(registrar.port) (udp)."))
        #expect(result.status == 0, "\(result.output) \(result.errors)")
    }

    /// An answer, whatever it says, is the answer.
    @Test func registerTestStaysWhereItWasAnswered() async throws {
        let refusing = try SIPAnswerer(.udp) { [$0.answer("403 Forbidden")] }
        let registrar = try SIPAnswerer(.udp) { [$0.granted()] }
        let server = try await DNSMasq.start([
            "--srv-host=_sip._udp.no.test,one.srv.test,\(refusing.port),1",
            "--srv-host=_sip._udp.no.test,one.srv.test,\(registrar.port),2",
        ])
        let result = try await Program.sipob.run(
            ["register-test", "sip:alice@no.test", "--timeout", "2"], environment: server.environment)
        #expect(result.status == 1)
        #expect(!result.output.contains("trying"))
    }

    /// A TCP port that nobody listens on: the next server is tried at once.
    @Test func connectFailure() async throws {
        let registrar = try SIPAnswerer(.tcp) { [$0.granted()] }
        let server = try await DNSMasq.start([
            "--srv-host=_sip._tcp.tcp.test,one.srv.test,9,1",
            "--srv-host=_sip._tcp.tcp.test,one.srv.test,\(registrar.port),2",
        ])
        let result = try await Program.sipob.run(
            ["register-test", "sip:alice@tcp.test;transport=tcp", "--timeout", "5", "--no-keep-alive"],
            environment: server.environment)
        #expect(result.status == 0, "\(result.output) \(result.errors)")
        #expect(result.output.contains("trying 127.0.0.1:\(registrar.port) (tcp)."))
    }
}

/// Name servers that misbehave: a clear reason, in time.
@Suite struct BadNameServerTests {
    /// - Parameter answer: the answer section's records and their count, from the query.
    private func server(
        flags: UInt8 = 0x81, code: UInt8 = 0x80, _ answer: @escaping @Sendable ([UInt8]) -> (UInt8, [UInt8])
    ) throws -> UDPResponder {
        try UDPResponder { _, query, _ in
            guard query.count > 12 else { return [] }
            // The question ends with the type and class behind the root label; what follows it is the EDNS record.
            guard let root = query[12...].firstIndex(of: 0), query.count >= root + 5 else { return [] }
            let (count, records) = answer(query)
            return [
                Array(query[..<2]) + [flags, code, 0, 1, 0, count, 0, 0, 0, 0] + Array(query[12..<root + 5]) + records
            ]
        }
    }

    /// What a locator finds that asks this server; once more when a busy machine let it answer too late.
    private func found(_ host: String, _ server: UDPResponder) async -> [String] {
        let locator = Locator(nameserver: TransportAddress(ip: IPAddress(v4: 0x7F00_0001), port: server.port))
        var found: [String] = []
        for _ in 0..<5 {
            found = await locator.found(host, transport: .udp)
            if found != ["the name server does not answer, or failed"] { break }
        }
        return found
    }

    private func alias(_ owner: [UInt8], _ target: [UInt8]) -> [UInt8] {
        owner + [0, 5, 0, 1, 0, 0, 0, 60, 0, UInt8(target.count)] + target
    }

    /// Two queries for SRV and two for the addresses, each 2 seconds: measured by the program's own end, for the threads of a
    /// busy test run are late.
    private func expectInTime(_ server: UDPResponder) async throws {
        let result = try await Program.sipob.run(
            ["stun-ping", "-c", "1", "x.test"], environment: ["SIPOB_NAMESERVER": "127.0.0.1:\(server.port)"],
            timeout: .seconds(20))
        #expect(result.status == 2)
        #expect(
            result.errors
                == "sipob: cannot find an address of x.test: the name server does not answer, or failed; check the name, or "
                + "give an address.\n")
    }

    @Test func silence() async throws { try await expectInTime(try UDPResponder { _, _, _ in [] }) }

    @Test func aliasesInCircles() async throws {
        let first = [UInt8](arrayLiteral: 1, 0x61, 0)
        let second = [UInt8](arrayLiteral: 1, 0x62, 0)
        let circles = try server { _ in (2, alias(first, second) + alias(second, first)) }
        #expect(
            await found("a", circles) == ["it is an alias of a name without an address"])
    }

    @Test func unreadable() async throws {
        let garbage = try server { _ in (1, [0xC0, 0xFF]) }
        #expect(await found("x.test", garbage) == ["it has no address"])
    }

    /// Truncated, and nobody listens on TCP.
    @Test func truncatedForEver() async throws {
        try await expectInTime(try server(flags: 0x83) { _ in (0, []) })
    }

    /// SERVFAIL, REFUSED.
    @Test(arguments: [UInt8(0x82), 0x85])
    func failures(_ code: UInt8) async throws {
        let failing = try server(code: code) { _ in (0, []) }
        #expect(
            await found("x.test", failing) == ["the name server does not answer, or failed"])
    }

    @Test(arguments: ["nonsense", "::1", "127.0.0.1:0", "127.0.0.1:99999"])
    func wrongSetting(_ text: String) async throws {
        let result = try await Program.sipob.run(
            ["stun-ping", "-c", "1", "127.0.0.1:9"], environment: ["SIPOB_NAMESERVER": text])
        #expect(result.status == 64)
        #expect(result.errors.contains("SIPOB_NAMESERVER"))
    }
}
