import OutboundKit

/// A word as a shell takes it, for commands that are shown to be typed.
enum ShellWord {
    static func quoted(_ word: String) -> String {
        let plain: Set<UInt8> = [ASCII.minus, ASCII.dot, ASCII.slash, ASCII.colon, ASCII.equal, ASCII.at]
        let isPlain = word.utf8.allSatisfy { ASCII.isAlpha($0) || ASCII.isDigit($0) || plain.contains($0) }
        return isPlain && !word.isEmpty ? word : "'\(word.replacing("'", with: "'\\''"))'"
    }
}
