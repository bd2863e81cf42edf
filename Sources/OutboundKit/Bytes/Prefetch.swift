import CMemory

/// Asks for memory ahead, so that it is in the cache when it is used. Nothing waits for it, and nothing is read.
enum Prefetch {
    /// Cache lines from an address on, which may be any.
    @inline(__always)
    static func memory(_ address: UInt, lines: Int) {
        for line in 0..<lines { unsafe sipob_prefetch(UnsafeRawPointer(bitPattern: address &+ UInt(line) &* 64)) }
    }

    /// The first cache lines of an object; nil is let pass.
    @inline(__always)
    static func object<Object: AnyObject>(_ object: Object?, lines: Int = 1) {
        // By its bits: a reference would be counted, and for that be waited for.
        memory(unsafe unsafeBitCast(object, to: UInt.self), lines: lines)
    }

    /// The cache line of one of an array's elements; an index that is out of range is let pass.
    @inline(__always)
    static func element<Element>(_ index: Int, of array: [Element]) {
        unsafe array.withUnsafeBufferPointer { elements in
            if index >= 0, index < elements.count { unsafe sipob_prefetch(elements.baseAddress! + index) }
        }
    }
}
