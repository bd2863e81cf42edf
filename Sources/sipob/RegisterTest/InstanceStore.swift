import Glibc
import OutboundKit

/// The instance-id of the test's own device, kept in the user's configuration folder: a device keeps its URN over
/// restarts (RFC 5626 §4.1), and runs replace their bindings instead of piling them up.
enum InstanceStore {
    struct Choice {
        let instance: InstanceID
        /// What the user should know, where the URN could not be kept.
        let note: String?
    }

    /// `$XDG_CONFIG_HOME/sipob/instance`, or the same under `~/.config`; nil without a home.
    static var path: String? {
        if let folder = Terminal.environment("XDG_CONFIG_HOME"), folder.hasPrefix("/") {
            return folder + "/sipob/instance"
        }
        guard let home = Terminal.environment("HOME"), home.hasPrefix("/") else { return nil }
        return home + "/.config/sipob/instance"
    }

    /// The URN of the file, or a new one that is put there.
    static func load() -> Choice {
        guard let path else {
            return fresh(note: "no HOME and no XDG_CONFIG_HOME: the test's instance-id is a new one in each run")
        }
        switch SmallFile.read(path, limit: 256) {
        case .success(let octets):
            let text = String(decoding: octets, as: UTF8.self).filter { !$0.isWhitespace }
            if let instance = try? InstanceID(urn: text), instance.scheme == .uuid {
                return Choice(instance: instance, note: nil)
            }
            return fresh(note: "\(path) holds no urn:uuid: a new instance-id for this run; delete the file to renew it")
        case .failure(let error) where error.errorNumber != ENOENT:
            return fresh(note: "\(path) cannot be read (\(error)): a new instance-id for this run")
        case .failure:
            let choice = fresh(note: nil)
            guard let refusal = SmallFile.create(path, Array("\(choice.instance)\n".utf8)) else { return choice }
            // Another run may have been first.
            if refusal.errorNumber == EEXIST { return load() }
            return Choice(
                instance: choice.instance,
                note: "\(path) cannot be written (\(refusal)): a new instance-id for this run")
        }
    }

    private static func fresh(note: String?) -> Choice {
        var generator = SystemRandomNumberGenerator()
        // Version 4, variant 10 (RFC 9562 §5.4).
        let high = generator.next() & ~0xF000 | 0x4000
        let low = generator.next() & ~(3 << 62) | 2 << 62
        let digits = Array((Hex.text(high) + Hex.text(low)).utf8)
        let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        let text = groups.map { String(decoding: digits[$0], as: UTF8.self) }.joined(separator: "-")
        guard let instance = try? InstanceID(urn: "urn:uuid:" + text) else {
            preconditionFailure("a UUID made here is a URN")
        }
        return Choice(instance: instance, note: note)
    }
}

/// Whole small files.
enum SmallFile {
    struct Refusal: Error, CustomStringConvertible {
        let errorNumber: Int32
        var description: String { TransportError.words(errorNumber) }
    }

    /// Everything in the file, up to `limit` octets; what is longer is refused with EFBIG.
    static func read(_ path: String, limit: Int) -> Result<[UInt8], Refusal> {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return .failure(Refusal(errorNumber: errno)) }
        defer { close(descriptor) }
        var octets: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while octets.count <= limit {
            let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return .failure(Refusal(errorNumber: errno)) }
            if count == 0 { return .success(octets) }
            octets += buffer[..<count]
        }
        return .failure(Refusal(errorNumber: EFBIG))
    }

    /// Makes the file and the folders above it, for the user alone; nil when done. An existing file stays as it is.
    static func create(_ path: String, _ octets: [UInt8]) -> Refusal? {
        var end = path.startIndex
        while let slash = path[end...].dropFirst().firstIndex(of: "/") {
            end = slash
            if unsafe mkdir(String(path[..<slash]), 0o700) != 0, errno != EEXIST { return Refusal(errorNumber: errno) }
        }
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return Refusal(errorNumber: errno) }
        defer { close(descriptor) }
        guard Terminal.write(octets, to: descriptor) else { return Refusal(errorNumber: errno) }
        return nil
    }
}
