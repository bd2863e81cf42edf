import NIOCore
import NIOPosix
import Synchronization

/// Runs one engine on one flow of the host: a connected UDP socket, a TCP connection, or TLS on one. It moves octets,
/// keeps the engine's one timer, and knows nothing of what is said. WebSocket transports are their streams: the engine
/// speaks WebSocket itself.
///
/// The socket is connected for UDP too, so that ICMP errors are heard and datagrams of third parties are not.
public final class FlowDriver<Engine: FlowEngine>: Sendable {
    /// What the engine reports; ends when the engine has closed the flow.
    public let events: AsyncStream<Engine.Event>
    /// The ends of the flow as the host knows them.
    public let flow: Flow
    public let id: FlowID
    /// What was agreed on with the peer; nil without TLS.
    public let tls: TLSInfo?
    private let channel: any Channel
    private let handler: NIOLoopBound<EngineHandler<Engine>>
    private let broken: TLSTrouble
    private let listener: StrayListener?

    /// What came to our end of a UDP flow from elsewhere than its far end, where that was asked for; at most a few.
    public var strays: [Stray] { listener?.strays ?? [] }

    /// Why TLS broke after the handshake, which to the engine is `.failed(errno: EPROTO)`: in TLS 1.3 a server's refusal
    /// of our certificate comes only then (or already from `open`, when it is quick). Nil while nothing has happened.
    public var tlsFailure: TLSFailure? { broken.failure.withLock { $0 } }

    private init(
        events: AsyncStream<Engine.Event>, flow: Flow, id: FlowID, tls: TLSInfo?, channel: any Channel,
        handler: NIOLoopBound<EngineHandler<Engine>>, broken: TLSTrouble, listener: StrayListener?
    ) {
        self.listener = listener
        self.tls = tls
        self.broken = broken
        self.events = events
        self.flow = flow
        self.id = id
        self.channel = channel
        self.handler = handler
    }

    /// Opens the flow and tells the engine that it is up.
    /// - Parameters:
    ///   - remote: where to; its port is not 0.
    ///   - local: the local end; nil lets the host choose. Port 0 lets it choose the port.
    ///   - patience: how long a TCP connection may take to come about, and then the TLS handshake.
    ///   - until: when both must be done in any case; nil for no such time.
    ///   - tls: for `tls` and `wss`: a client's.
    ///   - name: the host as the user named it, for TLS to ask for and to check; nil means the remote address.
    ///   - heardStray: told of what comes over UDP from other addresses, which `strays` collects; nil for neither.
    /// - Precondition: `transport` is not SCTP; `tls` is there when `transport` needs it.
    public static func open(
        _ engine: Engine, id: FlowID = FlowID(0), over transport: TransportProtocol, to remote: TransportAddress,
        from local: TransportAddress?, patience: Duration, until: Timestamp? = nil, tls: TLSContext? = nil,
        name: String? = nil,
        heardStray: (@Sendable (Stray) -> Void)? = nil, clock: SystemClock = SystemClock()
    ) async throws(TransportError) -> FlowDriver {
        precondition(transport != .sctp && (tls != nil || !transport.isSecured) && tls?.role != .server)
        // A time limit of nothing would be none.
        func left() -> Duration { until.map { max(.milliseconds(1), min(patience, $0 - clock.now)) } ?? patience }
        let channel =
            transport == .udp
            ? try await Sockets.datagram(to: remote, from: local)
            : try await Sockets.stream(to: remote, from: local, transport, patience: left())
        // Asked for at once: a connection that the peer ends soon has no address any more.
        guard let near = channel.localAddress.flatMap(TransportAddress.init(socketAddress:)) else {
            channel.close(promise: nil)
            if transport != .udp {
                throw TransportError(
                    .connect, transport, remote, errno: ECONNRESET, detail: "connected, and hung up on at once")
            }
            throw TransportError(.bind, transport, local, errno: 0, detail: "the host does not say which it is")
        }
        let broken = TLSTrouble()
        let info: TLSInfo? =
            if let tls, transport.isSecured {
                try await Sockets.secure(
                    channel, tls, name: name ?? "\(remote.ip)", transport, remote, patience: left(), broken)
            } else { nil }
        let flow = Flow(transport: transport, local: near, remote: remote)
        var listener: StrayListener?
        if transport == .udp, let heardStray {
            listener = await StrayListener.beside(channel, clock: clock, heard: heardStray)
        }
        let (events, continuation) = AsyncStream.makeStream(of: Engine.Event.self)
        do {
            let handler = try await channel.eventLoop.submit {
                let handler = EngineHandler(
                    engine, id: id, flow: flow, clock: clock, events: continuation, broken: broken)
                if transport == .udp { try channel.pipeline.syncOperations.addHandler(DatagramOpener()) }
                try channel.pipeline.syncOperations.addHandler(handler)
                if info != nil { try channel.pipeline.syncOperations.handler(type: TLSWaiter.self).release() }
                return NIOLoopBound(handler, eventLoop: channel.eventLoop)
            }.get()
            let driver = FlowDriver(
                events: events, flow: flow, id: id, tls: info, channel: channel, handler: handler, broken: broken,
                listener: listener)
            // Where the peer has ended the connection by now, the engine has heard of it, and there is nothing to read.
            try? await channel.setOption(.autoRead, value: true).get()
            return driver
        } catch {
            await listener?.close()
            channel.close(promise: nil)
            if let failure = broken.failure.withLock({ $0 }) {
                throw TransportError(failure, transport, remote)
            }
            throw TransportError(.connect, transport, remote, errno: Sockets.errorNumber(error))
        }
    }

    /// Gives the engine a command, in its turn.
    public func send(_ command: Engine.Command) {
        let handler = handler
        channel.eventLoop.execute { handler.value.command(command) }
    }

    /// Closes the flow at once, whatever the engine still waits for.
    public func close() async { await close(.fin) }

    /// Ends the flow in that manner. One that falls silent stays open, and nothing more is read from it; a later call
    /// ends it.
    public func close(_ manner: CloseManner) async {
        switch manner {
        case .silent:
            try? await channel.setOption(.autoRead, value: false).get()
            return
        case .rst: Sockets.resetOnClose(channel)
        case .fin: break
        }
        await listener?.close()
        channel.close(promise: nil)
        try? await channel.closeFuture.get()
    }
}

/// Where the handler on its loop leaves a TLS failure for the driver's user.
final class TLSTrouble: Sendable {
    let failure = Mutex<TLSFailure?>(nil)
}

/// The engine's place in the channel; lives on the channel's event loop alone.
final class EngineHandler<Engine: FlowEngine>: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var engine: Engine
    private let id: FlowID
    private let flow: Flow
    private let clock: SystemClock
    private let events: AsyncStream<Engine.Event>.Continuation
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?
    /// What ended the flow, when the host said so before the channel became inactive.
    private var isDown = false
    private var isFinished = false
    private let broken: TLSTrouble

    init(
        _ engine: Engine, id: FlowID, flow: Flow, clock: SystemClock, events: AsyncStream<Engine.Event>.Continuation,
        broken: TLSTrouble
    ) {
        self.broken = broken
        self.engine = engine
        self.id = id
        self.flow = flow
        self.clock = clock
        self.events = events
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        engine.handle(.up(id, flow), at: clock.now)
        drain()
        // The peer may have closed a connection before this handler was there to hear of it.
        if !context.channel.isActive { lose(.closedByPeer) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        timer?.cancel()
    }

    func command(_ command: Engine.Command) {
        guard !isFinished else { return }
        engine.handle(.command(command), at: clock.now)
        drain()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isFinished else { return }
        let buffer = unwrapInboundIn(data)
        engine.receive(buffer.readableBytesSpan, on: id, at: clock.now)
        drain()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let failure = error as? TLSFailure { broken.failure.withLock { $0 = failure } }
        lose(Self.loss(error))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // The peer's close_notify: no more will come, so the connection has done its service.
        if let event = event as? ChannelEvent, event == .inputClosed { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        lose(.closedByPeer)
        finish()
    }

    private func lose(_ loss: FlowLoss) {
        guard !isDown, !isFinished else { return }
        // A datagram socket outlives an ICMP error: what was lost may come through the next time.
        isDown = flow.transport != .udp
        engine.handle(.down(id, loss), at: clock.now)
        drain()
    }

    private func drain() {
        while !isFinished, let output = engine.next() {
            switch output {
            case .event(let event):
                events.yield(event)
            case .send(let bytes, _):
                transmit(bytes)
            case .close:
                finish()
                context?.close(promise: nil)
            }
        }
        arm()
    }

    private func transmit(_ bytes: [UInt8]) {
        guard let context, !isDown else { return }
        var buffer = context.channel.allocator.buffer(capacity: bytes.count)
        buffer.writeBytes(bytes)
        let loopBound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(buffer)).whenFailure { error in
            loopBound.value.lose(Self.loss(error))
        }
    }

    private func arm() {
        timer?.cancel()
        timer = nil
        guard !isFinished, let context, let deadline = engine.deadline else { return }
        let wait = max(0, deadline.nanoseconds(since: clock.now))
        let loopBound = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: .nanoseconds(wait)) { loopBound.value.expire() }
    }

    private func expire() {
        timer = nil
        guard !isFinished else { return }
        engine.handle(.timer, at: clock.now)
        drain()
    }

    private func finish() {
        guard !isFinished else { return }
        isFinished = true
        timer?.cancel()
        events.finish()
    }

    private static func loss(_ error: any Error) -> FlowLoss {
        switch Sockets.errorNumber(error) {
        case Sockets.reset, Sockets.brokenPipe: .reset
        case Sockets.refused: .portUnreachable
        case let number: .failed(errno: number)
        }
    }
}
