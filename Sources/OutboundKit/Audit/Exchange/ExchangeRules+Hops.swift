/// What one exchange shows of Path, rport and keep.
extension ExchangeRules {
    static let hops: [any ExchangeRule.Type] = [
        OB_REG_001.self, OB_REG_026.self, OB_PATH_002.self, OB_PATH_003.self, OB_PATH_004.self, OB_RPORT_002.self,
        OB_RPORT_003.self, OB_KEEP_002.self, OB_KEEP_003.self, OB_KEEP_006.self, OB_AP_009.self,
    ]

    enum OB_REG_001: ExchangeRule {
        static let requirement: Requirement.ID = "OB-REG-001"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard x.request.binds, x.request.offersPath, let success = x.success else {
                return .skipped("no binding was made by a client that lists path")
            }
            if x.vantage == .core, x.request.path.isEmpty { return .skipped("the REGISTER has no Path") }
            if success.path.isEmpty, x.vantage != .core {
                return x.exchange.firstHop == .registrar
                    ? .skipped("no proxy stands before the registrar")
                    : .unknown(.side, "whether there was a Path to give back shows only behind the edge")
            }
            guard success.path.isEmpty else { return .pass("Path came back in the 2xx") }
            return .fail(
                "the registrar does not give Path back", saw: "no Path",
                expected: x.request.message.shown(.path, "Path"))
        }
    }

    enum OB_REG_026: ExchangeRule {
        static let requirement: Requirement.ID = "OB-REG-026"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let success = x.success, !success.path.isEmpty else { return .skipped("no Path came back") }
            if x.vantage == .core {
                guard success.path.count > x.request.path.count else {
                    return .pass("no other binding's Path came back")
                }
                if x.pathGrewOnTop { return .unknown(.side, "a proxy further on may have added what came back on top") }
                return .warn(
                    "Path values came back that this REGISTER did not have", saw: success.shown(.path, "Path"),
                    expected: x.request.message.shown(.path, "Path"))
            }
            guard success.path.count > 1 else { return .pass("one Path value came back, and no other binding's") }
            return .unknown(.side, "whose Path values these are shows only behind the edge")
        }
    }

    enum OB_PATH_002: ExchangeRule {
        static let requirement: Requirement.ID = "OB-PATH-002"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let answer = x.answer else { return .unknown(.half, "no final response was seen") }
            if answer.status == 421 {
                let tags = answer.message.optionTags(in: .require)
                guard tags.isEmpty else {
                    return .info(
                        "the server insists on \(tags.joined(separator: ", "))", saw: answer.shown(.require, "Require"),
                        tags.contains { ASCII.equalsIgnoringCase($0, "outbound") } ? "DX-REG-04" : nil)
                }
                return .warn("421 does not say what it wants", saw: "no Require", expected: "Require: path")
            }
            guard !x.request.offersPath else { return .skipped("the client lists path") }
            // The client sent no Path, so that somebody behind it must have added the one that was refused.
            if answer.status == 420, x.vantage != .core, x.request.path.isEmpty,
                answer.message.hasOptionTag("path", in: .unsupported)
            {
                return .warn(
                    "Path was added although the client does not list it, and then refused",
                    saw: answer.shown(.unsupported, "Unsupported"),
                    expected: "no Path, or 421 with Require: path", "DX-REG-02")
            }
            guard !x.path.isEmpty else { return .pass("no Path for a client that does not list it") }
            return .warn(
                "Path was added although the client does not list it", saw: "\(x.path[0])",
                expected: "no Path, or 421 with Require: path", "DX-REG-02")
        }
    }

    enum OB_PATH_003: ExchangeRule {
        static let requirement: Requirement.ID = "OB-PATH-003"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard !x.request.offersPath else { return .skipped("the client lists path") }
            guard let answer = x.answer else { return .unknown(.half, "no final response was seen") }
            if answer.status == 420, answer.message.hasOptionTag("path", in: .unsupported) {
                return .info(
                    "strict: a Path that the client did not offer was refused",
                    saw: answer.shown(.unsupported, "Unsupported"), "DX-REG-02")
            }
            guard !x.path.isEmpty, answer.isSuccess else { return .skipped("there was no Path to judge by") }
            return .info("lenient: a Path that the client did not offer was accepted")
        }
    }

    enum OB_PATH_004: ExchangeRule {
        static let requirement: Requirement.ID = "OB-PATH-004"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let success = x.success, !success.path.isEmpty else { return .skipped("no Path came back") }
            guard x.vantage == .core else {
                return .unknown(.side, "the Path that the registrar had shows only behind the edge")
            }
            let sent = x.request.path.map(\.uri)
            guard success.path.map(\.uri) != sent else { return .pass("Path came back as it was, in its order") }
            if x.pathGrewOnTop { return .unknown(.side, "a proxy further on may have added what came back on top") }
            return .warn(
                "Path came back changed", saw: success.shown(.path, "Path"),
                expected: x.request.message.shown(.path, "Path"))
        }
    }

    enum OB_RPORT_002: ExchangeRule {
        static let requirement: Requirement.ID = "OB-RPORT-002"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let sent = x.request.via, sent.rport == .empty else {
                return .skipped("the top Via of the REGISTER has no empty rport")
            }
            guard let answer = x.answer else { return .unknown(.half, "no final response was seen") }
            guard let via = answer.via else { return .skipped("the Via of the response cannot be read") }
            if let wrong = unfilled(via) { return wrong }
            guard let seen = address(via) else { return .skipped("the Via of the response cannot be read") }
            if let mapped = x.exchange.mappedAddress, mapped != seen {
                return .warn(
                    "SIP and STUN on one flow do not agree on the client's address", saw: "received/rport \(seen)",
                    expected: "the STUN mapped address \(mapped)", "DX-NAT-03")
            }
            // Where no NAT can stand between, the answer must be the client's own address.
            if seen != x.exchange.flow.local, x.vantage != .ua {
                return .fail(
                    "received and rport are not the source of the request", saw: "received/rport \(seen)",
                    expected: "\(x.exchange.flow.local)", "DX-NAT-03")
            }
            if seen != x.exchange.flow.local, x.exchange.flow.remote.ip.isLoopback, x.exchange.mappedAddress == nil {
                return .unknown(
                    .side,
                    "the server saw \(seen), and the request left from \(x.exchange.flow.local): a relay on this machine, such as a container's, or something that rewrites SIP"
                )
            }
            return .pass("the server saw the request come from \(seen)")
        }

        /// What the Via of a response lacks of the address that rport asks for; nil when it is there.
        static func unfilled(_ via: Via) -> Judgement? {
            let expected = "rport=port;received=address"
            guard case .value(let text) = via.rport, UInt16(text) != nil else {
                return .fail("rport was not filled in", saw: "Via: \(via)", expected: expected)
            }
            guard address(via) != nil else {
                return .fail("rport without received", saw: "Via: \(via)", expected: expected)
            }
            return nil
        }

        /// What the server saw, as `received` and `rport` say it.
        static func address(_ via: Via) -> TransportAddress? {
            guard case .value(let text) = via.rport, let port = UInt16(text) else { return nil }
            return via.received.flatMap { IPAddress($0) }.map { TransportAddress(ip: $0, port: port) }
        }
    }

    enum OB_RPORT_003: ExchangeRule {
        static let requirement: Requirement.ID = "OB-RPORT-003"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard !x.isStream else { return .skipped("on a stream the response has no other way") }
            guard x.request.via?.rport == .empty else { return .skipped("the REGISTER does not ask for rport") }
            guard x.answer != nil else { return .unknown(.half, "no final response was seen") }
            guard let source = x.exchange.responseSource else {
                return .unknown(.side, "where the response came from is not known")
            }
            guard source != x.exchange.flow.remote else {
                return .pass("the response came from where the request went")
            }
            return .fail(
                "the response came from another address or port", saw: "\(source)",
                expected: "\(x.exchange.flow.remote)")
        }
    }

    enum OB_KEEP_002: ExchangeRule {
        static let requirement: Requirement.ID = "OB-KEEP-002"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard x.request.via?.keep == .empty else { return .skipped("the REGISTER does not offer keep") }
            guard let via = x.answer?.via else { return .unknown(.half, "no final response was seen") }
            guard case .value(let text) = via.keep else { return .info("keep was not taken up", saw: "Via: \(via)") }
            guard !text.isEmpty, text.utf8.allSatisfy(ASCII.isDigit) else {
                return .fail("keep is no number of seconds", saw: "keep=\(text)", expected: "keep=1*DIGIT")
            }
            return .pass("keep-alives were agreed on: keep=\(text)")
        }
    }

    enum OB_KEEP_003: ExchangeRule {
        static let requirement: Requirement.ID = "OB-KEEP-003"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let sent = x.request.via, sent.keep == .absent else { return .skipped("the REGISTER has keep") }
            guard let via = x.answer?.via else { return .unknown(.half, "no final response was seen") }
            guard via.keep != .absent else { return .pass("no keep where none was offered") }
            return .fail("keep was added to a Via that did not have it", saw: "Via: \(via)", expected: "no keep")
        }
    }

    enum OB_KEEP_006: ExchangeRule {
        static let requirement: Requirement.ID = "OB-KEEP-006"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let answer = x.answer, let timer = answer.message.integer(.flowTimer),
                case .value(let text) = answer.via?.keep, let keep = UInt64(text)
            else { return .skipped("the response does not have both Flow-Timer and keep") }
            guard keep != timer else { return .pass("keep and Flow-Timer agree") }
            return .fail("keep and Flow-Timer differ", saw: "keep=\(keep)", expected: "keep=\(timer)")
        }
    }

    enum OB_AP_009: ExchangeRule {
        static let requirement: Requirement.ID = "OB-AP-009"
        static let party = Party.server

        static func judge(_ x: ExchangeView) -> Judgement {
            guard let answer = x.answer else { return .unknown(.half, "no final response was seen") }
            guard x.vantage != .core else { return .skipped("between edge and registrar 430 is in order") }
            guard answer.status == 430 else { return .pass("no 430 reached the client") }
            return .warn("430 was passed on to an endpoint", saw: answer.line, expected: "another code, such as 480")
        }
    }
}
