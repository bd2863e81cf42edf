extension OutboundDecision {
    /// What RFC 5626 has an edge proxy do.
    ///
    /// - Parameter route: the topmost Route, where the caller knows more of it than its URI; nil for a request without a
    ///   Route, or with one that cannot be read.
    /// - Precondition: `request` is a request.
    public static func rfc5626(_ request: SIPMessage, route: TopRoute? = nil) -> OutboundDecision {
        var trail = Trail(.rfc5626)
        if request.method == .register { return registration(request, &trail) }
        if let route, route.leadsByToken { return byToken(request, route, &trail) }
        return fromPhone(request, route, &trail)
    }

    /// §5.1.
    private static func registration(_ request: SIPMessage, _ trail: inout Trail) -> OutboundDecision {
        let action = EdgeOutboundPolicy.asAsked.action(for: request)
        guard request.contactHasRegID else {
            trail.ask("Has a Contact reg-id?", "no Contact has reg-id: no outbound is asked for", "RFC 5626 §5.1")
            return trail.end(action)
        }
        trail.ask("Has a Contact reg-id?", "a Contact has reg-id", "RFC 5626 §5.1")
        let vias = request.viaCount
        guard vias == 1 else {
            trail.ask(
                "Is the edge the first hop?", "\(vias) Via values: another proxy was the first hop", "RFC 5626 §5.1")
            return trail.end(action)
        }
        trail.ask("Is the edge the first hop?", "one Via value: the edge is the first hop", "RFC 5626 §5.1")
        guard request.hasOptionTag("path", in: .supported) else {
            trail.ask(
                "Does Supported list path?",
                "Supported does not list path, so the edge should not add the Path that it needs",
                "RFC 3327 §5.2")
            return trail.end(action)
        }
        trail.ask("Does Supported list path?", "Supported lists path, so the edge adds its Path", "RFC 3327 §5.2")
        return trail.end(action)
    }

    /// §5.3 with a token in the topmost Route.
    private static func byToken(
        _ request: SIPMessage, _ route: TopRoute, _ trail: inout Trail
    ) -> OutboundDecision {
        let hasOb = route.uri.hasParameter("ob")
        trail.ask(
            "Does the topmost Route hold a flow token of the edge?", "the topmost Route holds a flow token of the edge",
            "RFC 5626 §5.3")
        guard !route.isForged else {
            trail.ask(
                "Does the token's code hold?", "the token's code does not hold: the edge answers 403", "RFC 5626 §5.3.1"
            )
            return trail.end(.nothing)
        }
        switch route.direction {
        case .incoming:
            trail.ask(
                "Did the request come over the token's flow?",
                "it came from elsewhere: it is incoming, and goes over the token's flow to the phone (430 when that is gone)",
                "RFC 5626 §5.3.1")
            return incoming(request, hasOb: hasOb, &trail)
        case .outgoing:
            trail.ask(
                "Did the request come over the token's flow?",
                "it came over the token's flow: it is outgoing; that Route is taken off, and the next or the Request-URI leads on",
                "RFC 5626 §5.3.2")
            return outgoing(request, hasOb: hasOb, &trail)
        case .unknown:
            trail.ask(
                "Did the request come over the token's flow?",
                "a message does not show where it came from, or the token does not name the phone", "RFC 5626 §5.3")
            var other = trail
            let one = incoming(request, hasOb: hasOb, &trail)
            let two = outgoing(request, hasOb: hasOb, &other)
            if one.action == two.action { return one }
            // From the phone itself the token of the source is the Route's own.
            if one.isApplied == true, two.isApplied == true { return one }
            return trail.leaveOpen(
                "it depends on where the request came from: from anywhere but the token's phone, the edge "
                    + "\(one.action?.sentence ?? ""); from that phone, it \(two.action?.sentence ?? "")")
        }
    }

    private static func incoming(_ request: SIPMessage, hasOb: Bool, _ trail: inout Trail) -> OutboundDecision {
        guard formsDialog(request, &trail) else { return trail.end(.nothing) }
        guard hasOb else {
            trail.ask(
                "Has that Route ob?",
                "that Route has no ob: it does not stem from a Path, and the route set needs no help",
                "RFC 5626 §5.3.1")
            return trail.end(.nothing)
        }
        trail.ask(
            "Has that Route ob?",
            "that Route has ob: it stems from a Path, and later requests of the dialog need the token as well",
            "RFC 5626 §5.3.1")
        return trail.end(.recordRouteOfRoute)
    }

    private static func outgoing(_ request: SIPMessage, hasOb: Bool, _ trail: inout Trail) -> OutboundDecision {
        guard formsDialog(request, &trail) else { return trail.end(.nothing) }
        return askedFor(request, routeHasOb: hasOb, &trail)
    }

    /// §5.3.2 without a token: a phone's request at its first hop.
    private static func fromPhone(
        _ request: SIPMessage, _ route: TopRoute?, _ trail: inout Trail
    ) -> OutboundDecision {
        let what =
            route.map { $0.isOwn ? "the edge's Route has none" : "the topmost Route leads elsewhere" }
            ?? (request.first(.route) == nil ? "there is no Route" : "the topmost Route cannot be read")
        trail.ask("Does the topmost Route hold a flow token of the edge?", what, "RFC 5626 §5.3")
        guard formsDialog(request, &trail) else { return trail.end(.nothing) }
        let vias = request.viaCount
        guard vias == 1 else {
            trail.ask(
                "Did the phone itself send it here?",
                "\(vias) Via values: it came by another proxy, whose flow is not the phone's", "RFC 5626 §5.1, §5.3.2")
            return trail.end(.nothing)
        }
        trail.ask(
            "Did the phone itself send it here?", "one Via value: the phone itself sent it here",
            "RFC 5626 §5.1, §5.3.2")
        return askedFor(request, routeHasOb: route?.isOwn == true && route?.uri.hasParameter("ob") == true, &trail)
    }

    private static func formsDialog(_ request: SIPMessage, _ trail: inout Trail) -> Bool {
        let method = request.text(request.startLineText)
        if request.formsDialog {
            trail.ask("Does it form a dialog?", "\(method) without a To tag forms a dialog", "RFC 5626 §5.3")
            return true
        }
        trail.ask(
            "Does it form a dialog?",
            request.isInDialog
                ? "with a To tag it belongs to a dialog, whose route set is fixed" : "\(method) forms no dialog",
            "RFC 5626 §5.3")
        return false
    }

    private static func askedFor(
        _ request: SIPMessage, routeHasOb: Bool, _ trail: inout Trail
    ) -> OutboundDecision {
        let question = "Has the Contact URI, or the topmost Route, ob?"
        let contacts = (try? request.contacts()) ?? []
        let contactHasOb = contacts.contains { $0.uri?.hasParameter("ob") == true }
        if contactHasOb || routeHasOb {
            trail.ask(
                question,
                "the \(contactHasOb ? "Contact URI" : "topmost Route") has ob: later requests of the dialog shall come "
                    + "over the phone's flow", "RFC 5626 §5.3.2")
            return trail.end(.recordRouteOfSource)
        }
        trail.ask(
            question,
            contacts.contains { $0.uri?.hasParameter("gr") == true }
                ? "the Contact is a GRUU, which the registrar leads to the flow"
                : "neither the Contact URI nor the topmost Route has ob", "RFC 5626 §5.3.2")
        return trail.end(.nothing)
    }
}
