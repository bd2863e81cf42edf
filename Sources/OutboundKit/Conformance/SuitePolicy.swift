/// The verdicts of a server that is good enough, to compare others with: a text of one line a case, `id verdict`, for
/// people to read, to edit and to keep beside their configuration.
public struct SuitePolicy: Sendable, Hashable {
    /// The word of each case's verdict.
    public private(set) var verdicts: [String: String] = [:]

    /// A line that cannot be read.
    public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        public let line: Int
        public let why: String
        public var description: String { "line \(line): \(why)" }
    }

    /// The policy that these results keep.
    public init(_ results: [CaseResult]) {
        for result in results { verdicts[result.testCase.id] = result.verdict.word }
    }

    /// - Parameter text: of `text`; `#` begins a remark, empty lines are passed over.
    public init(parsing text: String) throws(Failure) {
        let words: Set = ["pass", "fail", "warn", "info", "unknown", "skipped"]
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let bare = line.prefix { $0 != "#" }
            let fields = bare.split { $0 == " " || $0 == "\t" }
            guard !fields.isEmpty else { continue }
            guard fields.count == 2, words.contains(String(fields[1])) else {
                throw Failure(
                    line: index + 1, why: "'\(line.prefix(60))' is no case with its verdict, as in 'token.flip pass'")
            }
            verdicts[String(fields[0])] = String(fields[1])
        }
    }

    public var text: String {
        "# Verdicts of a good server, case by case; see --policy in sipob-register-test(1).\n"
            + verdicts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined()
    }

    /// Whether a result is worse than the policy allows: a case that it does not name must not fail.
    public func isWorse(_ result: CaseResult) -> Bool {
        let allowed = verdicts[result.testCase.id] ?? "pass"
        return Self.badness(result.verdict.word) > Self.badness(allowed)
    }

    /// Only what was judged can be worse: a case that could not be judged is no news about the server.
    private static func badness(_ word: String) -> Int {
        switch word {
        case "fail": 2
        case "warn": 1
        default: 0
        }
    }
}
