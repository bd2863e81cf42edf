/// What comes in, told apart (RFC 5626 §8, RFC 3261 §18.3, RFC 7118).
extension EdgeServer {
    // MARK: Datagrams

    mutating func receiveDatagram(_ bytes: RawSpan, on id: FlowID, at now: Timestamp) {
        guard let first = bytes.octetIfPresent(0) else {
            observe(id, .fromClient, at: now) { .otherDatagram(length: 0, first: nil) }
            return
        }
        // The first two bits of STUN are zero, and no SIP message begins so.
        if first & 0xC0 == 0, first != ASCII.cr, first != ASCII.lf {
            if STUNMessage.isMessage(bytes) || STUNMessage.looksLikeRFC3489(bytes) {
                receiveSTUN(bytes, on: id, at: now)
            } else {
                observe(id, .fromClient, at: now) { .otherDatagram(length: bytes.byteCount, first: first) }
                noteOnce(id, "a datagram of \(counted(bytes.byteCount, "octet")), neither SIP nor STUN", at: now)
            }
            return
        }
        if first == ASCII.cr || first == ASCII.lf,
            (0..<bytes.byteCount).allSatisfy({ bytes.octet($0) == ASCII.cr || bytes.octet($0) == ASCII.lf })
        {
            // CRLF keep-alives are for streams alone (RFC 5626 §4.4.1): no pong, or clients would rely on it.
            observe(id, .fromClient, at: now) { .crlfDatagram(bytes.byteCount) }
            return
        }
        withScratch { edge, message in
            do throws(ParseError) {
                try MessageParser.parse(bytes, into: &message)
                edge.take(message, on: id, at: now)
            } catch {
                edge.refuse(bytes, message, error, on: id, at: now)
            }
        }
    }

    /// A message that cannot be read: 400 where it is a request that can be answered (RFC 3261 §8.2, §16.3), else a note.
    private mutating func refuse(
        _ bytes: RawSpan, _ message: SIPMessage, _ error: ParseError, on id: FlowID, at now: Timestamp
    ) {
        // Of what is too long the message holds nothing.
        guard MessageParser.looksLikeSIP(bytes) else {
            let (length, first) = (bytes.byteCount, bytes.octetIfPresent(0))
            observe(id, .fromClient, at: now) { .otherDatagram(length: length, first: first) }
            noteOnce(id, "\(counted(length, "octet")), neither SIP nor STUN", at: now)
            return
        }
        observe(id, .fromClient, at: now) { .malformedSIP(error) }
        noteOnce(id, "unreadable SIP: \(error)", at: now)
        guard Self.canBeAnswered(message) else { return }
        answer(message, 400, Self.reason(error), on: id, at: now)
    }

    private static func canBeAnswered(_ message: SIPMessage) -> Bool {
        message.isRequest && message.method != .ack && message.first(.via) != nil && message.first(.callID) != nil
    }

    /// A message that did not come to its end in time: 408 where it is a request and enough of it is there to be answered
    /// (RFC 3261 §21.4.9), else nothing.
    mutating func refuseUnfinished(_ octets: [UInt8], on id: FlowID, at now: Timestamp) {
        withScratch { edge, message in
            // It is cut, so it cannot be read as a whole; what could be read stands in the message all the same.
            _ = try? unsafe MessageParser.parse(octets.span.bytes, into: &message)
            guard Self.canBeAnswered(message) else { return }
            edge.answer(message, 408, Self.phrase(408), on: id, at: now)
        }
    }

    // MARK: Streams

    mutating func receiveStream(_ bytes: RawSpan, on id: FlowID, at now: Timestamp) {
        guard var framer = takeFramer(id) else { return }
        withScratch { edge, message in
            var output = framer.receive(bytes, using: &message)
            while let item = output {
                guard edge.take(item, on: id, framer: framer, at: now, storage: &message) else { return }
                output = framer.next(using: &message)
            }
            edge.putBack(framer, id, at: now)
        }
    }

    private mutating func takeFramer(_ id: FlowID) -> StreamFramer? {
        guard let slot = flows.index(forKey: id), case .stream(let framer) = flows.values[slot].wire else { return nil }
        flows.values[slot].wire = .datagram
        return framer
    }

    private mutating func putBack(_ framer: StreamFramer, _ id: FlowID, at now: Timestamp) {
        guard let slot = flows.index(forKey: id) else { return }
        flows.values[slot].wire = .stream(framer)
        if framer.isIdle || flows.values[slot].standing != .up {
            flows.values[slot].unfinishedSince = nil
        } else if flows.values[slot].unfinishedSince == nil {
            flows.values[slot].unfinishedSince = now
            wake(id, at: now + settings.limits.messageTime, now: now)
        }
    }

    /// One thing of a stream. False: the flow is gone, or no message can be told from the next any more, and what is left
    /// of its octets goes with it.
    private mutating func take(
        _ item: StreamFramer.Output, on id: FlowID, framer: StreamFramer, at now: Timestamp, storage: inout SIPMessage
    ) -> Bool {
        switch item {
        case .message(let message):
            if let slot = flows.index(forKey: id) { flows.values[slot].unfinishedSince = nil }
            take(message, on: id, at: now)
            storage = message
        case .crlf(let completesPair, let ownSegment):
            observe(id, .fromClient, at: now) { .crlf(completesPair: completesPair, ownSegment: ownSegment) }
            if completesPair { ping(id, at: now) }
        case .stun(let octets):
            // A keep-alive of the wrong kind (RFC 5626 §4.4): no answer, so that nobody relies on one.
            observe(id, .fromClient, at: now) {
                unsafe STUNFacts.read(octets.span.bytes, isCut: false).map { .stun($0) } ?? .unrecognized(octets.count)
            }
            noteOnce(id, "STUN on a stream is ignored; keep-alives here are CRLF (RFC 5626 §4.4.1)", at: now)
        case .malformed(let error):
            if framer.isSynchronized {
                unsafe refuse(storage.bytes.span.bytes, storage, error, on: id, at: now)
            } else {
                // Where the next message begins cannot be told.
                if storage.lacksLengthAlone(error, endsHere: framer.isAtMessageStart) {
                    let message = storage.take()
                    observe(id, .fromClient, at: now) { .sip(message) }
                    noteOnce(id, "closed: a message without Content-Length (RFC 3261 §18.3)", at: now)
                    if Self.canBeAnswered(message) {
                        answer(message, 400, "Bad Request: Content-Length is missing", on: id, at: now)
                    }
                } else {
                    observe(id, .fromClient, at: now) { .malformedSIP(error) }
                    noteOnce(id, "closed: unreadable SIP: \(error)", at: now)
                }
                close(id, .fin, at: now)
                return false
            }
        case .unrecognized(let count):
            observe(id, .fromClient, at: now) { .unrecognized(count) }
            noteOnce(id, "closed: \(counted(count, "octet")), no SIP", at: now)
            close(id, .fin, at: now)
            return false
        }
        return flows.index(forKey: id) != nil
    }

    // MARK: WebSocket

    mutating func receiveWebSocket(_ bytes: RawSpan, on id: FlowID, at now: Timestamp) {
        guard let slot = flows.index(forKey: id), case .webSocket(var session) = flows.values[slot].wire else { return }
        flows.values[slot].wire = .datagram
        let isMute = flows.values[slot].standing == .mute
        session.answersPings = !isMute
        session.receive(bytes)
        var messages: [[UInt8]] = []
        var isOver = false
        while let output = session.next() {
            switch output {
            case .send(let octets): if !isMute { outputs.append(.send(octets, id)) }
            case .event(.message(let octets, _)): messages.append(octets)
            case .event(let event): take(event, on: id, at: now)
            case .end: isOver = true
            }
        }
        let isUnfinished = session.isInsideMessage || !session.isOpen
        guard let slot = flows.index(forKey: id) else { return }
        flows.values[slot].wire = .webSocket(session)
        if !isUnfinished || flows.values[slot].standing != .up {
            flows.values[slot].unfinishedSince = nil
        } else if flows.values[slot].unfinishedSince == nil {
            flows.values[slot].unfinishedSince = now
            wake(id, at: now + settings.limits.messageTime, now: now)
        }
        for octets in messages { takeWebSocketMessage(octets, on: id, at: now) }
        if isOver { close(id, .fin, at: now) }
    }

    private mutating func take(
        _ event: WebSocketSession<SystemRandomNumberGenerator>.Event, on id: FlowID, at now: Timestamp
    ) {
        switch event {
        case .ping:
            counters.webSocketPings += 1
            observe(id, .fromClient, at: now) { .webSocketControl(.ping) }
            guard let slot = flows.index(forKey: id) else { return }
            flows.values[slot].pings &+= 1
            // After our own Close nothing is answered (RFC 6455 §5.5.1).
            guard flows.values[slot].standing == .up else { return }
            flows.values[slot].pongs &+= 1
            observe(id, .fromServer, at: now) { .webSocketControl(.pong) }
            if !settings.faults.isEmpty { killAfterPings(id, at: now) }
        case .pong: observe(id, .fromClient, at: now) { .webSocketControl(.pong) }
        case .close(let close):
            observe(id, .fromClient, at: now) { .webSocketControl(.close(close.code)) }
            guard isUp(id) else { return }
            // It is the phone that leaves, though we close TCP (RFC 6455 §7.1.1).
            observe(id, .fromClient, at: now) { .close(.fin) }
        case .fault(let fault):
            if !fault.isOwnLimit { observe(id, .fromClient, at: now) { .webSocketFault(fault) } }
            noteOnce(id, "closed: WebSocket fault: \(fault)", at: now)
        case .refused(let refusal): noteOnce(id, "WebSocket handshake refused: \(refusal)", at: now)
        case .accepted, .opened, .notOpened, .message: break
        }
    }

    /// One WebSocket message is one SIP message, one ping, or one pong (RFC 7118 §5, §6).
    private mutating func takeWebSocketMessage(_ octets: [UInt8], on id: FlowID, at now: Timestamp) {
        guard flows[id] != nil else { return }
        let pair: [UInt8] = [ASCII.cr, ASCII.lf, ASCII.cr, ASCII.lf]
        if octets == pair {
            observe(id, .fromClient, at: now) { .crlf(completesPair: true, ownSegment: true) }
            ping(id, at: now)
            return
        }
        if octets == Array(pair.prefix(2)) {
            observe(id, .fromClient, at: now) { .crlf(completesPair: false, ownSegment: true) }
            return
        }
        if unsafe STUNMessage.isMessage(octets.span.bytes) {
            observe(id, .fromClient, at: now) {
                unsafe STUNFacts.read(octets.span.bytes, isCut: false).map { .stun($0) } ?? .unrecognized(octets.count)
            }
            noteOnce(id, "STUN on a WebSocket is ignored; keep-alives here are CRLF or Ping (RFC 7118 §6)", at: now)
            return
        }
        let blanks = octets.prefix { $0 == ASCII.cr || $0 == ASCII.lf }.count
        withScratch { edge, message in
            do throws(ParseError) {
                try unsafe MessageParser.parse(octets.span.bytes, into: &message, limits: .webSocket)
                if blanks > 0 { edge.observe(id, .fromClient, at: now) { .gluedCRLF(blanks) } }
                let isOneOfMany = unsafe message.startOfNext(in: octets.span.bytes) != nil
                edge.take(message, on: id, at: now)
                guard isOneOfMany else { return }
                edge.observe(id, .fromClient, at: now) { .gluedCRLF(0) }
                edge.noteOnce(
                    id, "of several SIP messages in one WebSocket message only the first is read (RFC 7118 §5)", at: now
                )
            } catch {
                unsafe edge.refuse(octets.span.bytes, message, error, on: id, at: now)
            }
        }
    }

    /// Gives out what a session wants sent.
    mutating func drain(
        _ session: inout WebSocketSession<SystemRandomNumberGenerator>, on id: FlowID, at now: Timestamp
    ) {
        while let output = session.next() {
            if case .send(let octets) = output { outputs.append(.send(octets, id)) }
        }
    }

    // MARK: SIP

    private mutating func take(_ message: SIPMessage, on id: FlowID, at now: Timestamp) {
        observe(id, .fromClient, at: now) { .sip(message) }
        guard let slot = flows.index(forKey: id), flows.values[slot].standing == .up else { return }
        flows.values[slot].hasSpoken = true
        guard message.isRequest else {
            counters.responsesReceived += 1
            receiveResponse(message, on: id, at: now)
            return
        }
        counters.requestsReceived += 1
        if message.method == .register, answersRegister(message) {
            register(message, on: id, at: now)
        } else {
            receiveRequest(message, on: id, at: now)
        }
    }

    /// A reason phrase that tells what is wrong.
    static func reason(_ error: ParseError) -> String { "Bad Request: \(error)" }
}
