import Foundation
import Glibc
import Testing

/// A program of somebody else that tests talk to, with its output in files; killed when nobody holds it any more.
final class PeerProgram {
    private let process: Process
    private let input = Pipe()
    private let scratch: TemporaryFolder

    /// - Parameter name: looked for on the path.
    init(_ name: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        scratch = try TemporaryFolder()
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [name] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = input
        for file in ["out", "err"] { _ = FileManager.default.createFile(atPath: scratch.path(file), contents: nil) }
        process.standardOutput = FileHandle(forWritingAtPath: scratch.path("out"))
        process.standardError = FileHandle(forWritingAtPath: scratch.path("err"))
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    /// Standard output and error so far.
    var text: String { scratch.text("out") + scratch.text("err") }

    func send(_ text: String) throws { try input.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }
    func endInput() throws { try input.fileHandleForWriting.close() }

    /// Waits until the output has `wanted` in it.
    func wait(for wanted: String) async throws {
        do {
            _ = try await poll(.seconds(10)) { text.contains(wanted) ? true : nil }
        } catch {
            Issue.record("no '\(wanted)' in: \(text)")
            throw error
        }
    }

    /// Waits for its end, and returns its status.
    func finish() async throws -> Int32 {
        try await poll(.seconds(10)) { process.isRunning ? nil : process.terminationStatus }
    }

    /// Runs a program to its end; a status other than 0 fails the test.
    static func run(_ name: String, _ arguments: [String]) async throws {
        let program = try PeerProgram(name, arguments)
        let status = try await program.finish()
        try #require(status == 0, "\(name) \(arguments): \(program.text)")
    }
}

/// A new folder, removed with all that is in it when nobody holds it any more.
final class TemporaryFolder {
    let root: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("sipob-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        root = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    func path(_ name: String) -> String { "\(root)/\(name)" }

    func text(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path(name)) ?? Data(), as: UTF8.self)
    }

    func write(_ text: String, _ name: String) -> String {
        _ = FileManager.default.createFile(atPath: path(name), contents: Data(text.utf8))
        return path(name)
    }
}
