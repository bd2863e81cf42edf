extension HeaderName {
    /// The name at `start`, where it is spelt as the RFCs spell it and its colon follows at once; nil sends the caller the
    /// general way. A message has a dozen fields and nearly every stack writes them so: comparing eight octets at a time
    /// saves nearly a quarter of the parser's instructions.
    ///
    /// - Precondition: `start` is followed by 16 octets or more, be they of this line or of the next ones: no name here has
    ///   a line end in it.
    @inline(__always)
    static func verbatim(_ input: RawSpan, at start: Int) -> (name: HeaderName, length: Int)? {
        let head = unsafe input.unchecked64(start)
        switch head {
        case 0x4361_6C6C_2D49_443A: return (.callID, 7)
        case 0x436F_6E74_6163_743A: return (.contact, 7)
        case 0x4578_7069_7265_733A: return (.expires, 7)
        case 0x5265_7175_6972_653A: return (.require, 7)
        case 0x4D61_782D_466F_7277: return ends(input, start &+ 12, 0x6F72_7761_7264_733A) ? (.maxForwards, 12) : nil
        case 0x436F_6E74_656E_742D: return ends(input, start &+ 14, 0x2D4C_656E_6774_683A) ? (.contentLength, 14) : nil
        case 0x5375_7070_6F72_7465: return ends(input, start &+ 9, 0x7070_6F72_7465_643A) ? (.supported, 9) : nil
        case 0x5573_6572_2D41_6765: return ends(input, start &+ 10, 0x722D_4167_656E_743A) ? (.userAgent, 10) : nil
        case 0x466C_6F77_2D54_696D: return ends(input, start &+ 10, 0x772D_5469_6D65_723A) ? (.flowTimer, 10) : nil
        default: break
        }
        switch head >> 24 {
        case 0x46_726F_6D3A: return (.from, 4)
        case 0x43_5365_713A: return (.cseq, 4)
        case 0x50_6174_683A: return (.path, 4)
        default: break
        }
        if head >> 32 == 0x5669_613A { return (.via, 3) }
        return head >> 40 == 0x54_6F3A ? (.to, 2) : nil
    }

    /// Whether the eight octets that end with the colon at `colon` are `word`.
    @inline(__always)
    private static func ends(_ input: RawSpan, _ colon: Int, _ word: UInt64) -> Bool {
        // The longest name and its colon are 15 octets.
        unsafe input.unchecked64(colon &- 7) == word
    }
}
