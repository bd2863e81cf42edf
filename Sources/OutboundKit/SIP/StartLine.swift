/// The start-line (RFC 3261 §7.1, §7.2, §25.1).
///
///     Request-Line  =  Method SP Request-URI SP SIP-Version CRLF
///     Status-Line   =  SIP-Version SP Status-Code SP Reason-Phrase CRLF
extension MessageParser {
    /// Whether the first line looks like a SIP start-line: `METHOD uri SIP/2.0` or `SIP/2.0 nnn`. Works on input that a
    /// capture's snapshot length cut inside that line, and promises nothing about the rest.
    public static func looksLikeSIP(_ input: RawSpan) -> Bool {
        let limit = min(input.byteCount, Int(SIPLimits.default.headerOctets))
        var start = 0
        while start < limit, input.octet(start) == ASCII.cr || input.octet(start) == ASCII.lf { start += 1 }
        guard start < limit, ASCII.isToken(input.octet(start)) else { return false }
        if let lf = input.firstOffset(of: ASCII.lf, in: start..<limit) {
            return isStartLine(input, start..<contentEnd(input, start: start, lf: lf))
        }
        return couldBeginStartLine(input, start..<limit, isWhole: true)
    }

    /// Whether the whole line in `line` is a start-line of any SIP version.
    static func isStartLine(_ input: RawSpan, _ line: Range<Int>) -> Bool {
        if beginsWithVersion(input, line) {
            guard let space = input.firstOffset(of: ASCII.space, in: line) else { return false }
            return space + 1 < line.upperBound && ASCII.isDigit(input.octet(space + 1))
        }
        let end = trimmedEnd(input, line)
        var last = end
        while last > line.lowerBound, !ASCII.isBlank(input.octet(last - 1)) { last -= 1 }
        guard last > line.lowerBound, beginsWithVersion(input, last..<end) else { return false }
        return couldBeginStartLine(input, line, isWhole: true)
    }

    /// Whether `range` can be the beginning of a start-line: a version, or a token, a blank and a scheme.
    ///
    /// - Parameter isWhole: no more octets will come, so that all of this must be there already.
    static func couldBeginStartLine(_ input: RawSpan, _ range: Range<Int>, isWhole: Bool) -> Bool {
        guard !range.isEmpty else { return false }
        if beginsWithVersion(input, range) { return true }
        var at = range.lowerBound
        while at < range.upperBound, ASCII.isToken(input.octet(at)) { at += 1 }
        let method = at - range.lowerBound
        // 32 octets are twice the longest registered method; what is longer is text.
        guard method > 0, method <= 32 else { return false }
        if at == range.upperBound { return !isWhole }
        if input.octet(at) == ASCII.slash { return !isWhole && versionPrefix(input, range) }
        guard ASCII.isBlank(input.octet(at)) else { return false }
        while at < range.upperBound, ASCII.isBlank(input.octet(at)) { at += 1 }
        if at < range.upperBound, input.octet(at) == ASCII.less { at += 1 }
        let scheme = at
        while at < range.upperBound, isScheme(input.octet(at)) { at += 1 }
        if at == range.upperBound { return !isWhole }
        return at > scheme && input.octet(at) == ASCII.colon
    }

    /// `SIP/2.0`, in any case, with any two digits.
    private static func beginsWithVersion(_ input: RawSpan, _ range: Range<Int>) -> Bool {
        range.count >= 7 && fitsVersion(input, range)
    }

    /// Whether `range`, shorter than a version, is the beginning of one.
    private static func versionPrefix(_ input: RawSpan, _ range: Range<Int>) -> Bool {
        range.count < 7 && fitsVersion(input, range)
    }

    /// Whether the octets of `range`, of which there are four or more, agree with `SIP/n.n` as far as they go.
    private static func fitsVersion(_ input: RawSpan, _ range: Range<Int>) -> Bool {
        let start = range.lowerBound
        guard range.count >= 4, input.equalsIgnoringCase("SIP/", in: start..<start + 4) else { return false }
        if range.count > 4, !ASCII.isDigit(input.octet(start + 4)) { return false }
        if range.count > 5, input.octet(start + 5) != ASCII.dot { return false }
        return range.count < 7 || ASCII.isDigit(input.octet(start + 6))
    }

    private static func isScheme(_ octet: UInt8) -> Bool {
        ASCII.isAlpha(octet) || ASCII.isDigit(octet) || octet == ASCII.plus || octet == ASCII.minus
            || octet == ASCII.dot
    }

    /// Reads the start-line in `line`; the first error, or nil.
    static func parseStartLine(_ input: RawSpan, _ line: Range<Int>, into message: inout SIPMessage) -> ParseError? {
        let start = line.lowerBound
        if takePlainRegister(input, line, into: &message) { return nil }
        // `SIP/2.0 ` as nearly all write it.
        let isPlain = line.count >= 8 && input.big64(start) == 0x5349_502F_322E_3020
        if isPlain || line.count >= 4 && input.equalsIgnoringCase("SIP/", in: start..<start + 4) {
            return parseStatusLine(input, line, isPlain: isPlain, into: &message)
        }
        return parseRequestLine(input, line, into: &message)
    }

    /// `REGISTER`, one blank, the Request-URI, one blank, `SIP/2.0`: half of all messages that this program reads.
    @inline(__always)
    private static func takePlainRegister(
        _ input: RawSpan, _ line: Range<Int>, into message: inout SIPMessage
    ) -> Bool {
        let uri = line.lowerBound &+ 9
        let uriEnd = line.upperBound &- 8
        guard uriEnd > uri, input.big64(line.lowerBound) == SIPMethod.registerWord,
            input.octet(uri &- 1) == ASCII.space, input.big64(uriEnd) == 0x2053_4950_2F32_2E30,
            !ASCII.isBlank(input.octet(uri)), !ASCII.isBlank(input.octet(uriEnd &- 1))
        else { return false }
        message.method = .register
        message.startLineText = ByteSlice(line.lowerBound..<uri &- 1)
        message.requestURI = ByteSlice(uri..<uriEnd)
        return true
    }

    private static func parseRequestLine(
        _ input: RawSpan, _ line: Range<Int>, into message: inout SIPMessage
    ) -> ParseError? {
        var at = line.lowerBound
        while at < line.upperBound, ASCII.isToken(input.octet(at)) { at += 1 }
        let method = line.lowerBound..<at
        message.method = SIPMethod(input, method)
        message.startLineText = ByteSlice(method)
        guard !method.isEmpty, at < line.upperBound, ASCII.isBlank(input.octet(at)) else {
            return ParseError(at < line.upperBound ? .unexpected : .truncated, at: at, in: "Method")
        }
        let uriStart = skipBlanks(input, at..<line.upperBound)
        // RFC 4475 §3.1.2.8 and §3.1.2.9 (blanks in excess around the Request-URI, and after the version): test tools
        // and hand-written scripts send them, and the three pieces are still plain to see.
        if uriStart != at + 1 { message.defects.append(ParseError(.unexpected, at: at + 1, in: "Request-Line SP")) }
        let end = trimmedEnd(input, line)
        if end != line.upperBound { message.defects.append(ParseError(.trailing, at: end, in: "SIP-Version")) }
        var version = end
        while version > uriStart, !ASCII.isBlank(input.octet(version - 1)) { version -= 1 }
        let uriEnd = trimmedEnd(input, uriStart..<max(uriStart, version))
        guard uriEnd > uriStart else { return ParseError(.missing, at: uriStart, in: "Request-URI") }
        message.requestURI = ByteSlice(uriStart..<uriEnd)
        if version != uriEnd + 1 {
            message.defects.append(ParseError(.unexpected, at: uriEnd + 1, in: "Request-Line SP"))
        }
        guard input.equalsIgnoringCase("SIP/2.0", in: version..<end) else {
            return ParseError(.unexpected, at: version, in: "SIP-Version")
        }
        return nil
    }

    private static func parseStatusLine(
        _ input: RawSpan, _ line: Range<Int>, isPlain: Bool, into message: inout SIPMessage
    ) -> ParseError? {
        // Whatever follows, it is a response: a response must never be answered.
        message.statusCode = 699
        let start = line.lowerBound
        guard isPlain || line.count >= 7 && input.equalsIgnoringCase("SIP/2.0", in: start..<start + 7) else {
            return ParseError(.unexpected, at: start, in: "SIP-Version")
        }
        let code = start + 8
        guard code + 3 <= line.upperBound, input.octet(start + 7) == ASCII.space else {
            return ParseError(.unexpected, at: start + 7, in: "Status-Line SP")
        }
        var value: UInt16 = 0
        for index in code..<code + 3 {
            guard ASCII.isDigit(input.octet(index)) else {
                return ParseError(.unexpected, at: index, in: "Status-Code")
            }
            value = value * 10 + UInt16(input.octet(index) &- ASCII.zero)
        }
        guard (100...699).contains(value) else { return ParseError(.outOfRange, at: code, in: "Status-Code") }
        let reason = code + 3
        if reason == line.upperBound {
            // Small devices leave out the blank before an empty reason phrase.
            message.defects.append(ParseError(.missing, at: reason, in: "Status-Line SP"))
            message.startLineText = ByteSlice(reason..<reason)
        } else {
            guard input.octet(reason) == ASCII.space else {
                let isLong = ASCII.isDigit(input.octet(reason))
                return ParseError(isLong ? .outOfRange : .unexpected, at: reason, in: "Status-Code")
            }
            message.startLineText = ByteSlice(reason + 1..<line.upperBound)
        }
        message.statusCode = value
        return nil
    }
}
