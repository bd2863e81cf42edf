import NIOCore

/// Waits above a `TLSHandler` for the handshake of a channel that reads only when told to. One read is asked for at a
/// time, so that what comes behind the handshake stays in the host's buffer; what came in one piece with it is kept here
/// until there is a handler to take it.
final class TLSWaiter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private enum Late {
        case read(NIOAny)
        case event(Any)
        case error(any Error)
    }

    private var promise: EventLoopPromise<TLSInfo>?
    private var late: [Late] = []
    private var isReleased = false
    private var context: ChannelHandlerContext?

    init(_ promise: EventLoopPromise<TLSInfo>) { self.promise = promise }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// Hands everything on from now on.
    func release() {
        isReleased = true
        for event in late { handOn(event) }
        late = []
    }

    private func handOn(_ event: Late) {
        guard isReleased else { return late.append(event) }
        switch event {
        case .read(let data): context?.fireChannelRead(data)
        case .event(let event): context?.fireUserInboundEventTriggered(event)
        case .error(let error): context?.fireErrorCaught(error)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { handOn(.read(data)) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? TLSEstablished else { return handOn(.event(event)) }
        promise?.succeed(event.info)
        promise = nil
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if promise != nil { context.read() }
        if isReleased { context.fireChannelReadComplete() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let promise else { return handOn(.error(error)) }
        promise.fail(error)
        self.promise = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise?.fail(TLSFailure.closedInHandshake)
        promise = nil
        context.fireChannelInactive()
    }
}
