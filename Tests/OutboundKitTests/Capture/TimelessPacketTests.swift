import Foundation
import Testing

@testable import OutboundKit

/// Packets without a time (Simple Packet Blocks of pcapng): nothing that takes a time is said of them, or of what they may
/// have brought.
@Suite struct TimelessPacketTests {
    static let captures = [
        "bs_udp_ft20.pcap", "bs_tcp_2flow_oneloss.pcap", "lin_tcp_ft20.pcap", "pj_udp_ft20.pcap",
        "bs_udp_2flow_edge2_killed.pcap", "ws_clientping_ft20.pcap", "bs_tcp_sigkill.pcap",
    ]

    /// The same capture in blocks, some of which are Simple Packet Blocks.
    private static func blocks(_ octets: [UInt8], isSimple: (Int) -> Bool) -> [UInt8] {
        func number(_ place: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(octets[place + $1]) << UInt32(8 * $1) }
        }
        let order = CaptureReaderTests.Order(isBig: false)
        var file = order.section() + order.interface(UInt16(number(20)))
        for (index, place) in CutCaptureTests.records(octets).enumerated() {
            let (captured, wire) = (Int(number(place + 8)), number(place + 12))
            let packet = Array(octets[place + 16..<place + 16 + captured])
            file +=
                isSimple(index)
                ? order.block(3, order.u32(wire) + packet)
                : order.enhanced(
                    0, ticks: UInt64(number(place)) * 1_000_000 + UInt64(number(place + 4)), packet, wire: wire)
        }
        return file
    }

    private func audit(_ octets: [UInt8]) throws -> CaptureAudit.Outcome {
        let path = FileManager.default.temporaryDirectory.appending(path: "sipob-timeless-\(UUID()).pcapng")
        try Data(octets).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        var audit = CaptureAudit()
        try audit.read(path: path.path(percentEncoded: false))
        return audit.finish()
    }

    /// Requirement and client of each fail and warn.
    private func complaints(_ ledger: FlowLedger) -> Set<String> {
        var names: [String: String] = [:]
        for flow in ledger.flows { names[flow.id.description] = "\(flow.transport) \(flow.client)" }
        return Set(
            Judge().judge(ledger).findings.filter { $0.verdict == .fail || $0.verdict == .warn }
                .map { "\($0.rule) \(names[$0.subject] ?? $0.subject)" })
    }

    @Test(arguments: captures) func noneHasATime(_ name: String) throws {
        let octets = Array(try Data(contentsOf: TruthTests.fixtures.appending(path: name)))
        let outcome = try audit(Self.blocks(octets) { _ in true })
        #expect(outcome.ledger.flows.isEmpty && outcome.statistics.packets == 0)
        #expect(outcome.statistics.firstTime == nil)
        let count = CutCaptureTests.records(octets).count
        #expect(outcome.notAnalyzed.map(\.what) == ["packets without a time"])
        #expect(outcome.notAnalyzed.first?.count == count)
        #expect(outcome.notAnalyzed.first?.why.contains("Simple Packet Blocks") == true)
    }

    /// Before those that have one, and behind them, nothing is lost but the packets themselves.
    @Test(arguments: captures) func someHaveATime(_ name: String) throws {
        let octets = Array(try Data(contentsOf: TruthTests.fixtures.appending(path: name)))
        let places = CutCaptureTests.records(octets)
        let count = places.count
        func expect(_ isSimple: (Int) -> Bool, like range: Range<Int>) throws {
            let end = range.upperBound == count ? octets.count : places[range.upperBound]
            let alone = Array(octets[..<24] + octets[places[range.lowerBound]..<end])
            let some = try audit(Self.blocks(octets, isSimple: isSimple))
            #expect(complaints(some.ledger) == complaints(try audit(Self.blocks(alone) { _ in false }).ledger))
            #expect(some.statistics.packets == range.count)
            #expect(some.notAnalyzed.first { $0.what == "packets without a time" }?.count == count - range.count)
        }
        for part in 1..<4 {
            let place = count * part / 4
            try expect({ $0 < place }, like: place..<count)
            try expect({ $0 >= place }, like: 0..<place)
        }
    }

    /// Those among others are missing, and that is known: what lies behind them is judged, and nobody is accused of what they
    /// may have brought.
    @Test(arguments: captures) func judgedBehindThem(_ name: String) throws {
        let octets = Array(try Data(contentsOf: TruthTests.fixtures.appending(path: name)))
        let count = CutCaptureTests.records(octets).count
        let whole = complaints(try audit(Self.blocks(octets) { _ in false }).ledger)
        for stride in [2, 3, 5, 7, 11, 23, 47, 97] {
            for first in 0..<min(stride, 6) {
                // Before the registration there is nothing that could be missing.
                let isSimple = { (place: Int) in place >= 12 && place % stride == first }
                let some = try audit(Self.blocks(octets, isSimple: isSimple))
                #expect(some.statistics.packets == (0..<count).count { !isSimple($0) })
                let wrong = complaints(some.ledger).subtracting(whole)
                #expect(wrong.isEmpty, "every \(stride)th from \(first): \(wrong.sorted())")
            }
        }
    }

    /// One of them hides nothing that others show.
    @Test(arguments: ["lin_tcp_ft20.pcap", "pj_tcp_sigstop.pcap", "ws_serverping_only.pcap"])
    func violationsBehindThem(_ name: String) throws {
        let octets = Array(try Data(contentsOf: TruthTests.fixtures.appending(path: name)))
        let whole = complaints(try audit(Self.blocks(octets) { _ in false }).ledger)
        #expect(!whole.isEmpty)
        #expect(complaints(try audit(Self.blocks(octets) { $0 == 14 }).ledger) == whole)
    }

    /// They count like any other where packets are numbered.
    @Test func packetsKeepTheirNumbers() throws {
        let octets = Array(try Data(contentsOf: TruthTests.fixtures.appending(path: "bs_tcp_2flow_oneloss.pcap")))
        func frames(_ isSimple: (Int) -> Bool) throws -> Set<UInt64> {
            let findings = Judge().judge(try audit(Self.blocks(octets, isSimple: isSimple)).ledger).findings
            return Set(findings.flatMap(\.evidence).compactMap(\.frame))
        }
        let whole = try frames { _ in false }
        let some = try frames { $0 < 4 }
        #expect(!some.isEmpty && some.isSubset(of: whole))
    }
}
