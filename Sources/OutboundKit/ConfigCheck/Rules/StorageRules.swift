/// Where bindings are kept in a database, whether all of what outbound needs can be kept there.
extension ConfigJudge {
    /// Columns of usrloc without which a binding comes back without its flow, with their names by default.
    private static let columns = [
        "contact_column": "contact", "received_column": "received", "path_column": "path", "socket_column": "socket",
        "ruid_column": "ruid", "instance_column": "instance", "reg_id_column": "reg_id",
    ]
    /// The others: two values must not share a column whatever they are.
    private static let otherColumns = [
        "user_column": "username", "domain_column": "domain", "expires_column": "expires", "q_column": "q",
        "callid_column": "callid", "cseq_column": "cseq", "methods_column": "methods", "flags_column": "flags",
        "cflags_column": "cflags", "user_agent_column": "user_agent", "server_id_column": "server_id",
        "connection_id_column": "connection_id", "keepalive_column": "keepalive", "partition_column": "partition",
    ]

    /// Read from a database that somebody else writes (`DB_READONLY`).
    private static let lastMode = 4

    mutating func judgeStorage() {
        guard let usrloc = subject.config.module("usrloc") else { return }
        let storage = subject.config.parameter("usrloc", "db_mode")
        let mode = storage.map { $0.value.number } ?? 0
        guard let mode else { return }
        guard (0...Self.lastMode).contains(mode) else {
            emit(
                "CFG-REG-08", .unknown(.configuration), at: storage?.place,
                "db_mode \(mode) is none of Kamailio's (0 to \(Self.lastMode)): it cannot be told where bindings are kept.",
                advice: "Write 0 for memory alone, or 1, 2 or 3 with db_url for a database.")
            return
        }
        guard mode > 0 else {
            emit(
                "CFG-REG-08", .info, at: storage?.place ?? usrloc.place,
                "Bindings are in memory only: after a restart phones are unreachable until they register again.",
                advice: "Set db_mode 1, 2 or 3 and db_url if that is too long.")
            return
        }
        if !subject.config.modules.contains(where: { $0.name.hasPrefix("db_") }) {
            emitMissing(
                "CFG-REG-10", .fail, at: storage?.place,
                "db_mode \(mode) keeps bindings in a database, and no module for one is loaded: Kamailio refuses to start.",
                advice: "Load the driver of db_url before usrloc, such as db_mysql.so, db_postgres.so or db_sqlite.so.")
        }
        judgeColumns()
    }

    /// A renamed column is the database's own affair; that two values have one, or one has none, is wrong with any.
    private mutating func judgeColumns() {
        let all = Self.columns.merging(Self.otherColumns) { first, _ in first }
        var names: [String: String] = [:]
        for (parameter, standard) in all {
            // What only a running Kamailio knows is no name here.
            let value = subject.config.parameter("usrloc", parameter)?.value
            if let value, value.text.hasPrefix("$") { continue }
            // SQL tells no capitals from small letters in the names of columns.
            names[parameter] = (value?.text ?? standard).lowercased()
        }
        for parameter in Self.columns.keys.sorted() where names[parameter]?.isEmpty == true {
            emit(
                "CFG-REG-11", .fail, at: subject.config.parameter("usrloc", parameter)?.place,
                "\(parameter) has no name: no binding can be written to the database, nor read.",
                advice: "Take the line out; '\(Self.columns[parameter] ?? "")' is the default.")
        }
        judgeSharedColumns(names, all)
    }

    /// Of two values with one column the line to mend is one that departs from the default, a flow's before others.
    private mutating func judgeSharedColumns(_ names: [String: String], _ standards: [String: String]) {
        let order = Self.columns.keys.sorted() + Self.otherColumns.keys.sorted()
        var told: Set<Set<String>> = []
        for parameter in order {
            guard let name = names[parameter], !name.isEmpty, let standard = standards[parameter], name != standard,
                let other = order.first(where: {
                    $0 != parameter && names[$0] == name
                        && (Self.columns[$0] != nil || Self.columns[parameter] != nil)
                }), told.insert([parameter, other]).inserted,
                let written = subject.config.parameter("usrloc", parameter)
            else { continue }
            emit(
                "CFG-REG-11", .fail, at: written.place,
                "\(parameter) and \(other) are the same column, '\(written.value.text)': one value replaces the other, and after a restart the binding has lost its flow.",
                advice: "Take the line out; '\(standard)' is the default.")
        }
    }
}
