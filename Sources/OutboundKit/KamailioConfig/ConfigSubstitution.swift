/// A rule of `#!subst`, `#!substdef` or `#!substdefs`: `/pattern/replacement/flags` with any octet as the separator. It is
/// applied to every string behind it, and to names of included files; never to words.
struct ConfigSubstitution: Sendable {
    private enum Piece: Sendable {
        case octets([UInt8])
        case group(Int)
    }

    /// The pattern as it stands, which is the name that `#!substdef` defines.
    let pattern: [UInt8]
    /// The replacement as it stands.
    let replacement: [UInt8]
    private let expression: ConfigPattern
    private let pieces: [Piece]
    private let isGlobal: Bool

    enum Failure: Error {
        /// Kamailio refuses it.
        case wrong
        /// Kamailio takes it, and this program cannot apply it.
        case notKnown
    }

    init(_ text: [UInt8]) throws(Failure) {
        guard text.count >= 3, let separator = text.first, separator != ASCII.backslash else { throw .wrong }
        // A separator behind a backslash belongs to the text.
        func end(from start: Int) -> Int? {
            var at = start
            while at < text.count {
                if text[at] == separator, at == start || text[at - 1] != ASCII.backslash { return at }
                at += 1
            }
            return nil
        }
        guard let first = end(from: 1), let second = end(from: first + 1) else { throw .wrong }
        pattern = Array(text[1..<first])
        replacement = Array(text[first + 1..<second])
        var ignoresCase = false
        var global = false
        for flag in text[(second + 1)...] {
            switch flag {
            case UInt8(ascii: "i"): ignoresCase = true
            case UInt8(ascii: "g"): global = true
            case UInt8(ascii: "s"): break
            default: throw .wrong
            }
        }
        isGlobal = global
        guard !pattern.isEmpty else { throw .wrong }
        guard let expression = ConfigPattern(pattern, ignoringCase: ignoresCase),
            let pieces = Self.pieces(replacement)
        else { throw .notKnown }
        self.expression = expression
        self.pieces = pieces
    }

    /// Nil for a replacement with a pseudo-variable, whose value only a running Kamailio knows.
    private static func pieces(_ text: [UInt8]) -> [Piece]? {
        var pieces: [Piece] = []
        var plain: [UInt8] = []
        var at = 0
        while at < text.count {
            let octet = text[at]
            at += 1
            if octet == UInt8(ascii: "$") { return nil }
            guard octet == ASCII.backslash, at < text.count else {
                plain.append(octet)
                continue
            }
            let next = text[at]
            at += 1
            switch next {
            case UInt8(ascii: "n"): plain.append(ASCII.lf)
            case UInt8(ascii: "r"): plain.append(ASCII.cr)
            case UInt8(ascii: "t"): plain.append(ASCII.tab)
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                pieces.append(.octets(plain))
                plain = []
                pieces.append(.group(Int(next - ASCII.zero)))
            default: plain.append(next)
            }
        }
        return pieces + [.octets(plain)]
    }

    /// The string with the rule applied.
    /// - Parameter budget: steps that may still be made.
    /// - Throws: when the pattern takes too long.
    func applied(to text: [UInt8], budget: inout Int) throws(ConfigPattern.TooHard) -> [UInt8] {
        var result: [UInt8] = []
        var at = 0
        while at <= text.count, let match = try expression.first(in: text, from: at, budget: &budget) {
            result += text[at..<match.range.lowerBound]
            for piece in pieces {
                switch piece {
                case .octets(let octets): result += octets
                case .group(let number):
                    if number < match.groups.count, let range = match.groups[number] { result += text[range] }
                }
            }
            at = match.range.upperBound
            guard isGlobal, !match.range.isEmpty else { break }
        }
        return at < text.count ? result + text[at...] : result
    }
}
