/// Which cases run.
public struct CaseSelector: Sendable {
    /// Patterns of `--only`; empty takes all.
    public var only: [String]
    /// Patterns of `--skip`.
    public var skip: [String]
    public var includesSlow: Bool

    public init(only: [String] = [], skip: [String] = [], includesSlow: Bool = false) {
        self.only = only
        self.skip = skip
        self.includesSlow = includesSlow
    }

    /// The patterns that no case fits: a mistake of whoever wrote them.
    public func unmatched(in cases: [TestCase]) -> [String] {
        (only + skip).filter { pattern in !cases.contains { Self.fits(pattern, $0) } }
    }

    public func select(from cases: [TestCase]) -> [TestCase] {
        cases.filter { one in
            (only.isEmpty || only.contains { Self.fits($0, one) }) && !skip.contains { Self.fits($0, one) }
                && (includesSlow || !one.isSlow)
        }
    }

    /// A pattern is a glob over the id, the name of a group, a requirement's id or glob, or the beginning of a section
    /// such as `5626 §5`.
    public static func fits(_ pattern: String, _ one: TestCase) -> Bool {
        if one.group?.rawValue == pattern || glob(pattern, one.id) { return true }
        return one.requirements.contains { id in
            if glob(pattern, id.text) { return true }
            guard pattern.contains("§"), let row = RequirementTable[id] else { return false }
            return row.section.split(separator: ";").contains { section in
                let trimmed = section.drop { $0 == " " }
                let wanted = pattern.hasPrefix("RFC ") ? String(pattern.dropFirst(4)) : pattern
                guard trimmed.hasPrefix(wanted) else { return false }
                // `§5` is no beginning of `§53`.
                return !(trimmed.dropFirst(wanted.count).first?.isNumber ?? false)
            }
        }
    }

    /// `*` stands for any text, `?` for one character; letters' case plays no part.
    static func glob(_ pattern: String, _ text: String) -> Bool {
        let pattern = Array(pattern.lowercased().utf8)
        let text = Array(text.lowercased().utf8)
        var (p, t) = (0, 0)
        var star: (p: Int, t: Int)?
        while t < text.count {
            if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
                star = (p, t)
                p += 1
            } else if p < pattern.count, pattern[p] == UInt8(ascii: "?") || pattern[p] == text[t] {
                p += 1
                t += 1
            } else if let last = star {
                // The star takes one more.
                p = last.p + 1
                t = last.t + 1
                star = (last.p, t)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
