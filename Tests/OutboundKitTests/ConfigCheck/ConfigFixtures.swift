import Testing

@testable import OutboundKit

/// The configurations under `Fixtures/kamailio-config`: an edge's and a registrar's with nothing to complain about, and in
/// `broken` a copy of one of them for each rule, with the one fault that the rule is about.
enum ConfigFixtures {
    struct Row: CustomTestStringConvertible {
        let file: String
        let verdict: String
        var version = "5.8.7"
        /// What else the same fault means.
        var others: [String] = []
        var testDescription: String { file }

        /// `CFG-REG-04` of `CFG-REG-04.save`.
        var rule: Diagnosis.ID { Diagnosis.ID(String(file.prefix { $0 != "." })) }

        init(_ file: String, _ verdict: String, version: String = "5.8.7", others: [String] = []) {
            self.file = file
            self.verdict = verdict
            self.version = version
            self.others = others
        }
    }

    static let rows: [Row] = [
        Row("CFG-READ-01", "unknown"), Row("CFG-READ-02", "fail"), Row("CFG-READ-03", "fail", others: ["CFG-READ-01"]),
        Row("CFG-READ-04", "fail"), Row("CFG-READ-05", "warn"), Row("CFG-READ-06", "fail"),
        Row("CFG-READ-07", "unknown"),
        Row("CFG-READ-08", "fail"),
        Row("CFG-READ-09", "fail", version: "5.6.3", others: ["CFG-READ-03", "DX-TOK-01"]),
        Row("CFG-READ-09.value", "warn"), Row("CFG-READ-10", "warn"), Row("CFG-READ-11", "fail"),
        Row("CFG-READ-11.block", "fail"), Row("CFG-READ-11.flag", "fail"), Row("CFG-READ-11.number", "fail"),
        Row("CFG-READ-11.switch", "fail"), Row("CFG-READ-11.semicolon", "fail"),
        Row("CFG-READ-11.unit", "fail"), Row("CFG-READ-11.twice", "fail"),
        Row("CFG-MOD-01", "info"),
        Row("CFG-MOD-02", "fail"),
        Row("CFG-MOD-03", "fail", others: ["CFG-EDGE-01"]), Row("CFG-MOD-04", "fail"), Row("CFG-MOD-05", "fail"),
        Row("CFG-MOD-06", "fail"), Row("CFG-MOD-06.type", "fail"),
        Row("CFG-MOD-06.websocket", "fail"), Row("CFG-MOD-06.digits", "fail", others: ["CFG-READ-10"]),
        Row("CFG-MOD-07.unused", "fail"),
        Row("CFG-MOD-07", "fail", others: ["CFG-MOD-03"]),
        Row("CFG-MOD-08", "fail"), Row("CFG-MOD-09", "fail"), Row("CFG-TCP-01", "fail"), Row("CFG-WS-01", "warn"),
        Row("CFG-WS-02", "fail"),
        Row("CFG-WS-03", "info"), Row("CFG-EDGE-01", "fail"), Row("CFG-EDGE-02", "warn"), Row("CFG-EDGE-03", "fail"),
        Row("CFG-EDGE-04", "warn"), Row("CFG-EDGE-05", "warn"), Row("CFG-EDGE-06", "warn"), Row("CFG-EDGE-07", "warn"),
        Row("CFG-EDGE-08", "warn"), Row("CFG-EDGE-09", "fail"), Row("CFG-FT-01", "fail"), Row("CFG-FT-02", "fail"),
        Row("CFG-FT-02.quotes", "fail"),
        Row("CFG-TOK-01", "warn"), Row("CFG-FLAG-01", "fail"), Row("CFG-FLAG-02", "fail", others: ["CFG-READ-11"]),
        Row("CFG-FLAG-03", "warn"),
        Row("CFG-FLAG-04", "warn"), Row("CFG-NAT-01", "warn"), Row("CFG-NAT-02", "info"), Row("CFG-RPORT-01", "info"),
        Row("CFG-REG-01", "fail"), Row("CFG-REG-02", "fail", others: ["DX-REG-03"]), Row("CFG-REG-03", "info"),
        Row("CFG-REG-04", "warn"), Row("CFG-REG-04.save", "fail"), Row("CFG-REG-05", "warn"), Row("CFG-REG-06", "info"),
        Row("CFG-REG-07", "info"), Row("CFG-REG-09", "fail"), Row("CFG-REG-10", "fail"),
        Row("CFG-REG-11", "fail"), Row("CFG-REG-12", "fail"), Row("CFG-AP-01", "fail"),
        Row("CFG-AP-01.contacts", "fail"),
        Row("CFG-AP-02", "fail"), Row("CFG-AP-03", "warn"), Row("CFG-AP-04", "info"), Row("CFG-AP-05", "info"),
        Row("CFG-AP-06", "warn"), Row("CFG-AP-07", "fail"), Row("CFG-PAIR-01", "info"),
        Row("CFG-PAIR-02", "info", others: ["CFG-REG-07"]), Row("CFG-PAIR-03", "info"), Row("CFG-PAIR-04", "info"),
        Row("DX-BIND-03", "warn"), Row("DX-FT-03", "info"), Row("DX-FT-04", "warn"),
        Row("DX-FT-05", "fail", others: ["DX-FT-09"]), Row("DX-FT-06", "info"), Row("DX-FT-07", "warn"),
        Row("DX-FT-08", "warn"), Row("DX-FT-09", "warn"), Row("DX-FT-13", "info"), Row("DX-REG-02", "info"),
        Row("DX-REG-03", "fail"), Row("DX-REG-04", "warn"), Row("DX-REG-10", "info"), Row("DX-STUN-01", "fail"),
        Row("DX-STUN-09", "info"), Row("DX-STUN-10", "fail", others: ["DX-STUN-09"]), Row("DX-TOK-02", "warn"),
        Row("DX-TOK-03", "warn"), Row("DX-TOK-04", "fail", version: "5.6.3", others: ["DX-TOK-01"]),
        Row("DX-TOK-14", "fail"),
    ]

    /// - Parameter change: makes another configuration of its text.
    static func read(
        _ name: String, version: KamailioVersion? = nil, change: (String) -> String = { $0 }
    ) throws -> KamailioConfig {
        var setup = KamailioConfig.Setup()
        setup.version = version
        let text = String(decoding: try VectorFiles.bytes("kamailio-config/\(name).cfg"), as: UTF8.self)
        let octets = Array(change(text).utf8)
        return KamailioConfig.read("\(name).cfg", octets, setup: setup) { _ in .missing }
    }

    /// The judgement on a broken file by itself, or with its good partner when the rule is about both.
    static func judge(_ row: Row) throws -> [ConfigFinding] {
        let version = try #require(KamailioVersion(row.version))
        let config = try read("broken/\(row.file)", version: version)
        let isRegistrar = config.modules.contains { $0.name == "usrloc" }
        let question = ConfigQuestion(config, role: isRegistrar ? .registrar : .edge, version: version)
        guard row.file.hasPrefix("CFG-PAIR") else { return ConfigJudge.judge(question).findings }
        let edge = ConfigQuestion(try read("edge", version: version), role: .edge, version: version)
        return ConfigJudge.judge(edge: edge, registrar: question).flatMap(\.findings)
    }
}
