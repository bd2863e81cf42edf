import Testing

@testable import OutboundKit

/// Literal messages for the rules over one exchange; a row edits a piece of them.
enum ExchangeText {
    static let request = """
        REGISTER sip:example.com SIP/2.0
        Via: SIP/2.0/UDP 192.0.2.7:5060;rport;branch=z9hG4bK1
        Max-Forwards: 70
        From: <sip:alice@example.com>;tag=1
        To: <sip:alice@example.com>
        Call-ID: 1@192.0.2.7
        CSeq: 2 REGISTER
        Supported: path, outbound, gruu
        Contact: <sip:alice@192.0.2.7:5060;ob>;reg-id=1;+sip.instance="<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>";\
        expires=600
        Content-Length: 0


        """

    /// Path with a token of a real Kamailio; its flow is TLS, 192.168.13.50:5061 to 192.168.12.42:42768.
    static let answer = """
        SIP/2.0 200 OK
        Via: SIP/2.0/UDP 192.0.2.7:5060;rport=40112;received=198.51.100.7;branch=z9hG4bK1
        From: <sip:alice@example.com>;tag=1
        To: <sip:alice@example.com>;tag=2
        Call-ID: 1@192.0.2.7
        CSeq: 2 REGISTER
        Require: outbound
        Flow-Timer: 20
        Path: <sip:haGcL/6wAVr8uwPAqA0yE8XAqAwqpxA=@edge.example.com;lr;ob>
        Contact: <sip:alice@192.0.2.7:5060;ob>;reg-id=1;+sip.instance="<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>";\
        expires=600;pub-gruu="sip:alice@example.com;gr=urn:uuid:f81d4fae";temp-gruu="sip:x@example.com;gr"
        Content-Length: 0


        """

    static func refusal(_ line: String, _ fields: String...) -> String {
        """
        SIP/2.0 \(line)
        Via: SIP/2.0/UDP 192.0.2.7:5060;rport=40112;received=198.51.100.7;branch=z9hG4bK1
        From: <sip:alice@example.com>;tag=1
        To: <sip:alice@example.com>;tag=2
        Call-ID: 1@192.0.2.7
        CSeq: 2 REGISTER
        \((fields + ["Content-Length: 0"]).joined(separator: "\n"))


        """
    }

    static func parse(_ text: String) throws -> SIPMessage {
        let bytes = Array(text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n").utf8)
        var message = SIPMessage()
        try MessageParser.parse(bytes.span.bytes, into: &message)
        return message
    }
}

/// An edit of a literal message: each first text becomes the second. A text that is not there fails the test.
struct Edit: Sendable {
    let from: String
    let to: String
    init(_ from: String, _ to: String) {
        self.from = from
        self.to = to
    }

    static func apply(_ edits: [Edit], to text: String) throws -> String {
        var text = text
        for edit in edits {
            let range = try #require(text.firstRange(of: edit.from), "no '\(edit.from)' to edit")
            text.replaceSubrange(range, with: edit.to)
        }
        return text
    }
}

/// One exchange and what one requirement's rule must say of it.
struct ExchangeRow: Sendable, CustomTestStringConvertible {
    let id: String
    let word: String
    let request: [Edit]
    /// nil: no final response.
    let answer: String?
    let edits: [Edit]
    var setting = Setting()
    let diagnosis: String?

    struct Setting: Sendable {
        var vantage = Vantage.ua
        var firstHop = RegistrationExchange.FirstHop.edge
        var transport = TransportProtocol.udp
        var seconds = 1.0
        var provisional = 0
        var isChallenged = false
        var mapped: String?
        var source: String?
        var party = Party.server
        var local = "192.0.2.7:5060"
        var remote = "203.0.113.5:5060"
    }

    init(
        _ id: String, _ word: String, request: [Edit] = [], answer: String? = ExchangeText.answer, _ edits: [Edit] = [],
        diagnosis: String? = nil, _ change: (inout Setting) -> Void = { _ in }
    ) {
        self.id = id
        self.word = word
        self.request = request
        self.answer = answer
        self.edits = edits
        self.diagnosis = diagnosis
        change(&setting)
    }

    var testDescription: String { "\(id) \(word)" }

    func exchange() throws -> RegistrationExchange {
        let sent = try ExchangeText.parse(try Edit.apply(request, to: ExchangeText.request))
        let response = try answer.map { try ExchangeText.parse(try Edit.apply(edits, to: $0)) }
        let flow = Flow(
            transport: setting.transport, local: try #require(TransportAddress(setting.local)),
            remote: try #require(TransportAddress(setting.remote)))
        var exchange = RegistrationExchange(
            subject: "f1", flow: flow, request: sent, sent: .zero, response: response,
            ended: Timestamp(seconds: setting.seconds))
        exchange.firstHop = setting.firstHop
        exchange.provisionalCount = setting.provisional
        if setting.isChallenged {
            exchange.challenged = RegistrationExchange.Challenged(
                request: sent, response: try ExchangeText.parse(ExchangeText.refusal("401 Unauthorized")),
                answered: .zero)
        }
        exchange.mappedAddress = setting.mapped.flatMap { TransportAddress($0) }
        exchange.responseSource = setting.source.flatMap { TransportAddress($0) }
        return exchange
    }

    func check() throws {
        let findings = ExchangeRules.judge(try exchange(), vantage: setting.vantage, parties: [setting.party])
        let mine = findings.filter { $0.requirement?.text == id }
        // Where two rules judge one requirement, the row is about the one that has something to say.
        let said = mine.filter { $0.verdict.word != "skipped" }
        let finding = try #require(said.min { $0.verdict.rank < $1.verdict.rank } ?? mine.first, "no rule judges \(id)")
        #expect(finding.verdict.word == word, "\(finding.message) \(finding.evidence.map(\.observed))")
        if let diagnosis { #expect(finding.diagnosis?.text == diagnosis) }
        if ["fail", "warn"].contains(word) { #expect(finding.evidence.first?.time != nil) }
        if finding.diagnosis != nil { #expect(finding.advice != nil) }
        #expect(finding.subject == "f1" && !finding.message.isEmpty)
    }
}
