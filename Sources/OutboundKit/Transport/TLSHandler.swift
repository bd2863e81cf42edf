import NIOCore

/// Told up the pipeline when the handshake is done. Until then no octets come.
struct TLSEstablished: Sendable {
    let info: TLSInfo
}

/// TLS between a channel's socket and the handlers above it: they read and write what is inside.
///
/// The peer's close_notify comes up as `ChannelEvent.inputClosed`, once, as does the end of the connection itself. A
/// failure comes up as an error, `TLSFailure`, and then the channel closes. Lives on the channel's event loop alone.
final class TLSHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let session: TLSSession
    private let patience: Duration
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?
    private var hasStarted = false
    private var isDraining = false
    private var hasEnded = false
    /// The connection is to end without a word: nothing is sent any more, not even close_notify.
    var isAborting = false

    /// - Parameter patience: how long the handshake may take.
    init(_ session: TLSSession, patience: Duration) {
        self.session = session
        self.patience = patience
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { start(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        start(context)
    }

    private func start(_ context: ChannelHandlerContext) {
        guard !hasStarted else { return }
        hasStarted = true
        let loopBound = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: .nanoseconds(patience.inNanoseconds)) { loopBound.value.expire() }
        drain(context)
    }

    private func expire() {
        guard let context else { return }
        fail(.timedOut(patience), context)
    }

    // MARK: - From the peer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        session.receive(buffer.readableBytesSpan)
        drain(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? ChannelEvent, event == .inputClosed else {
            return context.fireUserInboundEventTriggered(event)
        }
        session.receiveEnd()
        drain(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        if !isAborting {
            session.receiveEnd()
            drain(context)
        }
        context.fireChannelInactive()
    }

    // MARK: - To the peer

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let buffer = unwrapOutboundIn(data)
        session.send(buffer.readableBytesSpan)
        drain(context, flushes: false)
        // An empty write of its own keeps the promise in its place behind the octets.
        if let promise { context.write(wrapOutboundOut(ByteBuffer()), promise: promise) }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode != .input, !isAborting {
            session.close()
            drain(context)
        }
        context.close(mode: mode, promise: promise)
    }

    /// Hands on what the session has to say. What is read may make the handlers above write, and that ends up here
    /// again: the outer round then hands that on too, in order.
    private func drain(_ context: ChannelHandlerContext, flushes: Bool = true) {
        guard !isDraining else { return }
        isDraining = true
        while let output = session.next() {
            switch output {
            case .ciphertext(let octets):
                guard !isAborting else { continue }
                context.write(wrapOutboundOut(context.channel.allocator.buffer(bytes: octets)), promise: nil)
            case .plaintext(let octets):
                context.fireChannelRead(wrapInboundOut(context.channel.allocator.buffer(bytes: octets)))
            case .established(let info):
                timer?.cancel()
                context.fireUserInboundEventTriggered(TLSEstablished(info: info))
            case .closed:
                context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            case .failed(let failure):
                // The alert that says so to the peer has been written before.
                if !isAborting { context.flush() }
                fail(failure, context)
            }
        }
        isDraining = false
        if flushes, !isAborting { context.flush() }
    }

    private func fail(_ failure: TLSFailure, _ context: ChannelHandlerContext) {
        timer?.cancel()
        guard !hasEnded else { return }
        hasEnded = true
        context.fireErrorCaught(failure)
        context.close(promise: nil)
    }
}
