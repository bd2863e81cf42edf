/// What a WebSocket's handshake said of SIP (RFC 7118 §4).
enum WebSocketAgreement: UInt8, Sendable, Hashable {
    case unseen
    case granted
    /// The client offered `sip`, and the server's answer does not name it.
    case notGranted
    case notOffered
}

/// Keep-alives with WebSocket control frames (RFC 7118 §6, RFC 6455 §5.5). Pings of the client count as CRLF pings do.
extension FlowRecord {
    var isWebSocket: Bool { transport == .ws || transport == .wss }

    /// Only the server pings. Whether answering those is keeping alive is not settled by the RFCs, so no interval of
    /// this flow is late.
    var isPingedByServerOnly: Bool { isWebSocket && pings == 0 && serverPings > 0 }

    mutating func observeWebSocket(
        _ control: FlowEvent.WebSocketControl, fromClient: Bool, _ time: Int64, _ frame: UInt64,
        _ settings: AuditSettings
    ) {
        guard isStream else { return }
        switch (control, fromClient) {
        case (.ping, true):
            kind = .ws
            queuePing()
            countPing(at: time, frame: frame, settings: settings)
        case (.pong, false):
            // A Pong that answers nothing is allowed (RFC 6455 §5.5.3).
            guard waiting > 0 else { return }
            if let oldest = oldestWaiting, lastGap >= oldest {
                takePongBehindGap(at: time, frame: frame)
            } else {
                takePong(at: time, frame: frame)
            }
        case (.ping, false):
            serverPings &+= 1
            noteServerPing(at: time, frame: frame)
            // One Pong may answer all Pings before it, and the oldest of them is due first (RFC 6455 §5.5.3).
            if serverPingAt == .never { serverPingAt = time }
        case (.pong, true): serverPingAt = .never
        case (.close, _): break
        }
    }

    /// As long as a Pong of the server may take.
    private static let patience: Int64 = 10 * .second

    /// A Ping of the server that is still without its Pong at `time` has none, if the client was there to send one.
    mutating func noteServerPing(at time: Int64, frame: UInt64) {
        let ping = serverPingAt
        guard ping != .never, time &- ping >= Self.patience else { return }
        serverPingAt = .never
        if lastFromClient > ping, lastGap < ping { log.add(.unansweredServerPing, time, frame, ping) }
    }
}
