import Testing

@testable import OutboundKit

/// An edge's and a registrar's configuration held against each other.
@Suite struct ConfigPairTests {
    private static func judge(
        edge: String = "edge", registrar: String = "registrar",
        _ change: (inout KamailioConfig, inout KamailioConfig) -> Void = { _, _ in }
    ) throws -> [ConfigFinding] {
        var first = try ConfigFixtures.read(edge)
        var second = try ConfigFixtures.read(registrar)
        change(&first, &second)
        let version = KamailioVersion(6, 0, 0)
        return ConfigJudge.judge(
            edge: ConfigQuestion(first, role: .edge, version: version),
            registrar: ConfigQuestion(second, role: .registrar, version: version)
        ).flatMap(\.findings)
    }

    private static func flowTimer(_ seconds: Int) -> ConfigParameter {
        ConfigParameter(
            module: "registrar", name: "flow_timer", value: .integer(seconds), place: ConfigPlace(file: 0, line: 1),
            isBehindModule: true)
    }

    @Test func twoTimers() throws {
        let findings = try Self.judge { $1.parameters.append(Self.flowTimer(25)) }
        let finding = try #require(findings.first { $0.rule == "DX-FT-08" })
        #expect(finding.verdict == .info && finding.file == "edge.cfg" && finding.message.contains("25 s"))
    }

    @Test func theRegistrarsTimerAgainstTheEdgesConnections() throws {
        let findings = try Self.judge(edge: "broken/DX-FT-04") { $1.parameters.append(Self.flowTimer(60)) }
        let finding = try #require(findings.first { $0.rule == "DX-FT-05" })
        #expect(finding.verdict == .fail && finding.message.contains("registrar.cfg:1"))
        #expect(!findings.contains { $0.rule == "DX-FT-04" })
    }

    /// No advice leads to a timer that the registrar cannot write.
    @Test(arguments: [120, 1000]) func theRegistrarsTimerThatNobodyReads(_ seconds: Int) throws {
        let findings = try Self.judge(edge: "broken/DX-FT-04") { $1.parameters.append(Self.flowTimer(seconds)) }
        #expect(findings.contains { $0.rule == (seconds > 999 ? "CFG-REG-02" : "CFG-REG-12") && $0.verdict == .fail })
        #expect(!findings.contains { $0.rule == "DX-FT-05" })
    }

    @Test func theRegistrarsTimerThatFits() throws {
        let findings = try Self.judge(edge: "broken/DX-FT-04") { $1.parameters.append(Self.flowTimer(20)) }
        #expect(!findings.contains { $0.rule.text.hasPrefix("DX-FT") })
    }

    @Test func aRegistrarThatThrowsPathAway() throws {
        let findings = try Self.judge(registrar: "broken/CFG-REG-01")
        #expect(findings.contains { $0.rule == "CFG-REG-01" && $0.verdict == .fail })
    }
}
