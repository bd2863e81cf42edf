/// Reads the lines that `EventLineWriter` wrote. A line that says something else is refused with its reason; an unknown
/// member is passed over, so that later versions may add some.
public enum EventLineReader {
    /// What the framing of captures took, from datagrams and streams alike.
    private static let limits: SIPLimits = {
        var limits = SIPLimits.default
        limits.datagramOctets = limits.streamOctets
        return limits
    }()

    /// The longest line that is read: the longest SIP message, every octet of it escaped, and what stands around it.
    public static let maximumLine = 6 * Int(limits.streamOctets) + 65_536

    public struct Line: Sendable {
        /// What shard it belongs to (`EventRecord.sharedKey`: to all).
        public let key: String
        public let record: EventRecord
    }

    /// - Parameter line: without its line end.
    /// - Throws: a `ParseError` whose rule is the member that is missing or wrong.
    public static func read(_ line: [UInt8]) throws(ParseError) -> Line {
        let json = try JSONValue.parse(line)
        guard let key = json["key"]?.string else { throw missing("key") }
        guard let time = json["time_ns"]?.integer else { throw missing("time_ns") }
        let moment = Timestamp(nanoseconds: time)
        guard let word = json["event"]?.string else { throw missing("event") }
        if word == "capture" { return Line(key: key, record: .capture(try summary(json, moment))) }
        if word == EventRecord.missing { return Line(key: key, record: .missing(at: moment)) }
        if let fleet = try FleetLines.read(word, moment, json) { return Line(key: key, record: .fleet(fleet)) }
        if let facts = try RunLines.read(word, moment, json) { return Line(key: key, record: .run(facts)) }
        guard let flow = json["flow"]?.string.flatMap(flow(_:)) else { throw missing("flow") }
        if word == "end" { return Line(key: key, record: .end(flow, at: moment)) }
        let direction: FlowEvent.Direction
        switch json["from"]?.string {
        case "client": direction = .fromClient
        case "server": direction = .fromServer
        default: throw missing("from")
        }
        let event = FlowEvent(
            flow: flow, time: moment, frame: UInt64(clamping: json["frame"]?.integer ?? 0), direction: direction,
            what: try what(word, json))
        return Line(key: key, record: .event(event))
    }

    /// `f1` is the first flow.
    private static func flow(_ name: String) -> FlowID? {
        guard name.hasPrefix("f"), let number = UInt32(name.dropFirst()), number > 0 else { return nil }
        return FlowID(number - 1)
    }

    private static func what(_ word: String, _ json: JSONValue) throws(ParseError) -> FlowEvent.What {
        switch word {
        case "open": return .open(try opening(json))
        case "sip": return .sip(try message(json))
        case "begins-sip": return .beginsSIP
        case "cut-sip": return .cutSIP
        case "malformed-sip":
            guard let error = json["error"].flatMap(defect(_:)) else { throw missing("error") }
            return .malformedSIP(error)
        case "crlf":
            guard let completes = json["completes_pair"]?.bool, let own = json["own_segment"]?.bool else {
                throw missing("completes_pair, own_segment")
            }
            return .crlf(completesPair: completes, ownSegment: own)
        case "repeated-ping": return .repeatedPing
        case "crlf-datagram": return .crlfDatagram(try number(json, "octets", "octets"))
        case "other-datagram":
            return .otherDatagram(
                length: try number(json, "octets", "octets"),
                first: json["first"]?.integer.flatMap { UInt8(exactly: $0) })
        case "stun": return .stun(try stun(json))
        case "gap": return .gap(json["octets"]?.integer.flatMap { Int(exactly: $0) })
        case "unrecognized": return .unrecognized(try number(json, "octets", "octets"))
        case "ws-ping": return .webSocketControl(.ping)
        case "ws-pong": return .webSocketControl(.pong)
        case "ws-close":
            return .webSocketControl(.close(json["status"]?.integer.flatMap { UInt16(exactly: $0) }))
        case "ws-handshake":
            guard let offersSIP = json["offers_sip"]?.bool, let grantsSIP = json["grants_sip"]?.bool else {
                throw missing("offers_sip, grants_sip")
            }
            return .webSocketHandshake(offersSIP: offersSIP, grantsSIP: grantsSIP)
        case WebSocketLines.refused: return .webSocketRefused(try WebSocketLines.refusal(json))
        case WebSocketLines.fault: return .webSocketFault(try WebSocketLines.fault(json))
        case "ws-glued-crlf": return .gluedCRLF(try number(json, "octets", "octets"))
        case "encrypted": return .encrypted
        case "icmp-error":
            return .icmpError(type: try number(json, "type", "type"), code: try number(json, "code", "code"))
        case "close":
            guard let closing = EventWords.value(json["how"]?.string, EventWords.closings) else { throw missing("how") }
            return .close(closing)
        default: throw ParseError(.unexpected, at: 0, in: "event")
        }
    }

    private static func opening(_ json: JSONValue) throws(ParseError) -> FlowEvent.Opening {
        guard let transport = json["transport"]?.string.flatMap({ TransportProtocol($0) }) else {
            throw missing("transport")
        }
        guard let client = json["client"]?.string.flatMap({ TransportAddress($0) }) else { throw missing("client") }
        guard let server = json["server"]?.string.flatMap({ TransportAddress($0) }) else { throw missing("server") }
        guard let kind = EventWords.value(json["kind"]?.string, EventWords.kinds) else { throw missing("kind") }
        return FlowEvent.Opening(
            transport: transport, client: client, server: server, kind: kind,
            isAnswered: json["answered"]?.bool ?? false)
    }

    private static func message(_ json: JSONValue) throws(ParseError) -> SIPMessage {
        let coded = json["base64"]?.string.flatMap { Base64.decode($0.utf8) }
        guard let octets = json["text"]?.string.map({ Array($0.utf8) }) ?? coded?.octets else {
            throw missing("text, base64")
        }
        var message = SIPMessage()
        try unsafe MessageParser.parse(octets.span.bytes, into: &message, limits: limits)
        // What was cut off when it was read first shows in its defects alone.
        message.defects = (json["defects"]?.array ?? []).compactMap(defect(_:))
        return message
    }

    private static func defect(_ json: JSONValue) -> ParseError? {
        guard let code = EventWords.value(json["code"]?.string, EventWords.codes),
            let offset = json["offset"]?.integer.flatMap({ Int(exactly: $0) })
        else { return nil }
        let rule = EventWords.rule(json["rule"]?.string)
        guard code == .limit, let bound = json["bound"]?.integer.flatMap({ Int(exactly: $0) }) else {
            return ParseError(code, at: offset, in: rule)
        }
        return ParseError(overLimit: bound, at: offset, in: rule)
    }

    private static func stun(_ json: JSONValue) throws(ParseError) -> STUNFacts {
        guard let messageClass = EventWords.value(json["class"]?.string, EventWords.stunClasses) else {
            throw missing("class")
        }
        guard let id = json["transaction"]?.string.flatMap({ Hex.decode($0.utf8) }), id.count == 12 else {
            throw missing("transaction")
        }
        var flags: STUNFacts.Flags = []
        for word in json["flags"]?.array ?? [] {
            if let flag = EventWords.value(word.string, EventWords.stunFlags) { flags.insert(flag) }
        }
        return STUNFacts(
            messageClass: messageClass, method: try number(json, "method", "method"),
            transactionHigh: id[..<4].reduce(0) { $0 << 8 | UInt32($1) },
            transactionLow: id[4...].reduce(0) { $0 << 8 | UInt64($1) }, flags: flags,
            mappedAddress: json["mapped"]?.string.flatMap { TransportAddress($0) },
            errorCode: json["error"]?.integer.flatMap { UInt16(exactly: $0) } ?? 0)
    }

    private static func summary(_ json: JSONValue, _ time: Timestamp) throws(ParseError) -> CaptureSummary {
        var missing: [NotAnalyzed] = []
        for row in json["not_analyzed"]?.array ?? [] {
            guard let what = row["what"]?.string, let why = row["why"]?.string else {
                throw self.missing("not_analyzed")
            }
            missing.append(NotAnalyzed(what: what, count: try number(row, "count", "not_analyzed"), why: why))
        }
        func count(_ name: StaticString) throws(ParseError) -> Int {
            // Not there where it is 0.
            json[name.description] == nil ? 0 : Int(try number(json, name.description, name) as UInt32)
        }
        return CaptureSummary(
            packets: try number(json, "packets", "packets"), leftOut: try count("packets_left_out"),
            decrypted: try count("tls_decrypted"), lastTime: time, notAnalyzed: missing)
    }

    private static func number<Number: BinaryInteger>(
        _ json: JSONValue, _ name: String, _ rule: StaticString
    ) throws(ParseError) -> Number {
        guard let value = json[name]?.integer.flatMap({ Number(exactly: $0) }) else { throw missing(rule) }
        return value
    }

    private static func missing(_ rule: StaticString) -> ParseError { ParseError(.missing, at: 0, in: rule) }
}
