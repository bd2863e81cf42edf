/// How a registrar behaves where the RFCs leave it a choice, and what it takes at most.
public struct RegistrarSettings: Sendable {
    /// Outbound as a whole (RFC 5626 §6).
    public enum OutboundPolicy: Sendable, Hashable {
        /// As a registrar that never heard of it: reg-id is ignored, `Require: outbound` gets 420.
        case off
        case supported
        /// Registrations without it get 421 (RFC 5626 §6 allows a policy; RFC 3261 §21.4.16).
        case required
    }

    /// What becomes of an outbound registration whose first hop added no Path with `ob`.
    public enum FirstHopPolicy: Sendable, Hashable {
        /// 439 (RFC 5626 §6, a MUST).
        case strict
        /// The reg-id is ignored and the registration taken as a plain one, as many registrars in the field do.
        case lax
    }

    /// What becomes of a Path when the phone did not list `path` in Supported (RFC 3327 §5.3).
    public enum PathPolicy: Sendable, Hashable {
        /// 420 with `Unsupported: path`, as the RFC recommends.
        case strict
        /// It is stored, and not copied to the answer.
        case lazy
        /// Path is neither stored nor copied for anybody, and `Require: path` gets 420.
        case off
    }

    /// Domains whose users may register, in lower case; empty takes any. Others get 404.
    public var domains: Set<String> = []
    /// Seconds granted to who asks for none.
    public var defaultExpires: UInt32 = 3600
    /// Seconds below which 423 is answered (RFC 3261 §10.3 step 7: only to requests for less than an hour).
    public var minimumExpires: UInt32 = 60
    /// Seconds granted at most.
    public var maximumExpires: UInt32 = 7200
    public var outbound = OutboundPolicy.supported
    public var firstHop = FirstHopPolicy.strict
    public var path = PathPolicy.strict
    /// Whether GRUUs are given to instances that list `gruu` (RFC 5627).
    public var grantsGRUU = true
    /// The secret of temporary GRUUs; they survive a restart when it does. Empty: a new one from the generator.
    public var gruuKey: [UInt8] = []
    /// Demands Digest credentials; the user must be that of the AOR. nil lets everybody register.
    public var authentication: DigestVerifier?
    /// A Date in each 200 (RFC 3261 §10.3 step 8).
    public var sendsDate = true
    /// Whether answers to REGISTER say what they changed, and keep what was there before for `Registrar.undo`. Without a
    /// store nobody needs either.
    public var isStored = true
    public var limits = RegistrarLimits()

    public init() {}
}

/// What phones may make a registrar hold. Each bound is named in the answer's reason phrase when it is hit.
public struct RegistrarLimits: Sendable, Hashable {
    /// Addresses-of-record, those that are remembered without a binding included: 503.
    public var addressesOfRecord = 200_000
    /// Bindings of one AOR: 403.
    public var bindingsPerAOR = 32
    /// Instances of one AOR that are remembered after their last binding, so that their GRUUs get 480 and not 404.
    public var instancesPerAOR = 32
    /// Contact values of one REGISTER: 400.
    public var contactsPerRequest = 16
    /// Path values of one REGISTER: 400.
    public var pathValues = 16
    /// Octets of one Contact value, of one Path value, of To's URI: 400.
    public var valueOctets = 2048
    /// Octets of a Call-ID: 400.
    public var callIDOctets = 512
    /// Octets of a User-Agent that are kept.
    public var userAgentOctets = 256

    public init() {}
}

/// Where a REGISTER came from, beyond what it says itself.
public struct RegisterOrigin: Sendable {
    /// The flow on which the request arrived from the phone itself; nil behind proxies of other processes.
    public var flow: FlowID?
    public var source: TransportAddress?
    /// The Path value that an edge in this process puts before those of the request, without building the request anew.
    public var path: String?
    /// The first hop is an edge in this process and does outbound on `flow`: as good as a Path with `ob`.
    public var firstHopIsEdge: Bool

    public init(flow: FlowID? = nil, source: TransportAddress? = nil, path: String? = nil, firstHopIsEdge: Bool = false)
    {
        self.flow = flow
        self.source = source
        self.path = path
        self.firstHopIsEdge = firstHopIsEdge
    }
}
