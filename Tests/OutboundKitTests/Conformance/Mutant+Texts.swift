@testable import OutboundKit

/// What mutants do to texts.
extension Mutant {
    /// A message of the server is changed.
    static func says(_ old: String, _ new: String = "") -> Mutant {
        Mutant(toClient: { $0.replacing(old, with: new) })
    }

    /// The same, of what a regular expression fits.
    static func says(matching pattern: String, _ new: String = "") -> Mutant {
        Mutant(toClient: { text in
            // By scalars: CR LF would else be one character, which is neither CR nor LF.
            (try? Regex(pattern).matchingSemantics(.unicodeScalar)).map { text.replacing($0, with: new) } ?? text
        })
    }

    /// The server hears something else than was sent.
    static func hears(_ old: String, _ new: String = "") -> Mutant {
        Mutant(toServer: { $0.replacing(old, with: new) })
    }

    /// The same, of messages that hold a word.
    static func hears(_ old: String, _ new: String = "", in word: String) -> Mutant {
        Mutant(toServer: { $0.contains(word) ? $0.replacing(old, with: new) : $0 })
    }

    /// Drops the header lines that begin so, of messages that hold a word.
    static func hearsNo(_ line: String, in word: String = "") -> Mutant {
        Mutant(toServer: { word.isEmpty || $0.contains(word) ? $0.without(line) : $0 })
    }

    static func saysNo(_ line: String) -> Mutant { Mutant(toClient: { $0.without(line) }) }

    /// Does not hear what holds that word.
    static func isDeaf(to word: String) -> Mutant { Mutant(toServer: { $0.contains(word) ? nil : $0 }) }

    /// Adds a field to each answer to REGISTER that holds `word`, but for those that have such a field.
    static func adds(_ field: String, where word: String = "") -> Mutant {
        let name = String(field.prefix { $0 != ":" }) + ":"
        return Mutant(toClient: { text in
            let isMeant = text.isAnswerToRegister && (word.isEmpty || text.contains(word))
            guard isMeant, !text.contains("\r\n\(name)") else { return text }
            return text.replacing("Content-Length:", with: "\(field)\r\nContent-Length:")
        })
    }

    /// 200s to REGISTER become another status, where `isMeant`.
    static func refuses(_ status: String, where isMeant: @escaping @Sendable (String) -> Bool) -> Mutant {
        Mutant(toClient: { text in
            guard text.isAnswerToRegister, isMeant(text) else { return text }
            return text.replacing("SIP/2.0 200 OK", with: "SIP/2.0 \(status)")
        })
    }

    /// An edge whose phones get 439, and in whose Path a regular expression is replaced; what has passed another first hop
    /// is served.
    static func lacksOutbound(_ pattern: String, _ new: String) -> Mutant {
        let path = says(matching: pattern, new).toClient
        let refusal = refuses("439 First Hop Lacks Outbound Support") { $0.contains("Require: outbound") }.toClient
        return Mutant(toClient: { text in
            guard text.isAnswerToRegister, !text.contains("first.invalid") else { return text }
            return path(text).flatMap(refusal)
        })
    }

    static func set(_ change: @escaping @Sendable (inout EdgeSettings) -> Void) -> Mutant { Mutant(settings: change) }
}

extension String {
    var isAnswerToRegister: Bool { hasPrefix("SIP/2.0") && contains(" REGISTER\r\n") }

    /// Without the lines that begin so.
    func without(_ line: String) -> String {
        components("\r\n").filter { !$0.hasPrefix(line) }.joined(separator: "\r\n")
    }

    private func components(_ separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
