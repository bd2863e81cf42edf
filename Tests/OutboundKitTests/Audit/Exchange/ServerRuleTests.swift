import Testing

@testable import OutboundKit

private let plain = [Edit(";reg-id=1", "")]
private let noTag = [Edit("path, outbound, gruu", "path")]
private let noPathTag = [Edit("path, outbound, gruu", "outbound")]
private let noRequire = [Edit("Require: outbound\n", "")]
private let noPath = [Edit("Path: <sip:haGcL/6wAVr8uwPAqA0yE8XAqAwqpxA=@edge.example.com;lr;ob>\n", "")]
private let ownPath = [
    Edit("Contact:", "Path: <sip:haGcL/6wAVr8uwPAqA0yE8XAqAwqpxA=@edge.example.com;lr;ob>\nContact:")
]
private let furtherPath = [Edit("Path: ", "Path: <sip:p2.example.com;lr>, ")]
private let otherPath = [Edit("Path: ", "Path: <sip:other@edge.example.com;lr;ob>, ")]
private let wholePath = "<sip:haGcL/6wAVr8uwPAqA0yE8XAqAwqpxA=@edge.example.com;lr;ob>"
private let noOb = [Edit(";lr;ob>", ";lr>")]
private let instance = "+sip.instance=\"<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>\""
private let twoVias = Edit("Via:", "Via: SIP/2.0/UDP 203.0.113.5;branch=z9hG4bK0\nVia:")
private let removal = [Edit("expires=600", "expires=0")]

@Suite struct ServerRuleTests {
    @Test(arguments: [
        ExchangeRow("OB-EP-001", "pass"),
        ExchangeRow("OB-EP-001", "warn", noPath, diagnosis: "DX-REG-12"),
        ExchangeRow("OB-EP-001", "warn", answer: ExchangeText.refusal("439 x"), diagnosis: "DX-REG-01"),
        ExchangeRow("OB-EP-001", "unknown", noPath) { $0.firstHop = .unknown },
        ExchangeRow("OB-EP-001", "unknown", answer: nil),
        ExchangeRow("OB-EP-001", "skipped", noPath) { $0.firstHop = .registrar },
        ExchangeRow("OB-EP-001", "fail", request: [twoVias]) { $0.vantage = .core },
        ExchangeRow(
            "OB-EP-001", "fail", [Edit("haGcL/6wAVr8uwPAqA0yE8XAqAwqpxA=@edge.example.com;lr;ob>", "127.0.1.1")],
            diagnosis: "DX-TOK-10"),
        ExchangeRow("OB-EP-001", "fail", [Edit("@edge.example.com", "@2001:db8::1")], diagnosis: "DX-TOK-08"),
        ExchangeRow("OB-EP-001", "pass", [Edit("@edge.example.com", "@[2001:db8::1]")]),
        ExchangeRow("OB-EP-002", "pass"),
        ExchangeRow("OB-EP-002", "pass", [Edit("haGcL/6wAVr8uwPAqA0yE8XAqAwqpxA=@", ""), Edit(";lr", ";flow=7a;lr")]),
        ExchangeRow("OB-EP-002", "warn", [Edit("haGcL/6wAVr8uwPAqA0yE8XAqAwqpxA=@", "")], diagnosis: "DX-REG-12"),
        ExchangeRow(
            "OB-EP-002", "warn", request: [Edit("alice@192.0.2.7", "alice@10.1.2.3")],
            [Edit("haGcL/6wAVr8uwPAqA0yE8XAqAwqpxA=@", "")], diagnosis: "DX-TOK-12"),
        ExchangeRow("OB-EP-002", "unknown", answer: ExchangeText.refusal("403 Forbidden")),
        ExchangeRow("OB-EP-005", "pass"),
        ExchangeRow("OB-EP-005", "fail", noOb),
        ExchangeRow("OB-EP-005", "fail", [Edit(";lr;ob>", ";lr>;ob")]),
        ExchangeRow("OB-EP-005", "skipped", request: noTag, noOb),
        ExchangeRow("OB-EP-005", "skipped", answer: ExchangeText.refusal("401 Unauthorized")),
        ExchangeRow("OB-EP-006", "pass"),
        ExchangeRow("OB-EP-006", "fail", [Edit("Path: ", "Path: <sip:p2.example.com;lr;ob>, ")]),
        ExchangeRow("OB-EP-006", "pass", [Edit("Path: ", "Path: <sip:p2.example.com;lr>, ")]),
        ExchangeRow("OB-EP-006", "skipped", noOb),
        // One proxy between two networks, as Kamailio with enable_r2 writes it, and two that are not one.
        ExchangeRow(
            "OB-EP-006", "pass", [Edit(wholePath, "<sip:t@10.0.0.1;lr;ob;r2=on>, <sip:t@192.0.2.1;lr;ob;r2=on>")]),
        ExchangeRow(
            "OB-EP-006", "fail", [Edit(wholePath, "<sip:u@10.0.0.1;lr;ob;r2=on>, <sip:t@192.0.2.1;lr;ob;r2=on>")]),
        ExchangeRow("OB-EP-008", "pass"), ExchangeRow("OB-EP-008", "fail", [Edit(";lr;ob", ";ob")]),
        ExchangeRow("OB-EP-008", "skipped", noPath),
        ExchangeRow("OB-EP-016", "pass", request: [Edit("From:", "Route: <sip:edge.example.com;lr>\nFrom:")]),
        ExchangeRow(
            "OB-EP-016", "warn", request: [Edit("From:", "Route: <sip:edge.example.com;lr>\nFrom:")],
            answer: ExchangeText.refusal("430 Flow Failed")),
        ExchangeRow(
            "OB-EP-016", "unknown", request: [Edit("From:", "Route: <sip:edge.example.com;lr>\nFrom:")],
            answer: ExchangeText.refusal("403 Forbidden")),
        ExchangeRow("OB-EP-016", "skipped"),
        ExchangeRow("OB-EP-019", "pass", request: plain),
        ExchangeRow("OB-EP-019", "fail", request: plain, answer: ExchangeText.refusal("439 x")),
        ExchangeRow("OB-EP-019", "fail", request: noTag, answer: ExchangeText.refusal("439 x")),
        ExchangeRow("OB-EP-019", "skipped", answer: ExchangeText.refusal("439 x")),
        ExchangeRow("OB-EP-022", "pass"), ExchangeRow("OB-EP-022", "unknown", noRequire),
        ExchangeRow("OB-EP-022", "skipped") { $0.firstHop = .registrar },
    ])
    func edgeProxy(_ row: ExchangeRow) throws { try row.check() }

    @Test(arguments: [
        ExchangeRow("OB-FT-001", "pass"), ExchangeRow("OB-FT-001", "fail", [Edit("Timer: 20", "Timer: 20.5")]),
        ExchangeRow("OB-FT-001", "fail", [Edit("Timer: 20", "Timer: -1")]),
        ExchangeRow("OB-FT-001", "fail", [Edit("Timer: 20", "Timer: 20\nFlow-Timer: 30")], diagnosis: "DX-FT-08"),
        // As Kamailio 5.6.3 sent it for a flow_timer of 120.
        ExchangeRow(
            "OB-FT-001", "fail", [Edit("Timer: 20", "Timer: 120\r\0Server: kamailio (5.6.3 (x86_64/linux))")],
            diagnosis: "CFG-REG-12"),
        ExchangeRow("OB-FT-001", "pass", [Edit("Timer: 20", "Timer: 99999999999999999999")]),
        ExchangeRow("OB-FT-001", "skipped", [Edit("Flow-Timer: 20\n", "")]),
        ExchangeRow("OB-FT-002", "pass"), ExchangeRow("OB-FT-002", "warn", noRequire, diagnosis: "DX-FT-07"),
        ExchangeRow("OB-FT-002", "warn", answer: ExchangeText.refusal("420 Bad Extension", "Flow-Timer: 20")),
        ExchangeRow("OB-FT-002", "pass", noRequire + [Edit("Flow-Timer: 20\n", "")]),
        ExchangeRow("OB-FT-002", "unknown", answer: nil),
        ExchangeRow("OB-FT-003", "unknown"),
        ExchangeRow("OB-FT-003", "warn", [twoVias], diagnosis: "DX-FT-08") { $0.vantage = .core },
        ExchangeRow("OB-FT-003", "pass") { $0.vantage = .core },
        ExchangeRow("OB-FT-003", "skipped", [Edit("Flow-Timer: 20\n", "")]),
    ])
    func flowTimer(_ row: ExchangeRow) throws { try row.check() }

    @Test(arguments: [
        ExchangeRow("OB-REG-003", "pass"), ExchangeRow("OB-REG-003", "fail", noOb, diagnosis: "DX-REG-14"),
        ExchangeRow("OB-REG-003", "unknown", noPath), ExchangeRow("OB-REG-003", "pass", noOb + noRequire),
        ExchangeRow("OB-REG-003", "skipped", answer: ExchangeText.refusal("439 x")),
        ExchangeRow("OB-REG-004", "info", answer: ExchangeText.refusal("439 x"), diagnosis: "DX-REG-01"),
        ExchangeRow("OB-REG-004", "pass", request: [twoVias], answer: ExchangeText.refusal("439 x")) {
            $0.vantage = .core
        },
        ExchangeRow("OB-REG-004", "fail", noOb + noRequire), ExchangeRow("OB-REG-004", "skipped"),
        ExchangeRow("OB-REG-004", "skipped", noRequire + [Edit("Path: ", "Path: <sip:p2.example.com;lr;ob>, ")]),
        ExchangeRow("OB-REG-005", "pass", request: noTag, noOb + noRequire),
        ExchangeRow("OB-REG-005", "fail", request: noTag, noOb), ExchangeRow("OB-REG-005", "skipped"),
        ExchangeRow("OB-REG-006", "pass", request: plain),
        ExchangeRow("OB-REG-006", "fail", request: plain, answer: ExchangeText.refusal("400 Bad Request")),
        ExchangeRow("OB-REG-006", "skipped"),
        ExchangeRow("OB-REG-007", "pass", request: [Edit(";" + instance, "")], noRequire),
        ExchangeRow("OB-REG-007", "fail", request: [Edit(";" + instance, "")]),
        ExchangeRow(
            "OB-REG-007", "warn", request: [Edit(";" + instance, "")], answer: ExchangeText.refusal("400 Bad Request")),
        ExchangeRow("OB-REG-007", "skipped"),
        ExchangeRow("OB-REG-008", "warn", request: [Edit("Contact: ", "Contact: <sip:b@192.0.2.9>, ")]),
        ExchangeRow(
            "OB-REG-008", "pass", request: [Edit("Contact: ", "Contact: <sip:b@192.0.2.9>, ")],
            answer: ExchangeText.refusal("400 Bad Request")),
        ExchangeRow("OB-REG-008", "skipped"),
        ExchangeRow("OB-REG-009", "pass", request: [Edit("Contact: ", "Contact: <sip:b@192.0.2.9>;expires=0, ")]),
        ExchangeRow(
            "OB-REG-009", "warn", request: [Edit("Contact: ", "Contact: <sip:b@192.0.2.9>;expires=0, ")],
            answer: ExchangeText.refusal("400 Bad Request")),
        ExchangeRow("OB-REG-009", "skipped"),
    ])
    func choiceOfTheRegistrar(_ row: ExchangeRow) throws { try row.check() }

    @Test(arguments: [
        ExchangeRow("OB-REG-010", "fail", request: plain), ExchangeRow("OB-REG-010", "pass", request: plain, noRequire),
        ExchangeRow("OB-REG-010", "skipped"),
        ExchangeRow(
            "OB-REG-010", "warn",
            answer: ExchangeText.refusal("420 Bad Extension", "Unsupported: path", "Require: outbound")),
        ExchangeRow("OB-REG-010", "pass", answer: ExchangeText.refusal("403 Forbidden")),
        ExchangeRow(
            "OB-REG-012", "info", request: plain,
            answer: ExchangeText.refusal("421 Extension Required", "Require: outbound")),
        ExchangeRow("OB-REG-012", "skipped", request: plain, answer: ExchangeText.refusal("403 Wrong password")),
        ExchangeRow("OB-REG-012", "skipped"), ExchangeRow("OB-REG-012", "unknown", answer: nil),
        ExchangeRow("OB-REG-017", "pass"), ExchangeRow("OB-REG-017", "fail", noRequire, diagnosis: "DX-REG-05"),
        ExchangeRow("OB-REG-017", "warn", noRequire + [Edit("Flow-Timer: 20\n", "")], diagnosis: "DX-REG-05"),
        ExchangeRow("OB-REG-017", "skipped", request: noTag), ExchangeRow("OB-REG-017", "unknown", answer: nil),
        ExchangeRow("OB-REG-017", "info", noRequire + noPath + [Edit("Flow-Timer: 20\n", "")]) {
            $0.firstHop = .unknown
        },
        ExchangeRow("OB-REG-018", "pass", request: noTag, noRequire), ExchangeRow("OB-REG-018", "warn", request: noTag),
        ExchangeRow("OB-REG-018", "skipped"),
        ExchangeRow("OB-REG-022", "fail", request: [Edit("reg-id=1", "reg-id=0")], diagnosis: "DX-REG-11"),
        ExchangeRow("OB-REG-022", "fail", request: [Edit("reg-id=1", "reg-id=4294967297")]),
        ExchangeRow("OB-REG-022", "pass", request: [Edit("reg-id=1", "reg-id=abc")], noRequire),
        ExchangeRow(
            "OB-REG-022", "pass", request: [Edit("reg-id=1", "reg-id=2147483648")],
            answer: ExchangeText.refusal("400 Bad Request")),
        ExchangeRow("OB-REG-022", "skipped"),
        ExchangeRow("OB-REG-029", "fail", answer: ExchangeText.refusal("420 Bad Extension")),
        ExchangeRow(
            "OB-REG-029", "info", answer: ExchangeText.refusal("420 Bad Extension", "Unsupported: path"),
            diagnosis: "DX-REG-02"),
        ExchangeRow("OB-REG-029", "pass", answer: ExchangeText.refusal("420 Bad Extension", "Unsupported: x")),
        ExchangeRow("OB-REG-029", "fail", request: [Edit("Supported:", "Require: outbound\nSupported:")], noRequire),
        ExchangeRow("OB-REG-029", "pass", request: [Edit("Supported:", "Require: outbound\nSupported:")]),
        ExchangeRow("OB-REG-029", "unknown", request: [Edit("Supported:", "Require: x-none\nSupported:")]),
        ExchangeRow("OB-REG-029", "skipped"),
        ExchangeRow("OB-REG-032", "pass"), ExchangeRow("OB-REG-032", "unknown", answer: nil),
        ExchangeRow("OB-REG-032", "fail", answer: nil, diagnosis: "DX-REG-13") {
            $0.seconds = 33
            $0.provisional = 1
        },
        ExchangeRow("OB-REG-032", "unknown", answer: nil) { $0.seconds = 33 },
        ExchangeRow("OB-REG-032", "fail", answer: nil, diagnosis: "DX-REG-13") {
            $0.seconds = 33
            $0.isChallenged = true
        },
        ExchangeRow("OB-REG-032", "unknown", answer: nil) { $0.isChallenged = true },
        ExchangeRow("OB-REG-032", "fail") { $0.seconds = 33 },
        ExchangeRow("OB-REG-032", "fail", request: [Edit(";reg-id=1", "")], answer: nil) {
            $0.seconds = 33
            $0.isChallenged = true
        },
    ])
    func outboundOrNot(_ row: ExchangeRow) throws { try row.check() }

    @Test(arguments: [
        ExchangeRow("OB-REG-014", "pass"),
        ExchangeRow(
            "OB-REG-014", "fail", [Edit("Contact: ", "Contact: <sip:b@192.0.2.9>;expires=9;reg-id=1;\(instance), ")],
            diagnosis: "DX-BIND-01"),
        ExchangeRow("OB-REG-014", "skipped", [Edit(";reg-id=1", "")]),
        ExchangeRow("OB-INST-007", "skipped"),
        ExchangeRow(
            "OB-INST-007", "fail",
            [
                Edit(
                    "Contact: ",
                    "Contact: <sip:b@192.0.2.9>;expires=9;reg-id=1;"
                        + "+sip.instance=\"<urn:uuid:F81D4FAE-7dec-11d0-a765-00a0c91e6bf6>\", ")
            ]),
        ExchangeRow("OB-INST-006", "pass"),
        ExchangeRow(
            "OB-INST-006", "fail", [Edit(instance, instance.replacing(/[<>]/, with: ""))],
            diagnosis: "DX-REG-08"),
        ExchangeRow("OB-REG-016", "pass"),
        ExchangeRow("OB-REG-016", "warn", [Edit(";reg-id=1", "")], diagnosis: "DX-REG-07"),
        ExchangeRow("OB-REG-016", "skipped", request: plain),
        ExchangeRow(
            "OB-REG-016", "skipped", [Edit("Require: outbound\n", ""), Edit(";lr;ob>", ";lr>"), Edit(";reg-id=1", "")]),
        ExchangeRow("OB-REG-023", "fail", request: removal),
        ExchangeRow(
            "OB-REG-023", "pass", request: removal,
            [Edit("reg-id=1", "reg-id=2"), Edit("192.0.2.7:5060;ob", "192.0.2.8")]),
        // Over datagrams both flows of a phone have one Contact URI.
        ExchangeRow("OB-REG-023", "pass", request: removal, [Edit("reg-id=1", "reg-id=2")]),
        // With no time left it is gone: FreeSWITCH may answer so.
        ExchangeRow("OB-REG-023", "pass", request: removal, [Edit("expires=600", "expires=0")]),
        ExchangeRow(
            "OB-REG-023", "pass", request: removal, [Edit("expires=600;", ""), Edit("Path:", "Expires: 0\nPath:")]),
        ExchangeRow("OB-REG-023", "skipped"),
        ExchangeRow(
            "OB-REG-024", "fail",
            request: [Edit("<sip:alice@192.0.2.7:5060;ob>;reg-id=1;\(instance);expires=600", "*\nExpires: 0")]),
        ExchangeRow(
            "OB-REG-024", "fail", request: [Edit("<sip:alice@192.0.2.7:5060;ob>;reg-id=1;\(instance);expires=600", "*")]
        ),
        ExchangeRow(
            "OB-REG-024", "pass",
            request: [Edit("<sip:alice@192.0.2.7:5060;ob>;reg-id=1;\(instance);expires=600", "*\nExpires: 0")],
            answer: ExchangeText.refusal("200 OK")),
        ExchangeRow(
            "OB-REG-024", "pass",
            request: [Edit("<sip:alice@192.0.2.7:5060;ob>;reg-id=1;\(instance);expires=600", "*\nExpires: 0")],
            [Edit("expires=600", "expires=0")]),
        ExchangeRow("OB-REG-024", "skipped"),
        ExchangeRow("OB-REG-025", "pass"),
        ExchangeRow("OB-REG-025", "fail", [Edit(";reg-id=1", ";reg-id=2")]),
        ExchangeRow("OB-REG-025", "fail", [Edit("expires=600", "expires=0")]),
        ExchangeRow("OB-REG-025", "fail", [Edit("expires=600;", ""), Edit("Path:", "Expires: 0\nPath:")]),
        // An old one of the same key on its way out.
        ExchangeRow(
            "OB-REG-025", "pass",
            [Edit("Contact: ", "Contact: <sip:alice@192.0.2.9>;reg-id=1;\(instance);expires=0, ")]),
        ExchangeRow(
            "OB-REG-014", "pass",
            [Edit("Contact: ", "Contact: <sip:alice@192.0.2.9>;reg-id=1;\(instance);expires=0, ")]),
        // The same in the request: another one takes its place, as behind a NAT.
        ExchangeRow(
            "OB-REG-025", "pass",
            request: [
                Edit(
                    "Contact: <sip:alice@192.0.2.7:5060;ob>",
                    "Contact: <sip:alice@198.51.100.7:40112>, <sip:alice@192.0.2.7:5060;ob>"),
                Edit("expires=600", "expires=0"),
            ],
            [Edit("192.0.2.7:5060;ob>;reg-id=1;\(instance);expires=600", "198.51.100.7:40112>;expires=3600")]),
        // The same Contact in another spelling, and another one.
        ExchangeRow(
            "OB-REG-025", "pass", request: [Edit("alice@192.0.2.7", "%61lice@[2001:db8:0::7]")],
            [Edit("alice@192.0.2.7", "alice@[2001:db8::7]"), Edit("reg-id=1;", ""), Edit(instance, "x")]),
        ExchangeRow(
            "OB-REG-025", "fail",
            [Edit("alice@192.0.2.7", "Alice@192.0.2.7"), Edit("reg-id=1;", ""), Edit(instance, "x")]),
        ExchangeRow("OB-REG-025", "fail", [Edit("expires=600;", "")]),
        ExchangeRow(
            "OB-REG-025", "fail", request: [Edit("reg-id=1", "reg-id=0")], answer: ExchangeText.refusal("200 OK"),
            diagnosis: "DX-REG-11"),
        ExchangeRow("OB-REG-025", "fail", answer: ExchangeText.refusal("200 OK"), diagnosis: "DX-REG-07"),
        ExchangeRow("OB-REG-025", "skipped", answer: ExchangeText.refusal("403 Forbidden")),
        ExchangeRow(
            "OB-REG-028", "fail", request: [Edit("expires=600", "expires=60")],
            answer: ExchangeText.refusal("423 Interval Too Brief")),
        ExchangeRow(
            "OB-REG-028", "pass", request: [Edit("expires=600", "expires=60")],
            answer: ExchangeText.refusal("423 Interval Too Brief", "Min-Expires: 300")),
        ExchangeRow("OB-REG-028", "fail", answer: ExchangeText.refusal("423 Interval Too Brief", "Min-Expires: 300")),
        ExchangeRow("OB-REG-028", "skipped"),
        ExchangeRow("OB-GRUU-001", "pass"),
        ExchangeRow(
            "OB-GRUU-001", "info",
            [Edit(";pub-gruu=\"sip:alice@example.com;gr=urn:uuid:f81d4fae\";temp-gruu=\"sip:x@example.com;gr\"", "")]),
        ExchangeRow("OB-GRUU-001", "fail", [Edit(";\(instance)", "")]),
        ExchangeRow("OB-GRUU-001", "fail", [Edit("temp-gruu=\"sip:x@example.com;gr\"", "temp-gruu=\"\"")]),
        ExchangeRow("OB-GRUU-001", "fail", [Edit("pub-gruu=\"sip:alice", "pub-gruu=\"tel:alice")]),
        ExchangeRow("OB-GRUU-001", "fail", [Edit("example.com;gr=urn", "example.com; gr=urn")]),
        ExchangeRow("OB-GRUU-001", "pass", [Edit("pub-gruu=\"sip:alice", "pub-gruu=\"sips:alice")]),
        ExchangeRow("OB-GRUU-001", "skipped", request: noTag),
    ])
    func bindings(_ row: ExchangeRow) throws { try row.check() }

    @Test(arguments: [
        ExchangeRow("OB-REG-001", "pass"), ExchangeRow("OB-REG-001", "unknown", noPath),
        ExchangeRow(
            "OB-REG-001", "fail", request: [Edit("From:", "Path: <sip:t@edge.example.com;lr;ob>\nFrom:")], noPath
        ) { $0.vantage = .core },
        ExchangeRow("OB-REG-001", "skipped", request: noPathTag),
        ExchangeRow("OB-REG-026", "pass"),
        ExchangeRow("OB-REG-026", "unknown", [Edit("Path: ", "Path: <sip:p2.example.com;lr>, ")]),
        ExchangeRow("OB-REG-026", "warn") { $0.vantage = .core }, ExchangeRow("OB-REG-026", "skipped", noPath),
        ExchangeRow("OB-REG-026", "unknown", request: ownPath, furtherPath) { $0.vantage = .core },
        ExchangeRow("OB-REG-026", "warn", request: ownPath, otherPath) { $0.vantage = .core },
        ExchangeRow("OB-PATH-004", "unknown", request: ownPath, furtherPath) { $0.vantage = .core },
        ExchangeRow("OB-PATH-002", "pass", request: noPathTag, noPath),
        ExchangeRow("OB-PATH-002", "warn", request: noPathTag, diagnosis: "DX-REG-02"),
        ExchangeRow("OB-PATH-002", "warn", answer: ExchangeText.refusal("421 Extension Required")),
        ExchangeRow(
            "OB-PATH-002", "info", answer: ExchangeText.refusal("421 Extension Required", "Require: outbound"),
            diagnosis: "DX-REG-04"),
        ExchangeRow("OB-PATH-002", "skipped"),
        ExchangeRow(
            "OB-PATH-003", "info", request: noPathTag,
            answer: ExchangeText.refusal("420 Bad Extension", "Unsupported: path"), diagnosis: "DX-REG-02"),
        ExchangeRow("OB-PATH-003", "info", request: noPathTag), ExchangeRow("OB-PATH-003", "skipped"),
        ExchangeRow("OB-PATH-003", "unknown", request: noPathTag, answer: nil),
        ExchangeRow("OB-PATH-004", "unknown"), ExchangeRow("OB-PATH-004", "skipped", noPath),
        ExchangeRow("OB-PATH-004", "warn") { $0.vantage = .core },
        ExchangeRow(
            "OB-PATH-004", "pass",
            request: [Edit("From:", "Path: <sip:haGcL/6wAVr8uwPAqA0yE8XAqAwqpxA=@edge.example.com;lr;ob>\nFrom:")]
        ) { $0.vantage = .core },
        ExchangeRow("OB-RPORT-002", "pass"), ExchangeRow("OB-RPORT-002", "fail", [Edit("rport=40112", "rport")]),
        ExchangeRow("OB-RPORT-002", "fail", [Edit(";received=198.51.100.7", "")]),
        ExchangeRow("OB-RPORT-002", "pass") { $0.mapped = "198.51.100.7:40112" },
        ExchangeRow("OB-RPORT-002", "warn", diagnosis: "DX-NAT-03") { $0.mapped = "198.51.100.7:40113" },
        ExchangeRow("OB-RPORT-002", "fail") { $0.vantage = .edge },
        ExchangeRow("OB-RPORT-002", "pass") {
            $0.vantage = .edge
            $0.local = "198.51.100.7:40112"
        },
        // A container's relay, or something that rewrites SIP.
        ExchangeRow("OB-RPORT-002", "unknown") { ($0.local, $0.remote) = ("127.0.0.1:40000", "127.0.0.1:5060") },
        ExchangeRow("OB-RPORT-002", "pass") {
            ($0.local, $0.remote, $0.mapped) = ("127.0.0.1:40000", "127.0.0.1:5060", "198.51.100.7:40112")
        },
        ExchangeRow("OB-RPORT-002", "skipped", request: [Edit(";rport", "")]),
        ExchangeRow("OB-RPORT-003", "pass") { $0.source = "203.0.113.5:5060" },
        ExchangeRow("OB-RPORT-003", "fail") { $0.source = "203.0.113.5:5070" },
        ExchangeRow("OB-RPORT-003", "unknown"), ExchangeRow("OB-RPORT-003", "skipped") { $0.transport = .tcp },
        ExchangeRow(
            "OB-KEEP-002", "pass", request: [Edit(";rport", ";keep;rport")], [Edit(";rport", ";keep=30;rport")]),
        ExchangeRow("OB-KEEP-002", "info", request: [Edit(";rport", ";keep;rport")], [Edit(";rport", ";keep;rport")]),
        ExchangeRow("OB-KEEP-002", "fail", request: [Edit(";rport", ";keep;rport")], [Edit(";rport", ";keep=x;rport")]),
        ExchangeRow("OB-KEEP-002", "skipped"),
        ExchangeRow("OB-KEEP-003", "pass"), ExchangeRow("OB-KEEP-003", "fail", [Edit(";rport", ";keep=30;rport")]),
        ExchangeRow("OB-KEEP-003", "unknown", answer: nil),
        ExchangeRow("OB-KEEP-006", "pass", [Edit(";rport", ";keep=20;rport")]),
        ExchangeRow("OB-KEEP-006", "fail", [Edit(";rport", ";keep=30;rport")]), ExchangeRow("OB-KEEP-006", "skipped"),
        ExchangeRow("OB-AP-009", "pass"), ExchangeRow("OB-AP-009", "warn", answer: ExchangeText.refusal("430 x")),
        ExchangeRow("OB-AP-009", "unknown", answer: nil),
    ])
    func hops(_ row: ExchangeRow) throws { try row.check() }

    @Test(arguments: [
        ExchangeRow("OB-GR-001", "pass"), ExchangeRow("OB-GR-001", "skipped", answer: ExchangeText.refusal("403 x")),
        ExchangeRow("OB-GR-001", "fail", [Edit("5060;ob>;reg-id=1", "5060;ob;reg-id=1>")]),
        ExchangeRow("OB-GR-002", "pass"), ExchangeRow("OB-GR-002", "warn", [Edit(";lr;ob>", ";lr;ob=yes>")]),
        ExchangeRow("OB-GR-002", "skipped", noOb),
        ExchangeRow("OB-GR-004", "pass", [Edit("Require: outbound", "Require: OutBound")]),
        ExchangeRow("OB-GR-004", "info", [Edit("Require: outbound", "Supported: outbound")]),
        ExchangeRow("OB-GR-004", "skipped", noRequire),
        ExchangeRow(
            "OB-GR-004", "skipped", request: [Edit(";reg-id=1", "")], [Edit("Require: outbound", "Supported: outbound")]
        ),
        ExchangeRow("OB-GR-005", "pass", answer: ExchangeText.refusal("439 First Hop Lacks Outbound Support")),
        ExchangeRow("OB-GR-005", "info", answer: ExchangeText.refusal("439 Nope")), ExchangeRow("OB-GR-005", "skipped"),
        ExchangeRow("OB-SIP-003", "pass") { $0.transport = .tcp },
        ExchangeRow("OB-SIP-003", "fail", [Edit("Content-Length: 0\n", "")]) { $0.transport = .tcp },
        ExchangeRow("OB-SIP-003", "pass", [Edit("Content-Length: 0\n", "")]) { $0.transport = .wss },
        ExchangeRow("OB-SIP-003", "unknown", answer: nil),
        ExchangeRow("OB-TOK-001", "unknown"), ExchangeRow("OB-TOK-001", "skipped", noPath),
        ExchangeRow(
            "OB-TOK-001", "fail", [Edit("haGcL/6wAVr8uwPAqA0yE8XAqAwqpxA=", "KKfSaKO7yjOvBwF/AAABOtR/AAABqmo=")],
            diagnosis: "DX-TOK-01"),
        ExchangeRow("OB-TOK-003", "info"), ExchangeRow("OB-TOK-003", "skipped", noPath),
        ExchangeRow("OB-TOK-005", "pass"),
        ExchangeRow("OB-TOK-005", "warn", [Edit("qAwqpxA=", "qAwqpxA%3D"), Edit("/6wA", "%2F6wA")]),
        ExchangeRow("OB-TOK-005", "skipped", noPath),
        ExchangeRow("OB-TOK-006", "pass"), ExchangeRow("OB-TOK-006", "skipped", noPath),
        ExchangeRow(
            "OB-TOK-006", "warn", [Edit("haGcL/6wAVr8uwPAqA0yE8XAqAwqpxA=", "hagcl/6wavr8uwpaqa0ye8xaqawqpxa=")]),
        ExchangeRow("OB-TOK-008", "info"),
        ExchangeRow(
            "OB-TOK-008", "pass", [Edit("haGcL/6wAVr8uwPAqA0yE8XAqAwqpxA=", "KKfSaKO7yjOvBwF/AAABOtR/AAABqmo=")]),
        ExchangeRow("OB-TOK-008", "skipped", noPath),
    ])
    func grammarAndToken(_ row: ExchangeRow) throws { try row.check() }
}
