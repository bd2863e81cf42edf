import Testing

/// Our edge proxy before Kamailio's registrar, and Kamailio's edge proxy before our registrar: outbound is in force, and
/// calls arrive, either way.
@Suite(.needsKamailio, .oneAtATime) struct EdgeKamailioTests {
    /// The ids of one verdict in a report of `register-test`.
    private func ids(_ verdict: String, in output: String) -> Set<String> {
        Set(
            output.split(separator: "\n").compactMap { line in
                let words = line.split(separator: " ")
                return words.count > 1 && words[0] == verdict ? String(words[1]) : nil
            })
    }

    private func register(_ transport: String, through port: UInt16) async throws -> ProgramResult {
        try await RegisterTestBench().run(["--edge", "sip:127.0.0.1:\(port);transport=\(transport)", "-v"])
    }

    @Test func ourEdgeBeforeKamailio() async throws {
        try await KamailioRig.with([:]) { rig in
            let edge = try await EdgeProcess.start(
                ["udp", "tcp"],
                ["--registrar", "sip:127.0.0.1:\(rig.registrarPort)", "--flow-timer", "30"])
            for transport in ["udp", "tcp"] {
                let port = try edge.port(transport)
                let result = try await register(transport, through: port)
                #expect(result.status == 0, "\(result.output)\(result.errors)")
                #expect(ids("FAIL", in: result.output).isEmpty && ids("WARN", in: result.output).isEmpty)
                #expect(result.output.contains("Flow-Timer: 30"))
                let seen = try await Peer.run("deliver.py", [transport, "\(port)", "\(edge.port("udp"))"])
                // Caller, our edge, the registrar, our edge again.
                #expect(seen["vias"] == ["4"], "\(seen)")
                #expect(seen["timer"] == ["30"])
                // Path is for the registrar's side, which is UDP, whatever the phone's is.
                let path = try #require(seen["path"]?.first)
                #expect(path.hasSuffix("@127.0.0.1:\(try edge.port("udp"));lr;ob>"), "\(path)")
                #expect(seen["gone"] == ["404"], "\(seen)")
            }
            #expect(try await edge.stop().status == 0)
        }
    }

    @Test func kamailioBeforeOurRegistrar() async throws {
        let registrar = try await EdgeProcess.start(["udp", "tcp"], ["--registrar-only"])
        // Kamailio sends to the registrar over UDP, whatever the phone's transport.
        let target = "\(try registrar.port("udp"))"
        try await KamailioRig.with(["REGISTRAR_TARGET": target]) { rig in
            for transport in ["udp", "tcp"] {
                let result = try await register(transport, through: rig.edgePort)
                // 5.6.3 signs its tokens with SHA1(""), whatever the secret.
                #expect(result.status == 1, "\(result.output)\(result.errors)")
                #expect(ids("FAIL", in: result.output) == ["OB-TOK-001"] && ids("WARN", in: result.output).isEmpty)
                let seen = try await Peer.run("deliver.py", [transport, "\(rig.edgePort)", "\(rig.edgePort)"])
                #expect(seen["vias"] == ["4"], "\(seen)")
                #expect(seen["timer"] == ["20"])
                #expect(seen["gone"] == ["480"], "\(seen)")
            }
        }
        #expect(try await registrar.stop().status == 0)
    }
}
