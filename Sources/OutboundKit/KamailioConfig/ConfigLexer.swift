/// Cuts a configuration and what it includes into tokens, as Kamailio's own lexer does: conditions left out, words replaced
/// by what they are defined as, strings joined and substituted.
///
/// A word's value is put back into the input and read again, so a comment in it takes the rest of the line where the word is
/// used. It is not kind, but it is what Kamailio does.
struct ConfigLexer {
    /// A file, or the value of a word that was put back.
    struct Frame {
        let octets: [UInt8]
        var at = 0
        let file: Int
        var line: Int
        let isExpansion: Bool
    }

    let limits: ConfigLimits
    let read: ConfigReader
    var definitions: ConfigDefinitions
    var conditions = ConfigConditions()
    /// The release does not know `#!ifexp`, `#!defexp` and `#!defexps`: they are comments.
    var hidesExpressions = false
    var frames: [Frame] = []
    var files: [String] = []
    /// The octets of each file, for the lines that a report shows.
    var contents: [[UInt8]] = []
    var problems: [ConfigProblem] = []
    private(set) var tokens: [ConfigToken] = []
    private var octetsRead = 0
    private var includes = 0
    private var expansions = 0
    /// Values put back since the last octet of a file was read: a name that defines itself never reads one.
    private var chain = 0
    private var isApart = true
    private(set) var isFull = false

    init(limits: ConfigLimits, read: @escaping ConfigReader, definitions: ConfigDefinitions) {
        self.limits = limits
        self.read = read
        self.definitions = definitions
    }

    var place: ConfigPlace {
        guard let frame = frames.last else { return ConfigPlace(file: max(0, files.count - 1), line: 1) }
        return ConfigPlace(file: frame.file, line: frame.line)
    }

    mutating func object(_ kind: ConfigProblem.Kind, at place: ConfigPlace? = nil) {
        if problems.count < limits.problems { problems.append(ConfigProblem(kind, place ?? self.place)) }
    }

    // MARK: Input

    /// The octet `ahead` of the place in the innermost frame; nil at its end.
    func peek(_ ahead: Int = 0) -> UInt8? {
        guard let frame = frames.last, frame.at + ahead < frame.octets.count else { return nil }
        return frame.octets[frame.at + ahead]
    }

    /// Goes on by one octet and counts lines.
    mutating func advance() {
        guard let last = frames.indices.last, frames[last].at < frames[last].octets.count else { return }
        if !frames[last].isExpansion {
            chain = 0
            if frames[last].octets[frames[last].at] == ASCII.lf { frames[last].line += 1 }
        }
        frames[last].at += 1
    }

    mutating func take(while condition: (UInt8) -> Bool) -> [UInt8] {
        var taken: [UInt8] = []
        while let octet = peek(), condition(octet) {
            if taken.count < limits.stringOctets { taken.append(octet) }
            advance()
        }
        return taken
    }

    func starts(with text: String) -> Bool {
        var ahead = 0
        for octet in text.utf8 {
            guard peek(ahead) == octet else { return false }
            ahead += 1
        }
        return true
    }

    /// Opens a file in front of what is being read.
    mutating func open(_ path: String, _ octets: [UInt8]) -> Bool {
        guard octetsRead + octets.count <= limits.octets else {
            object(.limit("\(path) is not read: all files together are limited to \(limits.octets >> 20) MiB"))
            return false
        }
        guard includes < limits.includes else {
            object(.limit("\(path) is not read: \(limits.includes) files are the limit"))
            return false
        }
        octetsRead += octets.count
        includes += 1
        var index = files.firstIndex(of: path)
        if index == nil {
            files.append(path)
            contents.append(octets)
            index = files.count - 1
        }
        frames.append(Frame(octets: octets, file: index ?? 0, line: 1, isExpansion: false))
        return true
    }

    /// Leaves frames that are read to their end, but not the first.
    private mutating func leaveFinishedFrames(expansionsOnly: Bool) -> Bool {
        var left = false
        while frames.count > 1, let frame = frames.last, frame.at >= frame.octets.count {
            if expansionsOnly, !frame.isExpansion { break }
            frames.removeLast()
            left = true
        }
        return left
    }

    // MARK: Tokens

    mutating func run() {
        while !isFull {
            if peek() == nil {
                if leaveFinishedFrames(expansionsOnly: true) { continue }
                if !leaveFinishedFrames(expansionsOnly: false) { break }
                isApart = true
                continue
            }
            if !conditions.isReading { skipCondition() } else { readToken() }
        }
        if let place = conditions.openPlace { object(.unbalancedConditions, at: place) }
        if definitions.isSpent, let first = frames.first {
            object(
                .limit("#!subst takes too long for this program; some strings were read without it"),
                at: ConfigPlace(file: first.file, line: 1))
        }
    }

    mutating func emit(_ kind: ConfigToken.Kind, _ text: String, at place: ConfigPlace) {
        guard tokens.count < limits.tokens else {
            if !isFull { object(.limit("\(limits.tokens) words and signs are the limit")) }
            isFull = true
            return
        }
        tokens.append(ConfigToken(kind: kind, text: text, place: place, isApart: isApart))
        isApart = false
    }

    private mutating func readToken() {
        guard let octet = peek() else { return }
        let place = place
        switch octet {
        case ASCII.lf, ASCII.space, ASCII.tab, ASCII.cr, 0x08:
            advance()
            isApart = true
        // Beyond strings and comments Kamailio passes over what is not ASCII: a byte order mark, or a blank of a web page.
        case 0x80...:
            advance()
            isApart = true
        case UInt8(ascii: "#"):
            if !readDirective() { skipLine() }
        case UInt8(ascii: "!") where peek(1) == UInt8(ascii: "!") && isDirectiveNext: _ = readDirective()
        case ASCII.slash where peek(1) == ASCII.slash: skipLine()
        case ASCII.slash where peek(1) == ASCII.star: skipComment()
        case ASCII.quote, UInt8(ascii: "'"): emit(.string, readString(), at: place)
        case UInt8(ascii: "$"): emit(.variable, readVariable(), at: place)
        case ASCII.at: emit(.select, readSelect(), at: place)
        case _ where ConfigOctet.isName(octet): readWord(at: place)
        default: emit(.sign, readSign(), at: place)
        }
    }

    private mutating func readWord(at place: ConfigPlace) {
        let octets = take(while: ConfigOctet.isName)
        let text = ConfigOctet.text(octets)
        guard let first = octets.first, ConfigOctet.isNameStart(first) else {
            emit(ConfigNumber.begins(octets) ? .number : .word, text, at: place)
            return
        }
        if text == "include_file" || text == "import_file" {
            include(isImport: text == "import_file", at: place)
            return
        }
        guard let value = definitions.value(of: text) else {
            emit(.word, text, at: place)
            return
        }
        expansions += 1
        chain += 1
        guard chain < 64 else {
            object(.endlessDefine(text), at: place)
            emit(.word, text, at: place)
            return
        }
        guard expansions < limits.expansions else {
            if expansions == limits.expansions { object(.limit("\(limits.expansions) replaced words are the limit")) }
            emit(.word, text, at: place)
            return
        }
        _ = leaveFinishedFrames(expansionsOnly: true)
        frames.append(Frame(octets: value, file: place.file, line: place.line, isExpansion: true))
    }

    /// To the end of the line, also when the comment began in the value of a word.
    mutating func skipLine() {
        while true {
            while let octet = peek(), octet != ASCII.lf { advance() }
            guard peek() == nil, leaveFinishedFrames(expansionsOnly: true) else { return }
        }
    }

    private mutating func skipComment() {
        let place = place
        var depth = 0
        while peek() != nil {
            if starts(with: "/*") {
                depth += 1
                advance()
                advance()
            } else if starts(with: "*/") {
                depth -= 1
                advance()
                advance()
                if depth == 0 {
                    isApart = true
                    return
                }
            } else {
                advance()
            }
        }
        object(.openComment, at: place)
    }

    /// One string in either quotes; in double quotes it goes on in the next one, if only blanks lie between.
    mutating func readString() -> String {
        let place = place
        var text: [UInt8] = []
        let quote = peek()
        advance()
        reading: while true {
            guard let octet = peek() else {
                object(.openString, at: place)
                break
            }
            advance()
            if octet == quote {
                guard quote == ASCII.quote, skipBlanksToQuote() else { break reading }
                advance()
                continue
            }
            let piece = octet == ASCII.backslash && quote == ASCII.quote ? readEscape() : octet
            if let piece, text.count < limits.stringOctets { text.append(piece) }
        }
        if text.count >= limits.stringOctets {
            object(.limit("strings are cut at \(limits.stringOctets) octets"), at: place)
        }
        return ConfigOctet.text(definitions.substituted(text, limit: limits.stringOctets))
    }

    /// Whether another string follows; its quote is then the next octet. Else nothing was read.
    private mutating func skipBlanksToQuote() -> Bool {
        var ahead = 0
        while let octet = peek(ahead), ConfigOctet.isEaten(octet) || octet == ASCII.lf { ahead += 1 }
        guard peek(ahead) == ASCII.quote else { return false }
        for _ in 0..<ahead { advance() }
        return true
    }

    /// Behind a backslash in double quotes.
    /// - Returns: nil for an escaped line end, which is nothing.
    private mutating func readEscape() -> UInt8? {
        guard let octet = peek() else { return ASCII.backslash }
        switch octet {
        case UInt8(ascii: "n"): advance(); return ASCII.lf
        case UInt8(ascii: "r"): advance(); return ASCII.cr
        case UInt8(ascii: "t"): advance(); return ASCII.tab
        case UInt8(ascii: "a"): advance(); return 0x07
        case ASCII.quote, ASCII.backslash: advance(); return octet
        case ASCII.lf: advance(); return nil
        case UInt8(ascii: "x") where peek(1).map(ASCII.isHexDigit) == true:
            advance()
            return readDigits(most: 2, radix: 16)
        // One octal digit is a back-reference of a substitution.
        case UInt8(ascii: "0")...UInt8(ascii: "7") where peek(1).map { $0 &- ASCII.zero < 8 } == true:
            return readDigits(most: 3, radix: 8)
        default: return ASCII.backslash
        }
    }

    private mutating func readDigits(most: Int, radix: Int) -> UInt8 {
        var value = 0
        for _ in 0..<most {
            guard let octet = peek(), let digit = Int(ConfigOctet.text([octet]), radix: radix) else { break }
            value = value * radix + digit
            advance()
        }
        return UInt8(truncatingIfNeeded: value)
    }

    /// `$name`, `$name(inner)`, `$(name(inner)[index]{transformation})`, with whatever stands inside.
    private mutating func readVariable() -> String {
        var text: [UInt8] = [UInt8(ascii: "$")]
        advance()
        // $? is another name of $rc.
        if peek() == ASCII.question {
            advance()
            return "$rc"
        }
        text += take(while: { ConfigOctet.isName($0) || $0 == ASCII.dot })
        text += readBracketed(closing: ["(": ")"])
        if text.last == ASCII.closeParen, peek() == ASCII.openBracket { text += readBracketed(closing: ["[": "]"]) }
        return ConfigOctet.text(text)
    }

    private mutating func readBracketed(closing pairs: [Unicode.Scalar: Unicode.Scalar]) -> [UInt8] {
        guard let first = peek(), let closing = pairs[Unicode.Scalar(first)].map({ UInt8(ascii: $0) }) else {
            return []
        }
        var text: [UInt8] = []
        var depth = 0
        while let octet = peek(), text.count < limits.stringOctets {
            if octet == ASCII.lf, depth == 0 { break }
            text.append(octet)
            advance()
            if octet == first { depth += 1 } else if octet == closing { depth -= 1 }
            if depth == 0 { return text }
        }
        object(.notUnderstood("a pseudo-variable without its end"))
        return text
    }

    private mutating func readSelect() -> String {
        advance()
        var text: [UInt8] = [ASCII.at]
        while let octet = peek() {
            if octet == ASCII.openBracket {
                text += readBracketed(closing: ["[": "]"])
            } else if ConfigOctet.isName(octet) || octet == ASCII.dot {
                text += take(while: { ConfigOctet.isName($0) || $0 == ASCII.dot })
            } else {
                break
            }
        }
        return ConfigOctet.text(text)
    }

    private static let longSigns: [String] = [
        "==", "!=", "=~", "<=", ">=", "&&", "||", "<<", ">>", ":=", "+=",
    ]

    private mutating func readSign() -> String {
        for sign in Self.longSigns where starts(with: sign) {
            advance()
            advance()
            return sign
        }
        let octet = peek() ?? ASCII.space
        advance()
        return ConfigOctet.text([octet])
    }
}
