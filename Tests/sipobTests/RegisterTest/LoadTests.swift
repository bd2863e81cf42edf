import Foundation
import Glibc
import OutboundKit
import Testing

/// `sipob register-test --flows` as a user runs it, against `sipob edge`.
@Suite(.oneAtATime) struct LoadTests {
    /// The part of the JSON report that is looked at.
    struct Report: Decodable {
        struct Load: Decodable {
            let registered: Int
            let failed: Int
            let failures: [String: Int]
            let peak: Int
            let keepalives: Int
            let keepalives_answered: Int
            let held_registrations: Int
            let lost: Int
            let losses: [String: Int]
            let recovered: Int
            let recovery_attempts: Int
            let removed: Int
            let may_remain: Int
            let local_addresses: Int
            let challenges: Int
        }
        struct Exit: Decodable {
            let code: Int32
            let reason: String
        }
        let load: Load
        let exit: Exit

        init(_ result: ProgramResult) throws {
            let document = try JSONSerialization.jsonObject(with: Data(result.outputBytes))
            let schema = try JSONSerialization.jsonObject(
                with: Data(Files.bytes(Files.repository + "/docs/json/register-test-load.schema.json")))
            #expect(JSONSchema.faults(document, try #require(schema as? [String: Any])).isEmpty)
            self = try JSONDecoder().decode(Report.self, from: Data(result.outputBytes))
            #expect(exit.code == result.status)
        }
    }

    static func start(_ target: String, _ arguments: [String], password: String = "") throws -> RunningProgram {
        var environment = try RegisterTestBench().environment
        environment["SIPOB_PASSWORD"] = password
        return try Program.sipob.start(
            ["register-test", "sip:load*@127.0.0.1", "--edge", target] + arguments, environment: environment)
    }

    private static func target(_ port: UInt16, _ transport: String) -> String {
        "sip:127.0.0.1:\(port);transport=\(transport)"
    }

    /// A port that the host does not give out by itself: nobody takes it while the edge is down.
    private static func quietPort() throws -> UInt16 {
        for _ in 0..<50 {
            let port = UInt16.random(in: 20_000...31_999)
            let address = try #require(TransportAddress("127.0.0.1:\(port)"))
            if (try? UDPSocket(to: address, from: address)) != nil { return port }
        }
        throw ProgramError(text: "no free port between 20000 and 31999")
    }

    private static func bindings(_ edge: EdgeProcess) async throws -> Int? {
        StatusTests.sum("sipob_edge_bindings", try await StatusTests.get("/metrics", edge))
    }

    /// Until the edge has so many bindings.
    private static func wait(for count: Int, _ edge: EdgeProcess) async throws {
        for _ in 0..<200 {
            if try await bindings(edge) == count { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("the edge never had \(count) bindings")
    }

    @Test(.needs("curl"), arguments: ["udp", "tcp"]) func heldAndRemoved(_ transport: String) async throws {
        let edge = try await EdgeProcess.start(["udp", "tcp"], ["--flow-timer", "2", "--http", "127.0.0.1:0"])
        let load = try Self.start(
            Self.target(try edge.port(transport), transport), ["--flows", "200", "--hold", "5", "--json"])
        try await Self.wait(for: 200, edge)
        let result = try await load.finish()
        let report = try Report(result)
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        #expect(report.load.registered == 200 && report.load.peak == 200 && report.load.lost == 0)
        // 5 s at 1.6 to 2 s each.
        #expect(report.load.keepalives >= 400)
        #expect(report.load.removed == 200 && report.load.may_remain == 0)
        #expect(try await Self.bindings(edge) == 0)
    }

    /// The edge is killed and comes back without its bindings: every flow is lost, returns, and is removed in the end.
    @Test(.needs("curl"), arguments: ["udp", "tcp"]) func aKilledEdge(_ transport: String) async throws {
        let port = try Self.quietPort()
        let listener = "\(transport):127.0.0.1:\(port)"
        // The first listener is there for the helper that waits for it.
        let first = try await EdgeProcess.start(
            ["udp"], ["--listen", listener, "--flow-timer", "2", "--http", "127.0.0.1:0"])
        let load = try Self.start(
            Self.target(port, transport),
            // Long, because on a busy host the edge is killed, and comes back, late.
            ["--flows", "200", "--hold", "40", "--base-time", "0.2", "--max-time", "1", "--json"])
        try await Self.wait(for: 200, first)
        // Until a keep-alive of each flow was answered.
        try await Task.sleep(for: .seconds(2.5))
        first.program.signal(SIGKILL)
        // Longer than two keep-alives are apart, so that UDP flows notice as well.
        try await Task.sleep(for: .seconds(3))
        let second = try Program.sipob.start([
            "edge", "--listen", listener, "--flow-timer", "2", "--judge", "--json",
        ])
        let result = try await load.finish(within: .seconds(150))
        let report = try Report(result)
        #expect(result.status == 1 && report.exit.reason == "lost", "\(result.output)\(result.errors)")
        #expect(report.load.registered == 200 && report.load.lost == 200 && report.load.recovered == 200)
        #expect(report.load.removed == 200 && report.load.may_remain == 0)
        #expect(Set(report.load.losses.keys).isSubset(of: ["fin", "rst", "icmp-unreachable"]))
        second.signal(SIGINT)
        _ = try await second.finish()
    }

    @Test(.needs("curl")) func anInterruptRemovesAll() async throws {
        let edge = try await EdgeProcess.start(["tcp"], ["--http", "127.0.0.1:0"])
        let load = try Self.start(
            Self.target(try edge.port("tcp"), "tcp"), ["--flows", "300", "--ramp", "100", "--hold", "60", "--json"])
        for _ in 0..<200 where try await Self.bindings(edge) ?? 0 < 50 {
            try await Task.sleep(for: .milliseconds(50))
        }
        load.signal(SIGINT)
        let result = try await load.finish(within: .seconds(20))
        let report = try Report(result)
        #expect(result.status == 130)
        #expect(report.load.registered > 20 && report.load.removed == report.load.registered)
        #expect(try await Self.bindings(edge) == 0)
    }

    @Test(arguments: ["tls", "ws", "wss"]) func otherTransports(_ transport: String) async throws {
        let edge = try await EdgeProcess.start([transport], ["--flow-timer", "2"])
        let port = try edge.port(transport)
        let target = transport == "tls" ? Self.target(port, transport) : "\(transport)://127.0.0.1:\(port)/"
        let options = ["--flows", "30", "--hold", "5", "--json"] + (transport == "ws" ? [] : ["--insecure"])
        let report = try Report(try await Self.start(target, options).finish())
        #expect(report.exit.code == 0 && report.load.registered == 30 && report.load.removed == 30)
        #expect(report.load.keepalives >= 60 && report.load.keepalives_answered >= 60)
    }

    @Test func anUntrustedCertificate() async throws {
        let edge = try await EdgeProcess.start(["tls"], [])
        let result = try await Self.start(Self.target(try edge.port("tls"), "tls"), ["--flows", "5"]).finish()
        #expect(result.status == 2 && result.errors.contains("no TLS with 127.0.0.1:"), "\(result.errors)")
        #expect(result.errors.split(separator: "\n").count == 1)
    }

    @Test func aFloodOverTwoAddresses() async throws {
        let edge = try await EdgeProcess.start(["udp"], [])
        let load = try Self.start(
            Self.target(try edge.port("udp"), "udp"),
            ["--flows", "20", "--over", "2", "--flood", "--hold", "1", "--json"])
        let report = try Report(try await load.finish())
        #expect(report.exit.code == 0)
        #expect(report.load.local_addresses == 2 && report.load.held_registrations > 100)
    }

    @Test func passwords() async throws {
        let scratch = try ScratchDirectory()
        let users = (1...20).map { "load00\($0 < 10 ? "0" : "")\($0):secret\n" }.joined()
        try scratch.write(Array(users.utf8), to: "users")
        let edge = try await EdgeProcess.start(["tcp"], ["--users", scratch.path("users")])
        let target = Self.target(try edge.port("tcp"), "tcp")
        let good = try Report(
            try await Self.start(target, ["--flows", "20", "--json"], password: "secret").finish())
        #expect(good.exit.code == 0 && good.load.challenges == 20 && good.load.removed == 20)
        for (password, words) in [("wrong", "or the password is not what realm"), ("", "asks for a password (401)")] {
            let result = try await Self.start(target, ["--flows", "20"], password: password).finish()
            #expect(result.status == 2)
            #expect(result.errors.contains(words), "\(result.errors)")
            #expect(result.errors.split(separator: "\n").count == 1)
        }
    }

    @Test func text() async throws {
        let edge = try await EdgeProcess.start(["tcp"], [])
        let target = Self.target(try edge.port("tcp"), "tcp")
        let result = try await Self.start(target, ["--flows", "10", "--hold", "1"]).finish()
        #expect(result.status == 0 && result.errors.isEmpty)
        #expect(result.lines.first?.hasPrefix("REGISTER-TEST sip:load*@127.0.0.1 over tcp to ") == true)
        for words in ["registered 10 of 10 in ", "REGISTER   min/median/p90/p99/max = ", "removed 10 bindings"] {
            #expect(result.output.contains(words), "\(result.output)")
        }
        #expect(result.lines.last == "All 10 flows registered, none lost.")
        let quiet = try await Self.start(target, ["--flows", "10", "-q"]).finish()
        #expect(quiet.lines == ["All 10 flows registered, none lost."])
    }

    @Test(arguments: ["tcp", "udp"]) func nobodyListens(_ transport: String) async throws {
        let result = try await Self.start("sip:127.0.0.1:9;transport=\(transport)", ["--flows", "5"]).finish()
        #expect(result.status == 2)
        #expect(result.errors.contains("nothing registered at 127.0.0.1:9 (\(transport))"), "\(result.errors)")
        #expect(result.errors.split(separator: "\n").count == 1)
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        let status: Int32
        let words: String
        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let refusals = [
        Refusal(arguments: ["--flows", "0"], status: 64, words: "1 to 200000"),
        Refusal(arguments: ["--ramp", "5"], status: 64, words: "--ramp belongs to --flows"),
        Refusal(arguments: ["--flows", "5", "--ramp", "0"], status: 64, words: "--ramp: 0.001"),
        Refusal(arguments: ["--flows", "5", "--flood"], status: 64, words: "--flood needs --hold"),
        Refusal(arguments: ["--flows", "5", "--over", "6"], status: 64, words: "--over 6"),
        Refusal(arguments: ["--flows", "5", "--trace"], status: 64, words: "--trace has no meaning"),
        Refusal(arguments: ["--flows", "5", "--max-time", "0"], status: 64, words: "--max-time"),
        Refusal(arguments: ["--flows", "5", "--bind", "127.0.0.1:5070"], status: 64, words: "a port of its own"),
        Refusal(
            arguments: ["--flows", "5", "--bind", "192.0.2.99"], status: 2,
            words: "cannot use the local address 192.0.2.99"),
        Refusal(arguments: ["--flows", "150000", "--over", "10"], status: 2, words: "raise the limit"),
    ]

    @Test(arguments: refusals) func refused(_ row: Refusal) async throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        if row.words == "raise the limit", limit.rlim_max > 150_000 { return }
        let result = try await Self.start("127.0.0.1:9", row.arguments).finish()
        #expect(result.status == row.status)
        #expect(result.errors.contains(row.words), "\(result.errors)")
        #expect(result.output.isEmpty)
    }

    @Test func onlyLoopbackIsLoaded() async throws {
        for arguments in [["--flows", "101"], ["--flows", "5", "--flood", "--hold", "1"]] {
            let result = try await Self.start("192.0.2.1", arguments).finish()
            #expect(result.status == 64)
            #expect(result.errors.contains("--yes-this-target-is-mine"), "\(result.errors)")
        }
    }
}

/// The same against a real Kamailio edge and registrar: twenty devices of one user.
@Suite(.needsKamailio, .kamailio(["FLOW_TIMER": "3"])) struct LoadKamailioTests {
    @Test(arguments: ["udp", "tcp"]) func twentyDevices(_ transport: String) async throws {
        let rig = try KamailioRig.current
        let result = try await RegisterTestBench().run([
            "--edge", "sip:127.0.0.1:\(rig.edgePort);transport=\(transport)", "--flows", "20", "--hold", "5", "--json",
        ])
        let report = try LoadTests.Report(result)
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        #expect(report.load.registered == 20 && report.load.lost == 0)
        #expect(report.load.keepalives_answered >= 20)
        #expect(report.load.removed == 20 && report.load.may_remain == 0)
    }
}

@Suite(.needsKamailio, .kamailio(["REGISTRAR_AUTH": "md5"])) struct LoadKamailioDigestTests {
    @Test func challenged() async throws {
        let rig = try KamailioRig.current
        let target = "sip:127.0.0.1:\(rig.edgePort);transport=tcp"
        let good = try await RegisterTestBench().run(
            ["--edge", target, "--flows", "5", "--json"], password: "secret")
        let report = try LoadTests.Report(good)
        #expect(good.status == 0 && report.load.challenges >= 5 && report.load.removed == 5)
        let bad = try await RegisterTestBench().run(["--edge", target, "--flows", "5"], password: "wrong")
        #expect(bad.status == 2 && bad.errors.split(separator: "\n").count == 1)
    }
}
