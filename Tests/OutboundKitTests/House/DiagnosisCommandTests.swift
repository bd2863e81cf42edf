import OutboundKit
import Testing

/// `explain` names the commands that show a diagnosis. Each of them tells it by its id, or measures what tells it.
@Suite struct DiagnosisCommandTests {
    /// Where the judgements of each command stand.
    private static let rooms = [
        "pcap-audit": ["OutboundKit/Audit/"],
        "edge": ["OutboundKit/Audit/", "OutboundKit/Edge/", "sipob/Edge/"],
        "register-test": [
            "OutboundKit/Audit/Exchange/", "OutboundKit/Conformance/", "OutboundKit/Probe/", "sipob/RegisterTest/",
        ],
        "stun-ping": ["OutboundKit/Probe/", "sipob/Ping/", "sipob/StunPing/"],
        "crlf-ping": ["OutboundKit/Probe/", "sipob/Ping/"],
        "ws-ping": ["OutboundKit/Probe/", "sipob/Ping/"],
        "flow-timer": ["OutboundKit/Conformance/", "sipob/FlowTimer/"],
        "token": ["OutboundKit/FlowToken/", "OutboundKit/Audit/TokenRulebook.swift", "sipob/Token/"],
        "config-check": ["OutboundKit/ConfigCheck/"],
        "inspect": [
            "OutboundKit/Inspect/", "OutboundKit/Audit/Exchange/", "OutboundKit/Audit/TokenRulebook.swift",
        ],
    ]

    /// What a command shows and leaves to its reader to name.
    private static let shown: [String: String] = [
        "DX-FT-10 flow-timer": "the time after which an idle flow is closed",
        "DX-FT-11 flow-timer": "the same",
        "DX-FT-12 flow-timer": "the same",
        "DX-KA-09 flow-timer": "the same",
        "DX-KA-13 edge": "the phone's address, and whether it pings",
        "DX-REG-19 register-test": "a 2xx without Require: outbound, which has other causes too",
        "DX-STUN-08 stun-ping": "STUN without answer beside SIP with one: from one place that looks like DX-STUN-01",
    ]
    /// Nothing that sipob looks at tells these.
    private static let untold: Set<Diagnosis.ID> = ["DX-KA-15", "DX-STUN-11"]

    private static var rows: [Diagnosis] { DiagnosisTable.all.filter { $0.id.text.hasPrefix("DX-") } }

    @Test func namedCommandsTell() throws {
        let files = try LayerTests.sources.get()
        for row in Self.rows {
            #expect(row.commands.isEmpty == Self.untold.contains(row.id), "\(row.id)")
            for command in row.commands {
                let rooms = try #require(Self.rooms[command], "\(row.id): \(command)")
                let tells = files.contains { file in
                    rooms.contains { file.path.hasPrefix("Sources/\($0)") } && file.text.contains("\"\(row.id)\"")
                }
                let isShown = Self.shown["\(row.id) \(command)"] != nil
                #expect(tells != isShown, "\(row.id) is \(tells ? "" : "not ")told by \(command)")
            }
        }
    }

    @Test func tellingCommandsAreNamed() throws {
        let files = try LayerTests.sources.get().filter { $0.path.hasPrefix("Sources/OutboundKit/Audit/") }
        for row in Self.rows where !row.commands.contains("pcap-audit") {
            // What a token's own octets say is told of each token, wherever it stands.
            let telling = files.filter { $0.text.contains("\"\(row.id)\"") && !$0.path.contains("TokenRulebook") }
            #expect(telling.isEmpty, "\(row.id) is told in \(telling.map(\.path)), and pcap-audit is not named")
        }
    }
}
