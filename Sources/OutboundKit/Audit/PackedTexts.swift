/// A few texts in one piece of memory, such as the values of Path: the flow token in it is another one on each flow.
@safe struct PackedTexts: @unchecked Sendable {
    /// The header is the number of octets; each text stands behind its length. Nobody writes them once they are made.
    private let buffer: ManagedBuffer<Int, UInt8>

    init(_ texts: [String]) {
        var octets: [UInt8] = []
        for text in texts {
            let text = text.utf8.prefix(Int(UInt16.max))
            octets.appendBig16(UInt16(text.count))
            octets.append(contentsOf: text)
        }
        buffer = ManagedBuffer<Int, UInt8>.create(minimumCapacity: octets.count) { _ in octets.count }
        unsafe buffer.withUnsafeMutablePointerToElements { start in
            for (index, octet) in octets.enumerated() { unsafe (start + index).initialize(to: octet) }
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
