import Foundation
import Testing

/// Bad input of every kind: the edge lives on, and good phones notice nothing.
@Suite(.oneAtATime) struct EdgeHostileTests {
    @Test func goodPhonesNoticeNothing() async throws {
        let edge = try await EdgeProcess.start(["udp", "tcp", "tls"], ["--judge"])
        let seen = try await Peer.run(
            "hostile.py",
            [
                "\(edge.port("udp"))", "\(edge.port("tcp"))", "\(edge.port("tls"))",
                "\(Files.repository)/Tests/Fixtures/Vectors/RFC4475",
            ])
        for kind in ["torture", "halves", "noise", "changed", "tls", "large", "silent", "end"] {
            #expect(seen[kind] != nil, "\(seen)")
        }
        #expect(!edge.program.hasExited)
        // What it says about bad input is bounded.
        #expect(edge.program.errorsSoFar.utf8.count < 200_000)
        let result = try await edge.stop()
        #expect([0, 1].contains(result.status), "\(result.status): \(result.errors.suffix(2000))")
    }

    /// More connections than files may be open: it says so once, waits without haste, and goes on when some have gone.
    @Test func outOfFiles() async throws {
        let edge = try await EdgeProcess.start(["tcp"], openFiles: 64)
        let seen = try await Peer.run("crowd.py", ["\(edge.port("tcp"))", "\(edge.program.identifier)", "100"])
        #expect(seen["pong"] == ["yes"], "\(seen)")
        // A loop without a pause takes more than a third of the time, even on a machine that has much else to do.
        let used = try #require(seen["used"]?.first.flatMap(Double.init))
        #expect(used < 0.5, "\(used) s of processor time in 3 s")
        let result = try await edge.stop()
        #expect(result.errors.components(separatedBy: "connections wait that cannot be accepted: too many").count == 2)
        #expect(result.errors.contains("this process may have 64 open files (ulimit -n)"), "\(result.errors)")
    }
}
