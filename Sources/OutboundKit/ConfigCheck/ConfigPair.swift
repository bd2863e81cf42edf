/// What must fit between an edge's and a registrar's configuration.
struct ConfigPair {
    let edge: ConfigSubject
    let registrar: ConfigSubject

    func judge(_ edgeJudge: inout ConfigJudge, _ registrarJudge: inout ConfigJudge) {
        judgeTimers(&edgeJudge)
        judgeReceived(&registrarJudge)
        let secret = registrar.config.parameter("outbound", "flow_token_secret")
        if let place = secret?.place ?? registrar.config.module("outbound")?.place, registrar.role == .registrar {
            registrarJudge.emit(
                "CFG-PAIR-01", .info, at: place,
                "The registrar needs neither the outbound module nor the edge's secret: it hands tokens back as they came.",
                advice: "Take it out: a secret that is in one place only is stolen there only.")
        }
        judgeTrust(&registrarJudge)
        let most = registrar.number("registrar", "max_expires") ?? 0
        if let timer = edge.announcedTimer, most > 0, most <= timer {
            registrarJudge.emit(
                "CFG-PAIR-04", .info, at: registrar.config.parameter("registrar", "max_expires")?.place,
                "Registrations last \(most) s at most, and the edge announces Flow-Timer \(timer) s: REGISTER is the keep-alive.",
                advice: "Let registrations last many times Flow-Timer: 600 s or more.")
        }
    }

    private func judgeTimers(_ judge: inout ConfigJudge) {
        guard let parameter = registrar.config.parameter("registrar", "flow_timer"),
            let timer = parameter.value.number, timer > 0
        else { return }
        let place = "\(registrar.config.words(parameter.place))"
        if let own = edge.flowTimers.first {
            judge.emit(
                "DX-FT-08", .info, at: own.site.call.place,
                "The registrar sets a Flow-Timer too (\(timer) s, \(place)); the server next to the phone should be the only one.",
                advice: "Set the registrar's flow_timer to 0.", requirement: "OB-FT-003")
            return
        }
        // One that phones cannot read, or that keeps the registrar from starting, is said of the registrar.
        guard registrar.ownRegistrarTimer == timer, let lifetime = edge.connectionLifetime, edge.listensOnStreams,
            lifetime <= timer
        else { return }
        judge.emit(
            "DX-FT-05", .fail, at: edge.config.setting("tcp_connection_lifetime")?.place,
            "tcp_connection_lifetime is \(lifetime) s, and the registrar announces Flow-Timer \(timer) s (\(place)): \(ConfigJudge.early(lifetime, timer))",
            advice: "Write tcp_connection_lifetime=\(timer + 10) here, or a smaller flow_timer there.",
            requirement: "OB-FT-006")
    }

    private func judgeReceived(_ judge: inout ConfigJudge) {
        guard edge.hasRouting, edge.walk.isComplete else { return }
        let adds = !edge.walk.calls("add_path_received").isEmpty
        let uses = registrar.number("registrar", "path_use_received") == 1
        guard let parameter = registrar.config.parameter("registrar", "path_use_received"), uses, !adds else { return }
        judge.emit(
            "CFG-PAIR-02", .info, at: parameter.place,
            "path_use_received waits for a received parameter in Path, which this edge never adds.",
            advice: "Take the line out: the flow token does this work.")
    }

    /// Path is believed: whoever can send a REGISTER past the edge decides where calls go.
    private func judgeTrust(_ judge: inout ConfigJudge) {
        guard registrar.hasRouting, let save = registrar.walk.calls("save").first else { return }
        let tests = ["allow_source_address", "allow_trusted", "allow_address", "ds_is_from_list", "is_from_gw"]
        let words = ["$si", "src_ip", "$sp", "$Ri"]
        let isChecked =
            tests.contains { !registrar.walk.calls($0).isEmpty }
            || registrar.walk.tests.contains { test in
                test.expression.contains { part in
                    switch part {
                    case .variable(let name): words.contains(name)
                    case .word(let name): words.contains(name)
                    default: false
                    }
                }
            }
        if !isChecked {
            judge.emitMissing(
                "CFG-PAIR-03", .info, at: save.call.place,
                "A REGISTER from anybody may carry a Path, and calls then go where it says.",
                advice:
                    "Check that it comes from an edge (allow_source_address(), $si) before save(), or close the port to others."
            )
        }
    }
}
