// Judges a Kamailio configuration by what outbound needs of an edge proxy and a registrar (RFC 5626 §5, §6). Each rule is a
// diagnosis of the rulebook; what it found names file and line and what to write instead. What was not read, or not
// understood, is never the ground of a `fail`: then the verdict is `unknown`, with the reason.

/// What a server does for outbound.
public enum ConfigRole: String, Sendable, Hashable, CaseIterable {
    /// Next to the phones: Path with flow tokens, and routing by them.
    case edge
    /// Keeps the bindings.
    case registrar
    /// One server for both.
    case both
    /// Neither: nothing of outbound concerns it.
    case neither

    public var isEdge: Bool { self == .edge || self == .both }
    public var isRegistrar: Bool { self == .registrar || self == .both }
}

/// One thing that was found in a configuration.
public struct ConfigFinding: Sendable {
    /// The rule, which is a diagnosis: `sipob explain` knows it.
    public let rule: Diagnosis.ID
    public let verdict: Verdict
    /// What of the rulebook is broken, or at stake.
    public let requirement: Requirement.ID?
    /// The file as it was named; of what is missing, the first file of the configuration.
    public let file: String
    /// From 1; nil when it is about something that is nowhere.
    public let line: Int?
    /// The line, without what may be secret in it.
    public let excerpt: String?
    /// What is wrong, in one or two sentences.
    public let message: String
    /// What to write instead.
    public let advice: String?

    /// `file:line`, or the file alone.
    public var subject: String { line.map { "\(file):\($0)" } ?? file }
}

/// What was asked about a configuration.
public struct ConfigQuestion: Sendable {
    public let config: KamailioConfig
    /// Nil: as the configuration's own doing tells.
    public let role: ConfigRole?
    public let version: KamailioVersion?
    /// Sockets that Kamailio is started with, as `-l` takes them.
    public let listeners: [String]

    public init(
        _ config: KamailioConfig, role: ConfigRole? = nil, version: KamailioVersion? = nil, listeners: [String] = []
    ) {
        self.config = config
        self.role = role
        self.version = version
        self.listeners = listeners
    }
}

/// The judgement on one configuration.
public struct ConfigVerdict: Sendable {
    public let file: String
    public let files: [String]
    public let role: ConfigRole
    /// Why it is taken for that role.
    public let roleReason: String
    /// The worst first.
    public let findings: [ConfigFinding]
    public let routes: Int
    public let modules: Int
    /// What could not be read or understood, in words with their place.
    public let notRead: [String]
}
