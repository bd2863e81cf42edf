/// Where a request goes (RFC 3261 §16.4, §16.5; RFC 5626 §5.3, §7).
extension EdgeServer {
    enum Plan {
        /// A nil reason is the usual one.
        case answer(UInt16, String? = nil, [(HeaderName, String)] = [])
        /// By instance, each in the order to try. `reportsFlowFailure`: the request came by a token.
        case forward([[ForwardTarget]], reportsFlowFailure: Bool)
    }

    func requestURI(_ request: SIPMessage) -> SIPURI? {
        unsafe try? SIPURI.parse(request.bytes.span.bytes, request.requestURI.range)
    }

    /// Whether a URI's host and port are ours.
    func isSelf(_ uri: SIPURI) -> Bool {
        if let ip = uri.address {
            let port = uri.port ?? (uri.scheme == .sips ? 5061 : 5060)
            if own.contains(TransportAddress(ip: ip, port: port)) { return true }
        }
        guard settings.aliases.contains(where: { ASCII.equalsIgnoringCase($0, uri.host) }) else { return false }
        return uri.port.map { port in own.contains { $0.port == port } } ?? true
    }

    func isLocalDomain(_ host: String) -> Bool {
        settings.domains.isEmpty || settings.domains.contains { ASCII.equalsIgnoringCase($0, host) }
    }

    /// A request to the server itself: no user, our own address or domain, and no Route beyond us.
    func isForUs(_ request: SIPMessage) -> Bool {
        guard let uri = requestURI(request), uri.user == nil, isSelf(uri) || isLocalDomain(uri.host) else {
            return false
        }
        let routes = (try? request.nameAddrs(.route)) ?? []
        return routes.allSatisfy { isSelf($0.uri) && $0.uri.user == nil }
    }

    mutating func plan(_ request: SIPMessage, on id: FlowID, at now: Timestamp) -> Plan {
        guard let held = flows[id], var uri = requestURI(request) else { return .answer(400) }
        if case .other = uri.scheme { return .answer(416) }
        // What may be sent no further may be answered here (RFC 3261 §16.3). Phones made of sofia-sip look in this way
        // whether the way to their registrar still stands.
        if request.method == .options, request.integer(.maxForwards) == 0 { return Self.capabilities }
        var routes = (try? request.nameAddrs(.route)) ?? []
        var change = ForwardChange()
        if isSelf(uri), uri.hasParameter("lr"), let last = routes.last {
            // A strict router put our own Record-Route into the Request-URI (RFC 3261 §16.4).
            uri = last.uri
            change.requestURI = last.uri.description
            change.dropsLastRoute = true
            routes.removeLast()
        }
        var wasOutgoing = false
        while let top = routes.first, isSelf(top.uri) {
            routes.removeFirst()
            change.droppedRoutes += 1
            // Without a token the procedures of RFC 5626 §5.3 are skipped.
            guard let token = top.uri.user else { continue }
            guard let flow = tokenFlow(token) else {
                // A registrar makes tokens for callers without an edge alone; no other user part means anything to it.
                if settings.role == .registrar { continue }
                return .answer(403, "Forbidden: The Flow Token Is Not Ours or Was Changed")
            }
            // Both URIs of a pair stand for one visit.
            if top.uri.hasParameter("r2"), let next = routes.first, isSelf(next.uri), next.uri.user == token {
                routes.removeFirst()
                change.droppedRoutes += 1
            }
            if !wasOutgoing, flow.transport == held.flow.transport, flow.remote == held.flow.remote {
                wasOutgoing = true
                continue
            }
            return incoming(request, flow, top.uri, change, on: id, held)
        }
        // A phone's request outside of a dialog, at the first hop: later requests of the dialog must find its flow
        // (RFC 5626 §5.3.2). That needs no `ob`: a flow is the only way back to many who do not write it.
        let isFromPhone = !held.isUpstream && settings.role != .registrar && request.viaCount == 1
        let recordsRoute = isFromPhone && settings.outbound != .never && request.formsDialog
        if let next = routes.first {
            // RFC 5627 §6.1: a GRUU is translated where its domain is, but the way is that of the Route.
            if uri.hasParameter("gr"), isLocalDomain(uri.host),
                case .instances(let found) = registrar.locate(uri, at: now), let binding = found.first?.first
            {
                change.requestURI = binding.contact.uriText
            }
            guard var target = onward(next.uri, change, recordsRoute: recordsRoute, binding: nil) else {
                return .answer(403, "Forbidden: The Route Leads Where This Edge Does Not Relay")
            }
            return addPath(to: &target, of: request) ?? .forward([[target]], reportsFlowFailure: false)
        }
        if isForUs(request), request.method == .options { return Self.capabilities }
        if case .edge(let registrars) = settings.role {
            return outgoing(
                request, uri, change, to: registrars, isFromPhone: isFromPhone, recordsRoute: recordsRoute)
        }
        return located(request, uri, change, recordsRoute: recordsRoute, arrival: held.flow, at: now)
    }

    /// The answer to OPTIONS (RFC 3261 §11.2).
    private static var capabilities: Plan { .answer(200, nil, [(.supported, "path, outbound, gruu")]) }

    // MARK: By a token

    /// Over the flow of the token, and over no other (RFC 5626 §5.3.1).
    private mutating func incoming(
        _ request: SIPMessage, _ flow: Flow, _ route: SIPURI, _ changeSoFar: ForwardChange, on id: FlowID,
        _ held: EdgeFlow
    ) -> Plan {
        var change = changeSoFar
        // A phone is no proxy that could try another flow: it gets 480 (§11.5).
        let gone: Plan = .answer(held.isEndpoint ? 480 : 430)
        guard let phone = phoneFlow(flow) else {
            guard flow.transport == .udp else { return gone }
            // Datagrams know no end: the flow is the two addresses, and the driver may have forgotten it.
            let way = ForwardTarget.Way.open(.udp, remote: flow.remote, local: flow.local)
            return .forward([[ForwardTarget(way: way, change: change)]], reportsFlowFailure: !held.isEndpoint)
        }
        if route.hasParameter("ob"), request.formsDialog {
            change.recordRoutes = recordRoutes(near: phone, far: held.flow, towardsPhone: true)
        }
        return .forward(
            [[ForwardTarget(way: .flow(phone), change: change)]], reportsFlowFailure: !held.isEndpoint)
    }

    /// The living flow with these ends. A stream counts only if a token was made for this very connection: an earlier one
    /// may have had the same ends (RFC 5626 §5.2: unique to the flow).
    private func phoneFlow(_ flow: Flow) -> FlowID? {
        guard let id = byEnds[flow], let held = flows[id], held.hasToken || !held.isStream else { return nil }
        return id
    }

    // MARK: To other proxies

    private func outgoing(
        _ request: SIPMessage, _ uri: SIPURI, _ change: ForwardChange, to registrars: [EdgeSettings.Upstream],
        isFromPhone: Bool, recordsRoute: Bool
    ) -> Plan {
        let isUpstreamRequest = !isFromPhone && request.method != .register
        if isUpstreamRequest {
            // From the registrar without a token: only a phone whose Contact names its end of a flow can be meant.
            guard let phone = contactFlow(uri) else { return .answer(404) }
            return .forward([[ForwardTarget(way: .flow(phone), change: change)]], reportsFlowFailure: true)
        }
        var target = ForwardTarget(way: .flow(FlowID(0)), change: change)
        target.recordsRoute = recordsRoute
        return addPath(to: &target, of: request) ?? forward(target, to: registrars)
    }

    /// The Path of a REGISTER that goes on. Via alone tells the first hop, wherever a Route leads (RFC 5626 §5.1).
    /// - Returns: the answer to a REGISTER that can go no further.
    private func addPath(to target: inout ForwardTarget, of request: SIPMessage) -> Plan? {
        guard request.method == .register, settings.role != .registrar else { return nil }
        switch settings.outbound.action(for: request) {
        case .pathWithTokenAndOb: target.pathIsFirstHop = true
        case .plainPath: target.pathIsFirstHop = false
        case .extensionRequired: return .answer(421, nil, [(.require, "path")])
        default: break
        }
        return nil
    }

    /// To one server of the registrar: first the one that has its turn, then the others in their order, all around.
    private func forward(_ target: ForwardTarget, to registrars: [EdgeSettings.Upstream]) -> Plan {
        let first = registrars.firstIndex { $0 == registrarInTurn } ?? 0
        let targets = (registrars[first...] + registrars[..<first]).map { server in
            var own = target
            own.way = .open(server.transport, remote: server.address, local: nil)
            return own
        }
        return targets.isEmpty ? .answer(503) : .forward([targets], reportsFlowFailure: false)
    }

    /// The next hop that a Route or Path names: only to addresses that are allowed, for an edge on a workbench relays
    /// nothing into the world.
    private func onward(
        _ uri: SIPURI, _ change: ForwardChange, recordsRoute: Bool, binding: Binding?
    ) -> ForwardTarget? {
        let isLocalhost = ASCII.equalsIgnoringCase(uri.host, "localhost")
        guard let ip = isLocalhost ? IPAddress(v4: 0x7F00_0001) : uri.address else { return nil }
        let named = uri.parameter("transport").map { TransportProtocol($0) } ?? .udp
        guard let transport = named, uri.scheme == .sip else { return nil }
        let remote = TransportAddress(ip: ip, port: uri.port ?? transport.defaultPort)
        var isAllowed = remote.ip.isLoopback || settings.peers.contains(remote)
        // TLS is spoken with the registrar alone, whose name and certificate are known.
        if transport != .udp, transport != .tcp { isAllowed = false }
        if transport.isStream, existing(transport, remote, nil) != nil { isAllowed = true }
        if case .edge(let registrars) = settings.role {
            let isRegistrar = registrars.contains {
                $0.address == remote && (transport == $0.transport || !transport.isSecured)
            }
            isAllowed = isAllowed || isRegistrar
        }
        guard isAllowed, !own.contains(remote) else { return nil }
        // No connection to a phone: what we hold as a flow is used, and a Route to a phone's own end is no proxy's.
        var target = ForwardTarget(way: .open(transport, remote: remote, local: nil), change: change)
        target.recordsRoute = recordsRoute
        target.binding = binding
        return target
    }

    // MARK: To the bindings of this registrar

    private mutating func located(
        _ request: SIPMessage, _ uri: SIPURI, _ change: ForwardChange, recordsRoute: Bool, arrival: Flow,
        at now: Timestamp
    ) -> Plan {
        if isSelf(uri) || isLocalDomain(uri.host) {
            switch registrar.locate(uri, at: now) {
            case .unknown: break
            case .gone: return .answer(480)
            case .instances(let instances):
                let formsDialog = request.formsDialog
                let targets = instances.map { bindings in
                    bindings.compactMap {
                        target(
                            $0, change, formsDialog: formsDialog, recordsRoute: recordsRoute,
                            edgeOfCaller: request.first(.recordRoute) == nil ? nil : arrival, at: now)
                    }
                }.filter { !$0.isEmpty }
                return targets.isEmpty ? .answer(480) : .forward(targets, reportsFlowFailure: false)
            }
        }
        // A Contact instead of an AOR: a request within a dialog whose peer kept no Route.
        if let phone = contactFlow(uri) {
            return .forward([[ForwardTarget(way: .flow(phone), change: change)]], reportsFlowFailure: false)
        }
        return .answer(404)
    }

    /// The flow whose far end a Contact URI names.
    private func contactFlow(_ uri: SIPURI) -> FlowID? {
        guard let ip = uri.address else { return nil }
        let transport = uri.parameter("transport").map { TransportProtocol($0) } ?? .udp
        guard let transport else { return nil }
        let remote = TransportAddress(ip: ip, port: uri.port ?? transport.defaultPort)
        for local in own {
            let ends = Flow(transport: transport, local: local, remote: remote)
            if let id = byEnds[ends], flows[id]?.isEndpoint == true { return id }
        }
        return nil
    }

    /// How to reach one binding; nil when that cannot be done any more, and then the binding goes.
    ///
    /// - Parameter edgeOfCaller: the flow that the request came over, where a proxy before stays in its dialog.
    private mutating func target(
        _ binding: Binding, _ base: ForwardChange, formsDialog: Bool, recordsRoute: Bool, edgeOfCaller: Flow?,
        at now: Timestamp
    ) -> ForwardTarget? {
        var change = base
        change.requestURI = binding.contact.uriText
        var way: ForwardTarget.Way?
        if let flow = binding.flow {
            if flows[flow] != nil { way = .flow(flow) }
        } else if let first = binding.path.first {
            guard let uri = (try? NameAddr.parse(first))?.uri else { return nil }
            if isSelf(uri), let flow = uri.user.flatMap({ tokenFlow($0) }) {
                // A binding from a store: its flow is found by its token, as if the request had come with it.
                way =
                    byEnds[flow].map { .flow($0) }
                    ?? (flow.transport == .udp ? .open(.udp, remote: flow.remote, local: flow.local) : nil)
            } else {
                change.routes = binding.path
                // RFC 5627 §6.2: later requests of the dialog may name the GRUU, which is translated here alone. Those of
                // the phone go on along the Route of the caller's edge, or else over the caller's flow.
                let staysInDialog = formsDialog && binding.gruuSerial != 0
                if staysInDialog, !recordsRoute, let edgeOfCaller {
                    let own = Self.uriSuffix(edgeOfCaller.transport, edgeOfCaller.local)
                    change.recordRoutes = [Array("<sip:\(own);lr>".utf8)]
                }
                let recordsCaller = recordsRoute || (staysInDialog && edgeOfCaller == nil)
                guard var onward = onward(uri, change, recordsRoute: recordsCaller, binding: binding)
                else { return nil }
                onward.isThroughEdge = true
                return onward
            }
        } else if let source = binding.source, binding.contact.uri.parameter("transport") == nil {
            way = .open(.udp, remote: source, local: nil)
        }
        guard let way else {
            let changes = registrar.remove(binding, at: now)
            if !changes.isEmpty { outputs.append(.event(.bindings(changes))) }
            return nil
        }
        if formsDialog, case .flow(let id) = way, settings.role != .registrar, settings.outbound != .never,
            let flow = flows[id]?.flow
        {
            change.recordRoutes = recordRoutes(near: id, far: flow, towardsPhone: true)
        }
        return ForwardTarget(way: way, change: change, binding: binding, recordsRoute: recordsRoute)
    }
}
