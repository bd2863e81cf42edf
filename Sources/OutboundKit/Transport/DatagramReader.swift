import NIOCore
import Synchronization

/// Brings notices of the watcher to the loop, and asks for the next one when a socket has been read empty.
final class DatagramReader: Sendable {
    private let loop: any EventLoop
    /// Reads a socket by its number, on the loop; false when there may be more.
    private let body: @Sendable (Int, Bool) -> Bool
    private let watched = Mutex<(descriptors: [Int32], watcher: WeakWatcher)>(([], WeakWatcher()))

    /// The watcher's thread holds this object, so this one must not keep the watcher.
    private struct WeakWatcher: Sendable {
        weak let watcher: DatagramWatcher?
        init(_ watcher: DatagramWatcher? = nil) { self.watcher = watcher }
    }

    init(loop: any EventLoop, _ body: @escaping @Sendable (Int, Bool) -> Bool) {
        self.loop = loop
        self.body = body
    }

    func start(_ descriptors: [Int32], _ watcher: DatagramWatcher) {
        watched.withLock { $0 = (descriptors, WeakWatcher(watcher)) }
        for (number, descriptor) in descriptors.enumerated() { watcher.watch(descriptor, as: number) }
    }

    func read(_ number: Int, _ hasError: Bool) {
        loop.execute { [self] in
            // A socket that stays full is read on, after everything else that the loop has to do.
            guard body(number, hasError) else { return read(number, false) }
            let (descriptors, watcher) = watched.withLock { ($0.descriptors, $0.watcher.watcher) }
            watcher?.rearm(descriptors[number], as: number)
        }
    }
}
