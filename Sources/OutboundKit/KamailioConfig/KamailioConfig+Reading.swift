extension KamailioConfig {
    /// What is known of the Kamailio that is to read the configuration.
    public struct Setup: Sendable {
        /// Names that `-A NAME` and `-A NAME=VALUE` define, in their order.
        public var defines: [(name: String, value: String)] = []
        /// Major, minor, patch; nil when it is not known. It defines `KAMAILIO_5` and its likes.
        public var version: KamailioVersion?
        public var limits = ConfigLimits()

        public init() {}
    }

    /// Reads a configuration and all that it includes.
    ///
    /// - Parameter path: its name, from which names of included files are taken to be relative.
    /// - Parameter octets: what stands in it.
    /// - Parameter read: reads included files.
    public static func read(
        _ path: String, _ octets: [UInt8], setup: Setup = Setup(), read: @escaping ConfigReader
    ) -> KamailioConfig {
        var definitions = ConfigDefinitions()
        if let version = setup.version {
            for name in version.defines { _ = definitions.define(name, [], .redefine) }
            let number = (version.major * 1000 + version.minor) * 1000 + version.patch
            _ = definitions.define("KAMAILIO_VERSION", Array("\(number)".utf8), .redefine)
            definitions.hasVersion = true
        }
        for define in setup.defines { _ = definitions.define(define.name, Array(define.value.utf8), .redefine) }
        var lexer = ConfigLexer(limits: setup.limits, read: read, definitions: definitions)
        let isBefore57 = setup.version.map { $0 < KamailioVersion(5, 7, 0) } ?? false
        lexer.hidesExpressions = isBefore57
        guard lexer.open(path, octets) else {
            var config = KamailioConfig(files: [path], contents: [[]])
            config.problems = lexer.problems
            return config
        }
        lexer.run()
        var config = KamailioConfig(files: lexer.files, contents: lexer.contents)
        config.problems = lexer.problems
        config.definitions = lexer.definitions.values.mapValues { ConfigOctet.text($0) }
        var parser = ConfigParser(tokens: lexer.tokens, limits: setup.limits, config: config)
        parser.refusesSocketBlocks = isBefore57
        return parser.run()
    }
}

/// A release of Kamailio.
public struct KamailioVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let major: Int
    public let minor: Int
    public let patch: Int

    public init(_ major: Int, _ minor: Int, _ patch: Int) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// `5.6.3`, `5.6` (the first of that series), also with what packagers append: `5.6.3-2`. Nil for anything else.
    public init?(_ text: String) {
        let head = text.prefix { $0 != "-" && $0 != "+" && $0 != "~" }
        let parts = head.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        guard (2...3).contains(parts.count), parts.allSatisfy({ $0.map { (0...999).contains($0) } == true }) else {
            return nil
        }
        self.init(parts[0] ?? 0, parts[1] ?? 0, parts.count > 2 ? parts[2] ?? 0 : 0)
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
    }

    public var description: String { "\(major).\(minor).\(patch)" }

    /// The names that such a Kamailio defines for its configuration.
    var defines: [String] {
        ["KAMAILIO_\(major)", "KAMAILIO_\(major)_\(minor)", "KAMAILIO_\(major)_\(minor)_\(patch)"]
    }
}
