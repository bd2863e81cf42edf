/// Tells by its first octets what a datagram or a stream carries. Ports say nothing: SIP runs on any.
enum PayloadClassifier {
    enum Datagram: UInt8 {
        case sip
        /// The magic cookie is in its place.
        case stun
        /// The first octets allow STUN without the cookie (RFC 3489); to be believed only on a flow that is known.
        case oldSTUN
        /// Nothing but CR and LF.
        case crlf
        /// A tunnel's or a mirror's packet, with another one inside: VXLAN, Geneve, GTP-U, TZSP, HEP.
        case carrier
        case other
    }

    /// RTP and RTCP, nine tenths of many captures, leave at the first comparison.
    @inline(__always)
    static func datagram(_ payload: RawSpan, isCut: Bool) -> Datagram {
        guard payload.byteCount > 0 else { return .other }
        let first = payload.octet(0)
        if first < 0x40 {
            if first > ASCII.cr {
                if first & 0xF8 == 0x30, Encapsulation.beginsTunnel(payload) { return .carrier }
                return first < 0x20 ? .other : mayBeToken(payload, first, isCut: isCut)
            }
            if payload.byteCount >= 20, first < 4 {
                if payload.big32(4) == 0x2112_A442 { return .stun }
                let isCarrier = first == 2 && HEPPacket.beginsVersion2(payload) || Encapsulation.beginsTunnel(payload)
                return isCarrier ? .carrier : .oldSTUN
            }
            if first == ASCII.cr || first == ASCII.lf { return lineEnds(payload, isCut: isCut) }
            return Encapsulation.beginsTunnel(payload) ? .carrier : .other
        }
        return first < 0x7F ? mayBeToken(payload, first, isCut: isCut) : .other
    }

    private static func mayBeToken(_ payload: RawSpan, _ first: UInt8, isCut: Bool) -> Datagram {
        // What a mirror sends has a start-line inside, and may pass for one.
        if first == UInt8(ascii: "H"), HEPPacket.beginsVersion3(payload) { return .carrier }
        return ASCII.isToken(first) && beginsSIP(payload, isCut: isCut) ? .sip : .other
    }

    private static func lineEnds(_ payload: RawSpan, isCut: Bool) -> Datagram {
        for offset in 0..<payload.byteCount {
            let octet = payload.octet(offset)
            guard octet == ASCII.cr || octet == ASCII.lf else {
                // Blank lines before a start-line are legal on streams, and some devices send them in datagrams too.
                return beginsSIP(payload.extracting(offset..<payload.byteCount), isCut: isCut) ? .sip : .other
            }
        }
        return .crlf
    }

    /// Whether `payload` begins with a SIP start-line: a whole one or, when the capture cut it, as much of one as cannot
    /// be anything else.
    static func beginsSIP(_ payload: RawSpan, isCut: Bool) -> Bool {
        if isPlainlySIP(payload) { return true }
        guard MessageParser.looksLikeSIP(payload) else { return false }
        if payload.firstOffset(of: ASCII.lf, in: 0..<payload.byteCount) != nil { return true }
        guard isCut else { return false }
        if payload.byteCount >= 7, payload.equalsIgnoringCase("SIP/2.0", in: 0..<7) { return true }
        guard let blank = payload.firstOffset(of: ASCII.space, in: 0..<payload.byteCount) else { return false }
        return ["sip:", "sips:", "tel:"].contains { (scheme: StaticString) in
            let end = blank + 1 + scheme.utf8CodeUnitCount
            return end <= payload.byteCount && payload.equalsIgnoringCase(scheme, in: blank + 1..<end)
        }
    }

    /// `SIP/2.0 ` in front, or `SIP/2.0` and CRLF at the end of the first line: nearly all that is SIP, in two steps.
    @inline(__always)
    private static func isPlainlySIP(_ payload: RawSpan) -> Bool {
        guard payload.byteCount >= 16 else { return false }
        if payload.big64(0) == 0x5349_502F_322E_3020 { return true }
        guard let lf = payload.firstOffset(of: ASCII.lf, in: 0..<payload.byteCount), lf >= 16 else { return false }
        return payload.big64(lf - 8) == 0x5349_502F_322E_300D && payload.octet(lf - 9) == ASCII.space
            && ASCII.isToken(payload.octet(0))
    }

    enum Stream: Equatable {
        /// A SIP start-line, perhaps after CRLFs; or STUN, which the framer knows.
        case sip
        /// CRLFs, two or more.
        case ping
        case tls
        case http
        /// What a mirror sends in HEP.
        case mirror
        /// More octets are needed to tell.
        case undecided
        case other
    }

    /// - Parameter limit: an unfinished line longer than this is no start-line.
    static func stream(_ octets: RawSpan, isCut: Bool, limit: Int) -> Stream {
        var start = 0
        while start + 1 < octets.byteCount, octets.big16(start) == 0x0D0A { start += 2 }
        let count = octets.byteCount - start
        if count == 0 { return start >= 4 ? .ping : .undecided }
        let first = octets.octet(start)
        if count == 1, first == ASCII.cr { return start >= 4 ? .ping : .undecided }
        let rest = octets.extracting(start..<octets.byteCount)
        switch first {
        case 0x14...0x17:
            // ContentType and ProtocolVersion of a TLS record (RFC 8446 §5.1); the length is at most 2^14 + 2048.
            guard count >= 5 else { return start == 0 ? .undecided : .other }
            return start == 0 && rest.octet(1) == 3 && rest.octet(2) <= 4 && rest.big16(3) <= 18_432 ? .tls : .other
        case 0...1:
            guard count >= 8 else { return .undecided }
            return rest.big32(4) == 0x2112_A442 ? .sip : .other
        default:
            guard ASCII.isToken(first) else { return .other }
            if first == UInt8(ascii: "H"), start == 0 {
                if HEPPacket.beginsVersion3(octets) { return .mirror }
                if count >= 4, octets.big32(0) == HEPPacket.magic { return .undecided }
            }
            return text(rest, isCut: isCut, limit: limit)
        }
    }

    private static func text(_ octets: RawSpan, isCut: Bool, limit: Int) -> Stream {
        guard let lf = octets.firstOffset(of: ASCII.lf, in: 0..<octets.byteCount) else {
            if isCut { return beginsSIP(octets, isCut: true) ? .sip : .other }
            let mayBegin =
                mayBeginHTTP(octets) || MessageParser.couldBeginStartLine(octets, 0..<octets.byteCount, isWhole: false)
            return octets.byteCount <= limit && mayBegin ? .undecided : .other
        }
        if MessageParser.looksLikeSIP(octets) { return .sip }
        let end = lf > 0 && octets.octet(lf - 1) == ASCII.cr ? lf - 1 : lf
        if end >= 8, octets.equals("HTTP/1.", in: 0..<7) { return .http }
        return end >= 9 && octets.equals("HTTP/1.", in: end - 8..<end - 1) ? .http : .other
    }

    /// Whether an unfinished line may be the request for a WebSocket, or the answer to one.
    private static func mayBeginHTTP(_ octets: RawSpan) -> Bool {
        for start in ["GET ", "HTTP/1."] as [StaticString] {
            let count = min(start.utf8CodeUnitCount, octets.byteCount)
            let isLike = start.withUTF8Buffer { wanted in
                (0..<count).allSatisfy { unsafe octets.octet($0) == wanted[$0] }
            }
            if isLike { return true }
        }
        return false
    }

    /// Whether an HTTP head asks for a WebSocket (RFC 6455 §4.1), or grants it, or is not whole so that it yet may.
    static func mayUpgradeToWebSocket(_ head: RawSpan) -> Bool {
        var line = 0
        while line < head.byteCount, let lf = head.firstOffset(of: ASCII.lf, in: line..<head.byteCount) {
            if lf - line <= 1 { return false }
            if lf - line >= 18, head.equalsIgnoringCase("Upgrade:", in: line..<line + 8) {
                var value = line + 8
                while value < lf, ASCII.isBlank(head.octet(value)) { value += 1 }
                if lf - value >= 9, head.equalsIgnoringCase("websocket", in: value..<value + 9) { return true }
            }
            line = lf + 1
        }
        return true
    }
}
