import Foundation

/// A text file of the repository, as the house rules look at it.
struct SourceFile {
    /// From the repository's root: `Sources/OutboundKit/SIP/Via.swift`.
    let path: String
    let text: String
    /// Of Swift files under `Sources`; the rules for other files look at the text alone.
    let tokens: [SwiftToken]

    init(path: String, text: String) {
        self.path = path
        self.text = text
        tokens = path.hasPrefix("Sources/") && path.hasSuffix(".swift") ? SwiftLexer.tokens(of: text) : []
    }

    init(reading path: String) throws {
        let url = Self.repository.appendingPathComponent(path)
        self.init(path: path, text: String(decoding: try Data(contentsOf: url), as: UTF8.self))
    }

    var isLibrary: Bool { path.hasPrefix("Sources/OutboundKit/") }
    var isSource: Bool { path.hasPrefix("Sources/") }

    /// The folder under `Sources/OutboundKit`, which names the layer; nil elsewhere.
    var folder: String? {
        let parts = path.split(separator: "/")
        return isLibrary && parts.count > 3 ? String(parts[2]) : nil
    }

    var lineCount: Int {
        text.split(separator: "\n", omittingEmptySubsequences: false).count - (text.hasSuffix("\n") ? 1 : 0)
    }

    /// The types that other files can name without a qualifier.
    var declaredTypes: [String] {
        tokens.indices.filter { tokens[$0].depth == 0 && isDeclared(at: $0) && !isPrivate(at: $0) }.map {
            tokens[$0].text
        }
    }

    /// Every type this file declares, nested and private ones too: inside the file these names are its own.
    var ownTypes: Set<String> {
        Set(tokens.indices.filter(isDeclared(at:)).map { tokens[$0].text })
    }

    private func isDeclared(at index: Int) -> Bool {
        index > 0 && tokens[index].isTypeName
            && ["struct", "class", "enum", "actor", "protocol", "typealias", "associatedtype"].contains(
                tokens[index - 1].text)
    }

    private func isPrivate(at index: Int) -> Bool {
        tokens[..<index].reversed().prefix { $0.line >= tokens[index].line - 1 && $0.text != "}" }
            .contains { $0.text == "private" || $0.text == "fileprivate" }
    }

    /// The names a file uses that may be types of another file: capitalised and unqualified.
    var usedTypes: [SwiftToken] {
        let own = ownTypes
        return tokens.indices.filter { index in
            let token = tokens[index]
            return token.isTypeName && !own.contains(token.text) && (index == 0 || tokens[index - 1].text != ".")
        }.map { tokens[$0] }
    }

    var imports: [SwiftToken] {
        let kinds: Set = ["struct", "class", "enum", "func", "var", "let", "protocol", "typealias"]
        return tokens.indices.dropLast().filter { tokens[$0].text == "import" && tokens[$0].depth == 0 }.compactMap {
            index in
            tokens[(index + 1)...].first { !kinds.contains($0.text) }
        }
    }

    // MARK: - Reading the repository

    /// The repository's folder: this file is Tests/OutboundKitTests/House/SourceFile.swift in it.
    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// All files below `folders` whose name ends in one of `endings`.
    static func all(below folders: [String], endings: [String]) throws -> [SourceFile] {
        var files: [SourceFile] = []
        for folder in folders {
            let names = FileManager.default.enumerator(atPath: repository.appendingPathComponent(folder).path)
            for case let name as String in names ?? .init() where endings.contains(where: name.hasSuffix) {
                files.append(try SourceFile(reading: "\(folder)/\(name)"))
            }
        }
        return files.sorted { $0.path < $1.path }
    }
}
