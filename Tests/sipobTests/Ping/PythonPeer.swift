import Glibc
import Testing

/// The `websockets` library of Python as a peer: a WebSocket implementation that is not ours.
enum PythonPeer {
    /// Debian's interpreter, which has Debian's modules.
    static let interpreter = Program(path: "/usr/bin/python3")
    static let isInstalled = access("/usr/lib/python3/dist-packages/websockets", F_OK) == 0

    /// Runs a script that prints the port it listens on in its first line.
    static func server(_ script: String) async throws -> (program: RunningProgram, port: UInt16) {
        let program = try interpreter.start(["-c", script])
        guard try await program.wait(until: { $0.outputSoFar.contains("\n") }),
            let line = program.outputSoFar.split(separator: "\n").first, let port = UInt16(line)
        else { throw ProgramError(text: "the Python peer does not start: \(program.errorsSoFar)") }
        return (program, port)
    }

    /// A server that answers CRLFCRLF when asked to, and Pings always.
    static func serverScript(subprotocol: Bool = true, crlf: Bool = true, closesAfter: Int? = nil) -> String {
        """
        import asyncio, websockets
        async def serve(ws, path=None):
            count = 0
            try:
                async for message in ws:
                    count += 1
                    if count == \(closesAfter ?? -1): await ws.close(1001, "restart")
                    elif \(crlf ? "True" : "False") and message in ("\\r\\n\\r\\n", b"\\r\\n\\r\\n"): await ws.send("\\r\\n")
                    else: await ws.send("SIP/2.0 400 Bad Request\\r\\nContent-Length: 0\\r\\n\\r\\n")
            except websockets.ConnectionClosed: pass
        async def main():
            async with websockets.serve(serve, "127.0.0.1", 0\(subprotocol ? ", subprotocols=['sip']" : "")) as server:
                print(server.sockets[0].getsockname()[1], flush=True)
                await asyncio.sleep(600)
        asyncio.run(main())
        """
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips without the library; where `CI` is set it runs all the same, and fails.
    static var needsPythonWebSockets: Self {
        .enabled(
            if: PythonPeer.isInstalled || Program.environment("CI") != nil,
            "python3-websockets is not installed; scripts/setup.sh test installs it")
    }
}
