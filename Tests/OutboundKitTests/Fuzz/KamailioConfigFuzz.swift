#if canImport(OutboundKit)
    @testable import OutboundKit
#endif

/// The fuzz entry point for configurations: whatever comes in, a tree comes out whose places are in the files, and whose
/// lines can be shown.
enum KamailioConfigFuzz {
    static var setup: KamailioConfig.Setup {
        var setup = KamailioConfig.Setup()
        setup.limits.tokens = 20_000
        setup.limits.expansions = 2000
        setup.limits.stringOctets = 4096
        setup.limits.includes = 8
        return setup
    }

    /// A file that is included is the rest of the input behind its first zero octet.
    static func run(_ input: RawSpan) {
        let octets = input.array(0..<input.byteCount)
        let cut = octets.firstIndex(of: 0) ?? octets.count
        let included = Array(octets[min(cut + 1, octets.count)...])
        let config = KamailioConfig.read("main", Array(octets[..<cut]), setup: setup) { path in
            path.hasSuffix("x") ? .missing : .octets(included)
        }
        for place in config.settings.map(\.place) + config.problems.map(\.place) + config.routes.map(\.place) {
            precondition(config.files.indices.contains(place.file) && place.line >= 1)
            _ = config.words(place)
        }
        if let place = config.parameters.first?.place { precondition(config.line(place) != nil) }
        for route in config.routes { visit(route.body, depth: 0) }
    }

    private static func visit(_ body: [ConfigStatement], depth: Int) {
        precondition(depth < 200)
        for statement in body {
            precondition(statement.place.line >= 1)
            switch statement {
            case .condition(let test, let then, let otherwise, _):
                _ = test.calls
                visit(then, depth: depth + 1)
                visit(otherwise, depth: depth + 1)
            case .loop(_, let inner, _): visit(inner, depth: depth + 1)
            case .choice(_, let cases, _): for one in cases { visit(one.body, depth: depth + 1) }
            case .expression, .assignment, .leave, .breakOut: break
            }
        }
    }
}
