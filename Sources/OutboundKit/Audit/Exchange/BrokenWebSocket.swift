extension Finding {
    /// How a WebSocket ended, where that breaks the protocol: a 101 that is wrong (OB-WS-005), or frames (OB-WS-010). Nil for
    /// the rest: another status than 101 is a refusal, of which a server may have many.
    public static func brokenWebSocket(_ ending: WebSocketEnding, subject: String) -> Finding? {
        switch ending {
        case .notOpened(let fault): wrongHandshake(fault, subject)
        case .fault(let fault) where !fault.isOwnLimit:
            .fail(
                "OB-WS-010", subject: subject, message: "the server breaks the WebSocket protocol",
                evidence: Evidence(observed: fault.words, expected: "frames by RFC 6455 section 5"))
        case .unanswered, .closed, .fault: nil
        }
    }

    private static func wrongHandshake(_ fault: WebSocketHandshake.ClientFault, _ subject: String) -> Finding? {
        switch fault {
        case .status, .notHTTP: nil
        case .field:
            .fail(
                "OB-WS-005", subject: subject, message: "the server's handshake is not RFC 6455's",
                evidence: Evidence(observed: fault.description, expected: "a 101 by RFC 6455 section 4.2.2"),
                advice: "browsers give up here: look at the server, and at HTTP proxies on the way")
        case .subprotocol:
            .fail(
                "OB-WS-005", subject: subject, message: "the handshake does not agree on the subprotocol sip",
                evidence: Evidence(
                    observed: fault.description, expected: "a 101 with Sec-WebSocket-Protocol: sip"),
                advice: "browsers' SIP stacks give up here: have the server answer by RFC 7118 section 4")
        }
    }
}
