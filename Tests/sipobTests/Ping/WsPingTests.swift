import Glibc
import Testing

/// `sipob ws-ping` against the `websockets` library.
@Suite(.needsPythonWebSockets) struct WsPingTests {
    private func run(_ arguments: String...) async throws -> ProgramResult {
        try await Program.sipob.run(["ws-ping"] + arguments)
    }

    @Test func pingFrames() async throws {
        let (server, port) = try await PythonPeer.server(PythonPeer.serverScript())
        let result = try await run("-c", "3", "-i", "0.05", "-v", "ws://127.0.0.1:\(port)/ws?a=b")
        #expect(result.status == 0, "\(result.output) \(result.errors)")
        #expect(result.output.contains("WebSocket open, subprotocol sip"))
        #expect(result.output.contains("3 pings, 3 answered, 0 % lost"))
        for id in ["OB-WS-002", "OB-WS-005", "OB-WS-010"] { #expect(result.output.contains("PASS \(id)")) }
        _ = server
    }

    @Test func crlfFrames() async throws {
        let (server, port) = try await PythonPeer.server(PythonPeer.serverScript())
        let result = try await run("-c", "3", "-i", "0.05", "--crlf", "-v", "ws://127.0.0.1:\(port)")
        #expect(result.status == 0, "\(result.output) \(result.errors)")
        for id in ["OB-WS-003", "OB-WS-004"] { #expect(result.output.contains("PASS \(id)")) }
        _ = server
    }

    @Test func closedByTheServer() async throws {
        let (server, port) = try await PythonPeer.server(PythonPeer.serverScript(closesAfter: 3))
        let result = try await run("-i", "0.05", "--crlf", "ws://127.0.0.1:\(port)")
        #expect(result.status == 1)
        #expect(result.output.contains("FLOW FAILED the server closed the WebSocket: 1001 going away: \"restart\""))
        _ = server
    }

    @Test func noSubprotocol() async throws {
        let (server, port) = try await PythonPeer.server(PythonPeer.serverScript(subprotocol: false))
        let result = try await run("-c", "1", "ws://127.0.0.1:\(port)")
        #expect(result.status == 1)
        #expect(result.output.contains("FAIL OB-WS-005"))
        #expect(result.errors.split(separator: "\n").count == 1)
        _ = server
    }

    @Test func crlfUnanswered() async throws {
        let (server, port) = try await PythonPeer.server(PythonPeer.serverScript(crlf: false))
        let result = try await run("-c", "1", "--crlf", "ws://127.0.0.1:\(port)")
        #expect(result.status == 1, "no pong within 10 s: the flow has failed")
        #expect(result.output.contains("WARN OB-WS-003"))
        // A page in a browser could not do it.
        #expect(!result.output.contains("phones send Ping"), "\(result.output)")
        #expect(result.output.contains("DX-WS-01"))
        #expect(result.output.contains("SIP, set aside: 400 Bad Request"))
        _ = server
    }

    @Test func interruptedAndJSON() async throws {
        let (server, port) = try await PythonPeer.server(PythonPeer.serverScript())
        let program = try Program.sipob.start(["ws-ping", "-i", "0.05", "ws://127.0.0.1:\(port)"])
        #expect(try await program.wait { $0.outputSoFar.contains("seq=2") })
        program.signal(SIGINT)
        #expect(try await program.finish(within: .seconds(10)).status == 130)
        let result = try await run("-c", "2", "-i", "0.05", "--json", "ws://127.0.0.1:\(port)")
        #expect(result.status == 0)
        try PingSchema.check(result, "ws-ping")
        _ = server
    }

    @Test func noWebSocketThere() async throws {
        let web = try StreamResponder { _ in Array("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".utf8) }
        let other = try StreamResponder { _ in Array("220 mail.example.com ready\r\n\r\n".utf8) }
        defer {
            web.stop()
            other.stop()
        }
        let missing = try await run("-c", "1", "ws://127.0.0.1:\(web.port)/x")
        #expect(missing.status == 2)
        #expect(missing.errors.contains("the server answers 404 Not Found; check the path"))
        let mail = try await run("-c", "1", "ws://127.0.0.1:\(other.port)/")
        #expect(mail.status == 2)
        #expect(mail.errors.contains("check that the port speaks WebSocket"))
    }

    @Test(arguments: [
        ["127.0.0.1"], ["http://127.0.0.1/"], ["ws://"], ["ws://a@b/"], ["ws://[::1/"], ["ws://127.0.0.1:0/"],
        ["--origin", "a\nb", "ws://127.0.0.1/"], ["ws://127.0.0.1/#x"],
    ])
    func wrongUsage(_ arguments: [String]) async throws {
        let result = try await Program.sipob.run(["ws-ping"] + arguments)
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
    }
}

/// The same against a real Kamailio edge with its websocket module.
@Suite(.needsKamailio, .kamailio(["EDGE_WEBSOCKET": "1"]))
struct WsPingKamailioTests {
    @Test func pingsAndCRLFs() async throws {
        let target = "ws://127.0.0.1:\(try KamailioRig.current.edgePort)/"
        let frames = try await Program.sipob.run(["ws-ping", "-c", "3", "-i", "0.05", "-v", target])
        #expect(frames.status == 0, "\(frames.output) \(frames.errors)")
        for id in ["OB-WS-002", "OB-WS-005", "OB-WS-010"] { #expect(frames.output.contains("PASS \(id)")) }
        let crlf = try await Program.sipob.run(["ws-ping", "-c", "3", "-i", "0.05", "--crlf", "-v", target])
        #expect(crlf.status == 0, "\(crlf.output) \(crlf.errors)")
        #expect(crlf.output.contains("PASS OB-WS-003"))
    }
}
