@testable import OutboundKit

/// Text with `\n` written for CRLF, as octets.
func wire(_ text: String) -> [UInt8] {
    var octets: [UInt8] = []
    for octet in text.utf8 {
        if octet == ASCII.lf { octets.append(ASCII.cr) }
        octets.append(octet)
    }
    return octets
}

func parsed(_ octets: [UInt8], limits: SIPLimits = .default) throws -> SIPMessage {
    var message = SIPMessage()
    try MessageParser.parse(octets.span.bytes, into: &message, limits: limits)
    return message
}

func parsed(_ text: String) throws -> SIPMessage { try parsed(wire(text)) }

/// Text that has its CRLFs already.
func written(_ text: String) throws -> SIPMessage { try parsed(Array(text.utf8)) }

/// A request with one more header line, for tests of one field.
func message(with line: String) throws -> SIPMessage {
    try parsed("OPTIONS sip:example.com SIP/2.0\n\(line)\nContent-Length: 0\n\n")
}

/// The error that `body` throws, if any.
func parseError(_ body: () throws -> Void) -> ParseError? {
    do {
        try body()
        return nil
    } catch {
        return error as? ParseError
    }
}

/// RFC 5626 §9.1's registration, reworded: what most messages of a flow look like.
let registration = """
    REGISTER sip:example.com SIP/2.0
    Via: SIP/2.0/TCP 192.0.2.2;branch=z9hG4bKnashds7
    Max-Forwards: 70
    From: Bob <sip:bob@example.com>;tag=7F94778B653B
    To: Bob <sip:bob@example.com>
    Call-ID: 16CB75F21C70
    CSeq: 1 REGISTER
    Supported: path, outbound
    Route: <sip:ep1.example.com;lr>
    Contact: <sip:bob@192.0.2.2;transport=tcp>;reg-id=1;+sip.instance="<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>"
    Content-Length: 0


    """

/// Everything that can be asked of a message, so that a trap anywhere shows. The count keeps it from being removed.
func touchEverything(_ message: SIPMessage) -> Int {
    var count = message.viaCount + message.faults().count + message.defects.count
    for name in HeaderName.allCases {
        count += message.values(name).count + message.optionTags(in: name).count + message.count(name)
        count += message.hasOptionTag("outbound", in: name) ? 1 : 0
        count += message.integer(name) == nil ? 0 : 1
        count += (try? message.nameAddrs(name))?.map { $0.description.utf8.count }.count ?? 0
    }
    count += (try? message.contacts())?.count ?? 0
    count += (try? message.vias())?.count ?? 0
    count += (try? message.topVia()) == nil ? 0 : 1
    count += (try? message.cseq()) == nil ? 0 : 1
    for field in message.headers {
        count += message.text(field.value).utf8.count + message.text(field.nameText).utf8.count
    }
    return count + message.text(message.body).utf8.count
}
