/// Bodies in text whose line ends are no longer those of the message.
extension TranscriptReader {
    struct Body {
        var octets: [UInt8] = []
        /// The first line that is not its own.
        var next: Int
        /// What Content-Length has; nil without one that can be read.
        var announced: Int?
        /// The next message begins before its end.
        var isCut = false
    }

    /// The body from that line on, as long as Content-Length has it. The line ends that it had are those that fit.
    func body(from index: Int, _ layout: LineLayout, of head: [UInt8]) -> Body {
        var scratch = SIPMessage()
        let announced =
            unsafe (try? MessageParser.parseHead(head.span.bytes, from: 0, limits: .default, into: &scratch))?
            .contentLength
        var body = Body(next: min(index, layout.limit), announced: announced)
        if announced == 0 { return body }
        guard index < layout.limit else { return body }
        let limit = nextStart(after: index, layout)
        var last = limit
        while last > index, isBlank(text(of: last - 1, layout)) { last -= 1 }
        let contents = stride(from: index, to: max(last, index), by: layout.step).map { text(of: $0, layout) }
        guard let announced else {
            body.octets = joined(contents, [ASCII.cr, ASCII.lf])
            body.next = limit
            return body
        }
        // Bodies of XML and the like often have LF on the wire, and no line end at their end.
        let withLF = contents.reduce(0) { $0 + $1.count } + contents.count
        if layout.tail.isEmpty, announced == withLF || announced == withLF - 1, contents.count > 1 {
            body.octets = Array(joined(contents, [ASCII.lf]).prefix(announced))
            body.next = limit
            return body
        }
        let type = contentType(scratch, head)
        // A body of SIP (RFC 3261 §27.5, RFC 3420) or of parts that may be such: a start-line in it begins no message.
        if type.hasPrefix("message/") || type.hasPrefix("multipart/") {
            return gather(body, from: index, announced, layout, stopsAtMessages: false).body
        }
        // A person may write of SIP, too.
        if type.hasPrefix("text/") {
            let whole = gather(body, from: index, announced, layout, stopsAtMessages: false)
            if whole.fits { return whole.body }
        }
        return gather(body, from: index, announced, layout, stopsAtMessages: true).body
    }

    /// - Returns: also whether the body ends with a line.
    private func gather(
        _ body: Body, from index: Int, _ announced: Int, _ layout: LineLayout, stopsAtMessages: Bool
    ) -> (body: Body, fits: Bool) {
        let input = unsafe bytes.span.bytes
        var body = body
        var at = index
        while at < layout.limit, body.octets.count < announced {
            guard let line = content(of: at, layout) ?? (isBlank(lines[at]) ? lines[at] : nil),
                layout.tail.isEmpty || !line.isEmpty
            else { break }
            if stopsAtMessages, begins(at) {
                body.isCut = true
                break
            }
            // A line of such a text that has no tail had no CR.
            let hasCR = layout.tail.isEmpty || ends(line, in: layout.tail)
            body.octets += input.array(text(of: at, layout)) + (hasCR ? [ASCII.cr, ASCII.lf] : [ASCII.lf])
            at += layout.step
        }
        body.next = min(at, layout.limit)
        let excess = body.octets.count - announced
        // The line end at the very end may be ours.
        if excess > 0, excess <= 2 { body.octets.removeLast(excess) }
        // Empty lines between two messages.
        while body.isCut, body.octets.last.map({ $0 <= ASCII.space }) == true { body.octets.removeLast() }
        return (body, (0...2).contains(excess))
    }

    private func contentType(_ message: SIPMessage, _ head: [UInt8]) -> String {
        guard let field = message.first(.contentType) else { return "" }
        return unsafe head.span.bytes.string(field.value.range).lowercased()
    }

    private func joined(_ lines: [Range<Int>], _ end: [UInt8]) -> [UInt8] {
        let input = unsafe bytes.span.bytes
        return lines.reduce(into: []) { $0 += input.array($1) + end }
    }
}
