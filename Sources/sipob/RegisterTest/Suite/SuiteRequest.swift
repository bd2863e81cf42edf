import OutboundKit

/// What `--suite` needs besides its own options, checked.
struct SuiteRequest {
    let addressOfRecord: SIPURI
    let edges: [SIPTarget]
    let registrar: SIPTarget?
    let instance: InstanceID
    let expiresSeconds: UInt32
    let local: TransportAddress?
    let family: AddressFamily
    let patience: Duration?
    let username: String
    let password: Password?
    let otherUser: SIPURI?
    let otherPassword: Password?
    let isStrict: Bool

    /// The servers as they are named: the edges, the registrar, or the address-of-record's own host.
    func named() throws -> [SIPTarget] {
        let all = edges + [registrar].compactMap { $0 }
        guard all.isEmpty else { return all }
        return [
            try RegisterTestOptions.target(
                addressOfRecord, addressOfRecord.description, edge: nil, registrar: nil)
        ]
    }

    var securedTransports: [TransportProtocol] { (try? named().flatMap(\.securedTransports)) ?? [] }
}

extension SuiteRequest {
    /// Finds the servers.
    /// - Throws: `TransportError` where one is not found.
    func plan(locator: Locator) async throws -> SuitePlan {
        var targets: [SuiteTarget] = []
        for edge in edges { targets.append(try await locate(edge, isEdge: true, locator)) }
        let core: SuiteTarget? =
            if let registrar = registrar { try await locate(registrar, isEdge: false, locator) } else { nil }
        if targets.isEmpty, let core { targets = [core] }
        if targets.isEmpty { targets = [try await locate(try named()[0], isEdge: false, locator)] }
        let aor = addressOfRecord
        var plan = SuitePlan(
            targets: targets, core: edges.isEmpty ? nil : core,
            user: user(aor, username, password),
            otherUser: otherUser.map { user($0, $0.user ?? "", otherPassword) },
            instance: instance, registrar: SIPURI(scheme: aor.scheme, host: aor.host, port: aor.port),
            userAgent: "sipob/\(sipobVersion) register-test")
        plan.expiresSeconds = expiresSeconds
        plan.local = local
        if let patience = patience { plan.patience = patience }
        return plan
    }

    private func user(_ aor: SIPURI, _ name: String, _ password: Password?) -> SuiteUser {
        SuiteUser(aor, authenticator: password.map { DigestAuthenticator(username: name, password: $0) })
    }

    private func locate(_ target: SIPTarget, isEdge: Bool, _ locator: Locator) async throws(TransportError)
        -> SuiteTarget
    {
        let found = try await locator.servers(of: target, for: .registration, family: family, from: local)
        let first = found[0]
        let isSecure = addressOfRecord.scheme == .sips
        return SuiteTarget(
            first.transport, first.address, host: first.name, webSocket: target.handshake(),
            route: isEdge ? target.route(isSecure: isSecure) : nil)
    }
}
