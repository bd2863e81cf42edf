/// A Contact as a binding keeps it (RFC 5626 §6: the URI and all parameters), read once and shared by the binding, its
/// refreshes and the answers.
public final class RegisteredContact: Sendable {
    /// The URI as the phone wrote it: the Request-URI of requests to it.
    public let uriText: String
    public let uri: SIPURI
    /// All parameters in their order, but for `expires`, `pub-gruu` and `temp-gruu`, which are the registrar's to write,
    /// and a `reg-id` that was ignored.
    public let parameters: [SIPParameter]
    public let instance: InstanceID?
    /// nil where it was ignored.
    public let regID: RegID?
    /// 0 to 1000.
    public let q: UInt16

    public init(uri: SIPURI, parameters: [SIPParameter], instance: InstanceID?, regID: RegID?, q: UInt16 = 1000) {
        self.uri = uri
        uriText = uri.description
        self.parameters = parameters
        self.instance = instance
        self.regID = regID
        self.q = q
    }

    /// Whether both stand for one binding of an AOR.
    func isSameBinding(as other: RegisteredContact) -> Bool {
        if let regID, let instance { return regID == other.regID && instance == other.instance }
        return other.regID == nil && uri.isEquivalent(to: other.uri)
    }
}
