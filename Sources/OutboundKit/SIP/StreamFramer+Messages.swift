/// Reading a message at a boundary of the stream.
extension StreamFramer {
    mutating func readMessage(into storage: inout SIPMessage) -> Step {
        let available = buffer.count - start
        if needed > available { return .wait }
        do throws(ParseError) {
            guard let head = try readHead(into: &storage) else { return .wait }
            return finish(head, available, into: &storage)
        } catch {
            // What is left of the line at fault is skipped up to its end, wherever the segment ends.
            if error.code == .unexpected { return .unrecognized }
            start += error.offset
            loseSync(reporting: false)
            skipsLine = true
            return .output(.malformed(error))
        }
    }

    /// Reads the header when all of it is there; throws `unexpected` when no message begins here, else a limit.
    mutating func readHead(into storage: inout SIPMessage) throws(ParseError) -> MessageParser.Head? {
        let octets = buffer
        let all = unsafe octets.span.bytes
        let view = all.extracting(start..<all.byteCount)
        if needed == 0 {
            var lines = self.lines ?? HeadLines(at: 0)
            if self.lines == nil {
                guard MessageParser.couldBeginStartLine(view, 0..<view.byteCount, isWhole: false) else {
                    throw ParseError(.unexpected, at: 0, in: "start-line")
                }
                guard let line = try lines.next(view, limits) else { return nil }
                guard MessageParser.isStartLine(view, line) else {
                    throw ParseError(.unexpected, at: 0, in: "start-line")
                }
            }
            repeat {
                let most = Int(limits.streamOctets)
                guard lines.nextLine <= most else {
                    throw ParseError(overLimit: most, at: most, in: "message octets")
                }
                guard let line = try lines.next(view, limits) else {
                    self.lines = lines
                    return nil
                }
                if line.isEmpty { break }
            } while true
            self.lines = lines
        }
        storage.clear()
        return try MessageParser.parseHead(view, from: 0, limits: limits, into: &storage)
    }

    /// The header is there: waits for the body, then gives the message.
    mutating func finish(
        _ head: MessageParser.Head, _ available: Int, into storage: inout SIPMessage
    ) -> Step {
        guard let length = head.contentLength else {
            // Who asked for the message can tell from its head what it was, though not where it ends.
            let octets = buffer
            let all = unsafe octets.span.bytes
            storage.keep(all.extracting(start..<all.byteCount), upTo: head.end)
            start += head.end
            loseSync(reporting: false)
            skipsLine = false
            return .output(.malformed(head.error ?? ParseError(.missing, at: head.end, in: "Content-Length")))
        }
        let total = head.end + length
        guard total <= Int(limits.streamOctets) else {
            start += head.end
            loseSync(reporting: false)
            skipsLine = false
            let most = Int(limits.streamOctets)
            return .output(.malformed(ParseError(overLimit: most, at: head.end, in: "message octets")))
        }
        guard total <= available else {
            needed = total
            return .wait
        }
        if let error = head.error {
            // What could be read stays in `storage`, so that a request can still be answered.
            let octets = buffer
            let all = unsafe octets.span.bytes
            storage.keep(all.extracting(start..<all.byteCount), upTo: total)
            consume(total)
            return .output(.malformed(error))
        }
        storage.body = ByteSlice(head.end..<total)
        if start == 0, total == buffer.count {
            swap(&storage.bytes, &buffer)
            buffer = []
        } else {
            let all = unsafe buffer.span.bytes
            storage.keep(all.extracting(start..<all.byteCount), upTo: total)
        }
        consume(total)
        return .output(.message(storage.take()))
    }

    /// The octets of the whole, faultless message at the start of `bytes`, which `storage` then holds; else nil.
    static func wholeMessage(_ bytes: RawSpan, _ limits: SIPLimits, _ storage: inout SIPMessage) -> Int? {
        guard let first = bytes.octetIfPresent(0), ASCII.isToken(first) else { return nil }
        storage.clear()
        do throws(ParseError) {
            guard let head = try MessageParser.parseHead(bytes, from: 0, limits: limits, into: &storage),
                head.error == nil, let length = head.contentLength, head.end + length <= bytes.byteCount,
                head.end + length <= Int(limits.streamOctets)
            else { return nil }
            let total = head.end + length
            storage.body = ByteSlice(head.end..<total)
            storage.keep(bytes, upTo: total)
            return total
        } catch {
            return nil
        }
    }
}

extension SIPMessage {
    /// Whether nothing but Content-Length is missing of what a framer found malformed, and nothing of a body is there, neither
    /// a Content-Type (RFC 3261 §20.15) nor an octet: then its head, which is here, says all that it said.
    /// - Parameter endsHere: the octets that came with it end with its head, or go on with another message.
    func lacksLengthAlone(_ error: ParseError, endsHere: Bool) -> Bool {
        error.code == .missing && error.offset == bytes.count && !has(.contentLength) && endsHere
            && first(.contentType) == nil
    }

    /// Moves the message out and leaves an empty one.
    mutating func take() -> SIPMessage {
        let message = self
        self = SIPMessage()
        return message
    }
}
