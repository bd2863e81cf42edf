/// The comparison of RFC 3261 §19.1.4, by which a registrar tells whether a Contact is known. It is not transitive,
/// and so cannot be `==`.
extension SIPURI {
    /// Whether both name the same resource. A parameter in one URI alone counts for nothing, unless it is one of
    /// transport, user, ttl, method and maddr. URIs of other schemes compare by octets.
    public func isEquivalent(to other: SIPURI) -> Bool {
        guard scheme == other.scheme, opaque == other.opaque, port == other.port,
            Self.matches(user, other.user, ignoringCase: false),
            Self.matches(password, other.password, ignoringCase: false), hostMatches(other)
        else { return false }
        return parametersMatch(other) && headersMatch(other)
    }

    /// Whether both lead to one user at one host and port, whatever their parameters are.
    func isSamePlace(as other: SIPURI) -> Bool {
        port == other.port && Self.matches(user, other.user, ignoringCase: false) && hostMatches(other)
    }

    /// Two spellings of one IPv6 address are one host; a name is never its address.
    private func hostMatches(_ other: SIPURI) -> Bool {
        if let left = address, let right = other.address { return left == right }
        return ASCII.equalsIgnoringCase(host, other.host)
    }

    private static let neverIgnored = ["transport", "user", "ttl", "method", "maddr"]

    private func parametersMatch(_ other: SIPURI) -> Bool {
        for name in Self.neverIgnored where hasParameter(name) != other.hasParameter(name) { return false }
        return parameters.allSatisfy { parameter in
            guard let match = other.parameters.first(named: parameter.name) else { return true }
            return Self.matches(parameter.value, match.value, ignoringCase: true)
        }
    }

    private func headersMatch(_ other: SIPURI) -> Bool {
        guard headers.count == other.headers.count else { return false }
        var rest = other.headers
        for header in headers {
            let match = rest.firstIndex {
                ASCII.equalsIgnoringCase($0.name, header.name)
                    && Self.matches($0.value, header.value, ignoringCase: false)
            }
            guard let match else { return false }
            rest.remove(at: match)
        }
        return true
    }

    private static func matches(_ left: String?, _ right: String?, ignoringCase: Bool) -> Bool {
        guard let left, let right else { return left == right }
        let (first, second) = (normalized(left), normalized(right))
        return ignoringCase
            ? first.elementsEqual(second) { ASCII.lowercased($0) == ASCII.lowercased($1) } : first == second
    }

    /// An escape is the same as its octet, unless the octet is one of RFC 2396's `reserved`; then it stays an escape,
    /// in capitals.
    private static func normalized(_ text: String) -> [UInt8] {
        let octets = [UInt8](text.utf8)
        guard octets.contains(ASCII.percent) else { return octets }
        var result: [UInt8] = []
        var index = 0
        while index < octets.count {
            guard octets[index] == ASCII.percent, index + 2 < octets.count, let high = Hex.value(octets[index + 1]),
                let low = Hex.value(octets[index + 2])
            else {
                result.append(octets[index])
                index += 1
                continue
            }
            let octet = high << 4 | low
            switch octet {
            case ASCII.semicolon, ASCII.slash, ASCII.question, ASCII.colon, ASCII.at, 0x26, ASCII.equal, ASCII.plus,
                0x24, ASCII.comma, ASCII.percent:
                result.append(ASCII.percent)
                for digit in octets[index + 1...index + 2] {
                    result.append(ASCII.isAlpha(digit) ? digit & 0xDF : digit)
                }
            default:
                result.append(octet)
            }
            index += 3
        }
        return result
    }
}
