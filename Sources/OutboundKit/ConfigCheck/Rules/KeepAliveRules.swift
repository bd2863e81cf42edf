/// Keep-alives and the timers around them (RFC 5626 §4.4, §5.4).
extension ConfigJudge {
    mutating func judgeKeepAlive() {
        let config = subject.config
        if subject.loads("outbound") || subject.isRoleGiven { judgeSTUN() }
        judgePing()
        if let keepalive = config.setting("tcp_keepalive"), keepalive.value.number == 1 {
            emit(
                "DX-FT-13", .info, at: keepalive.place,
                "TCP's own keep-alive finds dead phones, but is no traffic to Kamailio: it does not prolong tcp_connection_lifetime.",
                advice: "Keep it, and have phones send CRLF keep-alives by Flow-Timer.")
        }
        if let proxy = config.setting("tcp_accept_haproxy"), proxy.value.number == 1, subject.loads("outbound") {
            let isAffected = isAffected { $0 < KamailioVersion(6, 0, 0) }
            if isAffected != false {
                emit(
                    "DX-TOK-04", isAffected == true ? .fail : .warn, at: proxy.place,
                    "Before Kamailio 6.0 the flow token has the load balancer's address, and loose_route() finds no socket for it.",
                    advice: "Upgrade to 6.0, or let TCP pass the balancer without the PROXY protocol.")
            }
        }
        judgeWebSocket()
    }

    /// A registrar to which phones may connect themselves, without an edge in front: then an edge's duties are its own.
    mutating func judgeDirectPhones() {
        judgeWebSocket()
        guard (outboundMode ?? 0) > 0, subject.reach != .behindEdge else { return }
        if subject.reach == .inDoubt {
            doubt = "It cannot be told whether phones register here directly, or behind an edge. If they do"
        }
        judgeSTUN()
        judgePing()
        judgeLifetime()
        doubt = nil
    }

    private mutating func judgeSTUN() {
        guard subject.listensOnUDP, !subject.loads("stun"), subject.takesPhones(over: "UDP") else { return }
        let how =
            subject.listensByDefault
            ? "Without a listen line Kamailio takes UDP on every address"
            : "This listens on \(subject.listeners.first { $0.kind == .udp || $0.kind == .any }?.text ?? "UDP")"
        emitMissing(
            "DX-STUN-01", .fail,
            at: subject.listeners.first { $0.kind == .udp || $0.kind == .any }.flatMap {
                subject.config.listeners.contains($0) ? $0.place : nil
            },
            "\(how), and the module stun is not loaded: STUN keep-alives stay unanswered, and phones take their flow for dead.",
            advice: "Write loadmodule \"stun.so\".")
    }

    private mutating func judgePing() {
        if let ping = subject.config.setting("tcp_crlf_ping"), ping.value.number == 0 {
            emit(
                "CFG-TCP-01", .fail, at: ping.place,
                "The double CRLF of phones is not answered: after 10 seconds they take the flow for dead and register anew.",
                advice: "Take the line out; answering is the default.")
        }
    }

    private mutating func judgeWebSocket() {
        guard let module = subject.config.module("websocket") else { return }
        if subject.config.setting("tcp_accept_no_cl")?.value.number != 1 {
            emitMissing(
                "CFG-WS-01", .warn, at: module.place,
                "WebSocket handshakes are HTTP requests without Content-Length, which Kamailio refuses by default.",
                advice: "Write tcp_accept_no_cl=yes.")
        }
        if subject.hasRouting {
            let isThere = subject.config.routes.contains { $0.kind == .event && $0.name == "xhttp:request" }
            if !isThere || subject.walk.calls("ws_handle_handshake").isEmpty {
                emitMissing(
                    "CFG-WS-02", .fail, at: module.place,
                    "Nothing calls ws_handle_handshake(): no WebSocket phone gets in.",
                    advice: "Load xhttp.so, and call ws_handle_handshake() in event_route[xhttp:request].",
                    requirement: "OB-WS-005")
            }
        }
        if subject.number("websocket", "keepalive_mechanism", byDefault: 1) == 0 {
            emit(
                "CFG-WS-03", .info, at: subject.config.parameter("websocket", "keepalive_mechanism")?.place,
                "The server pings no WebSocket phone: flows live by the phones' own pings alone.",
                advice: "Set keepalive_mechanism to 1, unless all phones send keep-alives; browsers cannot.")
            return
        }
        guard let lifetime = subject.connectionLifetime else { return }
        let parameter = subject.config.parameter("websocket", "keepalive_timeout")
        guard let timeout = parameter.map({ $0.value.number }) ?? 180 else { return }
        if timeout >= lifetime {
            emit(
                "DX-FT-09", .warn, at: parameter?.place ?? module.place,
                "The first WebSocket Ping is due after \(timeout) s, and the connection is closed after \(lifetime) s of silence (tcp_connection_lifetime\(subject.config.setting("tcp_connection_lifetime") == nil ? ", by default" : "")).",
                advice: advice(timeout: subject.announcedTimer, lifetime: lifetime))
        } else if let timer = subject.announcedTimer, timeout < timer {
            emit(
                "DX-FT-09", .info, at: parameter?.place ?? module.place,
                "keepalive_timeout \(timeout) s is below the Flow-Timer \(timer) s: server and phone both ping.",
                advice: "The manual asks for a little more than Flow-Timer: \(timer + 5) s.")
        }
    }

    private func advice(timeout timer: Int?, lifetime: Int) -> String {
        // A registrar's own timer cannot be longer.
        let most = subject.role.isRegistrar ? ConfigSubject.longestRegistrarTimer : lifetime
        let timer = timer ?? max(1, min(lifetime - 10, most))
        return "Flow-Timer < keepalive_timeout < tcp_connection_lifetime: for a Flow-Timer of \(timer) s "
            + "modparam(\"websocket\", \"keepalive_timeout\", \(timer + 5)) and tcp_connection_lifetime=\(timer + 10)."
    }

    // MARK: Flow-Timer

    mutating func judgeTimers() {
        judgeLifetime()
        guard subject.hasRouting else { return }
        let fields = subject.flowTimers
        var search = subject.walk.search(for: ["outbound", "require"])
        let cleared = firstRemovals
        for field in fields {
            judge(field, &search, isCleared: cleared[field.site.entry].map { $0 < field.site.order } ?? false)
        }
        if fields.isEmpty, subject.ownRegistrarTimer ?? subject.registrarTimer == nil, !subject.hasUnreadableTimer,
            subject.listensOnStreams, subject.loads("outbound"),
            !subject.pingsWebSocketInTime || subject.takesPhones(over: "TCP", "TLS"),
            let lifetime = subject.connectionLifetime, lifetime <= 120
        {
            let setting = subject.config.setting("tcp_connection_lifetime")
            let idle = subject.unreachedFlowTimers.first?.site
            let why = idle.map {
                ": onreply_route[\($0.entryName)] would put it into answers, and nothing arms it with t_on_reply()"
            }
            emitMissing(
                "DX-FT-04", .warn, at: idle?.call.place ?? setting?.place,
                "No Flow-Timer is sent from here\(why ?? ""). Unless the registrar sends one, phones ping every 95 to 120 s, and connections are closed after \(lifetime) s\(setting == nil ? " (the default)" : "") of silence.",
                advice: idle.map {
                    "Write t_on_reply(\"\($0.entryName)\"); before REGISTER is relayed, or set tcp_connection_lifetime=130."
                }
                    ?? "Insert Flow-Timer into 2xx of REGISTER, 10 s below tcp_connection_lifetime; or set tcp_connection_lifetime=130."
            )
        }
    }

    /// What follows from a lifetime within Flow-Timer. Release 5.6.3 kept connections 6 to 8 s longer than it was told, and
    /// once not at all.
    static func early(_ lifetime: Int, _ timer: Int) -> String {
        lifetime + 10 < timer
            ? "connections are closed before the ping comes."
            : "a connection can be closed before the ping comes. (Kamailio may keep it some seconds longer than it is told, which nothing promises.)"
    }

    private mutating func judgeLifetime() {
        guard let timer = subject.announcedTimer, let lifetime = subject.connectionLifetime, subject.listensOnStreams
        else { return }
        let setting = subject.config.setting("tcp_connection_lifetime")
        let isEndless = lifetime == ConfigSubject.longestLifetime
        let what =
            isEndless
            ? "tcp_connection_lifetime is \(setting?.value.text ?? ""), which is no limit"
            : "tcp_connection_lifetime is \(lifetime) s\(setting == nil ? " by default" : "")"
        let place = setting?.place ?? subject.flowTimers.first?.site.call.place
        if lifetime <= timer {
            emit(
                "DX-FT-05", .fail, at: place,
                "\(what), and phones are told to ping every \(timer) s: \(Self.early(lifetime, timer))",
                advice: "Write tcp_connection_lifetime=\(timer + 10) (Flow-Timer and 10 s).", requirement: "OB-FT-006")
        } else if lifetime < timer + 5 {
            emit(
                "DX-FT-05", .info, at: place,
                "\(what), only \(lifetime - timer) s more than Flow-Timer (\(timer) s): a ping that is late on its way finds no connection.",
                advice: "Write tcp_connection_lifetime=\(timer + 10).", requirement: "OB-FT-006")
        } else if lifetime > 10 * timer, lifetime > 120 {
            emit(
                "DX-FT-06", .info, at: place,
                "\(what), and Flow-Timer \(timer) s: connections of phones that have gone are kept \(isEndless ? "for years" : "for \(lifetime) s").",
                advice: "Write tcp_connection_lifetime=\(timer + 10).")
        }
    }

    /// Where in each block a Flow-Timer that is there already is first taken out: by its name, or as an expression; where
    /// that cannot be told, it may be it.
    private var firstRemovals: [ConfigRoute.Kind: Int] {
        var first: [ConfigRoute.Kind: Int] = [:]
        for site in subject.walk.calls(
            "remove_hf", "remove_hf_pv", "remove_hf_re", "remove_hf_re_pv", "remove_hf_exp", "remove_hf_exp_pv",
            "remove_hf_idx", "remove_hf_match")
        where first[site.entry] == nil && site.call.arguments.first.map({ $0.matches("flow-timer") ?? true }) == true {
            first[site.entry] = site.order
        }
        return first
    }

    private mutating func judge(
        _ field: ConfigSubject.FlowTimerField, _ search: inout ConditionSearch, isCleared: Bool
    ) {
        let place = field.site.call.place
        guard let seconds = field.seconds else {
            if field.isComputed { return }
            guard !field.isBeyond else {
                emit(
                    "CFG-FT-01", .fail, at: place,
                    "'\(MessageWords.shown(field.field))' is more than \(Int32.max) s: a phone cannot read the number, or never sends a keep-alive.",
                    advice: "Announce 20 to 120 s.")
                return
            }
            emit(
                "CFG-FT-01", .fail, at: place,
                "The value of Flow-Timer is no number: it goes out as '\(MessageWords.shown(field.field))'. #!define is not applied inside of strings.",
                advice: "Write \"Flow-Timer: $def(NAME)\\r\\n\", or #!substdef instead of #!define.")
            return
        }
        if seconds < 20 {
            emit(
                "DX-FT-03", .info, at: place,
                "Some phones never ping more often than every 20 s, whatever Flow-Timer says; \(seconds) s is less.",
                advice: "Announce 20 s or more, where the fleet is mixed.")
        }
        // A line end of two octets is one character.
        if field.field.utf8.last != ASCII.lf {
            emit(
                "CFG-FT-02", .fail, at: place,
                field.endsInLetters
                    ? "In single quotes \\r\\n is no line end but letters: they go out, and the field runs into the one behind it."
                    : "The field has no line end: it runs into the one behind it.",
                advice: "Write \"Flow-Timer: \(seconds)\\r\\n\".")
        }
        guard field.site.call.name != "append_to_reply" else { return }
        // A Require in the answer to a REGISTER is that of outbound: no other extension asks for one there.
        if !search.finds(field.site) {
            emit(
                "DX-FT-07", .warn, at: place,
                "Flow-Timer is put into answers without a look whether outbound was granted: there it means nothing.",
                advice: "Write if ($(hdr(Require)[*]) =~ \"outbound\") before it.", requirement: "OB-FT-002")
        }
        if !isCleared {
            emit(
                "DX-FT-08", .warn, at: place,
                "A Flow-Timer that the registrar has set stays in: phones get two, and may obey the wrong one.",
                advice: "Write remove_hf(\"Flow-Timer\"); before it.", requirement: "OB-FT-003")
        }
    }
}

/// Pieces of a configuration in a sentence.
enum MessageWords {
    /// Without line ends and controls, and not too long.
    static func shown(_ text: String) -> String {
        let plain = text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.map(Character.init)
        return String(plain.prefix(60))
    }
}
