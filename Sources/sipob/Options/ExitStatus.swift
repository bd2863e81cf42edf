import ArgumentParser

/// The exit statuses of every command.
enum ExitStatus {
    /// A violation was found, or the check itself failed.
    static let violation = ExitCode(1)
    /// It could not be carried out: unreachable, no answer, unreadable input, no permission.
    static let failure = ExitCode(2)
    /// Wrong usage.
    static let usage = ExitCode(64)
    /// Interrupted, after the partial report was printed and our bindings were removed.
    static let interrupted = ExitCode(130)
}
