import Glibc

/// A program that tests run: its path, and how to start it.
///
/// Output goes to files, not pipes, so that neither side ever waits for the other.
struct Program {
    let path: String

    /// The `sipob` that was built together with this test bundle.
    static let sipob = Program(path: directory(of: executablePath) + "/sipob")

    /// A program on the path or in the system's sbin folders; nil when it is not installed.
    static func installed(_ name: String) -> Program? {
        let path: [Substring] = environment("PATH")?.split(separator: ":") ?? []
        let files: [String] = (path + ["/usr/sbin", "/usr/local/sbin"]).map { "\($0)/\(name)" }
        return files.first { access($0, X_OK) == 0 }.map(Program.init(path:))
    }

    /// Runs to the end, at most `timeout`; then the program is killed and `timedOut` is set.
    ///
    /// - Parameter environment: added to this process's own environment.
    func run(
        _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:],
        timeout: Duration = .seconds(60)
    ) async throws -> ProgramResult {
        try await start(arguments, input: input, environment: environment).finish(within: timeout)
    }

    func run(_ arguments: String..., input: String = "") async throws -> ProgramResult {
        try await run(arguments, input: Array(input.utf8))
    }

    /// Starts without waiting: for programs that are to be interrupted, or to run beside the test.
    func start(
        _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:]
    ) throws -> RunningProgram {
        let scratch = try ScratchDirectory()
        try scratch.write(input, to: "stdin")
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, scratch.path("stdin"), O_RDONLY, 0)
        let create = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, scratch.path("stdout"), create, 0o600)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, scratch.path("stderr"), create, 0o600)
        // A socket of another test that this program inherited would stay open when its owner closes it.
        // Only those that are open: thousands of closes a program would keep the others waiting.
        for descriptor in Self.openDescriptors() where descriptor > STDERR_FILENO {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }

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

        var variables = Self.environment()
        variables.merge(environment) { $1 }
        let argv = ([path] + arguments).map { strdup($0) } + [nil]
        let envp = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var identifier = pid_t()
        let status = posix_spawn(&identifier, path, &actions, &attributes, argv, envp)
        guard status == 0 else {
            throw ProgramError(text: "\(path) does not start: \(String(cString: strerror(status)))")
        }
        return RunningProgram(identifier: identifier, scratch: scratch)
    }

    private static func openDescriptors() -> [Int32] {
        guard let directory = opendir("/proc/self/fd") else { return [] }
        defer { closedir(directory) }
        var found: [Int32] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let number = Int32(name) { found.append(number) }
        }
        return found
    }

    static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    private static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let pair = String(cString: entry).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { variables[String(pair[0])] = String(pair[1]) }
            next += 1
        }
        return variables
    }

    private static let executablePath: String = {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }()

    private static func directory(of path: String) -> String {
        path.split(separator: "/").dropLast().reduce(into: "") { $0 += "/" + $1 }
    }
}

/// What a finished program left.
struct ProgramResult {
    /// The exit status; 128 and the signal's number when a signal ended it.
    let status: Int32
    let timedOut: Bool
    let outputBytes: [UInt8]
    let output: String
    let errors: String

    /// The lines of standard output, without the empty end.
    var lines: [String] {
        var lines = output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }
}

struct ProgramError: Error, CustomStringConvertible {
    let text: String
    var description: String { text }
}

/// A program that was started and not yet waited for. Killed when nobody holds it any more.
final class RunningProgram {
    let identifier: pid_t
    private let scratch: ScratchDirectory
    private var status: Int32?

    init(identifier: pid_t, scratch: ScratchDirectory) {
        self.identifier = identifier
        self.scratch = scratch
    }

    deinit {
        guard status == nil else { return }
        kill(identifier, SIGKILL)
        var ignored: Int32 = 0
        waitpid(identifier, &ignored, 0)
    }

    /// What it has printed so far.
    var outputSoFar: String { (try? scratch.text("stdout")) ?? "" }
    var errorsSoFar: String { (try? scratch.text("stderr")) ?? "" }

    /// The descriptor with which it has that file open; nil when it has not.
    func descriptor(of path: String) -> Int? {
        (3..<64).first { descriptor in
            var target = [CChar](repeating: 0, count: 4096)
            let count = readlink("/proc/\(identifier)/fd/\(descriptor)", &target, target.count)
            return count > 0 && target[..<count].map(UInt8.init(bitPattern:)) == Array(path.utf8)
        }
    }

    func signal(_ number: Int32) { if hasExited == false { kill(identifier, number) } }

    var hasExited: Bool {
        if status != nil { return true }
        var raw: Int32 = 0
        guard waitpid(identifier, &raw, WNOHANG) == identifier else { return false }
        // wait(2): the low seven bits are the signal, the next octet is the exit status.
        status = raw & 0x7F == 0 ? (raw >> 8) & 0xFF : 128 + (raw & 0x7F)
        return true
    }

    /// Waits until `condition` holds or the program has ended; false when `limit` passes first.
    func wait(within limit: Duration = .seconds(30), until condition: (RunningProgram) -> Bool) async throws -> Bool {
        let end = ContinuousClock.now + limit
        // Hundreds of tests wait like this at once: who waits long looks less often.
        var pause = Duration.milliseconds(5)
        while ContinuousClock.now < end {
            if condition(self) { return true }
            if hasExited { return condition(self) }
            try await Task.sleep(for: pause)
            pause = min(pause * 1.25, .milliseconds(50))
        }
        return condition(self)
    }

    func finish(within limit: Duration = .seconds(60)) async throws -> ProgramResult {
        let ended = try await wait(within: limit) { $0.hasExited }
        if !ended {
            kill(identifier, SIGKILL)
            _ = try await wait(within: .seconds(10)) { $0.hasExited }
        }
        let bytes = try scratch.bytes("stdout")
        return ProgramResult(
            status: status ?? -1, timedOut: !ended, outputBytes: bytes, output: String(decoding: bytes, as: UTF8.self),
            errors: try scratch.text("stderr"))
    }
}
