/// Which modules are loaded, in which order, and with which parameters.
extension ConfigJudge {
    mutating func judgeModules() {
        let config = subject.config
        for module in config.modules {
            guard let fact = ModuleFacts.dropped[module.name] else { continue }
            let isGone = isAffected { $0 >= fact.since }
            if isGone == false { continue }
            emit(
                "CFG-MOD-04", isGone == true ? .fail : .warn, at: module.place,
                "Kamailio \(fact.since.major).\(fact.since.minor) and later have no module \(module.name), and refuse to start with it.",
                advice:
                    "Take it out; \(fact.instead == "nothing" ? "there is no successor" : "its work is done by \(fact.instead)")."
            )
        }
        for setting in config.settings {
            guard let fact = ModuleFacts.renamedSettings[setting.name] else { continue }
            let isGone = isAffected { $0 >= fact.since }
            if isGone == false { continue }
            emit(
                "CFG-MOD-08", isGone == true ? .fail : .warn, at: setting.place,
                "\(setting.name) is \(fact.to) since Kamailio \(fact.since.major).\(fact.since.minor).",
                advice: "Write \(fact.to).")
        }
        judgeNeeds()
        if subject.hasRouting { judgeFunctions() }
        guard subject.role.isEdge else { return }
        judgeOutboundModule()
    }

    /// What is not loaded can be told only of a configuration that was read as a whole, and that is one: a piece without any
    /// module is included by another file.
    private var isWhole: Bool {
        !subject.config.modules.isEmpty && !subject.config.problems.contains(where: \.hidesSomething)
    }

    private mutating func judgeFunctions() {
        if subject.config.modules.isEmpty {
            emit(
                "CFG-READ-01", .unknown(.configuration), at: nil,
                "No module is loaded here: this is a piece that another file includes, and what is missing may stand there.",
                advice: "Name the main file, usually kamailio.cfg.")
        }
        guard isWhole else { return }
        var missing: [String: [ConfigCall]] = [:]
        var named: Set<String> = []
        // Kamailio looks for functions as it reads: also in routes that nothing calls, and behind an exit.
        for call in subject.config.routes.flatMap({ $0.body.flatMap(\.calls) }) {
            let modules = ModuleFacts.modules(of: call.name)
            guard let module = modules.first, !modules.contains(where: subject.loads) else { continue }
            if named.insert(call.name).inserted { missing[module, default: []].append(call) }
        }
        for (module, calls) in missing.sorted(by: { $0.key < $1.key }) {
            let calls = calls.sorted { $0.place < $1.place }
            guard let first = calls.first else { continue }
            let others = calls.count > 1 ? " (and \(calls.count - 1) more)" : ""
            emit(
                "CFG-MOD-07", .fail, at: first.place,
                "\(first.name)()\(others) belongs to the module \(module), which is not loaded: Kamailio refuses to start.",
                advice: "Write loadmodule \"\(module).so\".")
        }
        judgeVariablesOfModules()
        let variables = subject.config.variables.filter { ModuleFacts.variables.contains($0.key) }
        if !subject.loads("pv"), let first = variables.min(by: { ($0.value, $0.key) < ($1.value, $1.key) }) {
            let others = variables.count > 1 ? " (and \(variables.count - 1) more)" : ""
            emit(
                "CFG-MOD-07", .fail, at: first.value,
                "$\(first.key)\(others) belongs to the module pv, which is not loaded: Kamailio refuses to start.",
                advice: "Write loadmodule \"pv.so\".")
        }
    }

    private mutating func judgeVariablesOfModules() {
        var missing: [String: [(name: String, place: ConfigPlace)]] = [:]
        for (name, place) in subject.config.variables {
            guard let module = ModuleFacts.variablesOfModules[name], !subject.loads(module) else { continue }
            missing[module, default: []].append((name, place))
        }
        for (module, names) in missing.sorted(by: { $0.key < $1.key }) {
            guard let first = names.min(by: { ($0.place, $0.name) < ($1.place, $1.name) }) else { continue }
            let others = names.count > 1 ? " (and \(names.count - 1) more)" : ""
            emit(
                "CFG-MOD-07", .fail, at: first.place,
                "$\(first.name)(\u{2026})\(others) belongs to the module \(module), which is not loaded: Kamailio refuses to start.",
                advice: "Write loadmodule \"\(module).so\".")
        }
    }

    /// What modules ask for as they start, where `kamailio -c` has nothing to say.
    private mutating func judgeNeeds() {
        let config = subject.config
        func isSet(_ name: String) -> Bool { config.parameter("tm", name).map { !$0.value.text.isEmpty } ?? false }
        if let contacts = config.parameter("tm", "contacts_avp"), subject.loads("tm"), isSet("contacts_avp"),
            !isSet("contact_flows_avp")
        {
            emitNeeded(
                "CFG-AP-01", at: contacts.place,
                "contacts_avp is set and contact_flows_avp is not: the module tm refuses to start.",
                advice: "Write modparam(\"tm\", \"contact_flows_avp\", \"tm_contact_flows\").")
        }
        judgeStart()
        for need in ModuleFacts.needs {
            if let parameter = need.parameter, (subject.number(need.module, parameter) ?? 0) <= 0 { continue }
            if let exception = need.exception,
                config.parameter(need.module, exception.parameter)?.value.text == exception.value
            {
                continue
            }
            guard let user = config.modules.firstIndex(where: { $0.name == need.module }) else { continue }
            let place = config.modules[user].place
            let module = need.module + (need.parameter.map { ", with \($0)," } ?? "")
            if let needed = config.modules.firstIndex(where: { need.isMet(by: $0.name) }) {
                guard needed > user, need.isAbove else { continue }
                emit(
                    "CFG-MOD-09", .fail, at: place,
                    "The module \(module) is loaded above \(need.needed), which it needs as it starts: Kamailio refuses to start.",
                    advice: "Move loadmodule \"\(need.needed).so\" above \(need.module).so.")
            } else {
                emitNeeded(
                    "CFG-MOD-09", at: place,
                    "The module \(module) needs \(need.needed), which is not loaded: Kamailio refuses to start.",
                    advice: "Write loadmodule \"\(need.needed).so\"\(need.isAbove ? " above \(need.module).so" : "").")
            }
        }
    }

    /// Whether a parameter is set, and not to nothing.
    private func isSet(_ module: String, _ name: String) -> Bool {
        subject.config.parameter(module, name).map { !$0.value.text.isEmpty } ?? false
    }

    /// What nathelper and xhttp ask for as they start, beside modules.
    private mutating func judgeStart() {
        let config = subject.config
        if subject.loads("nathelper"), !isSet("nathelper", "received_avp"),
            let call = config.routes.lazy.flatMap({ $0.body.flatMap(\.calls) }).first(where: {
                $0.name == "fix_nated_register"
            })
        {
            emitNeeded(
                "CFG-MOD-09", at: call.place,
                "fix_nated_register() needs the received_avp of nathelper, which is not set: Kamailio refuses to start.",
                advice: "Write modparam(\"nathelper|registrar\", \"received_avp\", \"$avp(RECEIVED)\").")
        }
        if subject.loads("nathelper"), (subject.number("nathelper", "natping_interval") ?? 0) > 0,
            let flag = config.parameter("nathelper", "sipping_bflag"), flag.value.number ?? 0 >= 0,
            !isSet("nathelper", "sipping_from")
        {
            emitNeeded(
                "DX-STUN-10", at: flag.place,
                "sipping_bflag asks for OPTIONS pings, and sipping_from is not set: Kamailio refuses to start.",
                advice: "Write modparam(\"nathelper\", \"sipping_from\", \"sip:pinger@example.com\").")
        }
        if let module = config.module("xhttp"), subject.hasRouting,
            !config.routes.contains(where: { $0.kind == .event && $0.name == "xhttp:request" })
        {
            emitNeeded(
                "CFG-MOD-09", at: module.place,
                "The module xhttp is loaded, and there is no event_route[xhttp:request]: Kamailio refuses to start.",
                advice: "Write the route, or take the module out.")
        }
    }

    /// Of modules and parameters, which stand in files alone: what a script, or a route of any name, does is not asked.
    private mutating func emitNeeded(_ rule: Diagnosis.ID, at place: ConfigPlace, _ message: String, advice: String) {
        if isWhole {
            emit(rule, .fail, at: place, message, advice: advice)
        } else {
            emitMissing(rule, .fail, at: place, message, advice: advice)
        }
    }

    private mutating func judgeOutboundModule() {
        let config = subject.config
        guard let outbound = config.module("outbound") else {
            if subject.meansOutboundAtEdge {
                emitMissing(
                    "CFG-MOD-02", .fail,
                    "The module outbound is not loaded: Path and Record-Route get no flow token and no ob, and registrars answer 439.",
                    advice: "Write loadmodule \"outbound.so\" before rr.so and path.so.")
            } else {
                emitMissing(
                    "CFG-MOD-02", .warn, at: config.module("path")?.place,
                    "This adds Path without the module outbound: phones behind NAT are found by their address alone, and never on a second flow.",
                    advice: "If phones are to use outbound, write loadmodule \"outbound.so\" before rr.so and path.so.")
            }
            return
        }
        for name in ["path", "rr"] where !subject.loads(name) {
            let isServed = name == "path" && subject.role == .both
            emitMissing(
                "CFG-MOD-03", isServed ? .info : .fail, at: outbound.place,
                name == "path"
                    ? "outbound is loaded and path is not: nothing adds the Path that outbound needs."
                    : "outbound is loaded and rr is not: nothing routes by flow tokens.",
                advice: "Write loadmodule \"\(name).so\" behind outbound.so.")
        }
        let earlier = ["path", "rr"].filter { name in
            guard let own = config.modules.firstIndex(where: { $0.name == "outbound" }),
                let other = config.modules.firstIndex(where: { $0.name == name })
            else { return false }
            return other < own
        }
        if !earlier.isEmpty {
            emit(
                "CFG-MOD-01", .info, at: outbound.place,
                "outbound is loaded after \(earlier.joined(separator: " and ")). The manual asks for it before; 5.6.3 was seen to work either way.",
                advice: "Move it in front of rr.so and path.so, and no release can differ.")
        }
    }

    // MARK: Parameters

    mutating func judgeParameters() {
        var named: Set<String> = []
        let parameters = subject.config.parameters
        let loaded = Set(subject.config.modules.map(\.name))
        // Each module of modparam("a|b", …) need not be there, one must.
        let served = Set(parameters.filter { loaded.contains($0.module) }.map(\.place))
        let counts = Dictionary(parameters.map { ($0.module, 1) }, uniquingKeysWith: +)
        for parameter in parameters {
            // Characters of a regular expression: which modules are meant is Kamailio's to say.
            guard parameter.module.utf8.allSatisfy({ ConfigOctet.isName($0) || $0 == ASCII.minus }) else { continue }
            guard loaded.contains(parameter.module) else {
                if isWhole, !served.contains(parameter.place), named.insert(parameter.module).inserted {
                    let count = counts[parameter.module] ?? 1
                    let others = count > 1 ? " (and \(counted(count - 1, "more line")) like this)" : ""
                    emit(
                        "CFG-MOD-05", .fail, at: parameter.place,
                        "The module \(parameter.module) is not loaded\(others): Kamailio refuses to start.",
                        advice: "Write loadmodule \"\(parameter.module).so\" above this line.")
                }
                continue
            }
            if !parameter.isBehindModule {
                emit(
                    "CFG-MOD-05", .fail, at: parameter.place,
                    "The module \(parameter.module) is loaded only below this line: Kamailio refuses to start.",
                    advice: "Move loadmodule \"\(parameter.module).so\" above the modparam lines.")
            }
            guard let known = ModuleFacts.parameters(of: parameter.module) else { continue }
            judge(parameter, known)
            judgeValue(parameter)
        }
    }

    private mutating func judge(_ parameter: ConfigParameter, _ known: [String: ModuleFacts.Parameter]) {
        guard let fact = known[parameter.name] else {
            if ModuleFacts.ofSpecialBuilds.contains("\(parameter.module) \(parameter.name)") {
                emit(
                    "CFG-MOD-06", .warn, at: parameter.place,
                    "The module \(parameter.module) has \(parameter.name) only in special builds, and in none from 6.1 on: packaged ones refuse to start.",
                    advice: "Take it out.")
                return
            }
            let isGlobal = parameter.name.hasPrefix("tcp_") || parameter.name == "force_rport"
            // Of releases to come nothing is known.
            let isNewer = subject.version.map { $0 >= KamailioVersion(6, 2, 0) } == true
            emit(
                "CFG-MOD-06", isNewer ? .warn : .fail, at: parameter.place,
                "The module \(parameter.module) has no parameter \(parameter.name) in any release from 5.0 to 6.1: Kamailio refuses to start.",
                advice: isGlobal
                    ? "It is a global setting: write \(parameter.name)=\(parameter.value.text) in a line of its own."
                    : Self.near(parameter.name, known.keys.sorted()).map { "Did you mean \($0)?" })
            return
        }
        if let since = fact.since, let version = subject.version, version < since {
            emit(
                "CFG-MOD-06", .fail, at: parameter.place,
                "\(parameter.module) has \(parameter.name) since Kamailio \(since.major).\(since.minor) only: \(version) refuses to start."
            )
        }
        if let until = fact.until, subject.version.map({ $0 >= until }) ?? true {
            emit(
                "CFG-MOD-06", subject.version == nil ? .warn : .fail, at: parameter.place,
                "Kamailio \(until.major).\(until.minor) and later have no parameter \(parameter.name) of \(parameter.module), and refuse to start with it.",
                advice: "Take it out.")
        }
        let isString = if case .string = parameter.value { true } else { false }
        let isNumber =
            switch parameter.value {
            case .integer: true
            case .string: false
            // One that fits no 32 bits is a number to Kamailio all the same.
            case .words(let text): ConfigNumber(text) != nil
            }
        if fact.kind == .integer, isString {
            emit(
                "CFG-MOD-06", .fail, at: parameter.place,
                "\(parameter.name) is a number, and stands in quotes: Kamailio refuses to start.",
                advice: parameter.value.number.map { "Write \($0) without quotes." } ?? "Write a number without quotes."
            )
        } else if fact.kind == .string, isNumber {
            emit(
                "CFG-MOD-06", .fail, at: parameter.place,
                "\(parameter.name) is a string, and stands without quotes: Kamailio refuses to start.",
                advice: "Write it in quotes.")
        }
    }

    /// Values that Kamailio refuses as it starts, and not before.
    private mutating func judgeValue(_ parameter: ConfigParameter) {
        for row in ModuleFacts.ranges where row.module == parameter.module && row.parameter == parameter.name {
            guard let number = parameter.value.number, !row.range.contains(number) else { continue }
            emit(
                "CFG-MOD-06", .fail, at: parameter.place,
                "\(row.parameter) is a number from \(row.range.lowerBound) to \(row.range.upperBound); with \(number) Kamailio refuses to start."
            )
        }
        let text = parameter.value.text
        guard ["registrar", "nathelper"].contains(parameter.module), parameter.name == "received_avp", !text.isEmpty,
            parameter.value.isString, !["$avp(", "$(avp(", "$def", "$env"].contains(where: text.hasPrefix)
        else { return }
        emit(
            "CFG-MOD-06", .fail, at: parameter.place,
            "received_avp is a variable of the kind $avp(NAME), and this is none: Kamailio refuses to start.",
            advice: "Write modparam(\"nathelper|registrar\", \"received_avp\", \"$avp(RECEIVED)\").")
    }

    /// The name among `names` that shares most with `name`; nil when nothing is near.
    private static func near(_ name: String, _ names: [String]) -> String? {
        func pairs(_ text: String) -> Set<String> {
            let octets = Array(text.utf8)
            return Set(zip(octets, octets.dropFirst()).map { ConfigOctet.text([$0, $1]) })
        }
        let own = pairs(name)
        let best = names.map {
            (name: $0, score: Double(own.intersection(pairs($0)).count) / Double(max(1, own.union(pairs($0)).count)))
        }
        .max { $0.score < $1.score }
        return best.flatMap { $0.score > 0.5 ? $0.name : nil }
    }
}
