/// A token of Swift source: an identifier, a keyword or number, or one character of punctuation.
struct SwiftToken: Equatable {
    let text: String
    let line: Int
    /// How many braces are open around it.
    let depth: Int

    var isName: Bool { text.utf8.first.map { $0 == 0x5F || ASCIILetters.contains($0) } ?? false }
    var isTypeName: Bool { text.utf8.first.map { (0x41...0x5A).contains($0) } ?? false }
}

/// As much of a Swift lexer as the house rules need: comments go, strings go but for the code they interpolate.
struct SwiftLexer {
    private let source: [UInt8]
    private var place = 0
    private var line = 1
    private var depth = 0
    private var tokens: [SwiftToken] = []

    static func tokens(of source: String) -> [SwiftToken] {
        var lexer = SwiftLexer(source: Array(source.utf8))
        lexer.code(untilParenthesis: false)
        return lexer.tokens
    }

    private init(source: [UInt8]) { self.source = source }

    private func octet(_ distance: Int = 0) -> UInt8? {
        place + distance < source.count ? source[place + distance] : nil
    }

    private mutating func step(_ count: Int = 1) {
        for _ in 0..<count where place < source.count {
            if source[place] == newline { line += 1 }
            place += 1
        }
    }

    private func starts(with text: StaticString) -> Bool {
        let wanted = Array(text.description.utf8)
        return place + wanted.count <= source.count && source[place..<place + wanted.count].elementsEqual(wanted)
    }

    /// Lexes code to the end, or past the parenthesis that closes an interpolation.
    private mutating func code(untilParenthesis: Bool) {
        var parentheses = 0
        while let next = octet() {
            if starts(with: "//") {
                while let next = octet(), next != newline { step() }
            } else if starts(with: "/*") {
                blockComment()
            } else if next == quote || (next == hash && stringFollowsHashes()) {
                string()
            } else if next == 0x5F || ASCIILetters.contains(next) || (0x30...0x39).contains(next) {
                word()
            } else if next <= 0x20 {
                step()
            } else {
                if next == 0x28 { parentheses += 1 }
                if next == 0x29 {
                    if untilParenthesis, parentheses == 0 { return step() }
                    parentheses -= 1
                }
                if next == 0x7D { depth -= 1 }
                append(String(decoding: [next], as: UTF8.self))
                if next == 0x7B { depth += 1 }
                step()
            }
        }
    }

    private mutating func append(_ text: String) { tokens.append(SwiftToken(text: text, line: line, depth: depth)) }

    private mutating func word() {
        let start = place
        while let next = octet(), next == 0x5F || ASCIILetters.contains(next) || (0x30...0x39).contains(next) { step() }
        append(String(decoding: source[start..<place], as: UTF8.self))
    }

    private mutating func blockComment() {
        var open = 0
        repeat {
            if starts(with: "/*") {
                open += 1
                step(2)
            } else if starts(with: "*/") {
                open -= 1
                step(2)
            } else {
                step()
            }
        } while open > 0 && place < source.count
    }

    private func stringFollowsHashes() -> Bool {
        var distance = 0
        while octet(distance) == hash { distance += 1 }
        return octet(distance) == quote
    }

    private mutating func string() {
        var hashes = 0
        while octet() == hash {
            hashes += 1
            step()
        }
        let quotes = starts(with: "\"\"\"") ? 3 : 1
        step(quotes)
        while let next = octet() {
            if next == backslash, (0..<hashes).allSatisfy({ octet(1 + $0) == hash }) {
                let interpolates = octet(1 + hashes) == 0x28
                step(2 + hashes)
                if interpolates { code(untilParenthesis: true) }
            } else if next == quote, (0..<quotes).allSatisfy({ octet($0) == quote }),
                (0..<hashes).allSatisfy({ octet(quotes + $0) == hash })
            {
                return step(quotes + hashes)
            } else if next == newline, quotes == 1 {
                return  // Not Swift; go on with the next line.
            } else {
                step()
            }
        }
    }
}

private enum ASCIILetters {
    static func contains(_ octet: UInt8) -> Bool { (0x61...0x7A).contains(octet | 0x20) }
}

private let newline: UInt8 = 0x0A
private let quote: UInt8 = 0x22
private let hash: UInt8 = 0x23
private let backslash: UInt8 = 0x5C
