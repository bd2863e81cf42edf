/// What a rule objects to: the file, the line, and in words what is wrong with it.
struct Objection: CustomStringConvertible {
    let path: String
    let line: Int
    let text: String
    var description: String { "\(path):\(line): \(text)" }
}

/// The rules of the house that can be read off the source text. Each takes files and returns its objections.
enum HouseRules {
    /// Folders of OutboundKit by layer. A folder uses only lower numbers, and `Bytes`, which all may use.
    static let layers: [[String]] = [
        ["Bytes", "Net", "Crypto", "Compression", "Threads"],
        ["SIP", "STUN", "WebSocket", "KamailioConfig"],
        ["Digest", "FlowToken", "Outbound", "Rulebook", "Transaction"],
        ["UserAgent", "Edge", "Probe", "Capture"],
        ["Audit", "ConfigCheck", "Transcript"],
        ["Conformance", "EventLog", "Inspect"],
        ["Transport", "Storage", "Report"],
    ]

    static func layer(of folder: String) -> Int? { layers.firstIndex { $0.contains(folder) } }

    static func mayUse(_ folder: String, _ other: String) -> Bool {
        guard folder != other, other != "Bytes" else { return true }
        guard let own = layer(of: folder), let theirs = layer(of: other) else { return false }
        return theirs < own
    }

    static func folders(_ files: [SourceFile]) -> [Objection] {
        files.filter(\.isLibrary).compactMap { file in
            guard let folder = file.folder else {
                return Objection(path: file.path, line: 1, text: "lies in no folder of a layer")
            }
            return layer(of: folder) == nil
                ? Objection(path: file.path, line: 1, text: "\(folder) is in no layer") : nil
        }
    }

    /// Only types are looked at: a free function or an extension's member that is used from below goes unseen.
    static func layering(_ files: [SourceFile]) -> [Objection] {
        var home: [String: String] = [:]
        for file in files {
            guard let folder = file.folder else { continue }
            for type in file.declaredTypes { home[type] = folder }
        }
        return files.flatMap { file -> [Objection] in
            guard let folder = file.folder else { return [] }
            return file.usedTypes.compactMap { token in
                guard let other = home[token.text], !mayUse(folder, other) else { return nil }
                return Objection(path: file.path, line: token.line, text: "\(folder) uses \(token.text) of \(other)")
            }
        }
    }

    /// Where a module may be imported in `Sources`: a prefix of the path.
    static func mayImport(_ module: String, _ file: SourceFile) -> Bool {
        let path = file.path
        if module.hasPrefix("Foundation") { return false }
        if module.hasPrefix("NIO") { return path.hasPrefix("Sources/OutboundKit/Transport/") }
        return switch module {
        case "COpenSSL":
            path.hasPrefix("Sources/OutboundKit/Crypto/") || path.hasPrefix("Sources/OutboundKit/Transport/TLS")
        case "CPcap": path.hasPrefix("Sources/OutboundKit/Capture/Live/")
        case "CMemory": path == "Sources/OutboundKit/Bytes/Prefetch.swift" || !file.isLibrary
        case "CSQLite": path.hasPrefix("Sources/OutboundKit/Storage/")
        case "CZlib", "CZstd": path.hasPrefix("Sources/OutboundKit/Compression/")
        case "CResolv": path.hasPrefix("Sources/OutboundKit/Transport/")
        case "CDatagrams", "CSockets": path.hasPrefix("Sources/OutboundKit/Transport/")
        case "Logging": path.hasPrefix("Sources/OutboundKit/Transport/") || path.hasPrefix("Sources/sipob/")
        case "Glibc", "Synchronization": true
        case "Dispatch": !file.isLibrary || file.path.hasPrefix("Sources/OutboundKit/Threads/")
        default: !file.isLibrary
        }
    }

    static func imports(_ files: [SourceFile]) -> [Objection] {
        files.filter(\.isSource).flatMap { file in
            file.imports.filter { !mayImport($0.text, file) }
                .map { Objection(path: file.path, line: $0.line, text: "may not import \($0.text)") }
        }
    }

    /// The process's surroundings: only the driver and the program itself touch them.
    static let surroundings: Set = [
        "print", "debugPrint", "dump", "readLine", "exit", "_exit", "abort", "getenv", "setenv", "time", "clock",
        "clock_gettime", "gettimeofday", "sleep", "usleep", "nanosleep",
    ]
    static let clocks: Set = ["ContinuousClock", "SuspendingClock", "DispatchTime", "CommandLine", "ProcessInfo"]

    /// Values whose storage is raw memory, which the compiler cannot check: immutable once made, or copied by whoever writes.
    static let ownStorage: Set = [
        "Sources/OutboundKit/Bytes/Chunks.swift", "Sources/OutboundKit/Bytes/ValueBox.swift",
        "Sources/OutboundKit/Audit/RegistrationWords.swift",
    ]

    static func purity(_ files: [SourceFile]) -> [Objection] {
        files.filter { $0.isLibrary && $0.folder != "Transport" }.flatMap { file in
            let tokens = file.tokens
            return tokens.indices.compactMap { index -> Objection? in
                let token = tokens[index]
                let object = { (what: String) in Objection(path: file.path, line: token.line, text: what) }
                if surroundings.contains(token.text), isCall(tokens, index) { return object("calls \(token.text)()") }
                if clocks.contains(token.text) { return object("uses \(token.text)") }
                if token.text == "unchecked", index > 0, tokens[index - 1].text == "@", !ownStorage.contains(file.path)
                {
                    return object("@unchecked")
                }
                if token.text == "nonisolated", tokens[index...].dropFirst(2).first?.text == "unsafe" {
                    return object("nonisolated(unsafe)")
                }
                if isGlobalVariable(tokens, index) { return object("global mutable state") }
                return nil
            }
        }
    }

    /// A call of a free function, also when its module is named; not a method, not a declaration.
    private static func isCall(_ tokens: [SwiftToken], _ index: Int) -> Bool {
        guard index + 1 < tokens.count, tokens[index + 1].text == "(" else { return false }
        guard index > 0 else { return true }
        if tokens[index - 1].text == "func" { return false }
        guard tokens[index - 1].text == "." else { return true }
        return index > 1 && ["Glibc", "Swift"].contains(tokens[index - 2].text)
    }

    /// A stored `static var`, or a stored `var` outside all braces. A computed one opens a brace on its first line.
    private static func isGlobalVariable(_ tokens: [SwiftToken], _ index: Int) -> Bool {
        guard tokens[index].text == "var" else { return false }
        let isStatic = tokens[..<index].reversed().prefix { $0.line == tokens[index].line && $0.text != ";" }
            .contains { $0.text == "static" || $0.text == "class" }
        guard isStatic || tokens[index].depth == 0 else { return false }
        let rest = tokens[index...].prefix { $0.line == tokens[index].line }
        let sign = rest.first { $0.text == "=" || $0.text == "{" }
        return sign?.text != "{"
    }

    /// What ends the process where input could reach it.
    static func traps(_ files: [SourceFile]) -> [Objection] {
        files.filter(\.isSource).flatMap { file in
            let tokens = file.tokens
            return tokens.indices.dropLast().compactMap { index -> Objection? in
                let pair = tokens[index].text + tokens[index + 1].text
                guard ["try!", "as!", "fatalError("].contains(pair) else { return nil }
                return Objection(path: file.path, line: tokens[index].line, text: "\(pair) is not used here")
            }
        }
    }

    static let longestFile = 500

    static func length(_ files: [SourceFile]) -> [Objection] {
        files.filter { $0.path.hasSuffix(".swift") && $0.lineCount > longestFile }.map {
            Objection(path: $0.path, line: longestFile, text: "\($0.lineCount) lines; which rooms hide in it?")
        }
    }

    /// Marks of unfinished work, and paths that exist on one machine only. Pieced together, so as not to find themselves.
    static let unwantedWords = [
        "TO" + "DO", "FIX" + "ME", "HA" + "CK", "not " + "implemented", "/ho" + "me/", "/ro" + "ot/",
        "/wo" + "rk/",
        "place" + "holder",
    ]

    static func words(_ files: [SourceFile]) -> [Objection] {
        files.flatMap { file in
            file.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().flatMap { number, line in
                unwantedWords.filter { line.contains($0) }
                    .map { Objection(path: file.path, line: number + 1, text: "says \"\($0)\"") }
            }
        }
    }
}
