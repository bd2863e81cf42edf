/// Values of header fields on one line: each fold means one blank (RFC 3261 §7.3.1). What no line may hold (CR or LF alone,
/// NUL outside of a quoted-pair) becomes a blank too: it comes from a peer, and in a message of ours it would be a header
/// field of its own.
extension RawSpan {
    /// The text of a value.
    func unfolded(_ range: Range<Int>) -> String {
        isOneLine(range) ? string(range) : String(decoding: unfoldedOctets(range), as: UTF8.self)
    }

    /// The text of a quoted-string's inside: each `\` is taken away and the octet after it kept (RFC 3261 §25.1).
    func unescaped(_ range: Range<Int>) -> String {
        if isOneLine(range), !range.contains(where: { octet($0) == ASCII.backslash }) { return string(range) }
        var octets: [UInt8] = []
        var isEscaped = false
        for octet in unfoldedOctets(range) {
            isEscaped = octet == ASCII.backslash && !isEscaped
            if !isEscaped { octets.append(octet) }
        }
        // Nothing stands behind it that it could escape.
        if isEscaped { octets.append(ASCII.backslash) }
        return String(decoding: octets, as: UTF8.self)
    }

    func unfoldedOctets(_ range: Range<Int>) -> [UInt8] {
        var octets: [UInt8] = []
        octets.reserveCapacity(range.count)
        var inFold = false
        for index in range {
            let octet = octet(index)
            if Self.isNoText(octet), !(octet == ASCII.nul && octets.last == ASCII.backslash) {
                if octets.last != ASCII.space { octets.append(ASCII.space) }
                inFold = true
            } else if !inFold || !ASCII.isBlank(octet) {
                octets.append(octet)
                inFold = false
            }
        }
        return octets
    }

    private func isOneLine(_ range: Range<Int>) -> Bool {
        range.allSatisfy { !Self.isNoText(octet($0)) }
    }

    private static func isNoText(_ octet: UInt8) -> Bool {
        octet == ASCII.cr || octet == ASCII.lf || octet == ASCII.nul
    }
}
