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
    /// Seconds.
    var expires: UInt64?
    /// The shortest lifetime of somebody else's contact in the last 2xx, if it is shorter than the own one.
    var foreignExpires: UInt64?

    static let none = Shared(GrantTerms())
}

/// What registrations share, each value once.
struct RegistrationPool: Sendable {
    /// Of each kind; what is said beyond is kept by each registration for itself.
    private static let maximum = 4096

    private struct Kind<Value: Hashable & Sendable>: Sendable {
        private var known: [Value: Shared<Value>] = [:]
        /// The last one asked for, which is often the next one too.
        private var last: Shared<Value>?

        mutating func only(_ value: Value) -> Shared<Value> {
            if let last, last.value == value { return last }
            let shared = known[value] ?? Shared(value)
            if known.count < maximum { known[value] = shared }
            last = shared
            return shared
        }
    }

    private var texts = Kind<String>()
    private var paths = Kind<[String]>()
    private var terms = Kind<GrantTerms>()

    mutating func text(_ text: String) -> Shared<String> { texts.only(text) }
    mutating func path(_ values: [String]) -> Shared<[String]> { paths.only(values) }
    mutating func terms(_ values: GrantTerms) -> Shared<GrantTerms> { terms.only(values) }
}
