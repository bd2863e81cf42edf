/// A configuration with what its rules ask again and again.
struct ConfigSubject: Sendable {
    let config: KamailioConfig
    let walk: RoutingWalk
    let role: ConfigRole
    let roleReason: String
    let isRoleGiven: Bool
    let version: KamailioVersion?
    let listeners: [ConfigListener]
    /// Whether the sockets come from the command line, or from nothing at all.
    let listensByDefault: Bool
    /// The Flow-Timer that the registrar behind this edge sets, in seconds; nil when none is known.
    var registrarTimer: Int?

    init(_ question: ConfigQuestion) {
        config = question.config
        walk = RoutingWalk(question.config)
        version = question.version
        let given = question.listeners.compactMap { ConfigListener(commandLine: $0) }
        listeners = given.isEmpty ? question.config.listeners : given
        listensByDefault = listeners.isEmpty
        isRoleGiven = question.role != nil
        if let role = question.role {
            self.role = role
            roleReason = "as asked for"
        } else {
            (role, roleReason) = Self.guess(question.config, walk)
        }
    }

    private static func guess(_ config: KamailioConfig, _ walk: RoutingWalk) -> (ConfigRole, String) {
        var edge: [String] = []
        if config.module("outbound") != nil { edge.append("loads outbound") }
        if config.engine == nil, !walk.calls(anyOf: RoutingWalk.addingPath).isEmpty {
            edge.append("calls add_path()")
        }
        if config.engine != nil, config.module("path") != nil { edge.append("loads path") }
        var registrar: [String] = []
        // Without the module too: save() is what was meant. A piece of another file may belong to anything.
        let savesHere =
            ModuleFacts.modules(of: "save").contains { config.module($0) != nil }
            ? config.module("registrar") != nil : !config.modules.isEmpty
        if config.engine != nil, config.module("registrar") != nil {
            registrar.append("loads registrar")
        } else if config.engine == nil, savesHere, !walk.calls("save").isEmpty {
            registrar.append("calls save()")
        }
        switch (edge.isEmpty, registrar.isEmpty) {
        case (false, false): return (.both, "it \((edge + registrar).joined(separator: " and "))")
        case (false, true): return (.edge, "it \(edge.joined(separator: " and "))")
        case (true, false): return (.registrar, "it \(registrar.joined(separator: " and "))")
        case (true, true): return (.neither, "it neither adds Path nor keeps bindings")
        }
    }

    // MARK: Who connects to it

    /// How phones come to a server.
    enum Reach {
        case direct
        case behindEdge
        /// Nothing in the configuration says it.
        case inDoubt
    }

    /// A registrar without use_path serves phones that connect to it themselves, or throws the Path of its edges away. That
    /// there are edges is known by a role that was named, by what it does with Path, and by a look for 430, which edges send.
    var reach: Reach {
        guard role == .registrar else { return role.isEdge ? .direct : .inDoubt }
        if isRoleGiven || (config.parameter("registrar", "use_path").map { $0.value.number != 0 } ?? false) {
            return .behindEdge
        }
        if ["path_mode", "path_use_received", "path_check_local"].contains(where: {
            config.parameter("registrar", $0) != nil
        }) {
            return .behindEdge
        }
        let asksForEdges = walk.calls("t_check_status", from: [.event, .failure]).contains {
            $0.call.arguments.first?.matches("430") == true
        }
        if asksForEdges { return .behindEdge }
        return loads("websocket") ? .direct : .inDoubt
    }

    /// Whether a REGISTER of a phone may come in over one of these transports, as far as the routing logic tells: where it
    /// adds Path, or keeps the binding.
    func takesPhones(over transports: String...) -> Bool {
        guard hasRouting, walk.isComplete else { return true }
        let names = RoutingWalk.addingPath + (role.isRegistrar ? ["save"] : [])
        guard !walk.calls(anyOf: names, for: "REGISTER").isEmpty else { return true }
        return transports.contains { !walk.calls(anyOf: names, for: "REGISTER", over: $0).isEmpty }
    }

    /// Whether the server's own WebSocket Pings come before an idle connection is closed.
    var pingsWebSocketInTime: Bool {
        guard loads("websocket"), number("websocket", "keepalive_mechanism", byDefault: 1) != 0,
            let timeout = number("websocket", "keepalive_timeout", byDefault: 180), let lifetime = connectionLifetime
        else { return false }
        return timeout < lifetime
    }

    // MARK: What it has

    func loads(_ module: String) -> Bool { config.module(module) != nil }
    func number(_ module: String, _ parameter: String) -> Int? { config.parameter(module, parameter)?.value.number }

    /// The number that a parameter has, its default where it is not set; nil when only a running Kamailio knows.
    func number(_ module: String, _ parameter: String, byDefault number: Int) -> Int? {
        config.parameter(module, parameter).map { $0.value.number } ?? number
    }

    /// Whether outbound is meant to be there.
    var meansOutboundAtEdge: Bool {
        loads("outbound") || isRoleGiven && role.isEdge || !flowTimers.isEmpty
            || config.parameters.contains { $0.module == "outbound" }
    }

    /// `contact_flows_avp` is no sign of it: tm refuses `contacts_avp` without it, also for forking by q alone.
    var meansOutboundAtRegistrar: Bool {
        isRoleGiven && role.isRegistrar || (number("registrar", "outbound_mode") ?? 0) > 0
            || (number("registrar", "flow_timer") ?? 0) > 0 || !walk.calls("t_next_contact_flow").isEmpty
    }

    /// Whether routing logic can be judged.
    var hasRouting: Bool { config.engine == nil }

    /// What was not read, so that something which seems to be missing may stand there; nil when all was read.
    var whatIsHidden: String? {
        if let engine = config.engine { return "the routing logic is a script of cfgengine \"\(engine)\"" }
        if let reason = walk.incompleteness { return reason }
        if config.modules.isEmpty { return "no module is loaded here, so that this is a piece of another file" }
        guard let problem = config.problems.first(where: \.hidesSomething) else { return nil }
        return "\(config.words(problem.place)) could not be read"
    }

    var listensOnUDP: Bool {
        listensByDefault || listeners.contains { $0.kind == .udp || $0.kind == .any }
    }

    /// TCP and TLS, and with it WebSocket.
    var listensOnStreams: Bool {
        guard config.setting("disable_tcp")?.value.number != 1 else { return false }
        return listensByDefault || listeners.contains { $0.kind == .tcp || $0.kind == .tls || $0.kind == .any }
    }

    /// Seconds; nil when only a running Kamailio knows.
    var connectionLifetime: Int? {
        guard let setting = config.setting("tcp_connection_lifetime") else { return 120 }
        return setting.value.number.map { $0 < 0 ? Self.longestLifetime : $0 }
    }

    /// What Kamailio makes of a lifetime below 0: the most that its ticks, 16 a second, can count.
    static let longestLifetime = Int(Int32.max) / 16

    // MARK: Flow-Timer

    struct FlowTimerField {
        let site: CallSite
        /// The field as it will be sent, with `$def()` resolved.
        let field: String
        /// Seconds, at most 2^31 - 1; nil when it is no number, computed, or beyond.
        let seconds: Int?
        /// A number, but beyond 2^31 - 1.
        let isBeyond: Bool
        var isComputed: Bool { field.contains("$") }
        /// It ends in the letters of a line end: in single quotes Kamailio reads no escapes.
        var endsInLetters: Bool { field.hasSuffix(#"\n"#) }
    }

    /// Where the routing logic puts Flow-Timer into a message.
    var flowTimers: [FlowTimerField] { writtenFlowTimers.filter { walk.isReached($0.site) } }

    /// Where Flow-Timer would be put into a message by a block that nothing leads to.
    var unreachedFlowTimers: [FlowTimerField] { writtenFlowTimers.filter { !walk.isReached($0.site) } }

    private var writtenFlowTimers: [FlowTimerField] {
        walk.calls("insert_hf", "append_hf", "append_to_reply", "insert_hf_if_empty").compactMap { site in
            guard let text = site.call.arguments.first?.text,
                text.lowercased().split(separator: ":").first.map({ $0.filter { $0 != " " } }) == "flow-timer"
            else { return nil }
            let field = resolved(text)
            let value = (field.split(separator: ":", maxSplits: 1).last.map(String.init) ?? "")
                .replacing(#"\r"#, with: "").replacing(#"\n"#, with: "")
            let digits = value.filter { !$0.isWhitespace }
            let seconds = Int32(digits).map { Int($0) }
            let isNumber = !digits.isEmpty && digits.utf8.allSatisfy(ASCII.isDigit)
            return FlowTimerField(site: site, field: field, seconds: seconds, isBeyond: isNumber && seconds == nil)
        }
    }

    /// `$def(NAME)` replaced by what NAME is defined as.
    private func resolved(_ text: String) -> String {
        var text = text
        for (name, value) in config.definitions where text.contains("$def(\(name))") {
            text = text.replacing("$def(\(name))", with: value)
        }
        return text
    }

    /// The Flow-Timer that phones get from this server: of several the largest. Nil for none, and for one that is computed.
    var announcedTimer: Int? { flowTimers.compactMap(\.seconds).max() ?? ownRegistrarTimer }

    /// The longest Flow-Timer that the registrar writes as a whole line: its buffer holds three digits and the line end,
    /// and the NUL that C puts behind them takes the place of LF. So in all releases up to 6.1.
    static let longestRegistrarTimer = 99

    /// The Flow-Timer of this server's registrar; nil also for one that no phone can read.
    var ownRegistrarTimer: Int? {
        guard (number("registrar", "outbound_mode") ?? 0) > 0, let timer = number("registrar", "flow_timer"),
            (1...Self.longestRegistrarTimer).contains(timer)
        else { return nil }
        return timer
    }

    /// Whether this server's registrar writes a Flow-Timer that no phone can read.
    var hasUnreadableTimer: Bool { (number("registrar", "flow_timer") ?? 0) > Self.longestRegistrarTimer }
}
