import NIOCore
import NIOPosix
import Synchronization

/// A datagram that came to our end of a flow from somewhere else than its far end.
public struct Stray: Sendable {
    public let source: TransportAddress
    public let bytes: [UInt8]
    public let time: Timestamp
}

/// Hears what the connected socket of a UDP flow never shows: datagrams from other addresses and ports than the one that
/// it is connected to. Servers with several addresses, or with a socket of its own for sending, answer so, and behind a
/// NAT nobody hears them (RFC 3581 §4).
///
/// The kernel prefers the connected socket for what comes from its peer; all else goes to this one, on the same port.
final class StrayListener: Sendable {
    /// The most datagrams that are kept; one is enough to know.
    static let limit = 8

    private let channel: any Channel
    private let store: Store

    private final class Store: Sendable {
        let strays = Mutex<[Stray]>([])
        let heard: @Sendable (Stray) -> Void
        let clock: SystemClock

        init(_ clock: SystemClock, heard: @escaping @Sendable (Stray) -> Void) {
            self.clock = clock
            self.heard = heard
        }
    }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>

        private let store: Store
        init(_ store: Store) { self.store = store }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let envelope = unwrapInboundIn(data)
            guard let source = TransportAddress(socketAddress: envelope.remoteAddress) else { return }
            let stray = Stray(
                source: source, bytes: Array(envelope.data.readableBytesView), time: store.clock.now)
            let isKept = store.strays.withLock { strays in
                guard strays.count < StrayListener.limit else { return false }
                strays.append(stray)
                return true
            }
            if isKept { store.heard(stray) }
        }
    }

    /// - Parameter heard: told of each that is kept, when it comes.
    /// - Returns: nil where the host does not allow a second socket on the port; the flow goes without.
    static func beside(
        _ flow: any Channel, clock: SystemClock, heard: @escaping @Sendable (Stray) -> Void
    ) async -> StrayListener? {
        guard let near = flow.localAddress else { return nil }
        let store = Store(clock, heard: heard)
        do {
            // Only now: with it from the start, the kernel might have chosen a port that somebody else has.
            try await flow.setOption(.socketOption(.so_reuseaddr), value: 1).get()
            let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.socketOption(.so_reuseaddr), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Reader(store))
                    }
                }
                .bind(to: near).get()
            return StrayListener(channel, store)
        } catch {
            return nil
        }
    }

    private init(_ channel: any Channel, _ store: Store) {
        self.channel = channel
        self.store = store
    }

    var strays: [Stray] { store.strays.withLock { $0 } }

    func close() async {
        channel.close(promise: nil)
        try? await channel.closeFuture.get()
    }
}
