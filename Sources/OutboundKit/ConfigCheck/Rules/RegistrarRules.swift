/// The registrar: which bindings it keeps (RFC 5626 §6).
extension ConfigJudge {
    /// `outbound_mode`: 0 off (the default), 1 for phones that ask, 2 for everybody; nil when it cannot be told.
    var outboundMode: Int? {
        guard let parameter = subject.config.parameter("registrar", "outbound_mode") else { return 0 }
        return parameter.value.number
    }

    mutating func judgeRegistrar() {
        guard subject.loads("registrar") else {
            emitMissing(
                "CFG-REG-09", .fail, "The module registrar is not loaded: nothing here keeps bindings.",
                advice: "Write loadmodule \"usrloc.so\" and loadmodule \"registrar.so\".")
            return
        }
        guard let mode = outboundMode else { return }
        let parameter = subject.config.parameter("registrar", "outbound_mode")
        let place = parameter?.place ?? subject.config.module("registrar")?.place
        switch mode {
        case 0:
            let message =
                "outbound_mode is 0\(parameter == nil ? " by default" : ""): no phone gets outbound, and Require: outbound gets 420."
            if subject.meansOutboundAtRegistrar {
                emitMissing(
                    "DX-REG-03", .fail, at: place, message,
                    advice: "Write modparam(\"registrar\", \"outbound_mode\", 1).")
            } else {
                emit(
                    "DX-REG-03", .info, at: place, message,
                    advice: "For outbound write modparam(\"registrar\", \"outbound_mode\", 1) and use_path 1.")
            }
        case 1: break
        case 2:
            emit(
                "DX-REG-04", .warn, at: place, "outbound_mode 2 refuses every phone without outbound with 421.",
                advice: "Write 1, unless all phones have outbound.")
        default:
            emit(
                "DX-REG-03", .fail, at: place, "outbound_mode is 0, 1 or 2; with \(mode) Kamailio refuses to start.",
                advice: "Write modparam(\"registrar\", \"outbound_mode\", 1).")
        }
        judgeFlowTimer(mode)
        guard mode > 0 else { return }
        judgeStoredPath()
        judgeLimits()
    }

    /// What the registrar puts into its answers itself.
    private mutating func judgeFlowTimer(_ mode: Int) {
        guard let timer = subject.config.parameter("registrar", "flow_timer"), let seconds = timer.value.number else {
            return
        }
        if !(0...999).contains(seconds) {
            emit(
                "CFG-REG-02", .fail, at: timer.place,
                "flow_timer is a number from 0 to 999; with \(seconds) Kamailio refuses to start.",
                advice: "Write \(ConfigSubject.longestRegistrarTimer) at most.")
        } else if seconds > 0, mode == 0 {
            emitMissing(
                "CFG-REG-02", .fail, at: timer.place,
                "flow_timer needs outbound_mode 1 or 2: Kamailio refuses to start.",
                advice: "Write modparam(\"registrar\", \"outbound_mode\", 1) too.")
        } else if seconds > ConfigSubject.longestRegistrarTimer {
            emit(
                "CFG-REG-12", .fail, at: timer.place,
                "Kamailio ends a Flow-Timer of three digits with CR NUL, not CR LF: phones read no number there, and the field behind it, which may be Content-Length, is lost.",
                advice:
                    "Write \(ConfigSubject.longestRegistrarTimer) at most, and tcp_connection_lifetime 10 s above it where phones connect; or 0 here, and a Flow-Timer that the edge inserts."
            )
        }
    }

    private mutating func judgeStoredPath() {
        let use = subject.config.parameter("registrar", "use_path")
        let isUsed = use.map { $0.value.number } ?? 0
        guard let isUsed else { return }
        if isUsed == 0 {
            let place = use?.place ?? subject.config.module("registrar")?.place
            let what = "use_path is 0\(use == nil ? " by default" : "")"
            let advice = "Write modparam(\"registrar\", \"use_path\", 1)."
            guard subject.reach != .inDoubt else {
                emitMissing(
                    "CFG-REG-01", .unknown(.configuration), at: place,
                    "\(what), and nothing here tells whether an edge proxy is in front: its Path would be thrown away, and with it the flow.",
                    advice:
                        "Behind an edge write modparam(\"registrar\", \"use_path\", 1). Where phones register here directly, 0 is right (--role both says so)."
                )
                return
            }
            // Phones that connect here need no Path: the registrar knows their flows itself.
            emitMissing(
                "CFG-REG-01", subject.reach == .direct ? .info : .fail, at: place,
                "\(what): the Path of edge proxies is thrown away, and with it the flow.", advice: advice)
            return
        }
        switch subject.number("registrar", "path_mode", byDefault: 2) {
        case 0:
            emit(
                "CFG-REG-06", .info, at: subject.config.parameter("registrar", "path_mode")?.place,
                "path_mode 0 keeps Path, and never gives it back in the answer.", advice: "Write 1 or 2.")
        case 2:
            emit(
                "DX-REG-02", .info, at: subject.config.parameter("registrar", "path_mode")?.place ?? use?.place,
                "path_mode 2 (the default) answers 420 to phones behind an edge that do not list path in Supported.",
                advice: "Write modparam(\"registrar\", \"path_mode\", 1) if the fleet has such phones.")
        default: break
        }
        if let received = subject.config.parameter("registrar", "path_use_received"), received.value.number == 1 {
            emit(
                "CFG-REG-07", .info, at: received.place,
                "Where Path has a received parameter, requests go to that address: with outbound the token is enough.",
                advice: "Set it to 0 when all edges add outbound Paths.")
        }
    }

    private mutating func judgeLimits() {
        if let gruu = subject.config.parameter("registrar", "gruu_enabled"), gruu.value.number == 0 {
            emit(
                "CFG-REG-03", .info, at: gruu.place,
                "No GRUUs: transfers to one device (Refer-To with gr) do not reach it behind its flow.",
                advice: "Take the line out; 1 is the default.")
        }
        if let most = subject.config.parameter("registrar", "max_contacts"), most.value.number == 1 {
            emit(
                "CFG-REG-04", .warn, at: most.place,
                "Each flow of a phone is a contact of its own: the second one (reg-id 2) is refused.",
                advice: "Allow two for each device, or 0 for no limit.")
        }
        if subject.hasRouting {
            for save in subject.walk.calls("save") {
                guard save.call.arguments.count > 1, let flags = Self.flags(save.call.arguments[1]), flags & 4 != 0
                else {
                    continue
                }
                emit(
                    "CFG-REG-04", .fail, at: save.call.place,
                    "save() with flag 0x04 keeps one contact for each address: the second flow throws the first one out.",
                    advice: "Leave the flag out.")
            }
        }
        if let append = subject.config.parameter("registrar", "append_branches"), append.value.number == 0 {
            emit(
                "CFG-REG-05", .warn, at: append.place,
                "lookup() takes one binding and leaves the others: there is no second flow to try.",
                advice: "Take the line out; 1 is the default.")
        }
        if let mode = subject.config.parameter("registrar", "regid_mode"), mode.value.number == 1 {
            emit(
                "DX-REG-10", .info, at: mode.place,
                "reg-id is kept for phones without Supported: outbound too: their bindings replace each other by instance and reg-id.",
                advice: "Write 0 unless such phones need it.")
        }
        judgeStorage()
    }

    /// A number in a string, `0x04` or `4`, as flags are given.
    private static func flags(_ value: ConfigValue) -> Int? {
        let text = value.text
        return text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : Int(text)
    }

    // MARK: Pings of the server

    mutating func judgeBindings() {
        guard (outboundMode ?? 0) > 0 || subject.loads("outbound") else { return }
        if let interval = subject.config.parameter("nathelper", "natping_interval"), (interval.value.number ?? 0) > 0 {
            if subject.listensOnStreams {
                emit(
                    "DX-STUN-09", .info, at: interval.place,
                    "These pings go to UDP phones only, and to phones with outbound as well, which keep their flow alive themselves.",
                    advice:
                        "Rely on the phones' keep-alives for TCP and TLS, and set nat_bflag only where there is no reg-id."
                )
            }
        }
        if let module = subject.config.module("nat_traversal"), subject.hasRouting {
            for site in subject.walk.calls("nat_keepalive").prefix(1) {
                emit(
                    "CFG-NAT-02", .info, at: site.call.place,
                    "The server pings phones that keep their own flow alive by outbound: twice the traffic, and for nothing.",
                    advice: "Call nat_keepalive() only where the REGISTER has no reg-id (\(module.name) module).")
            }
        }
    }
}
