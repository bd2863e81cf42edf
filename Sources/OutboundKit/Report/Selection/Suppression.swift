/// A finding that somebody has accepted: `OB-FT-004`; `DX-FT-01` for whatever has that cause, or `DX-REG-20` for a remark that
/// no requirement covers; or `OB-FT-004=sip:lobby-*` for some phones only.
public struct Suppression: Sendable, Hashable, CustomStringConvertible {
    /// Suppressions of one run at most.
    public static let maximum = 10_000

    /// Why a text is none.
    public enum Problem: Error, Sendable, Hashable, CustomStringConvertible {
        /// Nothing before or behind the equals sign.
        case incomplete(String)
        /// No requirement that an audit judges and no diagnosis has such an id.
        case unknownRequirement(String)
        case tooMany

        public var description: String {
            switch self {
            case .incomplete(let text):
                "'\(text)' is no suppression; write the id of a requirement or diagnosis, or ID=GLOB for some phones only"
            case .unknownRequirement(let text):
                "no requirement that an audit judges and no diagnosis matches '\(text)'; see 'sipob explain --list'"
            case .tooMany: "more than \(Suppression.maximum) suppressions"
            }
        }
    }

    /// A glob over the ids of requirements and diagnoses.
    let requirement: String
    /// A glob over what the subject is called (`FindingIdentity.names`); nil for every subject.
    let subject: String?
    /// Where it was given: an option, or file and line.
    public let origin: String

    public var description: String { requirement + (subject.map { "=\($0)" } ?? "") }

    public init(parsing text: some StringProtocol, origin: String) throws(Problem) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let requirement = Self.trimmed(parts[0])
        let subject = parts.count > 1 ? Self.trimmed(parts[1]) : nil
        guard !requirement.isEmpty, subject?.isEmpty != true else { throw .incomplete(String(text)) }
        guard
            RuleSelection.unmatched([requirement], withExchanges: true).isEmpty
                || DiagnosisTable.all.contains(where: { Glob.matches($0.id.text, pattern: requirement) })
        else {
            throw .unknownRequirement(requirement)
        }
        self.requirement = requirement
        self.subject = subject
        self.origin = origin
    }

    /// Reads a list: one a line, empty lines and what stands behind `#` left out.
    ///
    /// A number sign begins a comment at the start of a line or behind a blank: elsewhere it may be part of an AOR.
    /// - Throws: the first problem, with the number of its line.
    public static func list(
        _ text: String, file: String
    ) throws(SuppressionFileProblem) -> [Suppression] {
        var list: [Suppression] = []
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            let content = trimmed(withoutComment(line))
            guard !content.isEmpty else { continue }
            do throws(Problem) {
                guard list.count < maximum else { throw .tooMany }
                list.append(try Suppression(parsing: content, origin: "\(file):\(index + 1)"))
            } catch {
                throw SuppressionFileProblem(file: file, line: index + 1, problem: error)
            }
        }
        return list
    }

    private static func withoutComment(_ line: Substring) -> Substring {
        var before: Character = " "
        for index in line.indices {
            if line[index] == "#", before == " " || before == "\t" { return line[..<index] }
            before = line[index]
        }
        return line
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }
        let start = text.drop(while: isBlank)
        guard let end = start.lastIndex(where: { !isBlank($0) }) else { return "" }
        return String(start[...end])
    }

    /// Whether it speaks of what is called so (`Finding.rule`, or the diagnosis that a finding names as its cause).
    func concerns(_ rule: String) -> Bool { Glob.matches(rule, pattern: requirement) }

    /// Whether it speaks of some requirement or diagnosis that `selection` includes.
    /// - Parameter withExchanges: single registrations are judged too.
    public func concerns(anyIn selection: RuleSelection, withExchanges: Bool) -> Bool {
        let judged = Set(selection.judged(withExchanges: withExchanges))
        return judged.contains { concerns($0.text) }
            || DiagnosisTable.all.contains { row in
                concerns(row.id.text)
                    && (selection.includes(remark: row.id) || row.requirements.contains(where: judged.contains))
            }
    }

    func covers(_ name: String, _ identity: FindingIdentity) -> Bool {
        guard let subject else { return true }
        return identity.names(name).contains { Glob.matches($0, pattern: subject) }
    }
}

/// What is wrong with a file of suppressions, and where.
public struct SuppressionFileProblem: Error, Sendable, CustomStringConvertible {
    public let file: String
    /// From 1.
    public let line: Int
    public let problem: Suppression.Problem

    public var description: String { "\(file), line \(line): \(problem)" }
}
