import Foundation

/// Programs of this machine that make or read captures for tests, and files for them to work on.
enum ShellTool {
    static func path(_ name: String) -> String? {
        ["/usr/bin/", "/usr/local/bin/", "/bin/"].map { $0 + name }.first(where: FileManager.default.isExecutableFile)
    }

    static func has(_ names: String...) -> Bool { names.allSatisfy { path($0) != nil } }

    struct Missing: Error { let name: String }

    /// Runs a program and returns what it printed.
    @discardableResult
    static func run(_ name: String, _ arguments: [String]) throws -> [UInt8] {
        guard let path = path(name) else { throw Missing(name: name) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let octets = [UInt8](output.fileHandleForReading.readDataToEndOfFile())
        process.waitUntilExit()
        return octets
    }
}

/// A folder that goes with the test.
final class CaptureScratch: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "sipob-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func write(_ octets: [UInt8], _ name: String) throws -> String {
        let file = url.appending(path: name)
        try Data(octets).write(to: file)
        return file.path
    }

    func path(_ name: String) -> String { url.appending(path: name).path }
}
