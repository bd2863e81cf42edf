/// NkSIP: `NkF` and the two numbers of an Erlang process id `<0.N.M>`: small, consecutive, no code.
enum NkSIPToken {
    static func decode(_ text: RawSpan) throws(ParseError) -> FlowToken {
        guard text.byteCount > 3, text.equals("NkF", in: 0..<3) else {
            throw ParseError(.missing, at: 0, in: "nksip token's NkF")
        }
        guard let dot = text.firstOffset(of: ASCII.dot, in: 3..<text.byteCount), dot > 3, dot + 1 < text.byteCount
        else {
            throw ParseError(.unexpected, at: 3, in: "nksip token (NkF, number, dot, number)")
        }
        for offset in 3..<text.byteCount where offset != dot && !ASCII.isDigit(text.octet(offset)) {
            throw ParseError(.unexpected, at: offset, in: "nksip token (NkF, number, dot, number)")
        }
        let process = "<0.\(text.string(3..<text.byteCount))>"
        return FlowToken(
            .nksip, octets: text.array(0..<text.byteCount), details: [.init(name: "erlang_pid", value: process)])
    }
}
