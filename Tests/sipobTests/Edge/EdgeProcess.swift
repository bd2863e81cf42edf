import Foundation
import Glibc
import Testing

/// A `sipob edge` on ports that the host chose.
struct EdgeProcess {
    let program: RunningProgram
    private let ports: [String: UInt16]

    /// What `--judge --json` printed.
    struct Report: Decodable {
        struct Flow: Decodable {
            struct Registration: Decodable {
                let aor: String
                let outbound: Bool
            }
            struct KeepAlive: Decodable {
                let kind: String
                let pings: Int
                let pongs: Int
            }
            let id: String
            let transport: String
            let registrations: [Registration]
            let keepalive: KeepAlive
        }
        struct Finding: Decodable {
            let requirement: String?
            let verdict: String
            let subject: String
            let message: String
        }
        let flows: [Flow]
        let findings: [Finding]

        /// The requirements with that verdict.
        func ids(_ verdict: String) -> Set<String> {
            Set(findings.filter { $0.verdict == verdict }.compactMap(\.requirement))
        }
    }

    /// - Parameters:
    ///   - transports: one listener each, on 127.0.0.1.
    ///   - openFiles: how many the process may have; nil for as many as this one.
    static func start(
        _ transports: [String] = ["udp", "tcp"], _ arguments: [String] = [], environment: [String: String] = [:],
        openFiles: Int? = nil
    ) async throws -> Self {
        let listen = transports.flatMap { ["--listen", "\($0):127.0.0.1:0"] }
        let command = ["edge"] + listen + arguments
        let surroundings = environment.merging(["NO_COLOR": "1"]) { $1 }
        let program =
            if let openFiles {
                try Program(path: "/bin/sh").start(
                    ["-c", "ulimit -n \(openFiles) && exec \"$0\" \"$@\"", Program.sipob.path] + command,
                    environment: surroundings)
            } else {
                try Program.sipob.start(command, environment: surroundings)
            }
        let isUp = try await program.wait(within: .seconds(20)) { program in
            transports.allSatisfy { program.errorsSoFar.contains("listening on \($0):127.0.0.1:") }
                && (!arguments.contains("--http") || program.errorsSoFar.contains("status on http://"))
        }
        try #require(isUp, "\(program.errorsSoFar)")
        var ports: [String: UInt16] = [:]
        for line in program.errorsSoFar.split(separator: "\n") {
            guard let range = line.range(of: "listening on ") else { continue }
            let parts = line[range.upperBound...].split(separator: ":")
            if parts.count == 3 { ports[String(parts[0])] = UInt16(parts[2]) }
        }
        return Self(program: program, ports: ports)
    }

    func port(_ transport: String) throws -> UInt16 { try #require(ports[transport]) }

    /// Where `--http` serves, with the slash at its end.
    func statusURL() throws -> String {
        let line = program.errorsSoFar.split(separator: "\n").first { $0.contains("status on http://") }
        return String(try #require(line?.split(separator: " ").last))
    }

    func stop(within limit: Duration = .seconds(20)) async throws -> ProgramResult {
        program.signal(SIGINT)
        return try await program.finish(within: limit)
    }

    func report(within limit: Duration = .seconds(20)) async throws -> Report {
        let result = try await stop(within: limit)
        return try JSONDecoder().decode(Report.self, from: Data(result.outputBytes))
    }
}
