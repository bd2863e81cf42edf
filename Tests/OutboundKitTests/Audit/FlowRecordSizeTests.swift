import Testing

@testable import OutboundKit

/// Of a million flows every octet is a megabyte, and a record that is a whole number of cache lines shares none.
@Suite struct FlowRecordSizeTests {
    @Test func aRecordIsSevenLines() { #expect(MemoryLayout<FlowRecord>.stride == 448) }
    /// With the header of its box and the allocator's it takes 224 octets.
    @Test func raritiesAreTwoHundredOctets() { #expect(MemoryLayout<FlowRarities>.size == 200) }
    @Test func anEntryOfTheTableIsOne() { #expect(MemoryLayout<FlowEntry>.stride == 64) }

    @Test func aBindingIsOneLine() { #expect(MemoryLayout<BindingHistory>.stride == 64) }

    @Test func piecesBeginAtALine() {
        var chunks = Chunks<FlowRecord>()
        let opening = FlowEvent.Opening(
            transport: .tcp, client: TransportAddress(ip: IPAddress(v4: 1), port: 1),
            server: TransportAddress(ip: IPAddress(v4: 2), port: 2), kind: .handshake)
        for index in 0..<3000 {
            chunks.append(FlowRecord(id: FlowID(UInt32(index)), opening: opening, time: 0, frame: 0))
        }
        for index in [0, 1, 1023, 1024, 2999] {
            withUnsafePointer(to: &chunks[index]) { #expect(UInt(bitPattern: $0) % 64 == 0) }
        }
    }
}
