/// What a WebSocket's handshake said of SIP (RFC 7118 §4).
enum WebSocketAgreement: UInt8, Sendable, Hashable {
    case unseen
    case granted
    /// The client offered `sip`, and the server's answer does not name it.
    case notGranted
    case notOffered
}

/// What is remembered of a WebSocket that did not go well.
struct WebSocketRarities: Sendable {
    /// The last handshake for `sip` that came to nothing, or should have; nil where a later one was granted.
    var refusal: WebSocketRefusal?
    var refusedAt = Int64.never
    @FrameNumber var refusedFrame: UInt64
    /// Handshakes that the server refused on this connection, one after the other.
    var refusals: UInt32 = 0
    /// What the marks of `webSocketFault` are, in their order.
    var faults: [WebSocketFault] = []
    /// What the first Close frame says that came before any other end, and who sent it.
    var close: UInt16?
    var closedByServer = false
    /// Of the server's pings, those that are messages of CRLFCRLF.
    var serverCRLFPings: UInt32 = 0
    /// What the server sent while a Ping of the client waited that is no SIP, and no Pong to any Ping.
    var strangeAnswers: UInt32 = 0
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
            // One Pong may answer all Pings before it, and the oldest of them is due first (RFC 6455 §5.5.3). What went
            // missing may hold the Pong of one before that.
            if serverPingAt == .never || lastGap >= serverPingAt { serverPingAt = time }
        case (.pong, true): serverPingAt = .never
        case (.close(let code), _):
            // Most say 1000 or 1001, of which nothing follows.
            guard closing == nil, let code, WebSocketClose.accuses(code) else { return }
            changeWebSocket {
                $0.close = code
                $0.closedByServer = !fromClient
            }
        }
    }

    /// Octets of the server that are nothing known: a Pong with another payload than a Ping's is among them.
    mutating func observeStrange() {
        if kind == .ws, waiting > 0 { changeWebSocket { $0.strangeAnswers &+= 1 } }
    }

    private mutating func changeWebSocket(_ body: (inout WebSocketRarities) -> Void) {
        var rarities = webSocket ?? WebSocketRarities()
        body(&rarities)
        webSocket = rarities
    }

    mutating func observeRefusal(_ refusal: WebSocketRefusal, _ time: Int64, _ frame: UInt64) {
        changeWebSocket {
            $0.refusal = refusal
            ($0.refusedAt, $0.refusedFrame) = (time, frame)
            $0.refusals &+= 1
        }
    }

    mutating func observeHandshake(offersSIP: Bool, grantsSIP: Bool) {
        handshake = !offersSIP ? .notOffered : grantsSIP ? .granted : .notGranted
        // Asked again, with what the first answer wanted.
        if webSocket?.refusal != nil { changeWebSocket { $0.refusal = nil } }
    }

    mutating func observeFault(_ fault: WebSocketFault, fromClient: Bool, _ time: Int64, _ frame: UInt64) {
        log.add(.webSocketFault, time, frame, fromClient ? 1 : 0)
        guard log.count(.webSocketFault) <= EvidenceLog.kept else { return }
        changeWebSocket { $0.faults.append(fault) }
    }

    /// The server refused the handshake, or left it unanswered, so that the flow never was one.
    var refusedHandshake: WebSocketRefusal? {
        guard let refusal = webSocket?.refusal, handshake == .unseen else { return nil }
        return refusal
    }

    /// Of whom the server says, by closing, that what it sent was wrong.
    enum Accusation {
        /// It was: the client's fault was seen before.
        case proven
        /// Nothing of the kind was seen, and something may be missing, or it is a matter of the server's limits.
        case open
    }

    /// A server that fails a connection need not say so (RFC 6455 §7.1.7): what it closes so soon behind a fault, it closes
    /// for that.
    private static let haste: Int64 = 5 * .second

    /// The server closed the WebSocket for an error in what the client had sent; nil where it did not, or where every frame of
    /// the client was seen and was in order.
    var accusation: Accusation? {
        guard let webSocket, closedBy == .fromServer, closing != nil else { return nil }
        let code = webSocket.closedByServer ? webSocket.close : nil
        let faults = log.all(.webSocketFault).filter { $0.first == 1 && $0.time.nanoseconds <= closedAt }
        if faults.contains(where: { code != nil || closedAt &- $0.time.nanoseconds < Self.haste }) { return .proven }
        guard let code else { return nil }
        let isWhole = handshake != .unseen && !sights.contains(.gap) && sights.contains(.fromClient)
        // Whether octets are UTF-8 and frames are in order shows; what is too much, or not taken at all, the server decides.
        return isWhole && (code == 1002 || code == 1007) ? nil : .open
    }

    /// As long as a Pong of the server may take.
    private static let patience: Int64 = 10 * .second

    /// A Ping of the server that is still without its Pong at `time` has none, if the client was there to send one. Of one
    /// that says nothing at all it stays open.
    mutating func noteServerPing(at time: Int64, frame: UInt64) {
        let ping = serverPingAt
        guard ping != .never, time &- ping >= Self.patience, lastFromClient > ping, lastGap < ping else { return }
        serverPingAt = .never
        log.add(.unansweredServerPing, time, frame, ping)
    }

    /// How long the server waited for a Pong of a client that said nothing since, up to `end`; nil where it waits for none,
    /// or not long enough.
    func silenceAfterServerPing(until end: Int64) -> Int64? {
        let silence = (closing == nil ? end : min(closedAt, end)) &- serverPingAt
        return serverPingAt != .never && silence >= Self.patience ? silence : nil
    }

    /// Pings of the server that are frames.
    var serverPingFrames: UInt32 { serverPings &- (webSocket?.serverCRLFPings ?? 0) }

    // MARK: CRLF

    /// A CRLF in a message of its own is a pong, whatever came before it: no two messages make a ping (RFC 7118 §5). One of
    /// the client that answers no ping of the server is no keep-alive.
    mutating func observeClientCRLFMessage(_ time: Int64, _ frame: UInt64) {
        closeLoneCRLF(at: time)
        let answers = time &- serverPairAt <= Self.patience
        serverPairAt = .never
        if !answers { noteLoneCRLF(ownSegment: true, time: time, frame: frame) }
    }

    /// CRLFCRLF in a message of its own is a ping, and never a pong.
    mutating func observeServerCRLFPing(_ time: Int64) {
        serverPings &+= 1
        changeWebSocket { $0.serverCRLFPings &+= 1 }
        serverPairAt = time
        lastServerCRLF = time
    }

    /// The server closed the WebSocket upon a CRLF ping, and says that it was no good: the close code. None was ever
    /// answered, and the client had said nothing else since.
    var closeUponCRLFPing: UInt16? {
        guard isWebSocket, kind == .crlf, pongs == 0, closing != nil, closedBy == .fromServer,
            let webSocket, webSocket.closedByServer, let code = webSocket.close, [1002, 1003, 1007].contains(code),
            closedAt &- lastPing < Self.directAnswer, lastClientSIP < lastPing, lastServerSIP < lastPing,
            lastGap < lastPing, accusation != .proven
        else { return nil }
        return code
    }
}
