/// Cuts a text into messages.
struct TranscriptReader {
    private let bytes: [UInt8]
    private let dump: Int?
    private let headers: PacketHeaders?
    private let firstLine: Int
    /// The lines without their line ends.
    private let lines: [Range<Int>]
    /// Lines on which a message ends and the next begins, and after how many octets: bodies need no line end.
    private var cuts: [Int: Int] = [:]

    init(_ bytes: [UInt8], dump: Int?, line: Int, _ headers: PacketHeaders? = nil) {
        self.bytes = bytes
        self.headers = headers
        let input = unsafe bytes.span.bytes
        self.dump = dump
        firstLine = line
        var lines: [Range<Int>] = []
        var start = 0
        while start < input.byteCount {
            let lf = input.firstOffset(of: ASCII.lf, in: start..<input.byteCount)
            let end = lf ?? input.byteCount
            lines.append(start..<(lf == nil ? end : MessageParser.contentEnd(input, start: start, lf: end)))
            start = end + 1
        }
        self.lines = lines
    }

    mutating func read(into transcript: inout Transcript) {
        var index = 0
        while index < lines.count {
            guard transcript.messages.count < Transcript.maximumMessages else {
                transcript.isCutShort = true
                return
            }
            if let margin = startMargin(index), let taken = take(from: index, margin: margin) {
                transcript.messages.append(taken.message)
                index = max(taken.next, index + 1)
            } else {
                if !isBlank(lines[index]) { transcript.otherLines += 1 }
                index += 1
            }
        }
        // Something that wants to be a message, with a first line that is none. On a stream it is the middle of one.
        if transcript.messages.isEmpty, headers?.sequence == nil,
            let first = lines.indices.first(where: { !isBlank(lines[$0]) }),
            first + 1 < lines.count, isField(lines[first + 1]), !isHTTP(lines[first]),
            let taken = take(from: first, margin: 0)
        {
            transcript.messages.append(taken.message)
            transcript.otherLines = 0
        }
    }

    /// Whether a message begins on one of the lines, as it stands there.
    var hasStartLine: Bool { lines.indices.contains { startMargin($0) != nil } }

    // MARK: Lines

    private func isBlank(_ line: Range<Int>) -> Bool {
        let input = unsafe bytes.span.bytes
        for offset in line where input.octet(offset) > ASCII.space { return false }
        return true
    }

    /// `token:` or `token :` at its beginning.
    private func isField(_ line: Range<Int>) -> Bool {
        let input = unsafe bytes.span.bytes
        var at = line.lowerBound
        while at < line.upperBound, ASCII.isToken(input.octet(at)) { at += 1 }
        guard at > line.lowerBound else { return false }
        while at < line.upperBound, ASCII.isBlank(input.octet(at)) { at += 1 }
        return at < line.upperBound && input.octet(at) == ASCII.colon
    }

    /// `GET / HTTP/1.1`, as a WebSocket begins, or its answer.
    private func isHTTP(_ line: Range<Int>) -> Bool {
        let words = unsafe bytes.span.bytes.string(line.prefix(256)).split(separator: " ")
        return [words.first, words.last].contains { $0?.hasPrefix("HTTP/1.") == true }
    }

    /// The octets in front of a start-line on that line; nil when there is no start-line on it.
    private func startMargin(_ index: Int) -> Int? {
        let input = unsafe bytes.span.bytes
        if let cut = cuts[index] { return cut }
        let line = lines[index]
        guard line.count >= 8 else { return nil }
        if MessageParser.isStartLine(input, line) { return 0 }
        let longest = min(line.count - 8, 256)
        guard longest > 0 else { return nil }
        for margin in 1...longest {
            let start = line.lowerBound + margin
            // Text that goes on is no new word; in a packet, what stands before is no text.
            guard dump != nil || !ASCII.isToken(input.octet(start - 1)) else { continue }
            guard beginsMessage(start..<line.upperBound) else { continue }
            return MessageParser.isStartLine(input, start..<line.upperBound) ? margin : nil
        }
        return nil
    }

    /// A known method with a blank behind it, or `SIP/2.0` with one.
    private func beginsMessage(_ range: Range<Int>) -> Bool {
        let input = unsafe bytes.span.bytes
        guard let blank = input.firstOffset(of: ASCII.space, in: range.prefix(10)) else { return false }
        let word = range.lowerBound..<blank
        return input.equals("SIP/2.0", in: word) || SIPMethod(input, word) != .other
    }

    /// The first line that begins at `offset` or behind it.
    private func lineIndex(at offset: Int) -> Int {
        var low = 0
        var high = lines.count
        while low < high {
            let middle = (low + high) / 2
            if lines[middle].lowerBound < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }

    // MARK: Messages

    private struct Taken {
        let message: TranscriptMessage
        /// The first line that is not its own.
        let next: Int
    }

    private mutating func take(from index: Int, margin: Int) -> Taken? {
        var margins = (first: margin, others: 0)
        if margin > 0, index + 1 < lines.count {
            if hasMargin(index + 1, like: index, margin), isField(withoutMargin(index + 1, margin)) {
                margins.others = margin
            } else if !isField(lines[index + 1]) {
                return nil
            }
        }
        let end = headEnd(from: index, margins.others)
        let isWire = margins.others == 0 && (index..<end).contains { endsInCRLF($0) }
        return isWire
            ? wire(from: index, headEnd: end, margins) : pasted(from: index, headEnd: end, margins)
    }

    private func endsInCRLF(_ index: Int) -> Bool {
        let end = lines[index].upperBound
        return end < bytes.count && bytes[end] == ASCII.cr
    }

    private func hasMargin(_ index: Int, like first: Int, _ margin: Int) -> Bool {
        let input = unsafe bytes.span.bytes
        let line = lines[index]
        guard line.count >= margin else { return false }
        return (0..<margin).allSatisfy {
            input.octet(line.lowerBound + $0) == input.octet(lines[first].lowerBound + $0)
        }
    }

    private func withoutMargin(_ index: Int, _ margin: Int) -> Range<Int> {
        let line = lines[index]
        return min(line.lowerBound + margin, line.upperBound)..<line.upperBound
    }

    /// The line that ends the header: an empty one, the next start-line, or the end of the text.
    private func headEnd(from index: Int, _ margin: Int) -> Int {
        let input = unsafe bytes.span.bytes
        var at = index + 1
        while at < lines.count {
            let line = withoutMargin(at, margin)
            if isBlank(line) || MessageParser.isStartLine(input, line) { return at }
            at += 1
        }
        return at
    }

    private func nextStart(after index: Int, _ margin: Int) -> Int {
        let input = unsafe bytes.span.bytes
        var at = index
        while at < lines.count {
            if MessageParser.isStartLine(input, withoutMargin(at, margin)) { return at }
            at += 1
        }
        return at
    }

    /// The octets as they are, up to the end that Content-Length gives; what follows before the next message stays with it,
    /// for the parser to object to.
    private mutating func wire(from index: Int, headEnd: Int, _ margins: (first: Int, others: Int)) -> Taken {
        let start = lines[index].lowerBound + margins.first
        if headEnd < lines.count, isBlank(lines[headEnd]), let bodyEnd = bodyEnd(from: start) {
            let following = lineIndex(at: bodyEnd)
            if let cut = cut(at: bodyEnd, before: following) {
                cuts[following - 1] = cut
                return Taken(message: message(Array(bytes[start..<bodyEnd]), index, margins, []), next: following - 1)
            }
            let limit = nextStart(after: following, 0)
            let hasMore = following < limit && lines[following..<limit].contains { !isBlank($0) }
            let end = hasMore ? lineStart(limit) : bodyEnd
            return Taken(message: message(Array(bytes[start..<end]), index, margins, []), next: lineIndex(at: end))
        }
        let next = headEnd < lines.count && isBlank(lines[headEnd]) ? nextStart(after: headEnd, 0) : headEnd
        var octets = Array(bytes[start..<lineStart(next)])
        var repairs: [TranscriptMessage.Repair] = []
        // In a packet the rest would come with the next; a file is what somebody kept.
        if dump == nil, next == headEnd, octets.suffix(2) == [ASCII.cr, ASCII.lf] {
            repairs = [.emptyLine]
            octets += [ASCII.cr, ASCII.lf]
        }
        return Taken(message: message(octets, index, margins, repairs), next: next)
    }

    private func lineStart(_ index: Int) -> Int { index < lines.count ? lines[index].lowerBound : bytes.count }

    /// The offset behind the message that begins at `start`, as Content-Length has it; nil when its header cannot be framed.
    private func bodyEnd(from start: Int) -> Int? {
        var scratch = SIPMessage()
        let rest = unsafe bytes.span.bytes.extracting(start..<bytes.count)
        guard let head = try? MessageParser.parseHead(rest, from: 0, limits: .default, into: &scratch) else {
            return nil
        }
        return start + min(head.end + (head.contentLength ?? 0), rest.byteCount)
    }

    /// How far into its line `offset` stands, when a start-line follows it there.
    private func cut(at offset: Int, before following: Int) -> Int? {
        guard following > 0 else { return nil }
        let line = lines[following - 1]
        guard line.lowerBound < offset, offset < line.upperBound,
            unsafe MessageParser.isStartLine(bytes.span.bytes, offset..<line.upperBound)
        else { return nil }
        return offset - line.lowerBound
    }

    /// The lines with CRLF at their ends.
    private func pasted(from index: Int, headEnd: Int, _ margins: (first: Int, others: Int)) -> Taken {
        let input = unsafe bytes.span.bytes
        var octets = input.array(withoutMargin(index, margins.first))
        octets += [ASCII.cr, ASCII.lf]
        for line in index + 1..<max(headEnd, index + 1) {
            octets += input.array(withoutMargin(line, margins.others)) + [ASCII.cr, ASCII.lf]
        }
        octets += [ASCII.cr, ASCII.lf]
        var repairs: [TranscriptMessage.Repair] = [.lineEnds]
        let isEnded = headEnd < lines.count && isBlank(withoutMargin(headEnd, margins.others))
        guard isEnded else {
            return Taken(message: message(octets, index, margins, repairs + [.emptyLine]), next: headEnd)
        }
        if lines[index..<headEnd].allSatisfy({ $0.upperBound < bytes.count && bytes[$0.upperBound] == ASCII.cr }) {
            repairs = []
        }
        let (body, next) = body(from: headEnd + 1, margins.others, announced: contentLength(octets))
        return Taken(message: message(octets + body, index, margins, repairs), next: next)
    }

    private func contentLength(_ head: [UInt8]) -> Int? {
        var scratch = SIPMessage()
        return unsafe (try? MessageParser.parseHead(head.span.bytes, from: 0, limits: .default, into: &scratch))?
            .contentLength
    }

    /// The body from that line on, as long as Content-Length has it. The line ends that it had are those that fit.
    private func body(from index: Int, _ margin: Int, announced: Int?) -> (octets: [UInt8], next: Int) {
        let input = unsafe bytes.span.bytes
        if announced == 0 { return ([], index) }
        let limit = nextStart(after: index, margin)
        var last = limit
        while last > index, isBlank(withoutMargin(last - 1, margin)) { last -= 1 }
        let contents = (index..<max(last, index)).map { withoutMargin($0, margin) }
        let text = contents.reduce(0) { $0 + $1.count }
        guard let announced else { return (joined(contents, [ASCII.cr, ASCII.lf]), limit) }
        // Bodies of XML and the like often have LF on the wire, and no line end at their end.
        let withLF = text + contents.count
        if announced == withLF || announced == withLF - 1, announced > 0, contents.count > 1 {
            return (Array(joined(contents, [ASCII.lf]).prefix(announced)), limit)
        }
        var octets: [UInt8] = []
        var at = index
        while at < lines.count, octets.count < announced {
            octets += input.array(withoutMargin(at, margin)) + [ASCII.cr, ASCII.lf]
            at += 1
        }
        // The line end at the very end may be ours.
        if octets.count > announced, octets.count - announced <= 2 { octets.removeLast(octets.count - announced) }
        return (octets, at)
    }

    private func joined(_ lines: [Range<Int>], _ end: [UInt8]) -> [UInt8] {
        let input = unsafe bytes.span.bytes
        return lines.reduce(into: []) { $0 += input.array($1) + end }
    }

    private func message(
        _ octets: [UInt8], _ index: Int, _ margins: (first: Int, others: Int), _ repairs: [TranscriptMessage.Repair]
    ) -> TranscriptMessage {
        let input = unsafe bytes.span.bytes
        var repairs = repairs
        if margins.first > 0, dump == nil, cuts[index] == nil {
            let text = input.string(lines[index].lowerBound..<lines[index].lowerBound + margins.first)
            let shown = String(
                text.unicodeScalars.prefix(80).map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) })
            repairs.insert(.margin(shown), at: 0)
        }
        if let headers { repairs.insert(.packet(headers), at: 0) }
        return TranscriptMessage(
            octets: octets, line: dump == nil ? firstLine + index : firstLine, dump: dump, repairs: repairs,
            margins: margins)
    }
}
