/// OverSIP. Over UDP: `_`, then base64 of `IP_port` with each `=` written `-`; no code at all, so anybody can make the
/// proxy send to any address. Over connections: ten lower-case hex digits, a handle that only a live process knows.
enum OverSIPToken {
    static func decodeUDP(_ text: RawSpan) throws(ParseError) -> FlowToken {
        guard text.octet(0) == ASCII.underscore else {
            throw ParseError(.missing, at: 0, in: "oversip token's leading underscore")
        }
        let letters = text.array(1..<text.byteCount).map { $0 == ASCII.minus ? ASCII.equal : $0 }
        guard let (octets, spelling) = Base64.decode(letters), let plain = AddressText.printable(octets),
            let remote = AddressText.end(plain, separator: "_")
        else { throw ParseError(.unexpected, at: 1, in: "oversip token (base64 of IP_port)") }
        return FlowToken(.oversipUDP, transport: .sip(.udp), remote: remote, octets: octets, spelling: spelling)
    }

    static func encodeUDP(_ flow: Flow) -> [UInt8]? {
        guard flow.transport == .udp else { return nil }
        let text = Base64.encode(Array("\(flow.remote.ip)_\(flow.remote.port)".utf8))
        return [ASCII.underscore] + text.utf8.map { $0 == ASCII.equal ? ASCII.minus : $0 }
    }

    static func decodeConnection(_ text: RawSpan) throws(ParseError) -> FlowToken {
        guard text.byteCount == 10 else {
            throw ParseError(.outOfRange, at: text.byteCount, in: "oversip handle (ten lower-case hex digits)")
        }
        for offset in 0..<10 where !isLowerHex(text.octet(offset)) {
            throw ParseError(.unexpected, at: offset, in: "oversip handle (ten lower-case hex digits)")
        }
        return FlowToken(.oversipConnection, octets: text.array(0..<10), details: handle(text))
    }

    static func isLowerHex(_ octet: UInt8) -> Bool { ASCII.isDigit(octet) || octet &- 0x61 < 6 }

    static func handle(_ text: RawSpan) -> [FlowToken.Detail] {
        [FlowToken.Detail(name: "handle", value: text.string(0..<text.byteCount))]
    }
}
