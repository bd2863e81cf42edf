/// One packet as a capture file holds it: a place in the window that is being read, and what the file says of it.
struct CaptureRecord {
    /// Where its octets begin in the window.
    var start = 0
    /// How many of them the capture holds.
    var captured = 0
    /// How many there were on the wire, at least `captured`.
    var wire = 0
    /// Nanoseconds since 1970.
    var time: Int64 = 0
    /// The link type (www.tcpdump.org/linktypes.html).
    var link: UInt16 = 0
    var remark = Remark.none

    /// What the file says of a packet that it says of few.
    enum Remark: UInt8 {
        case none
        /// The file gives it no time; the latest one seen stands for it.
        case timeless
        /// Packets before it were dropped (epb_dropcount).
        case behindDrops
    }

    /// The same packet in a window whose beginning was moved.
    func moved(by octets: Int) -> CaptureRecord {
        var record = self
        record.start += octets
        return record
    }
}

/// 16- and 32-bit numbers in the byte order of the machine that wrote a capture.
extension RawSpan {
    @inline(__always) func number16(_ offset: Int, swapped: Bool) -> UInt16 {
        let value = UInt16(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
        return swapped ? value.byteSwapped : value
    }

    /// Two numbers of 32 bits that follow one another, with one load.
    ///
    /// - Precondition: eight octets from `offset` on lie within the span.
    @unsafe @inline(__always) func uncheckedNumbers32(_ offset: Int, swapped: Bool) -> (UInt32, UInt32) {
        let word = unsafe unchecked64(offset).byteSwapped
        let (low, high) = (UInt32(truncatingIfNeeded: word), UInt32(truncatingIfNeeded: word >> 32))
        return swapped ? (low.byteSwapped, high.byteSwapped) : (low, high)
    }

    @inline(__always) func number32(_ offset: Int, swapped: Bool) -> UInt32 {
        let value = UInt32(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
        return swapped ? value.byteSwapped : value
    }
}
