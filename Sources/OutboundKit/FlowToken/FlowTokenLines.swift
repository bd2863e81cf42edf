/// Turns lines into tokens and back by the million: `udp 198.51.100.10:5060 10.0.0.1:4321` to a token a line, and a
/// token to a line of seven columns. Works on octets, with no allocation for a line of the common kind.
///
///     verdict format transport local remote key remarks
///
/// verdict: `valid`, `invalid` (the code was tried and does not hold), `unverified` (nothing to try), `none` (no flow
/// token). A column without content is `-`; remarks are weaknesses and damage, with commas between.
public struct FlowTokenLines {
    /// What was written so far.
    public private(set) var output: [UInt8] = []
    private let ring: FlowTokenKeyRing
    private let issuers: [(issuer: FlowTokenIssuer, name: [UInt8], short: Bool)]
    /// The issuer that fitted last: traffic of one proxy is in one format.
    private var latest = 0

    public init(keys ring: FlowTokenKeyRing) {
        self.ring = ring
        let published = Set(ring.published.map(\.key.octets))
        var issuers: [(FlowTokenIssuer, [UInt8], Bool)] = []
        for entry in ring.entries {
            let ways: [(FlowTokenFormat, EffectiveKey?)] = [
                (.kamailio, entry.derived), (.kamailio, entry.raw), (.flexisip, entry.raw),
            ]
            for case (let format, let key?) in ways where !published.contains(key.octets) {
                guard let issuer = FlowTokenIssuer(format, effectiveKey: key.octets) else { continue }
                issuers.append((issuer, Self.column(entry.key.name), entry.key.octets.count < 16))
            }
        }
        self.issuers = issuers
    }

    /// Hands over what was written and goes on with an empty buffer.
    public mutating func drain(_ body: ([UInt8]) -> Void) {
        body(output)
        output.removeAll(keepingCapacity: true)
    }

    // MARK: Tokens to lines

    /// Writes the line of a token that one of the keys signed in the usual way. False, with nothing written, for every
    /// other text: that needs a `FlowTokenExaminer` and `append`.
    @discardableResult
    public mutating func verify(_ input: RawSpan, in range: Range<Int>) -> Bool {
        guard range.count == 32 || range.count == 64 else { return false }
        let text = input.extracting(range)
        for step in 0..<issuers.count {
            let index = (latest + step) % issuers.count
            let flow: Flow
            switch issuers[index].issuer.check(text) {
            case .refused: continue
            case .flow(let found): flow = found
            case .codeHolds:
                // Flexisip's piece of the code over another transport octet: the RFC's example, whose rest is opaque.
                guard issuers[index].issuer.format == .flexisip else { return false }
                latest = index
                output.append(contentsOf: "valid rfc5626 - - - ".utf8)
                output.append(contentsOf: issuers[index].name)
                output.append(contentsOf: issuers[index].short ? " short-key\n".utf8 : " -\n".utf8)
                return true
            }
            // Ports and addresses that call for a remark are the examiner's.
            guard TokenDetector.isFlowEnd(flow.remote) else { return false }
            latest = index
            let exposed = flow.local.ip.isPrivate || flow.remote.ip.isPrivate
            let front: StaticString =
                issuers[index].issuer.format == .kamailio ? "valid kamailio " : "valid flexisip "
            let remarks: StaticString =
                switch (issuers[index].short, exposed) {
                case (true, true): " short-key,private-address-exposed\n"
                case (true, false): " short-key\n"
                case (false, true): " private-address-exposed\n"
                case (false, false): " -\n"
                }
            append(front, flow, issuers[index].name, remarks)
            return true
        }
        return false
    }

    /// Writes a line of any text.
    public mutating func append(_ line: String) {
        output.append(text: line)
        output.append(ASCII.lf)
    }

    /// Writes the line of any assessment.
    public mutating func append(_ assessment: TokenAssessment) {
        let token = assessment.token
        let remarks = assessment.weaknesses.map(\.rawValue) + assessment.damage.map(\.rawValue)
        var told: Set<String> = []
        let columns = [
            Self.verdict(assessment), token?.format.rawValue ?? "-", token?.transport?.description ?? "-",
            token?.local?.description ?? "-", token?.remote?.description ?? "-",
        ]
        output.append(contentsOf: columns.joined(separator: " ").utf8)
        output.append(ASCII.space)
        output.append(contentsOf: Self.column(assessment.key ?? "-"))
        output.append(ASCII.space)
        let once = remarks.filter { told.insert($0).inserted }
        output.append(contentsOf: once.isEmpty ? "-".utf8 : once.joined(separator: ",").utf8)
        output.append(ASCII.lf)
    }

    /// The first column alone.
    public static func verdict(_ assessment: TokenAssessment) -> String {
        switch assessment.authenticated {
        case true?: "valid"
        case false?: "invalid"
        case nil: assessment.token == nil ? "none" : "unverified"
        }
    }

    /// A name as one column: blanks would make two of it.
    private static func column(_ name: String) -> [UInt8] {
        name.isEmpty ? [ASCII.minus] : name.utf8.map { $0 <= ASCII.space ? ASCII.underscore : $0 }
    }

    /// A line with `udp 198.51.100.10:5060 10.0.0.1:4321` in its middle, written in place: appending octet by octet
    /// costs half as much as the code's check.
    private mutating func append(_ front: StaticString, _ flow: Flow, _ name: [UInt8], _ remarks: StaticString) {
        let start = output.count
        // A transport and two IPv6 ends take 100 octets at most.
        let room = front.utf8CodeUnitCount + name.count + remarks.utf8CodeUnitCount + 128
        output.append(contentsOf: repeatElement(0, count: room))
        var line = LineBuffer(place: start)
        var span = output.mutableSpan
        line.put(front, into: &span)
        switch flow.transport {
        case .udp: line.put("udp ", into: &span)
        case .tcp: line.put("tcp ", into: &span)
        case .tls: line.put("tls ", into: &span)
        case .sctp: line.put("sctp ", into: &span)
        case .ws: line.put("ws ", into: &span)
        case .wss: line.put("wss ", into: &span)
        }
        line.put(flow.local, into: &span)
        line.put(ASCII.space, into: &span)
        line.put(flow.remote, into: &span)
        line.put(ASCII.space, into: &span)
        for octet in name { line.put(octet, into: &span) }
        line.put(remarks, into: &span)
        output.removeLast(start + room - line.place)
    }

    // MARK: Lines to tokens

    /// Writes the token of the flow in a line, and a line end; false, with nothing written, when the line names no
    /// flow or the format cannot hold it.
    public mutating func mint(_ input: RawSpan, in range: Range<Int>, by issuer: FlowTokenIssuer) -> Bool {
        guard let flow = Self.flow(in: input, range), issuer.append(flow, to: &output) else { return false }
        output.append(ASCII.lf)
        return true
    }

    /// The flow in `TRANSPORT LOCAL REMOTE`, blanks between; nil for anything else.
    public static func flow(in input: RawSpan, _ range: Range<Int>) -> Flow? {
        var place = range.lowerBound
        let limit = range.upperBound
        guard let transport = transport(input, &place, limit), blanks(input, &place, limit),
            let local = end(input, &place, limit), blanks(input, &place, limit),
            let remote = end(input, &place, limit)
        else { return nil }
        while place < limit, input.octet(place) <= ASCII.space { place += 1 }
        return place == limit ? Flow(transport: transport, local: local, remote: remote) : nil
    }

    private static func blanks(_ input: RawSpan, _ place: inout Int, _ limit: Int) -> Bool {
        let start = place
        while place < limit, ASCII.isBlank(input.octet(place)) { place += 1 }
        return place > start
    }

    private static func transport(_ input: RawSpan, _ place: inout Int, _ limit: Int) -> TransportProtocol? {
        while place < limit, ASCII.isBlank(input.octet(place)) { place += 1 }
        var word: UInt32 = 0
        let start = place
        while place < limit, place - start < 4, ASCII.isAlpha(input.octet(place)) {
            word = word << 8 | UInt32(input.octet(place) | 0x20)
            place += 1
        }
        switch word {
        case 0x75_6470: return .udp
        case 0x74_6370: return .tcp
        case 0x74_6C73: return .tls
        case 0x7363_7470: return .sctp
        case 0x7773: return .ws
        case 0x77_7373: return .wss
        default: return nil
        }
    }

    private static func end(_ input: RawSpan, _ place: inout Int, _ limit: Int) -> TransportAddress? {
        let ip: IPAddress
        if place < limit, input.octet(place) == ASCII.openBracket {
            guard let close = input.firstOffset(of: ASCII.closeBracket, in: place..<limit), close - place < 48,
                let address = IPAddress(input.string((place + 1)..<close))
            else { return nil }
            ip = address
            place = close + 1
        } else {
            var bits: UInt32 = 0
            for index in 0..<4 {
                guard let part = number(input, &place, limit, most: 255) else { return nil }
                bits = bits << 8 | part
                guard index < 3 else { break }
                guard place < limit, input.octet(place) == ASCII.dot else { return nil }
                place += 1
            }
            ip = IPAddress(v4: bits)
        }
        guard place < limit, input.octet(place) == ASCII.colon else { return nil }
        place += 1
        guard let port = number(input, &place, limit, most: 65535) else { return nil }
        return TransportAddress(ip: ip, port: UInt16(truncatingIfNeeded: port))
    }

    private static func number(_ input: RawSpan, _ place: inout Int, _ limit: Int, most: UInt32) -> UInt32? {
        let start = place
        var value: UInt32 = 0
        while place < limit, place - start < 5, ASCII.isDigit(input.octet(place)) {
            value = value * 10 + UInt32(input.octet(place) & 15)
            place += 1
        }
        return place > start && value <= most ? value : nil
    }
}

/// Where the next octet of a line goes.
private struct LineBuffer {
    var place: Int

    mutating func put(_ octet: UInt8, into span: inout MutableSpan<UInt8>) {
        span[place] = octet
        place += 1
    }

    mutating func put(_ text: StaticString, into span: inout MutableSpan<UInt8>) {
        for index in 0..<text.utf8CodeUnitCount {
            put(unsafe text.utf8Start[index], into: &span)
        }
    }

    mutating func put(_ end: TransportAddress, into span: inout MutableSpan<UInt8>) {
        if end.ip.isIPv6 {
            for octet in end.description.utf8 { put(octet, into: &span) }
            return
        }
        let bits = UInt32(truncatingIfNeeded: end.ip.low)
        put(decimal: bits >> 24, into: &span)
        put(ASCII.dot, into: &span)
        put(decimal: bits >> 16 & 255, into: &span)
        put(ASCII.dot, into: &span)
        put(decimal: bits >> 8 & 255, into: &span)
        put(ASCII.dot, into: &span)
        put(decimal: bits & 255, into: &span)
        put(ASCII.colon, into: &span)
        put(decimal: UInt32(end.port), into: &span)
    }

    /// - Precondition: `value` is below 100 000.
    mutating func put(decimal value: UInt32, into span: inout MutableSpan<UInt8>) {
        if value >= 10_000 { put(digit: value / 10_000, into: &span) }
        if value >= 1_000 { put(digit: value / 1_000 % 10, into: &span) }
        if value >= 100 { put(digit: value / 100 % 10, into: &span) }
        if value >= 10 { put(digit: value / 10 % 10, into: &span) }
        put(digit: value % 10, into: &span)
    }

    private mutating func put(digit: UInt32, into span: inout MutableSpan<UInt8>) {
        put(ASCII.zero + UInt8(truncatingIfNeeded: digit), into: &span)
    }
}
