import OutboundKit
import Testing

/// Our server session against the client of the `websockets` library, over a loopback socket.
@Suite(.needsPythonWebSockets) struct WebSocketPeerTests {
    /// Echoes messages; counts what the events were.
    private static func server(_ policy: WebSocketHandshake.Policy = .init()) throws -> StreamResponder {
        nonisolated(unsafe) var session = WebSocketSession(server: policy)
        return try StreamResponder(isDone: { session.isEnded }) { octets in
            session.receive(octets.span.bytes)
            var answer: [UInt8] = []
            while let output = session.next() {
                switch output {
                case .send(let octets): answer += octets
                case .event(.message(let octets, let isText)):
                    session.send(octets, isText: isText)
                case .event, .end: break
                }
            }
            return answer
        }
    }

    private static func script(_ port: UInt16, _ body: String, options: String = "subprotocols=['sip']") -> String {
        """
        import asyncio, websockets
        async def main():
            async with websockets.connect("ws://127.0.0.1:\(port)/sip", \(options)) as ws:
                print("protocol", ws.subprotocol)
                print("extensions", [e.name for e in ws.extensions])
        \(body.split(separator: "\n").map { "        " + $0 }.joined(separator: "\n"))
            print("closed", ws.close_code, ws.close_reason)
        asyncio.run(main())
        """
    }

    @Test func messagesFragmentsPingsAndClose() async throws {
        let server = try Self.server()
        defer { server.stop() }
        let body = """
            for n in (0, 1, 125, 126, 65535, 65536, 300000):
                await ws.send("ä" * (n // 2)); assert await ws.recv() == "ä" * (n // 2)
                await ws.send(b"\\xff" * n); assert await ws.recv() == b"\\xff" * n
            await ws.send(["OPTIONS ", "sip:a@b ", "SIP/2.0\\r\\n\\r\\n"])
            assert await ws.recv() == "OPTIONS sip:a@b SIP/2.0\\r\\n\\r\\n"
            for payload in (b"", b"12345678", b"x" * 125):
                await asyncio.wait_for(await ws.ping(payload), 5)
            await ws.pong(b"unasked")
            await ws.send("last"); assert await ws.recv() == "last"
            """
        let result = try await PythonPeer.interpreter.run(["-c", Self.script(server.port, body)])
        // The library offers permessage-deflate, which is not taken up.
        #expect(result.lines == ["protocol sip", "extensions []", "closed 1000 "], "\(result.errors)")
    }

    @Test func withoutTheSubprotocolItIsRefused() async throws {
        let server = try Self.server()
        defer { server.stop() }
        let result = try await PythonPeer.interpreter.run(
            ["-c", Self.script(server.port, "pass", options: "max_size=None")])
        #expect(result.errors.contains("400"), "\(result.errors)")
    }

    @Test func otherPathsAreNotServed() async throws {
        let server = try Self.server(.init(path: "/ws"))
        defer { server.stop() }
        let result = try await PythonPeer.interpreter.run(["-c", Self.script(server.port, "pass")])
        #expect(result.errors.contains("404"), "\(result.errors)")
    }
}
