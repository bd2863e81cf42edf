import ArgumentParser
import OutboundKit

/// Where the keys come from. They are read from files or the environment only, since arguments show in process lists.
struct TokenKeyOptions: ParsableArguments {
    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp(
            "A secret as text, such as Kamailio's flow_token_secret; one line end at its end is dropped. Repeatable.",
            valueName: "[name=]file"))
    var secretFile: [String] = []

    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp("A key in hexadecimal digits, blanks allowed. Repeatable.", valueName: "[name=]file"))
    var keyHexFile: [String] = []

    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp("A key as raw octets, such as Flexisip's key file. Repeatable.", valueName: "[name=]file"))
    var keyFile: [String] = []

    static let variable = "SIPOB_FLOW_TOKEN_SECRET"
    /// A secret longer than this is no secret but the wrong file.
    static let longestKey = 4096

    /// Whether an option names a key; the environment is there for all commands.
    var isUsed: Bool { !(secretFile.isEmpty && keyHexFile.isEmpty && keyFile.isEmpty) }

    /// For `OutputFiles`.
    var read: [OutputFiles.Group] {
        [("--secret-file", secretFile), ("--key-hex-file", keyHexFile), ("--key-file", keyFile)].map { name, options in
            ("the file of \(name)", options.map { Self.split($0).path })
        }
    }

    /// All keys, in the order secrets, hexadecimal, raw, environment.
    func load() throws -> [FlowTokenKey] {
        var keys: [FlowTokenKey] = []
        for option in secretFile {
            let (name, octets) = try Self.read(option)
            keys.append(FlowTokenKey(name: name, octets: Self.withoutLineEnd(octets), kind: .secret))
        }
        for option in keyHexFile {
            let (name, octets) = try Self.read(option)
            guard let key = Hex.decode(octets.filter { $0 > ASCII.space && $0 != ASCII.colon }), !key.isEmpty else {
                Terminal.complain("\(option): holds no hexadecimal key; give pairs of digits, or use --key-file")
                throw ExitStatus.failure
            }
            keys.append(FlowTokenKey(name: name, octets: key))
        }
        for option in keyFile {
            let (name, octets) = try Self.read(option)
            keys.append(FlowTokenKey(name: name, octets: octets))
        }
        if let secret = Terminal.environment(Self.variable), !secret.isEmpty {
            keys.append(FlowTokenKey(name: Self.variable, octets: Array(secret.utf8), kind: .secret))
        }
        return keys
    }

    /// `NAME=FILE`, or `FILE` with its last component as the name. A file whose own name holds a `=` is given as
    /// `./a=b`: a name has no slash.
    private static func split(_ option: String) -> (name: String, path: String) {
        if let sign = option.firstIndex(of: "="), !option[..<sign].contains("/"), sign > option.startIndex {
            return (String(option[..<sign]), String(option[option.index(after: sign)...]))
        }
        return (option.split(separator: "/").last.map(String.init) ?? option, option)
    }

    private static func read(_ option: String) throws -> (name: String, octets: [UInt8]) {
        let (name, path) = split(option)
        let octets: [UInt8]
        switch SmallFile.read(path, limit: longestKey) {
        case .success(let content): octets = content
        case .failure(let refusal):
            Terminal.complain("cannot read a key from \(path): \(refusal); name a readable file of a key")
            throw ExitStatus.failure
        }
        guard !octets.isEmpty else {
            Terminal.complain("\(path) is empty; put the secret or key into it")
            throw ExitStatus.failure
        }
        return (name, octets)
    }

    private static func withoutLineEnd(_ octets: [UInt8]) -> [UInt8] {
        var end = octets.count
        if end > 0, octets[end - 1] == ASCII.lf { end -= 1 }
        if end > 0, octets[end - 1] == ASCII.cr { end -= 1 }
        return Array(octets[..<end])
    }
}
