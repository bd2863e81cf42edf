/// A registrar and location service (RFC 3261 §10, RFC 5626 §6) as a value: requests and time go in, answers and changes
/// come out. It knows no flows and no files; its owner sends the answers, stores the changes and says when flows end.
public struct Registrar: Sendable {
    public let settings: RegistrarSettings

    public init(
        _ settings: RegistrarSettings, state: RegistrarState = RegistrarState(),
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.settings = settings
    }

    /// Processes one REGISTER to the end (RFC 3261 §10.3), all of it or nothing.
    public mutating func register(_ request: SIPMessage, from origin: RegisterOrigin, at now: Timestamp)
        -> RegistrarAnswer
    { RegistrarAnswer(500, "Server Internal Error") }

    /// Takes back what the latest `register` did, when its changes could not be stored.
    public mutating func undo(_ changes: [BindingChange]) {}

    /// Where a request to `uri` goes: an AOR or a GRUU of this registrar.
    public mutating func locate(_ uri: SIPURI, at now: Timestamp) -> Location { .unknown }

    /// Removes a binding whose flow turned out to be dead: 430 or 403 came back for it (RFC 5626 §9.3).
    public mutating func remove(_ key: BindingKey, at now: Timestamp) -> [BindingChange] { [] }

    /// Removes all bindings on a flow that ended, whatever their AOR (RFC 5626 §7).
    public mutating func flowEnded(_ flow: FlowID) -> [BindingChange] { [] }

    /// Removes what has expired.
    public mutating func expire(at now: Timestamp) -> [BindingChange] { [] }

    /// When `expire` has work next; nil without bindings. It may come early, never late.
    public var deadline: Timestamp? { nil }

    /// All bindings, for a status page. Costs a copy of each.
    public var bindings: [Binding] { [] }

    /// How many bindings there are.
    public var bindingCount: Int { 0 }
}
