/// A condition under which something is done.
struct RoutingGuard: Sendable {
    let expression: ConfigExpression
    let holds: Bool
}

/// One way to a call: a call in a route that is used from several places is met once from each.
struct CallSite: Sendable {
    let call: ConfigCall
    /// The block from which Kamailio began, such as `request_route`.
    let entry: ConfigRoute.Kind
    let entryName: String
    /// The block that it stands in.
    let route: String
    let guards: [RoutingGuard]
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

    private(set) var sites: [String: [CallSite]] = [:]
    /// Every test and switch that is met, with its entry.
    private(set) var tests: [(expression: ConfigExpression, entry: ConfigRoute.Kind)] = []
    /// Names of variables that something was put into, with what.
    private(set) var assignments: [(variable: String, value: ConfigExpression, guards: [RoutingGuard])] = []
    /// False when routes are called by names that only a running Kamailio knows, or the walk was too long.
    private(set) var isComplete = true
    /// Routes that are called and do not exist.
    private(set) var missingRoutes: [(name: String, place: ConfigPlace)] = []

    private let routes: [String: ConfigRoute]
    private var steps = 0
    private var order = 0
    private var stack: [String] = []
    private var entry: ConfigRoute.Kind = .request
    private var entryName = ""

    init(_ config: KamailioConfig) {
        var named: [String: ConfigRoute] = [:]
        // A block of the same name that comes later is added to the first by Kamailio; the walk follows both.
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
            _ = walk(route.body, [], in: route.title)
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
        /// What is known behind it, since otherwise it would have ended.
        var known: [RoutingGuard] = []
    }

    private mutating func walk(_ body: [ConfigStatement], _ outer: [RoutingGuard], in route: String) -> Ending {
        var guards = outer
        var ending = Ending()
        for statement in body {
            steps += 1
            guard steps < Self.maximumSteps else {
                isComplete = false
                return ending
            }
            switch statement {
            case .expression(let expression, _):
                let called = visit(expression, guards, in: route, isAsked: false)
                guards += called.known
                if !ending.returns { ending.known += called.known }
                if !called.goesOn {
                    ending.goesOn = false
                    ending.exits = true
                    return ending
                }
            case .assignment(let variable, let value, _):
                _ = visit(value, guards, in: route, isAsked: true)
                assignments.append((variable, value, guards))
            case .condition(let test, let then, let otherwise, _):
                tests.append((test, entry))
                guards += visit(test, guards, in: route, isAsked: true).known
                let isPlain = if case .value(let value) = test { value.number.map { $0 != 0 } ?? false } else { false }
                let yes = walk(
                    then, isPlain ? guards : guards + [RoutingGuard(expression: test, holds: true)], in: route)
                let no = walk(otherwise, guards + [RoutingGuard(expression: test, holds: false)], in: route)
                ending.returns = ending.returns || yes.returns || no.returns
                if isPlain {
                    guards += yes.known
                    if !ending.returns { ending.known += yes.known }
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
                if !yes.goesOn { learn(RoutingGuard(expression: test, holds: false), yes, &guards, &ending) }
                if !no.goesOn { learn(RoutingGuard(expression: test, holds: true), no, &guards, &ending) }
            case .loop(let test, let body, _):
                tests.append((test, entry))
                _ = visit(test, guards, in: route, isAsked: true)
                let inner = walk(body, guards + [RoutingGuard(expression: test, holds: true)], in: route)
                ending.returns = ending.returns || inner.returns
            case .choice(let subject, let cases, _):
                tests.append((subject, entry))
                _ = visit(subject, guards, in: route, isAsked: true)
                let labels = cases.map { one in
                    one.label.map { ConfigExpression.operation(one.isPattern ? "=~" : "==", subject, $0) }
                }
                tests += labels.compactMap { $0 }.map { ($0, entry) }
                let anything = ConfigExpression.value(.integer(1))
                // What leads into a case: its label, and those before it whose cases run on into it.
                var leading: [ConfigExpression] = []
                for (one, own) in zip(cases, labels) {
                    var inner = guards
                    if let own {
                        leading.append(own)
                        let test = leading.dropFirst().reduce(leading[0]) { .or($0, $1) }
                        inner.append(RoutingGuard(expression: test, holds: true))
                    } else {
                        // `default` is for what no label takes.
                        if leading.isEmpty {
                            inner += labels.compactMap { $0 }.map { RoutingGuard(expression: $0, holds: false) }
                        }
                        leading = [anything]
                    }
                    let taken = walk(one.body, inner, in: route)
                    ending.returns = ending.returns || taken.returns
                    if !taken.goesOn {
                        leading = []
                    } else if leading.count >= Self.maximumLabels {
                        leading = [anything]
                    }
                }
            case .leave(let word, let value, _):
                if let value { _ = visit(value, guards, in: route, isAsked: true) }
                ending.goesOn = false
                ending.exits = word != "return"
                ending.returns = ending.returns || word == "return"
                return ending
            case .breakOut:
                ending.goesOn = false
                return ending
            }
        }
        return ending
    }

    private func learn(
        _ fact: RoutingGuard, _ branch: Ending, _ guards: inout [RoutingGuard], _ ending: inout Ending
    ) {
        guards.append(fact)
        if branch.exits, !ending.returns { ending.known.append(fact) }
    }

    private mutating func visit(
        _ expression: ConfigExpression, _ guards: [RoutingGuard], in route: String, isAsked: Bool
    ) -> Ending {
        var ending = Ending()
        for call in expression.calls {
            order += 1
            sites[call.name, default: []].append(
                CallSite(
                    call: call, entry: entry, entryName: entryName, route: route, guards: guards, order: order,
                    isAsked: isAsked))
            guard call.name == "route", let name = call.arguments.first else { continue }
            let inner = enter(name, call.place, guards)
            ending.known += inner.known
            if !inner.goesOn, !isAsked { ending.goesOn = false }
        }
        return ending
    }

    private mutating func enter(_ name: ConfigValue, _ place: ConfigPlace, _ guards: [RoutingGuard]) -> Ending {
        guard !name.isComputed else {
            isComplete = false
            return Ending()
        }
        guard let route = routes[name.text] else {
            missingRoutes.append((name.text, place))
            return Ending()
        }
        // A route that calls itself was walked through already.
        guard !stack.contains(name.text), stack.count < 64 else { return Ending() }
        stack.append(name.text)
        var ending = walk(route.body, guards, in: route.title)
        stack.removeLast()
        if ending.returns { ending.goesOn = true }
        return ending
    }

    // MARK: Questions

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

    func calls(anyOf names: [String], for method: String) -> [CallSite] {
        var armed: [String: Bool] = [:]
        return names.flatMap { sites[$0] ?? [] }
            .filter { site in
                guard RoutingLogic.isPossible(site.guards, method) else { return false }
                if site.entry == .request { return true }
                guard site.entry == .branch else { return false }
                let isReached = armed[site.entryName] ?? isArmed(site.entryName, for: method)
                armed[site.entryName] = isReached
                return isReached
            }
            .sorted { $0.order < $1.order }
    }

    /// Whether a request of this method may go through that branch route.
    private func isArmed(_ branch: String, for method: String) -> Bool {
        calls("t_on_branch", from: [.request]).contains { site in
            guard let name = site.call.arguments.first else { return false }
            return (name.isComputed || name.text == branch) && RoutingLogic.isPossible(site.guards, method)
        }
    }
}

/// What conditions say about a method.
enum RoutingLogic {
    static func isPossible(_ guards: [RoutingGuard], _ method: String) -> Bool {
        guards.allSatisfy { truth($0.expression, method).map { [holds = $0.holds] truth in truth == holds } ?? true }
    }

    /// Whether it holds for a request of that method outside of any dialog if it is REGISTER; nil when it cannot be told.
    static func truth(_ expression: ConfigExpression, _ method: String) -> Bool? {
        switch expression {
        case .call(let call):
            switch call.name {
            case "is_method":
                guard case .string(let list)? = call.arguments.first, !list.contains("$") else { return nil }
                return list.split(separator: "|").contains { $0 == method }
            case "has_totag": return method == "REGISTER" ? false : nil
            default: return nil
            }
        case .variable, .word: return nil
        case .value(let value): return value.number.map { $0 != 0 }
        case .not(let inner): return truth(inner, method).map { !$0 }
        case .and(let left, let right):
            let (left, right) = (truth(left, method), truth(right, method))
            if left == false || right == false { return false }
            return left == true && right == true ? true : nil
        case .or(let left, let right):
            let (left, right) = (truth(left, method), truth(right, method))
            if left == true || right == true { return true }
            return left == false && right == false ? false : nil
        case .operation(let sign, let left, let right): return comparison(sign, left, right, method)
        }
    }

    private static func comparison(
        _ sign: String, _ left: ConfigExpression, _ right: ConfigExpression, _ method: String
    ) -> Bool? {
        let isMethod =
            switch left {
            case .variable(let name): name == "$rm" || name == "$(rm)"
            case .word(let name): name == "method"
            default: false
            }
        guard isMethod, case .value(let value) = right else { return nil }
        switch sign {
        case "==": return value.isComputed ? nil : value.text == method
        case "!=": return value.isComputed ? nil : value.text != method
        case "=~":
            // ^(INVITE|SUBSCRIBE)$ and its likes; anything else is beyond these words.
            let text = value.text.filter { !"^$()".contains($0) }
            guard text.allSatisfy({ $0.isLetter || $0 == "|" }) else { return nil }
            let isExact = value.text.hasPrefix("^")
            return text.split(separator: "|").contains { isExact ? method.hasPrefix($0) : method.contains($0) }
        default: return nil
        }
    }
}
