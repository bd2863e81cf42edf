import NIOCore

/// Tells of connections that the host does not let a listener accept, once a minute at most.
final class AcceptWatcher: ChannelInboundHandler {
    typealias InboundIn = Channel

    private static let quiet = TimeAmount.minutes(1)

    private let tell: (_ reason: String) -> Void
    private var lastTold: NIODeadline?

    init(_ tell: @escaping (_ reason: String) -> Void) { self.tell = tell }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let now = context.eventLoop.now
        if lastTold.map({ now - $0 >= Self.quiet }) ?? true {
            lastTold = now
            tell(HostError.words(Sockets.errorNumber(error)))
        }
        context.fireErrorCaught(error)
    }
}
