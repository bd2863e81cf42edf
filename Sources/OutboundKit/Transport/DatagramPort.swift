import Glibc

/// A UDP socket of a server: bound to one address, not connected, its ICMP errors queued.
///
/// NIO's datagram channel would not do here: it closes itself when one peer cannot be sent to (`EPERM`, `EINVAL` for a
/// datagram that pretends to come from port 0), and so one peer could end the service of all.
final class DatagramPort {
    let descriptor: Int32
    let local: TransportAddress

    /// - Throws: `.bind` with the host's reason.
    init(_ address: TransportAddress) throws(TransportError) {
        let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let made = socket(address.ip.isIPv6 ? AF_INET6 : AF_INET, kind, 0)
        guard made >= 0 else { throw TransportError(.bind, .udp, address, errno: errno) }
        var (storage, length) = UDPSocket.storage(of: address)
        let isBound = unsafe UDPSocket.rebound(&storage) { unsafe bind(made, $0, length) } == 0
        guard isBound, let name = UDPSocket.name(of: made) else {
            let number = errno
            close(made)
            throw TransportError(.bind, .udp, address, errno: number)
        }
        descriptor = made
        local = name
        // Queued with the address of the peer they are about (ip(7), ipv6(7)).
        address.ip.isIPv6 ? set(Int32(IPPROTO_IPV6), IPV6_RECVERR, 1) : set(Int32(IPPROTO_IP), IP_RECVERR, 1)
        // A burst from many phones has to wait somewhere. The host cuts this to its own limit.
        set(SOL_SOCKET, SO_RCVBUF, 8 << 20)
        set(SOL_SOCKET, SO_SNDBUF, 8 << 20)
    }

    deinit { close(descriptor) }

    private func set(_ level: Int32, _ name: Int32, _ value: Int32) {
        var value = value
        _ = unsafe setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Takes one error from the socket's error queue: the host's number for it, and the peer that the datagram was for.
    /// Nil when the queue is empty.
    func nextError() -> (remote: TransportAddress?, errno: Int32)? {
        var control = [UInt8](repeating: 0, count: 512)
        var name = sockaddr_storage()
        var used = 0
        var length: socklen_t = 0
        let count = unsafe control.withUnsafeMutableBytes { octets in
            unsafe withUnsafeMutableBytes(of: &name) { place in
                var header = unsafe msghdr()
                unsafe header.msg_name = place.baseAddress
                unsafe header.msg_namelen = socklen_t(place.count)
                unsafe header.msg_control = octets.baseAddress
                unsafe header.msg_controllen = octets.count
                let count = unsafe recvmsg(descriptor, &header, Int32(MSG_ERRQUEUE) | Int32(MSG_DONTWAIT))
                unsafe used = header.msg_controllen
                unsafe length = header.msg_namelen
                return count
            }
        }
        guard count >= 0 else { return nil }
        let remote = length > 0 ? UDPSocket.address(name) : nil
        return (remote, Self.errorNumber(in: control, count: min(used, control.count)))
    }

    /// The first octets of a `sock_extended_err`, the host's error number; see `UDPSocket.error(in:count:)`.
    private static func errorNumber(in control: [UInt8], count: Int) -> Int32 {
        guard let error = UDPSocket.error(in: control, count: count) else { return EIO }
        return switch error.origin {
        case .icmp(3, 3), .icmpv6(1, 4): ECONNREFUSED
        case .icmp(3, 4), .icmpv6(2, _): EMSGSIZE
        case .icmp, .icmpv6: EHOSTUNREACH
        case .local(let number): number
        }
    }
}

extension DatagramPort {
    /// How often a port is tried that is to be the same on all addresses.
    private static let attempts = 16

    /// The UDP sockets of one listener, none where it is no UDP one. All interfaces means a socket for each address, all
    /// with the same port.
    static func open(_ listener: HubListener) throws(TransportError) -> [DatagramPort] {
        guard listener.transport == .udp else { return [] }
        let address = listener.address
        guard address.ip.isUnspecified else { return [try DatagramPort(address)] }
        return try open(HostAddresses.all(ipv6: address.ip.isIPv6), address)
    }

    private static func open(
        _ addresses: [IPAddress], _ asked: TransportAddress
    ) throws(TransportError) -> [DatagramPort] {
        guard let first = addresses.first else {
            throw TransportError(.bind, .udp, asked, errno: 0, detail: "the host has no address of this kind")
        }
        var refusal = TransportError(.bind, .udp, asked, errno: EADDRINUSE)
        for _ in 0..<(asked.port == 0 ? attempts : 1) {
            do {
                var ports = [try DatagramPort(TransportAddress(ip: first, port: asked.port))]
                let port = ports[0].local.port
                for ip in addresses.dropFirst() {
                    ports.append(try DatagramPort(TransportAddress(ip: ip, port: port)))
                }
                return ports
            } catch {
                refusal = error
            }
        }
        throw refusal
    }
}
