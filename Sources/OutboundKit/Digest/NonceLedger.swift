/// Makes nonces and knows which of them, and which counts of them, were used (RFC 7616 §3.3, §3.4.5, §5.4).
///
/// A nonce says itself when it was made, under a code that only its maker can write:
///
///     octets  0..<8               8..<16   16..<32
///             time, nanoseconds   serial   first half of HMAC-SHA-256(key, 0..<16)        as base64url
///
/// So nothing is kept for a nonce that nobody uses. Of one that is used, its counts are, until it is too old to be used
/// again. When that becomes too much, all nonces up to a certain age are declared too old: a replay never gets through.
struct NonceLedger: Sendable {
    enum Finding: Sendable, Hashable {
        case fresh
        /// Ours, but too old, or this count of it was used: the device shall try again with a new one.
        case stale
        /// Not ours.
        case foreign
    }

    private struct Window: Sendable {
        let issued: Timestamp
        /// The highest count that was used, and the 64 below it, the lowest bit for the highest.
        var highest: UInt32 = 0
        var used: UInt64 = 0

        /// Whether `count` is used for the first time. Those far below the highest count as used.
        mutating func use(_ count: UInt32) -> Bool {
            if count > highest {
                let distance = count - highest
                used = distance < 64 ? used << UInt64(distance) | 1 : 1
                highest = count
                return true
            }
            let distance = highest - count
            guard distance < 64, used & (1 << UInt64(distance)) == 0 else { return false }
            used |= 1 << UInt64(distance)
            return true
        }
    }

    private static let plainCount = 16
    private static let codeCount = 16
    /// How far ahead a nonce may be: its maker's clock may have been set back since.
    private static let skew = Duration.seconds(5)

    private let code: SharedHMAC
    private let lifetime: Duration
    private let capacity: Int
    private var serial: UInt64 = 0
    private var windows: [UInt64: Window] = [:]
    /// The nonces that were used, in the order of their first use.
    private var order = OutputQueue<UInt64>()
    /// Nonces made up to here are too old, whatever their lifetime.
    private var floor = Timestamp(nanoseconds: .min)

    init(key: [UInt8], lifetime: Duration, capacity: Int) throws(CryptoError) {
        let root = try HMAC(.sha256, key: key)
        code = try SharedHMAC(.sha256, key: unsafe root.code(of: Array("digest nonce".utf8).span.bytes))
        self.lifetime = lifetime
        self.capacity = max(1, capacity)
    }

    mutating func issue(at now: Timestamp) -> String {
        serial &+= 1
        var octets: [UInt8] = []
        octets.reserveCapacity(Self.plainCount + Self.codeCount)
        octets.appendBig64(UInt64(bitPattern: now.nanoseconds))
        octets.appendBig64(serial)
        octets += code.code(of: octets).prefix(Self.codeCount)
        return Base64.encode(octets, alphabet: .url, padded: false)
    }

    /// Takes note that `count` of `nonce` was used.
    mutating func use(_ nonce: String, count: UInt32, at now: Timestamp) -> Finding {
        let text = Array(nonce.utf8)
        var octets: [UInt8] = []
        guard let spelling = unsafe Base64.decode(text.span.bytes, in: 0..<text.count, into: &octets),
            spelling.isCanonical(.url, padded: false), octets.count == Self.plainCount + Self.codeCount,
            constantTimeEquals(
                Array(code.code(of: Array(octets.prefix(Self.plainCount))).prefix(Self.codeCount)),
                Array(octets.suffix(Self.codeCount)))
        else { return .foreign }
        let span = unsafe octets.span.bytes
        let issued = Timestamp(nanoseconds: Int64(bitPattern: span.big64(0)))
        forget(at: now)
        guard issued > floor, issued + lifetime > now, issued <= now + Self.skew else { return .stale }
        let key = span.big64(8) ^ span.big64(0)
        if windows[key] == nil {
            makeRoom()
            guard issued > floor else { return .stale }
            windows[key] = Window(issued: issued)
            order.append(key)
        }
        return windows[key]?.use(count) ?? false ? .fresh : .stale
    }

    private mutating func forget(at now: Timestamp) {
        while let first = order.first, let window = windows[first], window.issued + lifetime <= now {
            windows[first] = nil
            _ = order.next()
        }
    }

    private mutating func makeRoom() {
        guard windows.count >= capacity, let oldest = order.next(), let window = windows.removeValue(forKey: oldest)
        else { return }
        floor = max(floor, window.issued)
    }
}
