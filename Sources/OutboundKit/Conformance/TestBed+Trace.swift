/// What goes over the flows of a case, as events for people to read along.
extension TestBed {
    func observe(_ phone: Phone, _ what: FlowEvent.What, _ direction: FlowEvent.Direction, at time: Timestamp) {
        trace?(FlowEvent(flow: phone.flow, time: time, direction: direction, what: what))
    }

    func observeOpened(_ phone: Phone, _ flow: Flow, at time: Timestamp) {
        let opening = FlowEvent.Opening(
            transport: flow.transport, client: flow.local, server: flow.remote,
            kind: flow.transport.isStream ? .handshake : .datagram)
        observe(phone, .open(opening), .fromClient, at: time)
    }

    func observeSent(_ phone: Phone, _ octets: [UInt8], at time: Timestamp) {
        guard trace != nil else { return }
        if octets == [ASCII.cr, ASCII.lf, ASCII.cr, ASCII.lf], flow(phone).transport.isStream {
            return observe(phone, .crlf(completesPair: true, ownSegment: true), .fromClient, at: time)
        }
        observe(phone, item: unsafe InboundReader.classify(octets.span.bytes), .fromClient, at: time)
    }

    func observe(
        _ phone: Phone, item: InboundReader.Item, _ direction: FlowEvent.Direction, at time: Timestamp
    ) {
        guard trace != nil else { return }
        let what: FlowEvent.What? =
            switch item {
            case .sip(let message): .sip(message)
            case .malformedSIP(let error): .malformedSIP(error)
            case .unframedResponse(let head):
                .malformedSIP(ParseError(.missing, at: head.bytes.count, in: "Content-Length"))
            case .stun(let bytes): unsafe STUNFacts.read(bytes.span.bytes, isCut: false).map { .stun($0) }
            case .crlf(let completesPair, let ownSegment): .crlf(completesPair: completesPair, ownSegment: ownSegment)
            case .crlfDatagram(let count): .crlfDatagram(count)
            case .otherDatagram(let length, let first): .otherDatagram(length: length, first: first)
            case .unrecognized(let count): .unrecognized(count)
            }
        if let what { observe(phone, what, direction, at: time) }
    }
}
