extension FlowMoment {
    /// What happened, in a few words.
    /// - Parameters:
    ///   - keepAlive: of which kind the flow's keep-alives are, as `FlowSummary.keepAlive` says it.
    ///   - isFirst: no keep-alive was sent on the flow before; the time then counts from the 2xx.
    func words(keepAlive: String, isFirst: Bool) -> String {
        switch kind {
        case .register: "REGISTER"
        case .registered: "\(value) to the REGISTER"
        case .unregistered: "\(value) to the REGISTER: nothing is bound here any more"
        case .refused: "\(value) to the REGISTER"
        case .ping, .latePing:
            (keepAlive == "crlf" ? "CRLFCRLF" : keepAlive == "stun" ? "STUN Binding request" : "keep-alive")
                + (value > 0
                    ? ", \(seconds(Int64(value) * 1_000_000)) after the \(isFirst ? "2xx" : "one before")" : "")
                + (kind == .latePing ? ": late" : "")
        case .pong: "answer"
        case .latePong: "answer, too late"
        case .crlfDatagram: "\(counted(value, "octet")) of CR and LF, which is no keep-alive on UDP"
        case .clientMessage, .serverMessage: value > 0 ? "\(value) to \(method)" : method
        case .mappedChange: "the mapped address changed"
        case .failed: failure?.words ?? "failed"
        case .gap: "octets are missing from the capture here"
        case .icmpError: "ICMP error"
        case .closedByClient: "closed by the client"
        case .closedByServer: "closed by the server"
        case .resetByClient: "reset by the client"
        case .resetByServer: "reset by the server"
        case .connectionRefused: "connection refused"
        case .handshakeRefused where value == 101: "a 101 to the WebSocket handshake that a client must not take"
        case .handshakeRefused:
            value > 0 ? "\(value) to the WebSocket handshake" : "no answer of HTTP to the WebSocket handshake"
        case .frameFault: "a WebSocket frame of the \(value == 1 ? "client" : "server") against RFC 6455"
        }
    }

    /// Of a SIP message: the name of its method.
    var method: String {
        let method = SIPMethod(rawValue: UInt8(clamping: limit)) ?? .other
        return method == .other ? "another method" : method.text.description
    }

    /// Of a moment of failure: why.
    var failure: FlowRecord.Failure? {
        kind == .failed ? FlowRecord.Failure(rawValue: UInt8(clamping: value)) : nil
    }

    /// A failure that is the close itself.
    var isClose: Bool { failure == .serverClosed || failure == .clientClosed }
}

extension FlowMoment.Kind {
    /// The flow is over with it.
    var isEnd: Bool {
        switch self {
        case .closedByClient, .closedByServer, .resetByClient, .resetByServer, .connectionRefused: true
        default: false
        }
    }
}

extension FlowRecord.Failure {
    var words: String {
        switch self {
        case .missedPong: "no pong in 10 s"
        case .stunTimeout: "STUN unanswered"
        case .stunError: "STUN error"
        case .mappedChange: "mapped address changed"
        case .icmp: "port unreachable"
        case .serverClosed: "server closed"
        case .clientClosed: "client closed"
        }
    }
}
