/// Cuts a text into messages.
struct TranscriptReader {
    let bytes: [UInt8]
    let dump: Int?
    private let headers: PacketHeaders?
    private let firstLine: Int
    /// Lines, from 0, in which colours stood and are no more.
    private let coloured: Set<Int>
    /// The lines without their line ends.
    let lines: [Range<Int>]
    /// Lines on which a message ends and the next begins, and after how many octets: bodies need no line end.
    private(set) var cuts: [Int: Int] = [:]
    /// The line that closes the block of Markdown in which the reader is.
    private(set) var fence: Int?
    /// How many of an octet, or more, no line further down closes.
    private var unclosed: [UInt8: Int] = [:]

    init(
        _ bytes: [UInt8], dump: Int?, line: Int, _ headers: PacketHeaders? = nil, coloured: Set<Int> = []
    ) {
        self.bytes = bytes
        self.headers = headers
        self.coloured = coloured
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
            if let taken = take(index) {
                transcript.messages.append(taken.message)
                index = max(taken.next, index + 1)
            } else {
                if !isBlank(lines[index]) { transcript.otherLines += 1 }
                if dump == nil { passFence(index) }
                index += 1
            }
        }
        // Something that wants to be a message, with a first line that is none. On a stream it is the middle of one.
        if transcript.messages.isEmpty, headers?.sequence == nil,
            let first = lines.indices.first(where: { !isBlank(lines[$0]) }),
            first + 1 < lines.count, isField(lines[first + 1]), !isHTTP(lines[first]),
            unsafe !MessageParser.isStartLine(bytes.span.bytes, lines[first]),
            let taken = take(from: first, margin: 0)
        {
            transcript.messages.append(taken.message)
            transcript.otherLines = 0
        }
    }

    /// Whether a message begins on one of the lines, as it stands there.
    var hasStartLine: Bool { lines.indices.contains { startMargin($0) != nil } }

    /// Markdown puts what is to be shown as it stands between two lines of back quotes or tildes.
    private mutating func passFence(_ index: Int) {
        if let closing = fence, index <= closing {
            if index == closing { fence = nil }
            return
        }
        guard let (octet, count, _) = fence(on: index), count < unclosed[octet] ?? .max else { return }
        fence = (index + 1..<max(lines.count, index + 1)).first {
            fence(on: $0).map { $0.octet == octet && $0.count >= count && $0.isBare } ?? false
        }
        if fence == nil { unclosed[octet] = count }
    }

    private func fence(on index: Int) -> (octet: UInt8, count: Int, isBare: Bool)? {
        let line = lines[index]
        guard let start = line.first(where: { !ASCII.isBlank(bytes[$0]) }) else { return nil }
        let octet = bytes[start]
        guard octet == UInt8(ascii: "`") || octet == ASCII.tilde else { return nil }
        let end = (start..<line.upperBound).first { bytes[$0] != octet } ?? line.upperBound
        return end - start < 3 ? nil : (octet, end - start, isBlank(end..<line.upperBound))
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

    struct Taken {
        let message: TranscriptMessage
        /// The first line that is not its own.
        let next: Int
    }

    private mutating func take(_ index: Int) -> Taken? {
        if let taken = takeEscaped(index) { return taken }
        guard let margin = startMargin(index) else { return nil }
        return take(from: index, margin: margin)
    }

    private mutating func take(from index: Int, margin: Int) -> Taken? {
        guard let layout = layout(from: index, first: margin) else { return nil }
        let end = headEnd(from: index, layout)
        guard dump != nil || cuts[index] != nil || isHeader(index..<end, layout) else { return nil }
        let isWire = layout.isPlain && (index..<end).contains { endsInCRLF($0) }
        return isWire
            ? wire(from: index, headEnd: end, layout) : pasted(from: index, headEnd: end, layout)
    }

    /// Whether the lines are a message's, and not others that read a little like it.
    private func isHeader(_ range: Range<Int>, _ layout: LineLayout) -> Bool {
        let input = unsafe bytes.span.bytes
        let first = lines[range.lowerBound].dropFirst(layout.first)
        let isStart = MessageParser.isStartLine(input, first)
        if isStart ? isUndoubted(first) || beginsMessage(first) : wantsToBegin(first) { return true }
        var keys = KeyFields()
        for index in range.dropFirst() { keys.take(fieldName(content(of: index, layout) ?? lines[index])) }
        return keys.speakForSIP
    }

    private func endsInCRLF(_ index: Int) -> Bool {
        let end = lines[index].upperBound
        return end < bytes.count && bytes[end] == ASCII.cr
    }

    /// The line that ends the header: an empty one, the next start-line, or the end of the text.
    private func headEnd(from index: Int, _ layout: LineLayout) -> Int {
        let input = unsafe bytes.span.bytes
        var at = index + layout.step
        while at < layout.limit {
            if layout.step > 1, !isBlank(at - 1, layout) { return at - 1 }
            guard !isBlank(lines[at]), let line = content(of: at, layout) else { return at }
            if isBlank(text(of: at, layout)) || MessageParser.isStartLine(input, line) { return at }
            at += layout.step
        }
        return layout.limit
    }

    /// The next line with a start-line at its beginning, or with one that its fields speak for.
    func nextStart(after index: Int, _ layout: LineLayout) -> Int {
        let input = unsafe bytes.span.bytes
        var at = index
        while at < layout.limit {
            if MessageParser.isStartLine(input, text(of: at, layout)) || begins(at) { return at }
            at += 1
        }
        return layout.limit
    }

    /// Whether a message begins on the line, perhaps behind something else, and the next line goes on with it.
    func begins(_ index: Int) -> Bool {
        guard let margin = startMargin(index), isUndoubted(lines[index].dropFirst(margin)),
            let layout = layout(from: index, first: margin), index + layout.step < layout.limit,
            let line = content(of: index + layout.step, layout)
        else { return false }
        return fieldName(line) != .other
    }

    /// The octets as they are, up to the end that Content-Length gives; what follows before the next message stays with it,
    /// for the parser to object to.
    private mutating func wire(from index: Int, headEnd: Int, _ layout: LineLayout) -> Taken {
        let start = lines[index].lowerBound + layout.first
        let limit = lineStart(layout.limit)
        if headEnd < layout.limit, isBlank(lines[headEnd]), let bodyEnd = bodyEnd(of: start..<limit) {
            let following = lineIndex(at: bodyEnd)
            if let cut = cut(at: bodyEnd, before: following) {
                cuts[following - 1] = cut
                return Taken(message: message(bytes[start..<bodyEnd], index, layout, []), next: following - 1)
            }
            let end = excess(from: following, layout).map(lineStart) ?? bodyEnd
            return Taken(message: message(bytes[start..<end], index, layout, []), next: lineIndex(at: end))
        }
        let next = headEnd < layout.limit && isBlank(lines[headEnd]) ? nextStart(after: headEnd, layout) : headEnd
        var octets = bytes[start..<lineStart(next)]
        var repairs: [TranscriptMessage.Repair] = []
        // In a packet the rest would come with the next; a file is what somebody kept.
        if dump == nil, next == headEnd, octets.suffix(2) == [ASCII.cr, ASCII.lf] {
            repairs = [.emptyLine]
            octets += [ASCII.cr, ASCII.lf]
        }
        return Taken(message: message(octets, index, layout, repairs), next: next)
    }

    /// The line up to which octets that Content-Length does not announce belong to a message of lines that end in CRLF; nil
    /// when there are none. Lines with LF alone are of what was written around it, such as a log.
    private func excess(from index: Int, _ layout: LineLayout) -> Int? {
        let limit = nextStart(after: index, layout)
        var end: Int?
        for at in index..<max(index, limit) where !isBlank(lines[at]) {
            guard dump != nil || endsInCRLF(at) || lines[at].upperBound == bytes.count else { return end }
            end = at + 1
        }
        return end == nil ? nil : limit
    }

    private func lineStart(_ index: Int) -> Int { index < lines.count ? lines[index].lowerBound : bytes.count }

    /// The offset behind the message that begins `range`, as Content-Length has it; nil when its header cannot be framed.
    private func bodyEnd(of range: Range<Int>) -> Int? {
        var scratch = SIPMessage()
        let rest = unsafe bytes.span.bytes.extracting(range)
        guard let head = try? MessageParser.parseHead(rest, from: 0, limits: .default, into: &scratch) else {
            return nil
        }
        return range.lowerBound + min(head.end + (head.contentLength ?? 0), rest.byteCount)
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
    private func pasted(from index: Int, headEnd: Int, _ layout: LineLayout) -> Taken {
        let input = unsafe bytes.span.bytes
        let first = lines[index].dropFirst(layout.first)
        var octets = input.array(ends(first, in: layout.tail) ? first.dropLast(layout.tail.count) : first)
        octets += [ASCII.cr, ASCII.lf]
        for line in stride(from: index + layout.step, to: headEnd, by: layout.step) {
            octets += input.array(text(of: line, layout)) + [ASCII.cr, ASCII.lf]
        }
        octets += [ASCII.cr, ASCII.lf]
        var repairs: [TranscriptMessage.Repair] = layout.step > 1 ? [.doubled] : []
        repairs.append(layout.tail.isEmpty ? .lineEnds : .tail(String(decoding: layout.tail, as: UTF8.self)))
        let isEnded = headEnd < layout.limit && isBlank(text(of: headEnd, layout))
        if !isEnded {
            repairs.append(.emptyLine)
        } else if layout.tail.isEmpty, (index..<headEnd).allSatisfy(endsInCRLF) {
            repairs.removeLast()
        }
        let body = body(from: isEnded ? headEnd + layout.step : layout.limit, layout, of: octets)
        if let announced = body.announced, announced != body.octets.count {
            repairs.append(.bodyLength(announced: announced, found: body.octets.count, isCut: body.isCut))
        }
        let next = isEnded ? body.next : headEnd
        return Taken(message: message((octets + body.octets)[...], index, layout, repairs), next: next)
    }

    func message(
        _ octets: ArraySlice<UInt8>, _ index: Int, _ layout: LineLayout, _ repairs: [TranscriptMessage.Repair],
        isPlaced: Bool = true
    ) -> TranscriptMessage {
        var repairs = repairs
        if layout.first > 0, dump == nil, cuts[index] == nil {
            if !layout.margin.isEmpty, layout.margin != lines[index].prefix(layout.first) {
                repairs.insert(.lineMargin(shown(layout.margin)), at: 0)
            }
            repairs.insert(.margin(shown(lines[index].prefix(layout.first))), at: 0)
        }
        if let headers { repairs.insert(.packet(headers), at: 0) }
        var margins = [layout.first, 0]
        if !layout.margin.isEmpty {
            let count = octets.count { $0 == ASCII.lf } + 1
            margins = [layout.first]
            for line in stride(
                from: index + layout.step, to: min(index + count * layout.step, lines.count), by: layout.step)
            {
                margins.append((content(of: line, layout) ?? lines[line]).lowerBound - lines[line].lowerBound)
            }
        }
        if !coloured.isEmpty {
            let count = octets.count { $0 == ASCII.lf }
            if (index..<index + max(1, count * layout.step)).contains(where: coloured.contains) {
                repairs.insert(.colours, at: 0)
            }
        }
        return TranscriptMessage(
            octets: Array(octets), line: dump == nil ? firstLine + index : firstLine, dump: dump, repairs: repairs,
            margins: isPlaced ? margins : [], step: layout.step)
    }

    private func shown(_ range: Range<Int>) -> String {
        let text = unsafe bytes.span.bytes.string(range).unicodeScalars.prefix(80)
        return String(text.map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) })
    }
}
