import OutboundKit

/// Makes messages fit to be shown: no credentials, and nothing that could steer a terminal.
enum Redaction {
    /// The most lines of one message that are shown.
    static let maximumLines = 200

    /// The lines of a message, `response` and `cnonce` of credentials hidden.
    static func lines(_ message: SIPMessage) -> [String] {
        var result = [message.isRequest ? "\(message.startLine) SIP/2.0" : "SIP/2.0 \(message.startLine)"]
        for field in message.headers.prefix(maximumLines) {
            let name = message.text(field.nameText)
            let value = message.text(field.value)
            switch field.name {
            case .authorization, .proxyAuthorization: result.append("\(name): \(hiding(value))")
            default: result.append(visible("\(name): \(value)"))
            }
        }
        if message.headers.count > maximumLines {
            result.append("(\(message.headers.count - maximumLines) more header fields)")
        }
        if !message.body.isEmpty { result.append("(a body of \(message.body.count) octets)") }
        return result
    }

    /// Credentials without what an offline search for the password could use.
    static func hiding(_ value: String) -> String {
        var parts: [Substring] = []
        var isQuoted = false
        var start = value.startIndex
        for index in value.indices {
            switch value[index] {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted:
                parts.append(value[start..<index])
                start = value.index(after: index)
            default: break
            }
        }
        parts.append(value[start...])
        let hidden = parts.map { part -> String in
            let text = part.drop { $0 == " " }
            for name in ["response", "cnonce"] where text.lowercased().hasPrefix(name + "=") {
                return "\(name)=\"(hidden)\""
            }
            return String(text)
        }
        return visible(hidden.joined(separator: ", "))
    }

    /// Control characters as `.`: what a peer sends must not reach the terminal as commands.
    static func visible(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) ? "." : scalar
                }))
    }
}
