/// The words of event lines, in one place for writing and reading.
enum EventWords {
    static let stunFlags: [(STUNFacts.Flags, String)] = [
        (.cookie, "cookie"), (.xorMapped, "xor-mapped"), (.plainMapped, "mapped"), (.fingerprint, "fingerprint"),
        (.badFingerprint, "bad-fingerprint"), (.errorCode, "error-code"),
        (.unknownAttributes, "unknown-attributes"), (.unknownRequired, "unknown-required"), (.software, "software"),
        (.badLength, "bad-length"), (.cut, "cut"), (.required, "required"),
    ]

    static let stunClasses: [(STUNClass, String)] = [
        (.request, "request"), (.indication, "indication"), (.success, "success"), (.error, "error"),
    ]

    static let kinds: [(FlowEvent.Opening.Kind, String)] = [
        (.handshake, "handshake"), (.midstream, "midstream"), (.datagram, "datagram"),
    ]

    static let closings: [(FlowEvent.Closing, String)] = [(.fin, "fin"), (.rst, "rst"), (.refused, "refused")]

    static let codes: [(ParseError.Code, String)] = [
        (.truncated, "truncated"), (.unexpected, "unexpected"), (.outOfRange, "out-of-range"), (.missing, "missing"),
        (.repeated, "repeated"), (.limit, "limit"), (.trailing, "trailing"),
    ]

    /// The rules of parse errors that judgement asks for.
    static let rules: [StaticString] = ["Content-Length"] + SIPBound.allCases.map(\.rule)

    /// The rule of that name; of all others only that they were one of SIP's is known.
    static func rule(_ name: String?) -> StaticString {
        rules.first { $0.description == name } ?? "SIP message"
    }

    static func word<Value: Equatable>(_ value: Value, _ table: [(Value, String)]) -> String {
        table.first { $0.0 == value }?.1 ?? ""
    }

    static func value<Value>(_ word: String?, _ table: [(Value, String)]) -> Value? {
        guard let word else { return nil }
        return table.first { $0.1 == word }?.0
    }
}
