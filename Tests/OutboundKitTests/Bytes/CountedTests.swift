import Testing

@testable import OutboundKit

@Suite struct CountedTests {
    @Test(arguments: [(0, "0 octets"), (1, "1 octet"), (2, "2 octets"), (-1, "-1 octets"), (1000, "1000 octets")])
    func oneIsNotMany(_ count: Int, _ text: String) { #expect(counted(count, "octet") == text) }

    @Test func pluralsOfTheirOwnAndEveryNumber() {
        #expect(counted(UInt8(1), "retry", plural: "retries") == "1 retry")
        #expect(counted(UInt64.max, "retry", plural: "retries") == "18446744073709551615 retries")
    }

    /// What rules, edges and reports say of one of something.
    @Test func messagesOfOne() throws {
        let flow = Timeline.udp(
            Timeline.registered(timer: 60) + [(15, .event(.otherDatagram(length: 1, first: 0x41), .fromClient))]
                + [(50, .stun(1)), (50.1, .stunAnswer(1, port: 40_000, [.cookie, .xorMapped]))])
        let list = try audit([flow])
        let texts = list.findings.flatMap { [$0.message] + $0.evidence.flatMap { [$0.observed, $0.expected ?? ""] } }
        #expect(texts.contains { $0.contains("1 octet") } && texts.contains { $0.contains("1 keep-alive.") })
        #expect(texts.allSatisfy { $0.firstMatch(of: /\b1 [a-zA-Z-]+s\b/) == nil }, "\(texts)")
        var rig = try EdgeRig()
        let phone = rig.up(.udp, port: 40_001)
        rig.send("x", on: phone)
        #expect(rig.notes.map(\.description).joined().contains("1 octet, neither SIP nor STUN"))
    }
}
