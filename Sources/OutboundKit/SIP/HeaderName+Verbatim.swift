extension HeaderName {
    /// What the name at a line's start must be followed by to be read by `verbatim`: the longest of them, with its colon.
    static let verbatimOctets = 17

    /// The name at `start`, where it is spelt as the RFCs spell it and its colon follows at once; nil sends the caller the
    /// general way. A message has a dozen fields and nearly every stack writes them so: comparing eight octets at a time
    /// saves nearly a quarter of the parser's instructions.
    ///
    /// - Precondition: `start` is followed by `verbatimOctets` or more, be they of this line or of the next ones: no name
    ///   here has a line end in it.
    @inline(__always)
    static func verbatim(_ input: RawSpan, at start: Int) -> (name: HeaderName, length: Int)? {
        let head = unsafe input.unchecked64(start)
        // One jump by the first letter leaves two or three to compare.
        switch UInt8(truncatingIfNeeded: head >> 56) {
        case UInt8(ascii: "A"):
            return head == 0x4175_7468_6F72_697A && ends(input, start &+ 13, 0x7269_7A61_7469_6F6E)
                ? (.authorization, 13) : nil
        case UInt8(ascii: "C"):
            if head == 0x4361_6C6C_2D49_443A { return (.callID, 7) }
            if head == 0x436F_6E74_6163_743A { return (.contact, 7) }
            if head >> 24 == 0x43_5365_713A { return (.cseq, 4) }
            return head == 0x436F_6E74_656E_742D && ends(input, start &+ 14, 0x742D_4C65_6E67_7468)
                ? (.contentLength, 14) : nil
        case UInt8(ascii: "E"): return head == 0x4578_7069_7265_733A ? (.expires, 7) : nil
        case UInt8(ascii: "F"):
            if head >> 24 == 0x46_726F_6D3A { return (.from, 4) }
            return head == 0x466C_6F77_2D54_696D && ends(input, start &+ 10, 0x6F77_2D54_696D_6572)
                ? (.flowTimer, 10) : nil
        case UInt8(ascii: "M"):
            return head == 0x4D61_782D_466F_7277 && ends(input, start &+ 12, 0x466F_7277_6172_6473)
                ? (.maxForwards, 12) : nil
        case UInt8(ascii: "P"): return head >> 24 == 0x50_6174_683A ? (.path, 4) : nil
        case UInt8(ascii: "R"): return head == 0x5265_7175_6972_653A ? (.require, 7) : nil
        case UInt8(ascii: "S"):
            return head == 0x5375_7070_6F72_7465 && ends(input, start &+ 9, 0x7570_706F_7274_6564)
                ? (.supported, 9) : nil
        case UInt8(ascii: "T"): return head >> 40 == 0x54_6F3A ? (.to, 2) : nil
        case UInt8(ascii: "U"):
            return head == 0x5573_6572_2D41_6765 && ends(input, start &+ 10, 0x6572_2D41_6765_6E74)
                ? (.userAgent, 10) : nil
        case UInt8(ascii: "V"): return head >> 32 == 0x5669_613A ? (.via, 3) : nil
        case UInt8(ascii: "W"):
            return head == 0x5757_572D_4175_7468 && ends(input, start &+ 16, 0x656E_7469_6361_7465)
                ? (.wwwAuthenticate, 16) : nil
        default: return nil
        }
    }

    /// Whether the eight octets before `colon` are `word`, and a colon stands there. None of the names has more than
    /// sixteen octets, so that nothing between the first eight and these is left out.
    @inline(__always)
    private static func ends(_ input: RawSpan, _ colon: Int, _ word: UInt64) -> Bool {
        unsafe input.unchecked64(colon &- 8) == word && input.uncheckedOctet(colon) == ASCII.colon
    }
}
