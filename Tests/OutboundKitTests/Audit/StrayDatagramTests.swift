import Testing

@testable import OutboundKit

/// How datagrams are told that are neither SIP nor STUN (OB-KA-002).
@Suite struct StrayDatagramTests {
    @Test(arguments: [
        ([0, 0], "2 datagrams (empty)"),
        ([0, 8, 20], "3 datagrams (one of them: empty)"),
    ])
    func content(lengths: [Int], words: String) throws {
        let strays: [(Double, Timeline.Moment)] = lengths.enumerated().map { index, length in
            let first: UInt8? = length == 0 ? nil : 0x68
            return (15 + Double(index), .event(.otherDatagram(length: length, first: first), .fromClient))
        }
        let run = Timeline.udp(Timeline.registered(timer: 20) + strays)
        let finding = try audit([run]).findings.first { $0.requirement == "OB-KA-002" }
        #expect(finding?.message.contains(words) == true, "\(finding?.message ?? "nothing")")
    }
}
