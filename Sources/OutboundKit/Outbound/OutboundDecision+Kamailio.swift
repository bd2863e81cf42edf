/// The flags of Kamailio's outbound module, as a configuration has set them for a request.
public struct KamailioOutboundFlags: Sendable, Hashable {
    /// `force_outbound_flag`.
    public var force: Bool
    /// `force_no_outbound_flag`.
    public var forceNo: Bool

    public init(force: Bool = false, forceNo: Bool = false) {
        self.force = force
        self.forceNo = forceNo
    }
}

extension OutboundDecision {
    private static let module = "Kamailio outbound"

    /// What Kamailio's `add_path()` and `record_route()` write, when the configuration calls them for this request: both
    /// ask the outbound module. Observed on release 5.6.3, whose manual describes less of it.
    ///
    /// - Precondition: `request` is a request.
    public static func kamailio(
        _ request: SIPMessage, flags: KamailioOutboundFlags = KamailioOutboundFlags(), route: TopRoute? = nil
    ) -> OutboundDecision {
        var trail = Trail(.kamailio)
        let isRegister = request.method == .register
        let plain = isRegister ? Action.plainPath : .plainRecordRoute
        if flags.force {
            // Asked before everything else, the other flag included.
            trail.ask(
                "Is force_outbound_flag set?", "force_outbound_flag is set, and nothing else is looked at", module)
            guard isRegister else { return trail.end(.recordRouteOfSource) }
            guard request.viaCount == 1 else {
                trail.ask(
                    "Is there one Via value?", "\(request.viaCount) Via values, and only the first hop writes ob",
                    "Kamailio path")
                return trail.end(.pathWithToken)
            }
            return trail.end(.pathWithTokenAndOb)
        }
        if flags.forceNo {
            trail.ask(
                "Is force_no_outbound_flag set?", "force_no_outbound_flag is set, and nothing else is looked at", module
            )
            return trail.end(plain)
        }
        return isRegister ? kamailioRegister(request, &trail) : kamailioOther(request, route, &trail)
    }

    private static func kamailioRegister(_ request: SIPMessage, _ trail: inout Trail) -> OutboundDecision {
        guard hasOneVia(request, &trail) else { return trail.end(.plainPath) }
        let contact = kamailioContact(request)
        guard contact?.nameAddr?.hasParameter("reg-id") == true else {
            trail.ask("Has the Contact reg-id?", absence(of: "reg-id", contact, request), module)
            return trail.end(.plainPath)
        }
        trail.ask(
            "Has the Contact reg-id?",
            "the Contact has reg-id; its value, +sip.instance and Supported are not looked at", module)
        return trail.end(.pathWithTokenAndOb)
    }

    private static func kamailioOther(
        _ request: SIPMessage, _ route: TopRoute?, _ trail: inout Trail
    ) -> OutboundDecision {
        if let route {
            let isGRUU = route.uri.hasParameter("gr")
            guard route.isOwn, !isGRUU else {
                trail.ask(
                    "Is the topmost Route this proxy?",
                    isGRUU
                        ? "the topmost Route has gr, which counts as elsewhere" : "the topmost Route leads elsewhere",
                    module)
                return trail.end(.plainRecordRoute)
            }
            trail.ask("Is the topmost Route this proxy?", "the topmost Route is this proxy", module)
            if route.uri.hasParameter("ob") {
                return byRouteWithOb(route, &trail)
            }
            trail.ask("Has that Route ob?", "that Route has no ob", module)
        } else if request.first(.route) != nil {
            trail.ask("Is the topmost Route this proxy?", "the topmost Route cannot be read", module)
            return trail.end(.plainRecordRoute)
        }
        guard kamailioSupports(request, &trail), hasOneVia(request, &trail) else {
            return trail.end(.plainRecordRoute)
        }
        let contact = kamailioContact(request)
        // A Contact without angle brackets has no URI parameters, and Kamailio sees none there either.
        guard contact?.uri?.hasParameter("ob") == true else {
            trail.ask("Has the Contact URI ob?", absence(of: "ob", contact, request), module)
            return trail.end(.plainRecordRoute)
        }
        trail.ask("Has the Contact URI ob?", "the Contact URI has ob; method and To tag are not looked at", module)
        return trail.end(.recordRouteOfSource)
    }

    private static func byRouteWithOb(_ route: TopRoute, _ trail: inout Trail) -> OutboundDecision {
        trail.ask("Has that Route ob?", "that Route has ob, so Supported, Via and Contact are not looked at", module)
        guard route.hasToken, !route.isForged else {
            trail.ask(
                "Is its user part a token of this proxy?",
                "its user part is no token of this proxy, so the request counts as the phone's own", module)
            return trail.end(.recordRouteOfSource)
        }
        let question = "Is the token's phone the source of the request?"
        switch route.direction {
        case .incoming:
            trail.ask(question, "the request came from elsewhere: it is for the token's phone", module)
            return trail.end(.recordRouteOfRoute)
        case .outgoing:
            trail.ask(question, "the request came from the token's phone", module)
            return trail.end(.recordRouteOfSource)
        case .unknown:
            // From the phone itself the token of the source is the Route's own.
            trail.ask(question, "where it came from does not show, and the token is the same in both cases", module)
            return trail.end(.recordRouteOfRoute)
        }
    }

    private static func hasOneVia(_ request: SIPMessage, _ trail: inout Trail) -> Bool {
        let vias = request.viaCount
        trail.ask(
            "Is there one Via value?",
            vias == 1 ? "one Via value" : "\(vias) Via values: another proxy was the first hop",
            module)
        return vias == 1
    }

    /// A request without any Supported field passes: the module asks for the tag only where it finds one.
    private static func kamailioSupports(_ request: SIPMessage, _ trail: inout Trail) -> Bool {
        let question = "Does Supported list outbound?"
        guard request.first(.supported) != nil else {
            trail.ask(question, "there is no Supported field, and then nothing is demanded of it", module)
            return true
        }
        let lists = request.hasOptionTag("outbound", in: .supported)
        trail.ask(question, lists ? "Supported lists outbound" : "Supported does not list outbound", module)
        return lists
    }

    /// The Contact that Kamailio looks at: the last value of the first Contact field, for its parser keeps a field's values
    /// in reverse. nil without one, for `*`, and for a field that cannot be read.
    private static func kamailioContact(_ request: SIPMessage) -> Contact? {
        guard let field = request.first(.contact) else { return nil }
        return request.withSpan { span in
            var scanner = ValueScanner(field.value.range)
            var last: Contact?
            while let element = scanner.listElement(span) {
                guard let contact = try? Contact.parse(span, element), !contact.isStar else { return nil }
                last = contact
            }
            return last
        }
    }

    private static func absence(of name: String, _ contact: Contact?, _ request: SIPMessage) -> String {
        guard contact != nil else {
            return request.first(.contact) == nil ? "there is no Contact" : "there is no Contact that it can read"
        }
        let others = ((try? request.contacts()) ?? []).contains { other in
            name == "ob" ? other.uri?.hasParameter(name) == true : other.nameAddr?.hasParameter(name) == true
        }
        return others
            ? "the last value of the first Contact field, which alone is looked at, has no \(name)"
            : "the Contact\(name == "ob" ? " URI" : "") has no \(name)"
    }
}
