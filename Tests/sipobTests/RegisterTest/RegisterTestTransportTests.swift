import Foundation
import OutboundKit
import Testing

/// `sipob register-test` over TLS, WebSocket and secure WebSocket.
@Suite(.needs("openssl")) struct RegisterTestTransportTests {
    private func edge(_ authority: TestAuthority, _ name: String = "edge", _ more: [String] = []) async throws
        -> EdgeProcess
    {
        try await EdgeProcess.start(
            ["tls", "ws", "wss"],
            ["--cert", authority.scratch.path("\(name).pem"), "--key", authority.scratch.path("\(name).key")] + more)
    }

    /// Every way to name the edge; its judge sees what the client did.
    @Test func everyTarget() async throws {
        let authority = try await TestAuthority()
        try await authority.issue("edge", "IP:127.0.0.1")
        let edge = try await edge(authority, "edge", ["--judge", "--json"])
        let (tls, ws, wss) = (try edge.port("tls"), try edge.port("ws"), try edge.port("wss"))
        let bench = try RegisterTestBench()
        for (target, transport) in [
            ("sip:127.0.0.1:\(tls);transport=tls", "tls"), ("sips:127.0.0.1:\(tls)", "tls"),
            ("sips:127.0.0.1:\(tls);transport=tcp", "tls"), ("ws://127.0.0.1:\(ws)/any?a=b", "ws"),
            ("sip:127.0.0.1:\(ws);transport=ws", "ws"), ("wss://127.0.0.1:\(wss)", "wss"),
            ("sip:127.0.0.1:\(wss);transport=wss", "wss"), ("sips:127.0.0.1:\(wss);transport=ws", "wss"),
        ] {
            let trust = transport == "ws" ? [] : ["--ca-file", authority.file]
            let result = try await bench.run(["--edge", target, "-4", "--json"] + trust)
            #expect(result.status == 0, "\(target): \(result.output) \(result.errors)")
            #expect(result.errors.isEmpty)
            #expect(try JSONSchema.faults(of: result, command: "register-test") == [])
            let document = try #require(
                try JSONSerialization.jsonObject(with: Data(result.outputBytes)) as? [String: Any])
            let flow = try #require((document["flows"] as? [[String: Any]])?.first)
            #expect(flow["transport"] as? String == transport, "\(target)")
            let keepAlive = flow["keepalive"] as? [String: Any]
            #expect(keepAlive?["kind"] as? String == (transport == "tls" ? "crlf" : "ws"))
            #expect(keepAlive?["pongs"] as? Int == (transport == "tls" ? 1 : 2))
            #expect(((flow["tls"] as? [String: Any])?["version"] as? String != nil) == (transport != "ws"))
            #expect((document["result"] as? [String: Any])?["binding"] as? String == "removed")
        }
        let report = try await edge.report()
        #expect(
            Dictionary(grouping: report.flows, by: \.transport).mapValues(\.count) == ["tls": 3, "ws": 2, "wss": 3])
        #expect(report.ids("fail").isEmpty && report.ids("warn").isEmpty, "\(report.findings)")
        let isOutbound = report.flows.allSatisfy { $0.registrations.allSatisfy(\.outbound) }
        #expect(isOutbound)
    }

    @Test func secureAddressOfRecord() async throws {
        let authority = try await TestAuthority()
        try await authority.issue("edge")
        let edge = try await edge(authority)
        for target in ["sips:127.0.0.1:\(try edge.port("tls"))", "wss://127.0.0.1:\(try edge.port("wss"))/"] {
            let result = try await Program.sipob.run(
                [
                    "register-test", "sips:alice@example.com", "--edge", target, "--ca-file", authority.file, "-v",
                    "--trace",
                ], environment: try RegisterTestBench().environment)
            #expect(result.status == 0, "\(result.output) \(result.errors)")
            #expect(result.output.contains("| REGISTER sips:example.com SIP/2.0"))
            #expect(result.output.contains("| Route: <sips:127.0.0.1:"))
            #expect(result.output.contains("| Contact: <sips:alice@"))
            #expect(result.output.contains("PASS  OB-REG-016"))
        }
        let plain = try await Program.sipob.run([
            "register-test", "sips:alice@example.com", "--edge", "sip:127.0.0.1;transport=tcp",
        ])
        #expect(plain.status == 64 && plain.errors.contains("goes over TLS only"), "\(plain.errors)")
        _ = try await edge.stop()
    }

    /// What a person reads over secure WebSocket.
    @Test func narration() async throws {
        let authority = try await TestAuthority()
        try await authority.issue("edge")
        let edge = try await edge(authority)
        let result = try await RegisterTestBench().run([
            "--edge", "wss://127.0.0.1:\(try edge.port("wss"))/", "--ca-file", authority.file, "-v",
        ])
        for words in [
            "(TLSv1.3, TLS_", "WebSocket open, subprotocol sip, server \"sipob/", ".invalid;transport=ws;ob>",
            "-> WebSocket Ping", "<- WebSocket Pong", "-> CRLF CRLF", "PASS  OB-WS-002", "PASS  OB-WS-003",
            "PASS  OB-WS-005", "as sent: no NAT between",
        ] { #expect(result.output.contains(words), "\(words): \(result.output)") }
        _ = try await edge.stop()
    }

    struct BadCertificate: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let names: String
        var days = 5
        var options: [String] = []
        let words: String
    }

    /// One clear line, and exit status 2; `--insecure` goes on and says so.
    @Test(arguments: [
        BadCertificate(testDescription: "expired", names: "IP:127.0.0.1", days: -1, words: "expired on"),
        BadCertificate(testDescription: "other name", names: "DNS:other.test", words: "127.0.0.1"),
        BadCertificate(
            testDescription: "other --tls-name", names: "IP:127.0.0.1", options: ["--tls-name", "edge.test"],
            words: "edge.test"),
    ]) func badCertificate(_ bad: BadCertificate) async throws {
        let authority = try await TestAuthority()
        try await authority.issue("edge", bad.names, days: bad.days)
        let edge = try await edge(authority)
        let bench = try RegisterTestBench()
        for target in ["sips:127.0.0.1:\(try edge.port("tls"))", "wss://127.0.0.1:\(try edge.port("wss"))/"] {
            let options = ["--edge", target, "--ca-file", authority.file] + bad.options
            let refused = try await bench.run(options)
            #expect(refused.status == 2)
            #expect(refused.errors.split(separator: "\n").count == 1)
            #expect(refused.errors.hasPrefix("sipob: REGISTER for sip:alice@example.com: no TLS with 127.0.0.1:"))
            #expect(refused.errors.contains(bad.words) && refused.errors.contains("--insecure"), "\(refused.errors)")
            let insecure = try await bench.run(["--edge", target, "--insecure"] + bad.options)
            #expect(insecure.status == 0, "\(insecure.output) \(insecure.errors)")
            #expect(insecure.output.contains("TLS peer not verified (--insecure)"))
        }
        _ = try await edge.stop()
    }

    @Test func untrustedAuthority() async throws {
        let authority = try await TestAuthority()
        try await authority.issue("edge")
        let edge = try await edge(authority)
        let result = try await RegisterTestBench().run(["--edge", "sips:127.0.0.1:\(try edge.port("tls"))"])
        #expect(result.status == 2)
        #expect(result.errors.contains("--ca-file") && result.errors.split(separator: "\n").count == 1)
        _ = try await edge.stop()
    }

    /// A server that demands a certificate of ours.
    @Test func clientCertificate() async throws {
        let authority = try await TestAuthority()
        try await authority.issue("edge")
        let own = try await authority.issue("phone", "DNS:phone.test")
        let edge = try await edge(authority, "edge", ["--client-ca", authority.file])
        let target = ["--edge", "sips:127.0.0.1:\(try edge.port("tls"))", "--ca-file", authority.file]
        let bench = try RegisterTestBench()
        let shown = try await bench.run(target + ["--cert", own.certificate, "--key", own.key])
        #expect(shown.status == 0, "\(shown.output) \(shown.errors)")
        let none = try await bench.run(target)
        #expect(none.status == 2)
        #expect(none.errors.contains("certificate") && none.errors.split(separator: "\n").count == 1, "\(none.errors)")
        _ = try await edge.stop()
    }

    @Test(arguments: [
        ("HTTP/1.1 404 Not Found\r\n\r\n", "the server answers 404 Not Found; check the path"),
        ("HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n", "the server answers 302 Found; redirects are not followed"),
        ("HTTP/1.1 401 Unauthorized\r\n\r\n", "credentials of HTTP"),
        ("HTTP/1.1 426 Upgrade Required\r\n\r\n", "WebSocket version 13"),
        ("HTTP/1.1 503 Service Unavailable\r\n\r\n", "look into its log"),
        (
            "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
            "the 101 has Sec-WebSocket-Accept: x; RFC 6455 section 4.2.2"
        ),
        (
            "HTTP/1.1 101 x\r\nX: \(String(repeating: "x", count: 9000))\r\n\r\n",
            "let the server answer with fewer or shorter header fields"
        ),
        ("SIP/2.0 400 Bad Request\r\n\r\n", "check that the port speaks WebSocket"),
    ]) func noWebSocket(_ answer: String, _ words: String) async throws {
        let server = try StreamResponder { _ in Array(answer.utf8) }
        defer { server.stop() }
        let result = try await RegisterTestBench().run(["--edge", "ws://127.0.0.1:\(server.port)/"])
        // A 101 that is wrong is a violation; a refusal is none.
        #expect(result.status == (words.contains("101") ? 1 : 2))
        #expect(result.errors.contains(words) && result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    }

    /// The finding names what is wrong: the proof in the 101, or the frames behind it.
    @Test(arguments: [
        (false, "FAIL  OB-WS-005", "the server's handshake is not RFC 6455's"),
        (true, "FAIL  OB-WS-010", "opcode 3 is reserved"),
    ]) func brokenWebSocket(_ isAccepted: Bool, _ id: String, _ words: String) async throws {
        let server = try StreamResponder { octets in
            let request = String(decoding: octets, as: UTF8.self)
            guard let field = request.firstRange(of: "Sec-WebSocket-Key: ") else { return [] }
            let key = String(request[field.upperBound...].prefix { $0 != "\r\n" })
            let proof = (try? WebSocketHandshake.accept(key: isAccepted ? key : "")) ?? ""
            let head =
                "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: \(proof)\r\n"
                + "Sec-WebSocket-Protocol: sip\r\n\r\n"
            return Array(head.utf8) + [0x83, 0]
        }
        defer { server.stop() }
        let result = try await RegisterTestBench().run(["--edge", "ws://127.0.0.1:\(server.port)/"])
        #expect(result.status == 1)
        #expect(result.output.contains(id) && result.output.contains(words), "\(result.output)")
        let suite = try await RegisterTestBench().run([
            "--edge", "ws://127.0.0.1:\(server.port)/", "--suite", "--only", "websocket.ping",
        ])
        #expect(suite.status == 1 && suite.output.contains(String(id.suffix(9))), "\(suite.output)")
        let ending = isAccepted ? "the server broke the WebSocket protocol: \(words)" : "no WebSocket: the 101 has"
        #expect(suite.errors.contains(": \(ending)"), "\(suite.errors)")
    }

    @Test(.needsPythonWebSockets) func closedAsAnAnswer() async throws {
        let (server, port) = try await PythonPeer.server(PythonPeer.serverScript(closesAfter: 1))
        let result = try await RegisterTestBench().run(["--edge", "ws://127.0.0.1:\(port)/"])
        #expect(result.status == 2)
        #expect(
            result.errors.contains(
                "the server closed the WebSocket: 1001 going away: \"restart\" before REGISTER was answered"),
            "\(result.errors)")
        _ = server
    }

    /// A registrar whose WebSocket does to a CRLFCRLF what each row says.
    @Test(
        .needsPythonWebSockets,
        arguments: [
            ("await ws.send('\\r\\n')", "PASS  OB-WS-003"), ("await ws.close(1002, 'no SIP')", "FAIL  OB-WS-003"),
            ("await ws.send('SIP/2.0 400 Bad Request\\r\\n\\r\\n')", "FAIL  OB-WS-003"),
        ]) func answerToCRLF(_ answer: String, _ words: String) async throws
    {
        let script = """
            import asyncio, websockets
            connections = 0
            async def serve(ws, path=None):
                global connections
                connections += 1
                number = connections
                try:
                    async for message in ws:
                        if message == "\\r\\n\\r\\n": \(answer)
                        else:
                            lines = message.split("\\r\\n")
                            fields = [l for l in lines if l.split(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")]
                            contact = next(l for l in lines if l.startswith("Contact:"))
                            ends = contact.endswith("expires=0")
                            print("removed" if ends else "bound", number, flush=True)
                            fields += ["Require: outbound"] + ([] if ends else [contact])
                            text = "\\r\\n".join(["SIP/2.0 200 OK"] + fields + ["Content-Length: 0", "", ""])
                            await ws.send(text.replace(">\\r\\nCall", ">;tag=1\\r\\nCall"))
                except websockets.ConnectionClosed: pass
            async def main():
                async with websockets.serve(serve, "127.0.0.1", 0, subprotocols=["sip"]) as server:
                    print(server.sockets[0].getsockname()[1], flush=True)
                    await asyncio.sleep(600)
            asyncio.run(main())
            """
        let (server, port) = try await PythonPeer.server(script)
        let result = try await RegisterTestBench().run(["--registrar", "ws://127.0.0.1:\(port)/", "-v"])
        #expect(result.output.contains(words), "\(result.output) \(result.errors)")
        #expect(result.output.contains("PASS  OB-WS-002"))
        #expect(!result.output.contains("may remain"))
        // A Close frame ends the flow as a reset does.
        #expect(result.output.contains("WARN  OB-KA-020") == answer.contains("close"), "\(result.output)")
        if words.hasPrefix("FAIL") { #expect(result.output.contains("DX-WS-01") && result.status == 1) }
        // A binding whose connection has gone is removed over another.
        let removal = answer.contains("close") ? "removed 2" : "removed 1"
        #expect(server.outputSoFar.contains("bound 1\n\(removal)\n"), "\(server.outputSoFar)")
    }

    @Test(.needsPythonWebSockets) func subprotocolThatIsNotAgreedOn() async throws {
        let (server, port) = try await PythonPeer.server(PythonPeer.serverScript(subprotocol: false))
        let result = try await RegisterTestBench().run(["--edge", "ws://127.0.0.1:\(port)/"])
        #expect(result.status == 1)
        #expect(result.output.contains("FAIL  OB-WS-005"), "\(result.output)")
        // The suite and flow-timer get no further, and that it is a violation is the same.
        let suite = try await RegisterTestBench().run(["--edge", "ws://127.0.0.1:\(port)/", "--suite"])
        #expect(suite.status == 1 && suite.output.contains("OB-WS-005"), "\(suite.output)\(suite.errors)")
        #expect(suite.errors.contains("the 101 has no Sec-WebSocket-Protocol: sip"), "\(suite.errors)")
        let bench = try RegisterTestBench()
        let timer = try await Program.sipob.run(
            ["flow-timer", "sip:alice@example.com", "--edge", "ws://127.0.0.1:\(port)/"], environment: bench.environment
        )
        #expect(timer.status == 1 && timer.output.contains("OB-WS-005"), "\(timer.output)\(timer.errors)")
        _ = server
    }
}

/// The same against a real Kamailio edge.
@Suite(.needsKamailio, .needs("openssl")) struct RegisterTestKamailioTransportTests {
    @Test func throughTheEdge() async throws {
        let authority = try await TestAuthority()
        try await authority.issueForKamailio()
        let variation = ["EDGE_TLS": authority.folder, "EDGE_WEBSOCKET": "1"]
        try await KamailioRig.with(variation) { rig in
            for target in [
                "sip:127.0.0.1:\(rig.edgeTLSPort);transport=tls", "ws://127.0.0.1:\(rig.edgePort)/",
                "wss://127.0.0.1:\(rig.edgeTLSPort)/",
            ] {
                let trust = target.hasPrefix("ws:") ? [] : ["--ca-file", authority.file]
                let result = try await RegisterTestBench().run(["--edge", target, "-v"] + trust)
                // 5.6.3 signs its tokens with SHA1(""), whatever the secret: the one violation that this shows.
                #expect(result.status == 1, "\(target): \(result.output) \(result.errors)")
                let lines = result.output.split(separator: "\n").map { $0.split(separator: " ").prefix(2) }
                #expect(lines.filter { $0.first == "FAIL" } == [["FAIL", "OB-TOK-001"]], "\(result.output)")
                #expect(!lines.contains { $0.first == "WARN" })
                #expect(result.output.contains("PASS  OB-REG-023"))
                if target.hasPrefix("ws") {
                    for id in ["002", "003", "005"] { #expect(result.output.contains("PASS  OB-WS-\(id)")) }
                } else {
                    #expect(result.output.contains("PASS  OB-KA-010"))
                }
            }
        }
    }

    /// A whole answer that no phone can take off the stream is a fault of the server, and no silence. What only might be
    /// one is not called so.
    @Test(arguments: [
        (Unframed.grant, 1, "answered REGISTER with a 200 without Content-Length"),
        (.refusal, 1, "answered REGISTER with a 403 without Content-Length"),
        (.removal, 1, "answered the REGISTER that removes the binding with a 200 without Content-Length"),
        (.half, 2, ""), (.foreign, 2, ""), (.provisional, 2, ""),
    ]) fileprivate func answerWithoutContentLength(_ kind: Unframed, _ status: Int, _ words: String) async throws {
        let answerer = try SIPAnswerer(.tcp) { [kind.answer(to: $0)] }
        let result = try await RegisterTestBench().run(answerer, ["--timeout", "2", "--no-keep-alive"])
        #expect(result.status == status, "\(result.output)\(result.errors)")
        #expect(result.output.contains("FAIL  OB-SIP-003") == !words.isEmpty, "\(result.output)")
        #expect(result.output.contains("no Content-Length in it") == !words.isEmpty, "\(result.output)")
        if status == 1 {
            #expect(result.output.contains(words) && result.errors.isEmpty, "\(result.output)\(result.errors)")
        } else {
            #expect(
                result.errors.contains("from \(answerer.target.dropFirst(4).prefix { $0 != ";" })"), "\(result.errors)")
        }
        // Whoever said anything may have bound what was asked for. What follows half an answer would be its rest.
        #expect(answerer.registers.last?.removes == true)
        #expect(answerer.registers.last?.connection == (kind == .half ? 1 : 0))
    }

    /// The suite, which has nothing to go on then, says the same.
    @Test(arguments: [
        (Unframed.grant, 1, "with a 200 without Content-Length"), (.refusal, 1, "with a 403 without Content-Length"),
        (.half, 2, "no final response"), (.foreign, 2, "no final response"), (.provisional, 2, "no final response"),
    ]) fileprivate func suiteWithoutContentLength(_ kind: Unframed, _ status: Int, _ words: String) async throws {
        let answerer = try SIPAnswerer(.tcp) { [kind.answer(to: $0)] }
        let bench = try RegisterTestBench()
        let junit = bench.scratch.path("suite.xml")
        let result = try await bench.run(
            answerer, ["--suite", "--timeout", "1", "--report", "junit=\(junit)"])
        #expect(result.status == status, "\(result.output)\(result.errors)")
        #expect(result.errors.contains(words), "\(result.errors)")
        #expect(result.output.contains("[OB-SIP-003") == (status == 1), "\(result.output)")
        #expect(result.output.contains("no Content-Length in it") == (status == 1), "\(result.output)")
        #expect(try Files.text(junit).contains("<failure ") == (status == 1))
        #expect(answerer.registers.last?.removes == true)
        #expect(answerer.registers.last?.connection == (kind == .half ? 1 : 0))
    }
}

/// Answers over TCP that lack a Content-Length, or look as if they did.
private enum Unframed {
    case grant
    case refusal
    case removal
    /// Not all of the header has come.
    case half
    /// An answer to somebody else's request.
    case foreign
    case provisional

    func answer(to request: SIPAnswerer.Request) -> SIPAnswerer.Reply {
        func bare(_ text: String) -> String { text.replacingOccurrences(of: "Content-Length: 0\r\n", with: "") }
        let contact = ["Contact: \(request.header("Contact"))", "Require: outbound"]
        return switch self {
        case .grant: request.answer("200 OK", contact, to: bare)
        case .refusal: request.answer("403 Forbidden", to: bare)
        case .removal: request.removes ? request.answer("200 OK", to: bare) : request.granted()
        case .half: request.answer("200 OK", contact) { String(bare($0).dropLast(2)) }
        case .foreign:
            request.answer("200 OK", contact) { bare($0).replacingOccurrences(of: "z9hG4bK", with: "z9hG4bKx") }
        case .provisional: request.answer("100 Trying", to: bare)
        }
    }
}
