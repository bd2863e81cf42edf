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
        case 0xFFFE, 0xFFFF: false
        default: PrintableText.isPrintable(scalar)
        }
    }

    /// `text` with what is not displayable replaced, and tabs and line ends as they are.
    static func displayable(_ text: String) -> String {
        PrintableText.replacing(in: text) { !isDisplayable($0) }
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
