import OutboundKit
import Testing

/// What the preprocessor makes of every directive, beside what a real Kamailio says that it made of them.
@Suite(.needsKamailio, .serialized)
struct ConfigPreprocessorTests {
    /// `A=value=A` in the log of Kamailio, one a line.
    private static func spoken(_ log: String) -> [String: String] {
        var values: [String: String] = [:]
        for line in log.split(separator: "\n") {
            guard let match = line.firstMatch(of: /(?:^|: )([A-Z]{1,2})=(.*)=([A-Z]{1,2})$/), match.1 == match.3 else {
                continue
            }
            values[match.1.lowercased()] = String(match.2)
        }
        return values
    }

    private static func files(_ path: String) -> ConfigReading {
        (try? Files.bytes(path)).map { .octets($0) } ?? .missing
    }

    @Test func bothReadTheSame() async throws {
        let path = KamailioProcess.path("preprocessor")
        let port = try KamailioProcess.freePort()
        var setup = KamailioConfig.Setup()
        setup.defines = [("EDGE_PORT", "\(port)"), ("REGISTRAR_PORT", "5070")]
        let config = KamailioConfig.read(path, try Files.bytes(path), setup: setup, read: Self.files)
        let route = try #require(config.routes.first { $0.kind == .event })
        var own: [String: String] = [:]
        for statement in route.body {
            guard case .assignment(let variable, .value(let value), _) = statement else { continue }
            own[String(variable.dropFirst("$var(".count).dropLast())] = value.text
        }
        // An unset variable is 0.
        own["ab"] = own["ab"] ?? "0"

        let kamailio = try await KamailioProcess.start("preprocessor", on: port)
        var spoken: [String: String] = [:]
        for _ in 0..<100 where spoken.count < own.count {
            spoken = Self.spoken(kamailio.log)
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(own.count == 34)
        for (name, value) in own.sorted(by: { $0.key < $1.key }) {
            #expect(spoken[name] == value, "$var(\(name))")
        }
        let kinds = config.problems.map { String("\($0.kind)".prefix { $0 != "(" }) }
        #expect(kinds == ["commentInDefine", "importMissing", "directiveIsComment"])
    }
}

/// Real configurations are read to their end, and none is accused of what it does not do.
@Suite(.needsKamailio)
struct RealConfigurationTests {
    private static let examples = "/usr/share/doc/kamailio/examples"

    @Test(arguments: [
        [],
        [
            "WITH_NAT", "WITH_TLS", "WITH_MYSQL", "WITH_AUTH", "WITH_ACCDB", "WITH_PRESENCE", "WITH_ANTIFLOOD",
            "WITH_PSTN",
        ],
    ])
    func thePackagesOwn(_ defines: [String]) async throws {
        let result = try await Program.sipob.run(
            ["config-check", "/etc/kamailio/kamailio.cfg"] + defines.flatMap { ["-A", $0] })
        #expect(result.status == 0)
        #expect(result.output.contains(" 0 fail, 0 warn, 0 unknown, "), "\(result.output)")
    }

    /// The faults of the outbound module's examples are real: see the tests against a real Kamailio.
    @Test(
        .enabled(if: (try? Files.bytes("/usr/share/doc/kamailio/examples/outbound/edge.cfg")) != nil),
        arguments: [
            ("edge.cfg", ["DX-TOK-14"]), ("edge_websocket.cfg", ["DX-TOK-14"]), ("registrar.cfg", ["CFG-AP-07"]),
        ])
    func theModulesExamples(_ name: String, _ faults: [String]) async throws {
        let result = try await Program.sipob.run(["config-check", "\(Self.examples)/outbound/\(name)"])
        let found = result.lines.filter { $0.hasPrefix("FAIL") }.compactMap {
            $0.split(separator: "[").last?.dropLast()
        }
        #expect(found.map(String.init) == faults)
        #expect(!result.output.contains("UNKNOWN"))
    }

    @Test(arguments: [
        ("edge", [], ["DX-TOK-14"]), ("edge", ["EDGE_REPAIRED", "EDGE_SILENCE_ONLY"], []),
        ("edge", ["EDGE_REPAIRED", "EDGE_NO_STUN"], ["DX-STUN-01"]),
        ("edge", ["EDGE_REPAIRED", "EDGE_NO_PONG"], ["CFG-TCP-01"]),
        ("edge", ["EDGE_REPAIRED", "EDGE_NO_OUTBOUND"], ["CFG-MOD-02"]),
        ("edge", ["EDGE_REPAIRED", "EDGE_NO_PATH"], ["CFG-EDGE-01"]),
        ("edge", ["EDGE_REPAIRED", "TCP_LIFETIME=15"], ["DX-FT-05"]), ("registrar", [], []),
        ("registrar", ["REGISTRAR_OUTBOUND_MODE=0"], ["DX-REG-03"]),
        ("registrar", ["REGISTRAR_NO_PATH"], ["CFG-REG-01"]),
    ])
    func thisProjectsOwn(_ name: String, _ defines: [String], _ faults: [String]) async throws {
        let result = try await Program.sipob.run(
            ["config-check", "--role", name, "\(Files.repository)/Tests/Kamailio/\(name).cfg"]
                + defines.flatMap { ["-A", $0] })
        let found = result.lines.filter { $0.hasPrefix("FAIL") }.compactMap {
            $0.split(separator: "[").last?.dropLast()
        }
        #expect(found.map(String.init) == faults, "\(result.output)")
        #expect(!result.output.contains("UNKNOWN"))
    }

    @Test(arguments: [
        ("EDGE_TIMER_ALWAYS", "DX-FT-07"), ("EDGE_TIMER_TWICE", "DX-FT-08"), ("EDGE_NO_TIMER", "DX-FT-04"),
        ("EDGE_NO_430", "CFG-EDGE-08"), ("EDGE_NO_RECORD_ROUTE", "CFG-EDGE-02"),
        ("EDGE_REWRITES_CONTACT", "CFG-NAT-01"),
        ("EDGE_NO_SECRET", "DX-TOK-02"),
    ])
    func faultsOfTheRigsEdge(_ define: String, _ rule: String) async throws {
        let path = "\(Files.repository)/Tests/Kamailio/edge.cfg"
        #expect(try await !Program.sipob.run("config-check", path).output.contains("[\(rule)]"))
        #expect(try await Program.sipob.run("config-check", path, "-A", define).output.contains("[\(rule)]"))
    }

    @Test(arguments: [
        ("REGISTRAR_OUTBOUND_MODE=2", "DX-REG-04"), ("REGISTRAR_NO_GRUU", "CFG-REG-03"),
        ("REGISTRAR_MAX_CONTACTS=1", "CFG-REG-04"),
        ("REGISTRAR_NO_APPEND", "CFG-REG-05"), ("REGISTRAR_FORKS", "DX-BIND-03"),
        ("REGISTRAR_NO_BRANCH_ROUTE", "CFG-AP-02"),
        ("REGISTRAR_PATH_MODE=0", "CFG-REG-06"),
    ])
    func faultsOfTheRigsRegistrar(_ define: String, _ rule: String) async throws {
        let path = "\(Files.repository)/Tests/Kamailio/registrar.cfg"
        #expect(try await !Program.sipob.run("config-check", path).output.contains("[\(rule)]"))
        #expect(try await Program.sipob.run("config-check", path, "-A", define).output.contains("[\(rule)]"))
    }
}
