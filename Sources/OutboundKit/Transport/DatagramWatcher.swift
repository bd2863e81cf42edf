import CDatagrams
import Glibc
import NIOCore
import NIOPosix

/// Tells an event loop when UDP sockets of ours have something. NIO's selector takes only channels of its own, so a
/// thread sleeps in epoll for them. Each notice is given once; the loop asks for the next one when it has read all there
/// was, so under load the thread sleeps on and costs nothing.
final class DatagramWatcher: Sendable {
    private let epoll: Int32
    /// An eventfd: readable when the thread is to end.
    private let bell: Int32
    private let pool = NIOThreadPool(numberOfThreads: 1)

    /// - Parameter ready: called on the thread with the number given to `watch`, and whether the error queue has something.
    init(ready: @escaping @Sendable (_ number: Int, _ hasError: Bool) -> Void) throws(TransportError) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        bell = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard epoll >= 0, bell >= 0 else {
            let number = errno
            if epoll >= 0 { close(epoll) }
            if bell >= 0 { close(bell) }
            throw TransportError(.bind, .udp, nil, errno: number)
        }
        control(EPOLL_CTL_ADD, bell, Self.bellNumber, EPOLLIN.rawValue)
        pool.start()
        let (epoll, bellNumber) = (epoll, Self.bellNumber)
        pool.submit { _ in
            var events = unsafe [epoll_event](repeating: epoll_event(), count: 16)
            while true {
                let count = unsafe epoll_wait(epoll, &events, Int32(events.count), -1)
                guard count >= 0 || errno == EINTR else { return }
                for index in 0..<max(0, Int(count)) {
                    let event = unsafe events[index]
                    let number = unsafe event.data.u64
                    if number == bellNumber { return }
                    ready(Int(number), unsafe event.events & EPOLLERR.rawValue != 0)
                }
            }
        }
    }

    private static let bellNumber = UInt64.max

    /// Begins to watch a socket.
    func watch(_ descriptor: Int32, as number: Int) {
        control(EPOLL_CTL_ADD, descriptor, UInt64(number), Self.once)
    }

    /// Asks for the next notice, at once if there is something already.
    func rearm(_ descriptor: Int32, as number: Int) {
        control(EPOLL_CTL_MOD, descriptor, UInt64(number), Self.once)
    }

    /// Ends the thread and waits for that.
    func stop() async {
        _ = eventfd_write(bell, 1)
        try? await pool.shutdownGracefully()
    }

    deinit {
        close(epoll)
        close(bell)
    }

    private static let once = EPOLLIN.rawValue | EPOLLONESHOT.rawValue

    private func control(_ action: Int32, _ descriptor: Int32, _ number: UInt64, _ events: UInt32) {
        var event = unsafe epoll_event()
        unsafe event.events = events
        unsafe event.data.u64 = number
        // Fails only for descriptors that are closed, which then need no watching.
        _ = unsafe epoll_ctl(epoll, action, descriptor, &event)
    }
}
