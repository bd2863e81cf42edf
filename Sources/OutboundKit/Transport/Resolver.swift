import CDatagrams
import Glibc
import NIOPosix

/// Which address families may be used.
public enum AddressFamily: Sendable, Hashable {
    case any
    case ipv4
    case ipv6

    public func admits(_ address: IPAddress) -> Bool {
        switch self {
        case .any: true
        case .ipv4: !address.isIPv6
        case .ipv6: address.isIPv6
        }
    }
}

/// Finds the addresses of a host by A and AAAA records and the host's own tables, in the order of preference that the
/// host's configuration gives (RFC 6724).
public enum Resolver {
    /// The most addresses that are looked at.
    public static let maximumAddresses = 16

    /// - Throws: `TransportError` with the resolver's reason; also when only addresses of the other family exist.
    public static func addresses(
        of host: String, port: UInt16, transport: TransportProtocol, family: AddressFamily = .any
    ) async throws(TransportError) -> [TransportAddress] {
        func none(_ why: String) -> TransportError {
            TransportError(.resolve(host), transport, nil, errno: 0, detail: why)
        }
        if let address = IPAddress(host) {
            guard family.admits(address) else { throw none("it is an address of the other family") }
            return [TransportAddress(ip: address, port: port)]
        }
        guard !IPAddress.isNumber(host: host) else { throw none("an IPv4 address has four numbers up to 255") }
        // getaddrinfo blocks for seconds when a name server is silent: never on the threads of the caller.
        let answer: Result<[IPAddress], Refusal>
        do {
            answer = try await NIOThreadPool.singleton.runIfActive { lookup(host, family) }
        } catch {
            throw none("the resolver's threads are not running")
        }
        switch answer {
        case .success(let found): return found.map { TransportAddress(ip: $0, port: port) }
        case .failure(let refusal): throw none(refusal.words)
        }
    }

    private struct Refusal: Error {
        let words: String
    }

    private static func lookup(_ host: String, _ family: AddressFamily) -> Result<[IPAddress], Refusal> {
        guard !host.isEmpty, host.utf8.count < 256, !host.utf8.contains(0) else {
            return .failure(Refusal(words: "it is no host name"))
        }
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        switch family {
        case .any: unsafe hints.ai_family = AF_UNSPEC
        case .ipv4: unsafe hints.ai_family = AF_INET
        case .ipv6: unsafe hints.ai_family = AF_INET6
        }
        var list: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(host, nil, &hints, &list)
        guard status == 0 else {
            return .failure(Refusal(words: unsafe String(cString: gai_strerror(status)).lowercased()))
        }
        defer { unsafe freeaddrinfo(list) }
        var found: [IPAddress] = []
        var entry = unsafe list
        while let current = unsafe entry, found.count < maximumAddresses {
            if let address = unsafe address(of: current.pointee), !found.contains(address) { found.append(address) }
            unsafe entry = current.pointee.ai_next
        }
        return found.isEmpty ? .failure(Refusal(words: "it has no address")) : .success(found)
    }

    private static func address(of info: addrinfo) -> IPAddress? {
        guard let base = unsafe UnsafeRawPointer(info.ai_addr) else { return nil }
        switch unsafe info.ai_family {
        case AF_INET where unsafe info.ai_addrlen >= MemoryLayout<sockaddr_in>.size:
            let bits = unsafe base.load(as: sockaddr_in.self).sin_addr.s_addr
            return IPAddress(v4: UInt32(bigEndian: bits))
        case AF_INET6 where unsafe info.ai_addrlen >= MemoryLayout<sockaddr_in6>.size:
            var octets = unsafe base.load(as: sockaddr_in6.self).sin6_addr
            return unsafe withUnsafeBytes(of: &octets) { unsafe IPAddress(octets: $0) }
        default:
            return nil
        }
    }
}
