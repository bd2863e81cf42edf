import Testing

@testable import OutboundKit

/// Registrations without an instance-id, which phones without outbound make: a removal ends the one it is for.
@Suite struct PlainRemovalTests {
    private func registrations(_ contacts: [(user: String, contact: String)]) throws -> [FlowRegistration] {
        var ledger = FlowLedger()
        let end = TransportAddress(ip: IPAddress(v4: 0xC000_0207), port: 5060)
        let opening = FlowEvent.Opening(transport: .udp, client: end, server: end, kind: .datagram)
        ledger.observe(
            FlowEvent(
                flow: FlowID(0), time: Timestamp(seconds: 0), frame: 1, direction: .fromClient, what: .open(opening)))
        for (index, row) in contacts.enumerated() {
            let common = """
                Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK\(index)
                From: <sip:\(row.user)@example.com>;tag=1
                To: <sip:\(row.user)@example.com>
                Call-ID: a
                CSeq: \(index + 1) REGISTER
                Contact: \(row.contact)
                Content-Length: 0\n\n
                """
            for (start, direction) in [
                ("REGISTER sip:example.com SIP/2.0\n", FlowEvent.Direction.fromClient),
                ("SIP/2.0 200 OK\n", .fromServer),
            ] {
                ledger.observe(
                    FlowEvent(
                        flow: FlowID(0), time: Timestamp(seconds: Double(index + 1)), frame: 2, direction: direction,
                        what: .sip(try parsed(start + common))))
            }
        }
        ledger.finish()
        return Array(ledger.flows[0].registrations)
    }

    @Test func removalIsNoSecondRegistration() throws {
        let found = try registrations([("al", "<sip:al@192.0.2.7>;expires=60"), ("al", "<sip:al@192.0.2.7>;expires=0")])
        #expect(found.count == 1 && !found[0].isBound)
    }

    @Test func everybodyKeepsTheirOwn() throws {
        let found = try registrations([
            ("al", "<sip:al@192.0.2.7>;expires=60"), ("bo", "<sip:bo@192.0.2.7>;expires=60"),
            ("al", "<sip:al@192.0.2.7>;expires=0"),
        ])
        #expect(found.map(\.isBound) == [false, true])
    }

    /// Of two contacts of one AOR it cannot be told which is meant.
    @Test func twoContactsOfOneAOR() throws {
        let found = try registrations([
            ("al", "<sip:al@192.0.2.7>;expires=60"), ("al", "<sip:al@192.0.2.7:5070>;expires=60"),
            ("al", "<sip:al@192.0.2.7>;expires=0"),
        ])
        #expect(found.prefix(2).map(\.isBound) == [true, true])
    }
}
