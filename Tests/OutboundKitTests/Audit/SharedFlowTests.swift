import Testing

@testable import OutboundKit

/// Several registrations over one flow, which has one set of keep-alives for them all (RFC 5626 §4.4).
@Suite struct SharedFlowTests {
    fileprivate struct Grant: Sendable {
        let time: Double
        let user: String
        /// nil: a query, without Contact.
        var contact: String?
        var headers = ""

        static let outbound = "Require: outbound\nFlow-Timer: 20\n"

        static func alice(_ time: Double, expires: Int = 600, timer: String = outbound) -> Grant {
            let contact =
                "<sip:alice@192.0.2.7>;reg-id=1;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000a95a0e128>\""
            return Grant(time: time, user: "alice", contact: contact + ";expires=\(expires)", headers: timer)
        }

        static func bob(_ time: Double, headers: String = "") -> Grant {
            Grant(time: time, user: "bob", contact: "<sip:bob@192.0.2.7>;expires=600", headers: headers)
        }
    }

    private func verdict(of id: Requirement.ID, _ grants: [Grant], pings: [Double]) throws -> String? {
        var ledger = FlowLedger()
        let client = TransportAddress(ip: IPAddress(v4: 0xC000_0207), port: 40_000)
        let server = TransportAddress(ip: IPAddress(v4: 0xC633_6401), port: 5060)
        func observe(_ time: Double, _ direction: FlowEvent.Direction, _ what: FlowEvent.What) {
            ledger.observe(
                FlowEvent(flow: FlowID(0), time: Timestamp(seconds: time), frame: 1, direction: direction, what: what))
        }
        observe(0, .fromClient, .open(.init(transport: .tcp, client: client, server: server, kind: .handshake)))
        let moments = grants.map { (time: $0.time, grant: Grant?.some($0)) } + pings.map { (time: $0, grant: nil) }
        for (index, moment) in moments.sorted(by: { $0.time < $1.time }).enumerated() {
            guard let grant = moment.grant else {
                for completes in [false, true] {
                    observe(moment.time, .fromClient, .crlf(completesPair: completes, ownSegment: true))
                }
                observe(moment.time + 0.02, .fromServer, .crlf(completesPair: false, ownSegment: true))
                continue
            }
            let common = """
                Via: SIP/2.0/TCP 192.0.2.7;branch=z9hG4bK\(index)
                From: <sip:\(grant.user)@example.com>;tag=1
                To: <sip:\(grant.user)@example.com>
                Call-ID: \(grant.user)
                CSeq: \(index + 1) REGISTER

                """
            let contact = grant.contact.map { "Contact: \($0)\n" } ?? ""
            let request = "REGISTER sip:example.com SIP/2.0\n" + common + contact + "Supported: path, outbound\n"
            let isRemoval = grant.contact?.hasSuffix("expires=0") ?? false
            let answer = "SIP/2.0 200 OK\n" + common + (isRemoval ? "" : contact) + grant.headers
            observe(grant.time, .fromClient, .sip(try parsed(request + "Content-Length: 0\n\n")))
            observe(grant.time + 0.01, .fromServer, .sip(try parsed(answer + "Content-Length: 0\n\n")))
        }
        ledger.finish()
        return Judge().judge(ledger, keeping: .all).findings.first { $0.requirement == id }?.verdict.word
    }

    private static let seldom: [Double] = [50, 100, 150, 200]

    /// What another account or a query is told takes nothing back.
    @Test(arguments: [Grant.bob(1), Grant(time: 1, user: "alice", contact: nil)])
    fileprivate func othersTakeNothingBack(_ other: Grant) throws {
        #expect(try verdict(of: "OB-FT-004", [.alice(0), other], pings: Self.seldom) == "fail")
        #expect(try verdict(of: "OB-FT-004", [.alice(0), other], pings: [18, 36, 54, 71]) == "pass")
        #expect(try verdict(of: "OB-KA-001", [.alice(0), other, .bob(400)], pings: []) == "fail")
    }

    /// The latest 2xx that speaks of keep-alives rules (RFC 5626 §4.4.1).
    @Test func theLatestTimerRules() throws {
        let longer = Grant.bob(1, headers: "Require: outbound\nFlow-Timer: 120\n")
        #expect(try verdict(of: "OB-FT-004", [.alice(0), longer], pings: [100, 200]) == "pass")
        #expect(try verdict(of: "OB-FT-004", [longer, .alice(2)], pings: [100, 200]) == "fail")
    }

    /// With the account whose 2xx granted outbound the duty goes, and not with another one.
    @Test func removals() throws {
        let stopped: [Double] = [18, 36, 54, 72, 90]
        let gone = Grant.alice(100, expires: 0, timer: "")
        #expect(try verdict(of: "OB-FT-004", [.alice(0), .bob(1), gone, .bob(500)], pings: stopped) == "pass")
        #expect(try verdict(of: "OB-FT-004", [.bob(0), .alice(1), gone, .bob(500)], pings: stopped) == "pass")
        let other = Grant(time: 100, user: "bob", contact: "<sip:bob@192.0.2.7>;expires=0")
        #expect(
            try verdict(of: "OB-FT-004", [.alice(0), .bob(1), other, .alice(500)], pings: stopped + [510]) == "warn")
    }

    /// The device itself gives outbound up when it registers without reg-id.
    @Test func aDeviceMayGiveOutboundUp() throws {
        let plain = Grant(
            time: 100, user: "alice",
            contact:
                "<sip:alice@192.0.2.7>;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000a95a0e128>\";expires=600")
        #expect(try verdict(of: "OB-FT-004", [.alice(0), plain, .bob(500)], pings: [18, 36, 54, 72, 90]) == "pass")
    }
}
