import Testing

/// `sipob register-test` against a real Kamailio edge and registrar; one test at a time, since they share alice.
@Suite(.needsKamailio, .kamailio(), .serialized)
struct RegisterTestKamailioTests {
    /// The bindings of alice at the registrar, asked for without any code of ours.
    private func bindings(_ rig: KamailioRig) throws -> [String] {
        let client = try UDPClient(server: rig.registrarPort)
        client.send(
            [
                "REGISTER sip:example.com SIP/2.0",
                "Via: SIP/2.0/UDP 127.0.0.1:\(client.port);rport;branch=z9hG4bK\(UInt64.random(in: 0 ... .max))",
                "From: <sip:alice@example.com>;tag=q", "To: <sip:alice@example.com>",
                "Call-ID: \(UInt64.random(in: 0 ... .max))", "CSeq: 1 REGISTER", "Max-Forwards: 70",
                "Content-Length: 0", "", "",
            ].joined(separator: "\r\n"))
        let answer = String(decoding: try #require(client.receive()), as: UTF8.self)
        #expect(answer.hasPrefix("SIP/2.0 200"))
        return answer.split(separator: "\r\n").filter { $0.hasPrefix("Contact:") }.map(String.init)
    }

    /// The ids of one verdict in a report.
    private func ids(_ verdict: String, in output: String) -> Set<String> {
        Set(
            output.split(separator: "\n").compactMap { line in
                let words = line.split(separator: " ")
                return words.count > 1 && words[0] == verdict ? String(words[1]) : nil
            })
    }

    @Test(arguments: ["udp", "tcp"]) func throughTheEdge(_ transport: String) async throws {
        let rig = try KamailioRig.current
        let result = try await RegisterTestBench().run([
            "--edge", "sip:127.0.0.1:\(rig.edgePort);transport=\(transport)", "-v",
        ])
        #expect(result.status == 1, "\(result.output)\(result.errors)")
        // 5.6.3 signs its tokens with SHA1(""), whatever the secret: the one violation that this exchange shows.
        #expect(ids("FAIL", in: result.output) == ["OB-TOK-001"])
        #expect(ids("WARN", in: result.output).isEmpty)
        #expect(result.output.contains("DX-TOK-01"))
        #expect(result.output.contains("Flow-Timer: 20"))
        #expect(ids("PASS", in: result.output).count >= 20)
        #expect(ids("PASS", in: result.output).contains(transport == "udp" ? "OB-STUN-011" : "OB-KA-010"))
        #expect(result.output.contains("edge 127.0.0.1:\(rig.edgePort), us 127.0.0.1:"))
        #expect(try bindings(rig).isEmpty)
    }

    @Test func straightToTheRegistrar() async throws {
        let rig = try KamailioRig.current
        let result = try await RegisterTestBench().run([
            "--registrar", "sip:127.0.0.1:\(rig.registrarPort);transport=tcp", "-v",
        ])
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        #expect(ids("FAIL", in: result.output).isEmpty)
        #expect(try bindings(rig).isEmpty)
    }

    @Test func runsReplaceTheirBinding() async throws {
        let rig = try KamailioRig.current
        let bench = try RegisterTestBench()
        for _ in 0..<2 {
            let edge = "sip:127.0.0.1:\(rig.edgePort)"
            _ = try await bench.run(["--edge", edge, "--keep-binding", "--no-keep-alive"])
            #expect(try bindings(rig).count == 1)
        }
        _ = try await bench.run(["--edge", "sip:127.0.0.1:\(rig.edgePort)", "--no-keep-alive"])
        #expect(try bindings(rig).isEmpty)
    }
}

@Suite(.needsKamailio, .kamailio(["REGISTRAR_AUTH": "sha256"]))
struct RegisterTestKamailioDigestTests {
    @Test(arguments: ["udp", "tcp"]) func digest(_ transport: String) async throws {
        let rig = try KamailioRig.current
        let result = try await RegisterTestBench().run(
            ["--edge", "sip:127.0.0.1:\(rig.edgePort);transport=\(transport)"], password: "secret")
        #expect(result.output.contains("algorithm=SHA-256, qop=auth, nc=00000001"))
        #expect(result.output.contains("Registered with outbound"))
        let refused = try await RegisterTestBench().run(
            ["--edge", "sip:127.0.0.1:\(rig.edgePort);transport=\(transport)"], password: "wrong")
        #expect(refused.status == 1)
        #expect(refused.output.contains("The credentials were refused."))
    }
}

@Suite(.needsKamailio, .kamailio(["REGISTRAR_AUTH": "md5"]))
struct RegisterTestKamailioMD5Tests {
    @Test func digest() async throws {
        let rig = try KamailioRig.current
        let result = try await RegisterTestBench().run(
            ["--edge", "sip:127.0.0.1:\(rig.edgePort);transport=tcp"], password: "secret")
        #expect(result.output.contains("Registered with outbound"), "\(result.output)\(result.errors)")
    }
}
