import Testing

@testable import OutboundKit

/// The fuzz entry points over real captures, whole, cut short and with octets changed.
@Suite struct CaptureFuzzTests {
    static let files: [String] = {
        let names = (try? VectorFiles.names(in: RealCaptureTests.folder, suffix: "")) ?? []
        return names.filter { $0.contains(".pcap") }
    }()

    @Test(arguments: files)
    func mutatedCaptures(_ file: String) throws {
        let octets = try VectorFiles.bytes(RealCaptureTests.folder + file)
        let small = Array(octets.prefix(12_000))
        var generator = SeededGenerator(seed: UInt64(octets.count))
        CaptureFuzz.file(small.span.bytes)
        for _ in 0..<12 {
            var changed = small
            for _ in 0..<Int.random(in: 1...20, using: &generator) {
                let place = Int.random(in: 0..<changed.count, using: &generator)
                changed[place] = UInt8.random(in: 0...255, using: &generator)
            }
            let kept = Int.random(in: 0...changed.count, using: &generator)
            CaptureFuzz.file(changed.span.bytes.extracting(0..<kept))
        }
    }

    /// The seeds of the fuzz targets, as they are and with octets changed.
    @Test(arguments: ["capture-layers", "compression"])
    func seeds(_ target: String) throws {
        let names = try VectorFiles.names(in: "../Fuzz/Corpus/" + target, suffix: "")
        #expect(!names.isEmpty)
        var generator = SeededGenerator(seed: 21)
        for name in names {
            let octets = try VectorFiles.bytes("../Fuzz/Corpus/" + target + "/" + name)
            for round in 0..<60 {
                var changed = octets
                for _ in 0..<round {
                    changed[Int.random(in: 0..<changed.count, using: &generator)] = UInt8.random(
                        in: 0...255, using: &generator)
                }
                if target == "compression" {
                    CompressionFuzz.run(changed.span.bytes)
                } else {
                    CaptureFuzz.frames(changed.span.bytes)
                }
            }
        }
    }

    @Test func randomFrames() {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<2000 {
            let count = Int.random(in: 0...300, using: &generator)
            var octets = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            // Half of them get an IP header where one may stand, so that the layers above are reached.
            if octets.count > 60, Bool.random(using: &generator) {
                octets[0] = 3
                octets[5] = Bool.random(using: &generator) ? 0x45 : 0x60
                octets[14] = Bool.random(using: &generator) ? 6 : 17
            }
            CaptureFuzz.frames(octets.span.bytes)
        }
    }

    /// Real frames, packed the way the entry point takes them, with octets changed.
    @Test func mutatedFrames() throws {
        var generator = SeededGenerator(seed: 12)
        for file in Self.files where file.hasSuffix(".pcap") {
            let packed = try Self.pack(VectorFiles.bytes(RealCaptureTests.folder + file), most: 60)
            CaptureFuzz.frames(packed.span.bytes)
            for _ in 0..<5 {
                var changed = packed
                for _ in 0..<Int.random(in: 1...30, using: &generator) {
                    let place = Int.random(in: 0..<changed.count, using: &generator)
                    changed[place] = UInt8.random(in: 0...255, using: &generator)
                }
                CaptureFuzz.frames(changed.span.bytes)
            }
        }
    }

    static func pack(_ capture: [UInt8], most: Int) throws -> [UInt8] {
        let links: [UInt16] = [1, 113, 276, 101, 0, 108, 228, 229, 12, 147, 9, 51, 109]
        var reader = CaptureReader(limits: CaptureLimits())
        var offset = 0
        var record = CaptureRecord()
        var packed: [UInt8] = []
        var count = 0
        while count < most, try reader.next(in: capture.span.bytes, at: &offset, into: &record) {
            if packed.isEmpty { packed.append(UInt8(links.firstIndex(of: record.link) ?? 0)) }
            packed.appendBig16(UInt16(min(record.captured, 0x7FF)))
            packed += [0, 5]
            packed += capture[record.start..<record.start + min(record.captured, 0x7FF)]
            count += 1
        }
        return packed.isEmpty ? [0] : packed
    }
}
