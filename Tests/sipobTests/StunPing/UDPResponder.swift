import Glibc

/// A thread with a UDP socket on 127.0.0.1 that answers each datagram as it is told: a bad server on demand.
final class UDPResponder: Sendable {
    let port: UInt16
    private let descriptor: Int32

    /// - Parameter answer: called with the number of the datagram, from 1, its octets, and the port that it came from.
    init(_ answer: @escaping @Sendable (Int, [UInt8], UInt16) -> [[UInt8]]) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        // A blocked thread would outlive the test: it looks every 50 ms whether it is still wanted.
        var limit = timeval(tv_sec: 0, tv_usec: 50_000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let done = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard done else { throw ProgramError(text: "no UDP socket on 127.0.0.1: errno \(errno)") }
        self.descriptor = descriptor
        port = UInt16(bigEndian: address.sin_port)
        let box = Box { Self.serve(descriptor, answer) }
        var thread = pthread_t()
        let made = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, Unmanaged.passRetained(box).toOpaque())
        guard made == 0 else { throw ProgramError(text: "no thread") }
        pthread_detach(thread)
    }

    /// The thread sees that its socket is shut down, closes it and ends.
    deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }

    private final class Box {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }

    private static func serve(_ descriptor: Int32, _ answer: (Int, [UInt8], UInt16) -> [[UInt8]]) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var count = 0
        var idle = 0
        // Ends after a minute without a datagram, whatever happened to its owner.
        while idle < 1200 {
            var source = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutablePointer(to: &source) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                    let length = recvfrom(descriptor, &buffer, buffer.count, 0, name, &size)
                    guard length > 0 else {
                        idle += length == 0 ? 1200 : 1
                        return
                    }
                    idle = 0
                    count += 1
                    let port = UInt16(bigEndian: UnsafeRawPointer(name).load(as: sockaddr_in.self).sin_port)
                    for reply in answer(count, Array(buffer[..<length]), port) {
                        _ = sendto(descriptor, reply, reply.count, 0, name, size)
                    }
                }
            }
        }
        close(descriptor)
    }
}
