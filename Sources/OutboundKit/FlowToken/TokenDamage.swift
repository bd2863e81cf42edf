/// What happened to a token on its way, as far as its text shows it.
public enum TokenDamage: String, Sendable, Hashable, CaseIterable {
    case percentEncoded = "percent-encoded"
    case otherAlphabet = "other-alphabet"
    case padLost = "pad-lost"
    case wrongPad = "wrong-pad"
    case foreignCharacters = "foreign-characters"
    case notCanonical = "not-canonical"
    case caseFolded = "case-folded"
    case truncated = "truncated"

    public var explanation: String {
        switch self {
        case .percentEncoded: "some element percent-encoded it, which makes another URI of it (RFC 3261 §19.1.4)"
        case .otherAlphabet: "its base64 is in the alphabet that this issuer does not write"
        case .padLost: "the `=` at its end is gone"
        case .wrongPad: "it has another number of `=` than its length asks for"
        case .foreignCharacters: "characters outside base64 were inserted"
        case .notCanonical: "its last character carries bits that no encoder sets: another spelling of the same octets"
        case .caseFolded: "all its letters are of one case: perhaps some element changed their case"
        case .truncated: "its end is missing"
        }
    }

    /// Whether the issuer, shown a token with this damage, treats it as none or finds the code wrong.
    public func isRefused(by format: FlowTokenFormat) -> Bool {
        switch self {
        case .percentEncoded, .caseFolded, .truncated: true
        case .notCanonical: format == .nodeSIP
        case .otherAlphabet, .padLost, .wrongPad, .foreignCharacters: format != .resiprocate
        }
    }

    /// Damage that the spelling of a token shows, for the alphabet and pad that its issuer writes.
    static func inSpelling(of token: FlowToken) -> [TokenDamage] {
        guard let spelling = token.spelling else { return [] }
        let (url, padded): (Bool, Bool)
        switch token.format {
        case .nodeSIP, .sipplane: (url, padded) = (true, false)
        case .kamailioGo: (url, padded) = (true, true)
        default: (url, padded) = (false, true)
        }
        var damage: [TokenDamage] = []
        if url ? spelling.usesStandard : spelling.usesURL { damage.append(.otherAlphabet) }
        switch spelling.padding {
        case .absent where padded: damage.append(.padLost)
        case .complete where !padded, .wrong: damage.append(.wrongPad)
        default: break
        }
        if spelling.spareBits { damage.append(.notCanonical) }
        return damage
    }

    /// Whether the letters of `text` are many and all of one case, as chance alone makes them once in 4000 tokens.
    static func looksFolded(_ text: RawSpan) -> Bool {
        var upper = 0
        var lower = 0
        for offset in 0..<text.byteCount {
            let octet = text.octet(offset)
            guard ASCII.isAlpha(octet) else { continue }
            if octet & 0x20 == 0 { upper += 1 } else { lower += 1 }
        }
        return upper + lower >= 12 && (upper == 0 || lower == 0)
    }

    /// `text` with its `%HH` escapes undone; nil when it holds none.
    static func percentDecoded(_ text: RawSpan) -> [UInt8]? {
        guard text.firstOffset(of: ASCII.percent, in: 0..<text.byteCount) != nil else { return nil }
        var octets: [UInt8] = []
        var place = 0
        var escapes = 0
        while place < text.byteCount {
            if text.octet(place) == ASCII.percent, place + 2 < text.byteCount,
                let high = Hex.value(text.octet(place + 1)), let low = Hex.value(text.octet(place + 2))
            {
                octets.append(high << 4 | low)
                escapes += 1
                place += 3
            } else {
                octets.append(text.octet(place))
                place += 1
            }
        }
        return escapes > 0 ? octets : nil
    }
}
