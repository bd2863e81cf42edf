/// A request before it is octets: every piece can be changed, or made wrong on purpose.
struct RequestDraft: Sendable {
    /// One Contact value.
    struct ContactDraft: Sendable {
        /// Everything between the angle brackets.
        var uri: String
        /// A URN without quotes and brackets; nil leaves `+sip.instance` out.
        var instance: String?
        /// As written; one parameter for each.
        var regIDs: [String] = []
        var expires: String?
        /// Further parameters, `name` or `name=value`.
        var parameters: [String] = []

        var text: String {
            var text = uri == "*" ? "*" : "<\(uri)>"
            for regID in regIDs { text += ";reg-id=\(regID)" }
            if let instance { text += ";+sip.instance=\"<\(instance)>\"" }
            if let expires { text += ";expires=\(expires)" }
            for parameter in parameters { text += ";" + parameter }
            return text
        }

        /// Without the expiry: what stays the same when the contact is removed.
        var bareText: String {
            var bare = self
            bare.expires = nil
            return bare.text
        }
    }

    /// Forms of Via that mean the same (RFC 3261 §7.3.1, §7.3.3).
    enum ViaForm: Sendable, Hashable {
        case long
        case compact
        /// One field with all values, separated by commas.
        case joined
    }

    var method: String
    var uri: String
    /// `host:port` of our own Via; nil takes the flow's.
    var sentBy: String?
    /// Parameters of our own Via besides the branch.
    var viaParameters = ["rport"]
    /// Whole Via values below our own: hops that the request is said to have passed.
    var lowerVias: [String] = []
    /// How the Via fields are written; it means the same in each form.
    var viaForm = ViaForm.long
    var route: [String] = []
    var from: String
    var fromTag: String
    var to: String
    var toTag: String?
    var callID: String
    var cseq: UInt32
    var maxForwards = 70
    var contacts: [ContactDraft] = []
    var supported: [String] = []
    var require: [String] = []
    var proxyRequire: [String] = []
    var path: [String] = []
    /// Further fields, in this order.
    var fields: [(name: String, value: String)] = []
    var body: [UInt8] = []
    var contentType: String?
    /// Octets behind the end of the message.
    var trailer: [UInt8] = []
    /// Nil takes a fresh one.
    var branch: String?
    /// Whether 401 and 407 are answered.
    var answersChallenges = true

    init(_ method: String, _ uri: String, from: String, fromTag: String, to: String, callID: String, cseq: UInt32) {
        self.method = method
        self.uri = uri
        self.from = from
        self.fromTag = fromTag
        self.to = to
        self.callID = callID
        self.cseq = cseq
    }

    /// Pieces that the server wrote (a route set, a GRUU, a tag) may be folded: they go out on one line.
    func bytes(flow: Flow, branch: String, credentials: [DigestAuthenticator.Field], userAgent: String) -> [UInt8] {
        var writer = DraftWriter(method, uri)
        let parameters = viaParameters.map { ";" + $0 }.joined()
        let transport = flow.transport.description.uppercased()
        let vias = ["SIP/2.0/\(transport) \(sentBy ?? "\(flow.local)")\(parameters);branch=\(branch)"] + lowerVias
        switch viaForm {
        case .long: for via in vias { writer.header(.via, via) }
        case .compact: for via in vias { writer.header("v", via) }
        case .joined: writer.header(.via, vias.joined(separator: ", "))
        }
        writer.header(.maxForwards, maxForwards)
        for value in route { writer.header(.route, value) }
        for value in path { writer.header(.path, value) }
        writer.header(.from, "<\(from)>;tag=\(fromTag)")
        writer.header(.to, "<\(to)>" + (toTag.map { ";tag=\($0)" } ?? ""))
        writer.header(.callID, callID)
        writer.header(.cseq, "\(cseq) \(method)")
        for contact in contacts { writer.header(.contact, contact.text) }
        if !supported.isEmpty { writer.header(.supported, supported.joined(separator: ", ")) }
        if !require.isEmpty { writer.header(.require, require.joined(separator: ", ")) }
        if !proxyRequire.isEmpty { writer.header(.proxyRequire, proxyRequire.joined(separator: ", ")) }
        for field in credentials { writer.header(field.name, field.value) }
        for field in fields { writer.header(field.name, field.value) }
        writer.header(.userAgent, userAgent)
        return writer.finish(body: body, contentType: contentType) + trailer
    }
}

/// Writes header fields of which pieces may have come from a peer.
private struct DraftWriter {
    private var writer: MessageWriter

    init(_ method: String, _ uri: String) {
        writer = MessageWriter(request: MessageWriter.unfolded(method), uri: MessageWriter.unfolded(uri))
    }

    mutating func header(_ name: HeaderName, _ value: String) { writer.header(name, MessageWriter.unfolded(value)) }
    mutating func header(_ name: HeaderName, _ value: Int) { writer.header(name, value) }
    mutating func header(_ name: String, _ value: String) { writer.header(name, MessageWriter.unfolded(value)) }

    consuming func finish(body: [UInt8], contentType: String?) -> [UInt8] {
        writer.finish(body: body, contentType: contentType)
    }
}
