import Glibc
import Testing

/// A real Kamailio edge proxy and registrar, running for the time of a suite:
///
///     @Suite(.needsKamailio, .kamailio())
///     struct MyTests {
///         @Test func edgeAnswers() async throws {
///             let rig = try KamailioRig.current
///             … rig.edgePort …
struct KamailioRig: Sendable {
    /// Loopback ports of 127.0.0.1, each UDP and TCP.
    let edgePort: UInt16
    let registrarPort: UInt16
    /// Ports for TLS, the edge's for secure WebSocket too; 0 without the variations `EDGE_TLS` and `REGISTRAR_TLS`.
    let edgeTLSPort: UInt16
    let registrarTLSPort: UInt16
    /// The main processes, for tests that stop or freeze one.
    let edgeProcess: pid_t
    let registrarProcess: pid_t

    @TaskLocal fileprivate static var running: KamailioRig?

    static var current: KamailioRig {
        get throws {
            guard let running else { throw ProgramError(text: "this suite lacks the trait .kamailio()") }
            return running
        }
    }

    static let isInstalled = Program.installed("kamailio") != nil
    private static let script = Program(path: Files.repository + "/Tests/Kamailio/rig.sh")

    /// Starts both on free ports, in `scratch`. They end with `stop`, and in any case with this process.
    fileprivate static func start(in scratch: ScratchDirectory, _ variation: [String: String]) async throws -> Self {
        let result = try await script.run(["start", scratch.root, "\(getpid())"], environment: variation)
        guard result.status == 0 else { throw ProgramError(text: result.errors) }
        var values: [String: Int] = [:]
        for line in try scratch.text("env").split(separator: "\n") {
            let pair = line.split(separator: "=")
            if pair.count == 2 { values[String(pair[0])] = Int(pair[1]) }
        }
        guard let edge = values["EDGE_PORT"], let registrar = values["REGISTRAR_PORT"],
            let edgeProcess = values["EDGE_PID"], let registrarProcess = values["REGISTRAR_PID"]
        else { throw ProgramError(text: "rig.sh wrote an incomplete env file: \(values)") }
        return Self(
            edgePort: UInt16(edge), registrarPort: UInt16(registrar), edgeTLSPort: UInt16(values["EDGE_TLS_PORT"] ?? 0),
            registrarTLSPort: UInt16(values["REGISTRAR_TLS_PORT"] ?? 0),
            edgeProcess: pid_t(edgeProcess), registrarProcess: pid_t(registrarProcess))
    }

    /// For a test that knows what the pair has to be told only while it runs, such as a port.
    static func with<Result>(
        _ variation: [String: String], _ body: (KamailioRig) async throws -> Result
    ) async throws -> Result {
        let scratch = try ScratchDirectory()
        let rig = try await start(in: scratch, variation)
        do {
            let result = try await body(rig)
            try await stop(in: scratch)
            return result
        } catch {
            try await stop(in: scratch)
            throw error
        }
    }

    fileprivate static func stop(in scratch: ScratchDirectory) async throws {
        let result = try await script.run(["stop", scratch.root])
        guard result.status == 0 else { throw ProgramError(text: result.errors) }
    }
}

/// Runs a suite with a Kamailio pair of its own.
struct KamailioTrait: SuiteTrait, TestTrait, TestScoping {
    let variation: [String: String]

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await KamailioRig.with(variation) { rig in
            try await KamailioRig.$running.withValue(rig, operation: function)
        }
    }
}

extension Trait where Self == KamailioTrait {
    /// - Parameter variation: the environment of `Tests/Kamailio/rig.sh`, such as `["EDGE_NO_STUN": "1"]`.
    static func kamailio(_ variation: [String: String] = [:]) -> Self { Self(variation: variation) }
}

extension Trait where Self == ConditionTrait {
    /// Skips without Kamailio; where `CI` is set it runs all the same, and fails.
    static var needsKamailio: Self { needs("kamailio") }

    static func needs(_ program: String) -> Self {
        .enabled(
            if: Program.installed(program) != nil || Program.environment("CI") != nil,
            "\(program) is not installed; scripts/setup.sh test installs it")
    }
}
