/// A response code, header field, parameter, option tag or term that outbound uses, in plain words.
public struct Explanation: Sendable, Identifiable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case code
        case headerField
        case parameter
        case optionTag
        case term

        /// The kind in words.
        public var words: String {
            switch self {
            case .code: "response code"
            case .headerField: "header field"
            case .parameter: "parameter"
            case .optionTag: "option tag"
            case .term: "term"
            }
        }
    }

    /// The name under which it is asked for, as the field writes it: `430`, `Flow-Timer`, `reg-id`.
    public let id: String
    public let kind: Kind
    /// Other names of the same thing.
    public let aliases: [String]
    public let title: String
    public let section: String
    public let meaning: String
    /// What usually goes wrong with it.
    public let usuallyWrong: String
    public let whatToDo: String
    /// The requirements that matter most for it.
    public let requirements: [Requirement.ID]
    public let diagnoses: [Diagnosis.ID]

    public init(
        _ id: String, _ kind: Kind, aliases: [String] = [], title: String, section: String, meaning: String,
        usuallyWrong: String, whatToDo: String, requirements: [Requirement.ID], diagnoses: [Diagnosis.ID]
    ) {
        self.id = id
        self.kind = kind
        self.aliases = aliases
        self.title = title
        self.section = section
        self.meaning = meaning
        self.usuallyWrong = usuallyWrong
        self.whatToDo = whatToDo
        self.requirements = requirements
        self.diagnoses = diagnoses
    }
}

/// All explanations. Built on first use.
public enum ExplanationTable {
    public static let all: [Explanation] = responseCodes + headerFields + parameters + terms

    /// The explanation of that name or alias, in any case; nil if there is none.
    public static func named(_ name: String) -> Explanation? {
        all.first { ASCII.equalsIgnoringCase($0.id, name) }
            ?? all.first { row in row.aliases.contains { ASCII.equalsIgnoringCase($0, name) } }
    }
}
