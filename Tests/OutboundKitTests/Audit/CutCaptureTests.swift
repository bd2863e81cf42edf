import Foundation
import Testing

@testable import OutboundKit

/// A capture that begins later than the flows in it: what was before is not known, and nobody may be accused for it.
@Suite struct CutCaptureTests {
    /// Requirement and flow of each fail.
    private func fails(_ octets: [UInt8]) throws -> Set<String> {
        let path = FileManager.default.temporaryDirectory.appending(path: "sipob-cut-\(UUID()).pcap")
        try Data(octets).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        var audit = CaptureAudit()
        do throws(CaptureError) {
            try audit.read(path: path.path(percentEncoded: false))
        } catch {
            guard error.isPartial else { return [] }
        }
        let ledger = audit.finish().ledger
        var names: [String: String] = [:]
        for flow in ledger.flows { names[flow.id.description] = "\(flow.transport) \(flow.client) \(flow.server)" }
        return Set(
            Judge().judge(ledger).findings.filter { $0.verdict == .fail }.map {
                "\($0.requirement?.text ?? "-") \(names[$0.subject] ?? $0.subject)"
            })
    }

    /// The places of the records in a little-endian pcap file.
    static func records(_ octets: [UInt8]) -> [Int] {
        var places: [Int] = []
        var at = 24
        while at + 16 <= octets.count {
            places.append(at)
            at += 16 + (0..<4).reduce(0) { $0 | Int(octets[at + 8 + $1]) << (8 * $1) }
        }
        return places
    }

    /// A capture that lost packets shows by what is acknowledged that it did.
    @Test(arguments: ["lin_tcp_ft20_rawip", "bs_rotated_all", "ws_clientping_ft20", "bs_tcp_2flow_oneloss"])
    func lostPongsAreNotMissed(_ name: String) throws {
        let path = TruthTests.fixtures.appending(path: name + ".pcap")
        let octets = Array(try Data(contentsOf: path))
        let places = Self.records(octets) + [octets.count]
        let whole = try fails(octets)
        for number in 0..<7 {
            let kept = (0..<places.count - 1).filter { ($0 * 37 + number * 11) % 101 >= 20 }
            let wrong = try fails(Array(octets[..<24]) + kept.flatMap { octets[places[$0]..<places[$0 + 1]] })
                .subtracting(whole).filter { $0.hasPrefix("OB-KA-006") || $0.hasPrefix("OB-WS-002") }
            #expect(wrong.isEmpty, "\(number): \(wrong.sorted())")
        }
    }

    @Test(arguments: EvictedFlowsTests.captures) func accusesNobodyElse(_ path: String) throws {
        let octets = Array(try Data(contentsOf: URL(filePath: path)))
        guard octets.count > 24, octets[0] == 0xD4 || octets[0] == 0x4D else { return }
        let places = Self.records(octets)
        let whole = try fails(octets)
        for part in 1..<8 where places.count >= 8 {
            let place = places[places.count * part / 8]
            let cut = try fails(Array(octets[..<24] + octets[place...]))
            let wrong = cut.subtracting(whole)
            #expect(wrong.isEmpty, "cut at \(part)/8: \(wrong.sorted())")
        }
    }
}
