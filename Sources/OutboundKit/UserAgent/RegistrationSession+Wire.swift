/// What comes over the flow of a session and what goes out, below the transactions.
extension RegistrationSession {
    mutating func drainCodec(at now: Timestamp) {
        drainItems(at: now)
        // A pong of ours to the server's ping.
        if endOfCRLFs(at: now) { drainItems(at: now) }
        if !codec.isInsideMessage { probe?.endOfMessage(at: now) }
    }

    private mutating func drainItems(at now: Timestamp) {
        while let output = codec.next() {
            unfinishedOctets = 0
            switch output {
            case .send(let bytes): outputs.append(.send(bytes, flowID))
            case .opened(let server):
                isOpen = true
                openDeadline = nil
                if invalidName != nil { report(.opened(server: server)) }
                if let command = awaiting.take() { obey(command, at: now) }
            case .item(let item): take(item, at: now)
            case .ping:
                observe(.webSocketControl(.ping), .fromServer, at: now)
                observe(.webSocketControl(.pong), .fromClient, at: now)
            case .pong(let payload):
                observe(.webSocketControl(.pong), .fromServer, at: now)
                if probe?.receivePong(payload, at: now) != true { ignore(.unexpectedPong) }
                drainProbe(at: now)
            case .ended(let ending): end(ending, at: now)
            }
        }
    }

    /// What was read ends here, or something else stands behind the CRLFs.
    /// - Returns: whether a keep-alive is under way.
    @discardableResult
    private mutating func endOfCRLFs(at now: Timestamp) -> Bool {
        guard probe != nil else { return false }
        probe?.endOfCRLFs(at: now)
        drainProbe(at: now)
        return true
    }

    mutating func keepAlive(by technique: KeepAliveOutcome.Technique, at now: Timestamp) {
        guard state == .registered, probe == nil else { return }
        probe = KeepAliveProbe(technique, flow: flowID, at: now, using: &random)
        drainProbe(at: now)
    }

    /// The WebSocket is over.
    mutating func end(_ ending: WebSocketEnding, at now: Timestamp) {
        if case .closed(let close) = ending { observe(.webSocketControl(.close(close.code)), .fromServer, at: now) }
        probe?.lose(.closed, at: now)
        drainProbe(at: now)
        isOpen = false
        giveUp(.webSocket(ending))
    }

    /// The flow is of no more use.
    private mutating func giveUp(_ failure: Failure) {
        switch state {
        case .unregistered, .failed: break
        case .idle, .registering, .challenged, .registered, .unregistering:
            pending = nil
            fail(failure)
        }
    }

    mutating func lose(_ loss: FlowLoss, at now: Timestamp) {
        switch loss {
        case .closedByPeer: observe(.close(.fin), .fromServer, at: now)
        case .reset: observe(.close(.rst), .fromServer, at: now)
        case .portUnreachable:
            let isIPv6 = flow?.remote.ip.isIPv6 ?? false
            observe(.icmpError(type: isIPv6 ? 1 : 3, code: isIPv6 ? 4 : 3), .fromClient, at: now)
            // What reached nobody bound nothing.
            if let pending, !pending.removes, pending.transaction.transmissions == 1, pending.provisionalAnswers == 0 {
                mayBeBound = false
            }
        case .failed: break
        }
        probe?.lose(loss == .portUnreachable ? .unreachable : .closed, at: now)
        drainProbe(at: now)
        ignoreUnfinished()
        giveUp(.flowLost(loss))
    }

    private mutating func take(_ item: InboundReader.Item, at now: Timestamp) {
        if case .crlf = item {} else { endOfCRLFs(at: now) }
        switch item {
        case .sip(let message) where message.isRequest: answer(message, at: now)
        case .sip(let message): respond(message, at: now)
        case .malformedSIP(let error): ignore(.malformed(error))
        case .unframedResponse(let head):
            let error = ParseError(.missing, at: head.bytes.count, in: "Content-Length")
            ignore(reasonToIgnore(head) == nil ? .unframed(head.statusCode) : .malformed(error))
        case .crlf(let completesPair, let ownSegment):
            observe(.crlf(completesPair: completesPair, ownSegment: ownSegment), .fromServer, at: now)
            // On a WebSocket the pair is one message.
            probe?.receiveCRLF(completesPair && invalidName != nil ? 2 : 1)
        case .stun(let bytes):
            if let facts = unsafe STUNFacts.read(bytes.span.bytes, isCut: false) {
                observe(.stun(facts), .fromServer, at: now)
            }
            guard probe != nil else { return ignore(.unexpectedSTUN) }
            let id = flowID
            probe?.receiveSTUN(bytes, on: id, at: now)
            drainProbe(at: now)
        case .crlfDatagram(let length): ignore(.notSIP(octets: length))
        case .otherDatagram(let length, _): ignore(.notSIP(octets: length))
        case .unrecognized(let count): ignore(.notSIP(octets: count))
        }
    }

    mutating func drainProbe(at now: Timestamp) {
        while let output = probe?.next() {
            switch output {
            case .ping(let payload):
                codec.ping(payload)
                observe(.webSocketControl(.ping), .fromClient, at: now)
            case .send(let bytes):
                codec.send(bytes)
                if flow?.transport.isStream == true {
                    // On a WebSocket the pair is one message.
                    if invalidName == nil {
                        observe(.crlf(completesPair: false, ownSegment: false), .fromClient, at: now)
                    }
                    observe(.crlf(completesPair: true, ownSegment: true), .fromClient, at: now)
                } else if let facts = unsafe STUNFacts.read(bytes.span.bytes, isCut: false) {
                    observe(.stun(facts), .fromClient, at: now)
                }
            case .done(var outcome):
                probe = nil
                outcome.mappedBefore = mappedAddress
                if case .stun(let message) = outcome.result { mappedAddress = mappedAddress ?? message.mappedAddress }
                report(.keptAlive(outcome))
            case .ignored:
                ignore(.unexpectedSTUN)
            case .serverPing:
                codec.send([ASCII.cr, ASCII.lf])
                observe(.crlf(completesPair: false, ownSegment: true), .fromClient, at: now)
            }
        }
    }

    /// A proxy may try the test's contact. It gets an answer, so that nobody waits for one.
    private mutating func answer(_ request: SIPMessage, at now: Timestamp) {
        observe(.sip(request), .fromServer, at: now)
        guard request.method != .ack, answeredRequests < Limits.answeredRequests else { return }
        answeredRequests += 1
        let bytes = RequestAnswer.bytes(for: request, tag: word(12), accepting: settings.accepted)
        codec.send(bytes)
        observeSent(bytes, attempt: 1, at: now)
    }

    mutating func observe(_ what: FlowEvent.What, _ direction: FlowEvent.Direction, at now: Timestamp) {
        report(.observed(FlowEvent(flow: flowID, time: now, direction: direction, what: what), attempt: 1))
    }

    mutating func observeSent(_ bytes: [UInt8], attempt: Int, at now: Timestamp) {
        var message = SIPMessage()
        // Our own requests go through the same parser as everybody's.
        guard (try? unsafe MessageParser.parse(bytes.span.bytes, into: &message)) != nil else { return }
        let event = FlowEvent(flow: flowID, time: now, direction: .fromClient, what: .sip(message))
        report(.observed(event, attempt: attempt))
    }
}
