import Foundation
import Glibc
import Testing

/// A program of somebody else that tests talk to, with its output in files; killed when nobody holds it any more.
final class PeerProgram {
    private let identifier: pid_t
    /// Our end of its standard input; -1 when closed.
    private var input: Int32
    private let scratch: TemporaryFolder
    private var status: Int32?

    /// - Parameter name: looked for on the path.
    init(_ name: String, _ arguments: [String]) throws {
        scratch = try TemporaryFolder()
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        input = ends[1]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
        for (descriptor, file) in [(STDOUT_FILENO, "out"), (STDERR_FILENO, "err")] {
            posix_spawn_file_actions_addopen(
                &actions, descriptor, scratch.path(file), O_WRONLY | O_CREAT | O_APPEND, 0o600)
        }
        // A socket of another test that this program inherited would stay open when its owner closes it.
        for descriptor in STDERR_FILENO + 1..<8192 { posix_spawn_file_actions_addclose(&actions, descriptor) }
        // Threads of this process run with signals blocked, and that would be inherited.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let argv = ([name] + arguments).map { strdup($0) } + [nil]
        defer { for text in argv { free(text) } }
        var identifier = pid_t()
        let refusal = posix_spawnp(&identifier, name, &actions, &attributes, argv, environ)
        self.identifier = identifier
        close(ends[0])
        if refusal != 0 { status = 127 }
        try #require(refusal == 0, "\(name) does not start")
    }

    deinit {
        if input >= 0 { close(input) }
        guard status == nil else { return }
        kill(identifier, SIGKILL)
        var ignored: Int32 = 0
        waitpid(identifier, &ignored, 0)
    }

    /// Standard output and error so far.
    var text: String { scratch.text("out") + scratch.text("err") }

    func send(_ text: String) throws {
        let octets = Array(text.utf8)
        try #require(write(input, octets, octets.count) == octets.count)
    }

    func endInput() {
        close(input)
        input = -1
    }

    /// Waits until the output has `wanted` in it.
    func wait(for wanted: String) async throws {
        do {
            _ = try await poll(.seconds(10)) { text.contains(wanted) ? true : nil }
        } catch {
            Issue.record("no '\(wanted)' in: \(text)")
            throw error
        }
    }

    /// Waits for its end, and returns its exit status; 128 and the number of a signal that ended it.
    func finish() async throws -> Int32 {
        try await poll(.seconds(10)) {
            var raw: Int32 = 0
            guard waitpid(identifier, &raw, WNOHANG) == identifier else { return nil }
            let found = raw & 0x7F == 0 ? raw >> 8 & 0xFF : 128 + raw & 0x7F
            status = found
            return found
        }
    }

    /// Runs a program to its end; a status other than 0 fails the test.
    static func run(_ name: String, _ arguments: [String]) async throws {
        let program = try PeerProgram(name, arguments)
        program.endInput()
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
