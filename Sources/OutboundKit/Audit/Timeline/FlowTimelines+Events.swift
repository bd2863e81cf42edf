/// How events become moments.
extension FlowTimelines {
    /// - Parameters:
    ///   - before: the flow's record before the event; nil when the event opened it.
    ///   - index: the flow's place in the ledger.
    mutating func note(
        _ event: borrowing FlowEvent, _ before: FlowGlimpse?, _ after: FlowGlimpse, _ index: Int
    ) {
        if let before {
            if before.isFlipped != after.isFlipped { turnRound(index) }
            noteChange(before, after, index, event.time.nanoseconds, event.frame)
        }
        noteEvent(event, after, index, wasBound: before?.isBound == true)
        // Behind what brought it about, if that is of the same time.
        if let before { noteFailure(before, after, index) }
    }

    /// What the ledger made of the event.
    private mutating func noteChange(
        _ before: FlowGlimpse, _ after: FlowGlimpse, _ index: Int, _ time: Int64, _ frame: UInt64
    ) {
        // Fewer than before are those of a server that was taken for the client.
        if after.pings > before.pings {
            // Under a duty the time counts from its beginning, and ends with the last keep-alive of any kind.
            let start = max(before.lastKeepAlive, before.isOwed ? before.dutySince : .never)
            let gap = start == .never ? 0 : time &- start
            let isLate = before.isOwed && !before.hasFailed && gap > before.lateAbove && time <= before.dutyUntil
            add(
                FlowMoment(
                    isLate ? .latePing : .ping, time, frame, value: Self.milliseconds(gap),
                    limit: before.isOwed ? Self.milliseconds(before.limit) : 0),
                to: index)
        }
        if after.pongs > before.pongs {
            let isLate = after.latePongs != before.latePongs
            add(FlowMoment(isLate ? .latePong : .pong, time, frame), to: index)
        } else if after.pongs < before.pongs, after.isFlipped == before.isFlipped {
            takeBackPong(at: time, from: index)
        }
        if after.mappedChanges > before.mappedChanges {
            add(FlowMoment(.mappedChange, time, frame), to: index)
        }
    }

    mutating func noteFailure(_ before: FlowGlimpse, _ after: FlowGlimpse, _ index: Int) {
        guard let failure = after.failure, before.failure == nil else { return }
        add(FlowMoment(.failed, after.failedAt, 0, value: UInt32(failure.rawValue)), to: index)
    }

    /// What can be told by the event itself.
    private mutating func noteEvent(
        _ event: borrowing FlowEvent, _ flow: FlowGlimpse, _ index: Int, wasBound: Bool
    ) {
        let fromClient = (event.direction == .fromClient) != flow.isFlipped
        let kind: FlowMoment.Kind
        var value: UInt32 = 0
        var limit: UInt32 = 0
        switch event.what {
        case .sip(let message):
            kind = Self.kind(of: message, fromClient: fromClient, endsBinding: wasBound && !flow.isBound)
            value = message.isRequest ? 0 : UInt32(message.statusCode)
            switch kind {
            case .registered where flow.isOwed: limit = Self.milliseconds(flow.limit)
            case .clientMessage, .serverMessage: limit = UInt32(message.method.rawValue)
            default: break
            }
        case .crlfDatagram(let length) where fromClient:
            kind = .crlfDatagram
            value = UInt32(clamping: length)
        case .gap: kind = .gap
        case .icmpError: kind = .icmpError
        case .close(.fin): kind = fromClient ? .closedByClient : .closedByServer
        case .close(.rst): kind = fromClient ? .resetByClient : .resetByServer
        case .close(.refused): kind = .connectionRefused
        case .webSocketRefused(let refusal):
            kind = .handshakeRefused
            value = refusal.status
        case .webSocketFault:
            kind = .frameFault
            value = fromClient ? 1 : 0
        default: return
        }
        add(FlowMoment(kind, event.time.nanoseconds, event.frame, value: value, limit: limit), to: index)
    }

    private static func kind(
        of message: borrowing SIPMessage, fromClient: Bool, endsBinding: Bool
    ) -> FlowMoment.Kind {
        guard message.method == .register, message.isRequest == fromClient else {
            return fromClient ? .clientMessage : .serverMessage
        }
        if message.isRequest { return .register }
        switch message.statusCode {
        case ..<200: return .serverMessage
        case ..<300: return endsBinding ? .unregistered : .registered
        default: return .refused
        }
    }

    /// Rounded as findings are, so that a picture has their numbers.
    private static func milliseconds(_ nanoseconds: Int64) -> UInt32 {
        UInt32(clamping: (max(nanoseconds, 0) / 500_000 + 1) / 2)
    }
}

/// The parts of a flow's record whose changes a picture shows.
struct FlowGlimpse {
    let isFlipped: Bool
    let pings: UInt32
    let pongs: UInt32
    let latePongs: UInt32
    let mappedChanges: UInt32
    let lastKeepAlive: Int64
    let failure: FlowRecord.Failure?
    let failedAt: Int64
    /// A registration was granted, and has not been removed.
    let isBound: Bool
    /// A number of seconds was announced, or the defaults of the transport hold.
    let isOwed: Bool
    let dutySince: Int64
    let dutyUntil: Int64
    let limit: Int64
    let lateAbove: Int64

    var hasFailed: Bool { failure != nil }

    init(_ flow: FlowRecord) {
        isFlipped = flow.isFlipped
        pings = flow.pings
        pongs = flow.pongs
        latePongs = flow.latePongs
        mappedChanges = flow.mappedChanges
        lastKeepAlive = flow.lastKeepAlive
        failure = flow.failure
        failedAt = flow.failedAt
        isBound = flow.registrations.contains(where: \.isBound)
        isOwed = flow.duty.isOwed
        dutySince = flow.duty.since
        dutyUntil = flow.duty.until
        limit = flow.duty.limit
        lateAbove = flow.duty.lateAbove
    }
}
