import Glibc
import NIOCore
import NIOPosix

/// One stream connection of a hub, at the top of its channel's pipeline; lives on the hub's event loop alone.
final class HubStream<Hub: FlowHub>: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// Not connected yet, or in the TLS handshake: the hub knows nothing of it. Goes on to any other.
        case opening
        /// The hub's. Goes on to any later one.
        case up
        /// The hub has closed it, or was told that it is gone: what was written goes out, what comes is discarded.
        case closing
        /// Closed silently: neither reads nor writes.
        case silent
        case gone
    }

    let id: FlowID
    let transport: TransportProtocol
    let remote: TransportAddress
    let origin: FlowOrigin
    private unowned let core: HubCore<Hub>
    private let tls: TLSHandler?
    private var context: ChannelHandlerContext?
    private var state = State.opening
    /// What the host said before the channel closed.
    private var loss: FlowLoss?
    /// The end of patience with an ending stream.
    private var timer: Scheduled<Void>?
    private var isInputClosed = false
    /// On the core's list of streams to flush.
    var isDirty = false

    init(
        _ id: FlowID, _ transport: TransportProtocol, remote: TransportAddress, origin: FlowOrigin,
        core: HubCore<Hub>, tls: TLSHandler?
    ) {
        self.id = id
        self.transport = transport
        self.remote = remote
        self.origin = origin
        self.core = core
        self.tls = tls
    }

    // MARK: - From the channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        core.entered(self)
        if context.channel.isActive, tls == nil { rise(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        self.context = nil
        core.left(self)
    }

    func channelActive(context: ChannelHandlerContext) {
        if tls == nil { rise(context) }
    }

    private func rise(_ context: ChannelHandlerContext) {
        guard state == .opening else { return }
        guard let local = context.channel.localAddress.flatMap(TransportAddress.init(socketAddress:)) else {
            return abort()
        }
        state = .up
        core.turn { $0.tell(.up(id, Flow(transport: transport, local: local, remote: remote), origin)) }
    }

    @_specialize(where Hub == EdgeServer)
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard state == .up else { return }
        let buffer = unwrapInboundIn(data)
        core.turn { $0.receive(buffer.readableBytesSpan, on: id) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? TLSEstablished {
            core.notice(.tlsEstablished(id, event.info))
            rise(context)
        } else if let event = event as? ChannelEvent, event == .inputClosed {
            isInputClosed = true
            switch state {
            case .opening, .silent: abort()
            // A peer that only stops sending cannot be told from one that is gone. What it is owed goes out first.
            case .up: lose(.closedByPeer)
            case .closing: end()
            case .gone: break
            }
        }
    }

    /// Too much waits for the peer, inside a write of ours: the core deals with it when the hub has had its say.
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if !context.channel.isWritable, state == .up || state == .closing { core.overflowed(self) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let failure = error as? TLSFailure {
            core.notice(.tlsFailed(transport, remote: remote, failure))
            loss = .failed(errno: EPROTO)
        } else {
            loss = Self.loss(error)
            // A stream with an error is of no more use, whether or not NIO closes it by itself.
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        let last = state
        state = .gone
        switch last {
        case .up:
            core.turn { $0.tell(.down(id, loss ?? .closedByPeer)) }
        case .opening:
            guard case .opened(let ticket) = origin else { break }
            core.turn { $0.tell(.notOpened(ticket: ticket, loss ?? .closedByPeer)) }
        case .closing, .silent, .gone:
            break
        }
    }

    // MARK: - From the hub

    func write(_ bytes: [UInt8]) {
        guard state == .up, let context else { return }
        context.write(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
    }

    func flush() {
        isDirty = false
        context?.flush()
    }

    func close(_ manner: CloseManner) {
        guard state == .up else { return }
        switch manner {
        case .fin:
            state = .closing
            end()
        case .rst:
            state = .closing
            abort()
        case .silent:
            state = .silent
            tls?.isAborting = true
            try? context?.channel.syncOptions?.setOption(.autoRead, value: false)
            after(core.limits.silence)
        }
    }

    /// The hub is told of the loss, and the stream winds up.
    private func lose(_ loss: FlowLoss) {
        guard state == .up else { return }
        // Still `.up` in the eyes of the hub while it answers what came before; nothing it says now can be heard.
        state = .closing
        core.turn { $0.tell(.down(id, loss)) }
        end()
    }

    /// The end that every stream comes to: what was written goes out, then FIN, then the peer's FIN is awaited, so that
    /// what it is still sending does not make the host answer with a reset, which would overtake our last words.
    private func end(waitsForPeer: Bool = true) {
        guard let context else { return }
        after(core.limits.closing)
        guard isInputClosed || !waitsForPeer else {
            // NIO shuts the socket down when everything written has gone.
            return context.close(mode: .output, promise: nil)
        }
        // A channel that closes drops what waits: so after the last octet only.
        let promise = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: promise)
        let channel = context.channel
        promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
    }

    private func after(_ wait: Duration) {
        guard timer == nil, let context else { return }
        let loopBound = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: .nanoseconds(wait.inNanoseconds)) { loopBound.value.abort() }
    }

    /// Ends the connection with a reset, at once.
    func abort() {
        guard let context else { return }
        tls?.isAborting = true
        Sockets.resetOnClose(context.channel)
        context.close(promise: nil)
    }

    /// Resets a stream whose peer does not read.
    func dropForOverflow() {
        guard state == .up || state == .closing else { return }
        let wasUp = state == .up
        state = .closing
        core.notice(.overflowed(id))
        abort()
        if wasUp { core.tell(.down(id, .failed(errno: ENOBUFS))) }
    }

    /// Winds up when the whole driver does: what was written goes out, but no peer is waited for.
    func shutDown() {
        switch state {
        case .up, .closing:
            state = .closing
            end(waitsForPeer: false)
        case .opening, .silent: abort()
        case .gone: break
        }
    }

    static func loss(_ error: any Error) -> FlowLoss {
        switch Sockets.errorNumber(error) {
        case Sockets.reset, Sockets.brokenPipe: .reset
        case let number: .failed(errno: number)
        }
    }
}
