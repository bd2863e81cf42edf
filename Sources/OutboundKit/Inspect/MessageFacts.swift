/// What a message says about outbound, value by value. What cannot be read is not among it: `Inspection.malformed` has it.
public struct MessageFacts: Sendable {
    public let message: SIPMessage
    /// The last hop first.
    public let vias: [Via]
    /// Via values, those included that cannot be read.
    public let viaCount: Int
    public let supported: [String]
    public let require: [String]
    public let proxyRequire: [String]
    public let unsupported: [String]
    public let contacts: [Contact]
    /// The hop nearest the registrar first, so that the first hop's is the last (RFC 3327 §5.2).
    public let path: [NameAddr]
    public let route: [NameAddr]
    public let recordRoute: [NameAddr]
    /// As written; nil without the field.
    public let flowTimer: String?
    public let expires: UInt64?

    public init(_ message: SIPMessage) {
        self.message = message
        func each<Value>(_ name: HeaderName, _ read: (RawSpan, Range<Int>) -> Value?) -> [Value] {
            message.withSpan { span in message.values(name).compactMap { read(span, $0.range) } }
        }
        func addresses(_ name: HeaderName) -> [NameAddr] { each(name) { try? NameAddr.parse($0, $1) } }
        vias = each(.via) { try? Via.parse($0, $1) }
        viaCount = message.viaCount
        supported = message.optionTags(in: .supported).map(PrintableText.of)
        require = message.optionTags(in: .require).map(PrintableText.of)
        proxyRequire = message.optionTags(in: .proxyRequire).map(PrintableText.of)
        unsupported = message.optionTags(in: .unsupported).map(PrintableText.of)
        contacts = each(.contact) { try? Contact.parse($0, $1) }
        path = addresses(.path)
        route = addresses(.route)
        recordRoute = addresses(.recordRoute)
        flowTimer = message.first(.flowTimer).map { PrintableText.of(message.text($0.value)) }
        expires = message.integer(.expires)
    }

    /// How many of the last Path values the first hop wrote: two where a proxy between two networks has one for each.
    public var firstHopPaths: Int { ExchangeView.firstHopValues(of: path) }

    /// The request as its first hop gets it: one Via value.
    public var isFromClient: Bool { viaCount == 1 }

    /// `REGISTER sip:example.com` or `200 OK`.
    public var startLine: String {
        let text = message.text(message.startLineText)
        return PrintableText.of(
            message.isRequest ? "\(text) \(message.text(message.requestURI))" : "\(message.statusCode) \(text)")
    }

    /// What place it has in a call or registration, in words.
    public var kind: String {
        guard message.isRequest else {
            let method = message.method == .other ? "a request" : "\(message.method.text)"
            return "response to \(method)"
        }
        switch message.method {
        case .register: return "request: registration"
        case .ack, .cancel: return "request: belongs to the transaction of another"
        default:
            if message.isInDialog { return "request within a dialog" }
            return message.formsDialog ? "request that opens a dialog" : "request outside of a dialog"
        }
    }
}
