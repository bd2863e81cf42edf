/// A place in a header field's value: the pieces of RFC 3261 §25.1 that all typed fields are made of. Blanks include
/// the line breaks of a folded value.
struct ValueScanner {
    /// The next octet to read.
    var at: Int
    let end: Int

    init(_ range: Range<Int>) {
        at = range.lowerBound
        end = range.upperBound
    }

    var isAtEnd: Bool { at >= end }

    func peek(_ input: RawSpan) -> UInt8? { at < end ? input.octet(at) : nil }

    /// LWS: SP, HTAB and, inside a folded value, CR and LF.
    @inline(__always)
    static func isLWS(_ octet: UInt8) -> Bool {
        octet == ASCII.space || octet == ASCII.tab || octet == ASCII.cr || octet == ASCII.lf
    }

    mutating func skipBlanks(_ input: RawSpan) {
        while at < end, Self.isLWS(input.octet(at)) { at += 1 }
    }

    /// Reads `octet` with blanks on both sides (SEMI, EQUAL, SLASH, COLON of the grammar); false leaves the place.
    mutating func skip(_ octet: UInt8, _ input: RawSpan) -> Bool {
        let before = at
        skipBlanks(input)
        guard at < end, input.octet(at) == octet else {
            at = before
            return false
        }
        at += 1
        skipBlanks(input)
        return true
    }

    /// Reads `token`; empty when none stands here.
    mutating func token(_ input: RawSpan) -> Range<Int> {
        let start = at
        while at < end, ASCII.isToken(input.octet(at)) { at += 1 }
        return start..<at
    }

    /// Reads `quoted-string` and gives what stands between the quotes, escapes and all.
    mutating func quoted(_ input: RawSpan) throws(ParseError) -> Range<Int> {
        let open = at
        at += 1
        let start = at
        while at < end {
            let octet = input.octet(at)
            if octet == ASCII.quote {
                at += 1
                return start..<at - 1
            }
            at += octet == ASCII.backslash ? 2 : 1
        }
        at = end
        throw ParseError(.truncated, at: open, in: "quoted-string")
    }

    /// The next element of a comma-separated list, trimmed; nil at the end. Commas between quotes and between `<` and
    /// `>` do not separate (RFC 3261 §7.3.1, §20.10). What is not closed reaches to the end.
    mutating func listElement(_ input: RawSpan) -> Range<Int>? {
        guard at < end else { return nil }
        var start = at
        var inAngles = false
        var stop = end
        var index = at
        scan: while index < end {
            switch input.octet(index) {
            // Letters first, for they are most of it.
            case let octet where octet > ASCII.greater: break
            case ASCII.quote where !inAngles:
                index += 1
                while index < end, input.octet(index) != ASCII.quote {
                    index += input.octet(index) == ASCII.backslash ? 2 : 1
                }
            case ASCII.less: inAngles = true
            case ASCII.greater: inAngles = false
            case ASCII.comma where !inAngles:
                stop = index
                break scan
            default: break
            }
            index += 1
        }
        at = min(stop + 1, end)
        while start < stop, Self.isLWS(input.octet(start)) { start += 1 }
        while stop > start, Self.isLWS(input.octet(stop - 1)) { stop -= 1 }
        return start..<stop
    }
}
