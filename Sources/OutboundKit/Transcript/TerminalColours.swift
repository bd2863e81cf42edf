/// Colours of a terminal that were copied with the text, as from a log or from `script`: ECMA-48's CSI sequences SGR (`m`), and
/// the EL (`K`) that grep puts behind them.
enum TerminalColours {
    /// The text without them, and the lines, from 0, in which some stood.
    ///
    /// - Returns: nil where they may be the message's own: they are taken out only when one stands before a start-line or a
    ///   field that is none with it. On the wire, in a value or a body, such octets are what a peer has sent.
    static func dropped(from text: [UInt8]) -> (octets: [UInt8], lines: Set<Int>)? {
        guard text.contains(escape) else { return nil }
        var octets: [UInt8] = []
        octets.reserveCapacity(text.count)
        var lines: Set<Int> = []
        var line = 0
        var start = 0
        var isCertain = false
        var at = 0
        // Whether nothing but sequences stood on the line so far.
        var isFirst = false
        while at < text.count {
            if let end = sequence(in: text, at: at) {
                lines.insert(line)
                if octets.count == start { isFirst = true }
                at = end
                continue
            }
            octets.append(text[at])
            if text[at] == ASCII.lf || at + 1 == text.count {
                if isFirst, !isCertain { isCertain = begins(octets, start) }
                line += text[at] == ASCII.lf ? 1 : 0
                start = octets.count
                isFirst = false
            }
            at += 1
        }
        return isCertain ? (octets, lines) : nil
    }

    private static let escape: UInt8 = 0x1B

    /// The end of the sequence that begins there.
    private static func sequence(in text: [UInt8], at start: Int) -> Int? {
        guard text[start] == escape, start + 2 < text.count, text[start + 1] == ASCII.openBracket else { return nil }
        var at = start + 2
        while at < text.count, at - start < 32, ASCII.isDigit(text[at]) || text[at] == ASCII.semicolon { at += 1 }
        guard at < text.count, text[at] == UInt8(ascii: "m") || text[at] == UInt8(ascii: "K") else { return nil }
        return at + 1
    }

    /// A start-line, or a field of SIP on a line that ends in LF alone, begins at `start` and ends with the octets.
    private static func begins(_ octets: [UInt8], _ start: Int) -> Bool {
        let input = unsafe octets.span.bytes
        var end = octets.count
        if end > start, octets[end - 1] == ASCII.lf { end -= 1 }
        let hasCR = end > start && octets[end - 1] == ASCII.cr
        let line = start..<(hasCR ? end - 1 : end)
        let reader = TranscriptReader(input.array(line), dump: nil, line: 1)
        if reader.hasStartLine { return true }
        guard !hasCR, let first = reader.lines.first else { return false }
        return reader.fieldName(first) != .other
    }
}
