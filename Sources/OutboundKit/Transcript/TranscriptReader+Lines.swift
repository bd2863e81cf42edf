/// What a line is, as far as it can be told from itself.
extension TranscriptReader {
    func isBlank(_ line: Range<Int>) -> Bool {
        let input = unsafe bytes.span.bytes
        for offset in line where input.octet(offset) > ASCII.space { return false }
        return true
    }

    /// It goes on with the field before it (RFC 3261 §7.3.1).
    func isFolded(_ line: Range<Int>) -> Bool {
        !isBlank(line) && ASCII.isBlank(bytes[line.lowerBound])
    }

    /// `token:` or `token :` at its beginning.
    func isField(_ line: Range<Int>) -> Bool { fieldToken(line) != nil }

    /// `.other` for a field that no RFC of ours knows, and for what is no field.
    func fieldName(_ line: Range<Int>) -> HeaderName {
        guard let token = fieldToken(line) else { return .other }
        return unsafe HeaderName(bytes.span.bytes, token)
    }

    private func fieldToken(_ line: Range<Int>) -> Range<Int>? {
        let input = unsafe bytes.span.bytes
        var at = line.lowerBound
        while at < line.upperBound, ASCII.isToken(input.octet(at)) { at += 1 }
        let token = line.lowerBound..<at
        guard !token.isEmpty else { return nil }
        at = MessageParser.skipBlanks(input, at..<line.upperBound)
        return at < line.upperBound && input.octet(at) == ASCII.colon ? token : nil
    }

    /// `GET / HTTP/1.1`, as a WebSocket begins, or its answer.
    func isHTTP(_ line: Range<Int>) -> Bool {
        let words = unsafe bytes.span.bytes.string(line.prefix(256)).split(separator: " ")
        return [words.first, words.last].contains { $0?.hasPrefix("HTTP/1.") == true }
    }

    /// No start-line, but meant for one: it begins with a version, or with a known method and has a URI or a version behind.
    func wantsToBegin(_ line: Range<Int>) -> Bool {
        let input = unsafe bytes.span.bytes
        if line.count > 4, input.equalsIgnoringCase("SIP/", in: line.prefix(4)) { return true }
        return beginsMessage(line) && (isUndoubted(line) || input.string(line.prefix(4096)).contains("SIP/"))
    }

    // MARK: Start-lines

    /// The octets in front of a start-line on that line; nil when there is no start-line on it.
    func startMargin(_ index: Int) -> Int? {
        let input = unsafe bytes.span.bytes
        if let cut = cuts[index] { return cut }
        let line = lines[index]
        guard line.count >= 8 else { return nil }
        let isWhole = MessageParser.isStartLine(input, line)
        if isWhole, isUndoubted(line) { return 0 }
        var doubtful = isWhole && !isGlued(line) ? 0 : nil
        for margin in 1..<max(1, min(line.count - 7, 257)) {
            let rest = line.dropFirst(margin)
            guard beginsMessage(rest), MessageParser.isStartLine(input, rest) else { continue }
            // Text that goes on is no new word; in a packet, what stands before is no text.
            guard dump != nil || !ASCII.isToken(input.octet(rest.lowerBound - 1)) || isPrintedPacket(index, margin)
            else { continue }
            if isUndoubted(rest) { return margin }
            doubtful = doubtful ?? margin
        }
        return doubtful
    }

    /// A known method with a blank behind it, or `SIP/2.0` with one.
    func beginsMessage(_ range: Range<Int>) -> Bool {
        let input = unsafe bytes.span.bytes
        guard let blank = input.firstOffset(of: ASCII.space, in: range.prefix(10)) else { return false }
        let word = range.lowerBound..<blank
        return input.equals("SIP/2.0", in: word) || SIPMethod(input, word) != .other
    }

    /// A start-line that is nothing else: of a response, or a word and a URI as they stand in SIP. A date with a time of day
    /// behind it reads as a method and a URI too, when the line ends in a version.
    func isUndoubted(_ line: Range<Int>) -> Bool {
        let input = unsafe bytes.span.bytes
        var at = line.lowerBound
        while at < line.upperBound, ASCII.isAlpha(input.octet(at)) { at += 1 }
        guard at > line.lowerBound, at < line.upperBound else { return false }
        if input.octet(at) == ASCII.slash { return at - line.lowerBound == 3 }
        guard ASCII.isBlank(input.octet(at)) else { return false }
        at = MessageParser.skipBlanks(input, at..<line.upperBound)
        if at < line.upperBound, input.octet(at) == ASCII.less { at += 1 }
        let schemes: [StaticString] = ["sip:", "sips:", "tel:", "urn:"]
        return schemes.contains { scheme in
            let end = at + scheme.utf8CodeUnitCount
            return end <= line.upperBound && input.equalsIgnoringCase(scheme, in: at..<end)
        }
    }

    /// Its method is a known one with something before it, as where the octets of a packet were printed as characters: no
    /// method of anybody.
    private func isGlued(_ line: Range<Int>) -> Bool {
        let input = unsafe bytes.span.bytes
        guard let blank = input.firstOffset(of: ASCII.space, in: line),
            line.lowerBound..<blank != lettersAtStart(line)
        else { return false }
        return (3...9).contains { length in
            let method = blank - length
            return method > line.lowerBound && SIPMethod(input, method..<blank) != .other
                && input.firstOffset(of: ASCII.dot, in: line.lowerBound..<method) != nil
        }
    }

    private func lettersAtStart(_ line: Range<Int>) -> Range<Int> {
        let end = line.first { !ASCII.isAlpha(bytes[$0]) } ?? line.upperBound
        return line.lowerBound..<end
    }

    /// `tcpdump -A`: what stands before the message are the packet's headers as characters, most of them dots, under a line
    /// with the addresses.
    private func isPrintedPacket(_ index: Int, _ margin: Int) -> Bool {
        let input = unsafe bytes.span.bytes
        let before = lines[index].prefix(margin)
        if input.octet(before.upperBound - 1) == ASCII.dot,
            before.suffix(12).count(where: { input.octet($0) == ASCII.dot }) >= 3
        {
            return true
        }
        // Headers may hold line ends.
        return (max(0, index - 4)..<index).contains { at in
            let words = input.string(lines[at].prefix(160)).split(separator: " ")
            guard let time = words.first, time.utf8.first.map(ASCII.isDigit) == true, time.contains(":"),
                let ip = words.firstIndex(where: { $0 == "IP" || $0 == "IP6" })
            else { return false }
            return words.dropFirst(ip + 2).first == ">"
        }
    }
}
