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
        to remote: TransportAddress, from local: TransportAddress?, patience: Duration
    ) async throws(TransportError) -> any Channel {
        do {
            var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.autoRead, value: false)
                .channelOption(.socketOption(.tcp_nodelay), value: 1)
                .connectTimeout(.nanoseconds(patience.inNanoseconds))
            if let local { bootstrap = bootstrap.bind(to: try local.socketAddress()) }
            return try await bootstrap.connect(to: remote.socketAddress()).get()
        } catch {
            let number = errorNumber(error)
            let isLocal = number == EADDRNOTAVAIL || number == EADDRINUSE
            throw TransportError(isLocal ? .bind : .connect, .tcp, isLocal ? local ?? remote : remote, errno: number)
        }
    }

    /// The host's error number behind a NIO error; 0 for a time limit.
    static func errorNumber(_ error: any Error) -> Int32 {
        switch error {
        case let error as IOError: error.errnoCode
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
