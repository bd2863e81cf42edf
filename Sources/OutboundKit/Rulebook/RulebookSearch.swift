/// One thing that the rulebook can explain.
public enum RulebookEntry: Sendable {
    case requirement(Requirement)
    case diagnosis(Diagnosis)
    case explanation(Explanation)

    /// The id of a row, or the name of an explained thing.
    public var name: String {
        switch self {
        case .requirement(let row): row.id.text
        case .diagnosis(let row): row.id.text
        case .explanation(let row): row.id
        }
    }
}

/// Finds rows of the rulebook by what a person types.
public enum RulebookSearch {
    /// Every entry, in the order of the catalogues.
    public static let all: [RulebookEntry] =
        RequirementTable.all.map { .requirement($0) } + DiagnosisTable.all.map { .diagnosis($0) }
        + ExplanationTable.all.map { .explanation($0) }

    /// The entries that `term` names, in any case: an id, a response code, a name or alias, or a pattern in which `*`
    /// stands for any characters and `?` for one. Empty when there is none.
    public static func entries(matching term: String) -> [RulebookEntry] {
        // `*` alone is also a Contact value; as a pattern it means everything.
        if term.utf8.contains(ASCII.star) || term.utf8.contains(ASCII.question) {
            return all.filter { Glob.matches($0.name, pattern: term) }
        }
        if let exact = all.first(where: { ASCII.equalsIgnoringCase($0.name, term) }) { return [exact] }
        if let alias = ExplanationTable.named(term) { return [.explanation(alias)] }
        return []
    }

    /// The names nearest to `term`, best first, at most `limit`; empty when nothing is near.
    public static func suggestions(for term: String, limit: Int = 3) -> [String] {
        var near: [(name: String, distance: Int)] = []
        for entry in all {
            var names = [entry.name]
            if case .explanation(let row) = entry { names += row.aliases }
            if let distance = names.compactMap({ NameDistance.between(term, $0) }).min() {
                near.append((entry.name, distance))
            }
        }
        let best = near.enumerated().sorted { left, right in
            (left.element.distance, left.offset) < (right.element.distance, right.offset)
        }
        return best.prefix(limit).map(\.element.name)
    }
}

/// How far what a person typed is from a name.
public enum NameDistance {
    /// The slips, in any case; nil for so many that another name was meant.
    public static func between(_ typed: String, _ name: String) -> Int? {
        let wanted = Array(String(typed.prefix(64)).lowercased().utf8)
        guard !wanted.isEmpty else { return nil }
        let slips = edits(wanted, Array(name.lowercased().utf8))
        return slips <= max(1, wanted.count / 3) ? slips : nil
    }

    /// How many octets must be put in, taken out, changed, or swapped with their neighbour.
    private static func edits(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var above: [Int] = []
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var next = [i + 1]
            for (j, b) in right.enumerated() {
                var cost = min(row[j] + (a == b ? 0 : 1), row[j + 1] + 1, next[j] + 1)
                if i > 0, j > 0, a == right[j - 1], left[i - 1] == b { cost = min(cost, above[j - 1] + 1) }
                next.append(cost)
            }
            above = row
            row = next
        }
        return row[right.count]
    }
}

/// Shell-like patterns over ASCII names, in any case: `*` any run of octets, `?` one octet.
public enum Glob {
    /// Linear in the product of both lengths, whatever the pattern.
    public static func matches(_ text: String, pattern: String) -> Bool {
        let text = text.utf8.map(ASCII.lowercased)
        let pattern = pattern.utf8.map(ASCII.lowercased)
        var at = 0
        var inPattern = 0
        var star: (pattern: Int, text: Int)?
        while at < text.count {
            if inPattern < pattern.count, pattern[inPattern] == ASCII.star {
                star = (inPattern, at)
                inPattern += 1
            } else if inPattern < pattern.count,
                pattern[inPattern] == ASCII.question || pattern[inPattern] == text[at]
            {
                at += 1
                inPattern += 1
            } else if let last = star {
                // The star takes one octet more, and what follows it is tried again.
                star = (last.pattern, last.text + 1)
                at = last.text + 1
                inPattern = last.pattern + 1
            } else {
                return false
            }
        }
        while inPattern < pattern.count, pattern[inPattern] == ASCII.star { inPattern += 1 }
        return inPattern == pattern.count
    }
}
