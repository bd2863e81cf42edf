// Kamailio's configuration language, as its core reads it: files and a version come in, and a tree of settings, modules and
// routes goes out, in which every piece knows its file and line. Nothing here judges, opens a file or trusts the input: what
// is not understood is left out and listed (`ConfigProblem`), and every size has a bound in `ConfigLimits`.

/// Where a piece of a configuration stands.
public struct ConfigPlace: Sendable, Hashable, Comparable {
    /// The index of its file in `KamailioConfig.files`.
    public let file: Int
    /// From 1.
    public let line: Int

    public init(file: Int, line: Int) {
        self.file = file
        self.line = line
    }

    public static func < (left: Self, right: Self) -> Bool { (left.file, left.line) < (right.file, right.line) }
}

/// What bounds the reading of a configuration. Whatever is beyond is not read, and that is said.
public struct ConfigLimits: Sendable {
    /// Octets of all files together.
    public var octets = 16 << 20
    /// Files within files; Kamailio itself refuses the eleventh (`MAX_INCLUDE_DEPTH`).
    public var includeDepth = 10
    /// How often files are read, counting one that is included twice as two.
    public var includes = 512
    /// Kamailio's own bound (`MAX_DEFINES`).
    public var defines = 512
    public var substitutions = 256
    public var tokens = 1 << 20
    /// Words replaced by what they are defined as.
    public var expansions = 100_000
    /// `#!ifdef` in `#!ifdef`.
    public var conditionDepth = 256
    /// Blocks, conditions and parentheses within each other.
    public var nesting = 64
    /// Octets of one string or word.
    public var stringOctets = 1 << 16
    public var problems = 1000

    public init() {}
}

/// Something in a configuration that Kamailio refuses or reads otherwise than it looks, or that could not be read here.
public struct ConfigProblem: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// `#!else`, `#!endif` with something behind it: a comment, and no directive.
        case directiveIsComment(String)
        /// Conditions without their `#!endif`, or ends without a beginning.
        case unbalancedConditions
        /// An `#!else` outside of all conditions, which Kamailio passes over with a warning.
        case strayElse
        /// `#!define` of a name that is defined already.
        case definedTwice(String)
        /// The value of a definition has a comment in it, which takes the rest of every line where the name is used.
        case commentInDefine(String)
        /// A name that is defined by itself.
        case endlessDefine(String)
        /// `#!subst` without a pattern that Kamailio accepts.
        case badSubstitution
        /// An expression that Kamailio cannot compute: the directive.
        case badExpression(String)
        /// An expression for a release that takes it for a comment: the directive.
        case expressionIsComment(String)
        /// A number that does not fit 32 bits: Kamailio takes another one, and says nothing.
        case numberBeyond(String)
        /// A file that could not be read here, and why.
        case includeMissing(String, why: String)
        /// A file of `import_file` that is not here; Kamailio goes on without it.
        case importMissing(String)
        case includeTooDeep(String)
        case openString
        case openComment
        /// Read here, and refused by Kamailio's grammar: what it is.
        case refused(String)
        /// Refused, unless a name is defined in a file that is not here: what it is.
        case undefined(String)
        /// The same of a flag: its name.
        case undeclaredFlag(String)
        /// Understood by Kamailio, perhaps, and not by this program.
        case notUnderstood(String)
        /// The bound that was hit.
        case limit(String)
    }

    public let kind: Kind
    public let place: ConfigPlace

    public init(_ kind: Kind, _ place: ConfigPlace) {
        self.kind = kind
        self.place = place
    }

    /// Whether Kamailio does not start with it, or reads something else than what stands there.
    public var isRefusal: Bool {
        switch kind {
        case .directiveIsComment, .unbalancedConditions, .definedTwice, .endlessDefine, .badSubstitution,
            .includeMissing, .includeTooDeep, .expressionIsComment, .refused, .undefined, .undeclaredFlag:
            true
        case .badExpression, .commentInDefine, .numberBeyond, .importMissing, .openString, .openComment, .notUnderstood,
            .strayElse, .limit:
            false
        }
    }

    /// Whether something may stand in the configuration that was not read: then nothing follows from what is missing.
    public var hidesSomething: Bool {
        switch kind {
        case .includeMissing, .includeTooDeep, .notUnderstood, .limit, .openString, .openComment,
            .endlessDefine, .unbalancedConditions:
            true
        // Kamailio goes on without it as well: what is here is what would run here.
        case .strayElse, .importMissing, .directiveIsComment, .definedTwice, .badExpression, .expressionIsComment,
            .commentInDefine,
            .badSubstitution, .numberBeyond, .refused, .undefined, .undeclaredFlag:
            false
        }
    }
}

/// What a file name led to.
public enum ConfigReading: Sendable {
    case octets([UInt8])
    case missing
    /// There is such a file, and it cannot be read: the host's words.
    case unreadable(String)
}

/// Reads a file by its path: the host's part, which this room leaves to its caller.
public typealias ConfigReader = (_ path: String) -> ConfigReading
