import Testing

@testable import OutboundKit

/// A pong of the server told from a ping of its own (RFC 5626 §4.4.1).
@Suite struct ServerPingTests {
    /// A server that pings by itself has not answered, and gets its pong.
    @Test func pairsThatComeLateAreNoPong() throws {
        var rehearsal = try Rehearsal(transport: .tcp)
        rehearsal.command(.register)
        rehearsal.receive(try rehearsal.granted())
        rehearsal.command(.keepAlive)
        for milliseconds: Int64 in [3000, 6000, 9000] {
            rehearsal.run(until: milliseconds)
            rehearsal.receive("\r\n\r\n")
            #expect(rehearsal.wire.last?.milliseconds == milliseconds && rehearsal.wire.last?.bytes == [13, 10])
        }
        rehearsal.run(until: 10_000)
        guard case .keptAlive(let outcome) = rehearsal.events.last, case .failed(.pongTimeout) = outcome.result else {
            Issue.record("no timeout: \(String(describing: rehearsal.events.last))")
            return
        }
        #expect(outcome.serverPings == 3)
    }

    /// The same at once is an answer in the wrong form, and behind a pair a single one is a pong.
    @Test(arguments: [(Int64(20), "\r\n\r\n"), (3000, "\r\n"), (3000, "\r\n\r\n\r\n")])
    func whatIsAPong(_ milliseconds: Int64, _ octets: String) throws {
        var rehearsal = try Rehearsal(transport: .tcp)
        rehearsal.command(.register)
        rehearsal.receive(try rehearsal.granted())
        rehearsal.command(.keepAlive)
        rehearsal.run(until: milliseconds)
        rehearsal.receive(octets)
        guard case .keptAlive(let outcome) = rehearsal.events.last, case .pong = outcome.result else {
            Issue.record("no pong: \(String(describing: rehearsal.events.last))")
            return
        }
        #expect(outcome.elapsed == .milliseconds(milliseconds) && outcome.serverPings == 0)
    }
}
