import Testing

/// The scripts of Tests/Peers: peers on plain sockets, none of whose code is ours.
enum Peer {
    /// Runs a script to its end; it must succeed.
    /// - Returns: what it printed, by the first word of each line.
    @discardableResult
    static func run(_ script: String, _ arguments: [String], within limit: Duration = .seconds(90)) async throws
        -> [String: [String]]
    {
        let result = try await start(script, arguments).finish(within: limit)
        guard result.status == 0, !result.timedOut else {
            throw ProgramError(text: "\(script) \(arguments): \(result.output)\(result.errors)")
        }
        return Dictionary(grouping: result.lines) { $0.split(separator: " ").first.map(String.init) ?? "" }
            .mapValues { lines in lines.map { $0.split(separator: " ").dropFirst().joined(separator: " ") } }
    }

    static func start(_ script: String, _ arguments: [String]) throws -> RunningProgram {
        try PythonPeer.interpreter.start(
            ["\(Files.repository)/Tests/Peers/\(script)"] + arguments, environment: ["PYTHONDONTWRITEBYTECODE": "1"])
    }

    /// A certificate for 127.0.0.1, made by OpenSSL's own command.
    /// - Returns: the paths of certificate and key.
    static func certificate(in scratch: ScratchDirectory) async throws -> (certificate: String, key: String) {
        let files = (scratch.path("certificate.pem"), scratch.path("key.pem"))
        let made = try await #require(Program.installed("openssl")).run(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", files.1,
            "-out", files.0, "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
        try #require(made.status == 0, "\(made.errors)")
        return files
    }
}
