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
        Judge().judge(try ledger(grants, pings: pings), keeping: .all).findings.first { $0.requirement == id }?
            .verdict.word
    }

    private func ledger(_ grants: [Grant], pings: [Double]) throws -> FlowLedger {
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
        return ledger
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
            try verdict(of: "OB-FT-004", [.alice(0), .bob(1), other, .alice(500)], pings: stopped + [510]) == "fail")
    }

    /// The device itself gives outbound up when it registers without reg-id.
    @Test func aDeviceMayGiveOutboundUp() throws {
        let plain = Grant(
            time: 100, user: "alice",
            contact:
                "<sip:alice@192.0.2.7>;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000a95a0e128>\";expires=600")
        #expect(try verdict(of: "OB-FT-004", [.alice(0), plain, .bob(500)], pings: [18, 36, 54, 72, 90]) == "pass")
    }

    /// A gateway's lines, of which the first `gone` are taken away again.
    private static func lines(_ count: Int, gone: Int) -> [Grant] {
        func line(_ number: Int, at time: Double, _ expires: Int) -> Grant {
            Grant(
                time: time, user: "line\(number)",
                contact:
                    "<sip:line\(number)@192.0.2.7>;reg-id=1;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000a95a0e128>\";expires=\(expires)",
                headers: expires > 0 ? Grant.outbound : "")
        }
        return (0..<count).map { line($0, at: Double($0) / 10, 3600) }
            + (0..<gone).map { line($0, at: 30 + Double($0) / 10, 0) }
    }

    /// What is still bound goes on asking for keep-alives, however many there were.
    @Test func manyLines() throws {
        let pings: [Double] = [18, 36, 54, 160, 270, 380]
        for (count, gone) in [(16, 8), (24, 16), (64, 63)] {
            let lines = Self.lines(count, gone: gone)
            #expect(try verdict(of: "OB-FT-004", lines, pings: pings) == "fail", "\(count) lines")
            #expect(try verdict(of: "OB-KEEP-007", lines, pings: pings) == nil, "\(count) lines")
            #expect(try ledger(lines, pings: pings).notAnalyzed.isEmpty)
        }
        #expect(try verdict(of: "OB-KEEP-007", Self.lines(24, gone: 24), pings: pings) == "info")
    }

    /// Of more than are kept nobody can tell that none is left.
    @Test func moreLinesThanAreKept() throws {
        let lines = Self.lines(70, gone: 64)
        let pings: [Double] = [18, 36, 54, 160, 270, 380]
        let ledger = try ledger(lines, pings: pings)
        #expect(ledger.flows[0].registrations.count == FlowRecord.maximumRegistrations)
        #expect(ledger.notAnalyzed.map(\.count) == [1])
        #expect(try verdict(of: "OB-KEEP-007", lines, pings: pings) == nil)
        #expect(try verdict(of: "OB-FT-004", lines, pings: pings) == "fail")
        // A removal in other words is still one of a line that is kept.
        #expect(!ledger.flows[0].registrations.contains(where: \.isBound))
    }
}
