@testable import OutboundKit

/// A request as a phone, or the registrar, sends it to an edge, and what Kamailio's outbound module makes of it.
struct DecisionRow: CustomStringConvertible, Sendable {
    enum Route: Sendable {
        case none
        case elsewhere
        case unreadable
        /// Our own URI with these parameters, and a user part: a token of the phone's flow, a broken one, or none.
        case own(String, user: User = .none)
    }

    enum User: Sendable {
        case none
        case junk
        case token
        case brokenToken
    }

    let name: String
    let action: OutboundDecision.Action
    var method = "REGISTER"
    /// `@` stands for the phone's address.
    var contact: String? = "<sip:alice@@;ob>;reg-id=1;\(Self.instance)"
    var supported: String? = "path, outbound"
    var vias = 1
    var route = Route.none
    var more: [String] = []
    var hasToTag = false
    /// It comes from another address than the token's phone.
    var isIncoming = false
    var flags = KamailioOutboundFlags()

    var description: String { name }

    static let instance = "+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\""
    static let plain = "<sip:alice@@>"
    static let ob = "<sip:alice@@;ob>"

    static func register(
        _ name: String, _ action: OutboundDecision.Action, contact: String? = ob + ";reg-id=1;" + instance,
        supported: String? = "path, outbound", vias: Int = 1, more: [String] = [],
        flags: KamailioOutboundFlags = KamailioOutboundFlags()
    ) -> DecisionRow {
        DecisionRow(
            name: "REGISTER, \(name)", action: action, contact: contact, supported: supported, vias: vias, more: more,
            flags: flags)
    }

    static func invite(
        _ name: String, _ action: OutboundDecision.Action, method: String = "INVITE", contact: String? = ob,
        supported: String? = "outbound", vias: Int = 1, route: Route = .none, more: [String] = [],
        hasToTag: Bool = false, isIncoming: Bool = false, flags: KamailioOutboundFlags = KamailioOutboundFlags()
    ) -> DecisionRow {
        DecisionRow(
            name: "\(method), \(name)", action: action, method: method, contact: contact, supported: supported,
            vias: vias, route: route, more: more, hasToTag: hasToTag, isIncoming: isIncoming, flags: flags)
    }

    /// The octets, sent from `port` on loopback.
    func message(from port: UInt16, phone: UInt16, edge: UInt16, target: UInt16, token: String) -> [UInt8] {
        let number = UInt64.random(in: 0 ... .max)
        let uri = method == "REGISTER" ? "sip:example.com" : "sip:bob@127.0.0.1:\(target)"
        var lines = ["\(method) \(uri) SIP/2.0", "Via: SIP/2.0/UDP 127.0.0.1:\(port);branch=z9hG4bK\(number)"]
        for _ in 1..<max(vias, 1) {
            lines.append("Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bKb\(number)")
        }
        lines += [
            "From: <sip:alice@example.com>;tag=1", "To: <sip:bob@example.com>\(hasToTag ? ";tag=2" : "")",
            "Call-ID: \(number)", "CSeq: 1 \(method)", "Max-Forwards: 70",
        ]
        switch route {
        case .none: break
        case .elsewhere: lines.append("Route: <sip:192.0.2.9;lr>")
        case .unreadable: lines.append("Route: <sip:192.0.2.9:port;lr>")
        case .own(let parameters, let user):
            let text =
                switch user {
                case .none: ""
                case .junk: "junk@"
                case .token: "\(token)@"
                case .brokenToken: "AAAAAAAA\(token.dropFirst(8))@"
                }
            lines.append("Route: <sip:\(text)127.0.0.1:\(edge)\(parameters)>")
        }
        if let supported { lines.append("Supported: \(supported)") }
        let address = "@127.0.0.1:\(phone)"
        if let contact { lines.append("Contact: " + contact.replacing("@@", with: address)) }
        lines += more.map { $0.replacing("@@", with: address) }
        if flags.force { lines.append("X-Force: 1") }
        if flags.forceNo { lines.append("X-Force-No: 1") }
        lines += ["Content-Length: 0", "", ""]
        return Array(lines.joined(separator: "\r\n").utf8)
    }

    static let registers: [DecisionRow] = [
        register("as RFC 5626 has it", .pathWithTokenAndOb),
        register("no Supported", .pathWithTokenAndOb, supported: nil),
        register("Supported without outbound", .pathWithTokenAndOb, supported: "path"),
        register("Supported without path", .pathWithTokenAndOb, supported: "outbound"),
        register("no ob in the Contact", .pathWithTokenAndOb, contact: plain + ";reg-id=1;" + instance),
        register("no instance", .pathWithTokenAndOb, contact: ob + ";reg-id=1"),
        register("no reg-id", .plainPath, contact: ob + ";" + instance),
        register("reg-id 0", .pathWithTokenAndOb, contact: ob + ";reg-id=0;" + instance),
        register("reg-id abc", .pathWithTokenAndOb, contact: ob + ";reg-id=abc;" + instance),
        register("reg-id without a value", .pathWithTokenAndOb, contact: ob + ";reg-id;" + instance),
        register("reg-id in capitals", .pathWithTokenAndOb, contact: ob + ";REG-ID=1;" + instance),
        register("reg-id inside the URI", .plainPath, contact: "<sip:alice@@;reg-id=1>;" + instance),
        register("no angle brackets", .pathWithTokenAndOb, contact: "sip:alice@@;reg-id=1;" + instance),
        register(
            "reg-id on the last of three Contacts", .pathWithTokenAndOb, contact: "\(plain), \(plain), \(ob);reg-id=1"),
        register("reg-id on the middle of three", .plainPath, contact: "\(plain), \(ob);reg-id=1, \(plain)"),
        register("reg-id on the first of two", .plainPath, contact: "\(ob);reg-id=1, \(plain)"),
        register("reg-id in the second field", .plainPath, contact: plain, more: ["Contact: \(ob);reg-id=1"]),
        register(
            "reg-id in the first field", .pathWithTokenAndOb, contact: "\(ob);reg-id=1", more: ["Contact: \(plain)"]),
        register("star", .plainPath, contact: "*", more: ["Expires: 0"]),
        register("no Contact", .plainPath, contact: nil),
        register("two Vias", .plainPath, vias: 2),
        register("a Path and one Via", .pathWithTokenAndOb, more: ["Path: <sip:192.0.2.8;lr>"]),
        register("a Path and two Vias", .plainPath, vias: 2, more: ["Path: <sip:192.0.2.8;lr>"]),
        register("forced", .pathWithTokenAndOb, contact: plain, supported: nil, flags: .init(force: true)),
        register("forced, two Vias", .pathWithToken, contact: plain, vias: 2, flags: .init(force: true)),
        register("forced off", .plainPath, flags: .init(forceNo: true)),
        register("both flags", .pathWithTokenAndOb, contact: plain, flags: .init(force: true, forceNo: true)),
    ]

    static let fromPhones: [DecisionRow] = [
        invite("as RFC 5626 has it", .recordRouteOfSource),
        invite("", .recordRouteOfSource, method: "SUBSCRIBE"), invite("", .recordRouteOfSource, method: "REFER"),
        invite("no dialog", .recordRouteOfSource, method: "MESSAGE"),
        invite("in a dialog", .recordRouteOfSource, method: "BYE", hasToTag: true),
        invite("in a dialog", .recordRouteOfSource, hasToTag: true),
        invite("no Supported at all", .recordRouteOfSource, supported: nil),
        invite("an empty Supported", .plainRecordRoute, supported: ""),
        invite("Supported without outbound", .plainRecordRoute, supported: "path, 100rel"),
        invite("outbound in capitals", .recordRouteOfSource, supported: "path, OUTBOUND"),
        invite(
            "outbound in the second Supported", .recordRouteOfSource, supported: "path", more: ["Supported: outbound"]),
        invite("compact Supported", .recordRouteOfSource, supported: nil, more: ["k: outbound"]),
        invite("compact Supported without it", .plainRecordRoute, supported: nil, more: ["k: path"]),
        invite("outbound in Require", .plainRecordRoute, supported: "path", more: ["Require: outbound"]),
        invite("no ob", .plainRecordRoute, contact: plain),
        invite("ob behind the bracket", .plainRecordRoute, contact: plain + ";ob"),
        invite("ob without brackets", .plainRecordRoute, contact: "sip:alice@@;ob"),
        invite("ob with a value", .recordRouteOfSource, contact: "<sip:alice@@;ob=1>"),
        invite("ob in capitals", .recordRouteOfSource, contact: "<sip:alice@@;OB>"),
        invite("a GRUU", .plainRecordRoute, contact: "<sip:alice@example.com;gr=urn:uuid:x>"),
        invite("no Contact", .plainRecordRoute, contact: nil),
        invite("two Vias", .plainRecordRoute, vias: 2),
        invite("forced", .recordRouteOfSource, contact: nil, supported: nil, flags: .init(force: true)),
        invite("forced off", .plainRecordRoute, flags: .init(forceNo: true)),
        invite("both flags", .recordRouteOfSource, contact: plain, flags: .init(force: true, forceNo: true)),
    ]

    static let byRoutes: [DecisionRow] = [
        invite("Route elsewhere", .plainRecordRoute, route: .elsewhere),
        invite("unreadable Route", .plainRecordRoute, route: .unreadable),
        invite("own Route", .recordRouteOfSource, route: .own(";lr")),
        invite("own Route with ob alone", .recordRouteOfSource, contact: plain, supported: nil, route: .own(";lr;ob")),
        invite("own Route with ob and junk", .recordRouteOfSource, contact: plain, route: .own(";lr;ob", user: .junk)),
        invite("own Route with ob and gr", .plainRecordRoute, route: .own(";lr;ob;gr=x", user: .token)),
        invite("own token with ob", .recordRouteOfSource, contact: plain, route: .own(";lr;ob", user: .token)),
        invite("own token", .plainRecordRoute, contact: plain, route: .own(";lr", user: .token)),
        invite("own token, ob in the Contact", .recordRouteOfSource, route: .own(";lr", user: .token)),
        invite("broken token with ob", .recordRouteOfSource, route: .own(";lr;ob", user: .brokenToken)),
        invite(
            "incoming by Path", .recordRouteOfRoute, contact: plain, vias: 2, route: .own(";lr;ob", user: .token),
            isIncoming: true),
        invite(
            "incoming by Path, one Via", .recordRouteOfRoute, contact: plain, route: .own(";lr;ob", user: .token),
            isIncoming: true),
        invite(
            "incoming in a dialog", .recordRouteOfRoute, method: "BYE", contact: nil, vias: 2,
            route: .own(";lr;ob", user: .token), hasToTag: true, isIncoming: true),
        invite(
            "incoming without ob", .plainRecordRoute, contact: plain, vias: 2, route: .own(";lr", user: .token),
            isIncoming: true),
        invite(
            "incoming without ob, ob in the Contact", .recordRouteOfSource, route: .own(";lr", user: .token),
            isIncoming: true),
        invite(
            "incoming, forced", .recordRouteOfSource, contact: plain, vias: 2, route: .own(";lr;ob", user: .token),
            isIncoming: true, flags: .init(force: true)),
        invite(
            "incoming, forced off", .plainRecordRoute, contact: plain, vias: 2, route: .own(";lr;ob", user: .token),
            isIncoming: true, flags: .init(forceNo: true)),
    ]
}
