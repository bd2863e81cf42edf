import Glibc
import Testing

/// `-w` and Ctrl-C hold for what has not come about yet: a connection, and the handshake of a WebSocket.
@Suite struct PingDeadlineTests {
    /// Its queue of connections is full: who connects gets no answer at all.
    private static let full = """
        import socket, time
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        callers = [socket.socket() for _ in range(8)]
        for one in callers:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        time.sleep(0.2)
        print(listener.getsockname()[1], flush=True)
        time.sleep(600)
        """

    /// Takes connections and says nothing.
    private static let silent = """
        import socket, time
        listener = socket.create_server(("127.0.0.1", 0))
        print(listener.getsockname()[1], flush=True)
        time.sleep(600)
        """

    private func time(_ arguments: [String]) async throws -> (result: ProgramResult, took: Duration) {
        let start = ContinuousClock.now
        let result = try await Program.sipob.run(arguments)
        return (result, ContinuousClock.now - start)
    }

    @Test(arguments: [["crlf-ping", ""], ["ws-ping", "ws://"]])
    func deadlineCutsAConnection(_ command: [String]) async throws {
        let (server, port) = try await PythonPeer.server(Self.full)
        let (result, took) = try await time([command[0], "-w", "1", "\(command[1])127.0.0.1:\(port)"])
        #expect(result.status == 2 && took < .seconds(6), "\(took) \(result.output)")
        #expect(result.errors.contains("cannot connect to 127.0.0.1:\(port)"), "\(result.errors)")
        #expect(result.errors.split(separator: "\n").count == 1)
        _ = server
    }

    @Test func deadlineCutsTheHandshake() async throws {
        let (server, port) = try await PythonPeer.server(Self.silent)
        let (result, took) = try await time(["ws-ping", "-w", "1", "ws://127.0.0.1:\(port)"])
        #expect(result.status == 2 && took < .seconds(6), "\(took) \(result.output)")
        #expect(
            result.errors.contains("does not answer the WebSocket handshake in the time that -w gives"),
            "\(result.errors)")
        _ = server
    }

    @Test func deadlineCutsTLS() async throws {
        let (server, port) = try await PythonPeer.server(Self.silent)
        let (result, took) = try await time(["crlf-ping", "-w", "1", "sip:127.0.0.1:\(port);transport=tls"])
        #expect(result.status == 2 && took < .seconds(6), "\(took) \(result.output)")
        // What connecting took is no longer there.
        #expect(result.errors.contains(/not finished in (1|0\.[0-9]) s/), "\(result.errors)")
        _ = server
    }

    @Test func interruptCutsAConnection() async throws {
        let (server, port) = try await PythonPeer.server(Self.full)
        let other = try StreamResponder { _ in [13, 10] }
        defer { other.stop() }
        let running = try Program.sipob.start(["crlf-ping", "127.0.0.1:\(other.port)", "127.0.0.1:\(port)"])
        // It listens for signals by then: before that one would end it by itself.
        #expect(try await running.wait { $0.outputSoFar.contains("127.0.0.1:\(other.port)") })
        let start = ContinuousClock.now
        running.signal(SIGINT)
        let result = try await running.finish(within: .seconds(20))
        #expect(result.status == 130 && ContinuousClock.now - start < .seconds(5), "\(result.errors)")
        #expect(result.errors.contains("interrupted before the connection to 127.0.0.1:\(port)"), "\(result.errors)")
        _ = server
    }
}
