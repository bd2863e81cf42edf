import ArgumentParser
import Glibc
import OutboundKit

/// Files that a run will write: none may be one that it reads, under whatever name, for it would be gone; and no two may
/// be one.
struct OutputFiles {
    /// Files, nil for one that is not given: of those that are written the option that names them, of those that are read
    /// what they are.
    typealias Group = (name: String, paths: [String?])

    private typealias File = (name: String, path: String)

    private let written: [File]
    private let read: [File]

    init(written: [Group], read: [Group]) {
        self.written = Self.list(written).filter { $0.path != "-" }
        self.read = Self.list(read)
    }

    private static func list(_ groups: [Group]) -> [File] {
        groups.flatMap { group in group.paths.compactMap { $0 }.map { (group.name, $0) } }
    }

    func validate() throws {
        for (index, output) in written.enumerated() {
            for input in read where Self.isSame(output.path, input.path) {
                throw ValidationError(
                    "\(output.name) names \(PrintableText.of(output.path)), which is \(input.name) that is read.")
            }
            for other in written[..<index] where Self.isSame(other.path, output.path) {
                throw Self.clash(other, output)
            }
        }
    }

    private static func clash(_ one: File, _ other: File) -> ValidationError {
        let (first, second) = (PrintableText.of(one.path), PrintableText.of(other.path))
        let names =
            first != second
            ? "\(one.name) \(first) and \(other.name) \(second) are one file"
            : one.name == other.name
                ? "\(one.name) names \(first) twice" : "\(one.name) and \(other.name) both name \(first)"
        return ValidationError("\(names); the second would replace the first.")
    }

    private static func isSame(_ one: String, _ other: String) -> Bool {
        // Octet by octet: to the host two ways to write an umlaut are two names.
        if one.utf8.elementsEqual(other.utf8) { return true }
        guard let identity = Identity(one) else { return false }
        return identity == Identity(other)
    }

    /// Which file a path leads to.
    private struct Identity: Equatable {
        let device: dev_t
        let file: ino_t
        /// Of one that is not there yet, in the folder that the others are of.
        let name: [UInt8]

        /// Nil for what is written to without being replaced, such as a terminal, and for what cannot be there.
        /// - Parameter path: `-` is standard input, which may be a file.
        init?(_ path: String) {
            var status = stat()
            if unsafe (path == "-" ? fstat(STDIN_FILENO, &status) : stat(path, &status)) == 0 {
                guard status.st_mode & S_IFMT == S_IFREG else { return nil }
                name = []
            } else {
                let slash = path.lastIndex(of: "/")
                guard unsafe stat(slash.map { String(path[...$0]) } ?? ".", &status) == 0 else { return nil }
                name = Array((slash.map { path[path.index(after: $0)...] } ?? path[...]).utf8)
            }
            (device, file) = (status.st_dev, status.st_ino)
        }
    }
}
