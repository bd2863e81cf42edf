import Synchronization

/// Keeps bindings in an SQLite file, so that an embedded registrar finds its phones again after a restart.
///
/// One transaction a call, in write-ahead mode: what `apply` returned from survives the end of the process, however it
/// ends (`kill -9` included). With `.normal` a power failure may take the last transactions with it, never older ones;
/// `.full` waits for the disk each time.
public final class SQLiteBindingStore: BindingStore {
    /// What a commit waits for.
    public enum Durability: Sendable, Hashable {
        /// The operating system: safe against the end of the process.
        case normal
        /// The disk: safe against power failure too, and some hundred times slower on disks that spin.
        case full
    }

    /// Of the tables below; a file with a higher one was written by a later version.
    static let schemaVersion: Int64 = 1
    /// Who has not registered for so long is forgotten: requests to them get 404 again.
    static let memory = Duration.seconds(30 * 86_400)

    /// The connection and the statements that every refresh uses.
    private struct Open {
        let connection: SQLiteConnection
        let store: SQLiteStatement
        let remove: SQLiteStatement
        let know: SQLiteStatement
    }

    private let open: Mutex<Open>

    /// Opens `path`, or makes it.
    ///
    /// - Parameters:
    ///   - patience: how long is waited for another program that writes while the file is opened; later it is a tenth of
    ///     a second at most, since the whole edge waits with it.
    ///   - maximumPages: the file's bound, in pages of 4096 octets; nil leaves it to the disk.
    public init(
        path: String, durability: Durability = .normal, patience: Duration = .seconds(2), maximumPages: Int? = nil
    ) throws(StorageError) {
        open = Mutex(try Self.open(path, durability, patience, maximumPages))
    }

    private static func open(
        _ path: String, _ durability: Durability, _ patience: Duration, _ maximumPages: Int?
    ) throws(StorageError) -> sending Open {
        let connection = try SQLiteConnection(path: path, patience: patience)
        let version = try connection.number("PRAGMA user_version") ?? 0
        guard version <= schemaVersion else {
            throw StorageError(
                .newerVersion, path: path, detail: "version \(version), and this program knows \(schemaVersion)")
        }
        try connection.run("PRAGMA journal_mode = WAL")
        try connection.run("PRAGMA synchronous = \(durability == .full ? "FULL" : "NORMAL")")
        if let maximumPages { try connection.run("PRAGMA max_page_count = \(maximumPages)") }
        if version == 0 { try makeSchema(connection) }
        connection.wait(atMost: min(patience, .milliseconds(100)))
        return Open(
            connection: connection,
            store: try connection.prepare(
                """
                INSERT INTO bindings (id, aor, contact, path, call_id, cseq, expires, since, updated, source,
                    user_agent, gruu_serial) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
                ON CONFLICT (id) DO UPDATE SET contact = ?3, path = ?4, call_id = ?5, cseq = ?6, expires = ?7,
                    updated = ?9, source = ?10, user_agent = ?11, gruu_serial = ?12
                """),
            remove: try connection.prepare("DELETE FROM bindings WHERE id = ?1"),
            know: try connection.prepare(
                """
                INSERT INTO known (aor, instance, seen) VALUES (?1, ?2, ?3)
                ON CONFLICT (aor, instance) DO UPDATE SET seen = ?3
                """))
    }

    private static func makeSchema(_ connection: SQLiteConnection) throws(StorageError) {
        // A file that is some other program's database has tables, and no version of ours.
        if try connection.number("SELECT count(*) FROM sqlite_schema") != 0 {
            throw StorageError(.corrupt, path: connection.path, detail: "it holds other tables")
        }
        let secret: [UInt8]
        do throws(CryptoError) {
            secret = try SecureRandom.octets(32)
        } catch {
            throw StorageError(.failed, path: connection.path, detail: error.description)
        }
        try connection.transaction { () throws(StorageError) in
            try connection.run(
                """
                CREATE TABLE bindings (id INTEGER PRIMARY KEY, aor TEXT NOT NULL, contact TEXT NOT NULL,
                    path TEXT NOT NULL, call_id TEXT NOT NULL, cseq INTEGER NOT NULL, expires INTEGER NOT NULL,
                    since INTEGER NOT NULL, updated INTEGER NOT NULL, source TEXT, user_agent TEXT,
                    gruu_serial INTEGER NOT NULL) STRICT;
                CREATE TABLE known (aor TEXT NOT NULL, instance TEXT NOT NULL, seen INTEGER NOT NULL,
                    PRIMARY KEY (aor, instance)) STRICT, WITHOUT ROWID;
                CREATE TABLE secret (octets BLOB NOT NULL) STRICT;
                """)
            let insert = try connection.prepare("INSERT INTO secret (octets) VALUES (?1)")
            insert.bind(1, octets: secret)
            _ = try insert.step()
            try connection.run("PRAGMA user_version = \(schemaVersion)")
        }
    }

    public func apply(_ changes: [BindingChange]) throws(StorageError) {
        guard !changes.isEmpty else { return }
        try locked { open throws(StorageError) in
            try open.connection.transaction { () throws(StorageError) in
                for change in changes {
                    switch change {
                    case .stored(let binding): try Self.store(binding, open.store)
                    case .removed(let binding): try Self.remove(binding, open)
                    }
                }
            }
        }
    }

    public func load(at now: Timestamp) throws(StorageError) -> RegistrarState {
        var state = RegistrarState()
        try locked { open throws(StorageError) in
            let connection = open.connection
            // What expired while nobody ran is removed as if somebody had.
            try connection.transaction { () throws(StorageError) in
                let expired = try Self.bindings(connection, "expires <= ?1", now)
                for binding in expired { try Self.remove(binding, open) }
                let forget = try connection.prepare("DELETE FROM known WHERE seen < ?1")
                forget.bind(1, (now - Self.memory).nanoseconds)
                _ = try forget.step()
            }
            state.bindings = try Self.bindings(connection, "expires > ?1", now)
            let known = try connection.prepare("SELECT aor, instance FROM known ORDER BY seen")
            while try known.step() {
                guard let aor = AddressOfRecord(known.text(0) ?? "") else { throw Self.unreadable(connection, "known") }
                let instance = try? InstanceID(urn: known.text(1) ?? "")
                state.known.append(RegistrarState.Known(aor: aor, instance: instance))
            }
        }
        return state
    }

    public func secret() throws(StorageError) -> [UInt8] {
        var octets: [UInt8] = []
        try locked { open throws(StorageError) in
            let statement = try open.connection.prepare("SELECT octets FROM secret")
            guard try statement.step(), statement.octets(0).count == 32 else {
                throw Self.unreadable(open.connection, "secret")
            }
            octets = statement.octets(0)
        }
        return octets
    }

    // MARK: Rows

    private static func store(_ binding: Binding, _ statement: SQLiteStatement) throws(StorageError) {
        statement.bind(1, Int64(bitPattern: binding.id))
        statement.bind(2, binding.aor.text)
        statement.bind(3, binding.contact.storedText)
        // No Path value holds a line break: they come from header fields.
        statement.bind(4, binding.path.joined(separator: "\n"))
        statement.bind(5, binding.callID)
        statement.bind(6, Int64(binding.cseq))
        statement.bind(7, binding.expires.nanoseconds)
        statement.bind(8, binding.since.nanoseconds)
        statement.bind(9, binding.updated.nanoseconds)
        statement.bind(10, binding.source?.description)
        statement.bind(11, binding.userAgent)
        statement.bind(12, Int64(bitPattern: binding.gruuSerial))
        _ = try statement.step()
    }

    private static func remove(_ binding: Binding, _ open: Open) throws(StorageError) {
        open.remove.bind(1, Int64(bitPattern: binding.id))
        _ = try open.remove.step()
        open.know.bind(1, binding.aor.text)
        open.know.bind(2, binding.instance?.urn ?? "")
        open.know.bind(3, binding.updated.nanoseconds)
        _ = try open.know.step()
    }

    private static func bindings(
        _ connection: SQLiteConnection, _ condition: String, _ now: Timestamp
    ) throws(StorageError) -> [Binding] {
        let rows = try connection.prepare(
            """
            SELECT id, aor, contact, path, call_id, cseq, expires, since, updated, source, user_agent, gruu_serial
            FROM bindings WHERE \(condition) ORDER BY id
            """)
        rows.bind(1, now.nanoseconds)
        var bindings: [Binding] = []
        while try rows.step() {
            guard let aor = AddressOfRecord(rows.text(1) ?? ""),
                let contact = RegisteredContact(stored: rows.text(2) ?? ""), let cseq = UInt32(exactly: rows.integer(5))
            else { throw unreadable(connection, "bindings") }
            let path = (rows.text(3) ?? "").split(separator: "\n").map(String.init)
            bindings.append(
                Binding(
                    id: UInt64(bitPattern: rows.integer(0)), aor: aor, contact: contact, path: path,
                    callID: rows.text(4) ?? "", cseq: cseq, expires: Timestamp(nanoseconds: rows.integer(6)),
                    since: Timestamp(nanoseconds: rows.integer(7)), updated: Timestamp(nanoseconds: rows.integer(8)),
                    source: rows.text(9).flatMap { TransportAddress($0) }, userAgent: rows.text(10),
                    gruuSerial: UInt64(bitPattern: rows.integer(11))))
        }
        return bindings
    }

    private static func unreadable(_ connection: SQLiteConnection, _ table: String) -> StorageError {
        StorageError(.corrupt, path: connection.path, detail: "a row of \(table) cannot be read")
    }

    private func locked(_ body: (borrowing Open) throws(StorageError) -> Void) throws(StorageError) {
        let failure = open.withLock { open -> StorageError? in
            do throws(StorageError) {
                try body(open)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }
}
