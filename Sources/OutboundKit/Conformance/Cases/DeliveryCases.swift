/// Requests to a registered phone come over its flow and nowhere else (RFC 5626 §5.3, §6, §7).
extension CaseCatalogue {
    static let delivery: [TestCase] = [
        toAOR("delivery.message", "MESSAGE", [.outbound, .aloneOnAOR]),
        toAOR("delivery.options", "OPTIONS", [.outbound, .aloneOnAOR]),
        toAORByDatagram, misleadingContact, invalidContact, byToken, stolenToken, twoAccounts, movedFlow,
    ]

    private static func toAOR(_ id: String, _ method: String, _ needs: [Need]) -> TestCase {
        TestCase(
            id,
            "\(method == "OPTIONS" ? "An" : "A") \(method) to the address-of-record comes over the registered flow alone",
            ["OB-REG-019", "OB-EP-010"], needs: needs
        ) { bed throws(CaseStop) in
            let (phone, _) = try await bed.registeredPhone()
            let caller = try await bed.caller()
            let draft = bed.call(method)
            let (landing, _) = try await bed.send(draft, from: caller, toReach: phone)
            bed.expect(landing, "a \(method) to the address-of-record", bed.flowRow)
        }
    }

    static let toAORByDatagram = TestCase(
        "delivery.udp", "Over UDP a request comes from the very port to which the phone registered",
        ["OB-AP-005", "OB-EP-010"], needs: [.outbound, .datagram, .aloneOnAOR]
    ) { bed throws(CaseStop) in
        let (phone, _) = try await bed.misleadingPhone()
        let caller = try await bed.caller()
        let draft = bed.call("MESSAGE")
        let (landing, _) = try await bed.send(draft, from: caller, toReach: phone)
        bed.expect(
            landing, "a MESSAGE to the address-of-record", bed.isCoLocated ? "OB-AP-005" : "OB-EP-010", "DX-NAT-01")
    }

    static let misleadingContact = TestCase(
        "delivery.misleading-contact", "A Contact that names another address does not lead away from the flow",
        ["OB-REG-019", "OB-EP-010"], needs: [.outbound, .aloneOnAOR]
    ) { bed throws(CaseStop) in
        let (phone, _) = try await bed.misleadingPhone()
        let caller = try await bed.caller()
        let draft = bed.call("MESSAGE")
        let (landing, _) = try await bed.send(draft, from: caller, toReach: phone)
        bed.expect(landing, "a MESSAGE to the address-of-record", bed.flowRow, "DX-NAT-01")
    }

    static let invalidContact = TestCase(
        "delivery.invalid-contact", "A Contact in .invalid, as browsers write it, is reached over the flow",
        ["OB-WS-006", "OB-REG-019", "OB-EP-010"], needs: [.outbound, .aloneOnAOR]
    ) { bed throws(CaseStop) in
        let phone = try await bed.phone()
        let user = bed.plan.user.addressOfRecord.user ?? ""
        let transport = bed.flow(phone).transport
        let uri = "sip:\(user)@\(bed.word(12)).invalid\(transport == .udp ? "" : ";transport=\(transport)");ob"
        bed.stations[phone.flow]?.identity?.contactURI = uri
        let registered = try await bed.register(phone)
        guard registered.isSuccess else {
            throw .unknown(.configuration, "the phone was not registered: \(registered.line)")
        }
        let caller = try await bed.caller()
        let (landing, _) = try await bed.send(bed.call("MESSAGE"), from: caller, toReach: phone)
        bed.expect(landing, "a MESSAGE to a Contact in .invalid", "OB-WS-006")
    }

    static let byToken = TestCase(
        "delivery.by-token", "A request over the stored Path comes over the token's flow, without that Route",
        ["OB-EP-010"], needs: [.outbound, .token]
    ) { bed throws(CaseStop) in
        let (phone, reply) = try await bed.misleadingPhone()
        let path = try bed.pathBack(reply)
        let proxy = try await bed.proxy()
        let uri = bed.station(phone).identity?.contactURI ?? ""
        let draft = bed.relayed("MESSAGE", to: uri, route: "\(path)")
        let (landing, _) = try await bed.send(draft, from: proxy, toReach: phone)
        guard let arrival = bed.expect(landing, "a MESSAGE over the stored Path", "OB-EP-010") else { return }
        let routes = (try? arrival.request.nameAddrs(.route)) ?? []
        if routes.contains(where: { $0.uri.user == path.uri.user }) {
            bed.fail(
                "OB-EP-010", "the edge left its own Route in the request",
                saw: arrival.request.shown(.route, "Route"), expected: "no Route of the edge")
        }
        let seen = arrival.request.text(arrival.request.requestURI)
        if seen != uri {
            bed.warn("OB-EP-010", "the edge changed the Request-URI", saw: seen, expected: uri)
        }
    }

    static let stolenToken = TestCase(
        "delivery.stolen-token", "What an outsider gets who knows a valid token", ["OB-EP-023"],
        needs: [.outbound, .token]
    ) { bed throws(CaseStop) in
        let (phone, reply) = try await bed.registeredPhone()
        let path = try bed.pathBack(reply)
        let outsider = try await bed.proxy()
        let uri = bed.station(phone).identity?.contactURI ?? ""
        // One Via: who sends this is no proxy.
        let draft = bed.call("MESSAGE", to: uri, route: ["\(path)"])
        let (landing, answer) = try await bed.send(draft, from: outsider, toReach: phone)
        if landing.arrival != nil {
            bed.info("OB-EP-023", "whoever knows a token reaches its flow: keep Path and Route inside")
        } else if answer.response == nil {
            bed.info("OB-EP-023", "an outsider with a valid token gets no answer")
        } else {
            bed.info("OB-EP-023", "an outsider with a valid token is not let through", saw: answer.line)
        }
    }

    static let twoAccounts = TestCase(
        "delivery.two-accounts", "Two accounts on one connection each get their own requests",
        ["OB-REG-019", "OB-EP-010"], needs: [.outbound, .otherUser, .aloneOnAOR]
    ) { bed throws(CaseStop) in
        guard let other = bed.plan.otherUser else { throw .skipped("there is no second account") }
        let (phone, _) = try await bed.registeredPhone()
        let second = try await bed.register(other, over: phone)
        guard second.isSuccess else {
            throw .unknown(.configuration, "the second account was not registered: \(second.line)")
        }
        let caller = try await bed.caller()
        for user in [bed.plan.user, other] {
            let aor = user.addressOfRecord
            var draft = bed.call("MESSAGE", to: aor.description)
            draft.to = aor.description
            let (landing, _) = try await bed.send(draft, from: caller, toReach: phone)
            guard let arrival = bed.expect(landing, "a MESSAGE to \(aor)", bed.flowRow) else { continue }
            let uri = arrival.request.text(arrival.request.requestURI)
            if (try? SIPURI.parse(uri))?.user != aor.user {
                bed.fail(
                    bed.flowRow, "a MESSAGE to \(aor) has the Contact of another account", saw: uri,
                    expected: "the Contact that \(aor) registered")
            }
        }
    }

    static let movedFlow = TestCase(
        "delivery.moved", "After a registration over a new connection nothing comes over the old one", ["OB-REG-020"],
        needs: [.outbound, .aloneOnAOR]
    ) { bed throws(CaseStop) in
        _ = try await bed.registeredPhone()
        let (phone, _) = try await bed.registeredPhone()
        let caller = try await bed.caller()
        let (landing, _) = try await bed.send(bed.call("MESSAGE"), from: caller, toReach: phone)
        bed.expect(landing, "a MESSAGE after the registration moved", "OB-REG-020", "DX-BIND-02")
    }
}
