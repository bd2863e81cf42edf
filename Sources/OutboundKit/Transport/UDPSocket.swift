import CDatagrams
import Glibc

/// A plain UDP socket that talks to one remote address and yet hears answers from elsewhere, because an answer from
/// another port is a finding. It is bound to the source address that the host's routes choose, so that its flow has two
/// known ends from the start.
///
/// Probes use this rather than an event loop: between the time stamp and the datagram lies one system call.
public final class UDPSocket {
    public let remote: TransportAddress
    public let local: TransportAddress
    let descriptor: Int32
    private var remoteStorage: sockaddr_storage
    private let remoteLength: socklen_t
    /// No datagram is larger.
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    /// - Parameter near: the local end; port 0 lets the host choose the port, nil the address as well.
    /// - Throws: `.bind` when the local end cannot be had, `.connect` when there is no route.
    public init(to remote: TransportAddress, from near: TransportAddress? = nil) throws(TransportError) {
        self.remote = remote
        (remoteStorage, remoteLength) = Self.storage(of: remote)
        let chosen: TransportAddress
        if let near { chosen = near } else { chosen = try Self.sourceAddress(for: remote) }
        let descriptor = socket(remote.ip.isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0 else { throw TransportError(.bind, .udp, chosen, errno: errno) }
        var (storage, length) = Self.storage(of: chosen)
        let isBound = unsafe Self.rebound(&storage) { unsafe bind(descriptor, $0, length) } == 0
        guard isBound, let bound = Self.name(of: descriptor) else {
            let number = errno
            close(descriptor)
            throw TransportError(.bind, .udp, chosen, errno: number)
        }
        self.descriptor = descriptor
        local = bound
        // ICMP errors reach an unconnected socket only so (ip(7), ipv6(7)).
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        _ =
            remote.ip.isIPv6
            ? unsafe setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_RECVERR, &on, size)
            : unsafe setsockopt(descriptor, Int32(IPPROTO_IP), IP_RECVERR, &on, size)
        var limit = timeval(tv_sec: 0, tv_usec: Int(Self.patience.inNanoseconds / 1000))
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// Sends to `remote`. A full send buffer passes for a lost datagram.
    public func send(_ bytes: [UInt8]) -> NetworkError? {
        // A pending ICMP error is reported by the next call of any kind, which then has done nothing: once more.
        for _ in 0..<4 {
            let sent = unsafe bytes.withUnsafeBytes { octets in
                unsafe Self.rebound(&remoteStorage) {
                    unsafe sendto(descriptor, octets.baseAddress, octets.count, 0, $0, remoteLength)
                }
            }
            if sent >= 0 { return nil }
            switch errno {
            case EINTR, ECONNREFUSED, EPROTO: continue
            case EAGAIN, ENOBUFS, ENOMEM: return nil
            case let number where (number == EHOSTUNREACH || number == ENETUNREACH) && hasQueuedError: return nil
            case let number: return NetworkError(.local(errno: number), words: TransportError.words(number))
            }
        }
        return nil
    }

    /// The longest wait of `receive(waits: true)`. A signal that comes just before the wait is noticed after it.
    static let patience: Duration = .milliseconds(50)

    /// Takes one datagram, or returns nil when none is there, an error is queued, or a signal came.
    ///
    /// - Parameter waits: waits up to `patience` for one: a system call less between the datagram and its time stamp than
    ///   to ask first.
    public func receive<R>(
        waits: Bool, clock: SystemClock, _ body: (RawSpan, TransportAddress, Timestamp) -> R
    ) -> R? {
        let flags = waits ? 0 : Int32(MSG_DONTWAIT)
        var source = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let count = unsafe buffer.withUnsafeMutableBytes { octets in
            unsafe Self.rebound(&source) {
                unsafe recvfrom(descriptor, octets.baseAddress, octets.count, flags, $0, &length)
            }
        }
        let now = clock.now
        guard count >= 0, let from = Self.address(source) else { return nil }
        return unsafe buffer.withUnsafeBytes { octets in
            body(unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: octets[..<count])), from, now)
        }
    }

    private var hasQueuedError: Bool {
        var entry = pollfd(fd: descriptor, events: 0, revents: 0)
        return unsafe poll(&entry, 1, 0) == 1 && entry.revents & Int16(POLLERR) != 0
    }

    /// The source address that the host would use towards `remote`, with port 0.
    private static func sourceAddress(for remote: TransportAddress) throws(TransportError) -> TransportAddress {
        let scout = socket(remote.ip.isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        guard scout >= 0 else { throw TransportError(.connect, .udp, remote, errno: errno) }
        defer { close(scout) }
        var (storage, length) = storage(of: remote)
        // Connecting a UDP socket sends nothing; it looks the route up.
        guard unsafe rebound(&storage, { unsafe connect(scout, $0, length) }) == 0, let name = name(of: scout) else {
            throw TransportError(.connect, .udp, remote, errno: errno)
        }
        return TransportAddress(ip: name.ip, port: 0)
    }

    static func name(of descriptor: Int32) -> TransportAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        guard unsafe rebound(&storage, { unsafe getsockname(descriptor, $0, &length) }) == 0 else { return nil }
        return address(storage)
    }
}

extension UDPSocket {
    static func rebound<R>(
        _ storage: inout sockaddr_storage, _ body: (UnsafeMutablePointer<sockaddr>) -> R
    ) -> R {
        unsafe withUnsafeMutablePointer(to: &storage) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0) }
        }
    }

    static func storage(of address: TransportAddress) -> (sockaddr_storage, socklen_t) {
        var storage = sockaddr_storage()
        let octets = address.ip.octets
        unsafe withUnsafeMutableBytes(of: &storage) { raw in
            if address.ip.isIPv6 {
                var name = sockaddr_in6()
                name.sin6_family = sa_family_t(AF_INET6)
                name.sin6_port = address.port.bigEndian
                unsafe withUnsafeMutableBytes(of: &name.sin6_addr) { unsafe $0.copyBytes(from: octets) }
                unsafe raw.storeBytes(of: name, as: sockaddr_in6.self)
            } else {
                var name = sockaddr_in()
                name.sin_family = sa_family_t(AF_INET)
                name.sin_port = address.port.bigEndian
                unsafe withUnsafeMutableBytes(of: &name.sin_addr) { unsafe $0.copyBytes(from: octets) }
                unsafe raw.storeBytes(of: name, as: sockaddr_in.self)
            }
        }
        let size = address.ip.isIPv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
        return (storage, socklen_t(size))
    }

    static func address(_ storage: sockaddr_storage) -> TransportAddress? {
        var storage = storage
        return unsafe withUnsafeBytes(of: &storage) { unsafe address(in: $0) }
    }

    /// The address in a `sockaddr_in` or `sockaddr_in6`; nil for another family or too few octets.
    static func address(in raw: UnsafeRawBufferPointer) -> TransportAddress? {
        guard raw.count >= MemoryLayout<sockaddr_in>.size else { return nil }
        switch Int32(unsafe raw.loadUnaligned(as: sa_family_t.self)) {
        case AF_INET:
            let name = unsafe raw.loadUnaligned(as: sockaddr_in.self)
            return TransportAddress(
                ip: IPAddress(v4: UInt32(bigEndian: name.sin_addr.s_addr)), port: UInt16(bigEndian: name.sin_port))
        case AF_INET6 where raw.count >= MemoryLayout<sockaddr_in6>.size:
            var name = unsafe raw.loadUnaligned(as: sockaddr_in6.self)
            let ip = unsafe withUnsafeBytes(of: &name.sin6_addr) { octets in
                unsafe IPAddress(
                    v6High: UInt64(bigEndian: octets.loadUnaligned(as: UInt64.self)),
                    v6Low: UInt64(bigEndian: octets.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
            }
            return TransportAddress(ip: ip, port: UInt16(bigEndian: name.sin6_port))
        default:
            return nil
        }
    }
}
