import NIOCore
import NIOPosix

/// Runs one `FlowHub` on one event loop, with its UDP, TCP and TLS sockets: what a server is besides its protocol.
///
/// It moves octets and keeps the hub's one timer. Nothing that a peer does to one flow disturbs another; what each may
/// use is bounded by `HubLimits`.
///
/// Of a datagram flow, `.down` with `.failed(errno: ETIMEDOUT)` says that it was forgotten after a time of quiet, and with
/// `ENOBUFS` that it had to go for a newer one; what comes later from the same peer is a new flow. Any other `.down` of a
/// datagram flow is an ICMP error or a refusal of this host, and the flow goes on. On streams, `ENOBUFS` says that the
/// peer did not read, and `EPROTO` that TLS failed.
public final class HubDriver<Hub: FlowHub>: Sendable {
    /// What is listened on, in the order asked for; the address of all interfaces is many in a row for datagrams.
    public let listeners: [HubListener.Bound]
    private let loop: any EventLoop
    private let core: NIOLoopBound<HubCore<Hub>>
    private let channels: [any Channel]
    private let watcher: DatagramWatcher?
    private let housekeeping: RepeatedTask

    private init(
        listeners: [HubListener.Bound], loop: any EventLoop, core: NIOLoopBound<HubCore<Hub>>,
        channels: [any Channel], watcher: DatagramWatcher?, housekeeping: RepeatedTask
    ) {
        self.listeners = listeners
        self.loop = loop
        self.core = core
        self.channels = channels
        self.watcher = watcher
        self.housekeeping = housekeeping
    }

    /// Binds the listeners and starts the hub.
    /// - Parameters:
    ///   - clientTLS: for the hub's own `.open` over TLS, which is refused without; the name checked is the one of its
    ///     settings, else the remote address.
    ///   - notices: what the driver does by itself. Like `events` it is called on the loop, with everything waiting for
    ///     it to return.
    ///   - events: what the hub reports.
    /// - Throws: `.bind` with the first listener that could not be had; the others are given back.
    public static func start(
        _ hub: Hub, listeners: [HubListener], limits: HubLimits = HubLimits(), clientTLS: TLSContext? = nil,
        clock: SystemClock = SystemClock(), notices: @escaping @Sendable (HubNotice) -> Void = { _ in },
        events: @escaping @Sendable (Hub.Event) -> Void
    ) async throws(TransportError) -> HubDriver {
        let loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()
        var bound: [HubListener.Bound] = []
        var channels: [any Channel] = []
        var watcher: DatagramWatcher?
        do {
            // For each listener its datagram sockets, if any.
            let (core, ports) = try await loop.submit {
                let ports = try listeners.map { try DatagramPort.open($0) }
                let core = HubCore(
                    hub, loop: loop, limits: limits, clock: clock, clientTLS: clientTLS,
                    datagrams: HubDatagrams(Array(ports.joined()), capacity: limits.datagramFlows), notices: notices,
                    events: events)
                let names = ports.map { $0.map { (descriptor: $0.descriptor, local: $0.local) } }
                return (NIOLoopBound(core, eventLoop: loop), names)
            }.get()
            for (listener, ports) in zip(listeners, ports) {
                guard listener.transport != .udp else {
                    bound += ports.map { HubListener.Bound(transport: .udp, address: $0.local) }
                    continue
                }
                let channel = try await listen(listener, loop, core, limits)
                channels.append(channel)
                bound.append(HubListener.Bound(transport: listener.transport, address: try name(channel, listener)))
            }
            let descriptors = ports.joined().map(\.descriptor)
            if !descriptors.isEmpty { watcher = try watch(descriptors, loop, core) }
            let housekeeping = loop.scheduleRepeatedTask(initialDelay: .seconds(5), delay: .seconds(5)) { _ in
                core.value.expireDatagrams()
            }
            loop.execute { core.value.ask { _ in } }
            return HubDriver(
                listeners: bound, loop: loop, core: core, channels: channels, watcher: watcher,
                housekeeping: housekeeping)
        } catch {
            for channel in channels { try? await channel.close().get() }
            await watcher?.stop()
            throw error as? TransportError
                ?? TransportError(.bind, .tcp, nil, errno: Sockets.errorNumber(error), detail: "\(error)")
        }
    }

    private static func listen(
        _ listener: HubListener, _ loop: any EventLoop, _ core: NIOLoopBound<HubCore<Hub>>, _ limits: HubLimits
    ) async throws(TransportError) -> any Channel {
        let (transport, tls) = (listener.transport, listener.tls)
        var bootstrap = Sockets.configured(ServerBootstrap(group: loop), limits)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: 64)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptBackoff { core.value.notice(.notAccepted(reason: $0)) })
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try core.value.accept(channel, transport, tls) }
            }
        if listener.address.ip.isIPv6 {
            // `::` is for IPv6 alone: flows of IPv4 peers have IPv4 addresses, and `0.0.0.0` can be listened on beside it.
            bootstrap = bootstrap.serverChannelOption(Sockets.onlyIPv6, value: 1)
        }
        do {
            return try await bootstrap.bind(to: listener.address.socketAddress()).get()
        } catch {
            throw TransportError(.bind, transport, listener.address, errno: Sockets.errorNumber(error))
        }
    }

    private static func name(
        _ channel: any Channel, _ listener: HubListener
    ) throws(TransportError) -> TransportAddress {
        guard let name = channel.localAddress.flatMap(TransportAddress.init(socketAddress:)) else {
            throw TransportError(
                .bind, listener.transport, listener.address, errno: 0, detail: "the host does not say which it is")
        }
        return name
    }

    private static func watch(
        _ descriptors: [Int32], _ loop: any EventLoop, _ core: NIOLoopBound<HubCore<Hub>>
    ) throws(TransportError) -> DatagramWatcher {
        let reader = DatagramReader(loop: loop) { core.value.read(port: $0, hasError: $1) }
        let watcher = try DatagramWatcher { number, hasError in reader.read(number, hasError) }
        reader.start(descriptors, watcher)
        return watcher
    }

    /// Gives the hub a command, in its turn.
    public func send(_ command: Hub.Command) {
        let core = core
        loop.execute { core.value.turn { $0.tell(.command(command)) } }
    }

    /// Asks the hub, or changes it, between two inputs; what it then wants done is done.
    public func ask<R: Sendable>(_ body: @escaping @Sendable (inout Hub) -> R) async -> R {
        let (core, loop) = (core, loop)
        return await withCheckedContinuation { continuation in
            loop.execute { continuation.resume(returning: core.value.ask(body)) }
        }
    }

    /// Ends the service: no new flows, no more input. What was sent goes out and streams end in order; those whose peers
    /// do not take what was sent are reset after `HubLimits.closing`. The hub can be asked on.
    public func stop() async {
        housekeeping.cancel()
        await watcher?.stop()
        for channel in channels { try? await channel.close().get() }
        let core = core
        try? await loop.flatSubmit { core.value.stop() }.get()
    }
}
