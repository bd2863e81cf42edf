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
        case (.ping, false): serverPings &+= 1
        case (.pong, true), (.close, _): break
        }
    }
}
