import Foundation
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

    @Test(.enabled(if: WebSocketPeersTests.isInstalled, "python3-websockets is not installed"))
    func realConnections() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sipob-hs-\(UInt64.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = ["-c", Self.script, folder.path(percentEncoded: false)]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let connections = TLSPeers.connections(text)
        #expect(Set(connections.map(\.name)) == Set(Self.expected.keys))
        var secrets = TLSSecretStore()
        try secrets.read(path: folder.appending(path: "keys").path(percentEncoded: false))
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
        import asyncio, http, os, ssl, subprocess, sys, websockets

        at = lambda name: os.path.join(sys.argv[1], name)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", "-subj", "/CN=test",
            "-keyout", at("key"), "-out", at("cert")], check=True, capture_output=True)

        async def serve(socket):
            try:
                async for message in socket: await socket.send("\r\n")
            except websockets.ConnectionClosed: pass

        async def talk(name, subprotocols, frames):
            secure = name.startswith("wss")
            context = trust = None
            if secure:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(at("cert"), at("key"))
                context.keylog_filename = at("keys")
                trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
            print("N", name)

            async def carry(who, source, sink):
                while data := await source.read(65536):
                    print(who, data.hex())
                    sink.write(data)
                print("F", who)
                try: sink.write_eof()
                except OSError: pass

            async def refuse(path, headers):
                return (http.HTTPStatus.FORBIDDEN, [], b"no\n") if "refused" in name else None

            async with websockets.serve(serve, "127.0.0.1", 0, subprotocols=subprotocols, ssl=context, ping_interval=None,
                    process_request=refuse) as server:
                done = asyncio.Event()
                async def relay(reader, writer):
                    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
                    await asyncio.gather(carry("C", reader, far_writer), carry("S", far_reader, writer))
                    done.set()
                listener = await asyncio.start_server(relay, "127.0.0.1", 0)
                port = listener.sockets[0].getsockname()[1]
                reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trust)
                writer.write(b"GET /ws HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                    b"Sec-WebSocket-Protocol: sip\r\n\r\n")
                await reader.readuntil(b"\r\n\r\n")
                for frame in frames:
                    writer.write(frame)
                    await asyncio.wait_for(reader.read(100), 10)
                writer.close()
                await asyncio.wait_for(done.wait(), 20)
                listener.close()

        async def main():
            ping = b"\x81\x84\0\0\0\0\r\n\r\n"
            for scheme in ["ws", "wss"]:
                await talk(scheme + " refused", ["sip"], [])
                await talk(scheme + " plain", None, [])
            await talk("ws unmasked", ["sip"], [b"\x81\x05hello"])
            await talk("ws reserved", ["sip"], [b"\xA1\x84\0\0\0\0\r\n\r\n"])
            await talk("ws good", ["sip"], [ping, ping])
        open(at("keys"), "a").close()
        asyncio.run(main())
        """#
}
