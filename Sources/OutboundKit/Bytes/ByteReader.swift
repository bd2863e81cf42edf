import Glibc

/// Big-endian loads at an offset. Each traps when the offset lies outside the span, so a decoder checks a structure's
/// length once and then reads its fields without further tests.
extension RawSpan {
    @inlinable public func octet(_ offset: Int) -> UInt8 {
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    @inlinable public func big16(_ offset: Int) -> UInt16 {
        UInt16(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    @inlinable public func big32(_ offset: Int) -> UInt32 {
        UInt32(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    @inlinable public func big64(_ offset: Int) -> UInt64 {
        UInt64(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// As `octet`, without its test: for the headers of every packet, whose place was tested as a whole just before.
    ///
    /// - Precondition: the octet lies within the span.
    @unsafe @inline(__always) func uncheckedOctet(_ offset: Int) -> UInt8 {
        unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    /// As `big64`, without its test.
    ///
    /// - Precondition: eight octets from `offset` on lie within the span.
    @unsafe @inline(__always) func unchecked64(_ offset: Int) -> UInt64 {
        UInt64(bigEndian: unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
    }

    /// The octet at `offset`, or nil beyond the end.
    @inlinable public func octetIfPresent(_ offset: Int) -> UInt8? {
        offset >= 0 && offset < byteCount ? octet(offset) : nil
    }

    /// The offset of the first `needle` in `range`, or nil. `memchr` is four times as fast as a loop here.
    public func firstOffset(of needle: UInt8, in range: Range<Int>) -> Int? {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        guard !range.isEmpty else { return nil }
        return unsafe withUnsafeBytes { buffer -> Int? in
            guard let base = buffer.baseAddress else { return nil }
            guard let hit = unsafe memchr(base + range.lowerBound, Int32(needle), range.count) else { return nil }
            return unsafe UnsafeRawPointer(hit) - base
        }
    }

    /// As `firstOffset`, for inner loops; -1 for none.
    @inline(__always)
    func place(of needle: UInt8, from start: Int, to end: Int) -> Int {
        precondition(start >= 0 && start <= end && end <= byteCount)
        return unsafe withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress, let hit = unsafe memchr(base + start, Int32(needle), end &- start)
            else { return -1 }
            return unsafe UnsafeRawPointer(hit) - base
        }
    }

    /// Where `;` and `name` stand together, the name in any case: a cheap look for a parameter, before a parser is asked.
    /// -1 for nowhere.
    ///
    /// - Parameter name: begins with a letter in lower case.
    func place(ofParameter name: StaticString, from start: Int, to end: Int) -> Int {
        let initial = name.withUTF8Buffer { unsafe $0[0] }
        var at = start
        while true {
            at = place(ofSemicolonBefore: initial, from: at, to: end)
            guard at >= 0, end &- at > name.utf8CodeUnitCount else { return -1 }
            at &+= 1
            if equalsIgnoringCase(name, in: at..<at &+ name.utf8CodeUnitCount) { return at &- 1 }
        }
    }

    /// Eight octets a step, for lists of parameters are long and what is looked for is seldom there.
    private func place(ofSemicolonBefore letter: UInt8, from start: Int, to end: Int) -> Int {
        precondition(start >= 0 && start <= end && end <= byteCount)
        let ones: UInt64 = 0x0101_0101_0101_0101
        let (semicolons, letters) = (ones &* UInt64(ASCII.semicolon), ones &* UInt64(letter))
        /// Whether one of the eight octets from `at` on is such a semicolon: an octet that is zero in both words.
        func stands(_ at: Int) -> Bool {
            let semicolon = unsafe unchecked64(at) ^ semicolons
            let initial = unsafe (unchecked64(at &+ 1) | ones << 5) ^ letters
            let both = semicolon | initial
            return (both &- ones) & ~both & ones << 7 != 0
        }
        var at = start
        let last = end &- 9
        if at <= last {
            while at < last, !stands(at) { at &+= 8 }
            // The last step may repeat octets of the one before it.
            if at >= last, !stands(last) { return -1 }
            at = min(at, last)
        }
        while at &+ 1 < end {
            if unsafe uncheckedOctet(at) == ASCII.semicolon && uncheckedOctet(at &+ 1) | 0x20 == letter { return at }
            at &+= 1
        }
        return -1
    }

    /// Whether the octets of `range` equal `text`, letter for letter.
    public func equals(_ text: StaticString, in range: Range<Int>) -> Bool {
        matches(text, in: range, ignoringCase: false)
    }

    /// Whether the octets of `range` equal `text` when ASCII case is ignored, as SIP compares tokens (RFC 3261 §7.3.1).
    public func equalsIgnoringCase(_ text: StaticString, in range: Range<Int>) -> Bool {
        matches(text, in: range, ignoringCase: true)
    }

    private func matches(_ text: StaticString, in range: Range<Int>, ignoringCase: Bool) -> Bool {
        guard text.utf8CodeUnitCount == range.count, range.lowerBound >= 0, range.upperBound <= byteCount else {
            return false
        }
        return text.withUTF8Buffer { wanted in
            unsafe extracting(range).withUnsafeBytes { octets in
                guard let base = octets.baseAddress, let wantedBase = wanted.baseAddress else { return true }
                // Letter for letter is the rule.
                if unsafe memcmp(base, wantedBase, range.count) == 0 { return true }
                guard ignoringCase else { return false }
                for index in 0..<range.count {
                    guard unsafe ASCII.lowercased(octets[index]) == ASCII.lowercased(wanted[index]) else {
                        return false
                    }
                }
                return true
            }
        }
    }
}

/// Big-endian stores at the end of an array.
extension [UInt8] {
    @inlinable public mutating func appendBig16(_ value: UInt16) {
        append(UInt8(truncatingIfNeeded: value >> 8))
        append(UInt8(truncatingIfNeeded: value))
    }

    @inlinable public mutating func appendBig32(_ value: UInt32) {
        appendBig16(UInt16(truncatingIfNeeded: value >> 16))
        appendBig16(UInt16(truncatingIfNeeded: value))
    }

    @inlinable public mutating func appendBig64(_ value: UInt64) {
        appendBig32(UInt32(truncatingIfNeeded: value >> 32))
        appendBig32(UInt32(truncatingIfNeeded: value))
    }

    /// Appends the octets of `text`.
    @inlinable public mutating func append(text: String) {
        append(contentsOf: text.utf8)
    }
}
