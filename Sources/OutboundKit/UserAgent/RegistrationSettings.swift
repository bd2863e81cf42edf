/// What one registration over one flow is to be (RFC 5626 §4.2).
public struct RegistrationSettings: Sendable {
    /// The address-of-record, with its user part.
    public var addressOfRecord: SIPURI
    /// The Request-URI: the registrar's domain, without a user part (RFC 3261 §10.2).
    public var registrar: SIPURI
    /// The edge proxy as a pre-loaded route; nil straight to the registrar.
    public var route: SIPURI?
    public var instance: InstanceID
    public var regID: RegID
    /// What is asked for, in seconds.
    public var expiresSeconds: UInt32
    /// The option-tags of Supported.
    public var supported = ["path", "outbound", "gruu"]
    public var userAgent: String
    /// Requests of the other side that get 200; all others get 480.
    public var accepted: Set<SIPMethod> = [.options]
    /// The user and password for challenges; nil without credentials.
    public var authenticator: DigestAuthenticator?
    public var timing = NonInviteTransaction.Timing()
    /// Goes on where another flow left off; nil for a registration of its own.
    public var identity: RegistrationIdentity?
    /// What the handshake of a WebSocket asks for; nil asks the registrar's host for `/`.
    public var webSocket: WebSocketHandshake.Request?

    public init(
        addressOfRecord: SIPURI, registrar: SIPURI, route: SIPURI? = nil, instance: InstanceID, regID: RegID,
        expiresSeconds: UInt32, userAgent: String, authenticator: DigestAuthenticator? = nil
    ) {
        self.addressOfRecord = addressOfRecord
        self.registrar = registrar
        self.route = route
        self.instance = instance
        self.regID = regID
        self.expiresSeconds = expiresSeconds
        self.userAgent = userAgent
        self.authenticator = authenticator
    }

    /// The Contact of an end of a flow: a SIP URI with `ob` (RFC 5626 §4.3) and, where it is not what the scheme alone
    /// says, the transport. Secure WebSocket is `ws` too (RFC 7118 §5.2); a `sips` URI is TLS by its scheme.
    public static func contactURI(
        of addressOfRecord: SIPURI, host: String, port: UInt16?, over transport: TransportProtocol
    ) -> SIPURI {
        let name: String? =
            switch transport {
            case .udp: nil
            case .ws, .wss: "ws"
            case .tls where addressOfRecord.scheme == .sips: nil
            case .tcp, .tls, .sctp: transport.description
            }
        let parameters = [name.map { SIPParameter("transport", $0) }, SIPParameter("ob")].compactMap(\.self)
        return SIPURI(
            scheme: addressOfRecord.scheme, user: addressOfRecord.user, host: host, port: port, parameters: parameters)
    }
}

/// What stays the same over all REGISTER requests of one registration (RFC 3261 §10.2), with the CSeq used last.
public struct RegistrationIdentity: Sendable, Hashable {
    public let callID: String
    public let fromTag: String
    public var cseq: UInt32

    public init(callID: String, fromTag: String, cseq: UInt32 = 0) {
        self.callID = callID
        self.fromTag = fromTag
        self.cseq = cseq
    }
}

/// The REGISTER requests of a session.
struct RegisterRequest: Sendable {
    let settings: RegistrationSettings
    let flow: Flow
    let identity: RegistrationIdentity
    /// How our end of a WebSocket is called: a name that nobody can look up, because nobody can connect to it
    /// (RFC 7118 §5.2). Nil on other transports, whose ends have addresses.
    var invalidName: String?

    /// The Contact that is bound.
    var contactURI: SIPURI {
        RegistrationSettings.contactURI(
            of: settings.addressOfRecord, host: invalidName ?? flow.local.ip.description,
            port: invalidName == nil ? flow.local.port : nil, over: flow.transport)
    }

    /// The octets of one request.
    /// - Parameters:
    ///   - expiresSeconds: 0 removes the binding (RFC 5626 §4.2.2: same instance and reg-id).
    ///   - cseq: higher than that of any request before.
    func bytes(
        expiresSeconds: UInt32, cseq: UInt32, branch: String, credentials: [DigestAuthenticator.Field]
    ) -> [UInt8] {
        let transport = flow.transport.description.uppercased()
        let aor = settings.addressOfRecord.description
        var writer = MessageWriter(request: .register, uri: settings.registrar)
        let sentBy = invalidName ?? flow.local.description
        writer.header(.via, "SIP/2.0/\(transport) \(sentBy);rport;branch=\(branch)")
        writer.header(.maxForwards, 70)
        if let route = settings.route { writer.header(.route, "<\(route)>") }
        writer.header(.from, "<\(aor)>;tag=\(identity.fromTag)")
        writer.header(.to, "<\(aor)>")
        writer.header(.callID, identity.callID)
        writer.header(.cseq, "\(cseq) REGISTER")
        writer.header(.supported, settings.supported.joined(separator: ", "))
        let instance = "+sip.instance=\(settings.instance.parameterValue)"
        writer.header(.contact, "<\(contactURI)>;reg-id=\(settings.regID);\(instance);expires=\(expiresSeconds)")
        for field in credentials { writer.header(field.name, field.value) }
        writer.header(.userAgent, settings.userAgent)
        return writer.finish()
    }
}
