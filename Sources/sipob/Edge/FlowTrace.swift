import OutboundKit

/// Every message of every flow as it comes and goes, in lines for people: when, on which flow, which way, what.
/// Credentials are hidden, and nothing a peer wrote can steer the terminal.
struct FlowTrace {
    private let style: TextStyle

    init(style: TextStyle) { self.style = style }

    func lines(_ event: FlowEvent) -> [String] {
        guard let words = words(event) else { return [] }
        let clock = event.time.description.dropFirst(11).prefix(12)
        let arrow = event.direction == .fromClient ? "->" : "<-"
        let head = "\(clock)  \(event.flow) \(arrow) " + style.bold(words)
        guard case .sip(let message) = event.what else { return [head] }
        return [head] + Redaction.lines(message).dropFirst().map { "              | " + $0 } + [""]
    }

    /// nil for what is told with something else.
    private func words(_ event: FlowEvent) -> String? {
        let isFromPhone = event.direction == .fromClient
        return switch event.what {
        case .open(let opening):
            "\(opening.transport) \(opening.client), at \(opening.server): a new flow"
        case .sip(let message): message.startLine
        case .beginsSIP: "the beginning of a SIP message"
        case .cutSIP: "SIP, cut"
        case .malformedSIP(let error): "SIP that cannot be read: \(error)"
        case .crlf(let completesPair, _) where isFromPhone: completesPair ? "CRLFCRLF, a ping" : nil
        case .crlf: "CRLF, a pong"
        case .repeatedPing: "the ping again, by TCP"
        case .crlfDatagram(let count): "\(counted(count, "octet")) of CR and LF in a datagram, which is no keep-alive"
        case .otherDatagram(let length, _): "a datagram of \(counted(length, "octet")), neither SIP nor STUN"
        case .stun(let facts): Self.words(facts)
        case .gap: "octets are missing"
        case .unrecognized(let count): "\(counted(count, "octet")), neither SIP nor a keep-alive"
        case .webSocketControl(.ping): "WebSocket Ping"
        case .webSocketControl(.pong): "WebSocket Pong"
        case .webSocketControl(.close(let code)): "WebSocket Close" + (code.map { " \($0)" } ?? "")
        case .webSocketHandshake(_, let grantsSIP): "WebSocket handshake, \(grantsSIP ? "sip" : "no sub-protocol")"
        case .webSocketRefused(let refusal): "WebSocket handshake, \(refusal.asked): \(refusal.answer)"
        case .webSocketFault(let fault): "WebSocket frame against RFC 6455: \(fault)"
        case .gluedCRLF(0): "two SIP messages in one WebSocket message"
        case .gluedCRLF(let count): "\(counted(count, "octet")) of CRLF in the message that follows"
        case .encrypted: "TLS"
        case .icmpError(let type, let code): "ICMP error, type \(type), code \(code)"
        case .close(.fin): "closed"
        case .close(.rst): "reset"
        case .close(.refused): "refused"
        }
    }

    private static func words(_ facts: STUNFacts) -> String {
        let method = facts.method == 1 ? "STUN Binding" : "STUN method \(facts.method)"
        return switch facts.messageClass {
        case .request: "\(method) request"
        case .indication: "\(method) indication"
        case .success:
            "\(method) success response" + (facts.mappedAddress.map { ", mapped address \($0)" } ?? "")
        case .error: "\(method) error response \(facts.errorCode)"
        }
    }
}
