/// The users of one realm and what a server has to know of their passwords: a hash for each algorithm, from which the
/// password cannot be read but which is as good as the password for Digest. Shows in no description and no dump.
public struct DigestUsers: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Why a user file cannot be used.
    public struct FileError: Error, Sendable, Hashable, CustomStringConvertible {
        public enum Reason: Sendable, Hashable {
            /// A realm with a quote, a backslash or a control character, which devices hash differently.
            case badRealm
            case noColon
            case noUser
            case tooLong
            case tooMany
            /// An algorithm that is unknown, or a hash of another length than the algorithm's.
            case badHash
            /// The host has none of the algorithms that all users have a hash for.
            case noCommonAlgorithm
        }

        public let reason: Reason
        /// From 1; 0 when the file as a whole is meant.
        public let line: Int

        public var description: String {
            let place = line > 0 ? "line \(line): " : ""
            let words =
                switch reason {
                case .badRealm: "the realm holds a quote, a backslash or a control character"
                case .noColon: "no colon; a line is user:password or user:realm:hash"
                case .noUser: "no user before the colon"
                case .tooLong: "longer than \(DigestUsers.longestLine) octets"
                case .tooMany: "more than \(DigestUsers.most) users"
                case .badHash: "neither an algorithm with a hash of its length, nor MD5 (32 digits) or SHA-256 (64)"
                case .noCommonAlgorithm: "no digest algorithm that this host has and all users have a hash for"
                }
            return place + words
        }
    }

    /// Octets of one line.
    public static let longestLine = 4096
    /// Users of one file.
    public static let most = 1_000_000
    /// Those that are worked out from a password, the strongest first.
    static let algorithms: [DigestAlgorithm] = [.sha512Truncated256, .sha256, .md5]

    public let realm: String
    private var secrets: [String: [DigestAlgorithm: String]] = [:]

    /// - Throws: `badRealm`.
    public init(realm: String) throws(FileError) {
        guard realm.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != ASCII.quote && $0 != ASCII.backslash }) else {
            throw FileError(reason: .badRealm, line: 0)
        }
        self.realm = realm
    }

    /// Reads a user file, a line a user:
    ///
    ///     alice:secret                           a password, colons and all
    ///     bob:example.com:5f4dcc3b…              H(user:realm:password), MD5 by 32 digits or SHA-256 by 64
    ///     carol:example.com:SHA-512-256:9b74…    the same with the algorithm spelled out; one line for each
    ///
    /// The second forms are told by their second field, which is the realm. Empty lines and lines that begin with `#`
    /// are passed over; blanks belong to the password.
    ///
    /// - Throws: with the line.
    public init(file: [UInt8], realm: String) throws(FileError) {
        try self.init(realm: realm)
        var number = 0
        for piece in file.split(separator: ASCII.lf, omittingEmptySubsequences: false) {
            number += 1
            let line = piece.last == ASCII.cr ? piece.dropLast() : piece
            guard !line.isEmpty, line.first != 0x23 else { continue }
            do throws(FileError) {
                guard line.count <= Self.longestLine else { throw FileError(reason: .tooLong, line: number) }
                try add(line: line)
            } catch {
                throw FileError(reason: error.reason, line: number)
            }
        }
        if offered.isEmpty { throw FileError(reason: .noCommonAlgorithm, line: 0) }
    }

    private mutating func add(line: ArraySlice<UInt8>) throws(FileError) {
        guard let colon = line.firstIndex(of: ASCII.colon) else { throw FileError(reason: .noColon, line: 0) }
        let user = String(decoding: line[..<colon], as: UTF8.self)
        guard !user.isEmpty else { throw FileError(reason: .noUser, line: 0) }
        let fields = line[(colon + 1)...].split(separator: ASCII.colon, omittingEmptySubsequences: false)
        guard fields.count == 2 || fields.count == 3, fields[0].elementsEqual(realm.utf8) else {
            return try add(user: user, password: Password(Array(line[(colon + 1)...])))
        }
        let hash = String(decoding: fields[fields.count - 1], as: UTF8.self).lowercased()
        guard let octets = Hex.decode(hash.utf8) else { throw FileError(reason: .badHash, line: 0) }
        let name =
            fields.count == 3 ? String(decoding: fields[1], as: UTF8.self) : octets.count == 16 ? "MD5" : "SHA-256"
        guard let algorithm = DigestAlgorithm(name: name), !algorithm.isSession,
            octets.count == algorithm.digest.byteCount
        else { throw FileError(reason: .badHash, line: 0) }
        secrets[user, default: [:]][algorithm] = hash
        if secrets.count > Self.most { throw FileError(reason: .tooMany, line: 0) }
    }

    /// Adds a user, or replaces what is known of one. An algorithm that the host has switched off is left out.
    public mutating func add(user: String, password: Password) throws(FileError) {
        var known: [DigestAlgorithm: String] = [:]
        for algorithm in Self.algorithms {
            known[algorithm] = try? DigestResponse.secret(
                algorithm, username: user, realm: realm, password: password)
        }
        secrets[user] = known
        if secrets.count > Self.most { throw FileError(reason: .tooMany, line: 0) }
    }

    public var count: Int { secrets.count }

    public func contains(_ user: String) -> Bool { secrets[user] != nil }

    func secret(of user: String, _ algorithm: DigestAlgorithm) -> String? { secrets[user]?[algorithm] }

    /// What every user can answer and the host can compute, the strongest first (RFC 8760 §2.4). An offer that one user
    /// could not meet would lock that user out: devices take the first that they know.
    var offered: [DigestAlgorithm] {
        Self.algorithms.filter { algorithm in
            (try? algorithm.digest.hash([])) != nil && secrets.values.allSatisfy { $0[algorithm] != nil }
        }
    }

    public var description: String { "\(counted(count, "user")) of \(realm)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
