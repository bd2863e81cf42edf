import ArgumentParser
import Dispatch
import Glibc
import Synchronization

/// Where the process begins. A command that waits on its own thread runs on the first one, and the pool of threads that
/// asynchronous commands need is never started: that is a good part of what one probe takes from start to end.
@main
enum Entry {
    static func main() {
        Terminal.holdClosedDescriptors()
        refuseForeignArguments()
        let arguments = CommandWords.helpFirst(Array(CommandLine.arguments.dropFirst()))
        if let complaint = CommandWords.complaint(arguments) {
            Terminal.complain(complaint)
            exit(ExitStatus.usage.rawValue)
        }
        var kind: (any ParsableCommand.Type)?
        do {
            var command = try Sipob.parseAsRoot(arguments)
            kind = type(of: command)
            if command is any AsyncParsableCommand {
                // Parsed once more there: a command cannot be handed to another task.
                Task {
                    var kind: (any ParsableCommand.Type)?
                    do {
                        guard var command = try Sipob.parseAsRoot(arguments) as? any AsyncParsableCommand else {
                            return
                        }
                        kind = type(of: command)
                        try await command.run()
                        end(nil)
                    } catch {
                        end(error, of: kind)
                    }
                }
                dispatchMain()
            }
            try command.run()
            end(nil)
        } catch {
            end(error, of: kind)
        }
    }

    /// Arguments that are no UTF-8 reach the parser with other octets in the place of those that are none, and a file of
    /// such a name would not be found, or be written under another one.
    private static func refuseForeignArguments() {
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let argument = unsafe CommandLine.unsafeArgv[index],
                unsafe String(validatingCString: argument) == nil
            else { continue }
            let text = unsafe String(cString: argument)
            Terminal.complain(
                "argument \(index), '\(text)', is not UTF-8, and what it names cannot be found; "
                    + "rename the file, or give what is in it as standard input (< file).")
            exit(ExitStatus.usage.rawValue)
        }
    }

    /// What was printed and did not arrive is a failure, whatever it said; a key log with gaps is one where all else went
    /// well.
    /// - Parameter kind: the command that ran; nil where it came to none.
    private static func end(_ error: (any Error)?, of kind: (any ParsableCommand.Type)? = nil) -> Never {
        let isSuccess = error.map { Sipob.exitCode(for: $0).isSuccess } ?? true
        // Help and version are output like any other.
        if let error, isSuccess, case let text = Sipob.fullMessage(for: error), !text.isEmpty { Terminal.print(text) }
        if Terminal.complainOfOutput() { Sipob.exit(withError: ExitStatus.failure) }
        if KeyLogs.complain(), isSuccess { Sipob.exit(withError: ExitStatus.failure) }
        guard let error, !isSuccess else { exit(EXIT_SUCCESS) }
        if let mistake = error as? ValidationError, let kind {
            complain(mistake, of: kind)
            exit(ExitStatus.usage.rawValue)
        }
        let message = Sipob.fullMessage(for: error)
        if !message.isEmpty { Terminal.say(message) }
        exit(Sipob.exitCode(for: error).rawValue)
    }

    /// A mistake that only shows when the command runs, in the words of those that show before: of itself the parser would
    /// print the usage of the root.
    private static func complain(_ mistake: ValidationError, of kind: any ParsableCommand.Type) {
        let usage = Sipob.usageString(for: kind)
        let name = usage.prefix { $0 != "[" && $0 != "<" }
        Terminal.say("Error: \(mistake.message)\nUsage: \(usage)\n  See '\(name)--help' for more information.")
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
