import ArgumentParser
import OutboundKit

/// The conformance suite of register-test.
struct SuiteOptions: ParsableArguments {
    @Flag(name: .customLong("suite"), help: "Run the conformance suite instead of one registration.")
    var isAsked = false

    @Flag(help: "List the suite's cases and end.")
    var list = false

    @Flag(name: .customLong("plan"), help: "Say which cases would run, and for how long at most, and end.")
    var showsPlan = false

    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp(
            "Run only these cases: a glob over ids, a group, a requirement, or a section such as '5626 §5' (repeatable).",
            valueName: "pattern"))
    var only: [String] = []

    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp("Leave these cases out (repeatable).", valueName: "pattern"))
    var skip: [String] = []

    @Flag(help: "Run the cases that take more than five seconds as well.")
    var slow = false

    @Option(help: ArgumentHelp("A second account, for what one user may not do to another.", valueName: "aor"))
    var otherUser: String?

    @Option(help: ArgumentHelp("File whose first line is the second account's password.", valueName: "file"))
    var otherPasswordFile: String?

    @Option(help: ArgumentHelp("Write all that was exchanged to this pcapng file, in the clear.", valueName: "file"))
    var savePcap: String?

    @Option(help: ArgumentHelp("Fail only where a verdict is worse than in this file.", valueName: "file"))
    var policy: String?

    @Option(help: ArgumentHelp("Write the verdicts to this file, for --policy.", valueName: "file"))
    var makePolicy: String?

    var selector: CaseSelector { CaseSelector(only: only, skip: skip, includesSlow: slow) }

    /// Whether the suite, or something about it, is asked for.
    var isUsed: Bool { isAsked || list || showsPlan }

    func validate() throws {
        let given: [(String, Bool)] = [
            ("--only", !only.isEmpty), ("--skip", !skip.isEmpty), ("--slow", slow), ("--other-user", otherUser != nil),
            ("--other-password-file", otherPasswordFile != nil),
            ("--policy", policy != nil), ("--make-policy", makePolicy != nil),
        ]
        if !isUsed, let first = given.first(where: \.1) {
            throw ValidationError("\(first.0) is about the conformance suite; add --suite.")
        }
        guard otherPasswordFile == nil || otherUser != nil else {
            throw ValidationError("--other-password-file needs --other-user.")
        }
        let unmatched = selector.unmatched(in: CaseCatalogue.all)
        guard unmatched.isEmpty else {
            throw ValidationError(
                "No case fits '\(unmatched[0])'; sipob register-test --list shows the cases.")
        }
    }

    /// For `OutputFiles`.
    var read: [OutputFiles.Group] {
        // A policy may be made anew in its place.
        [
            ("the file of --other-password-file", [otherPasswordFile]),
            ("the file of --policy", [policy == makePolicy ? nil : policy]),
        ]
    }

    /// The cases of `--list` and `--plan`, or nil where the suite is to run.
    var shown: [TestCase]? {
        guard list || showsPlan else { return nil }
        return (list ? withSlow : selector).select(from: CaseCatalogue.all)
    }

    private var withSlow: CaseSelector { CaseSelector(only: only, skip: skip, includesSlow: true) }

    /// How long they run at most, without what it takes to remove their bindings.
    static func longest(_ cases: [TestCase]) -> Duration { cases.reduce(.zero) { $0 + $1.limit } }

    func text(_ cases: [TestCase]) -> [String] {
        guard !list else { return Self.lines(cases) }
        let left = CaseCatalogue.all.count - cases.count
        let longest = DecimalSeconds.text(Self.longest(cases).inNanoseconds, places: 0)
        return Self.lines(cases) + [
            "",
            "\(counted(cases.count, "case")) would run, for \(longest) s at most; \(left) are left out"
                + "\(withSlow.select(from: CaseCatalogue.all).count > cases.count ? " (slow ones need --slow)" : "").",
        ]
    }

    private static func lines(_ cases: [TestCase]) -> [String] {
        let width = cases.map(\.id.count).max() ?? 0
        return CaseGroup.allCases.flatMap { group -> [String] in
            let own = cases.filter { $0.group == group }
            guard !own.isEmpty else { return [] }
            return [group.title]
                + own.map { one in
                    let slow = one.isSlow ? " (slow)" : ""
                    let padded = one.id + String(repeating: " ", count: width - one.id.count)
                    let ids = one.requirements.map(\.text).joined(separator: ", ")
                    return "  \(padded)  \(one.title) [\(ids)]\(slow)"
                }
        }
    }
}
