import ArgumentParser
import Dispatch
import Glibc
import Synchronization

/// Where the process begins. A command that waits on its own thread runs on the first one, and the pool of threads that
/// asynchronous commands need is never started: that is a good part of what one probe takes from start to end.
@main
enum Entry {
    static func main() {
        do {
            var command = try Sipob.parseAsRoot()
            if command is any AsyncParsableCommand {
                // Parsed once more there: a command cannot be handed to another task.
                Task {
                    do {
                        guard var command = try Sipob.parseAsRoot() as? any AsyncParsableCommand else { return }
                        try await command.run()
                        end(nil)
                    } catch {
                        end(error)
                    }
                }
                dispatchMain()
            }
            try command.run()
            end(nil)
        } catch {
            end(error)
        }
    }

    /// What was printed and did not arrive is a failure, whatever it said.
    private static func end(_ error: (any Error)?) -> Never {
        if Terminal.complainOfOutput() { Sipob.exit(withError: ExitStatus.failure) }
        guard let error else { exit(EXIT_SUCCESS) }
        let code = Sipob.exitCode(for: error)
        // Help and the like, on standard output.
        if code.isSuccess { Sipob.exit(withError: error) }
        let message = Sipob.fullMessage(for: error)
        if !message.isEmpty { Terminal.say(message) }
        exit(code.rawValue)
    }
}

/// Waits on the calling thread for asynchronous work, for commands that do the rest without any.
enum Waiting {
    static func value<Value: Sendable, Failure: Error>(
        of work: @escaping @Sendable () async -> Result<Value, Failure>
    ) throws(Failure) -> Value {
        let done = DispatchSemaphore(value: 0)
        let box = Box<Result<Value, Failure>>()
        Task.detached {
            box.put(await work())
            done.signal()
        }
        while true {
            done.wait()
            if let result = box.content { return try result.get() }
        }
    }

    private final class Box<Content: Sendable>: Sendable {
        private let storage = Mutex<Content?>(nil)
        var content: Content? { storage.withLock { $0 } }
        func put(_ content: Content) { storage.withLock { $0 = content } }
    }
}
