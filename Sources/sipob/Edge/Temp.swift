import OutboundKit

final class SQLiteBindingStore: BindingStore {
    init(path: String) throws(StorageError) {}
    func load(at now: Timestamp) throws(StorageError) -> RegistrarState { RegistrarState() }
    func apply(_ changes: [BindingChange]) throws(StorageError) {}
    func secret() throws(StorageError) -> [UInt8] { [] }
}
