/// Messages in one line of a log, whose line ends are printed: `\r\n` as in JSON and C, or `#015#012` as of rsyslog.
extension TranscriptReader {
    private static let ends: [[UInt8]] = ["\\r\\n", "#015#012"].map { Array($0.utf8) }
    /// Fewer are no message.
    private static let fewestFields = 3

    /// The message on that line; nil when there is none with line ends in print.
    func takeEscaped(_ index: Int) -> Taken? {
        guard dump == nil, cuts[index] == nil else { return nil }
        let line = lines[index]
        for end in Self.ends {
            guard let first = place(of: end, in: line) else { continue }
            var scan = TranscriptReader(Array(bytes[line.lowerBound..<first]), dump: nil, line: 1)
            guard scan.lines.count == 1, let margin = scan.startMargin(0),
                scan.isUndoubted(scan.lines[0].dropFirst(margin))
            else { continue }
            let text = line.dropFirst(margin)
            let isJSON = margin > 0 && bytes[text.lowerBound - 1] == ASCII.quote && end[0] == ASCII.backslash
            let octets = isJSON ? unquoted(text) ?? unescaped(text, end) : unescaped(text, end)
            scan = TranscriptReader(octets, dump: nil, line: 1)
            var keys = KeyFields()
            let header = scan.lines.dropFirst().prefix { scan.isField($0) || scan.isFolded($0) }
            for field in header { keys.take(scan.fieldName(field)) }
            guard header.count >= Self.fewestFields, keys.speakForSIP else { continue }
            return escaped(octets, index, margin, end)
        }
        return nil
    }

    private func escaped(_ octets: [UInt8], _ index: Int, _ margin: Int, _ end: [UInt8]) -> Taken {
        var octets = octets
        var repairs: [TranscriptMessage.Repair] = [.escapes(String(decoding: end, as: UTF8.self))]
        var scratch = SIPMessage()
        do throws(ParseError) {
            let head = try unsafe MessageParser.parseHead(octets.span.bytes, from: 0, limits: .default, into: &scratch)
            if let head, let announced = head.contentLength {
                // What follows was written behind the message.
                let found = min(announced, octets.count - head.end)
                octets.removeLast(octets.count - head.end - found)
                if found < announced {
                    repairs.append(.bodyLength(announced: announced, found: found, isCut: false))
                }
            } else if head == nil {
                // Logs cut long lines.
                repairs.append(.emptyLine)
                octets += octets.suffix(2) == [ASCII.cr, ASCII.lf] ? [] : [ASCII.cr, ASCII.lf]
                octets += [ASCII.cr, ASCII.lf]
            }
        } catch {
            // The parser tells it of the message.
        }
        let layout = LineLayout(first: margin, limit: lines.count)
        return Taken(message: message(octets[...], index, layout, repairs, isPlaced: false), next: index + 1)
    }

    private func place(of text: [UInt8], in line: Range<Int>) -> Int? {
        let input = unsafe bytes.span.bytes
        var at = line.lowerBound
        while let start = input.firstOffset(of: text[0], in: at..<line.upperBound) {
            if bytes[start..<line.upperBound].starts(with: text) { return start }
            at = start + 1
        }
        return nil
    }

    /// With what is printed for line ends as such, and nothing else changed.
    private func unescaped(_ text: Range<Int>, _ end: [UInt8]) -> [UInt8] {
        var octets: [UInt8] = []
        var at = text.lowerBound
        while let next = place(of: end, in: at..<text.upperBound) {
            octets += bytes[at..<next] + [ASCII.cr, ASCII.lf]
            at = next + end.count
        }
        return octets + bytes[at..<text.upperBound]
    }

    /// The rest of a string of JSON (RFC 8259 §7); nil when it is none, or has no end on the line.
    private func unquoted(_ text: Range<Int>) -> [UInt8]? {
        let simple: [UInt8: UInt8] = [
            ASCII.quote: ASCII.quote, ASCII.backslash: ASCII.backslash, ASCII.slash: ASCII.slash,
            UInt8(ascii: "n"): ASCII.lf, UInt8(ascii: "r"): ASCII.cr, UInt8(ascii: "t"): ASCII.tab,
        ]
        var octets: [UInt8] = []
        var at = text.lowerBound
        while at < text.upperBound {
            let octet = bytes[at]
            at += 1
            if octet == ASCII.quote {
                let rest = MessageParser.skipBlanks(unsafe bytes.span.bytes, at..<text.upperBound)
                let isEnd = rest == text.upperBound || ",}]:)".utf8.contains(bytes[rest])
                return isEnd ? octets : nil
            }
            guard octet == ASCII.backslash else {
                octets.append(octet)
                continue
            }
            guard at < text.upperBound else { return nil }
            if let plain = simple[bytes[at]] {
                octets.append(plain)
                at += 1
            } else if bytes[at] == UInt8(ascii: "u"), at + 5 <= text.upperBound,
                let value = UInt32(String(decoding: bytes[at + 1..<at + 5], as: UTF8.self), radix: 16),
                let scalar = Unicode.Scalar(value)
            {
                octets += Array(String(Character(scalar)).utf8)
                at += 5
            } else {
                return nil
            }
        }
        return nil
    }
}
