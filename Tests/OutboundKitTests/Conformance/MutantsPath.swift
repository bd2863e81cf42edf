@testable import OutboundKit

/// Servers that add or read Path in a wrong way.
extension RegistrationMutantTests {
    /// The first hop's Path in an answer, with its token.
    private static let token = "Path: <sip:[^@>]*@"

    static let hops: [MutantRow] = [
        MutantRow("path.first-hop", "no Path", "warn", "OB-EP-001", .saysNo("Path:")),
        MutantRow("path.first-hop", "no token", "warn", "OB-EP-002", .says(matching: token, "Path: <sip:")),
        MutantRow("path.first-hop", "no ob", "fail", "OB-EP-005", .says(";lr;ob>", ";lr>")),
        MutantRow("path.first-hop", "no lr", "fail", "OB-EP-008", .says(";lr;ob>", ";ob>")),
        MutantRow("path.first-hop", "ob has a value", "warn", "OB-GR-002", .says(";lr;ob>", ";lr;ob=1>")),
        MutantRow(
            "path.first-hop", "439: no ob, or it was lost", "warn", "OB-EP-005", .lacksOutbound(";lr;ob>", ";lr>")),
        MutantRow(
            "path.first-hop", "439: no ob, and the registrar wants one", "fail", "OB-EP-005",
            .lacksOutbound(";lr;ob>", ";lr>"), setup: .edgeAndCore),
        MutantRow(
            "path.first-hop", "439: no token", "fail", "OB-EP-002", .lacksOutbound(token, "Path: <sip:"),
            setup: .edgeAndCore, also: ["OB-REG-017"]),
        MutantRow(
            "path.first-hop", "439: no Path", "fail", "OB-EP-001", .lacksOutbound("Path: [^\r]*\r\n", ""),
            setup: .edgeAndCore),
        MutantRow("path.first-hop", "439 all the same", "warn", "OB-REG-017", .lacksOutbound("^$", "")),
        MutantRow("path.token", "one token for all", "fail", "OB-EP-002", .says(matching: token, "Path: <sip:all@")),
        MutantRow(
            "path.passes-through", "the grant is lost", "fail", "OB-EP-022", lost("Require:"), setup: .edgeAndCore),
        MutantRow("path.passes-through", "Path is lost", "fail", "OB-EP-022", lost("Path:"), setup: .edgeAndCore),
        MutantRow(
            "path.passes-through", "reg-id is lost", "fail", "OB-EP-022",
            Mutant(toClient: { $0.contains("192.0.2.10") ? $0 : $0.replacing(";reg-id=1", with: "") }),
            setup: .edgeAndCore),
        MutantRow(
            "path.passes-through", "the edge writes no ob", "unknown", "OB-EP-022",
            Mutant(toClient: {
                $0.contains("192.0.2.10") ? $0 : $0.replacing(";lr;ob>", with: ";lr>").without("Require:")
            }),
            setup: .edgeAndCore),
        MutantRow(
            "path.passes-through", "439", "unknown", "OB-EP-022", .lacksOutbound(";lr;ob>", ";lr>"),
            setup: .edgeAndCore),
        MutantRow(
            "path.passes-through", "a registrar that gives no Path back", "pass", "OB-EP-022", .saysNo("Path:"),
            setup: .edgeAndCore),
        MutantRow(
            "path.passes-through", "the registrar does no outbound", "unknown", "OB-EP-022",
            .set { $0.registrar.outbound = .off }, setup: .edgeAndCore),
        MutantRow(
            "path.later-edge", "each proxy adds ob", "fail", "OB-EP-006",
            .says("Path: <sip:first.invalid", "Path: <sip:next.invalid;lr;ob>\r\nPath: <sip:first.invalid")),
        MutantRow(
            "path.later-edge", "439 for two hops", "pass", "OB-EP-006",
            .refuses("439 First Hop Lacks Outbound Support") { $0.contains("192.0.2.10") }),
        MutantRow(
            "path.not-offered", "Path for all", "warn", "OB-PATH-002",
            .hears("Supported: outbound\r\n", "Supported: outbound, path\r\n")),
        MutantRow(
            "path.not-offered", "Path for all, which the registrar refuses", "warn", "OB-PATH-002",
            Mutant(
                settings: { $0.registrar.path = .strict },
                toServer: {
                    $0.replacing("Supported: outbound\r\n", with: "Path: <sip:e.invalid;lr>\r\nSupported: outbound\r\n")
                })),
        MutantRow(
            "path.not-offered", "421 that does not say why", "warn", "OB-PATH-002",
            .refuses("421 Extension Required") { !$0.contains("Path:") && !$0.contains("Require:") }
                .hearing("Supported: outbound\r\n", "")),
        MutantRow(
            "path.plain-route", "a Route must have a token", "warn", "OB-EP-016",
            .hears("Route: <sip:127", "Route: <sip:x@127", in: "OPTIONS")),
        MutantRow(
            "path.plain-route", "OPTIONS gets 403 in any case", "pass", "OB-EP-016",
            Mutant(toServer: { text in
                text.hasPrefix("OPTIONS")
                    ? text.without("Route:").replacing(
                        "Supported:", with: "Route: <sip:x@127.0.0.1:5060;lr>\r\nSupported:")
                    : text
            })),
        MutantRow(
            "path.via-forms", "v: is not read", "warn", "OB-EP-007", .hears(";reg-id=1", in: "\r\nv: ")),
        MutantRow(
            "path.via-forms", "lines are counted", "fail", "OB-REG-002",
            Mutant(toServer: { $0.replacing(/, SIP\/2.0\/UDP 192\.0\.2\.10[^\r]*/, with: "") })),
        MutantRow(
            "path.missing", "the first hop is not looked at", "fail", "OB-REG-002",
            .hearsNo("Via: SIP/2.0/UDP 192.0.2.10"),
            also: ["OB-REG-003", "OB-REG-004"]),
        MutantRow(
            "path.missing", "the first hop is not looked at", "fail", "OB-REG-003",
            .hearsNo("Via: SIP/2.0/UDP 192.0.2.10"),
            also: ["OB-REG-002", "OB-REG-004"]),
        MutantRow(
            "path.missing", "a plain binding instead of 439", "fail", "OB-REG-004",
            .set { $0.registrar.firstHop = .lax }),
        MutantRow("path.missing", "403 instead of 439", "fail", "OB-REG-004", .says("SIP/2.0 439", "SIP/2.0 403")),
        MutantRow(
            "path.missing", "403 for whatever has passed a proxy", "unknown", "OB-REG-004", closedToProxies),
        MutantRow(
            "path.missing", "439 in other words", "info", "OB-GR-005", .says("439 First Hop", "439 The First Hop")),
        MutantRow(
            "path.without-ob", "a plain binding instead of 439", "fail", "OB-REG-004",
            .set { $0.registrar.firstHop = .lax }),
        MutantRow(
            "path.without-ob", "ob is not looked for", "fail", "OB-REG-003",
            .hears("Path: <sip:first.invalid;lr>", "Path: <sip:first.invalid;lr;ob>"), also: ["OB-REG-004"]),
        MutantRow("path.without-ob", "403 for whatever has passed a proxy", "unknown", "OB-REG-004", closedToProxies),
        MutantRow("path.no-tag", "reg-id counts", "fail", "OB-REG-005", countsBehindProxies),
        MutantRow("path.no-tag", "outbound for all", "fail", "OB-REG-005", .adds("Require: outbound")),
        MutantRow(
            "path.flow-timer", "the registrar sets it", "warn", "OB-FT-003",
            .adds("Flow-Timer: 20", where: "192.0.2.10")),
    ]

    /// An edge that drops lines; what the registrar says to others still has them.
    private static func lost(_ line: String) -> Mutant {
        Mutant(toClient: { $0.contains("192.0.2.10") ? $0 : $0.without(line) })
    }

    private static let closedToProxies = Mutant(toClient: { text in
        guard text.isAnswerToRegister, text.contains("192.0.2.10") else { return text }
        return text.replacing(/SIP\/2.0 [0-9]+ [^\r]*/.matchingSemantics(.unicodeScalar), with: "SIP/2.0 403 Forbidden")
    })

    private static let countsBehindProxies = Mutant(toServer: { text in
        guard text.contains("192.0.2.10") else { return text }
        return text.replacing("Supported: path\r\n", with: "Path: <sip:first.invalid;lr;ob>\r\nSupported: path\r\n")
    })

    private static let plainFirst = "Path: <sip:second.invalid;lr>\r\nPath: <sip:first.invalid;lr;ob>"
    private static let markedFirst = "Path: <sip:first.invalid;lr;ob>\r\nPath: <sip:second.invalid;lr>"

    private static let readsTopmost = Mutant(toServer: { text in
        text.contains(plainFirst)
            ? text.replacing(plainFirst, with: markedFirst) : text.replacing(markedFirst, with: plainFirst)
    })

    static let values: [MutantRow] = [
        MutantRow(
            "path.with-ob", "outbound for direct phones only", "warn", "OB-REG-017",
            .hears("Path: <sip:first.invalid;lr;ob>", "Path: <sip:first.invalid;lr>"), setup: .edgeAndCore),
        MutantRow(
            "path.with-ob", "an edge between puts its own Path before", "unknown", "OB-REG-017",
            .hears("Path: <sip:first.invalid;lr;ob>", "Path: <sip:first.invalid;lr>")),
        MutantRow(
            "path.with-ob", "outbound is done without saying so", "warn", "OB-REG-017",
            Mutant(toClient: { $0.contains("192.0.2.10") ? $0.without("Require:") : $0 })),
        MutantRow("path.with-ob", "Path is not given back", "fail", "OB-REG-001", .saysNo("Path:")),
        MutantRow(
            "path.with-ob", "Path is changed", "warn", "OB-PATH-004", .says("sip:first.invalid", "sip:changed.invalid")),
        MutantRow("path.which-value", "the topmost value is read", "info", "OB-REG-003", readsTopmost),
        MutantRow(
            "path.which-value", "any value will do", "info", "OB-REG-003",
            .hears("second.invalid;lr>", "second.invalid;lr;ob>")),
        MutantRow(
            "path.which-value", "no value will do", "info", "OB-REG-003",
            .hears("first.invalid;lr;ob>", "first.invalid;lr>")),
        MutantRow("path.policy", "strict", "info", "OB-PATH-003", .set { $0.registrar.path = .strict }),
        MutantRow("path.policy", "lenient", "info", "OB-PATH-003", Mutant()),
        MutantRow(
            "path.order", "the Route is turned round", "fail", "OB-PATH-001",
            Mutant(toClient: { text in
                guard text.hasPrefix("MESSAGE"), text.contains("first.invalid") else { return text }
                return text.replacing("Route: <sip:first.invalid;lr>\r\n", with: "")
                    .replacing("Route: <sip:127", with: "Route: <sip:first.invalid;lr>\r\nRoute: <sip:127")
            }), setup: .edgeAndCore),
        MutantRow(
            "path.order", "Path comes back turned round", "warn", "OB-PATH-004",
            Mutant(toClient: { text in
                guard text.isAnswerToRegister, text.contains("first.invalid") else { return text }
                return text.replacing("Path: <sip:first.invalid;lr>\r\n", with: "")
                    .replacing("Path: <sip:127", with: "Path: <sip:first.invalid;lr>\r\nPath: <sip:127")
            }), setup: .edgeAndCore),
        MutantRow("path.order", "Path is not given back", "fail", "OB-REG-001", .saysNo("Path:"), setup: .edgeAndCore),
        MutantRow(
            "path.own-only", "all Paths come back", "warn", "OB-REG-026",
            .says("Path: <sip:other.invalid", "Path: <sip:one.invalid;lr>\r\nPath: <sip:other.invalid")),
    ]
}

extension Mutant {
    /// The same server, which hears something else besides.
    func hearing(_ old: String, _ new: String) -> Mutant {
        var both = self
        let hears = toServer
        both.toServer = { hears($0)?.replacing(old, with: new) }
        return both
    }
}
