/// How the lines of one message stand in the text: what has to be taken off them before they are lines of SIP.
struct LineLayout {
    /// Octets in front of the start-line.
    var first = 0
    /// In the text: what stands in front of each other line, where digits stand for any digits. Empty for nothing.
    var margin: Range<Int> = 0..<0
    /// Two where every second line is blank.
    var step = 1
    /// What stands at the end of each line for its CR.
    var tail: [UInt8] = []
    /// The line at which the text around the message goes on.
    var limit: Int

    /// Its lines stand there as they were, but for what is in front of the first.
    var isPlain: Bool { margin.isEmpty && step == 1 && tail.isEmpty }

    /// How tools print CR: ngrep and its like as a dot, `cat -A` and editors as ^M, rsyslog in octal; and how `cat -A` ends
    /// lines that have none.
    static let tails: [[UInt8]] = [".", "^M", "^M$", "#015", "\\r", "$"].map { Array($0.utf8) }
}

/// The lines that a message is known by.
struct KeyFields {
    private var seen: Set<HeaderName> = []
    private static let all: Set<HeaderName> = [.via, .from, .to, .callID, .cseq]

    mutating func take(_ name: HeaderName) {
        if Self.all.contains(name) { seen.insert(name) }
    }

    /// One alone, such as `To:` or `From:`, stands in a mail too.
    var speakForSIP: Bool { seen.count >= 2 }
}

extension TranscriptReader {
    /// Lines of a header that are looked at for what they have in common.
    private static let sampledLines = 64

    /// - Parameter first: octets in front of the start-line on line `index`.
    /// - Returns: nil where the lines behind it are no header.
    func layout(from index: Int, first: Int) -> LineLayout? {
        let limit = fence.map { index < $0 ? $0 : lines.count } ?? lines.count
        for step in [2, 1] {
            var layout = LineLayout(first: first, step: step, limit: limit)
            if first > 0, index + step < limit {
                guard let margin = margin(of: index, first, next: index + step, limit: limit, step: step) else {
                    continue
                }
                layout.margin = margin
            }
            if step == 2, !isDoubled(index, layout) { continue }
            layout.tail = LineLayout.tails.first { hasTail($0, index, layout) } ?? []
            return layout
        }
        return nil
    }

    /// What stands in front of the lines behind a start-line that has `first` octets in front: the same, nothing, or something
    /// else that each of them has.
    private func margin(of index: Int, _ first: Int, next: Int, limit: Int, step: Int) -> Range<Int>? {
        let prefix = lines[index].lowerBound..<lines[index].lowerBound + first
        // In a packet, what stands before the start-line is no text.
        if dump == nil, let line = content(of: next, behind: prefix), isField(line) { return prefix }
        var at = next
        while at < min(limit, next + Self.sampledLines), isField(lines[at]) || isFolded(lines[at]) {
            if fieldName(lines[at]) != .other { return 0..<0 }
            at += step
        }
        return dump == nil ? fieldColumn(next, limit: limit, step: step) : nil
    }

    /// What stands in front of a known field's name on that line, and of others on those that follow.
    private func fieldColumn(_ index: Int, limit: Int, step: Int) -> Range<Int>? {
        let input = unsafe bytes.span.bytes
        let line = lines[index]
        for at in line.prefix(256).dropFirst() {
            let before = input.octet(at - 1)
            // `13-Via`: as grep numbers the lines around its matches.
            let isNumber = before == ASCII.minus && at - 2 >= line.lowerBound && ASCII.isDigit(input.octet(at - 2))
            guard ASCII.isToken(input.octet(at)), isNumber || !ASCII.isToken(before),
                fieldName(at..<line.upperBound) != .other
            else { continue }
            let prefix = line.lowerBound..<at
            var keys = KeyFields()
            for other in stride(from: index, to: min(limit, index + Self.sampledLines), by: step) {
                guard let content = content(of: other, behind: prefix), !isBlank(content) else { break }
                keys.take(fieldName(content))
            }
            if keys.speakForSIP { return prefix }
        }
        return nil
    }

    /// A field on every second line, and nothing between them.
    private func isDoubled(_ index: Int, _ layout: LineLayout) -> Bool {
        var keys = KeyFields()
        var at = index + layout.step
        while at < min(layout.limit, index + Self.sampledLines), isBlank(at - 1, layout),
            let line = content(of: at, layout),
            isField(line)
        {
            keys.take(fieldName(line))
            at += layout.step
        }
        return keys.speakForSIP
    }

    /// Whether all lines from the start-line to the one that would be empty end in `tail`.
    private func hasTail(_ tail: [UInt8], _ index: Int, _ layout: LineLayout) -> Bool {
        let input = unsafe bytes.span.bytes
        let start = lines[index].dropFirst(layout.first)
        guard ends(start, in: tail) else { return false }
        let isStatus = start.count > 3 && input.equals("SIP", in: start.prefix(3))
        guard isStatus || ends(start, in: Array("SIP/2.0".utf8) + tail) else { return false }
        var at = index + layout.step
        while at < layout.limit, let line = content(of: at, layout), ends(line, in: tail) {
            if line.count == tail.count { return at > index + layout.step }
            // Where every line is a start-line none is looked at twice.
            if MessageParser.isStartLine(input, line) { return false }
            at += layout.step
        }
        return false
    }

    // MARK: Contents

    func ends(_ line: Range<Int>, in tail: [UInt8]) -> Bool {
        line.count >= tail.count && bytes[line.suffix(tail.count)].elementsEqual(tail)
    }

    /// The line without what stands before it and with its tail; nil where something else stands before it.
    func content(of index: Int, _ layout: LineLayout) -> Range<Int>? {
        layout.margin.isEmpty ? lines[index] : content(of: index, behind: layout.margin)
    }

    /// The line without its tail too.
    func text(of index: Int, _ layout: LineLayout) -> Range<Int> {
        let line = content(of: index, layout) ?? lines[index]
        return ends(line, in: layout.tail) ? line.dropLast(layout.tail.count) : line
    }

    /// The line is blank, or would be without margin and tail.
    func isBlank(_ index: Int, _ layout: LineLayout) -> Bool {
        isBlank(lines[index]) || content(of: index, layout).map { isBlank($0) } ?? false
    }

    /// What follows on that line when the same as in `margin` stands before it: digits match any number, since times and
    /// counters go on, and blanks before them fill up.
    func content(of index: Int, behind margin: Range<Int>) -> Range<Int>? {
        let input = unsafe bytes.span.bytes
        let line = lines[index]
        var at = line.lowerBound
        var of = margin.lowerBound
        func skip(_ place: inout Int, _ end: Int, while matches: (UInt8) -> Bool) {
            while place < end, matches(input.octet(place)) { place += 1 }
        }
        while of < margin.upperBound {
            let octet = input.octet(of)
            var digits = of
            skip(&digits, margin.upperBound, while: ASCII.isBlank)
            if digits < margin.upperBound, ASCII.isDigit(input.octet(digits)), !isName(digits, in: margin) {
                skip(&at, line.upperBound, while: ASCII.isBlank)
                guard at < line.upperBound, ASCII.isDigit(input.octet(at)) else { return nil }
                skip(&at, line.upperBound, while: ASCII.isDigit)
                skip(&digits, margin.upperBound, while: ASCII.isDigit)
                of = digits
                continue
            }
            // Editors and mail take off the blanks at the end of a line.
            if at == line.upperBound, digits == margin.upperBound { return at..<at }
            guard at < line.upperBound, input.octet(at) == octet else { return nil }
            at += 1
            of += 1
        }
        return at..<line.upperBound
    }

    /// Whether the number there names something, which is another with other digits: a process `[58634]`, a host `edge1`, an
    /// address of IPv4.
    private func isName(_ number: Int, in margin: Range<Int>) -> Bool {
        let input = unsafe bytes.span.bytes
        func octet(_ at: Int) -> UInt8 { margin.contains(at) ? input.octet(at) : ASCII.space }
        if ASCII.isAlpha(octet(number - 1)), ASCII.isAlpha(octet(number - 2)) { return true }
        var (start, end) = (number, number)
        while ASCII.isDigit(octet(end)) { end += 1 }
        if octet(start - 1) == ASCII.openBracket, octet(end) == ASCII.closeBracket { return true }
        func isOfAddress(_ at: Int) -> Bool { ASCII.isDigit(octet(at)) || octet(at) == ASCII.dot }
        while isOfAddress(start - 1) { start -= 1 }
        while isOfAddress(end) { end += 1 }
        return IPAddress(input.string(start..<end)) != nil
    }
}
