import Testing

@testable import OutboundKit

/// Real WebSocket connections, of Python's websockets library: compressed or not, in the clear or in TLS.
@Suite struct WebSocketPeersTests {
    @Test(.enabled(if: WebSocketPeers.isInstalled, "python3-websockets is not installed"))
    func realConnections() throws {
        let (connections, secrets) = try WebSocketPeers.run(Self.script)
        #expect(connections.map(\.name) == ["ws plain", "ws deflate", "ws alone", "wss plain", "wss deflate"])
        for connection in connections {
            let scheme = connection.name.prefix { $0 != " " }
            let expected = [
                "f1 C open \(scheme) 192.0.2.10:40000 192.0.2.1:5060 handshake", "f1 C sip OPTIONS", "f1 S sip 200",
                "f1 C sip OPTIONS", "f1 S sip 200", "f1 C crlf pair own", "f1 S crlf own", "f1 C webSocket ping",
                "f1 S webSocket pong", "f1 C sip MESSAGE", "f1 C webSocket close(Optional(1001))", "f1 C close fin",
                "f1 S webSocket close(Optional(1001))", "f1 S close fin",
            ]
            for step in [Int.max, 5] {
                let seen = CapturedTLSTests.words(TLSPeers.capture(connection, step: step), secrets)
                #expect(Array(seen.words.prefix(expected.count)) == expected, "\(connection.name)")
                #expect(seen.notAnalyzed.isEmpty, "\(connection.name)")
            }
        }
    }

    private static let script = #"""
        from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

        def sip(first):
            method = "OPTIONS" if first.startswith("SIP") else first.split(" ")[0]
            return "\r\n".join([first, "Via: SIP/2.0/WS a.invalid;branch=z9hG4bK1", "From: <sip:a@example.com>;tag=1",
                "To: <sip:a@example.com>", "Call-ID: 1", "CSeq: 1 " + method, "Content-Length: 0", "", ""])

        async def serve(socket):
            try:
                async for message in socket:
                    if message.startswith("OPTIONS"): await socket.send(sip("SIP/2.0 200 OK"))
                    if message == "\r\n\r\n": await socket.send("\r\n")
            except websockets.ConnectionClosed: pass

        async def talk(name, secure, compression, extensions):
            context, trust = contexts(secure)
            print("N", name)

            async with websockets.serve(serve, "127.0.0.1", 0, subprotocols=["sip"], ssl=context, ping_interval=None) as server:
                async with carried(server) as port:
                    client = await websockets.connect("%s://127.0.0.1:%d/" % ("wss" if secure else "ws", port), subprotocols=["sip"],
                        ssl=trust, compression=compression, extensions=extensions, ping_interval=None)
                    for _ in range(2):
                        await client.send(sip("OPTIONS sip:example.com SIP/2.0"))
                        await client.recv()
                    await client.send("\r\n\r\n")
                    await client.recv()
                    await (await client.ping())
                    message = sip("MESSAGE sip:example.com SIP/2.0")
                    await client.send([message[:40], message[40:90], message[90:]])
                    await client.close(1001, "bye")

        async def main():
            alone = [ClientPerMessageDeflateFactory(client_no_context_takeover=True, server_no_context_takeover=True)]
            await talk("ws plain", False, None, None)
            await talk("ws deflate", False, "deflate", None)
            await talk("ws alone", False, None, alone)
            await talk("wss plain", True, None, None)
            await talk("wss deflate", True, "deflate", None)
        asyncio.run(main())
        """#
}
