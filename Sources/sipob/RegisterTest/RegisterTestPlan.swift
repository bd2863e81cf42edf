import OutboundKit

/// What one run of register-test does, its options checked and put together.
struct RegisterTestPlan: Sendable {
    let addressOfRecord: SIPURI
    /// Where the requests go.
    let target: SIPTarget
    /// The target is an edge proxy: it stands in a pre-loaded Route.
    let usesEdge: Bool
    let instance: InstanceID
    let regID: RegID
    let expiresSeconds: UInt32
    let local: TransportAddress?
    let family: AddressFamily
    /// How long to wait for an answer: Timer F.
    let patience: Duration
    let sendsKeepAlive: Bool
    let keepsBinding: Bool
    let username: String
    let password: Password?

    /// The Request-URI (RFC 3261 §10.2): the domain of the AOR.
    var registrar: SIPURI {
        SIPURI(scheme: addressOfRecord.scheme, host: addressOfRecord.host, port: addressOfRecord.port)
    }

    func settings(continuing identity: RegistrationIdentity? = nil) -> RegistrationSettings {
        var settings = RegistrationSettings(
            addressOfRecord: addressOfRecord, registrar: registrar,
            route: usesEdge ? target.route(isSecure: addressOfRecord.scheme == .sips) : nil,
            instance: instance, regID: regID, expiresSeconds: expiresSeconds,
            userAgent: "sipob/\(sipobVersion) register-test", authenticator: password.map(authenticator))
        settings.timing.timerF = patience
        settings.identity = identity
        settings.webSocket = target.handshake()
        return settings
    }

    func authenticator(_ password: Password) -> DigestAuthenticator {
        DigestAuthenticator(username: username, password: password)
    }
}
