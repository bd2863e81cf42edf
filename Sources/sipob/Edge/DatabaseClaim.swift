import Glibc

/// One edge at a time on a database: two would give their bindings the same numbers, and overwrite each other's.
enum DatabaseClaim {
    /// Claims the file until this process ends, however it ends.
    ///
    /// The claim is flock(2)'s, which SQLite's own locks do not touch: other programs can still read the file. The
    /// descriptor stays open on purpose. A file that cannot be opened here cannot be opened by SQLite either, which then
    /// says why.
    /// - Returns: false when another edge holds the file.
    static func take(_ path: String) -> Bool {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return true }
        return flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
    }
}
