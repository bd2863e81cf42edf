import Testing

@testable import OutboundKit

/// An edge loses its flows, and its phones come back.
@Suite struct OutageTests {
    private static func fleet(
        _ phones: Int = 100, loss: Fleet.Loss = .rst, transport: TransportProtocol = .tcp, end: Double = 900,
        wait: @escaping Fleet.Wait
    ) -> Fleet {
        let draws = Draws()
        return Fleet(
            phones: phones, transport: transport, timer: transport.isStream ? 120 : nil,
            start: { Double($0) * 0.37 },
            interval: { _ in (transport.isStream ? 96 : 24) + draws.next() * (transport.isStream ? 24 : 5) },
            lossAt: { _ in 400 }, loss: loss, wait: wait, end: end)
    }

    @Test(arguments: [Fleet.Loss.fin, .rst]) func stormIsFound(_ loss: Fleet.Loss) throws {
        let draws = Draws()
        let fleet = Self.fleet(loss: loss) { _ in 0.05 + draws.next() }
        let finding = try #require(try fleet.findings().first)
        #expect(try fleet.findings().count == 1)
        #expect(finding.verdict == .warn && finding.requirement == "OB-REC-003")
        #expect(finding.subject == "edge tcp 198.51.100.1:5060")
        #expect(finding.message.contains("lost 100 of 100 flows within 1 s"))
        #expect(finding.message.contains("as one storm: 100 of 100 within 2 s"))
        #expect(finding.evidence.first?.observed == "100 flows lost: 100 by \(loss == .fin ? "FIN" : "RST")")
        #expect(finding.advice?.contains("50 to 100 % of 30 s") == true)
        let outage = try #require(try fleet.facts().outages.first)
        #expect(outage.attempts == 100 && outage.peak > 50 && outage.half <= 2_000_000_000)
    }

    /// RFC 5626 §4.5 with the base of 30 s: 15 to 30 s.
    @Test func spreadIsTold() throws {
        let draws = Draws()
        let fleet = Self.fleet { _ in 15 + draws.next() * 15 }
        let finding = try #require(try fleet.findings().first)
        #expect(finding.verdict == .info && finding.message.contains("came back spread out: half of 100 within 2"))
    }

    /// Phones find a silent edge out one by one, at their next keep-alive.
    @Test(arguments: [TransportProtocol.tcp, .udp]) func silence(_ transport: TransportProtocol) throws {
        let draws = Draws()
        let fleet = Self.fleet(loss: .silence, transport: transport) { _ in 130 + draws.next() * 40 }
        let findings = try fleet.findings()
        #expect(findings.count == 1)
        let finding = try #require(findings.first)
        #expect(finding.verdict == .info && finding.message.contains("lost 100 of 100 flows"))
        #expect(finding.evidence.first?.observed.contains("without an answer to a keep-alive") == true)
    }

    @Test func theCaptureEndsTooSoon() throws {
        let fleet = Self.fleet(end: 405) { _ in nil }
        let finding = try #require(try fleet.findings().first)
        #expect(finding.verdict == .unknown(.cut) && finding.message.contains("0 phones registered anew in the 5 s"))
    }

    @Test func nobodyKnowsWhoCameBack() throws {
        let finding = try #require(try Self.fleet { _ in nil }.findings().first)
        #expect(finding.verdict == .unknown(.identity))
    }

    /// Phones without an instance-id are known by their new connections.
    @Test func phonesWithoutOutbound() throws {
        var fleet = Self.fleet { _ in 0.5 }
        fleet.isOutbound = false
        let finding = try #require(try fleet.findings().first)
        #expect(finding.verdict == .warn && finding.message.contains("100 of 100 within 2 s"))
    }

    /// The NAT or the line there was lost, and not the edge.
    @Test func oneAddressOfMany() throws {
        var fleet = Self.fleet { _ in 5 }
        fleet.lossAt = { $0 < 30 ? 400 : nil }
        fleet.clientIP = { IPAddress(v4: $0 < 30 ? 0x0A00_0001 : 0x0B00_0000 + UInt32($0)) }
        let finding = try #require(try fleet.findings().first)
        #expect(finding.verdict == .info && finding.requirement == nil)
        #expect(finding.message.contains("All of them came from 10.0.0.1"))
    }

    @Test func nothingIsSaidOfFew() throws {
        #expect(try Self.fleet(FleetFacts.minimumFlows - 1) { _ in 0.1 }.findings().isEmpty)
        #expect(try !Self.fleet(FleetFacts.minimumFlows) { _ in 0.1 }.findings().isEmpty)
        // Of a thousand flows, thirty at once are no outage.
        var fleet = Self.fleet(1000) { _ in 0.1 }
        fleet.lossAt = { $0 < 30 ? 400 : nil }
        #expect(try fleet.findings().isEmpty)
    }

    /// An edge that closes flows all the time, as one without patience does, has no outage.
    @Test func closingAllTheTimeIsNone() throws {
        for perSecond in [2.0, 4, 8] {
            var fleet = Self.fleet(4000, loss: .fin) { _ in 0.1 }
            fleet.start = { Double($0) / perSecond }
            fleet.lossAt = { Double($0) / perSecond + 60 }
            #expect(try fleet.facts().outages.isEmpty)
        }
    }
}
