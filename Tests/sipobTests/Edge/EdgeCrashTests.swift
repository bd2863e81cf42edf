import Glibc
import Testing

/// What was acknowledged is there after the edge was killed; a database that cannot be used is said in one line.
@Suite(.oneAtATime) struct EdgeCrashTests {
    /// Runs to its end: an edge that is expected not to come up.
    private func fails(_ path: String) async throws -> ProgramResult {
        try await Program.sipob.run(["edge", "--listen", "udp:127.0.0.1:0", "--for", "1", "--db", path])
    }

    /// Three lives of one database, each ended by SIGKILL at a moment of chance, while eight clients register, refresh
    /// and remove.
    @Test func killedUnderLoad() async throws {
        let scratch = try ScratchDirectory()
        let options = [
            "--db", scratch.path("bindings.db"), "--secret-file", try scratch.write("a secret\n", to: "secret"),
        ]
        for life in 0..<3 {
            let journal = scratch.path("journal-\(life)")
            let edge = try await EdgeProcess.start(["udp", "tcp"], options)
            let ports = [try edge.port("udp"), try edge.port("tcp")].map(String.init)
            let load = try Peer.start("crash.py", ["load"] + ports + [journal])
            let isBusy = try await load.wait { _ in (try? scratch.text("journal-\(life)").contains("\n+ ")) == true }
            try #require(isBusy, "\(load.errorsSoFar)")
            try await Task.sleep(for: .milliseconds(.random(in: 100...1500)))
            #expect(!edge.program.hasExited, "\(edge.program.errorsSoFar)")
            edge.program.signal(SIGKILL)
            #expect(try await edge.program.finish().status == 128 + SIGKILL)
            #expect(try await load.finish().status == 0)

            // What earlier lives acknowledged is still there, too.
            let next = try await EdgeProcess.start(["udp", "tcp"], options)
            let after = [try next.port("udp"), try next.port("tcp")].map(String.init)
            for number in 0...life {
                let seen = try await Peer.run("crash.py", ["check"] + after + [scratch.path("journal-\(number)")])
                #expect(Int(seen["users"]?.first ?? "") ?? 0 > 0)
            }
            #expect(try await next.stop().status == 0)
        }
    }

    /// With the same database and secret a restart does not lose the UDP phone, which notices nothing.
    @Test func phoneSurvivesARestart() async throws {
        let scratch = try ScratchDirectory()
        let secret = try scratch.write("a secret\n", to: "secret")
        let options = ["--db", scratch.path("bindings.db"), "--secret-file", secret]
        let edge = try await EdgeProcess.start(["udp"], options)
        let port = try edge.port("udp")
        let phone = try Peer.start("restart.py", ["\(port)"])
        try #require(try await phone.wait { $0.outputSoFar.contains("registered") }, "\(phone.errorsSoFar)")
        edge.program.signal(SIGKILL)
        _ = try await edge.program.finish()
        let next = try Program.sipob.start(["edge", "--listen", "udp:127.0.0.1:\(port)"] + options)
        let result = try await phone.finish()
        #expect(result.status == 0, "\(result.errors)\(next.errorsSoFar)")
        #expect(result.lines.last == "delivered")
    }

    /// Another program that writes, and is long about it.
    private func hold(_ path: String) throws -> RunningProgram {
        try PythonPeer.interpreter.start([
            "-c",
            """
            import sqlite3, sys, time
            connection = sqlite3.connect(sys.argv[1], isolation_level=None)
            connection.execute("BEGIN IMMEDIATE"); print("held", flush=True); time.sleep(60)
            """, path,
        ])
    }

    @Test func lockedDatabase() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path("bindings.db")
        let edge = try await EdgeProcess.start(["udp"], ["--db", path])
        let port = "\(try edge.port("udp"))"
        try await Peer.run("crash.py", ["some", port, port, scratch.path("journal")])

        // REGISTER gets 500, and nothing that was acknowledged is lost.
        let holder = try hold(path)
        try #require(try await holder.wait { $0.outputSoFar.contains("held") }, "\(holder.errorsSoFar)")
        let refused = try await Peer.run("crash.py", ["refused", port, port, scratch.path("journal")])
        #expect(refused["status"] == ["500"])
        try await Peer.run("crash.py", ["refused", port, port, scratch.path("journal")])
        let told = edge.program.errorsSoFar.split(separator: "\n").filter { $0.contains("answered with 500") }
        #expect(told.count == 1, "one line, however many are refused: \(told)")
        #expect(edge.program.errorsSoFar.contains(path), "\(edge.program.errorsSoFar)")
        holder.signal(SIGTERM)
        _ = try await holder.finish()
        try await Peer.run("crash.py", ["check", port, port, scratch.path("journal")])
        #expect(try await edge.stop().status == 0)
        let second = try hold(path)
        try #require(try await second.wait { $0.outputSoFar.contains("held") }, "\(second.errorsSoFar)")
        let blocked = try await fails(path)
        #expect(blocked.status == 2)
        #expect(blocked.errors.split(separator: "\n").count == 1 && blocked.errors.contains(path), "\(blocked.errors)")
        second.signal(SIGTERM)
        _ = try await second.finish()
        let again = try await EdgeProcess.start(["udp"], ["--db", path])
        let after = "\(try again.port("udp"))"
        try await Peer.run("crash.py", ["check", after, after, scratch.path("journal")])
    }

    @Test func secondEdgeOnTheSameDatabase() async throws {
        let scratch = try ScratchDirectory()
        let first = try await EdgeProcess.start(["udp"], ["--db", scratch.path("bindings.db")])
        let second = try await fails(scratch.path("bindings.db"))
        #expect(second.status == 2)
        #expect(second.errors.split(separator: "\n").count == 1, "\(second.errors)")
        #expect(second.errors.contains("another sipob edge"), "\(second.errors)")
        #expect(try await first.stop().status == 0)
    }

    @Test(arguments: ["/dev/full", "/nonexistent/bindings.db", "/proc/bindings.db", "/tmp"])
    func unusablePath(_ path: String) async throws {
        let result = try await fails(path)
        #expect(result.status == 2)
        #expect(result.output.isEmpty)
        #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
        #expect(result.errors.hasPrefix("sipob: --db: ") && result.errors.contains(path), "\(result.errors)")
    }

    @Test func notADatabase() async throws {
        let scratch = try ScratchDirectory()
        let path = try scratch.write(String(repeating: "no database\n", count: 1000), to: "file.txt")
        let before = try scratch.bytes("file.txt")
        let result = try await fails(path)
        #expect(result.status == 2)
        #expect(result.errors.split(separator: "\n").count == 1 && result.errors.contains(path), "\(result.errors)")
        #expect(try scratch.bytes("file.txt") == before)
    }
}
