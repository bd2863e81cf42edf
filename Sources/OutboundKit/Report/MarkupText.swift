/// Text from the wire made harmless in XML and HTML. Names and header fields come from strangers: nothing of them may
/// become markup, break the document, or change how the text around it reads.
enum MarkupText {
    /// `text` for element content and for attribute values in either kind of quotes.
    ///
    /// Besides the five characters of markup, what XML 1.0 §2.2 forbids and what reverses the direction of writing
    /// (so that `exe.fdp` reads `pdf.exe`) becomes U+FFFD.
    static func escaped(_ text: some StringProtocol) -> String {
        guard text.unicodeScalars.contains(where: { needsCare($0) }) else { return String(text) }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result.append(contentsOf: "&amp;".unicodeScalars)
            case "<": result.append(contentsOf: "&lt;".unicodeScalars)
            case ">": result.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
            case "'": result.append(contentsOf: "&#39;".unicodeScalars)
            default: result.append(isDisplayable(scalar) ? scalar : "\u{FFFD}")
            }
        }
        return String(result)
    }

    private static func needsCare(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "&", "<", ">", "\"", "'": true
        default: !isDisplayable(scalar)
        }
    }

    /// Tab and line ends are; other controls, bidirectional controls and non-characters are not.
    static func isDisplayable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D: true
        case 0..<0x20, 0x7F...0x9F: false
        case 0x202A...0x202E, 0x2066...0x2069, 0x200E, 0x200F, 0x061C: false
        case 0xFFFE, 0xFFFF: false
        default: true
        }
    }

    /// `text` on one line, with what is not displayable replaced: for formats whose lines have a meaning.
    static func singleLine(_ text: some StringProtocol) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\t", "\n", "\r": result.append(" ")
            // Other characters at which programs break lines.
            case "\u{2028}", "\u{2029}": result.append(" ")
            default: result.append(isDisplayable(scalar) ? scalar : "\u{FFFD}")
            }
        }
        return String(result)
    }
}
