import OutboundKit

/// Everything that one run saw, for judgement and report.
struct RegistrationRecord: Sendable {
    /// What was sent or received, in order, with the number of the send.
    struct Entry: Sendable {
        let event: FlowEvent
        let attempt: Int
    }

    /// How it ended.
    enum Ending: Sendable {
        /// All steps were gone through.
        case complete
        case failed(RegistrationSession.Failure)
        case unreachable(TransportError)
        /// The user had no password for a challenge.
        case noCredentials(SIPMessage)
    }

    /// The most entries that are kept: far more than an ordered exchange has.
    static let maximumEntries = 2000

    var flow: Flow?
    /// What was agreed on with a TLS server, and why TLS broke after its handshake, where it did.
    var tls: TLSInfo?
    var tlsFailure: TLSFailure?
    /// A WebSocket's handshake is done.
    var isWebSocketOpen = false
    var entries: [Entry] = []
    var bound: (grant: RegistrationGrant, message: SIPMessage)?
    var removed: (grant: RegistrationGrant, message: SIPMessage)?
    /// In the order in which they were sent.
    var keepAlives: [KeepAliveOutcome] = []
    var keepAliveSkipped: String?
    var ignored: [RegistrationSession.Ignored: Int] = [:]
    /// An answer to a request of ours that came from another address or port than the request went to.
    var stranger: (source: TransportAddress, line: String)?
    var ending = Ending.complete
    var isInterrupted = false
    /// The binding was left on purpose.
    var isKept = false
    /// Nothing says that the binding is gone.
    var mayRemain = false
    /// The answer to the removal lists it yet.
    var isStillListed: Bool { removed?.grant.own != nil }
    /// A 2xx came, and what it lists shows that nothing is bound.
    var isUnbound: Bool { bound.map { $0.grant.own == nil && $0.grant.isListReadable } ?? false }

    mutating func take(_ event: FlowEvent, attempt: Int) {
        guard entries.count < Self.maximumEntries else { return }
        entries.append(Entry(event: event, attempt: attempt))
    }

    /// The status of a final answer without Content-Length, where the request that it belongs to got no other.
    var unframed: UInt16? {
        switch ending {
        case .failed(.timedOut), .failed(.flowLost): break
        case .complete, .failed, .unreachable, .noCredentials: return nil
        }
        return ignored.keys.compactMap { reason in
            if case .unframed(let status) = reason, status >= 200 { status } else { nil }
        }.min()
    }

    /// A request was given up in the middle of what came: a next answer on that stream would be read as its rest.
    var isOutOfStep: Bool {
        ignored.keys.contains { reason in if case .incomplete = reason { true } else { false } }
    }

    /// Looks through datagrams from elsewhere for an answer to what was sent.
    mutating func hear(_ strays: [Stray]) {
        let sent = events.last { event in
            if case .sip(let message) = event.what { return event.direction == .fromClient && message.isRequest }
            return false
        }
        guard stranger == nil, case .sip(let request)? = sent?.what, let callID = request.callID else { return }
        for stray in strays {
            var message = SIPMessage()
            guard (try? unsafe MessageParser.parse(stray.bytes.span.bytes, into: &message)) != nil, !message.isRequest,
                message.callID.map(message.text) == request.text(callID)
            else { continue }
            stranger = (stray.source, message.startLine)
            return
        }
    }

    var events: [FlowEvent] { entries.map(\.event) }

    /// Status and reason of the first final answer.
    var firstAnswer: String? {
        for entry in entries where entry.event.direction == .fromServer {
            if case .sip(let message) = entry.event.what, !message.isRequest, message.statusCode >= 200 {
                return "\(message.statusCode) \(message.text(message.startLineText))"
            }
        }
        return nil
    }
}
