/// A few texts in one run of octets, each behind its length in two octets.
enum PackedTexts {
    /// The texts at `places` of `octets`, packed. One that is longer than 65,535 octets is cut.
    static func pack(_ octets: RawSpan, _ places: some Collection<ByteSlice>) -> [UInt8] {
        var packed: [UInt8] = []
        packed.reserveCapacity(places.reduce(0) { $0 + 2 + $1.count })
        for place in places {
            let length = min(place.count, Int(UInt16.max))
            packed.append(UInt8(length >> 8))
            packed.append(UInt8(length & 255))
            unsafe octets.extracting(place.start..<place.start + length).withUnsafeBytes {
                unsafe packed.append(contentsOf: $0)
            }
        }
        return packed
    }

    /// Where the first text stands.
    static func first(_ packed: [UInt8]) -> Range<Int> {
        packed.count < 2 ? 0..<packed.count : 2..<2 + Int(packed[0]) << 8 + Int(packed[1])
    }

    static func texts(_ packed: [UInt8]) -> [String] {
        var texts: [String] = []
        var at = 0
        while at + 2 <= packed.count {
            let end = min(at + 2 + Int(packed[at]) << 8 + Int(packed[at + 1]), packed.count)
            texts.append(String(decoding: packed[at + 2..<end], as: UTF8.self))
            at = end
        }
        return texts
    }
}
