/// One DNS record of those that locate a SIP server (RFC 3263): its owner is not kept, because the resolver that was asked
/// follows aliases and answers for the name that was asked for.
enum DNSRecord: Sendable, Hashable {
    case address(IPAddress)
    case service(DNSService)
    case pointer(DNSNamingPointer)
    /// CNAME: the name that stands for the one asked for.
    case alias(String)
    case other(type: UInt16)
}

/// SRV (RFC 2782).
struct DNSService: Sendable, Hashable {
    let priority: UInt16
    let weight: UInt16
    let port: UInt16
    /// Empty for the root, which says that the service is decidedly not offered.
    let target: String
}

/// NAPTR (RFC 3403 §4).
struct DNSNamingPointer: Sendable, Hashable {
    let order: UInt16
    let preference: UInt16
    let flags: String
    let service: String
    let replacement: String
}

/// The record types that are asked for (RFC 1035 §3.2.2 and its successors).
enum DNSType: UInt16, Sendable, Hashable {
    case a = 1
    case aaaa = 28
    case srv = 33
    case naptr = 35
}

/// Reads DNS responses (RFC 1035 §4.1). Everything in one is written by others: each length and each pointer is checked,
/// and pointers lead only backwards, so that no message is read in circles.
enum DNSMessage {
    /// The most records that are read of one answer.
    static let recordLimit = 256
    private static let headerLength = 12
    /// RFC 1035 §2.3.4.
    private static let nameLimit = 255

    struct Answer: Sendable, Hashable {
        let records: [DNSRecord]
        /// Records were left out for want of room, or the octets end early.
        let isTruncated: Bool
    }

    static func parse(_ input: RawSpan) throws(ParseError) -> Answer {
        guard input.byteCount >= headerLength else {
            throw ParseError(.truncated, at: input.byteCount, in: "DNS header")
        }
        guard input.octet(2) & 0x80 != 0 else { throw ParseError(.unexpected, at: 2, in: "DNS response") }
        var isTruncated = input.octet(2) & 0x02 != 0
        var at = headerLength
        for _ in 0..<Int(input.big16(4)) {
            _ = try name(input, &at)
            at += 4
        }
        var records: [DNSRecord] = []
        for _ in 0..<Int(input.big16(6)) {
            guard records.count < recordLimit else {
                throw ParseError(overLimit: recordLimit, at: at, in: "DNS answers")
            }
            // What was cut off is told apart from what is wrong: the records before it are good.
            guard at < input.byteCount else {
                isTruncated = true
                break
            }
            records.append(try record(input, &at))
        }
        return Answer(records: records, isTruncated: isTruncated)
    }

    private static func record(_ input: RawSpan, _ at: inout Int) throws(ParseError) -> DNSRecord {
        _ = try name(input, &at)
        guard at + 10 <= input.byteCount else { throw ParseError(.truncated, at: at, in: "DNS record") }
        let type = input.big16(at)
        let start = at + 10
        let end = start + Int(input.big16(at + 8))
        guard end <= input.byteCount else { throw ParseError(.truncated, at: at + 8, in: "DNS record length") }
        at = end
        switch type {
        case DNSType.a.rawValue, DNSType.aaaa.rawValue:
            guard let address = IPAddress(octets: input.array(start..<end)), address.isIPv6 == (type != 1) else {
                throw ParseError(.outOfRange, at: start, in: "DNS address")
            }
            return .address(address)
        case 5:
            var place = start
            return .alias(try name(input, &place))
        case DNSType.srv.rawValue:
            guard end - start > 6 else { throw ParseError(.truncated, at: start, in: "SRV record") }
            var place = start + 6
            return .service(
                DNSService(
                    priority: input.big16(start), weight: input.big16(start + 2), port: input.big16(start + 4),
                    target: try name(input, &place)))
        case DNSType.naptr.rawValue:
            guard end - start > 4 else { throw ParseError(.truncated, at: start, in: "NAPTR record") }
            var place = start + 4
            let flags = try text(input, &place, end)
            let service = try text(input, &place, end)
            _ = try text(input, &place, end)
            return .pointer(
                DNSNamingPointer(
                    order: input.big16(start), preference: input.big16(start + 2), flags: flags, service: service,
                    replacement: try name(input, &place)))
        default:
            return .other(type: type)
        }
    }

    /// A character-string (RFC 1035 §3.3).
    private static func text(_ input: RawSpan, _ at: inout Int, _ end: Int) throws(ParseError) -> String {
        guard at < end, at + 1 + Int(input.octet(at)) <= end else {
            throw ParseError(.truncated, at: at, in: "DNS character-string")
        }
        let range = at + 1..<at + 1 + Int(input.octet(at))
        at = range.upperBound
        return input.string(range)
    }

    /// A domain name without its final dot, empty for the root (RFC 1035 §4.1.4).
    ///
    /// Labels of host names and services are letters, digits, hyphens and underscores; any other octet is refused, for
    /// what is read here is printed, and looked up again.
    private static func name(_ input: RawSpan, _ at: inout Int) throws(ParseError) -> String {
        var octets: [UInt8] = []
        var place = at
        var lowest = at
        var hasJumped = false
        while true {
            guard let length = input.octetIfPresent(place) else {
                throw ParseError(.truncated, at: input.byteCount, in: "domain name")
            }
            switch length {
            case 0:
                if !hasJumped { at = place + 1 }
                return String(decoding: octets, as: UTF8.self)
            case 1...63:
                guard place + 1 + Int(length) <= input.byteCount else {
                    throw ParseError(.truncated, at: place, in: "domain name")
                }
                if !octets.isEmpty { octets.append(ASCII.dot) }
                for index in place + 1..<place + 1 + Int(length) {
                    let octet = input.octet(index)
                    guard
                        ASCII.isAlpha(octet) || ASCII.isDigit(octet) || octet == ASCII.minus
                            || octet == ASCII.underscore
                    else { throw ParseError(.unexpected, at: index, in: "domain name") }
                    octets.append(octet)
                }
                guard octets.count < nameLimit else {
                    throw ParseError(overLimit: nameLimit, at: place, in: "domain name octets")
                }
                place += 1 + Int(length)
            case 0xC0...0xFF:
                guard place + 2 <= input.byteCount else {
                    throw ParseError(.truncated, at: place, in: "domain name pointer")
                }
                let target = Int(input.big16(place) & 0x3FFF)
                guard target < lowest else { throw ParseError(.unexpected, at: place, in: "domain name pointer") }
                if !hasJumped { at = place + 2 }
                hasJumped = true
                lowest = target
                place = target
            default:
                throw ParseError(.unexpected, at: place, in: "domain name label")
            }
        }
    }
}
