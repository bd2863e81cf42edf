/// The user whom a REGISTER binds Contacts to: the To URI in the canonical form of RFC 3261 §10.3 step 5.
///
/// Parameters and headers are gone, escapes stand only where the grammar demands them, and the host is in lower case.
/// The port is gone too: an AOR names a domain, and phones that are given `host:port` as their server write it here.
public struct AddressOfRecord: Hashable, Sendable, CustomStringConvertible {
    /// The canonical URI, `sip:alice@example.com`: what equality looks at, and fit for a header field.
    public let text: String

    /// nil for a URI without user or host, or of a scheme other than `sip` and `sips`.
    public init?(_ uri: SIPURI) {
        guard uri.scheme == .sip || uri.scheme == .sips else { return nil }
        var octets: [UInt8] = Array("\(uri.scheme):".utf8)
        guard let user = uri.user, !user.isEmpty, !uri.host.isEmpty else { return nil }
        URIText.appendUser(URIText.unescaped(Array(user.utf8)[...]), to: &octets)
        octets.append(ASCII.at)
        if let address = uri.address, address.isIPv6 {
            octets.append(text: "[\(address)]")
        } else {
            for octet in uri.host.utf8 { octets.append(ASCII.lowercased(octet)) }
        }
        text = String(decoding: octets, as: UTF8.self)
    }

    /// Reads a canonical text back, as a store keeps it.
    public init?(_ text: String) {
        guard let uri = try? SIPURI.parse(text) else { return nil }
        self.init(uri)
    }

    init(canonical text: String) { self.text = text }

    public var description: String { text }

    /// The user part without escapes: what Digest calls the user.
    public var user: String {
        let octets = Array(text.utf8)
        guard let colon = octets.firstIndex(of: ASCII.colon), let at = octets.lastIndex(of: ASCII.at) else { return "" }
        return String(decoding: URIText.unescaped(octets[(colon + 1)..<at]), as: UTF8.self)
    }

    /// The domain in lower case, IPv6 in brackets.
    public var host: Substring {
        text[(text.lastIndex(of: "@").map { text.index(after: $0) } ?? text.startIndex)...]
    }

    public static func == (left: AddressOfRecord, right: AddressOfRecord) -> Bool { left.text == right.text }

    /// Over the octets: a String's own hash looks for Unicode equivalence first.
    public func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
