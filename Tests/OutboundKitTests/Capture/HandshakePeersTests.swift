import Testing

@testable import OutboundKit

/// What Python's websockets library does to clients that it refuses, and to frames against the protocol, judged from a
/// capture: in the clear, and in TLS with its secrets.
@Suite struct HandshakePeersTests {
    /// A connection, and what is found on it: requirements with their verdicts, and what the evidence says.
    private static let expected: [String: (findings: [String], words: String)] = [
        "ws refused": (["OB-WS-005 info"], "the server answers 403 Forbidden"),
        "wss refused": (["OB-WS-005 info"], "the server answers 403 Forbidden"),
        "ws plain": (["OB-WS-005 fail"], "the 101 has no Sec-WebSocket-Protocol: sip"),
        "wss plain": (["OB-WS-005 fail"], "the 101 has no Sec-WebSocket-Protocol: sip"),
        "ws unmasked": (["OB-WS-010 fail"], "a client's frame is not masked"),
        "ws reserved": (["OB-WS-010 fail"], "a reserved bit of a frame is set"),
        "ws good": ([], ""),
    ]

    @Test(.enabled(if: WebSocketPeers.isInstalled, "python3-websockets is not installed"))
    func realConnections() throws {
        let (connections, secrets) = try WebSocketPeers.run(Self.script)
        #expect(Set(connections.map(\.name)) == Set(Self.expected.keys))
        for connection in connections {
            let expected = try #require(Self.expected[connection.name])
            for step in [Int.max, 7] {
                var pipeline = CapturePipeline(sink: FlowLedger(), secrets: secrets)
                #expect(pipeline.feedAll([TLSPeers.capture(connection, step: step)]) == nil)
                pipeline.finish()
                var ledger = pipeline.sink
                ledger.finish()
                #expect(ledger.flows.count == 1, "\(connection.name)")
                let list = Judge().judge(ledger)
                #expect(
                    list.findings.map { "\($0.requirement?.text ?? "") \($0.verdict.word)" } == expected.findings,
                    "\(connection.name): \(list.findings)")
                let observed = list.findings.first?.evidence.first?.observed ?? ""
                #expect(observed.hasSuffix(expected.words), "\(observed)")
            }
            // Without the secrets nothing is said of what is inside.
            guard connection.name.hasPrefix("wss") else { continue }
            #expect(!EventLog.words(of: TLSPeers.capture(connection)).words.joined().contains("refused"))
        }
    }

    private static let script = #"""
        import http

        async def serve(socket):
            try:
                async for message in socket: await socket.send("\r\n")
            except websockets.ConnectionClosed: pass

        async def talk(name, subprotocols, frames):
            context, trust = contexts(name.startswith("wss"))
            print("N", name)

            async def refuse(path, headers):
                return (http.HTTPStatus.FORBIDDEN, [], b"no\n") if "refused" in name else None

            async with websockets.serve(serve, "127.0.0.1", 0, subprotocols=subprotocols, ssl=context, ping_interval=None,
                    process_request=refuse) as server:
                async with carried(server) as port:
                    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trust)
                    writer.write(b"GET /ws HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                        b"Sec-WebSocket-Protocol: sip\r\n\r\n")
                    await reader.readuntil(b"\r\n\r\n")
                    for frame in frames:
                        writer.write(frame)
                        await asyncio.wait_for(reader.read(100), 10)
                    writer.close()

        async def main():
            ping = b"\x81\x84\0\0\0\0\r\n\r\n"
            for scheme in ["ws", "wss"]:
                await talk(scheme + " refused", ["sip"], [])
                await talk(scheme + " plain", None, [])
            await talk("ws unmasked", ["sip"], [b"\x81\x05hello"])
            await talk("ws reserved", ["sip"], [b"\xA1\x84\0\0\0\0\r\n\r\n"])
            await talk("ws good", ["sip"], [ping, ping])
        asyncio.run(main())
        """#
}
