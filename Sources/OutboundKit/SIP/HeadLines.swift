/// The lines of a message's start-line and header, one after the other, with the limits that hold for them.
///
/// It remembers where it was, so that a header which arrives octet by octet is scanned once; and because the parser
/// and the framer share it, a limit is hit at the same octet however the octets arrive.
struct HeadLines {
    /// Where the next line begins.
    private(set) var nextLine: Int
    private var fieldStart: Int
    private var fields: Int32 = -1

    init(at start: Int) {
        nextLine = start
        fieldStart = start
    }

    /// The content of the next line without its line end; nil while the line end is missing.
    @inline(__always)
    mutating func next(_ input: RawSpan, _ limits: SIPLimits) throws(ParseError) -> Range<Int>? {
        let line = nextLine
        let end = input.byteCount
        let isFold = fields >= 0 && line < end && ASCII.isBlank(input.octet(line))
        if !isFold { fieldStart = line }
        let longest = Int(limits.headerOctets)
        let lf = input.place(of: ASCII.lf, from: line, to: end)
        guard lf >= 0 else {
            // One more octet may be the CR of the line end.
            if end - fieldStart > longest + 1 {
                throw ParseError(overLimit: longest, at: line, in: "header field octets")
            }
            return nil
        }
        let content = line..<MessageParser.contentEnd(input, start: line, lf: lf)
        if content.upperBound - fieldStart > longest {
            throw ParseError(overLimit: longest, at: line, in: "header field octets")
        }
        if !isFold, !content.isEmpty {
            fields += 1
            if fields > limits.headerFields {
                throw ParseError(overLimit: Int(limits.headerFields), at: line, in: "header fields")
            }
        }
        nextLine = lf + 1
        return content
    }

    /// So many fields may follow within the limits.
    @inline(__always)
    func room(_ limits: SIPLimits) -> Int { Int(limits.headerFields &- max(fields, 0)) }

    /// Passes so many fields, the last of which begins at `last` and ends before `next`: for a caller that has looked at
    /// the limits.
    @inline(__always)
    mutating func pass(_ count: Int, last: Int, upTo next: Int) {
        fields &+= Int32(truncatingIfNeeded: count)
        fieldStart = last
        nextLine = next
    }
}
