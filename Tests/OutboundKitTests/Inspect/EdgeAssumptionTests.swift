import Testing

@testable import OutboundKit

/// Which edge it is and where a request came from, where nobody has said so: what is assumed is told.
@Suite struct EdgeAssumptionTests {
    /// Of Kamailio, for a flow from 127.0.0.1:43626 to 127.0.0.1:15060.
    private static let token = "KKfSaKO7yjOvBwF/AAABOtR/AAABqmo="

    private static func bye(_ fields: String, via: String = "192.0.2.7:5060") -> String {
        """
        BYE sip:bob@192.0.2.9 SIP/2.0
        Via: SIP/2.0/UDP \(via);branch=z9hG4bK1;rport
        Max-Forwards: 70
        \(fields)
        From: <sip:alice@example.com>;tag=1
        To: <sip:bob@example.com>;tag=2
        Call-ID: 1
        CSeq: 2 BYE
        Content-Length: 0


        """
    }

    struct Row: CustomTestStringConvertible {
        let fields: String
        /// The beginning of each assumption.
        let words: [String]
        let isOwn: Bool
        var testDescription: String { fields }
    }

    private static let rows: [Row] = [
        Row(
            fields: "Route: <sip:\(token)@192.0.2.1;lr>",
            words: ["the topmost Route is the edge's: it has a flow token"], isOwn: true),
        Row(fields: "Route: <sip:192.0.2.1;lr;ob>", words: ["the topmost Route is the edge's: it has ob"], isOwn: true),
        Row(
            fields: "Route: <sip:192.0.2.1;lr>\nRecord-Route: <sip:\(token)@192.0.2.1;lr>",
            words: ["the topmost Route is the edge's: its host has put a flow token into Record-Route"], isOwn: true),
        Row(
            fields: "Route: <sip:192.0.2.3;lr>\nRecord-Route: <sip:\(token)@192.0.2.1:5070;lr>",
            words: [
                "the edge is 192.0.2.1:5070, whose flow token is in Record-Route: the topmost Route leads elsewhere"
            ],
            isOwn: false),
        Row(
            fields: "Route: <sip:192.0.2.1;lr>",
            words: ["the topmost Route is the edge's, since nothing in the request tells"], isOwn: true),
        Row(fields: "Subject: no Route", words: [], isOwn: false),
    ]

    @Test(arguments: rows) func whoTheEdgeIs(_ row: Row) {
        let inspection = inspected(Self.bye(row.fields))
        #expect(inspection.assumptions.count == row.words.count)
        for (words, wanted) in zip(inspection.assumptions, row.words) { #expect(words.hasPrefix(wanted)) }
        let elsewhere = inspection.decisions.contains { $0.steps.contains { $0.answer.contains("leads elsewhere") } }
        #expect(elsewhere == (!row.isOwn && !row.words.isEmpty))
        // What is said is not assumed.
        let told = inspected(Self.bye(row.fields)) {
            $0.edges = ["192.0.2.1"]
            $0.source = TransportAddress("192.0.2.7:5060")
        }
        #expect(told.assumptions.isEmpty)
    }

    /// The Via names the end of the flow that the Route's token names: from the phone itself.
    @Test func fromTheFlowsOwnPhone() {
        let fields = "Route: <sip:\(Self.token)@127.0.0.1:15060;lr>"
        let outgoing = inspected(Self.bye(fields, via: "127.0.0.1:43626"))
        #expect(outgoing.assumptions.count == 2 && outgoing.decisions.allSatisfy { $0.open == nil })
        #expect(outgoing.tokens.first?.direction?.way == .outgoing)
        // Behind a NAT Via has another address, and somebody else's has too.
        let open = inspected(Self.bye(fields))
        #expect(open.assumptions.count == 1 && open.tokens.first?.direction == nil)
        let seen = inspected(
            Self.bye(fields, via: "10.0.0.7:5060;received=127.0.0.1;x=1").replacing(";rport", with: ";rport=43626"))
        #expect(seen.tokens.first?.direction?.way == .outgoing)
    }
}
