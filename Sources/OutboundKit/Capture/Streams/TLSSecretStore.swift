/// The secrets of TLS connections, out of key logs as NSS and OpenSSL write them (draft-ietf-tls-keylogfile): a label, the
/// client's random octets and the secret a line. What is in it leaves it only as keys of records.
public struct TLSSecretStore: Sendable {
    /// Of one connection.
    struct Secrets: Sendable {
        /// TLS 1.2's.
        var master: [UInt8]?
        // TLS 1.3's traffic secrets.
        var clientHandshake: [UInt8]?
        var serverHandshake: [UInt8]?
        var client: [UInt8]?
        var server: [UInt8]?
    }

    private let limits: CaptureLimits
    private var secrets: [TLSRandom: Secrets] = [:]
    /// The line that is being read, and whether it is too long to be one.
    private var line: [UInt8] = []
    private var isTooLong = false
    /// Lines that are none of a key log.
    public private(set) var skippedLines = 0
    /// Lines of connections for which there was no room.
    public private(set) var linesBeyond = 0

    public init(limits: CaptureLimits = CaptureLimits()) {
        self.limits = limits
    }

    public var isEmpty: Bool { secrets.isEmpty }
    /// Connections that secrets are known of.
    public var count: Int { secrets.count }

    /// What of the key logs was not used.
    var notAnalyzed: [NotAnalyzed] {
        let rows = [
            ("lines of key logs", skippedLines, "skipped: no label, random octets and secret"),
            ("lines of key logs", linesBeyond, "the limit of \(limits.keyLogConnections) connections is reached"),
        ]
        return rows.filter { $0.1 > 0 }.map { NotAnalyzed(what: $0.0, count: $0.1, why: $0.2) }
    }

    subscript(random: TLSRandom) -> Secrets? { secrets[random] }

    /// Reads a key log.
    /// - Throws: `CaptureError` when the file cannot be read.
    public mutating func read(path: String) throws(CaptureError) {
        var source = try CaptureSource(path: path, limits: limits)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = try source.read(into: &buffer, after: 0)
            guard count > 0 else { break }
            unsafe take(buffer.span.bytes.extracting(0..<count))
        }
        endOfLog()
    }

    /// Takes octets of a key log, which may end inside a line; `endOfLog` says that no more come.
    mutating func take(_ octets: RawSpan) {
        var start = 0
        while let end = octets.firstOffset(of: ASCII.lf, in: start..<octets.byteCount) {
            append(octets.extracting(start..<end))
            endLine()
            start = end + 1
        }
        append(octets.extracting(start..<octets.byteCount))
    }

    /// The log has ended, with or without a line end.
    mutating func endOfLog() {
        if !line.isEmpty || isTooLong { endLine() }
    }

    private mutating func append(_ octets: RawSpan) {
        guard !isTooLong, line.count + octets.byteCount <= limits.keyLogLineOctets else {
            isTooLong = true
            line = []
            return
        }
        line += octets.array(0..<octets.byteCount)
    }

    private mutating func endLine() {
        if isTooLong || !learn(line) { skippedLines += 1 }
        line = []
        isTooLong = false
    }

    /// Whether the line is one of a key log: one with secrets, another's, a comment, or an empty one.
    private mutating func learn(_ line: [UInt8]) -> Bool {
        // The mark that some editors put in front of UTF-8.
        let content = line.starts(with: [0xEF, 0xBB, 0xBF]) ? line.dropFirst(3) : line[...]
        let text = content.last == ASCII.cr ? content.dropLast() : content
        if text.isEmpty || text.first == UInt8(ascii: "#") { return true }
        let parts = text.split(separator: ASCII.space, omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, let random = Hex.decode(parts[1]), let secret = Hex.decode(parts[2])
        else { return false }
        let place: WritableKeyPath<Secrets, [UInt8]?>
        switch String(decoding: parts[0], as: UTF8.self) {
        case "CLIENT_RANDOM": place = \.master
        case "CLIENT_HANDSHAKE_TRAFFIC_SECRET": place = \.clientHandshake
        case "SERVER_HANDSHAKE_TRAFFIC_SECRET": place = \.serverHandshake
        case "CLIENT_TRAFFIC_SECRET_0": place = \.client
        case "SERVER_TRAFFIC_SECRET_0": place = \.server
        // Secrets that serve other ends, of which there are more with every year.
        default: return true
        }
        // The master secret has 48 octets, a traffic secret those of its hash.
        guard random.count == 32, secret.count == 48 || secret.count == 32 && place != \.master else { return false }
        let key = unsafe TLSRandom(random.span.bytes, at: 0)
        guard secrets.count < limits.keyLogConnections || secrets[key] != nil else {
            linesBeyond += 1
            return true
        }
        secrets[key, default: Secrets()][keyPath: place] = secret
        return true
    }
}
