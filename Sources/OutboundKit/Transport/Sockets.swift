import Glibc
import NIOCore
import NIOPosix

/// Opens sockets through NIO, with errors as the host numbers them.
enum Sockets {
    static let reset = ECONNRESET
    static let brokenPipe = EPIPE
    static let refused = ECONNREFUSED

    /// The largest datagram that IP can carry; NIO's default of 2048 would cut answers.
    private static let largestDatagram = 65_536

    /// A UDP socket that is connected to `remote`. It reads nothing until `autoRead` is set.
    static func datagram(
        to remote: TransportAddress, from local: TransportAddress?
    ) async throws(TransportError) -> any Channel {
        let any = IPAddress(octets: [UInt8](repeating: 0, count: remote.ip.isIPv6 ? 16 : 4)) ?? IPAddress(v4: 0)
        let near = local ?? TransportAddress(ip: any, port: 0)
        let channel: any Channel
        do {
            channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.autoRead, value: false)
                .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: largestDatagram))
                .bind(to: near.socketAddress()).get()
        } catch {
            throw TransportError(.bind, .udp, near, errno: errorNumber(error))
        }
        do {
            try await channel.connect(to: remote.socketAddress()).get()
        } catch {
            channel.close(promise: nil)
            throw TransportError(.connect, .udp, remote, errno: errorNumber(error))
        }
        return channel
    }

    /// A TCP connection. It reads nothing until `autoRead` is set.
    static func stream(
        to remote: TransportAddress, from local: TransportAddress?, _ transport: TransportProtocol, patience: Duration
    ) async throws(TransportError) -> any Channel {
        do {
            var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.autoRead, value: false)
                .channelOption(.socketOption(.tcp_nodelay), value: 1)
                // Whoever closes may go on using the port: to connect anew from it, or to see who still dials it.
                .channelOption(.socketOption(.so_reuseaddr), value: 1)
                .connectTimeout(.nanoseconds(patience.inNanoseconds))
            if let local { bootstrap = bootstrap.bind(to: try local.socketAddress()) }
            return try await bootstrap.connect(to: remote.socketAddress()).get()
        } catch {
            let number = errorNumber(error)
            // Of our own end only where one was asked for: without, they mean that all ports to that server are taken.
            if let local, number == EADDRNOTAVAIL || number == EADDRINUSE {
                throw TransportError(.bind, transport, local, errno: number)
            }
            throw TransportError(.connect, transport, remote, errno: number)
        }
    }

    /// Sets up TLS as a client on a connection that reads nothing yet, and leaves it reading nothing.
    static func secure(
        _ channel: any Channel, _ tls: TLSContext, name: String, _ transport: TransportProtocol,
        _ remote: TransportAddress, patience: Duration, _ broken: TLSTrouble
    ) async throws(TransportError) -> TLSInfo {
        do {
            let promise = channel.eventLoop.makePromise(of: TLSInfo.self)
            try await channel.eventLoop.submit {
                // Whatever goes wrong below ends in the waiter, which is told once.
                let pipeline = channel.pipeline.syncOperations
                do {
                    let handler = TLSHandler(try TLSSession(tls, peerName: name), patience: patience)
                    try pipeline.addHandlers([handler, TLSWaiter(promise, broken)])
                } catch {
                    promise.fail(error)
                    throw error
                }
                channel.read()
            }.get()
            return try await promise.futureResult.get()
        } catch {
            channel.close(promise: nil)
            if let failure = error as? TLSFailure {
                throw TransportError(failure, transport, remote)
            }
            throw TransportError(.connect, transport, remote, errno: errorNumber(error))
        }
    }

    /// A bootstrap for a hub's streams.
    static func configured(_ bootstrap: ClientBootstrap, _ limits: HubLimits) -> ClientBootstrap {
        bootstrap
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(.recvAllocator, value: streamReads)
            .channelOption(.writeBufferWaterMark, value: waterMark(limits))
            .connectTimeout(.nanoseconds(limits.opening.inNanoseconds))
    }

    static func configured(_ bootstrap: ServerBootstrap, _ limits: HubLimits) -> ServerBootstrap {
        bootstrap
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: streamReads)
            .childChannelOption(.writeBufferWaterMark, value: waterMark(limits))
    }

    static let onlyIPv6 = ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only)

    private static let streamReads = PassingReads()

    private static func waterMark(_ limits: HubLimits) -> ChannelOptions.Types.WriteBufferWaterMark {
        .init(low: limits.unsentOctets / 2, high: limits.unsentOctets)
    }

    /// Makes the channel's end a TCP reset (RFC 9293 §3.10.4): what waits is dropped and the peer knows at once.
    static func resetOnClose(_ channel: any Channel) {
        _ = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
    }

    /// The host's error number behind a NIO error; 0 for a time limit.
    static func errorNumber(_ error: any Error) -> Int32 {
        switch error {
        case let error as IOError: error.errnoCode
        case is TLSFailure: EPROTO
        case ChannelError.connectTimeout: 0
        case ChannelError.ioOnClosedChannel, ChannelError.alreadyClosed: EPIPE
        default: EIO
        }
    }
}

/// Makes datagrams look like a stream's pieces: one buffer each. The socket is connected, so there is one sender.
final class DatagramOpener: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias InboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.fireChannelRead(wrapInboundOut(unwrapInboundIn(data).data))
    }
}

extension TransportAddress {
    func socketAddress() throws -> SocketAddress {
        try SocketAddress(packedIPAddress: ByteBuffer(bytes: ip.octets), port: Int(port))
    }

    init?(socketAddress: SocketAddress) {
        guard let text = socketAddress.ipAddress, let ip = IPAddress(text), let port = socketAddress.port,
            let port = UInt16(exactly: port)
        else { return nil }
        self.init(ip: ip, port: port)
    }
}

/// Buffers for reading that are given back after each read. A channel of NIO keeps the first buffer that it reads into
/// for good, whatever else it uses: so the first one is small, and an idle flow costs hardly any.
struct PassingReads: RecvByteBufferAllocator {
    private var isFirst = true

    /// Room for a keep-alive; the rest of a first message comes with the next read.
    private static let kept = 64
    private static let passing = 8192

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        allocator.buffer(capacity: isFirst ? Self.kept : Self.passing)
    }

    /// True keeps NIO from reading into the buffer that it has kept.
    mutating func record(actualReadBytes: Int) -> Bool {
        isFirst = false
        return true
    }

    /// No size is foretold, which would have NIO look for a buffer of that size among those kept.
    func nextBufferSize() -> Int? { nil }
}
