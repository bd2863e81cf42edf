import Dispatch
import Glibc
import Synchronization

/// SIGINT, SIGTERM and SIGHUP as calls of a handler, so that a command can clean up before it ends. From `init` on they no longer
/// end the process by themselves.
final class Interrupts {
    private let source: (any DispatchSourceRead)?
    private let handler: HandlerBox

    /// The handler may change while signals come in on another thread.
    private final class HandlerBox: Sendable {
        let current = Mutex<(@Sendable () -> Void)?>(nil)
    }

    init() {
        let handler = HandlerBox()
        self.handler = handler
        // A signal that comes before Dispatch watches waits in the pipe; Dispatch's own sources for signals would miss it.
        source = InterruptPipe.open().map { end in
            let source = DispatchSource.makeReadSource(fileDescriptor: end, queue: .global())
            source.setEventHandler {
                var octets = [UInt8](repeating: 0, count: 8)
                for _ in 0..<max(0, unsafe read(end, &octets, octets.count)) {
                    // Before there is anything to clean up the signal ends the process, as the shell expects. Not by
                    // `exit`: what that cleans up for libraries may be in use on other threads.
                    guard let call = handler.current.withLock({ $0 }) else { _exit(128 + SIGINT) }
                    call()
                }
            }
            source.resume()
            return source
        }
    }

    deinit { source?.cancel() }

    /// Who is told of the first signal from now on; the second one means now, whatever is left behind.
    func tellFirst(_ call: @escaping @Sendable () -> Void) {
        tell { [handler] in
            handler.current.withLock { $0 = nil }
            call()
        }
    }

    /// Who is told from now on.
    func tell(_ call: @escaping @Sendable () -> Void) {
        handler.current.withLock { $0 = call }
    }
}
