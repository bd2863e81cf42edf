/// Reads one SIP message (RFC 3261 §7) in one pass over its octets, into a table of offsets.
///
/// The folder's promise: any octets in, a message or an error out. What can be read past although it is wrong is kept
/// in the message's `defects`; what cannot is thrown, with the octet. Nothing here knows who sent the message or what
/// RFC 5626 wants of it.
public enum MessageParser {
    /// Reads a datagram that holds one message. Octets beyond Content-Length are dropped; without a Content-Length the
    /// body reaches to the datagram's end (RFC 3261 §18.3).
    ///
    /// - Parameter message: its storage is used again, so that steady use does not allocate. After an error it holds
    ///   what could be read, so that a request can still be answered (400, §8.2, §16.3) and shown.
    /// - Throws: the first error. `truncated` in `Content-Length` when the body is shorter than announced.
    public static func parse(
        _ input: RawSpan, into message: inout SIPMessage, limits: SIPLimits = .default
    ) throws(ParseError) {
        message.clear()
        guard input.byteCount <= Int(limits.datagramOctets) else {
            message.keep(input, upTo: 0)
            throw ParseError(
                overLimit: Int(limits.datagramOctets), at: Int(limits.datagramOctets), in: "datagram octets")
        }
        var start = 0
        while start < input.byteCount, input.octet(start) == ASCII.cr || input.octet(start) == ASCII.lf { start += 1 }
        if start > 0 {
            // On a stream these are legal (§7.5). In datagrams, devices that share one writer for both send them too.
            message.defects.append(ParseError(.unexpected, at: 0, in: "start-line"))
        }
        let head: Head
        do throws(ParseError) {
            guard let whole = try parseHead(input, from: start, limits: limits, into: &message) else {
                throw ParseError(.truncated, at: input.byteCount, in: "message-header")
            }
            head = whole
        } catch {
            message.keep(input, upTo: input.byteCount)
            throw error
        }
        let available = input.byteCount - head.end
        let length = min(head.contentLength ?? available, available)
        message.body = ByteSlice(head.end..<head.end + length)
        message.keep(input, upTo: head.end + length)
        if let error = head.error { throw error }
        if let announced = head.contentLength {
            if announced > available { throw ParseError(.truncated, at: input.byteCount, in: "Content-Length") }
            if announced < available {
                message.defects.append(ParseError(.trailing, at: head.end + length, in: "Content-Length"))
            }
        }
    }

    /// Reads one whole message of a stream, as a framer cut it: Content-Length is demanded (RFC 3261 §18.3).
    static func parseFramed(
        _ input: RawSpan, head: Head, into message: inout SIPMessage
    ) throws(ParseError) {
        let length = min(head.contentLength ?? 0, input.byteCount - head.end)
        message.body = ByteSlice(head.end..<head.end + length)
        if let error = head.error { throw error }
        if head.contentLength == nil { throw ParseError(.missing, at: head.end, in: "Content-Length") }
    }

    /// What the start-line and the header fields say about framing.
    struct Head {
        /// The first octet of the body.
        var end: Int
        /// nil when it is missing or unreadable.
        var contentLength: Int?
        /// The first error that does not hinder reading on.
        var error: ParseError?
    }

    /// Reads start-line and header fields. Reading goes on after an error, so that the message can be framed, answered
    /// and shown; only a limit ends it at once.
    ///
    /// - Returns: nil when the empty line that ends the header is not there yet.
    static func parseHead(
        _ input: RawSpan, from start: Int, limits: SIPLimits, into message: inout SIPMessage
    ) throws(ParseError) -> Head? {
        var lines = HeadLines(at: start)
        guard let startLine = try lines.next(input, limits) else { return nil }
        var bareLF = input.octet(startLine.upperBound) == ASCII.lf ? startLine.upperBound : -1
        var head = Head(end: 0, contentLength: nil, error: parseStartLine(input, startLine, into: &message))
        while true {
            while takePlainFields(input, &lines, limits, into: &message) {}
            guard let line = try lines.next(input, limits) else { return nil }
            if bareLF < 0, input.octet(line.upperBound) == ASCII.lf { bareLF = line.upperBound }
            if line.isEmpty { break }
            let error =
                ASCII.isBlank(input.octet(line.lowerBound))
                ? unfold(input, line, into: &message) : parseField(input, line, into: &message)
            guard let error else { continue }
            // The first is thrown; the others are there for who wants to see them all.
            if head.error == nil { head.error = error } else { message.defects.append(error) }
        }
        head.end = lines.nextLine
        if bareLF >= 0 {
            // Scripts and some embedded stacks end lines with LF alone; no octet of SIP's own text is LF otherwise.
            message.defects.append(ParseError(.unexpected, at: bareLF, in: "CRLF"))
        }
        finish(input, &head, &message)
        return head
    }

    /// Takes the next lines as long as they are fields in plain words. They are gathered first and added together: what an
    /// array asks at each append costs as much as reading the field.
    /// - Returns: whether there may be more.
    private static func takePlainFields(
        _ input: RawSpan, _ lines: inout HeadLines, _ limits: SIPLimits, into message: inout SIPMessage
    ) -> Bool {
        let most = 16
        let room = min(most, lines.room(limits))
        let longest = Int(limits.headerOctets)
        var (last, next) = (lines.nextLine, lines.nextLine)
        let count = unsafe withUnsafeTemporaryAllocation(of: HeaderField.self, capacity: most) { fields in
            var count = 0
            while count < room, let field = plainField(input, at: next, longest: longest) {
                unsafe fields.initializeElement(at: count, to: field)
                count &+= 1
                last = next
                next = field.value.end &+ 2
            }
            unsafe message.add(UnsafeBufferPointer(rebasing: fields[..<count]))
            return count
        }
        if count > 0 { lines.pass(count, last: last, upTo: next) }
        return count == most
    }

    /// The field at `start` when it is one in plain words: a name that is spelt as the RFCs spell it, a colon, at most one
    /// blank, the value, CRLF. Nearly all fields are, and cost half as much here as on the general way, which is taken
    /// when this returns nil.
    @inline(__always)
    private static func plainField(_ input: RawSpan, at start: Int, longest: Int) -> HeaderField? {
        guard start >= 0, input.byteCount &- start >= HeaderName.verbatimOctets,
            let (name, length) = HeaderName.verbatim(input, at: start)
        else {
            return nil
        }
        let colon = start &+ length
        var value = colon &+ 1
        let lf = input.place(of: ASCII.lf, from: value, to: input.byteCount)
        // A value of three octets at least: a blank in front, one octet, and the CR.
        // Every place below lies between the colon and the LF that was found.
        guard lf &- value >= 3, lf &- start <= longest, unsafe input.uncheckedOctet(lf &- 1) == ASCII.cr,
            unsafe input.uncheckedOctet(lf &- 2) > ASCII.space
        else { return nil }
        if unsafe input.uncheckedOctet(value) == ASCII.space { value &+= 1 }
        guard unsafe input.uncheckedOctet(value) > ASCII.space else { return nil }
        return HeaderField(name: name, nameText: ByteSlice(start, to: colon), value: ByteSlice(value, to: lf &- 1))
    }

    /// `message-header`: a token, HCOLON (blanks may stand before the colon) and the value, whose blanks at both ends
    /// do not count.
    private static func parseField(
        _ input: RawSpan, _ line: Range<Int>, into message: inout SIPMessage
    ) -> ParseError? {
        let colon = input.place(of: ASCII.colon, from: line.lowerBound, to: line.upperBound)
        if colon >= 0 {
            // A name that is known holds neither blank nor wrong octet: nearly every other line takes this way.
            let name = HeaderName(input, line.lowerBound..<colon)
            if name != .other {
                keepField(input, name, line.lowerBound..<colon, colon &+ 1..<line.upperBound, into: &message)
                return nil
            }
        }
        var at = line.lowerBound
        while at < line.upperBound {
            let octet = input.octet(at)
            if octet == ASCII.colon || octet <= ASCII.space { break }
            at += 1
        }
        let nameText = line.lowerBound..<at
        at = skipBlanks(input, at..<line.upperBound)
        guard at < line.upperBound, input.octet(at) == ASCII.colon else {
            return ParseError(at < line.upperBound ? .unexpected : .missing, at: at, in: "HCOLON")
        }
        let name = HeaderName(input, nameText)
        if name == .other {
            guard !nameText.isEmpty else { return ParseError(.missing, at: at, in: "header-name") }
            for index in nameText where !ASCII.isToken(input.octet(index)) {
                return ParseError(.unexpected, at: index, in: "header-name")
            }
        }
        keepField(input, name, nameText, at + 1..<line.upperBound, into: &message)
        return nil
    }

    @inline(__always)
    private static func keepField(
        _ input: RawSpan, _ name: HeaderName, _ nameText: Range<Int>, _ rest: Range<Int>, into message: inout SIPMessage
    ) {
        let value = skipBlanks(input, rest)
        let valueEnd = trimmedEnd(input, value..<rest.upperBound)
        message.add(
            HeaderField(name: name, nameText: ByteSlice(nameText), value: ByteSlice(value..<valueEnd)))
    }

    /// A line that begins with a blank goes on with the field above it (RFC 3261 §7.3.1): legal, if rare today.
    private static func unfold(
        _ input: RawSpan, _ line: Range<Int>, into message: inout SIPMessage
    ) -> ParseError? {
        guard let last = message.headers.last else {
            return ParseError(.unexpected, at: line.lowerBound, in: "header-name")
        }
        let start = skipBlanks(input, line)
        guard start < line.upperBound else { return nil }
        let whole = (last.value.isEmpty ? start : last.value.start)..<trimmedEnd(input, line)
        message.setLastValue(ByteSlice(whole))
        return nil
    }

    /// Reads what the message as a whole needs: Content-Length, and a response's method from its CSeq.
    private static func finish(_ input: RawSpan, _ head: inout Head, _ message: inout SIPMessage) {
        if !message.isRequest, message.has(.cseq) { takeMethod(input, &message) }
        guard !message.repeats(.contentLength) else { return compareLengths(input, &head, &message) }
        let place = message.place(of: .contentLength)
        guard place >= 0 else { return }
        do throws(ParseError) {
            head.contentLength = try contentLength(input, message.headers[place].value.range)
        } catch {
            if head.error == nil { head.error = error }
        }
    }

    private static func takeMethod(_ input: RawSpan, _ message: inout SIPMessage) {
        for index in message.place(of: .cseq)..<message.headers.count where message.headers[index].name == .cseq {
            let value = message.headers[index].value
            if value.count > 9, ASCII.isBlank(input.octet(value.end - 9)),
                input.big64(value.end - 8) == SIPMethod.registerWord
            {
                message.method = .register
                return
            }
            var method = value.end
            while method > value.start, ASCII.isToken(input.octet(method - 1)) { method -= 1 }
            message.method = SIPMethod(input, method..<value.end)
            if message.method != .other { return }
        }
    }

    /// Several Content-Length fields must say the same.
    private static func compareLengths(_ input: RawSpan, _ head: inout Head, _ message: inout SIPMessage) {
        for field in message.headers where field.name == .contentLength {
            do throws(ParseError) {
                let length = try contentLength(input, field.value.range)
                if let before = head.contentLength {
                    guard before == length else {
                        throw ParseError(.repeated, at: field.nameText.start, in: "Content-Length")
                    }
                    // Proxies that add the field without looking: harmless while both say the same.
                    message.defects.append(ParseError(.repeated, at: field.nameText.start, in: "Content-Length"))
                } else {
                    head.contentLength = length
                }
            } catch {
                head.contentLength = nil
                if head.error == nil { head.error = error }
                return
            }
        }
    }

    /// `1*DIGIT`, bounded by 32 bits so that sums cannot overflow.
    private static func contentLength(_ input: RawSpan, _ value: Range<Int>) throws(ParseError) -> Int {
        guard !value.isEmpty else { throw ParseError(.missing, at: value.lowerBound, in: "Content-Length") }
        var length = 0
        for index in value {
            let octet = input.octet(index)
            guard ASCII.isDigit(octet) else { throw ParseError(.unexpected, at: index, in: "Content-Length") }
            length = length * 10 + Int(octet &- ASCII.zero)
            guard length <= Int(Int32.max) else {
                throw ParseError(.outOfRange, at: value.lowerBound, in: "Content-Length")
            }
        }
        return length
    }

    // MARK: Octets

    /// The end of a line's content, before its CRLF or LF.
    @inline(__always)
    static func contentEnd(_ input: RawSpan, start: Int, lf: Int) -> Int {
        lf > start && input.octet(lf - 1) == ASCII.cr ? lf - 1 : lf
    }

    @inline(__always)
    static func skipBlanks(_ input: RawSpan, _ range: Range<Int>) -> Int {
        var at = range.lowerBound
        while at < range.upperBound, ASCII.isBlank(input.octet(at)) { at += 1 }
        return at
    }

    @inline(__always)
    static func trimmedEnd(_ input: RawSpan, _ range: Range<Int>) -> Int {
        var end = range.upperBound
        while end > range.lowerBound, ASCII.isBlank(input.octet(end - 1)) { end -= 1 }
        return end
    }
}

extension SIPMessage {
    /// Copies the first `count` octets of `input`, to which the offsets refer.
    mutating func keep(_ input: RawSpan, upTo count: Int) {
        bytes.removeAll(keepingCapacity: true)
        unsafe input.extracting(0..<count).withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }
}
