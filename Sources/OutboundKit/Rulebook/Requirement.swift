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
    public let sentence: String
    public let activeCheck: String
    public let passiveCheck: String

    public init(
        _ id: ID, section: String, level: Level, levelText: String, binds: String, sentence: String,
        activeCheck: String, passiveCheck: String
    ) {
        self.id = id
        self.section = section
        self.level = level
        self.levelText = levelText
        self.binds = binds
        self.sentence = sentence
        self.activeCheck = activeCheck
        self.passiveCheck = passiveCheck
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
    /// Where to look, and who saw it first.
    public let source: String

    public init(_ id: ID, symptom: String, evidence: String, verdict: String, advice: String, source: String) {
        self.id = id
        self.symptom = symptom
        self.evidence = evidence
        self.verdict = verdict
        self.advice = advice
        self.source = source
    }
}
