import CSQLite
import Glibc

/// One open database file: SQL in, rows out, errors as `StorageError`. Used by one task at a time.
///
/// Safe: the handle and the statements are private, made once, and finalized with the object, in that order.
@safe final class SQLiteConnection {
    let path: String
    private let handle: OpaquePointer

    /// Opens the file, or makes it, readable for its owner alone.
    init(path: String, patience: Duration) throws(StorageError) {
        self.path = path
        // SQLite would make it with the process's mask; it holds who is where, and a secret.
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let number = errno
            let reason: StorageError.Reason =
                switch number {
                case EACCES, EPERM, EROFS: .readOnly
                case ENOSPC, EDQUOT: .full
                default: .failed
                }
            throw StorageError(reason, path: path, detail: Self.words(number))
        }
        close(descriptor)
        var opened: OpaquePointer?
        let code = unsafe sqlite3_open_v2(path, &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nil)
        guard let handle = unsafe opened, code == SQLITE_OK else {
            unsafe sqlite3_close_v2(opened)
            throw StorageError(Self.reason(code), path: path, detail: "SQLite error \(code)")
        }
        unsafe self.handle = handle
        wait(atMost: patience)
    }

    /// How long a statement waits for another program that holds the file.
    func wait(atMost patience: Duration) {
        unsafe sqlite3_busy_timeout(handle, Int32(clamping: patience.inNanoseconds / 1_000_000))
    }

    deinit { unsafe sqlite3_close_v2(handle) }

    /// Runs statements that have no values and whose rows do not matter.
    func run(_ sql: String) throws(StorageError) {
        let code = unsafe sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(code) }
    }

    func prepare(_ sql: String) throws(StorageError) -> SQLiteStatement {
        var prepared: OpaquePointer?
        let code = unsafe sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard code == SQLITE_OK, let statement = unsafe prepared else { throw error(code) }
        return unsafe SQLiteStatement(statement, of: self)
    }

    /// The number that the first row of `sql` holds; nil without one.
    func number(_ sql: String) throws(StorageError) -> Int64? {
        let statement = try prepare(sql)
        return try statement.step() ? statement.integer(0) : nil
    }

    /// All of `body` or nothing.
    func transaction(_ body: () throws(StorageError) -> Void) throws(StorageError) {
        // At once for writing: two writers that begin by reading cannot both wait for each other.
        try run("BEGIN IMMEDIATE")
        do throws(StorageError) {
            try body()
            try run("COMMIT")
        } catch {
            // Some errors have ended the transaction already; then this does nothing.
            _ = unsafe sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
            throw error
        }
    }

    func error(_ code: Int32) -> StorageError {
        let message = unsafe sqlite3_errmsg(handle).map { unsafe String(cString: $0) } ?? "SQLite error \(code)"
        return StorageError(Self.reason(code), path: path, detail: message)
    }

    private static func reason(_ code: Int32) -> StorageError.Reason {
        switch code & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED: .locked
        case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH: .readOnly
        case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt
        case SQLITE_FULL: .full
        default: .failed
        }
    }

    private static func words(_ errorNumber: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard unsafe strerror_r(errorNumber, &buffer, buffer.count) == 0 else { return "error \(errorNumber)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// A prepared statement, to be used again and again: bind, step, and it resets itself.
@safe final class SQLiteStatement {
    private let statement: OpaquePointer
    private let connection: SQLiteConnection

    fileprivate init(_ statement: OpaquePointer, of connection: SQLiteConnection) {
        unsafe self.statement = statement
        self.connection = connection
    }

    deinit { unsafe sqlite3_finalize(statement) }

    /// Tells SQLite to copy what is bound.
    private static var transient: sqlite3_destructor_type {
        unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    }

    /// Places count from 1.
    func bind(_ place: Int32, _ value: Int64?) {
        if let value {
            unsafe sqlite3_bind_int64(statement, place, value)
        } else {
            unsafe sqlite3_bind_null(statement, place)
        }
    }

    func bind(_ place: Int32, _ value: String?) {
        guard var value else { return bind(place, nil as Int64?) }
        value.withUTF8 { octets in
            guard let start = octets.baseAddress else {
                unsafe sqlite3_bind_text(statement, place, "", 0, Self.transient)
                return
            }
            _ = unsafe start.withMemoryRebound(to: CChar.self, capacity: octets.count) {
                unsafe sqlite3_bind_text(statement, place, $0, Int32(octets.count), Self.transient)
            }
        }
    }

    func bind(_ place: Int32, octets: [UInt8]) {
        _ = unsafe octets.withUnsafeBytes {
            unsafe sqlite3_bind_blob(statement, place, $0.baseAddress, Int32($0.count), Self.transient)
        }
    }

    /// The next row; false at the end, where the statement is ready for its next use.
    func step() throws(StorageError) -> Bool {
        let code = unsafe sqlite3_step(statement)
        if code == SQLITE_ROW { return true }
        let failure = code == SQLITE_DONE ? nil : connection.error(code)
        reset()
        if let failure { throw failure }
        return false
    }

    /// Gives up what is left of the rows.
    func reset() {
        unsafe sqlite3_reset(statement)
        unsafe sqlite3_clear_bindings(statement)
    }

    /// Columns count from 0.
    func integer(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(statement, column) }

    func isNull(_ column: Int32) -> Bool { unsafe sqlite3_column_type(statement, column) == SQLITE_NULL }

    func octets(_ column: Int32) -> [UInt8] {
        let count = Int(unsafe sqlite3_column_bytes(statement, column))
        guard let start = unsafe sqlite3_column_blob(statement, column) else { return [] }
        return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    }

    func text(_ column: Int32) -> String? {
        isNull(column) ? nil : String(decoding: octets(column), as: UTF8.self)
    }
}
