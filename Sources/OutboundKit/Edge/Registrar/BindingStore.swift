/// Keeps bindings beyond the process. Whoever runs a `Registrar` applies the changes of each answer before it is sent,
/// so that nothing that was acknowledged is lost.
public protocol BindingStore: Sendable {
    /// What was stored and is not expired at `now`.
    func load(at now: Timestamp) throws(StorageError) -> RegistrarState
    /// Stores all of `changes` or none.
    func apply(_ changes: [BindingChange]) throws(StorageError)
    /// Octets that only this store knows, made once: the secret of temporary GRUUs and nonces.
    func secret() throws(StorageError) -> [UInt8]
}

/// What a registrar knows: bindings, and whom it has seen.
public struct RegistrarState: Sendable {
    /// An AOR that registered once, or one instance of it, so that requests to it get 480 and not 404.
    public struct Known: Sendable, Hashable {
        public let aor: AddressOfRecord
        public let instance: InstanceID?

        public init(aor: AddressOfRecord, instance: InstanceID?) {
            self.aor = aor
            self.instance = instance
        }
    }

    public var bindings: [Binding]
    public var known: [Known]

    public init(bindings: [Binding] = [], known: [Known] = []) {
        self.bindings = bindings
        self.known = known
    }
}

/// Why bindings could not be stored or read.
public struct StorageError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Reason: Sendable, Hashable {
        /// Another program holds the file for longer than is waited.
        case locked
        /// The file or its folder may not be written.
        case readOnly
        /// The file is no database of ours, or a damaged one.
        case corrupt
        /// The disk or the file's bound is full.
        case full
        /// The file was written by a later version.
        case newerVersion
        /// Anything else.
        case failed
    }

    public let reason: Reason
    /// The file.
    public let path: String
    /// What was tried, and in the library's words why it failed.
    public let detail: String

    public init(_ reason: Reason, path: String, detail: String) {
        self.reason = reason
        self.path = path
        self.detail = detail
    }

    public var description: String {
        switch reason {
        case .locked: "\(path) is in use by another program (\(detail)); stop that one, or name another file"
        case .readOnly: "cannot write \(path) (\(detail)); check the permissions of the file and its folder"
        case .corrupt: "\(path) is no binding database or is damaged (\(detail)); move it away to start afresh"
        case .full: "no room left for \(path) (\(detail)); free some space"
        case .newerVersion: "\(path) was written by a later version of this program (\(detail)); name another file"
        case .failed: "cannot use \(path): \(detail); check the path, or name another file"
        }
    }
}
