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

    /// Who clears away an old contact keeps the own one.
    @Test(arguments: [
        ("<sip:al@192.0.2.7>;expires=60", "<sip:al@192.0.2.9>;expires=0", true),
        ("\"Al\" <sip:al@192.0.2.7;transport=udp>;expires=60", "\"Al\" <sip:al@192.0.2.7>;expires=0", true),
        ("\"Al\" <sip:al@192.0.2.7>;expires=60", "<sip:al@192.0.2.7>;q=1;expires=0", false),
        ("<sip:al@192.0.2.7>;expires=60", "<sip:al@192.0.2.7>; expires=0", false),
        ("<sip:al@192.0.2.7>;expires=60", "*", true),
        ("sip:al@192.0.2.7;expires=60", "sip:al@192.0.2.7;expires=0", false),
    ])
    func theContactDecides(bound: String, removed: String, isBound: Bool) throws {
        let found = try registrations([("al", bound), ("al", removed)])
        // `*` wants `Expires: 0`, or it means nothing.
        #expect(found.first?.isBound == (removed == "*" ? false : isBound))
    }

    /// Of two contacts of one AOR the one that is named goes.
    @Test func twoContactsOfOneAOR() throws {
        let found = try registrations([
            ("al", "<sip:al@192.0.2.7>;expires=60"), ("al", "<sip:al@192.0.2.7:5070>;expires=60"),
            ("al", "<sip:al@192.0.2.7>;expires=0"),
        ])
        #expect(found.map(\.isBound) == [false, true])
    }

    /// A Path full of `;ob` is read in one go, or a few messages would hold up an audit for minutes.
    @Test(.timeLimit(.minutes(1))) func longPaths() throws {
        let path = "<sip:" + String(repeating: "u;ob", count: 4000) + "@h;lr>"
        let fields = String(repeating: "Path: \(path)\n", count: 3)
        let message = try parsed("SIP/2.0 200 OK\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\n\(fields)\n")
        for _ in 0..<200 { #expect(!RegistrationReader.pathHasOB(message)) }
        let last = try parsed("SIP/2.0 200 OK\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\n\(fields)Path: <sip:a;ob@h;ob>\n\n")
        #expect(RegistrationReader.pathHasOB(last))
    }
}
