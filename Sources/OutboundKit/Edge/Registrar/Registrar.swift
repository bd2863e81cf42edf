/// A registrar and location service (RFC 3261 §10, RFC 5626 §6) as a value: requests and time go in, answers and changes
/// come out. It knows no sockets and no files: its owner sends the answers, stores the changes, and says when flows end.
///
/// A REGISTER that refreshes a binding in the very words of the one before is found by hash and compared by octets;
/// nothing of it is parsed into Strings again.
public struct Registrar: Sendable {
    public let settings: RegistrarSettings
    var table: BindingTable
    var verifier: DigestVerifier?
    var date = SIPDateText()
    let offered: RegistrationOptions
    let supportedText: String

    /// - Parameters:
    ///   - state: what a store loaded.
    ///   - random: for serials of GRUUs, and for their secret where the settings hold none.
    /// - Throws: when the host's libcrypto has no HMAC with SHA-256.
    public init(
        _ settings: RegistrarSettings, state: RegistrarState = RegistrarState(),
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) throws(CryptoError) {
        self.settings = settings
        table = try BindingTable(settings, state: state, random: random)
        verifier = settings.authentication
        var offered: RegistrationOptions = []
        var names: [String] = []
        if settings.path != .off {
            offered.insert(.path)
            names.append("path")
        }
        if settings.outbound != .off {
            offered.insert(.outbound)
            names.append("outbound")
        }
        if settings.grantsGRUU {
            offered.insert(.gruu)
            names.append("gruu")
        }
        self.offered = offered
        supportedText = names.joined(separator: ", ")
    }

    /// Processes one REGISTER to the end (RFC 3261 §10.3): all of it, or nothing and an answer that says why.
    public mutating func register(
        _ request: SIPMessage, from origin: RegisterOrigin, at now: Timestamp
    ) -> RegistrarAnswer {
        do throws(Refusal) {
            return try process(request, from: origin, at: now)
        } catch {
            return error.answer
        }
    }

    /// Takes back what a `register` did, when its changes could not be stored. Several are taken back the latest first,
    /// and before anything else is registered.
    public mutating func undo(_ answer: RegistrarAnswer) {
        if let before = answer.before { table.restore(before) }
    }

    /// Where a request to `uri` goes: an AOR or a GRUU of this registrar.
    public func locate(_ uri: SIPURI, at now: Timestamp) -> Location {
        guard let gr = uri.parameters.first(named: "gr") else {
            guard let aor = AddressOfRecord(uri) else { return .unknown }
            guard let slot = table.slot(of: aor) else { return isUser(aor) ? .gone : .unknown }
            return table.location(slot, instance: nil, at: now)
        }
        guard let value = gr.value, !value.isEmpty else {
            guard let user = uri.user, let found = table.instance(ofTemporary: user),
                isHost(uri.host, of: table.aor(found.slot))
            else { return .unknown }
            return table.location(found.slot, instance: found.instance, at: now)
        }
        let urn = String(decoding: URIText.unescaped(Array(value.utf8)[...]), as: UTF8.self)
        guard let aor = AddressOfRecord(uri), let slot = table.slot(of: aor), let instance = try? InstanceID(urn: urn),
            table.knows(instance, in: slot)
        else { return .unknown }
        return table.location(slot, instance: instance, at: now)
    }

    /// Removes a binding whose flow turned out to be dead: 430 or 403 came back for it (RFC 5626 §9.3). A binding that
    /// the phone has refreshed since `binding` was read stays.
    public mutating func remove(_ binding: Binding, at now: Timestamp) -> [BindingChange] {
        guard let slot = table.slot(of: binding.aor) else { return [] }
        return table.remove(from: slot) { $0.id == binding.id && $0.updated == binding.updated }
    }

    /// Removes all bindings on a flow that ended, whatever their AOR (RFC 5626 §7). To be called for every flow that a
    /// `RegisterOrigin` named.
    public mutating func flowEnded(_ flow: FlowID) -> [BindingChange] {
        table.removeAll(on: flow)
    }

    /// Removes what has expired.
    public mutating func expire(at now: Timestamp) -> [BindingChange] {
        table.expire(at: now)
    }

    /// When `expire` has work next; nil without bindings. It may come early, never late.
    public var deadline: Timestamp? { table.deadline }

    /// All bindings, by AOR as text and then by age, for a status page. Costs a copy of each.
    public var bindings: [Binding] { table.bindings }

    /// How many bindings there are, without counting.
    public var bindingCount: Int { table.bindingCount }

    /// A user who may register is known, registered or not.
    private func isUser(_ aor: AddressOfRecord) -> Bool {
        guard let verifier, settings.domains.isEmpty || settings.domains.contains(String(aor.host)) else {
            return false
        }
        return verifier.knows(aor.user)
    }

    private func isHost(_ host: String, of aor: AddressOfRecord) -> Bool {
        ASCII.equalsIgnoringCase(host, String(aor.host))
    }
}
