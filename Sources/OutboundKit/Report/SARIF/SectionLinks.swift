/// The sections behind a requirement as links to the RFC Editor's pages.
enum SectionLinks {
    struct Link: Hashable {
        /// `RFC 5626 §4.4.1`.
        let title: String
        /// `https://www.rfc-editor.org/rfc/rfc5626#section-4.4.1`.
        let address: String
    }

    /// What the catalogue writes, such as `5626 §4.4.2; 8489 §6.2.1`, link by link. A section without a document is one
    /// of RFC 5626; a document without a section is linked as a whole.
    static func of(_ section: String) -> [Link] {
        var links: [Link] = []
        var document = "5626"
        var isBare = false
        func flush() {
            if isBare { links.append(Link(title: "RFC \(document)", address: page(document))) }
            isBare = false
        }
        for word in section.split(whereSeparator: { " ,;()".contains($0) }) {
            if word.utf8.count == 4, word.utf8.allSatisfy(ASCII.isDigit) {
                flush()
                document = String(word)
                isBare = true
            } else if word.hasPrefix("§") {
                // `§5.2–5.4` begins at its first section.
                let number = word.dropFirst().prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
                guard !number.isEmpty else { continue }
                isBare = false
                let address = "\(page(document))#section-\(number)"
                links.append(Link(title: "RFC \(document) §\(number)", address: address))
            }
        }
        flush()
        return links
    }

    private static func page(_ document: String) -> String { "https://www.rfc-editor.org/rfc/rfc\(document)" }
}
