import Foundation

@testable import OutboundKit

/// Connections of Python's websockets library, written down as they go by.
enum WebSocketPeers {
    static let isInstalled = FileManager.default.fileExists(atPath: "/usr/lib/python3/dist-packages/websockets")

    /// - Parameter script: Python, behind `prelude`; ends with `asyncio.run`.
    static func run(_ script: String) throws -> (connections: [TLSPeers.Connection], secrets: TLSSecretStore) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sipob-ws-\(UInt64.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = ["-c", prelude + script, folder.path(percentEncoded: false)]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        var secrets = TLSSecretStore()
        try secrets.read(path: folder.appending(path: "keys").path(percentEncoded: false))
        return (TLSPeers.connections(text), secrets)
    }

    /// `contexts` gives the server's side and the client's of TLS, or neither; `carried` a port before the server's, where
    /// what either end sends is printed.
    private static let prelude = #"""
        import asyncio, contextlib, os, ssl, subprocess, sys, websockets

        at = lambda name: os.path.join(sys.argv[1], name)
        open(at("keys"), "a").close()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", "-subj", "/CN=test",
            "-keyout", at("key"), "-out", at("cert")], check=True, capture_output=True)

        def contexts(secure):
            if not secure: return None, None
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(at("cert"), at("key"))
            context.keylog_filename = at("keys")
            trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
            return context, trust

        async def carry(who, source, sink):
            while data := await source.read(65536):
                print(who, data.hex())
                sink.write(data)
            print("F", who)
            try: sink.write_eof()
            except OSError: pass

        @contextlib.asynccontextmanager
        async def carried(server):
            done = asyncio.Event()
            async def relay(reader, writer):
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
                await asyncio.gather(carry("C", reader, far_writer), carry("S", far_reader, writer))
                done.set()
            listener = await asyncio.start_server(relay, "127.0.0.1", 0)
            yield listener.sockets[0].getsockname()[1]
            await asyncio.wait_for(done.wait(), 20)
            listener.close()

        """#
}
