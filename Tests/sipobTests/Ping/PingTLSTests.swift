import Testing

/// crlf-ping and ws-ping over TLS, against Python's ssl module and the `websockets` library.
@Suite(.needs("openssl")) struct PingTLSTests {
    /// A certificate for 127.0.0.1 that vouches for itself.
    private static func certificate() async throws -> ScratchDirectory {
        let scratch = try ScratchDirectory()
        let openssl = try #require(Program.installed("openssl"))
        let made = try await openssl.run([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "5",
            "-subj", "/CN=edge.test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", scratch.path("key.pem"),
            "-out", scratch.path("cert.pem"),
        ])
        try #require(made.status == 0, "\(made.errors)")
        return scratch
    }

    /// Answers each CRLFCRLF with a CRLF.
    private static func crlfServer(_ scratch: ScratchDirectory) -> String {
        """
        import socket, ssl
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("\(scratch.path("cert.pem"))", "\(scratch.path("key.pem"))")
        listener = socket.create_server(("127.0.0.1", 0))
        print(listener.getsockname()[1], flush=True)
        while True:
            try:
                with context.wrap_socket(listener.accept()[0], server_side=True) as flow:
                    while flow.recv(4): flow.sendall(b"\\r\\n")
            except OSError: pass
        """
    }

    @Test func crlfOverTLS() async throws {
        let scratch = try await Self.certificate()
        let (server, port) = try await PythonPeer.server(Self.crlfServer(scratch))
        let target = "sip:127.0.0.1:\(port);transport=tls"
        let good = try await Program.sipob.run([
            "crlf-ping", "-c", "3", "-i", "0.05", "--ca-file", scratch.path("cert.pem"), "--keylog",
            scratch.path("keys"), target,
        ])
        #expect(good.status == 0, "\(good.output) \(good.errors)")
        #expect(good.output.contains("over TLS (TLSv1.3, TLS_"))
        #expect(good.output.contains("3 pings, 3 answered"))
        #expect(try scratch.text("keys").contains("CLIENT_TRAFFIC_SECRET_0 "))
        let full = try await Program.sipob.run([
            "crlf-ping", "-c", "1", "--ca-file", scratch.path("cert.pem"), "--keylog", "/dev/full", target,
        ])
        #expect(full.status == 2, "\(full.output)")
        #expect(
            full.errors
                == "sipob: cannot write the key log '/dev/full': no space left on device; what it has is not complete.\n"
        )
        let unknown = try await Program.sipob.run(["crlf-ping", "-c", "1", "sips:127.0.0.1:\(port)"])
        #expect(unknown.status == 2)
        #expect(unknown.errors.hasPrefix("sipob: no TLS with 127.0.0.1:\(port) (tls): "))
        #expect(unknown.errors.contains("--ca-file"))
        #expect(unknown.errors.split(separator: "\n").count == 1)
        let otherName = try await Program.sipob.run([
            "crlf-ping", "-c", "1", "--ca-file", scratch.path("cert.pem"), "--tls-name", "other.test", target,
        ])
        #expect(otherName.status == 2)
        #expect(otherName.errors.contains("other.test"))
        let insecure = try await Program.sipob.run(["crlf-ping", "-c", "1", "-i", "0.05", "--insecure", target])
        #expect(insecure.status == 0)
        #expect(insecure.output.contains("TLS peer not verified (--insecure)"))
        let json = try await Program.sipob.run(["crlf-ping", "-c", "1", "--insecure", "--json", target])
        try PingSchema.check(json, "crlf-ping")
        _ = server
    }

    @Test(.needsPythonWebSockets) func secureWebSocket() async throws {
        let scratch = try await Self.certificate()
        let context =
            "import ssl\ncontext = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n"
            + "context.load_cert_chain('\(scratch.path("cert.pem"))', '\(scratch.path("key.pem"))')\n"
        let script = context + PythonPeer.serverScript().replacing("subprotocols=", with: "ssl=context, subprotocols=")
        let (server, port) = try await PythonPeer.server(script)
        let result = try await Program.sipob.run([
            "ws-ping", "-c", "3", "-i", "0.05", "--ca-file", scratch.path("cert.pem"), "wss://127.0.0.1:\(port)/",
        ])
        #expect(result.status == 0, "\(result.output) \(result.errors)")
        #expect(result.output.contains("over WSS (TLSv1.3"))
        #expect(result.output.contains("3 pings, 3 answered"))
        _ = server
    }

    @Test func plainPeerIsNoTLS() async throws {
        let server = try StreamResponder { _ in Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8) }
        defer { server.stop() }
        let result = try await Program.sipob.run(["crlf-ping", "-c", "1", "sips:127.0.0.1:\(server.port)"])
        #expect(result.status == 2)
        #expect(result.errors.contains("no TLS with"))
    }

    @Test(arguments: [
        ["--insecure", "--ca-file", "x", "sips:127.0.0.1"], ["--cert", "x", "sips:127.0.0.1"],
        ["--insecure", "127.0.0.1"],
    ])
    func wrongUsage(_ arguments: [String]) async throws {
        #expect(try await Program.sipob.run(["crlf-ping"] + arguments).status == 64)
    }

    @Test func fileThatIsNotThere() async throws {
        let result = try await Program.sipob.run(["crlf-ping", "--ca-file", "/nonexistent", "sips:127.0.0.1"])
        #expect(result.status == 2)
        #expect(result.errors.contains("/nonexistent"))
    }
}
