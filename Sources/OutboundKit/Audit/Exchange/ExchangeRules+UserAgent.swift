/// What one exchange shows of the user agent (RFC 5626 §4.1, §4.2, §10; RFC 3261 §10.2; RFC 3581 §3; RFC 6223).
extension ExchangeRules {
    static let userAgent: [any ExchangeRule.Type] = [
        OB_INST_001.self, OB_INST_004.self, OB_INST_005.self, OB_INST_006.self, OB_UA_003.self, OB_UA_004.self,
        OB_UA_008.self, OB_UA_009.self, OB_UA_018.self, OB_UA_024.self, OB_UA_030.self, OB_GR_001.self,
        OB_GR_002.self, OB_GR_003.self, OB_RPORT_001.self, OB_KEEP_001.self, OB_SIP_003.self, OB_SIP_004.self,
        OB_SIP_005.self, OB_AUTH_001.self, OB_AUTH_002.self, OB_AUTH_003.self,
    ]

    private static func withoutInstance(_ x: ExchangeView) -> Judgement {
        guard x.request.contacts != nil else { return .skipped("the Contact of the REGISTER cannot be read") }
        guard x.request.regIDText != nil else { return .skipped("the REGISTER has no reg-id: no outbound is wanted") }
        guard x.request.own?.instance == nil else { return .pass("the Contact has +sip.instance") }
        return .fail(
            "reg-id without +sip.instance", saw: x.request.message.shown(.contact, "Contact"),
            expected: "+sip.instance=\"<urn:uuid:…>\"")
    }

    enum OB_INST_001: ExchangeRule {
        static let requirement: Requirement.ID = "OB-INST-001"
        static let party = Party.userAgent
        static func judge(_ x: ExchangeView) -> Judgement { withoutInstance(x) }
    }

    enum OB_UA_004: ExchangeRule {
        static let requirement: Requirement.ID = "OB-UA-004"
        static let party = Party.userAgent
        static func judge(_ x: ExchangeView) -> Judgement { withoutInstance(x) }
    }

    enum OB_INST_004: ExchangeRule {
        static let requirement: Requirement.ID = "OB-INST-004"
        static let party = Party.userAgent

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let text = x.request.own?.instance else { return .skipped("the Contact has no +sip.instance") }
            guard let instance = x.request.instance else { return .skipped("the instance is no URN (OB-INST-005)") }
            guard instance.scheme != .uuid else { return .pass("the instance is a UUID URN") }
            return .warn("the instance is no well-formed UUID URN", saw: text, expected: "urn:uuid:8-4-4-4-12")
        }
    }

    enum OB_INST_005: ExchangeRule {
        static let requirement: Requirement.ID = "OB-INST-005"
        static let party = Party.userAgent

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let text = x.request.own?.instance else { return .skipped("the Contact has no +sip.instance") }
            let expected = "urn:uuid:, urn:gsma:imei: or urn:device-id:meid:"
            guard let instance = x.request.instance else {
                return .fail("the instance is no URN", saw: text, expected: expected, "DX-REG-08")
            }
            switch instance.scheme {
            case .uuid, .malformedUUID: return .pass("the URN's namespace is uuid")
            case .imei, .meid: return .info("the URN's namespace is allowed by an RFC of its own", saw: instance.urn)
            case .other:
                return .fail("no RFC allows this namespace as an instance", saw: instance.urn, expected: expected)
            }
        }
    }

    enum OB_INST_006: ExchangeRule {
        static let requirement: Requirement.ID = "OB-INST-006"
        static let party = Party.userAgent

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let own = x.request.own, let parameter = own.parameters.first(named: "+sip.instance") else {
                return .skipped("the Contact has no +sip.instance")
            }
            if isWritten(parameter) { return .pass("quoted, and in angle brackets") }
            return .fail(
                "the instance is not written as the grammar has it", saw: "\(parameter)", expected: expected,
                "DX-REG-08")
        }

        static let expected = "+sip.instance=\"<urn:uuid:…>\""

        /// Whether it is quoted and in angle brackets; whether a URN is in them is OB-INST-005's question.
        static func isWritten(_ parameter: SIPParameter) -> Bool {
            let text = parameter.value ?? ""
            do throws(ParseError) {
                _ = try InstanceID(parameterValue: parameter.isQuoted ? "\"\(text)\"" : text)
                return true
            } catch {
                return error.rule.description == "URN"
            }
        }
    }

    enum OB_UA_003: ExchangeRule {
        static let requirement: Requirement.ID = "OB-UA-003"
        static let party = Party.userAgent

        static func judge(_ x: ExchangeView) -> Judgement {
            guard x.request.regIDText != nil else { return .skipped("the REGISTER has no reg-id") }
            let message = x.request.message
            guard !message.hasOptionTag("outbound", in: .supported) else { return .pass("Supported lists outbound") }
            return .fail(
                "reg-id without outbound in Supported", saw: message.shown(.supported, "Supported"),
                expected: "Supported: path, outbound", "DX-REG-10")
        }
    }

    enum OB_UA_008: ExchangeRule {
        static let requirement: Requirement.ID = "OB-UA-008"
        static let party = Party.userAgent

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let text = x.request.regIDText else { return .skipped("the REGISTER has no reg-id") }
            guard let regID = x.request.regID else {
                return .fail(
                    "reg-id is out of range or no number", saw: "reg-id=\(text)", expected: "1 to 2147483647",
                    "DX-REG-11")
            }
            return text.hasPrefix("0") ? .info("reg-id has leading zeros", saw: text) : .pass("reg-id is \(regID)")
        }
    }

    enum OB_UA_009: ExchangeRule {
        static let requirement: Requirement.ID = "OB-UA-009"
        static let party = Party.userAgent

        static func judge(_ x: ExchangeView) -> Judgement {
            guard x.request.regIDText != nil else { return .skipped("the REGISTER has no reg-id") }
            let message = x.request.message
            guard !message.hasOptionTag("path", in: .supported) else { return .pass("Supported lists path") }
            return .fail(
                "reg-id without path in Supported", saw: message.shown(.supported, "Supported"),
                expected: "Supported: path, outbound", "DX-REG-02")
        }
    }

    enum OB_UA_018: ExchangeRule {
        static let requirement: Requirement.ID = "OB-UA-018"
        static let party = Party.userAgent

        static func judge(_ x: ExchangeView) -> Judgement {
            let message = x.request.message
            if x.request.isStar { return .pass("Contact: * stands alone") }
            // With parameters the value is no star by the grammar, so that it could not be read.
            let star = message.values(.contact).first { message.text($0).hasPrefix("*") }
            guard let star else { return .skipped("the REGISTER has no Contact: *") }
            return .fail("Contact: * with more", saw: "Contact: \(message.text(star))", expected: "Contact: *")
        }
    }

    enum OB_UA_024: ExchangeRule {
        static let requirement: Requirement.ID = "OB-UA-024"
        static let party = Party.userAgent

        static func judge(_ x: ExchangeView) -> Judgement {
            guard !x.isStream else { return .skipped("rport matters on UDP") }
            guard x.request.viaCount < 2 else { return .skipped("this is not the client's own hop") }
            guard let via = x.request.via else { return .skipped("the Via of the REGISTER cannot be read") }
            guard via.rport == .absent else { return .pass("the Via asks for rport") }
            return .warn("the Via does not ask for rport", saw: "Via: \(via)", expected: "rport")
        }
    }

    enum OB_UA_030: ExchangeRule {
        static let requirement: Requirement.ID = "OB-UA-030"
        static let party = Party.userAgent

        static func judge(_ x: ExchangeView) -> Judgement {
            guard x.request.bound.contains(where: { $0.regID != nil }) else {
                return .skipped("no contact with a reg-id is bound")
            }
            guard x.request.bound.count > 1 else { return .pass("one contact is bound") }
            return .fail(
                "more than one contact is bound though one has a reg-id",
                saw: counted(x.request.bound.count, "contact"),
                expected: "one contact")
        }
    }

    enum OB_GR_001: ExchangeRule {
        static let requirement: Requirement.ID = "OB-GR-001"
        static let party = Party.userAgent

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let contacts = x.request.contacts, !contacts.isEmpty else {
                return .skipped("the Contact of the REGISTER cannot be read")
            }
            guard let wrong = misplaced(in: contacts) else { return .pass("no Contact parameter inside the URI") }
            return .fail(
                "\(wrong.name) stands inside the angle brackets, where it means nothing", saw: "\(wrong.contact)",
                expected: "<sip:…>;\(wrong.name)=…")
        }
    }

    enum OB_GR_002: ExchangeRule {
        static let requirement: Requirement.ID = "OB-GR-002"
        static let party = Party.userAgent

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let uri = x.request.own?.uri, let value = uri.parameters.state(of: "ob") as ParameterState?,
                value != .absent
            else { return x.request.own?.nameAddr.flatMap(misplacedOb) ?? .skipped("the Contact URI has no ob") }
            guard case .value(let text) = value else {
                // Some clients leave it in where outbound is off: harmless, and misleading.
                guard x.request.offersOutbound || x.request.regID != nil else {
                    return .info("ob without reg-id and without outbound says nothing", saw: "ob", "DX-REG-09")
                }
                return .pass("ob has no value")
            }
            return .warn("ob has a value", saw: "ob=\(text)", expected: "ob")
        }
    }

    enum OB_GR_003: ExchangeRule {
        static let requirement: Requirement.ID = "OB-GR-003"
        static let party = Party.userAgent

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let parameter = x.request.own?.parameters.first(named: "reg-id") else {
                return .skipped("the REGISTER has no reg-id")
            }
            guard parameter.isQuoted else { return .pass("reg-id is not quoted") }
            return .fail("reg-id is quoted", saw: "\(parameter)", expected: "reg-id=1*DIGIT")
        }
    }

    enum OB_RPORT_001: ExchangeRule {
        static let requirement: Requirement.ID = "OB-RPORT-001"
        static let party = Party.userAgent

        static func judge(_ x: ExchangeView) -> Judgement {
            guard x.request.viaCount == 1, let via = x.request.via else {
                return .skipped("this is not the client's own hop")
            }
            switch via.rport {
            case .absent: return .skipped("the Via has no rport")
            case .empty: return .pass("rport has no value")
            case .value(let text):
                return .fail("the client filled in rport itself", saw: "rport=\(text)", expected: "rport")
            }
        }
    }

    enum OB_KEEP_001: ExchangeRule {
        static let requirement: Requirement.ID = "OB-KEEP-001"
        static let party = Party.userAgent

        static func judge(_ x: ExchangeView) -> Judgement {
            guard x.request.viaCount == 1, let via = x.request.via else {
                return .skipped("this is not the client's own hop")
            }
            switch via.keep {
            case .absent: return .skipped("the Via has no keep")
            case .empty: return .pass("keep has no value")
            case .value(let text):
                return .warn("keep has a value in a request", saw: "keep=\(text)", expected: "keep")
            }
        }
    }

    enum OB_SIP_003: ExchangeRule {
        static let requirement: Requirement.ID = "OB-SIP-003"
        static let party = Party.userAgent
        static func judge(_ x: ExchangeView) -> Judgement {
            framing(of: x.request.message, over: x.exchange.flow.transport)
        }
    }

    enum OB_SIP_004: ExchangeRule {
        static let requirement: Requirement.ID = "OB-SIP-004"
        static let party = Party.userAgent

        static func judge(_ x: ExchangeView) -> Judgement {
            let text = x.request.message.text(x.request.message.requestURI)
            guard let uri = try? SIPURI.parse(text) else { return .skipped("the Request-URI cannot be read") }
            guard uri.user != nil else { return .pass("the Request-URI is a domain") }
            return .fail("the Request-URI has a user part", saw: text, expected: "sip:\(uri.host)")
        }
    }

    enum OB_SIP_005: ExchangeRule {
        static let requirement: Requirement.ID = "OB-SIP-005"
        static let party = Party.userAgent

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let before = x.exchange.challenged?.request else { return .skipped("the client was not challenged") }
            func callID(_ message: SIPMessage) -> String { message.callID.map(message.text) ?? "" }
            guard callID(before) == callID(x.request.message) else {
                return .warn(
                    "the retry has a new Call-ID", saw: callID(x.request.message), expected: callID(before))
            }
            guard let first = try? before.cseq(), let second = try? x.request.message.cseq() else {
                return .skipped("a CSeq cannot be read")
            }
            guard second.number == first.number &+ 1 else {
                return .warn(
                    "the retry's CSeq is not one higher", saw: "\(second.number)", expected: "\(first.number &+ 1)")
            }
            return .pass("the retry has the same Call-ID and the next CSeq")
        }
    }
}
