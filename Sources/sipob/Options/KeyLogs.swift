import OutboundKit
import Synchronization

/// The TLS contexts that write key logs: a log that is not all there is told at the end, once.
enum KeyLogs {
    private static let contexts = Mutex<[TLSContext]>([])

    /// - Returns: the context itself.
    static func watched(_ context: TLSContext) -> TLSContext {
        if context.settings.keyLogFile != nil { contexts.withLock { $0.append(context) } }
        return context
    }

    /// Says which log lacks lines.
    /// - Returns: whether one does.
    static func complain() -> Bool {
        let broken = contexts.withLock { $0 }.first { $0.keyLogError != 0 }
        guard let broken else { return false }
        let name = broken.settings.keyLogFile ?? ""
        Terminal.complain(
            "cannot write the key log '\(name)': \(TransportError.words(broken.keyLogError)); what it has is not complete."
        )
        return true
    }
}
