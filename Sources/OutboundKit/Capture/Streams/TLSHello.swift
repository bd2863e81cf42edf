/// The random octets of a hello, by which key logs name a connection.
struct TLSRandom: Hashable, Sendable {
    private let words: [4 of UInt64]

    /// - Precondition: 32 octets lie there.
    init(_ octets: RawSpan, at offset: Int) {
        words = [
            octets.big64(offset), octets.big64(offset + 8), octets.big64(offset + 16), octets.big64(offset + 24),
        ]
    }

    static func == (left: TLSRandom, right: TLSRandom) -> Bool {
        (0..<4).allSatisfy { left.words[$0] == right.words[$0] }
    }

    func hash(into hasher: inout Hasher) {
        for index in 0..<4 { hasher.combine(words[index]) }
    }

    var octets: [UInt8] {
        var octets: [UInt8] = []
        for index in 0..<4 { octets.appendBig64(words[index]) }
        return octets
    }
}

/// What of a ClientHello or ServerHello decides how records are protected (RFC 5246 §7.4.1, RFC 8446 §4.1).
struct TLSHello {
    let random: TLSRandom
    /// The suite that the server chose; of a client 0.
    private(set) var suite: UInt16 = 0
    /// The version that the server chose; of a client the old field's.
    private(set) var version: UInt16
    private(set) var offersEarlyData = false
    private(set) var encryptsThenAuthenticates = false

    private enum Extension {
        static let encryptThenMAC: UInt16 = 22
        static let earlyData: UInt16 = 42
        static let supportedVersions: UInt16 = 43
    }

    /// The random octets of a HelloRetryRequest, which else looks like a ServerHello (RFC 8446 §4.1.3).
    private static let retry: [UInt8] = [
        0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
        0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
    ]

    /// The server asks for another ClientHello.
    var isRetry: Bool { random.octets == Self.retry }

    /// Reads the body of a hello; nil when a length in it is wrong.
    init?(_ body: RawSpan, fromClient: Bool) {
        guard body.byteCount >= 35 else { return nil }
        version = body.big16(0)
        random = TLSRandom(body, at: 2)
        // The session id.
        var place = 35 + Int(body.octet(34))
        if fromClient {
            guard place + 2 <= body.byteCount else { return nil }
            place += 2 + Int(body.big16(place))
            guard place + 1 <= body.byteCount else { return nil }
            place += 1 + Int(body.octet(place))
        } else {
            guard place + 3 <= body.byteCount else { return nil }
            suite = body.big16(place)
            place += 3
        }
        // Extensions need not be there at all.
        if place == body.byteCount { return }
        guard place + 2 <= body.byteCount else { return nil }
        let end = place + 2 + Int(body.big16(place))
        guard end <= body.byteCount else { return nil }
        place += 2
        while place + 4 <= end {
            let start = place + 4
            let next = start + Int(body.big16(place + 2))
            guard next <= end else { return nil }
            switch body.big16(place) {
            case Extension.encryptThenMAC: encryptsThenAuthenticates = true
            case Extension.earlyData: offersEarlyData = fromClient
            case Extension.supportedVersions where !fromClient && next - start == 2: version = body.big16(start)
            default: break
            }
            place = next
        }
    }
}

/// Joins the handshake messages of one end (RFC 5246 §7.4), wherever records cut them. Of those that nobody looks at only
/// the octets are counted.
struct TLSHandshakeReader {
    struct Message {
        let type: UInt8
        /// Of a hello; of others empty.
        let body: [UInt8]
    }

    enum Kind {
        static let clientHello: UInt8 = 1
        static let serverHello: UInt8 = 2
        static let finished: UInt8 = 20
        static let keyUpdate: UInt8 = 24
    }

    private let limit: Int
    private var header: [UInt8] = []
    private var due = 0
    private var body: [UInt8] = []
    /// Octets were lost, so that where a message begins is not known any more.
    private var isBroken = false

    /// - Parameter limit: the octets of the largest hello that is read.
    init(limit: Int) {
        self.limit = limit
    }

    mutating func lose() {
        isBroken = true
        body = []
    }

    /// Takes what a record holds; the messages that it completes.
    mutating func receive(_ octets: ArraySlice<UInt8>) -> [Message] {
        guard !isBroken else { return [] }
        var messages: [Message] = []
        var rest = octets
        while !rest.isEmpty {
            if header.count < 4 {
                let part = rest.prefix(4 - header.count)
                header += part
                rest = rest.dropFirst(part.count)
                guard header.count == 4 else { break }
                due = Int(header[1]) << 16 | Int(header[2]) << 8 | Int(header[3])
            }
            let part = rest.prefix(due)
            let isHello = header[0] == Kind.clientHello || header[0] == Kind.serverHello
            if isHello, body.count + due <= limit { body += part }
            due -= part.count
            rest = rest.dropFirst(part.count)
            guard due == 0 else { break }
            messages.append(Message(type: header[0], body: body))
            header = []
            body = []
        }
        return messages
    }
}
