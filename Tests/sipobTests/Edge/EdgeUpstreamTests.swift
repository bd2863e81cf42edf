import Testing

/// `sipob edge --registrar` over TLS, and by the records of a name.
@Suite(.needs("openssl")) struct EdgeUpstreamTests {
    private func register(through edge: EdgeProcess, _ transport: String = "tcp") async throws -> ProgramResult {
        try await RegisterTestBench().run([
            "--edge", "sip:127.0.0.1:\(try edge.port(transport));transport=\(transport)", "-v",
        ])
    }

    /// A registrar of ours over TLS; a call comes back over the connection that the edge opened.
    @Test func overTLS() async throws {
        let authority = try await TestAuthority()
        let files = try await authority.issue("registrar")
        let own = try await authority.issue("edge", "DNS:edge.test")
        let registrar = try await EdgeProcess.start(
            ["tls"],
            ["--registrar-only", "--cert", files.certificate, "--key", files.key, "--client-ca", authority.file])
        let edge = try await EdgeProcess.start(
            ["udp", "tcp"],
            [
                "--registrar", "sips:127.0.0.1:\(try registrar.port("tls"))", "--ca-file", authority.file,
                "--cert", own.certificate, "--key", own.key,
            ])
        let result = try await register(through: edge)
        #expect(result.status == 0, "\(result.output) \(result.errors) \(edge.program.errorsSoFar)")
        #expect(result.output.contains(";transport=tls;lr;ob>"), "Path is for the registrar's side")
        let port = try edge.port("tcp")
        let seen = try await Peer.run("deliver.py", ["tcp", "\(port)", "\(edge.port("udp"))"])
        // Caller, our edge, the registrar, our edge again.
        #expect(seen["vias"] == ["4"], "\(seen)")
        #expect(try await edge.stop().status == 0)
        #expect(try await registrar.stop().status == 0)
    }

    @Test(.needsKamailio) func kamailioOverTLS() async throws {
        let authority = try await TestAuthority()
        try await authority.issueForKamailio()
        try await KamailioRig.with(["REGISTRAR_TLS": authority.folder]) { rig in
            let edge = try await EdgeProcess.start(
                ["udp", "tcp"],
                [
                    "--registrar", "sip:127.0.0.1:\(rig.registrarTLSPort);transport=tls", "--ca-file", authority.file,
                ])
            for transport in ["udp", "tcp"] {
                let result = try await register(through: edge, transport)
                #expect(result.status == 0, "\(result.output) \(result.errors) \(edge.program.errorsSoFar)")
            }
            let seen = try await Peer.run(
                "deliver.py", ["tcp", "\(try edge.port("tcp"))", "\(try edge.port("udp"))"])
            #expect(seen["vias"] == ["4"], "\(seen)")
            _ = try await edge.stop()
        }
    }

    /// The phone gets an answer, and whoever runs the edge learns why.
    @Test func certificateThatDoesNotPass() async throws {
        let authority = try await TestAuthority()
        let files = try await authority.issue("registrar", "DNS:registrar.test")
        let registrar = try await EdgeProcess.start(
            ["tls"], ["--registrar-only", "--cert", files.certificate, "--key", files.key])
        let target = ["--registrar", "sip:127.0.0.1:\(try registrar.port("tls"));transport=tls"]
        let wary = try await EdgeProcess.start(["tcp"], target + ["--ca-file", authority.file])
        let refused = try await register(through: wary)
        #expect(refused.status == 1 && refused.output.contains("503"), "\(refused.output) \(refused.errors)")
        let told = try await wary.stop().errors
        #expect(told.contains("tls with 127.0.0.1:") && told.contains("registrar.test"), "\(told)")
        for options in [["--insecure"], ["--ca-file", authority.file, "--tls-name", "registrar.test"]] {
            let edge = try await EdgeProcess.start(["tcp"], target + options)
            let result = try await register(through: edge)
            #expect(result.status == 0, "\(result.output) \(result.errors)")
            let told = try await edge.stop().errors
            #expect(told.contains("TLS peer not verified (--insecure)") == (options.count == 1), "\(told)")
        }
        _ = try await registrar.stop()
    }

    /// The name's first server is not there: the second gets the REGISTER.
    @Test(.needs("dnsmasq")) func serversByRecords() async throws {
        let registrar = try await EdgeProcess.start(["udp", "tcp"], ["--registrar-only"])
        let server = try await DNSMasq.start([
            "--naptr-record=core.test,10,10,s,SIP+D2T,,_sip._tcp.core.test",
            "--srv-host=_sip._tcp.core.test,one.srv.test,9,1",
            "--srv-host=_sip._tcp.core.test,one.srv.test,\(try registrar.port("tcp")),2",
        ])
        let edge = try await EdgeProcess.start(
            ["tcp"], ["--registrar", "core.test"], environment: server.environment)
        let result = try await register(through: edge)
        #expect(result.status == 0, "\(result.output) \(result.errors)")
        let told = try await edge.stop().errors
        #expect(told.contains("the registrar is out of reach; trying tcp 127.0.0.1:"), "\(told)")
        let nowhere = try await Program.sipob.run(
            ["edge", "--listen", "tcp:127.0.0.1:0", "--for", "1", "--registrar", "core.test", "--no-srv"],
            environment: server.environment)
        #expect(nowhere.status == 2)
        #expect(nowhere.errors.contains("--registrar: cannot find an address of core.test"), "\(nowhere.errors)")
        _ = try await registrar.stop()
    }
}
