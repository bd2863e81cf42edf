/// A few texts in one piece of memory, such as the values of Path: the flow token in it is another one on each flow.
@safe struct PackedTexts: @unchecked Sendable {
    /// The header is the number of octets; each text stands behind its length. Nobody writes them once they are made.
    private let buffer: ManagedBuffer<Int, UInt8>

    /// - Parameter places: where the texts stand in `octets`.
    init(_ octets: RawSpan, _ places: some Collection<ByteSlice>) {
        let length = { (place: ByteSlice) in min(place.count, Int(UInt16.max)) }
        let count = places.reduce(0) { $0 + 2 + length($1) }
        buffer = ManagedBuffer<Int, UInt8>.create(minimumCapacity: count) { _ in count }
        unsafe buffer.withUnsafeMutablePointerToElements { start in
            var at = unsafe start
            for place in places {
                let length = length(place)
                unsafe at.initialize(to: UInt8(length >> 8))
                unsafe (at + 1).initialize(to: UInt8(length & 255))
                unsafe octets.extracting(place.start..<place.start + length).withUnsafeBytes {
                    if let base = $0.baseAddress {
                        unsafe UnsafeMutableRawPointer(at + 2).copyMemory(from: base, byteCount: length)
                    }
                }
                unsafe at += 2 + length
            }
        }
    }

    var texts: [String] {
        let count = buffer.header
        let octets = unsafe buffer.withUnsafeMutablePointerToElements { start in
            unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
        }
        var texts: [String] = []
        var at = 0
        while at + 2 <= octets.count {
            let end = min(at + 2 + Int(octets[at]) << 8 + Int(octets[at + 1]), octets.count)
            texts.append(String(decoding: octets[at + 2..<end], as: UTF8.self))
            at = end
        }
        return texts
    }
}
