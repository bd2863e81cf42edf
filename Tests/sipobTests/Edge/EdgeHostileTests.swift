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
}
