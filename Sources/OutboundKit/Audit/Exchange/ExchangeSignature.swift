/// Tells exchanges apart that the rules may judge differently, and no others: header fields in their order, without what
/// is new in every message.
enum ExchangeSignature {
    static func of(_ exchange: RegistrationExchange) -> Int {
        var hash = OctetHash()
        combine(exchange.request, into: &hash)
        if let response = exchange.response { combine(response, into: &hash) }
        hash.combine(exchange.transmissions > 1 ? 1 : 0)
        hash.combine(exchange.provisionalCount > 0 ? 1 : 0)
        hash.combine(exchange.challenged != nil ? 1 : 0)
        return hash.value
    }

    private static func combine(_ message: SIPMessage, into hash: inout OctetHash) {
        hash.combine(UInt64(message.statusCode))
        let span = unsafe message.bytes.span.bytes
        for field in message.headers {
            hash.combine(UInt64(field.name.rawValue))
            guard !isVolatile(field.name, isRequest: message.isRequest) else { continue }
            // A registrar counts lifetimes down: digits of its Contact do not make it another answer.
            if field.name == .contact, !message.isRequest {
                combine(withoutDigits: span, field.value.range, into: &hash)
            } else {
                hash.combine(span, field.value.range)
            }
        }
    }

    private static func combine(withoutDigits span: RawSpan, _ range: Range<Int>, into hash: inout OctetHash) {
        var word: UInt64 = 0
        var count: UInt64 = 0
        for offset in range {
            let octet = span.octet(offset)
            if ASCII.isDigit(octet) { continue }
            word = word << 8 | UInt64(octet)
            count += 1
            if count % 8 == 0 { hash.combine(word) }
        }
        // The last word may hold octets of the one before it.
        hash.combine(word)
        hash.combine(count)
    }

    private static func isVolatile(_ name: HeaderName, isRequest: Bool) -> Bool {
        switch name {
        case .via, .callID, .cseq, .from, .contentLength, .date, .authorization, .proxyAuthorization, .wwwAuthenticate,
            .proxyAuthenticate, .authenticationInfo:
            true
        // A response has a tag in To.
        case .to: !isRequest
        default: false
        }
    }
}
