/// One binding as it was asked for and granted on a flow: who, which flow of the device, and on which terms.
public struct FlowRegistration: Sendable {
    enum Asked: UInt8, Sendable {
        case no
        case seen
        /// Only the answer to one was seen, which may have been for any of the flow's bindings.
        case unseen
        /// The same of a 2xx; or one on another flow took the binding away.
        case grantedUnseen
    }

    private var words: RegistrationWords
    /// More than what a refresh that changes nothing needs to compare.
    let signature: Int
    /// On which terms it was granted last.
    var terms = GrantTerms.none
    var lastGranted = Int64.never
    var firstGranted = Int64.never
    var responseSignature: UInt32 = 0
    @FrameNumber var grantedFrame: UInt64
    /// The Call-ID of the last REGISTER, by a hash; 0 before one.
    var callID: UInt32 = 0
    /// How many refreshes in a row came when another's contact was about to expire, and the own one was not.
    var strayRefreshes: UInt8 = 0
    /// How many refreshes in a row asked for what the last 2xx had granted, and were granted less again.
    var shrinks: UInt8 = 0
    /// Whether a REGISTER for it came since the last 2xx.
    var asked = Asked.no
    /// A 2xx was seen, and the binding has not been removed since.
    public internal(set) var isBound = false

    @inline(__always)
    func prefetch() { words.prefetch() }

    init(_ words: RegistrationWords, signature: Int) {
        self.words = words
        self.signature = signature
    }

    /// The URI of To: scheme, user and host, without parameters.
    public var aor: String { words.aor }
    /// The value of `+sip.instance` without quotes and angle brackets; nil when the Contact had none.
    public var instance: String? { words.instance }
    /// The value of `reg-id` as it stood there; nil when the Contact had none.
    public var regID: String? { words.regID }
    var hasRegID: Bool { words.hasRegID }
    /// Whether the Contact had a reg-id cannot be told: no parser takes it.
    var hasUnreadContact: Bool { words.hasUnreadContact }
    /// The first REGISTER for it had credentials already: the device had asked for it before, unseen.
    var beganUnseen: Bool { words.wasChallenged }
    public var userAgent: String? { words.userAgent }
    /// `outbound` and `path` in the request's Supported.
    public var supportsOutbound: Bool { words.supportsOutbound }
    public var supportsPath: Bool { words.supportsPath }
    /// The Contact URI had `ob`.
    public var contactOB: Bool { words.contactOB }
    /// The lifetime that the Contact asked for by itself, in seconds. One too large to be kept is read again.
    @inline(__always)
    func contactExpires(_ readAgain: () -> UInt64?) -> UInt64? { words.contactExpires(readAgain) }
    /// Which binding: AOR, instance-id and reg-id (RFC 5626 §6); 0 without an instance-id.
    var bindingKey: Int { words.bindingKey }
    /// The keys that bindings of the same device have with the reg-ids 1 to 8; none without an instance-id. User agents count
    /// from 1, and have two to four flows (RFC 5626 §4.2.1).
    var siblingKeys: [Int] { words.siblingKeys }
    /// Which device: AOR and instance-id; 0 without an instance-id.
    var deviceKey: Int { words.deviceKey }
    /// Which Contact URI, of one without an instance-id; 0 with one and without a Contact.
    var contactKey: Int { words.contactKey }

    /// `RegistrationContact.place` of the Contact that it was first asked for by.
    var contactPlace: UInt16 { words.contactPlace }

    /// Only its AOR's bindings were asked for (RFC 3261 §10.2.3).
    var isQuery: Bool { deviceKey == 0 && contactKey == 0 }

    public var outboundGranted: Bool { terms.value.outboundGranted }
    public var flowTimer: UInt64? { terms.value.flowTimer }
    /// The number of the response's `keep` parameter (RFC 6223).
    public var keep: UInt64? { terms.value.keep }
    public var pathHasOB: Bool { terms.value.pathHasOB }
    /// Seconds; nil where it cannot be told.
    public var expires: UInt64? { terms.value.isExpiresKnown ? terms.value.expires : nil }
    /// A 2xx lists several contacts, and none of them is known as the own one.
    var hasUnknownLifetime: Bool { !terms.value.isExpiresKnown }
    /// The shortest lifetime of somebody else's contact in the last 2xx, in seconds, if it is shorter than the own one.
    var foreignExpires: UInt64? { terms.value.foreignExpires }

    /// The values of Path in the first 2xx, the first eight of them.
    public var path: [String] { words.path }

    mutating func takePath(of message: SIPMessage, _ pool: inout RegistrationPool) {
        guard message.has(.path) else { return }
        let values = message.values(.path).prefix(8)
        let packed = unsafe PackedTexts.pack(message.bytes.span.bytes, values)
        let span = unsafe packed.span.bytes
        let user = RegistrationWords.Surroundings.user(span, PackedTexts.first(packed))
        let around = pool.surroundings(span, user: user)
        words = RegistrationWords(words, path: around == nil ? span : span.extracting(user), around: around)
    }
}

/// A REGISTER that waits for its final response.
struct PendingRegister: Sendable {
    /// Call-ID, CSeq and branch: `RegistrationReader.requestKey`.
    let key: Int
    /// What it asks for and in which words, but for the lifetime: `RegistrationReader.demandSignature`.
    let signature: Int
    let time: Int64
    let frame: UInt64
    /// Index in the flow's registrations, or -1 when there are too many of them. Of those that `*` is for, one; -1 when the
    /// flow has none.
    let registration: Int
    /// Seconds; nil when the request named no lifetime.
    let requestedExpires: UInt64?
    /// It stood right behind a lone CRLF (RFC 3261 §7.5).
    let followsCRLF: Bool
    /// It has credentials for the registrar, and for a proxy.
    let credentials: (registrar: Bool, proxy: Bool)
    /// It is for all bindings of its AOR: `Contact: *` (RFC 3261 §10.2.2).
    let removesAll: Bool
    /// `RegistrationContact.place`
    let contactPlace: UInt16
    /// The one before for the same registration, on the same flow, had another Call-ID.
    var hasNewCallID = false
    /// It is the next request after a challenge.
    var answersChallenge = false
    /// Sends of the same request, and the last of them.
    var sends: Int64 = 1
    var lastSent: Int64
    /// The first send that was seen was a retransmission, by the time that the next one took.
    var beganUnseen = false

    /// Whether `other` asks for the same with the same lifetime.
    func repeats(_ other: PendingRegister) -> Bool {
        signature == other.signature && requestedExpires == other.requestedExpires
    }
}
