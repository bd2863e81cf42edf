/// One row of the catalogue of testable requirements: what RFC 5626 or a neighbour asks of somebody, with how it is
/// provoked on the wire and how it is seen in a capture.
public struct Requirement: Sendable, Identifiable {
    /// The stable name of a requirement, such as `OB-KA-006`. Ids are never reused.
    public struct ID: Hashable, Sendable, Comparable, ExpressibleByStringLiteral, CustomStringConvertible {
        public let text: String
        public init(_ text: String) { self.text = text }
        public init(stringLiteral text: StaticString) { self.text = text.description }
        public static func < (left: ID, right: ID) -> Bool { left.text < right.text }
        public var description: String { text }
        /// `OB-KA` of `OB-KA-006`.
        public var group: String { String(text[..<(text.lastIndex(of: "-") ?? text.endIndex)]) }
    }

    /// How strongly the source says it, as the row has it.
    public enum Level: Sendable, Hashable {
        case must
        case should
        case may
        /// Stated as fact or procedure without a keyword.
        case statement
        /// From a section that calls itself non-normative.
        case nonNormative
        case example
        /// Follows from the ABNF.
        case grammar
        /// Our inference for robustness or security.
        case derived

        /// What a violation weighs and why, in one sentence.
        public var explanation: String {
            switch self {
            case .must: "The text says MUST: a violation is a fail."
            case .should:
                "The text says SHOULD: a violation is a warning, where the way to see it names no other verdict."
            case .may: "The text says MAY: what is seen is reported as information, or as a warning where misused."
            case .statement:
                "The text states it as fact or procedure, without a keyword: a violation is a warning, where the way to see it names no other verdict."
            case .nonNormative: "From a section that calls itself non-normative: never a fail."
            case .example: "Only an example shows it: a departure is information."
            case .grammar: "It follows from the grammar: a violation is a fail."
            case .derived: "Inferred for robustness or security; no RFC says it in so many words."
            }
        }
    }

    public let id: ID
    /// The document and section, such as `5626 §4.4.1`.
    public let section: String
    /// The decisive level: the strongest one the row names.
    public let level: Level
    /// The level as the catalogue words it, such as `MUST / SHOULD`.
    public let levelText: String
    /// Whom it binds, as the catalogue words it: `UA`, `edge`, `registrar` and so on.
    public let binds: String
    private var parties: Set<String> { Set(binds.split(separator: ",").map { $0.drop { $0 == " " }.description }) }

    private static let userAgents: Set = ["UA", "client", "WS client"]
    private static let anybody: Set = ["any", "sender", "WS endpoint", "any SIP node"]

    /// Whether a user agent can break it, alone or as one of several.
    public var bindsUserAgent: Bool { !parties.isDisjoint(with: Self.userAgents.union(Self.anybody)) }

    /// Whether a server can break it, alone or as one of several.
    public var bindsServer: Bool { !parties.subtracting(Self.userAgents).isEmpty }
    public let sentence: String
    /// How it is provoked on the wire; empty where it cannot be.
    public let activeCheck: String
    /// How it is seen in a capture; empty where it cannot be.
    public let passiveCheck: String
    /// False where the row was not compared with the RFC's own text, so that a deviation deserves a second look.
    public let sourceChecked: Bool

    public init(
        _ id: ID, section: String, level: Level, levelText: String, binds: String, sourceChecked: Bool = true,
        sentence: String, activeCheck: String, passiveCheck: String
    ) {
        self.id = id
        self.section = section
        self.level = level
        self.levelText = levelText
        self.binds = binds
        self.sourceChecked = sourceChecked
        self.sentence = sentence
        self.activeCheck = activeCheck
        self.passiveCheck = passiveCheck
    }

    /// The section with `RFC` before each document's number: `RFC 5626 §4.4.2; RFC 8489 §6.2.1`.
    public var citation: String {
        var text = ""
        var digits = ""
        for character in section + " " {
            if character.isASCII, character.isNumber {
                digits.append(character)
                continue
            }
            // Four digits are a document; section numbers are shorter.
            text += digits.count == 4 && !text.hasSuffix("RFC ") ? "RFC " + digits : digits
            digits = ""
            text.append(character)
        }
        return String(text.dropLast())
    }
}

/// What usually lies behind a finding, and what to do about it.
public struct Diagnosis: Sendable, Identifiable {
    /// The stable name of a diagnosis, such as `DX-KA-03`.
    public struct ID: Hashable, Sendable, Comparable, ExpressibleByStringLiteral, CustomStringConvertible {
        public let text: String
        public init(_ text: String) { self.text = text }
        public init(stringLiteral text: StaticString) { self.text = text.description }
        public static func < (left: ID, right: ID) -> Bool { left.text < right.text }
        public var description: String { text }
    }

    public let id: ID
    public let symptom: String
    public let evidence: String
    public let verdict: String
    public let advice: String
    /// Who saw it first: repositories with the number of the public thread, manuals; empty where there is none.
    public let source: String
    /// The commands of sipob whose evidence can show it.
    public let commands: [String]
    /// The requirements that are broken, or at stake, where it is the cause.
    public let requirements: [Requirement.ID]

    public init(
        _ id: ID, symptom: String, evidence: String, verdict: String, advice: String, source: String,
        commands: [String], requirements: [Requirement.ID]
    ) {
        self.id = id
        self.symptom = symptom
        self.evidence = evidence
        self.verdict = verdict
        self.advice = advice
        self.source = source
        self.commands = commands
        self.requirements = requirements
    }
}
