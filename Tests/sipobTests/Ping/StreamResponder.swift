import Foundation
import Glibc

/// A TCP server on a loopback port, whose every connection is served by a closure of octets: what was read, and what to
/// answer; nil closes.
final class StreamResponder: @unchecked Sendable {
    // Written once before the thread starts; what the closure keeps is its own affair, on that one thread.
    let port: UInt16
    private let descriptor: Int32
    private let script: ([UInt8]) -> [UInt8]?
    private let isDone: () -> Bool

    /// - Parameter isDone: whether the connection is to close after the answer.
    init(isDone: @escaping () -> Bool = { false }, _ script: @escaping ([UInt8]) -> [UInt8]?) throws {
        self.script = script
        self.isDone = isDone
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (own, length) = (descriptor, size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(own, $0, length) == 0 && getsockname(own, $0, &size) == 0
            }
        }
        guard isBound, listen(descriptor, 8) == 0 else {
            throw ProgramError(text: "no socket for the responder: errno \(errno)")
        }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in serve() }
    }

    deinit { close(descriptor) }

    func stop() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    private func serve() {
        while true {
            let connection = accept(descriptor, nil, nil)
            guard connection >= 0 else { return }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = recv(connection, &buffer, buffer.count, 0)
                guard count > 0, let answer = script(Array(buffer[..<count])) else { break }
                send(connection, answer, answer.count, Int32(MSG_NOSIGNAL))
                if isDone() { break }
            }
            close(connection)
        }
    }
}
