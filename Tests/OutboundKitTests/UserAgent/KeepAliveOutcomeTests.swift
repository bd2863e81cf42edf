import Testing

@testable import OutboundKit

/// What one keep-alive of a session comes to.
@Suite struct KeepAliveOutcomeTests {
    private static let begun =
        "OPTIONS sip:alice@192.0.2.7 SIP/2.0\r\nVia: SIP/2.0/TCP 198.51.100.1;branch=z9hG4bKo\r\nMax-Forwards: 70\r\n"
        + "From: <sip:e@x>;tag=1\r\nTo: <sip:alice@x>\r\nCall-ID: o\r\nCSeq: 1 OPTIONS\r\nContent-Length: 4\r\n\r\nab"

    private func registered(_ transport: TransportProtocol) throws -> Rehearsal {
        var rehearsal = try Rehearsal(transport: transport)
        rehearsal.command(.register)
        rehearsal.receive(try rehearsal.granted())
        rehearsal.command(.keepAlive)
        return rehearsal
    }

    private func outcomes(_ rehearsal: Rehearsal) -> [KeepAliveOutcome] {
        rehearsal.events.compactMap { if case .keptAlive(let outcome) = $0 { outcome } else { nil } }
    }

    /// "(or immediately after processing any incoming message being received when that 10 seconds expires)" (RFC 5626
    /// §4.4.1): behind it, in its segment or the next, stands the pong.
    @Test(arguments: [["cd\r\n"], ["cd", "\r\n"], ["c", "d\r", "\n"]])
    func pongBehindALongMessage(_ pieces: [String]) throws {
        var rehearsal = try registered(.tcp)
        rehearsal.run(until: 9_000)
        rehearsal.receive(Self.begun)
        rehearsal.run(until: 12_000)
        #expect(outcomes(rehearsal).isEmpty)
        for piece in pieces { rehearsal.receive(piece) }
        let outcome = try #require(outcomes(rehearsal).first)
        #expect(outcome.isAnswered && outcome.failure == nil && outcome.elapsed == .seconds(12))
        #expect(rehearsal.session.deadline == nil)
    }

    @Test func noPongBehindALongMessage() throws {
        var rehearsal = try registered(.tcp)
        rehearsal.run(until: 9_000)
        rehearsal.receive(Self.begun)
        rehearsal.run(until: 12_000)
        rehearsal.receive("cd")
        rehearsal.run(until: 12_499)
        #expect(outcomes(rehearsal).isEmpty)
        rehearsal.run(until: 12_500)
        #expect(outcomes(rehearsal).map(\.failure) == [.pongTimeout])
    }

    /// A message that never ends does not keep the verdict for ever, nor does one that begins after the 10 s.
    @Test func messageWithoutEnd() throws {
        var rehearsal = try registered(.tcp)
        rehearsal.run(until: 9_000)
        rehearsal.receive(Self.begun)
        rehearsal.run(until: 12_000)
        rehearsal.receive("cd" + Self.begun)
        rehearsal.run(until: 40_000)
        #expect(outcomes(rehearsal).map(\.failure) == [.pongTimeout])
        #expect(outcomes(rehearsal).first?.elapsed == .seconds(40))
    }

    /// A message that came whole before has nothing to do with it.
    @Test func wholeMessageBefore() throws {
        var rehearsal = try registered(.tcp)
        rehearsal.run(until: 9_000)
        rehearsal.receive(Self.begun + "cd")
        rehearsal.run(until: 10_000)
        #expect(outcomes(rehearsal).map(\.failure) == [.pongTimeout])
    }

    /// RFC 5626 §4.4.2: an answer that is an error, or gives another address than the first, is a flow that has failed.
    @Test func answersThatFailTheFlow() throws {
        let first = try #require(TransportAddress("203.0.113.7:40000"))
        let other = try #require(TransportAddress("203.0.113.7:40001"))
        var rehearsal = try registered(.udp)
        func answer(_ type: STUNMessageType, _ fill: (inout STUNMessageWriter) -> Void) throws {
            let octets = try #require(rehearsal.wire.last).bytes
            var writer = STUNMessageWriter(type, try STUNMessage.parse(octets.span.bytes).transactionID)
            fill(&writer)
            rehearsal.receive(writer.message)
            rehearsal.command(.keepAlive)
        }
        try answer(.bindingSuccess) { $0.append(xorMappedAddress: first) }
        try answer(.bindingSuccess) { $0.append(xorMappedAddress: first) }
        try answer(.bindingSuccess) { $0.append(xorMappedAddress: other) }
        try answer(.bindingError) { $0.append(errorCode: STUNErrorCode(code: 500, reason: "")) }
        let seen = outcomes(rehearsal)
        #expect(
            seen.map(\.failure) == [nil, nil, .mappedAddressChanged(from: first, to: other), .stunError(500)])
        #expect(seen.count == 4 && seen.allSatisfy { $0.isAnswered })
    }
}
