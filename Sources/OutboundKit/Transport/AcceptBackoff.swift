import Glibc
import NIOCore

/// Lets a listener wait when the host does not let it accept, and tells of it, once a minute at most.
///
/// NIO's own `AcceptBackoffHandler` delays the next read, but a read that failed stays pending, and the loop tries it
/// again without end; the listener waits only when it is told not to read by itself.
final class AcceptBackoff: ChannelInboundHandler {
    typealias InboundIn = Channel

    /// The next try when something is wanting that comes back by itself, as files do when connections end.
    private static let pause = TimeAmount.seconds(1)
    private static let quiet = TimeAmount.minutes(1)

    private let tell: (_ reason: String) -> Void
    private var lastTold: NIODeadline?

    init(_ tell: @escaping (_ reason: String) -> Void) { self.tell = tell }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let number = Sockets.errorNumber(error)
        // A connection that its client gave up is gone from the queue: nothing waits.
        guard number != ECONNABORTED else { return context.fireErrorCaught(error) }
        rest(context)
        let now = context.eventLoop.now
        if lastTold.map({ now - $0 >= Self.quiet }) ?? true {
            lastTold = now
            tell(HostError.words(number))
        }
        context.fireErrorCaught(error)
    }

    /// Both calls fail only on a listener that was closed.
    private func rest(_ context: ChannelHandlerContext) {
        guard let options = context.channel.syncOptions else { return }
        try? options.setOption(.autoRead, value: false)
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
            try? options.setOption(.autoRead, value: true)
        }
    }
}
