import Foundation

/// A new folder for temporary files, removed with all that is in it when nobody holds it any more.
final class ScratchDirectory: Sendable {
    let root: String

    init() throws {
        let parent = Program.environment("TMPDIR") ?? "/tmp"
        var template = Array("\(parent)/sipob-test-XXXXXX\0".utf8CString)
        guard mkdtemp(&template) != nil else { throw ProgramError(text: "no temporary folder in \(parent)") }
        root = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: root)
    }

    func path(_ name: String) -> String { "\(root)/\(name)" }

    @discardableResult
    func write(_ bytes: [UInt8], to name: String) throws -> String {
        guard let file = fopen(path(name), "w") else { throw ProgramError(text: "cannot write \(path(name))") }
        defer { fclose(file) }
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else {
            throw ProgramError(text: "cannot write \(path(name))")
        }
        return path(name)
    }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String { try write(Array(text.utf8), to: name) }

    func bytes(_ name: String) throws -> [UInt8] { try Files.bytes(path(name)) }

    func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }
}

enum Files {
    static func bytes(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else { throw ProgramError(text: "cannot read \(path)") }
        defer { fclose(file) }
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { return result }
            result += buffer[..<count]
        }
    }

    static func text(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }

    /// Writes a golden file anew.
    static func write(_ bytes: [UInt8], _ path: String) throws {
        guard let file = fopen(path, "w") else { throw ProgramError(text: "cannot write \(path)") }
        defer { fclose(file) }
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else {
            throw ProgramError(text: "cannot write \(path)")
        }
    }

    /// The repository's folder, two above this file's `Tests/sipobTests`.
    static let repository = #filePath.split(separator: "/").dropLast(4).reduce(into: "") { $0 += "/" + $1 }
}
