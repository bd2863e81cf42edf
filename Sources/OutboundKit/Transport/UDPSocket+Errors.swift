import CDatagrams
import Glibc

extension UDPSocket {
    /// Takes one error from the socket's error queue (ip(7)), or returns nil when it is empty; never waits.
    ///
    /// The queue must be emptied when `poll` reports an error, or it reports it for ever.
    func nextError() -> NetworkError? {
        var control = [UInt8](repeating: 0, count: 512)
        var quoted = [UInt8](repeating: 0, count: 64)
        var used = 0
        let count = unsafe control.withUnsafeMutableBytes { controlOctets in
            unsafe quoted.withUnsafeMutableBytes { octets in
                var part = unsafe iovec(iov_base: octets.baseAddress, iov_len: octets.count)
                return unsafe withUnsafeMutablePointer(to: &part) { part in
                    var header = unsafe msghdr()
                    unsafe header.msg_iov = unsafe part
                    unsafe header.msg_iovlen = 1
                    unsafe header.msg_control = controlOctets.baseAddress
                    unsafe header.msg_controllen = controlOctets.count
                    let flags = Int32(MSG_ERRQUEUE) | Int32(MSG_DONTWAIT)
                    let count = unsafe recvmsg(descriptor, &header, flags)
                    used = unsafe header.msg_controllen
                    return count
                }
            }
        }
        guard count >= 0 else { return nil }
        return Self.error(in: control, count: min(used, control.count))
            ?? NetworkError(.local(errno: EIO), words: TransportError.words(EIO))
    }

    /// Finds the `sock_extended_err` among the control messages:
    ///
    ///     cmsghdr             octets  0..<8 length   8..<12 level   12..<16 type   then the data
    ///     sock_extended_err   octets  0..<4 errno   4 origin   5 type   6 code   7 -   8..<12 info   12..<16 data
    ///     and after it the address of whoever sent the ICMP error
    static func error(in control: [UInt8], count: Int) -> NetworkError? {
        unsafe control.withUnsafeBytes { raw -> NetworkError? in
            var offset = 0
            while count - offset >= 16 {
                let length = unsafe raw.loadUnaligned(fromByteOffset: offset, as: Int.self)
                let level = unsafe raw.loadUnaligned(fromByteOffset: offset + 8, as: Int32.self)
                let type = unsafe raw.loadUnaligned(fromByteOffset: offset + 12, as: Int32.self)
                guard length >= 16, length <= count - offset else { return nil }
                let isError =
                    level == Int32(IPPROTO_IP) && type == IP_RECVERR
                    || level == Int32(IPPROTO_IPV6) && type == IPV6_RECVERR
                if isError, length >= 32 {
                    let data = offset + 16
                    let number = unsafe raw.loadUnaligned(fromByteOffset: data, as: Int32.self)
                    let (origin, kind, code) = unsafe (raw[data + 4], raw[data + 5], raw[data + 6])
                    let reporter = unsafe address(
                        in: UnsafeRawBufferPointer(rebasing: raw[(data + 16)..<(offset + length)]))
                    let words = TransportError.words(number)
                    return switch origin {
                    case 2: NetworkError(.icmp(type: kind, code: code), reporter: reporter?.ip, words: words)
                    case 3: NetworkError(.icmpv6(type: kind, code: code), reporter: reporter?.ip, words: words)
                    default: NetworkError(.local(errno: number), words: words)
                    }
                }
                offset += (length + 7) & ~7
            }
            return nil
        }
    }
}
