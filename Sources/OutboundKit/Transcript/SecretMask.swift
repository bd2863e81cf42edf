/// Hides what nobody else should read in a message, octet for octet, so that every place in it stays where it was: passwords
/// in SIP URIs (RFC 3261 §19.1.1), and of credentials what an offline search for the password could use (RFC 7616 §3.4).
public enum SecretMask {
    /// What stands there instead: a letter that the grammar allows in all these places.
    static let cover: UInt8 = 0x78

    public static func mask(_ octets: inout [UInt8]) {
        maskPasswords(&octets)
        maskCredentials(&octets)
    }

    private static func maskPasswords(_ octets: inout [UInt8]) {
        var at = 0
        while at + 4 < octets.count {
            guard let start = schemeEnd(octets, at) else {
                at += 1
                continue
            }
            at = start
            var colon: Int?
            scan: while at < octets.count {
                switch octets[at] {
                case 0...0x20, ASCII.quote, ASCII.less, ASCII.greater: break scan
                case ASCII.colon:
                    // No password holds a colon: this is `host:port`, or a list of such.
                    guard colon == nil else { break scan }
                    colon = at
                case ASCII.semicolon where colon != nil, ASCII.question where colon != nil,
                    ASCII.slash where colon != nil:
                    break scan
                case ASCII.at:
                    if let colon { for index in colon + 1..<at { octets[index] = cover } }
                    break scan
                default: break
                }
                at += 1
            }
        }
    }

    private static func schemeEnd(_ octets: [UInt8], _ at: Int) -> Int? {
        guard ASCII.lowercased(octets[at]) == 0x73, ASCII.lowercased(octets[at + 1]) == 0x69,
            ASCII.lowercased(octets[at + 2]) == 0x70
        else { return nil }
        if octets[at + 3] == ASCII.colon { return at + 4 }
        return ASCII.lowercased(octets[at + 3]) == 0x73 && octets[at + 4] == ASCII.colon ? at + 5 : nil
    }

    /// In the lines of Authorization and Proxy-Authorization, folds included, up to the end of the header.
    private static func maskCredentials(_ octets: inout [UInt8]) {
        var start = 0
        var isCredentials = false
        while start < octets.count {
            let end = octets[start...].firstIndex(of: ASCII.lf) ?? octets.count
            let line = start..<(end > start && octets[end - 1] == ASCII.cr ? end - 1 : end)
            start = end + 1
            if line.isEmpty { return }
            if !ASCII.isBlank(octets[line.lowerBound]) { isCredentials = isAuthorization(octets, line) }
            if isCredentials { maskCredentials(&octets, line) }
        }
    }

    private static func isAuthorization(_ octets: [UInt8], _ line: Range<Int>) -> Bool {
        guard let colon = octets[line].firstIndex(of: ASCII.colon) else { return false }
        let name = octets[line.lowerBound..<colon].filter { !ASCII.isBlank($0) }.map(ASCII.lowercased)
        return name.elementsEqual("authorization".utf8) || name.elementsEqual("proxy-authorization".utf8)
    }

    private static func maskCredentials(_ octets: inout [UInt8], _ line: Range<Int>) {
        for name in ["response", "cnonce"] {
            var at = line.lowerBound
            while let equal = octets[at..<line.upperBound].firstIndex(of: ASCII.equal) {
                at = equal + 1
                guard isWord(name, octets, endingAt: equal, in: line) else { continue }
                while at < line.upperBound, ASCII.isBlank(octets[at]) { at += 1 }
                let isQuoted = at < line.upperBound && octets[at] == ASCII.quote
                if isQuoted { at += 1 }
                while at < line.upperBound, octets[at] != (isQuoted ? ASCII.quote : ASCII.comma) {
                    octets[at] = cover
                    at += 1
                }
            }
        }
        // The whole secret in base64 (RFC 7617), which no SIP server asks for any more.
        let scheme = Array("basic ".utf8)
        guard line.count > scheme.count else { return }
        for at in line.lowerBound..<line.upperBound - scheme.count
        where octets[at..<at + scheme.count].map(ASCII.lowercased) == scheme {
            for index in at + scheme.count..<line.upperBound { octets[index] = cover }
            return
        }
    }

    private static func isWord(_ name: String, _ octets: [UInt8], endingAt end: Int, in line: Range<Int>) -> Bool {
        var last = end
        while last > line.lowerBound, ASCII.isBlank(octets[last - 1]) { last -= 1 }
        let start = last - name.utf8.count
        guard start > line.lowerBound, !ASCII.isToken(octets[start - 1]) else { return false }
        return octets[start..<last].map(ASCII.lowercased).elementsEqual(name.utf8)
    }
}
