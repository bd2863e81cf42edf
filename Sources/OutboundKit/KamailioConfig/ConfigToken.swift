/// The smallest piece of the language.
struct ConfigToken: Sendable {
    enum Kind: Sendable, Hashable {
        /// A keyword, a name, or digits with letters.
        case word
        /// What `ConfigNumber` reads.
        case number
        /// A string, without its quotes and with its escapes undone; joined strings are one.
        case string
        /// A pseudo-variable: `$rU`, `$(hdr(Require)[*])`.
        case variable
        /// A select: `@via[2]`.
        case select
        /// An operator, a bracket, a comma.
        case sign
    }

    let kind: Kind
    let text: String
    let place: ConfigPlace
    /// Whether a blank or a line end stands before it: `sip.example` is one name, `sip . example` is not.
    let isApart: Bool

    /// For a message; a string may be a secret.
    var shown: String { kind == .string ? "a string" : "'\(text.prefix(40))'" }

    /// A value of `#!defenv`, which only the server knows.
    var isOfEnvironment: Bool { kind == .variable && text.hasPrefix("$env(") }

    /// Of a pseudo-variable, without what it is asked for and how it is transformed: `hdr` of `$(hdr(Require)[*])`.
    var variableName: String? {
        guard kind == .variable else { return nil }
        let name = text.utf8.drop { $0 == UInt8(ascii: "$") || $0 == ASCII.openParen }.prefix(while: ConfigOctet.isName)
        return name.isEmpty ? nil : ConfigOctet.text(name)
    }

    func isSign(_ text: String) -> Bool { kind == .sign && self.text == text }
    func isWord(_ text: String) -> Bool { kind == .word && self.text == text }
}

/// The octets of names.
enum ConfigOctet {
    static func isName(_ octet: UInt8) -> Bool {
        ASCII.isAlpha(octet) || ASCII.isDigit(octet) || octet == ASCII.underscore
    }

    static func isNameStart(_ octet: UInt8) -> Bool { ASCII.isAlpha(octet) || octet == ASCII.underscore }

    /// Whether it is a name as a whole.
    static func isName(_ text: String) -> Bool {
        text.utf8.first.map(isNameStart) == true && text.utf8.allSatisfy { isName($0) }
    }

    /// Blank, tab, backspace and carriage return: what Kamailio's lexer eats (`EAT_ABLE`).
    static func isEaten(_ octet: UInt8) -> Bool {
        octet == ASCII.space || octet == ASCII.tab || octet == ASCII.cr || octet == 0x08
    }

    static func text(_ octets: some Sequence<UInt8>) -> String { String(decoding: Array(octets), as: UTF8.self) }
}
