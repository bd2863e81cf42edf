/// Text of strangers for a terminal or a report: names, header fields and arguments must not steer what shows them, nor
/// change how the text around them reads.
public enum PrintableText {
    /// Controls, and what reverses the direction of writing (so that `exe.fdp` reads `pdf.exe`), become U+FFFD.
    public static func of(_ text: String) -> String { replacing(in: text) { !isPrintable($0) } }

    /// The same of several lines, whose ends stay.
    public static func lines(_ text: String) -> String { replacing(in: text) { !isPrintable($0) && $0 != "\n" } }

    /// Neither a control (C0, DEL, C1) nor one for the direction of writing (Unicode Standard Annex #9 §2).
    public static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F: false
        case 0x202A...0x202E, 0x2066...0x2069, 0x200E, 0x200F, 0x061C: false
        default: true
        }
    }

    /// `text` with `replacement` for each scalar that `isBad`.
    public static func replacing(
        in text: String, with replacement: Unicode.Scalar = "\u{FFFD}", _ isBad: (Unicode.Scalar) -> Bool
    ) -> String {
        guard text.unicodeScalars.contains(where: isBad) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { isBad($0) ? replacement : $0 }))
    }
}
