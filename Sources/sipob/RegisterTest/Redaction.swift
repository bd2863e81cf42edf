import OutboundKit

/// Makes messages fit to be shown: no credentials, and nothing that could steer a terminal.
enum Redaction {
    /// The most lines of one message that are shown.
    static let maximumLines = 200

    /// The lines of a message; what would help to find a password, and passwords in URIs, hidden.
    static func lines(_ message: SIPMessage) -> [String] {
        let start = message.isRequest ? "\(message.startLine) SIP/2.0" : "SIP/2.0 \(message.startLine)"
        var result = [withoutPasswords(start)]
        for field in message.headers.prefix(maximumLines) {
            let name = message.text(field.nameText)
            let value = message.text(field.value)
            let isSecret =
                field.name == .authorization || field.name == .proxyAuthorization
                || name.lowercased().hasSuffix("authentication-info")
            result.append(
                isSecret ? "\(visible(name)): \(hiding(value))" : withoutPasswords(visible("\(name): \(value)")))
        }
        if message.headers.count > maximumLines {
            result.append("(\(message.headers.count - maximumLines) more header fields)")
        }
        if !message.body.isEmpty { result.append("(a body of \(counted(message.body.count, "octet")))") }
        return result
    }

    private static let secret: Set<String> = ["response", "cnonce", "rspauth"]

    /// Credentials without what an offline search for the password could use: of Digest its hashes, of any other scheme
    /// all.
    static func hiding(_ value: String) -> String {
        let text = visible(value).drop { $0 == " " }
        let scheme = text.prefix { $0 != " " && $0 != "=" && $0 != "," }
        // Authentication-Info has no scheme.
        let hasScheme =
            text.dropFirst(scheme.count).first == " " && !text.dropFirst(scheme.count).drop { $0 == " " }.hasPrefix("=")
        if hasScheme, scheme.lowercased() != "digest" { return "\(scheme) (hidden)" }
        let parts = parts(hasScheme ? text.dropFirst(scheme.count) : text).map { part -> String in
            let name = part.prefix { $0 != "=" }.trimming()
            return secret.contains(name.lowercased()) ? "\(name)=\"(hidden)\"" : String(part)
        }
        return (hasScheme ? "\(scheme) " : "") + parts.joined(separator: ", ")
    }

    /// What stands between commas outside of quoted strings, without the blanks around it.
    private static func parts(_ value: Substring) -> [Substring] {
        var parts: [Substring] = []
        var (isQuoted, isEscaped) = (false, false)
        var start = value.startIndex
        for index in value.indices {
            if isEscaped {
                isEscaped = false
                continue
            }
            switch value[index] {
            case "\\" where isQuoted: isEscaped = true
            case "\"": isQuoted.toggle()
            case "," where !isQuoted:
                parts.append(value[start..<index].trimming())
                start = value.index(after: index)
            default: break
            }
        }
        return parts + [value[start...].trimming()]
    }

    /// `sip:user:password@host` with the password hidden (RFC 3261 §19.1.1).
    static func withoutPasswords(_ line: String) -> String {
        line.replacing(/(sips?:[^@:;?\s<>",]+):[^@:;?\s<>"]+@/.ignoresCase()) { "\($0.output.1):(hidden)@" }
    }

    /// Control characters, and those for the direction of writing, as `.`: what a peer sends must not reach the terminal as
    /// commands.
    static func visible(_ text: String) -> String {
        PrintableText.replacing(in: text, with: ".") { !PrintableText.isPrintable($0) }
    }
}

extension Substring {
    fileprivate func trimming() -> Substring {
        var text = self.drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return text
    }
}
