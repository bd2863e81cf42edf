/// Clearwater bono: ten characters of the standard base64 alphabet, drawn with C's `rand()`; a handle.
enum BonoToken {
    static func decode(_ text: RawSpan) throws(ParseError) -> FlowToken {
        guard text.byteCount == 10 else {
            throw ParseError(.outOfRange, at: text.byteCount, in: "bono handle (ten base64 characters)")
        }
        for offset in 0..<10 {
            let octet = text.octet(offset)
            guard Base64.isLetter(octet), octet != ASCII.minus, octet != ASCII.underscore else {
                throw ParseError(.unexpected, at: offset, in: "bono handle (ten base64 characters)")
            }
        }
        return FlowToken(.bono, octets: text.array(0..<10), details: OverSIPToken.handle(text))
    }
}
