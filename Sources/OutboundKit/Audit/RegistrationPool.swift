/// One copy of what many registrations have in common: the User-Agent of a fleet, the terms that a server grants.
final class Shared<Value: Sendable>: Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}

/// What a 2xx to REGISTER grants. Of thousands of phones at one server nearly all get the same.
struct GrantTerms: Sendable, Hashable {
    var outboundGranted = false
    var flowTimer: UInt64?
    /// The number of the response's `keep` parameter (RFC 6223).
    var keep: UInt64?
    var pathHasOB = false
    /// Seconds. What was asked for, where the 2xx names none or where it cannot be told which one.
    var expires: UInt64?
    var isExpiresKnown = true
    /// The shortest lifetime of somebody else's contact in the last 2xx, if it is shorter than the own one.
    var foreignExpires: UInt64?

    /// When a binding that was granted at `time` runs out; `.max` for one that does not within a century.
    func end(since time: Int64) -> Int64 {
        let lifetime = Int64(clamping: expires ?? 4_000_000_000)
        return lifetime > 4_000_000_000 ? .max : time &+ lifetime * .second
    }

    static let none = Shared(GrantTerms())
}

/// What registrations share, each value once, found by a hash of the words that say it.
struct RegistrationPool: Sendable {
    private struct Kind<Value: Sendable>: Sendable {
        /// Values kept; what is said beyond is kept by each registration for itself.
        private static var maximum: Int { 1 << 16 }
        private static var places: Int { 64 }

        private var known: [Int: Value] = [:]
        /// What was asked for lately, by the lower bits of its hash: most of what a fleet says is among it.
        private var recent = [(hash: Int, value: Value?)](repeating: (0, nil), count: places)

        mutating func find(_ hash: Int) -> Value? {
            let place = hash & (Self.places - 1)
            if recent[place].hash == hash, let value = recent[place].value { return value }
            guard let value = known[hash] else { return nil }
            recent[place] = (hash, value)
            return value
        }

        var isFull: Bool { known.count >= Self.maximum }

        /// Keeps a value that was not found.
        mutating func keep(_ value: Value, _ hash: Int) -> Value {
            if !isFull { known[hash] = value }
            recent[hash & (Self.places - 1)] = (hash, value)
            return value
        }
    }

    /// Empty lists that have room. A REGISTER waits for a moment, on a flow that has none for hours.
    private var lists: [[PendingRegister]] = []

    mutating func lend(to list: inout [PendingRegister]) {
        if let spare = lists.popLast() { list = spare }
    }

    /// Takes the room of an empty list.
    mutating func takeBack(_ list: inout [PendingRegister]) {
        if lists.count < 64 { lists.append(list) }
        list = []
    }

    private var commons = Kind<Shared<RegistrationWords.Common>>()
    private var paths = Kind<Shared<RegistrationWords.Surroundings>>()
    private var terms = Kind<Shared<GrantTerms>>()
    private var duties = Kind<Shared<KeepAliveDuty.Terms>>()

    /// What the message's registration has in common with those of others.
    /// - Parameters:
    ///   - aor: where the AOR stands in `octets`.
    ///   - user: its part that others do not have.
    mutating func common(
        of message: SIPMessage, _ octets: RawSpan, aor: Range<Int>, user: Range<Int>
    ) -> Shared<RegistrationWords.Common> {
        let (before, after) = (aor.lowerBound..<user.lowerBound, user.upperBound..<aor.upperBound)
        var hash = OctetHash()
        hash.combine(octets, before)
        hash.combine(octets, after)
        let field = message.first(.userAgent)
        if let field { unsafe hash.combine(message.bytes.span.bytes, field.value.range) }
        if let known = commons.find(hash.value) { return known }
        let around = RegistrationWords.Surroundings(before: octets.array(before), after: octets.array(after))
        let common = RegistrationWords.Common(
            userAgent: field.map { message.text($0.value) }, aroundUser: around)
        return commons.keep(Shared(common), hash.value)
    }

    /// What stands around the flow token of a Path; nil where that is nothing, or known of too many others.
    /// - Parameters:
    ///   - packed: the values of Path.
    ///   - user: where the first one's user part stands.
    mutating func surroundings(_ packed: RawSpan, user: Range<Int>) -> Shared<RegistrationWords.Surroundings>? {
        let (before, after) = (0..<user.lowerBound, user.upperBound..<packed.byteCount)
        var hash = OctetHash()
        hash.combine(packed, before)
        hash.combine(packed, after)
        if let known = paths.find(hash.value) { return known }
        guard !paths.isFull else { return nil }
        let around = RegistrationWords.Surroundings(before: packed.array(before), after: packed.array(after))
        return paths.keep(Shared(around), hash.value)
    }

    mutating func terms(_ terms: GrantTerms) -> Shared<GrantTerms> {
        var hash = OctetHash()
        hash.combine((terms.outboundGranted ? 1 : 0) | (terms.pathHasOB ? 2 : 0) | (terms.isExpiresKnown ? 0 : 4))
        func combine(_ number: UInt64?) {
            hash.combine(number == nil ? 0 : 1)
            hash.combine(number ?? 0)
        }
        combine(terms.flowTimer)
        combine(terms.keep)
        combine(terms.expires)
        combine(terms.foreignExpires)
        return self.terms.find(hash.value) ?? self.terms.keep(Shared(terms), hash.value)
    }

    /// - Parameter settings: the same in the whole run.
    mutating func duty(
        _ basis: KeepAliveDuty.Basis, isOutbound: Bool, isStream: Bool, _ settings: AuditSettings
    ) -> Shared<KeepAliveDuty.Terms> {
        var hash = OctetHash()
        let (kind, seconds): (UInt64, UInt64) =
            switch basis {
            case .none: (0, 0)
            case .flowTimer(let seconds): (1, seconds)
            case .keep(let seconds): (2, seconds)
            case .defaults: (3, 0)
            }
        hash.combine(kind << 2 | (isOutbound ? 1 : 0) | (isStream ? 2 : 0))
        hash.combine(seconds)
        return duties.find(hash.value)
            ?? duties.keep(
                Shared(KeepAliveDuty.Terms(basis, isOutbound: isOutbound, isStream: isStream, settings: settings)),
                hash.value)
    }
}
