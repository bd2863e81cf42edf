/// What the protocols that a client offers to speak inside of TLS say of the connection (ALPN, RFC 7301 §3.1).
enum TLSOffer {
    /// It may carry SIP: nothing is offered, or SIP, or HTTP/1.1, which may become a secure WebSocket.
    case leavesRoom
    /// HTTP/2 or mail, say: no SIP.
    case rulesOutSIP
    /// The offer is not there yet: hellos with keys of post-quantum kinds take two segments.
    case undecided

    private static let extensionType: UInt16 = 16

    /// - Parameter octets: of a connection, from its first one on, as many as are at hand.
    init(_ octets: RawSpan) {
        let header = TLSRecordStream.headerOctets
        guard octets.byteCount > header else {
            self = .undecided
            return
        }
        guard octets.octet(0) == TLSDecryptor.RecordType.handshake,
            octets.octet(header) == TLSHandshakeReader.Kind.clientHello
        else {
            self = .leavesRoom
            return
        }
        let end = header + Int(octets.big16(3))
        // A hello of several records would be a strange one: only its first is read.
        self = Self.read(octets, end: min(end, octets.byteCount)) ?? (octets.byteCount < end ? .undecided : .leavesRoom)
    }

    /// Reads a ClientHello; nil when it ends before its offer.
    private static func read(_ octets: RawSpan, end: Int) -> Self? {
        // The headers of the record and of the message, version, random.
        var place = TLSRecordStream.headerOctets + 4 + 2 + 32
        guard place < end else { return nil }
        // Session id, suites, compression methods.
        place += 1 + Int(octets.octet(place))
        guard place + 2 <= end else { return nil }
        place += 2 + Int(octets.big16(place))
        guard place < end else { return nil }
        place += 1 + Int(octets.octet(place)) + 2
        while place + 6 <= end {
            let next = place + 4 + Int(octets.big16(place + 2))
            guard next <= end else { return nil }
            if octets.big16(place) == extensionType {
                return namesOthers(octets, place + 6, next) ? .rulesOutSIP : .leavesRoom
            }
            place = next
        }
        return nil
    }

    /// Whether one of the names is of neither SIP nor HTTP/1.1, and none is of SIP.
    private static func namesOthers(_ octets: RawSpan, _ start: Int, _ end: Int) -> Bool {
        var found = false
        var place = start
        while place < end {
            let next = place + 1 + Int(octets.octet(place))
            guard next <= end else { return false }
            if next - place > 3, octets.equalsIgnoringCase("sip", in: place + 1..<place + 4) { return false }
            let isHTTP = next - place == 9 && octets.equalsIgnoringCase("http/1.1", in: place + 1..<next)
            // Names with two equal octets are noise by which browsers keep servers tolerant (GREASE, RFC 8701).
            let isGrease = next - place == 3 && octets.octet(place + 1) == octets.octet(place + 2)
            if !isHTTP, !isGrease { found = true }
            place = next
        }
        return found
    }
}
