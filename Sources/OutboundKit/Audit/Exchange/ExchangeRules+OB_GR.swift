/// What one exchange shows of grammar and framing in the answer (RFC 5626 §10, §11; RFC 3261 §18.3).
extension ExchangeRules {
    static let grammar: [any ExchangeRule.Type] = [
        OB_GR_001_answer.self, OB_GR_002_path.self, OB_GR_004.self, OB_GR_005.self, OB_SIP_003_answer.self,
        OB_AUTH_002_offer.self,
    ]

    /// The name of a Contact parameter of outbound that stands inside the angle brackets.
    static func misplaced(in contacts: [Contact]) -> (name: String, contact: Contact)? {
        for contact in contacts {
            for name in ["reg-id", "+sip.instance"] where contact.uri?.hasParameter(name) == true {
                return (name, contact)
            }
        }
        return nil
    }

    /// `ob` behind the angle brackets, or where there are none: a parameter of the field (RFC 3261 §20.10), which says
    /// nothing. Nil where none stands.
    static func misplacedOb(_ value: NameAddr) -> Judgement? {
        guard value.hasParameter("ob"), !value.uri.hasParameter("ob") else { return nil }
        return .warn(
            "ob stands outside of the angle brackets: it is no parameter of the URI", saw: "\(value)",
            expected: "<sip:…;ob>")
    }

    enum OB_GR_001_answer: ExchangeRule {
        static let requirement: Requirement.ID = "OB-GR-001"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let own = x.success?.own else { return .skipped("the own Contact did not come back") }
            // What the client wrote inside the brackets comes back there: then the fault is not the registrar's.
            if let sent = x.request.contacts, misplaced(in: sent) != nil {
                return .skipped("the client put them there itself")
            }
            guard let wrong = misplaced(in: [own]) else { return .pass("no Contact parameter inside the URI") }
            return .fail(
                "\(wrong.name) came back inside the angle brackets", saw: "\(wrong.contact)",
                expected: "<sip:…>;\(wrong.name)=…")
        }
    }

    enum OB_GR_002_path: ExchangeRule {
        static let requirement: Requirement.ID = "OB-GR-002"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            let marked = x.path.filter { $0.uri.hasParameter("ob") }
            guard !marked.isEmpty else {
                return x.path.lazy.compactMap(misplacedOb).first ?? .skipped("no Path value has ob")
            }
            guard let wrong = marked.first(where: { !($0.uri.parameter("ob") ?? "").isEmpty }) else {
                return .pass("ob has no value")
            }
            return .warn("ob has a value", saw: "\(wrong)", expected: "ob")
        }
    }

    enum OB_GR_004: ExchangeRule {
        static let requirement: Requirement.ID = "OB-GR-004"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let success = x.success else { return .skipped("no 2xx came") }
            if success.grantsOutbound { return .pass("the option tag stands in Require") }
            guard success.message.hasOptionTag("outbound", in: .supported) else {
                return .skipped("the option tag does not stand in the response")
            }
            // A server may say what it knows; who did not ask has nothing to be told.
            guard x.request.asksForOutbound else { return .skipped("the REGISTER asks for no outbound") }
            return .info(
                "outbound stands in Supported only: that grants nothing", saw: success.shown(.supported, "Supported"),
                "DX-REG-05")
        }
    }

    enum OB_GR_005: ExchangeRule {
        static let requirement: Requirement.ID = "OB-GR-005"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            let texts: [UInt16: String] = [430: "Flow Failed", 439: "First Hop Lacks Outbound Support"]
            guard let answer = x.answer, let text = texts[answer.status] else {
                return .skipped("the response is neither 430 nor 439")
            }
            let phrase = answer.message.text(answer.message.startLineText)
            guard !ASCII.equalsIgnoringCase(phrase, text) else { return .pass("\(answer.line)") }
            return .info("\(answer.status) with another text, which is free", saw: answer.line)
        }
    }

    enum OB_SIP_003_answer: ExchangeRule {
        static let requirement: Requirement.ID = "OB-SIP-003"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let answer = x.answer else { return .unknown(.half, "no final response was seen") }
            return framing(of: answer.message, over: x.exchange.flow.transport)
        }
    }

    static func framing(of message: SIPMessage, over transport: TransportProtocol) -> Judgement {
        // There a message of the WebSocket is one of SIP (RFC 7118 §5).
        if transport == .ws || transport == .wss { return .pass("the WebSocket frames the message") }
        guard transport.isStream else {
            guard message.defects.contains(where: { $0.code == .trailing }) else {
                return .pass("nothing follows the message in its datagram")
            }
            return .info("octets beyond Content-Length were dropped")
        }
        guard message.first(.contentLength) == nil else { return .pass("Content-Length frames the message") }
        return .fail(
            "a message on a stream without Content-Length", saw: "no Content-Length", expected: "Content-Length")
    }

    /// The digest challenges of a 401 or 407, as far as they can be read, in their order.
    static func challenges(_ message: SIPMessage) -> [Challenge] {
        message.withSpan { span in
            message.headers.prefix(64).compactMap { field in
                switch field.name {
                case .wwwAuthenticate: try? Challenge(span, in: field.value.range, issuer: .server)
                case .proxyAuthenticate: try? Challenge(span, in: field.value.range, issuer: .proxy)
                default: nil
                }
            }
        }
    }

    enum OB_AUTH_002_offer: ExchangeRule {
        static let requirement: Requirement.ID = "OB-AUTH-002"
        static let party = Party.server
        static let looksAtChallenge = true

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let challenged = x.exchange.challenged else { return .skipped("the client was not challenged") }
            let offered = challenges(challenged.response).filter(\.isDigest)
            guard !offered.isEmpty else { return .skipped("no digest challenge can be read") }
            let names = offered.map { $0.algorithmName ?? "MD5" }
            let first = offered[0].algorithm
            let isWeakFirst = first == .md5 || first == .md5Session
            let hasStronger = offered.contains { $0.algorithm.map { $0 != .md5 && $0 != .md5Session } ?? false }
            if isWeakFirst, hasStronger {
                return .info("MD5 is preferred to a stronger algorithm", saw: names.joined(separator: ", "))
            }
            if !hasStronger, isWeakFirst { return .info("only MD5 is offered", saw: names.joined(separator: ", ")) }
            return .pass("offered, best first: \(names.joined(separator: ", "))")
        }
    }
}
