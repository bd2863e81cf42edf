import Glibc
import OutboundKit
import Testing

/// A socket as a peer would use it: blocking calls with a time limit, no event loop.
final class PlainSocket {
    let descriptor: Int32

    enum Kind {
        case stream
        case datagram
    }

    /// Connects to `remote`, from `local` when given; `receiveBuffer` limits what the host takes for us, in octets.
    init(
        _ kind: Kind, to remote: TransportAddress? = nil, from local: TransportAddress? = nil,
        receiveBuffer: Int32? = nil
    ) throws {
        let family = (remote ?? local)?.ip.isIPv6 == true ? AF_INET6 : AF_INET
        let type = kind == .stream ? SOCK_STREAM : SOCK_DGRAM
        descriptor = socket(family, Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        try #require(descriptor >= 0)
        if let receiveBuffer { set(SO_RCVBUF, receiveBuffer) }
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        if let local {
            set(SO_REUSEADDR, 1)
            try #require(Self.with(local) { bind(descriptor, $0, $1) } == 0)
        }
        if let remote { try #require(Self.with(remote) { connect(descriptor, $0, $1) } == 0) }
    }

    private init(accepted: Int32) { descriptor = accepted }

    deinit { Glibc.close(descriptor) }

    private func set(_ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, SOL_SOCKET, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// The local end.
    var name: TransportAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let done = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard done == 0 else { return nil }
        return withUnsafeBytes(of: &storage) { raw in
            let family = Int32(raw.load(as: sa_family_t.self))
            let octets = family == AF_INET6 ? Array(raw[8..<24]) : Array(raw[4..<8])
            return IPAddress(octets: octets).map {
                TransportAddress(ip: $0, port: UInt16(raw[2]) << 8 | UInt16(raw[3]))
            }
        }
    }

    func listen() { Glibc.listen(descriptor, 16) }

    func accept() throws -> PlainSocket {
        let accepted = Glibc.accept(descriptor, nil, nil)
        try #require(accepted >= 0)
        return PlainSocket(accepted: accepted)
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    @discardableResult
    func send(_ octets: [UInt8]) -> Bool {
        Glibc.send(descriptor, octets, octets.count, Int32(MSG_NOSIGNAL)) == octets.count
    }

    /// Some octets or one datagram; nil at the end of the stream, on error and when nothing comes in time.
    func receive(most: Int = 65_536) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: most)
        let count = recv(descriptor, &buffer, most, 0)
        return count > 0 ? Array(buffer[..<count]) : nil
    }

    func receiveText() -> String? { receive().map { String(decoding: $0, as: UTF8.self) } }

    /// How the stream ended: 0 in order, else the host's error number.
    func end() -> Int32 {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 { return 0 }
            if count < 0 { return errno }
        }
    }

    func shutdownSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Ends with a reset.
    func reset() {
        var value = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
        shutdown(descriptor, Int32(SHUT_RD))
        // A connect to nowhere drops the connection at once and keeps the number for `deinit`.
        var nowhere = sockaddr()
        nowhere.sa_family = sa_family_t(AF_UNSPEC)
        connect(descriptor, &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
    }

    private static func with<R>(
        _ address: TransportAddress, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R
    ) -> R {
        var raw = [UInt8](repeating: 0, count: 28)
        let family = address.ip.isIPv6 ? AF_INET6 : AF_INET
        raw[0] = UInt8(family & 255)
        (raw[2], raw[3]) = (UInt8(address.port >> 8), UInt8(address.port & 255))
        let octets = address.ip.octets
        raw.replaceSubrange(
            (address.ip.isIPv6 ? 8 : 4)..<((address.ip.isIPv6 ? 8 : 4) + octets.count), with: octets)
        return raw.withUnsafeBytes {
            body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self), address.ip.isIPv6 ? 28 : 16)
        }
    }
}
