/// One thing that a server does wrong on purpose, so that it can be seen how a phone takes it.
public struct Fault: Sendable, Hashable, CustomStringConvertible {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case noPong = "no-pong"
        case latePong = "late-pong"
        case splitPong = "split-pong"
        case doublePong = "double-pong"
        case pongBefore200 = "pong-before-200"
        case noSTUN = "no-stun"
        case stunError = "stun-error"
        case wrongMappedAddress = "wrong-mapped-address"
        case changingMappedAddress = "changing-mapped-address"
        case noMappedAddress = "no-mapped-address"
        case cookieLessAnswer = "cookie-less-answer"
        case softwareFirst = "software-first"
        case forgedSTUN = "forged-stun-answer"
        case noRequire = "no-require"
        case noFlowTimer = "no-flow-timer"
        case changedFlowTimer = "changed-flow-timer"
        case lateOK = "late-200"
        case threeContacts = "three-contacts"
        case status420 = "420"
        case status421 = "421"
        case status423 = "423"
        case status439 = "439"
        case status500 = "500"
        case status503 = "503"
        case silence = "silence"
        case tokenWithoutMAC = "token-without-mac"
        case newTokenKey = "new-token-key"
        case killAfterPings = "kill-after-pings"
        case killAfterSeconds = "kill-after-seconds"
        case closesEarly = "closes-early"
        case neverCloses = "never-closes"
        case status403 = "403"
        case status430 = "430"
    }

    /// What may stand behind `=`.
    public enum Parameter: Sendable, Hashable {
        case none
        /// Seconds with up to three decimals; the value when none is given, in milliseconds.
        case seconds(Int)
        /// A whole number; the value when none is given.
        case count(Int)
        /// A whole number, then `:fin`, `:rst` or `:silent`.
        case countAndManner(Int)
        /// Seconds, then a manner.
        case secondsAndManner(Int)
    }

    public let kind: Kind
    /// A count, or milliseconds; 0 where there is no parameter.
    public let value: Int
    public let manner: CloseManner

    public init(_ kind: Kind, value: Int? = nil, manner: CloseManner = .fin) {
        self.kind = kind
        self.manner = manner
        self.value =
            value
            ?? {
                switch kind.entry.parameter {
                case .none: 0
                case .seconds(let value), .count(let value), .countAndManner(let value), .secondsAndManner(let value):
                    value
                }
            }()
    }

    var duration: Duration { .milliseconds(value) }

    /// As it is written on a command line.
    public var description: String {
        let milliseconds = value % 1000 == 0 ? "\(value / 1000)" : "\(value / 1000).\(String(1000 + value % 1000).dropFirst())"
        return switch kind.entry.parameter {
        case .none: kind.rawValue
        case .seconds: "\(kind.rawValue)=\(milliseconds)"
        case .count: "\(kind.rawValue)=\(value)"
        case .countAndManner: "\(kind.rawValue)=\(value):\(manner)"
        case .secondsAndManner: "\(kind.rawValue)=\(milliseconds):\(manner)"
        }
    }

    /// Reads `name`, `name=value` or `name=value:manner`.
    ///
    /// - Throws: with what was expected.
    public static func parse(_ text: String) throws(FaultError) -> Fault {
        let pieces = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(pieces.first ?? "")
        guard let kind = Kind(rawValue: name) else { throw FaultError(text, "no fault has that name") }
        guard pieces.count == 2 else { return Fault(kind) }
        let value = String(pieces[1])
        switch kind.entry.parameter {
        case .none: throw FaultError(text, "\(name) takes no value")
        case .seconds: return Fault(kind, value: try milliseconds(value, of: text))
        case .count: return Fault(kind, value: try count(value, of: text))
        case .countAndManner:
            let (first, manner) = try split(value, of: text)
            return Fault(kind, value: try count(first, of: text), manner: manner)
        case .secondsAndManner:
            let (first, manner) = try split(value, of: text)
            return Fault(kind, value: try milliseconds(first, of: text), manner: manner)
        }
    }

    private static func split(_ value: String, of text: String) throws(FaultError) -> (String, CloseManner) {
        let pieces = value.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard pieces.count == 2 else { return (value, .fin) }
        switch pieces[1] {
        case "fin": return (pieces[0], .fin)
        case "rst": return (pieces[0], .rst)
        case "silent": return (pieces[0], .silent)
        default: throw FaultError(text, "a flow is ended with fin, rst or silent")
        }
    }

    private static func count(_ value: String, of text: String) throws(FaultError) -> Int {
        guard let count = Int(value), (0...1_000_000).contains(count) else {
            throw FaultError(text, "a whole number from 0 to 1000000 is expected")
        }
        return count
    }

    private static func milliseconds(_ value: String, of text: String) throws(FaultError) -> Int {
        let pieces = value.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let decimals = pieces.count == 2 ? String(pieces[1]) : "0"
        guard let whole = Int(pieces.first ?? ""), (0...1_000_000).contains(whole), (1...3).contains(decimals.count),
            decimals.utf8.allSatisfy(ASCII.isDigit), let part = Int(decimals)
        else { throw FaultError(text, "seconds from 0 to 1000000 with up to three decimals are expected") }
        return whole * 1000 + part * [0: 1, 1: 100, 2: 10, 3: 1][decimals.count, default: 1]
    }
}

/// A fault that cannot be read.
public struct FaultError: Error, Sendable, Hashable, CustomStringConvertible {
    public let text: String
    public let reason: String

    init(_ text: String, _ reason: String) {
        self.text = text
        self.reason = reason
    }

    public var description: String { "\"\(text)\" is no fault: \(reason)" }
}
