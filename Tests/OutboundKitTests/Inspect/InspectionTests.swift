import Testing

@testable import OutboundKit

func inspected(_ text: String, _ change: (inout Inspection.Context) -> Void = { _ in }) -> Inspection {
    inspected(wire(text), change)
}

func inspected(_ octets: [UInt8], _ change: (inout Inspection.Context) -> Void = { _ in }) -> Inspection {
    var context = Inspection.Context()
    change(&context)
    return Inspection(
        octets, subject: "m", context: context, examiner: FlowTokenExaminer(keys: FlowTokenKeyRing([])))
}

@Suite struct InspectionTests {
    static let register = """
        REGISTER sip:example.com SIP/2.0
        Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK1;rport
        Max-Forwards: 70
        From: <sip:alice@example.com>;tag=1
        To: <sip:alice@example.com>
        Call-ID: 1
        CSeq: 1 REGISTER
        Supported: path, outbound
        Contact: <sip:alice@192.0.2.7;ob>;reg-id=1;+sip.instance="<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>"
        Content-Length: 0


        """

    static let invite = """
        INVITE sip:bob@example.com SIP/2.0
        Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK1;rport
        Max-Forwards: 70
        From: <sip:alice@example.com>;tag=1
        To: <sip:bob@example.com>
        Call-ID: 1
        CSeq: 1 INVITE
        Supported: outbound
        Contact: <sip:alice@192.0.2.7;ob>
        Content-Length: 0


        """

    static let ok = """
        SIP/2.0 200 OK
        Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK1;rport=5060;received=192.0.2.7
        From: <sip:alice@example.com>;tag=1
        To: <sip:alice@example.com>;tag=2
        Call-ID: 1
        CSeq: 1 REGISTER
        Require: outbound
        Flow-Timer: 120
        Path: <sip:token@192.0.2.1;lr;ob>
        Contact: <sip:alice@192.0.2.7;ob>;reg-id=1;+sip.instance="<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>";expires=3600
        Content-Length: 0


        """

    private func broken(_ inspection: Inspection, strict: Bool = true) -> Set<String> {
        Set(
            inspection.findings.filter { $0.verdict == .fail || strict && $0.verdict == .warn }
                .compactMap { $0.requirement?.text })
    }

    @Test(arguments: [register, invite, ok]) func nothingIsWrong(_ text: String) {
        let inspection = inspected(text)
        #expect(inspection.malformed.isEmpty && broken(inspection).isEmpty && !inspection.isViolated(strict: true))
        #expect(inspection.failure == nil)
    }

    struct Row: CustomTestStringConvertible {
        let of: String
        let replace: String
        let with: String
        let breaks: Set<String>
        var testDescription: String { "\(replace) -> \(with)" }

        init(_ of: String, _ replace: String, _ with: String, _ breaks: Set<String>) {
            self.of = of
            self.replace = replace
            self.with = with
            self.breaks = breaks
        }
    }

    private static let secondVia = "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK0\nVia: SIP/2.0/UDP 192.0.2.7:5060"

    private static let users: [Row] = [
        Row(register, "path, outbound", "path", ["OB-UA-003"]),
        Row(register, "path, outbound", "outbound", ["OB-UA-009"]),
        Row(register, "reg-id=1", "reg-id=0", ["OB-UA-008"]),
        Row(register, "reg-id=1", "reg-id=2147483648", ["OB-UA-008"]),
        Row(register, "reg-id=1", "reg-id=\"1\"", ["OB-GR-003"]),
        Row(
            register, ";+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>\"", "",
            ["OB-UA-004", "OB-INST-001"]),
        Row(register, "urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF", "urn:uuid:1", ["OB-INST-004"]),
        Row(
            register, "\"<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>\"", "\"mac:0011\"",
            ["OB-INST-005", "OB-INST-006"]),
        Row(register, ";rport", "", ["OB-UA-024"]),
        Row(register, ";rport", ";rport=5060", ["OB-RPORT-001"]),
        Row(register, ";rport", ";rport;keep=30", ["OB-KEEP-001"]),
        Row(register, "sip:example.com SIP", "sip:alice@example.com SIP", ["OB-SIP-004"]),
        Row(register, ";ob>", ";ob=1>", ["OB-GR-002"]),
        Row(register, ";ob>;reg-id=1", ";reg-id=1>", ["OB-GR-001"]),
        Row(register, "Contact: ", "Contact: <sip:b@192.0.2.7>, ", ["OB-UA-030"]),
        Row(register, "UDP 192.0.2.7:5060;branch=z9hG4bK1;rport\n", "TCP 192.0.2.7;branch=z9hG4bK1\n", []),
        Row(invite, ";ob>", ">;ob", ["OB-UA-023", "OB-GR-002"]),
        Row(register, ";ob>;reg-id=1", ">;ob;reg-id=1", ["OB-GR-002"]),
        Row(register, "<sip:alice@192.0.2.7;ob>;reg-id=1", "sip:alice@192.0.2.7;ob;reg-id=1", ["OB-GR-002"]),
        Row(invite, ";rport", ";rport=1", ["OB-RPORT-001"]),
        // As a server logged it.
        Row(invite, ";rport", ";rport=1;received=192.0.2.9", []),
    ]

    private static let proxies: [Row] = [
        Row(register, "Via: SIP/2.0/UDP 192.0.2.7:5060", secondVia, ["OB-EP-001"]),
        Row(register, "Via: SIP/2.0/UDP 192.0.2.7:5060", "Path: <sip:t@192.0.2.1;lr>\n" + secondVia, ["OB-EP-005"]),
        Row(
            register, "Via: SIP/2.0/UDP 192.0.2.7:5060", "Path: <sip:t@192.0.2.1;lr>;ob\n" + secondVia,
            ["OB-EP-005", "OB-GR-002"]),
        Row(register, "Via: SIP/2.0/UDP 192.0.2.7:5060", "Path: <sip:t@192.0.2.1;lr;ob>\n" + secondVia, []),
        Row(
            register, "Via: SIP/2.0/UDP 192.0.2.7:5060",
            "Path: <sip:192.0.2.2;lr;ob>, <sip:t@192.0.2.1;lr;ob>\n" + secondVia, ["OB-EP-006"]),
        Row(register, "Via: SIP/2.0/UDP 192.0.2.7:5060", "Path: <sip:t@192.0.2.1;ob>\n" + secondVia, ["OB-EP-008"]),
        Row(register, "Via: SIP/2.0/UDP 192.0.2.7:5060", "Path: <sip:192.0.2.1;lr;ob>\n" + secondVia, ["OB-EP-002"]),
    ]

    private static let answers: [Row] = [
        Row(ok, "Flow-Timer: 120", "Flow-Timer: 1.5", ["OB-FT-001"]),
        Row(ok, "Flow-Timer: 120", "Flow-Timer: 120\nFlow-Timer: 60", ["OB-FT-001"]),
        Row(ok, "Require: outbound\n", "", ["OB-FT-002"]),
        Row(ok, "200 OK", "400 No", ["OB-FT-002"]),
        Row(ok, "rport=5060;received=192.0.2.7", "rport", ["OB-RPORT-002"]),
        Row(ok, ";received=192.0.2.7", "", []), Row(ok, ";lr;ob", ";ob", ["OB-EP-008"]),
        Row(ok, "Via: SIP/2.0/UDP 192.0.2.7:5060", secondVia, ["OB-FT-003"]),
        Row(ok, "200 OK", "420 Bad Extension", ["OB-REG-029", "OB-FT-002"]),
        Row(ok, "200 OK", "430 Flow Failed", ["OB-AP-009", "OB-FT-002"]),
    ]

    static let rows = users + proxies + answers

    @Test(arguments: rows) func oneFault(_ row: Row) {
        #expect(row.of.contains(row.replace))
        let inspection = inspected(row.of.replacing(row.replace, with: row.with))
        #expect(broken(inspection) == row.breaks)
        for finding in inspection.findings { #expect(finding.evidence.allSatisfy { $0.time == nil }) }
    }

    @Test func whatOneMessageCannotShowIsUnknown() {
        let inspection = inspected(Self.invite.replacing("Supported: outbound\n", with: ""))
        let unknown = inspection.findings.filter { if case .unknown = $0.verdict { true } else { false } }
        #expect(unknown.map(\.requirement) == ["OB-UA-019"])
    }

    // MARK: Grammar

    struct Fault: CustomTestStringConvertible {
        let replace: String
        let with: String
        /// `line:column rule` of each piece.
        let pieces: [String]
        var testDescription: String { with }

        init(_ replace: String, _ with: String, _ pieces: [String]) {
            self.replace = replace
            self.with = with
            self.pieces = pieces
        }
    }

    private static let faults: [Fault] = [
        Fault("SIP/2.0/UDP", "SIP/1.0/UDP", ["2:10 protocol-version"]),
        Fault("192.0.2.7:5060", "192.0.2.7:70000", ["2:28 port"]),
        Fault("To: <sip:alice@example.com>", "To: <sip:alice@example.com", ["5:5 RAQUOT"]),
        Fault("Max-Forwards: 70", "Max-Forwards: 700", ["3:15 Max-Forwards"]),
        Fault("CSeq: 1 REGISTER", "CSeq: 1 INVITE", ["7:7 CSeq"]),
        Fault("Call-ID: 1\n", "", ["1:1 Call-ID"]),
        Fault("Call-ID: 1\n", "Call-ID: 1\nCall-ID: 1\n", ["7:1 Call-ID"]),
        Fault("REGISTER sip:example.com SIP/2.0\n", "REGISTER  sip:example.com SIP/2.0\n", ["1:10 Request-Line SP"]),
        Fault("Contact: <", "Contact: <sip:%zz@a>, <sip:b c>, <", ["9:15 escaped", "9:29 SIP-URI"]),
        Fault("Supported", "no colon here\nSupported", ["8:4 HCOLON"]),
        Fault("Supported", "no colon\nnor here\nSupported", ["8:4 HCOLON", "9:5 HCOLON"]),
        Fault("Content-Length: 0", "Content-Length: 5", ["12:1 Content-Length"]),
        Fault("Contact: <", "Contact: *, <", ["9:10 Contact"]),
        Fault(";reg-id=1;", ";reg-id=1;Reg-ID=2;", ["9:10 generic-param"]),
        Fault("Supported: path, outbound", "Supported: path, <b>, outbound|x", ["8:18 option-tag", "8:23 option-tag"]),
        Fault("Supported: path, outbound", "Supported:\nRequire: path, \"gruu\"", ["9:16 option-tag"]),
        Fault("Max-Forwards: 70\n", "", ["1:1 Max-Forwards"]),
        Fault(";reg-id=1;", ";reg-id=1;expires=abc;", ["9:10 c-p-expires"]),
        Fault(";reg-id=1;", ";reg-id=1;expires;", ["9:10 c-p-expires"]),
        Fault(";reg-id=1;", ";reg-id=1;expires=99999999999;", []),
        Fault("From: <", "From: \"a\u{1B}[31m\" <", ["4:9 control character"]),
        Fault("From: <", "From: \"a\\\u{1B}\tb\" <", []),
        Fault(";reg-id=1;", ";reg-id=1;expires=\"60\";", ["9:10 delta-seconds"]),
        Fault(";reg-id=1;", ";reg-id=1;q=1.5;", ["9:10 qvalue"]),
        Fault(";reg-id=1;", ";reg-id=1;q=0.1234;", ["9:10 qvalue"]),
        Fault(";reg-id=1;", ";reg-id=1;q=1.000;", []),
        Fault(";reg-id=1;", ";reg-id=1;;", ["9:43 SEMI"]),
        Fault("From: <", "From: bob@home <", ["4:10 display-name"]),
        Fault("From: <", "From: Bob of home <", []),
        Fault("Supported: path, outbound", "Supported: path, outbound,", ["8:26 COMMA"]),
        Fault("Supported: path, outbound", "Supported: path, , outbound", ["8:18 COMMA"]),
        Fault("Supported: path, outbound", "Supported: path, outbound\nRequire:", ["9:9 option-tag"]),
        Fault("Supported: path, outbound", "Supported:", []),
        Fault("Call-ID: 1", "Call-ID: a@b@c", ["6:13 callid"]),
        Fault("Call-ID: 1", "Call-ID: a b", ["6:10 callid"]),
        Fault("Supported", "Expires: 300x\nSupported", ["8:10 Expires"]),
        Fault("Call-ID: 1", "Call-ID: <a>\"?@{b}[c]", []),
        Fault("Supported", "Expires: 300 (five min)\nSupported", ["8:13 Expires"]),
        Fault("Supported", "Route: sip:192.0.2.1;lr\nSupported", ["8:8 route-param"]),
        Fault("Supported", "Authorization: Digest username=\"a, realm=\"b\"\nSupported", ["8:44 quoted-string"]),
        Fault(
            "Supported", "Route: <sip:PBX#1@192.0.2.1;lr;a=b=;lr>\nSupported",
            ["8:9 pvalue", "8:9 uri-parameter", "8:16 URI character"]),
        Fault("Supported", "Route: <tel:*21#>\nSupported", []),
    ]

    @Test(arguments: faults) func malformed(_ fault: Fault) {
        #expect(Self.register.contains(fault.replace))
        let pieces = inspected(Self.register.replacing(fault.replace, with: fault.with)).malformed
        #expect(pieces.map { "\($0.line):\($0.column) \($0.rule)" } == fault.pieces)
        #expect(pieces.allSatisfy { $0.expected != nil && $0.section != nil && !$0.message.isEmpty })
    }

    /// No rule that the parser names is without its production.
    @Test func everyVectorIsExplained() throws {
        for octets in MutationTests.corpus {
            let inspection = inspected(octets)
            for piece in inspection.malformed {
                #expect(piece.expected != nil, "\(piece.rule): \(piece.message)")
                #expect(piece.observed.count <= 60)
            }
        }
    }

    /// The end of a message that was cut may hold all that its beginning lacks.
    @Test func ofACutMessageNothingIsJudged() {
        let whole = wire(Self.register.replacing("UDP", with: "TCP"))
        for count in stride(from: 40, to: whole.count - 4, by: 7) {
            let inspection = inspected(Array(whole[..<count]))
            #expect(inspection.isIncomplete && inspection.findings.isEmpty && inspection.decisions.isEmpty)
            #expect(inspection.malformed.map(\.rule) == ["message-header"])
        }
    }

    /// A text of which the reader has put the empty line there: what it lacks may have followed too, unless
    /// Content-Length, which ends most headers, is there.
    @Test func aTextThatMayHaveBeenCut() throws {
        let lines = Self.register.replacing("UDP", with: "TCP").split(separator: "\n").map(String.init)
        func verdicts(_ lines: [String], added: Bool) -> (Inspection, [String: String]) {
            let inspection = inspected(lines.joined(separator: "\n") + "\n\n") { $0.isEndAdded = added }
            let ends = inspection.findings.map { ($0.requirement?.text ?? "", $0.verdict.word) }
            return (inspection, Dictionary(ends) { first, _ in first })
        }
        let (whole, found) = verdicts(lines, added: true)
        #expect(found["OB-SIP-003"] == "pass" && !whole.isIncomplete)
        let short = lines.filter { !$0.hasPrefix("Content-Length") && !$0.hasPrefix("Supported") }
        let (cut, unknown) = verdicts(short, added: true)
        for id in ["OB-SIP-003", "OB-UA-003", "OB-UA-009"] { #expect(unknown[id] == "unknown", "\(id)") }
        #expect(cut.decisions.count == 2 && !cut.isViolated(strict: true))
        let (_, failed) = verdicts(short, added: false)
        for id in ["OB-SIP-003", "OB-UA-003", "OB-UA-009"] { #expect(failed[id] == "fail", "\(id)") }
        // Mandatory fields that are missing, and a last line that breaks off.
        let inContact = short.dropLast() + [String(short[short.count - 1].prefix(24))]
        for lines in [Array(lines.prefix(4)), Array(inContact)] {
            let (inspection, none) = verdicts(lines, added: true)
            #expect(inspection.isIncomplete && none.isEmpty && inspection.decisions.isEmpty)
            #expect(inspection.malformed.map(\.rule) == ["message-header"])
        }
        // A fault elsewhere is none of the cut.
        let (broken, _) = verdicts(short.map { $0.replacing("CSeq: 1", with: "CSeq: x") }, added: true)
        #expect(!broken.isIncomplete && broken.malformed.contains { $0.rule == "CSeq" || $0.line == 6 || $0.line == 7 })
    }

    @Test func damagedMessagesAreInspected() {
        for seed in 0..<20 {
            var generator = SeededGenerator(seed: UInt64(seed))
            for original in MutationTests.corpus {
                var octets = original
                for _ in 0..<4 where !octets.isEmpty {
                    octets[Int.random(in: 0..<octets.count, using: &generator)] = UInt8.random(
                        in: 0 ... .max, using: &generator)
                }
                let inspection = inspected(octets) { $0.source = TransportAddress("192.0.2.7:5060") }
                #expect(inspection.decisions.isEmpty || inspection.decisions.count == 2)
                #expect(inspection.malformed.allSatisfy { $0.line > 0 && $0.column > 0 })
            }
        }
    }

    // MARK: Secrets

    @Test func secretsAreCovered() {
        let text = Self.register.replacing("sip:alice@192.0.2.7", with: "sip:alice:s3cret@192.0.2.7")
            .replacing("Max-Forwards: 70", with: "Authorization: Digest username=\"a\", response=\"0123\"")
        let inspection = inspected(text)
        #expect(!String(decoding: inspection.message.bytes, as: UTF8.self).contains("s3cret"))
        #expect(!String(decoding: inspection.message.bytes, as: UTF8.self).contains("0123"))
        #expect(inspection.message.bytes.count == wire(text).count)
    }

    // MARK: Tokens, Route and the registrar

    static let token = "KKfSaKO7yjOvBwF/AAABOtR/AAABqmo="

    @Test func tokensAreFoundWithTheirPlace() throws {
        let text = Self.invite.replacing(
            "Max-Forwards: 70",
            with: "Route: <sip:\(Self.token)@127.0.0.1:15060;lr>\nRecord-Route: <sip:\(Self.token)@127.0.0.1:15060;lr>")
        let tokens = inspected(text) { $0.source = TransportAddress("127.0.0.1:43626") }.tokens
        #expect(tokens.map(\.place) == [.route, .recordRoute])
        #expect(tokens.map(\.line) == [3, 4] && tokens[0].column == 13)
        #expect(tokens[0].direction?.way == .outgoing && tokens[1].direction == nil)
        #expect(inspected(text).isViolated(strict: false), "anyone can make such a token")
    }

    @Test func aUserNameIsNoToken() {
        #expect(inspected(Self.invite).tokens.isEmpty)
        #expect(
            inspected(Self.invite.replacing("Contact: <sip:alice@", with: "Contact: <sip:abcdefghij@")).tokens.isEmpty)
    }

    @Test func theEdgesOwnNames() {
        let text = Self.invite.replacing("Max-Forwards: 70", with: "Route: <sip:ep1.example.com;lr>")
        func kamailio(_ edges: [String]) -> OutboundDecision.Action? {
            inspected(text) { $0.edges = edges }.decisions.last?.action
        }
        #expect(kamailio([]) == .recordRouteOfSource)
        #expect(kamailio(["EP1.example.com"]) == .recordRouteOfSource)
        #expect(kamailio(["ep1.example.com:5060"]) == .recordRouteOfSource)
        #expect(kamailio(["ep2.example.com"]) == .plainRecordRoute)
    }

    @Test func theRegistrarsAnswer() throws {
        let rows: [(String, UInt16, Bool)] = [
            (Self.register, 200, true),
            (Self.register.replacing("Via: SIP/2.0/UDP 192.0.2.7:5060", with: Self.secondVia), 439, false),
            (Self.register.replacing("path, outbound", with: "path"), 200, false),
            (Self.register.replacing("Supported: path, outbound", with: "Require: nonesuch"), 420, false),
            (Self.register.replacing("Content-Length: 0", with: "Expires: 1\nContent-Length: 0"), 423, false),
            (Self.register.replacing("reg-id=1", with: "reg-id=0"), 400, false),
            (
                Self.register.replacing(
                    "Via: SIP/2.0/UDP 192.0.2.7:5060", with: "Path: <sip:t@192.0.2.1;lr;ob>\n" + Self.secondVia), 200,
                true
            ),
        ]
        for (text, status, grants) in rows {
            let view = try #require(inspected(text).registrars.first)
            #expect(view.status == status && view.grantsOutbound == grants && !view.meaning.isEmpty, "\(text)")
        }
        #expect(inspected(Self.invite).registrars.isEmpty && inspected(Self.ok).registrars.isEmpty)
    }

    /// An edge in between changes the answer: its Path is what the registrar looks at.
    @Test func theRegistrarsAnswerBehindAnEdge() {
        func answers(_ text: String, _ change: (inout Inspection.Context) -> Void = { _ in }) -> [String] {
            inspected(text, change).registrars.map { "\($0.way.rawValue) \($0.status)" }
        }
        #expect(answers(Self.register) == ["as-it-stands 200", "behind-either 200"])
        // Kamailio adds Path though the phone does not list it, and a strict registrar refuses that (RFC 3327 §5.3).
        let noPath = Self.register.replacing("path, outbound", with: "outbound")
        #expect(answers(noPath) == ["as-it-stands 200", "behind-kamailio 420"])
        #expect(
            answers(Self.register) { $0.flags.forceNo = true }
                == ["as-it-stands 200", "behind-rfc5626 200", "behind-kamailio 439"])
        #expect(answers(Self.register.replacing("Via: SIP/2.0/UDP 192.0.2.7:5060", with: Self.secondVia)).count == 1)
    }

    @Test func whereTheyDiffer() throws {
        let noPath = Self.register.replacing("path, outbound", with: "outbound")
        #expect(try #require(inspected(noPath).difference).contains("Supported does not list path"))
        #expect(inspected(Self.register).difference == nil)
        #expect(
            inspected(Self.register) { $0.flags.forceNo = true }.difference?.contains("force_no_outbound_flag") == true)
        #expect(inspected(Self.invite.replacing("Supported: outbound", with: "Supported: path")).difference != nil)
    }
}
