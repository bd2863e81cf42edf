import Testing

/// A browser phone, of Python's websockets library, over WS and over WSS with a certificate that OpenSSL made.
@Suite(.needsPythonWebSockets) struct EdgeWebSocketTests {
    @Test(arguments: ["ws", "wss"]) func browserPhone(_ transport: String) async throws {
        let scratch = try ScratchDirectory()
        let (certificate, key) = try await Peer.certificate(in: scratch)
        let edge = try await EdgeProcess.start(["udp", transport], ["--cert", certificate, "--key", key])
        let port = try edge.port(transport)
        let seen = try await Peer.run(
            "browser.py", ["\(transport)://127.0.0.1:\(port)/", "\(edge.port("udp"))", certificate])
        #expect(seen["subprotocol"] == ["sip"])
        let path = try #require(seen["path"]?.first)
        #expect(path.contains("@127.0.0.1:\(port);transport=\(transport);lr;ob>"), "\(path)")
        #expect(seen["timer"] == ["120"])
        #expect(seen["uri"]?.first?.hasPrefix("MESSAGE sip:browser@") == true)
        #expect(seen["via"] == ["SIP/2.0/\(transport.uppercased())"])
        #expect(seen["closed"] == ["1000"])
        #expect(seen["refused"]?.count == 2 && seen["refused"]?.allSatisfy { $0.contains("400") } == true, "\(seen)")
        #expect(seen["gone"] == ["480"])
        #expect(try await edge.stop().status == 0)
    }

    /// It sends no keep-alive, and nothing ends its flow: the edge's clock goes on until the end of the run, and then the
    /// WebSocket is closed in order.
    @Test func silentBrowserPhone() async throws {
        let edge = try await EdgeProcess.start(
            ["ws"], ["--judge", "--flow-timer", "1", "--fault", "never-closes"])
        let phone = try Peer.start("idle.py", ["ws://127.0.0.1:\(edge.port("ws"))/"])
        // From here the run is timed, for nobody knows how long the phone takes to start.
        let isRegistered = try await phone.wait { $0.outputSoFar.contains("status 200") }
        #expect(isRegistered, "\(phone.outputSoFar)\(phone.errorsSoFar)")
        try await Task.sleep(for: .seconds(4))
        let result = try await edge.stop()
        let seen = try await phone.finish()
        #expect(seen.status == 0 && seen.output.contains("closed 1001"), "\(seen.output)\(seen.errors)")
        #expect(result.status == 1 && result.output.contains("FAIL  OB-FT-004"), "\(result.output)")
        #expect(result.output.contains("FAIL  OB-KA-001") && !result.output.contains("OB-REC-012"), "\(result.output)")
    }
}
