/// Which keep-alives a flow owes, since when and until when (RFC 5626 §4.4; RFC 6223 §5). Renewed at each 2xx to a
/// REGISTER; every limit is computed there once, so that a keep-alive in time costs two comparisons.
public struct KeepAliveDuty: Sendable {
    public enum Basis: Sendable, Hashable {
        /// Nothing is owed: no 2xx was seen, or it granted neither outbound nor keep.
        case none
        /// A Flow-Timer in a 2xx with `Require: outbound`, in seconds.
        case flowTimer(UInt64)
        /// `keep=n` in the response's Via, in seconds.
        case keep(UInt64)
        /// Keep-alives without a number: the defaults of the transport.
        case defaults
    }

    /// What is owed, with the limits that follow from it. Of thousands of phones at one server nearly all owe the same.
    struct Terms: Sendable {
        let basis: Basis
        let isOutbound: Bool
        let limit: Int64
        let lateAbove: Int64
        let shortBelow: Int64

        static let none = Shared(Terms(.none, isOutbound: false, isStream: true, settings: AuditSettings()))

        /// - Parameter isOutbound: outbound was agreed on, and not merely keep-alives.
        init(_ basis: Basis, isOutbound: Bool, isStream: Bool, settings: AuditSettings) {
            self.basis = basis
            self.isOutbound = isOutbound
            let tolerance = settings.tolerances.keepAlive
            let allowance = settings.vantage == .ua ? 0 : settings.tolerances.edgeAllowance
            switch basis {
            case .none:
                (limit, lateAbove, shortBelow) = (.max, .max, .min)
            case .flowTimer(let seconds), .keep(let seconds):
                // A number beyond 292 years is no duty that a capture could show broken.
                let (nanoseconds, overflow) = Int64(clamping: seconds).multipliedReportingOverflow(by: .second)
                guard !overflow, nanoseconds < Int64.max / 4 else {
                    (limit, lateAbove, shortBelow) = (Int64.max / 4, Int64.max / 4, .min)
                    return
                }
                limit = nanoseconds
                lateAbove = nanoseconds + tolerance.around(nanoseconds) + allowance
                shortBelow = nanoseconds / 100 * 79 - tolerance.around(nanoseconds)
            case .defaults:
                limit = isStream ? KeepAliveDuty.streamLimit : KeepAliveDuty.datagramLimit
                lateAbove = limit + tolerance.around(limit) + allowance
                shortBelow = .min
            }
        }
    }

    private var terms: Shared<Terms>
    /// When this duty began or its terms changed.
    public internal(set) var since = Int64.never
    /// The granted lifetime's end: nothing is owed after it.
    public internal(set) var until = Int64.max

    public static let none = KeepAliveDuty()

    init() { terms = Terms.none }

    init(_ terms: Shared<Terms>, since: Int64) {
        self.terms = terms
        self.since = since
    }

    /// Outbound was agreed on after all, or no more; the limits are the same.
    mutating func replaceTerms(_ terms: Shared<Terms>) { self.terms = terms }

    public var basis: Basis { terms.value.basis }
    /// Outbound was agreed on (`Require: outbound`): failure detection and recovery are owed too.
    public var isOutbound: Bool { terms.value.isOutbound }
    /// The longest interval that is asked for; `.max` without a duty.
    public var limit: Int64 { terms.value.limit }
    /// Intervals above this are late: the limit with its tolerance.
    public var lateAbove: Int64 { terms.value.lateAbove }
    /// Intervals below this are more frequent than asked; `.min` where no number was given.
    public var shortBelow: Int64 { terms.value.shortBelow }

    public var isOwed: Bool { basis != .none }

    /// The announced number of seconds, if there is one.
    public var seconds: UInt64? {
        switch basis {
        case .flowTimer(let seconds), .keep(let seconds): seconds
        case .none, .defaults: nil
        }
    }

    /// The default upper bounds: 29 s on datagrams, 120 s or, on battery, 840 s on streams (§4.4.1, §4.4.2).
    static let datagramLimit: Int64 = 29 * .second
    static let streamLimit: Int64 = 120 * .second
    static let batteryLimit: Int64 = 840 * .second
}
