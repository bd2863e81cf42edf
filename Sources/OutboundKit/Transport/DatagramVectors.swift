import CDatagrams
import Glibc

/// Room for a batch of datagrams in one block of memory, with the kernel's tables for `recvmmsg` and `sendmmsg` that
/// point into it. The block never moves, so the tables are filled in once.
///
/// Safe: every pointer stays within memory allocated in `init` and freed in `deinit`; slots are checked against `count`.
@safe final class DatagramVectors {
    /// Messages in one system call at most.
    let count: Int
    /// From one slot to the next; a little off a power of two, or the beginnings of all messages would compete for the
    /// same few lines of the processor's caches.
    private let stride: Int
    private let octets: UnsafeMutableRawPointer
    private let names: UnsafeMutablePointer<sockaddr_in6>
    private let parts: UnsafeMutablePointer<iovec>
    private let messages: UnsafeMutablePointer<sipob_mmsghdr>

    /// No datagram is larger.
    static let largest = 65_536

    init(count: Int) {
        self.count = count
        stride = Self.largest + 640
        unsafe octets = .allocate(byteCount: count * stride, alignment: 64)
        unsafe names = .allocate(capacity: count)
        unsafe parts = .allocate(capacity: count)
        unsafe messages = .allocate(capacity: count)
        for slot in 0..<count {
            unsafe (names + slot).initialize(to: sockaddr_in6())
            unsafe (parts + slot).initialize(to: iovec(iov_base: octets + slot * stride, iov_len: Self.largest))
            var message = unsafe sipob_mmsghdr()
            unsafe message.header.msg_name = UnsafeMutableRawPointer(names + slot)
            unsafe message.header.msg_iov = unsafe parts + slot
            unsafe message.header.msg_iovlen = 1
            unsafe (messages + slot).initialize(to: message)
        }
    }

    deinit {
        unsafe octets.deallocate()
        unsafe names.deallocate()
        unsafe parts.deallocate()
        unsafe messages.deallocate()
    }

    // MARK: - Receiving

    /// Takes what datagrams are there.
    /// - Returns: how many; -1 when the host says no, with its error number.
    func receive(from descriptor: Int32) -> (count: Int, errno: Int32) {
        for slot in 0..<count {
            unsafe messages[slot].header.msg_namelen = socklen_t(MemoryLayout<sockaddr_in6>.size)
        }
        let taken = unsafe sipob_recvmmsg(descriptor, messages, UInt32(count), Int32(MSG_DONTWAIT))
        return (Int(taken), taken < 0 ? errno : 0)
    }

    /// Who sent the datagram in a slot; nil for a sender without an address.
    func source(_ slot: Int) -> TransportAddress? {
        precondition(slot >= 0 && slot < count)
        return unsafe UDPSocket.address(in: UnsafeRawBufferPointer(start: names + slot, count: 28))
    }

    /// Reads the datagram in a slot.
    func withDatagram(_ slot: Int, _ body: (RawSpan) -> Void) {
        precondition(slot >= 0 && slot < count)
        let length = min(Int(unsafe messages[slot].count), Self.largest)
        body(unsafe RawSpan(_unsafeStart: octets + slot * stride, byteCount: length))
    }

    // MARK: - Sending

    /// Puts a datagram into a slot. More octets than a datagram holds are for the host to refuse: one is left over.
    func put(_ bytes: [UInt8], to remote: TransportAddress, in slot: Int) {
        precondition(slot >= 0 && slot < count)
        let length = min(bytes.count, Self.largest)
        unsafe bytes.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            unsafe (octets + slot * stride).copyMemory(from: start, byteCount: length)
        }
        unsafe parts[slot].iov_len = length
        unsafe messages[slot].header.msg_namelen = Self.write(remote, to: names + slot)
    }

    /// Sends the datagrams of some slots.
    /// - Returns: how many of them went; -1 when the first did not, with the host's error number.
    func send(_ slots: Range<Int>, over descriptor: Int32) -> (count: Int, errno: Int32) {
        precondition(slots.lowerBound >= 0 && slots.upperBound <= count)
        let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
        let sent = unsafe sipob_sendmmsg(descriptor, messages + slots.lowerBound, UInt32(slots.count), flags)
        return (Int(sent), sent < 0 ? errno : 0)
    }

    /// Writes an address in the host's form; 28 octets have room for either family.
    private static func write(_ address: TransportAddress, to name: UnsafeMutablePointer<sockaddr_in6>) -> socklen_t {
        let raw = UnsafeMutableRawPointer(name)
        if address.ip.isIPv6 {
            unsafe name.pointee = sockaddr_in6()
            unsafe name.pointee.sin6_family = sa_family_t(AF_INET6)
            unsafe name.pointee.sin6_port = address.port.bigEndian
            let place = MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr) ?? 8
            unsafe raw.storeBytes(of: address.ip.high.bigEndian, toByteOffset: place, as: UInt64.self)
            unsafe raw.storeBytes(of: address.ip.low.bigEndian, toByteOffset: place + 8, as: UInt64.self)
            return socklen_t(MemoryLayout<sockaddr_in6>.size)
        }
        var short = sockaddr_in()
        short.sin_family = sa_family_t(AF_INET)
        short.sin_port = address.port.bigEndian
        short.sin_addr.s_addr = UInt32(truncatingIfNeeded: address.ip.low).bigEndian
        unsafe raw.storeBytes(of: short, as: sockaddr_in.self)
        return socklen_t(MemoryLayout<sockaddr_in>.size)
    }
}
