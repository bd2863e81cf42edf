/// Flows over WebSocket: what differs from other streams (RFC 7118).
extension FlowFleet {
    /// Sends one message, in whatever the transport puts it.
    mutating func transmit(_ octets: [UInt8], on flow: FlowID) {
        guard settings.transport.isWebSocket else { return outputs.append(.send(octets, flow)) }
        codecs[flow]?.send(octets)
        flush(flow)
    }

    /// Sends a keep-alive. On a WebSocket that is a Ping frame, which every server answers (RFC 7118 §6).
    mutating func keepAlive(_ octets: [UInt8], on flow: FlowID) {
        guard settings.transport.isWebSocket else { return outputs.append(.send(octets, flow)) }
        codecs[flow]?.ping([])
        flush(flow)
    }

    mutating func shakeHands(_ index: Int, _ flow: FlowID, at now: Timestamp) {
        members[index].local = requests.invalidName(index)
        members[index].handshakeEnds = now + Limits.handshake
        let request =
            settings.webSocket
            ?? WebSocketHandshake.Request(host: settings.registrar.host, path: "/", userAgent: settings.userAgent)
        var codec = SIPFlowCodec(settings.transport, request: request, using: SystemRandomNumberGenerator())
        codec.start()
        codecs[flow] = codec
        flush(flow)
    }

    mutating func closeWebSocket(_ flow: FlowID) {
        guard codecs[flow] != nil else { return }
        codecs[flow]?.close()
        flush(flow)
    }

    mutating func receiveWebSocket(_ bytes: RawSpan, _ index: Int, on flow: FlowID, at now: Timestamp) {
        codecs[flow]?.receive(bytes)
        while let output = codecs[flow]?.next() {
            switch output {
            case .send(let octets): outputs.append(.send(octets, flow))
            case .opened:
                members[index].handshakeEnds = nil
                ask(index, removes: members[index].isLeaving, at: now)
            case .item(.sip(let message)): take(message, index, at: now)
            case .pong, .item(.crlf): members[index].keepAlive.stream(.pong, at: now)
            case .ping: break
            case .item: statistics.ignored += 1
            case .ended: fail(index, .webSocket, closes: true, at: now)
            }
            drainKeepAlive(index, at: now)
        }
    }

    /// Hands on what a codec has for its flow; nothing else can come of sending.
    private mutating func flush(_ flow: FlowID) {
        while let output = codecs[flow]?.next() {
            if case .send(let octets) = output { outputs.append(.send(octets, flow)) }
        }
    }
}
