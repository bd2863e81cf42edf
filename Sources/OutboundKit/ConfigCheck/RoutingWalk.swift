/// A condition under which something is done.
struct RoutingGuard: Sendable {
    let expression: ConfigExpression
    let holds: Bool
}

/// What led somewhere: a place in the walk's list of conditions, each of which knows the one before it.
struct RoutingPath: Sendable {
    fileprivate var last = -1
    /// Conditions on it.
    fileprivate var count = 0
}

/// One way to a call: a call in a route that is used from several places is met once from each.
struct CallSite: Sendable {
    let call: ConfigCall
    /// The block from which Kamailio began, such as `request_route`.
    let entry: ConfigRoute.Kind
    let entryName: String
    /// The block that it stands in.
    let route: String
    let path: RoutingPath
    /// Counts on along the walk: of two calls of one entry the earlier one has the lower number.
    let order: Int
    /// Whether its result decides something, or is kept.
    let isAsked: Bool
}

/// Walks through the routing logic from every block that Kamailio itself calls, into each route that is called, with the
/// conditions under which it comes there.
struct RoutingWalk: Sendable {
    /// Steps of one walk; a configuration whose routes call each other in ever more ways has no end.
    private static let maximumSteps = 100_000
    /// Labels of one switch that lead to the same place. Each is nested in the next, and questions follow the nesting.
    private static let maximumLabels = 64
    /// Conditions on one path: each question about a call goes through all of them.
    private static let maximumGuards = 2048

    private(set) var sites: [String: [CallSite]] = [:]
    /// Every test and switch that is met, with its entry.
    private(set) var tests: [(expression: ConfigExpression, entry: ConfigRoute.Kind)] = []
    /// The tests that stand in each block, by its title.
    private(set) var testsOfRoutes: [String: [ConfigExpression]] = [:]
    /// What is put into each variable, and where.
    private(set) var assignments: [String: [(value: ConfigExpression, path: RoutingPath)]] = [:]
    /// Where each flag is set, by the function that sets it.
    private(set) var flags: [String: [ConfigValue: [RoutingPath]]] = [:]
    /// Why routes may be missing here; nil when all were walked through.
    private(set) var incompleteness: String?
    var isComplete: Bool { incompleteness == nil }

    private let routes: [String: ConfigRoute]
    /// All conditions, each with the place of the one before it on its path. Paths share what they have in common: one that
    /// had a list of its own for each call would take memory with the square of the calls.
    private var links: [(guard: RoutingGuard, before: Int)] = []
    private var steps = 0
    private var order = 0
    private var stack: [String] = []
    private var entry: ConfigRoute.Kind = .request
    private var entryName = ""

    init(_ config: KamailioConfig) {
        var named: [String: ConfigRoute] = [:]
        // Kamailio refuses a second block of the same name; which one is to go is not known, and the walk follows both.
        for route in config.routes where route.kind == .route {
            if let first = named[route.name] {
                named[route.name] = ConfigRoute(
                    kind: .route, name: route.name, body: first.body + route.body, place: first.place)
            } else {
                named[route.name] = route
            }
        }
        routes = named
        for route in config.routes where route.kind != .route {
            entry = route.kind
            entryName = route.name
            _ = walk(route.body, RoutingPath(), in: route.title)
        }
    }

    /// How a block ends.
    private struct Ending {
        /// Whether what follows is reached at all.
        var goesOn = true
        /// Whether it never gives control back to the route that called.
        var exits = false
        /// Whether it gives control back early on some way: then what it says further down is not known behind it.
        var returns = false
        /// Whether some way leads out of the loop or switch that it stands in.
        var breaks = false
        /// Whether all ways through it so far lead on, or end for good.
        var isStraight: Bool { !returns && !breaks }
        /// What is known behind it, since otherwise it would have ended.
        var known: [RoutingGuard] = []
    }

    private mutating func walk(_ body: [ConfigStatement], _ outer: RoutingPath, in route: String) -> Ending {
        var path = outer
        var ending = Ending()
        for statement in body {
            steps += 1
            guard steps < Self.maximumSteps, path.count < Self.maximumGuards else {
                // Further on less would be known than is true.
                steps = Self.maximumSteps
                incompleteness = "the routing logic is too long for this program"
                return ending
            }
            switch statement {
            case .expression(let expression, _):
                let called = visit(expression, path, in: route, isAsked: false)
                extend(&path, called.known)
                if ending.isStraight { ending.known += called.known }
                if !called.goesOn {
                    ending.goesOn = false
                    ending.exits = true
                    return ending
                }
            case .assignment(let variable, let value, _):
                _ = visit(value, path, in: route, isAsked: true)
                assignments[variable, default: []].append((value, path))
            case .condition(let test, let then, let otherwise, _):
                ask(test, in: route)
                extend(&path, visit(test, path, in: route, isAsked: true).known)
                let isPlain = if case .value(let value) = test { value.number.map { $0 != 0 } ?? false } else { false }
                let fact = RoutingGuard(expression: test, holds: true)
                let contrary = RoutingGuard(expression: test, holds: false)
                let yes = walk(then, isPlain ? path : extended(path, fact), in: route)
                let no = walk(otherwise, extended(path, contrary), in: route)
                ending.returns = ending.returns || yes.returns || no.returns
                ending.breaks = ending.breaks || yes.breaks || no.breaks
                if isPlain {
                    extend(&path, yes.known)
                    if ending.isStraight { ending.known += yes.known }
                    guard yes.goesOn else {
                        ending.goesOn = false
                        ending.exits = yes.exits
                        return ending
                    }
                    continue
                }
                if !yes.goesOn, !no.goesOn {
                    ending.goesOn = false
                    ending.exits = yes.exits && no.exits
                    return ending
                }
                if !yes.goesOn { learn(contrary, exits: yes.exits, &path, &ending) }
                if !no.goesOn { learn(fact, exits: no.exits, &path, &ending) }
            case .loop(let test, let body, _):
                ask(test, in: route)
                _ = visit(test, path, in: route, isAsked: true)
                let inner = walk(body, extended(path, RoutingGuard(expression: test, holds: true)), in: route)
                ending.returns = ending.returns || inner.returns
            case .choice(let subject, let cases, _):
                ask(subject, in: route)
                _ = visit(subject, path, in: route, isAsked: true)
                choose(subject, cases, &path, &ending, in: route)
                if !ending.goesOn { return ending }
            case .leave(let word, let value, _):
                if let value { _ = visit(value, path, in: route, isAsked: true) }
                ending.goesOn = false
                ending.exits = word != "return"
                ending.returns = ending.returns || word == "return"
                return ending
            case .breakOut:
                ending.goesOn = false
                ending.breaks = true
                return ending
            }
        }
        return ending
    }

    /// Walks through the cases of a switch, and learns what is known behind it: what every label that leads out of the
    /// switch has in common, or that those which end for good were not taken.
    private mutating func choose(
        _ subject: ConfigExpression, _ cases: [ConfigCase], _ path: inout RoutingPath, _ ending: inout Ending,
        in route: String
    ) {
        let labels = cases.map { one in
            one.label.map { ConfigExpression.operation(one.isPattern ? RoutingLogic.patternLabel : "==", subject, $0) }
        }
        for label in labels.compactMap({ $0 }) { ask(label, in: route) }
        let anything = ConfigExpression.value(.integer(1))
        // What leads into a case: its label, and those before it whose cases run on into it.
        var leading: [ConfigExpression] = []
        var breaks = false
        var hasDefault = false
        // Labels, and the default, from which the walk goes on behind the switch; and labels from which it does not.
        var staying: [ConfigExpression] = []
        var isDefaultStaying = false
        var leaving: [(labels: ConfigExpression, exits: Bool)] = []
        var exits = true
        for (index, own) in labels.enumerated() {
            var inner = path
            if let own {
                leading.append(own)
                extend(&inner, [RoutingGuard(expression: Self.any(leading), holds: true)])
            } else {
                hasDefault = true
                // `default` is for what no label takes.
                if leading.isEmpty {
                    extend(&inner, labels.compactMap { $0 }.map { RoutingGuard(expression: $0, holds: false) })
                }
                leading = [anything]
            }
            let taken = walk(cases[index].body, inner, in: route)
            ending.returns = ending.returns || taken.returns
            breaks = breaks || taken.breaks
            if !taken.goesOn || index == labels.count - 1 {
                let isDefault = leading.contains(anything)
                if taken.goesOn || breaks {
                    staying += leading
                    isDefaultStaying = isDefaultStaying || isDefault
                } else {
                    exits = exits && taken.exits
                    if !isDefault { leaving.append((Self.any(leading), taken.exits)) }
                }
                leading = []
                breaks = false
            } else if leading.count >= Self.maximumLabels {
                leading = [anything]
            }
        }
        guard staying.count < Self.maximumLabels, leaving.count < Self.maximumLabels else { return }
        if !hasDefault || isDefaultStaying {
            for one in leaving {
                learn(RoutingGuard(expression: one.labels, holds: false), exits: one.exits, &path, &ending)
            }
        } else if staying.isEmpty {
            ending.goesOn = false
            ending.exits = exits
        } else {
            learn(RoutingGuard(expression: Self.any(staying), holds: true), exits: exits, &path, &ending)
        }
    }

    /// Of several conditions one.
    private static func any(_ conditions: [ConfigExpression]) -> ConfigExpression {
        conditions.dropFirst().reduce(conditions[0]) { .or($0, $1) }
    }

    private mutating func learn(
        _ fact: RoutingGuard, exits: Bool, _ path: inout RoutingPath, _ ending: inout Ending
    ) {
        extend(&path, [fact])
        if exits, ending.isStraight { ending.known.append(fact) }
    }

    private mutating func extend(_ path: inout RoutingPath, _ guards: [RoutingGuard]) {
        for one in guards where path.count < Self.maximumGuards {
            links.append((one, path.last))
            path = RoutingPath(last: links.count - 1, count: path.count + 1)
        }
    }

    private mutating func extended(_ path: RoutingPath, _ guards: RoutingGuard) -> RoutingPath {
        var path = path
        extend(&path, [guards])
        return path
    }

    private mutating func ask(_ test: ConfigExpression, in route: String) {
        tests.append((test, entry))
        testsOfRoutes[route, default: []].append(test)
    }

    private mutating func visit(
        _ expression: ConfigExpression, _ path: RoutingPath, in route: String, isAsked: Bool
    ) -> Ending {
        var ending = Ending()
        assign(within: expression, path)
        for call in expression.calls {
            order += 1
            sites[call.name, default: []].append(
                CallSite(
                    call: call, entry: entry, entryName: entryName, route: route, path: path, order: order,
                    isAsked: isAsked))
            if Self.setters.contains(call.name), let flag = call.arguments.first {
                flags[call.name, default: [:]][flag, default: []].append(path)
            }
            guard call.name == "route", let name = call.arguments.first else { continue }
            let inner = enter(name, path)
            ending.known += inner.known
            if !inner.goesOn, !isAsked { ending.goesOn = false }
        }
        return ending
    }

    /// Assignments in parentheses, which are values as well.
    private mutating func assign(within expression: ConfigExpression, _ path: RoutingPath) {
        switch expression {
        case .operation("=", .variable(let variable), let value):
            assignments[variable, default: []].append((value, path))
            assign(within: value, path)
        case .not(let inner): assign(within: inner, path)
        case .and(let left, let right), .or(let left, let right), .operation(_, let left, let right):
            assign(within: left, path)
            assign(within: right, path)
        case .call, .variable, .word, .value: break
        }
    }

    private mutating func enter(_ name: ConfigValue, _ path: RoutingPath) -> Ending {
        guard !name.isComputed else {
            incompleteness = incompleteness ?? "routes are called by names that only a running Kamailio knows"
            return Ending()
        }
        guard let route = routes[name.text] else { return Ending() }
        // A route that calls itself was walked through already.
        guard !stack.contains(name.text), stack.count < 64 else { return Ending() }
        stack.append(name.text)
        var ending = walk(route.body, path, in: route.title)
        stack.removeLast()
        // Outside of loops and switches `break` leaves the route.
        if !ending.isStraight { ending.goesOn = true }
        return ending
    }

    // MARK: Questions

    /// The conditions on a path, the last one first.
    func guards(_ path: RoutingPath) -> some Sequence<RoutingGuard> {
        sequence(state: path.last) { [links] at in
            guard at >= 0 else { return nil }
            defer { at = links[at].before }
            return links[at].guard
        }
    }

    /// The functions that set a flag.
    private static let setters: Set = ["setflag", "setbflag", "setsflag", "setxflag"]

    /// The functions that add a Path, record a route, and route by Route, in whatever variant.
    static let addingPath = ["add_path", "add_path_received", "add_path_advertised_address"]
    static let recordingRoute = ["record_route", "record_route_preset", "record_route_advertised_address"]
    static let routing = ["loose_route", "loose_route_mode", "loose_route_preloaded"]

    func calls(_ names: String..., from entries: Set<ConfigRoute.Kind>? = nil) -> [CallSite] {
        calls(anyOf: names, from: entries)
    }

    func calls(anyOf names: [String], from entries: Set<ConfigRoute.Kind>? = nil) -> [CallSite] {
        names.flatMap { sites[$0] ?? [] }.filter { entries?.contains($0.entry) ?? true }.sorted { $0.order < $1.order }
    }

    /// Calls that a request of this method can come to, as far as the conditions tell.
    func calls(_ names: String..., for method: String) -> [CallSite] { calls(anyOf: names, for: method) }

    /// - Parameter transport: that of a phone, such as `UDP`; nil for any.
    func calls(anyOf names: [String], for method: String, over transport: String? = nil) -> [CallSite] {
        let request = RoutingRequest(method: method, transport: transport)
        var armed: [String: Bool] = [:]
        var known: [Int: Bool] = [:]
        return names.flatMap { sites[$0] ?? [] }
            .filter { site in
                guard isPossible(site.path, request, &known) else { return false }
                if site.entry == .request { return true }
                guard site.entry == .branch else { return false }
                let isReached = armed[site.entryName] ?? isArmed(site.entryName, for: request, &known)
                armed[site.entryName] = isReached
                return isReached
            }
            .sorted { $0.order < $1.order }
    }

    /// Whether Kamailio comes to a call at all: a named onreply_route is only for replies of transactions that ask for it.
    func isReached(_ site: CallSite) -> Bool {
        guard site.entry == .onreply, !site.entryName.isEmpty else { return true }
        return calls("t_on_reply").contains { arming in
            arming.call.arguments.first.map { $0.isComputed || $0.text == site.entryName } ?? true
        }
    }

    /// Whether a request of this method may go through that branch route.
    private func isArmed(_ branch: String, for request: RoutingRequest, _ known: inout [Int: Bool]) -> Bool {
        for site in calls("t_on_branch", from: [.request]) {
            guard let name = site.call.arguments.first, name.isComputed || name.text == branch else { continue }
            if isPossible(site.path, request, &known) { return true }
        }
        return false
    }

    /// Whether no condition on the path speaks against the request.
    /// - Parameter known: what was found out of places in `links`, for this request.
    private func isPossible(_ path: RoutingPath, _ request: RoutingRequest, _ known: inout [Int: Bool]) -> Bool {
        var trail: [Int] = []
        var at = path.last
        while at >= 0, known[at] == nil {
            trail.append(at)
            at = links[at].before
        }
        var isPossible = at < 0 || known[at] == true
        for link in trail.reversed() {
            let one = links[link].guard
            isPossible = isPossible && RoutingLogic.truth(one.expression, request) != !one.holds
            known[link] = isPossible
        }
        return isPossible
    }
}
