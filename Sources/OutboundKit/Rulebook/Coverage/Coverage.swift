/// How sipob checks one requirement, or why it does not.
public struct Coverage: Sendable {
    public enum Means: Sendable, Hashable {
        /// A rule of the audit of flows; the name of its type.
        case audit(String)
        /// A rule over one REGISTER and its answer; the name of its type. On what a phone does it is used by the audit and the
        /// edge, on what servers do by register-test and the audit.
        case exchange(String)
        /// A probe of that command checks it.
        case command(String)
        /// Cases of `register-test --suite` provoke it; their ids.
        case suite([String])
        /// It binds sipob itself; what holds it there.
        case ownCode(String)
        /// A capture might show it, and no audit judges it: why.
        case notInCaptures(String)
        /// No code checks it yet; the command that is to.
        case notYet(String)
        /// It cannot be checked: why.
        case notTestable(String)

        fileprivate func words(_ requirement: Requirement?) -> String {
            switch self {
            case .audit(let name): "pcap-audit (\(name))"
            case .exchange(let name):
                (requirement?.bindsServer == true ? "register-test, " : "") + "pcap-audit --registrations"
                    + (requirement?.bindsUserAgent == true ? ", edge --judge" : "") + " (\(name))"
            case .command(let name): name
            case .suite(let ids): "register-test --suite (\(ids.joined(separator: ", ")))"
            case .ownCode(let text): "sipob's own code: \(text)"
            case .notInCaptures(let why): "not in captures: \(why)"
            case .notYet(let command): "not yet: \(command)"
            case .notTestable(let why): "not testable: \(why)"
            }
        }
    }

    public let requirement: Requirement.ID
    public let means: [Means]

    /// For a list that people read: each means.
    public var words: [String] {
        let row = RequirementTable[requirement]
        return means.map { $0.words(row) }
    }

    public init(_ requirement: Requirement.ID, _ means: Means...) {
        self.requirement = requirement
        self.means = means
    }
}

/// What of the catalogue is checked by what. Tests hold it against the rules that there are. Built on first use.
public enum CoverageTable {
    public static let all: [Coverage] = clients + servers + messages

    private static let index: [Requirement.ID: Int] = Dictionary(
        all.enumerated().map { ($0.element.requirement, $0.offset) }, uniquingKeysWith: { first, _ in first })

    /// The row of that requirement, or nil.
    public static subscript(id: Requirement.ID) -> Coverage? { index[id].map { all[$0] } }
}
