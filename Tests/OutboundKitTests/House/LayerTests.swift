import Testing

/// The rules that keep the tree in layers, read off the sources themselves.
@Suite struct LayerTests {
    static let sources = Result {
        try SourceFile.all(below: ["Sources"], endings: [".swift"])
    }
    static let everything = Result {
        try SourceFile.all(
            below: ["Sources", "Tests", "scripts", "bench", "man", "docs"],
            endings: [".swift", ".md", ".sh", ".1", ".py", ".c", ".cfg", ".h"])
            + ["README.md", "Package.swift", "Makefile", ".ci/run"].map(SourceFile.init(reading:))
    }

    @Test func theTreeIsRead() throws {
        let files = try Self.sources.get()
        #expect(
            files.contains { $0.path == "Sources/OutboundKit/Bytes/ASCII.swift" && $0.declaredTypes.contains("ASCII") })
        #expect(files.filter(\.isLibrary).count > 20)
    }

    @Test func foldersHaveALayer() throws { expectNone(HouseRules.folders(try Self.sources.get())) }
    @Test func foldersUseOnlyLowerLayers() throws { expectNone(HouseRules.layering(try Self.sources.get())) }
    @Test func modulesAreImportedWhereTheyBelong() throws { expectNone(HouseRules.imports(try Self.sources.get())) }
    @Test func onlyTheDriverTouchesItsSurroundings() throws { expectNone(HouseRules.purity(try Self.sources.get())) }
    @Test func nothingTrapsOnPurpose() throws { expectNone(HouseRules.traps(try Self.sources.get())) }
    @Test func filesAreShort() throws { expectNone(HouseRules.length(try Self.everything.get())) }
    @Test func nothingIsLeftUnfinished() throws { expectNone(HouseRules.words(try Self.everything.get())) }

    private func expectNone(_ objections: [Objection]) {
        #expect(objections.isEmpty, "\(objections.map(\.description).joined(separator: "\n"))")
    }
}

/// Each rule objects to made-up sources that break it, and to nothing beside them.
@Suite struct HouseRuleTests {
    struct Row: CustomTestStringConvertible {
        let rule: @Sendable ([SourceFile]) -> [Objection]
        let path: String
        let text: String
        /// The line of the one objection; nil when there must be none.
        let line: Int?
        var testDescription: String { "\(path): \(text.prefix(60).replacing("\n", with: " "))" }
    }

    static func row(
        _ rule: @escaping @Sendable ([SourceFile]) -> [Objection], _ path: String, _ text: String, _ line: Int?
    ) -> Row {
        Row(rule: rule, path: "Sources/" + path, text: text, line: line)
    }

    static let rows: [Row] = [
        row(HouseRules.folders, "OutboundKit/Misc/A.swift", "", 1),
        row(HouseRules.folders, "OutboundKit/A.swift", "", 1),
        row(HouseRules.folders, "OutboundKit/SIP/A.swift", "", nil),
        // Higher layer, sibling, own folder, lower layer, Bytes from its sibling.
        row(HouseRules.layering, "OutboundKit/SIP/A.swift", "struct A {\n    let judge: HighThing\n}", 2),
        row(HouseRules.layering, "OutboundKit/SIP/A.swift", "let a: SiblingThing", 1),
        row(HouseRules.layering, "OutboundKit/STUN/A.swift", "let a: SiblingThing", nil),
        row(HouseRules.layering, "OutboundKit/Transport/A.swift", "let a: HighThing", nil),
        row(HouseRules.layering, "OutboundKit/Net/A.swift", "let a: LowThing", nil),
        row(HouseRules.layering, "OutboundKit/Crypto/A.swift", "let a: NetThing", 1),
        row(HouseRules.layering, "OutboundKit/Transport/A.swift", "let a: ReportThing", 1),
        row(HouseRules.layering, "OutboundKit/SIP/A.swift", "let a = \"x \\(HighThing.b) y\"", 1),
        row(
            HouseRules.layering, "OutboundKit/SIP/A.swift",
            "// HighThing\n/* HighThing /* */ HighThing */ let a = \"HighThing\"", nil),
        row(HouseRules.layering, "OutboundKit/SIP/A.swift", "let a = #\"\\(HighThing) \"quoted\" HighThing\"#", nil),
        row(
            HouseRules.layering, "OutboundKit/SIP/A.swift",
            "let a = \"\"\"\n    HighThing \"\n    \"\"\"\nlet b: HighThing", 4),
        row(HouseRules.layering, "OutboundKit/SIP/A.swift", "struct A { enum HighThing {} ; let b: HighThing }", nil),
        row(HouseRules.layering, "OutboundKit/SIP/A.swift", "let b: A.HighThing", nil),
        row(HouseRules.layering, "OutboundKit/SIP/A.swift", "let b: HiddenThing", nil),
        row(HouseRules.imports, "OutboundKit/SIP/A.swift", "import Glibc\nimport NIOCore", 2),
        row(HouseRules.imports, "OutboundKit/Transport/A.swift", "import NIOCore", nil),
        row(HouseRules.imports, "sipob/A.swift", "@preconcurrency import NIOPosix", 1),
        row(HouseRules.imports, "sipob/A.swift", "import ArgumentParser", nil),
        row(HouseRules.imports, "sipob/A.swift", "import FoundationEssentials", 1),
        row(HouseRules.imports, "OutboundKit/Transport/A.swift", "import struct Foundation.Data", 1),
        row(HouseRules.imports, "OutboundKit/Capture/A.swift", "import Dispatch", 1),
        row(HouseRules.imports, "OutboundKit/Digest/A.swift", "import COpenSSL", 1),
        row(HouseRules.imports, "OutboundKit/Crypto/A.swift", "import COpenSSL", nil),
        row(HouseRules.imports, "OutboundKit/Bytes/Chunks.swift", "import CMemory", 1),
        row(HouseRules.imports, "OutboundKit/Capture/LinkLayer.swift", "import CPcap", 1),
        row(HouseRules.imports, "OutboundKit/Capture/Live/PcapLibrary.swift", "import CPcap", nil),
        row(HouseRules.purity, "OutboundKit/Audit/A.swift", "func a() {\n    print(1)\n}", 2),
        row(HouseRules.purity, "OutboundKit/Audit/A.swift", "let a = Glibc.getenv(\"A\")", 1),
        row(HouseRules.purity, "OutboundKit/Audit/A.swift", "let a = ContinuousClock.now", 1),
        row(HouseRules.purity, "OutboundKit/Audit/A.swift", "func print() {}\nfunc b(a: A) { a.print() }", nil),
        row(HouseRules.purity, "OutboundKit/Transport/A.swift", "let a = ContinuousClock.now", nil),
        row(HouseRules.purity, "sipob/A.swift", "print(1)", nil),
        row(HouseRules.purity, "OutboundKit/SIP/A.swift", "struct A { static var a = 1 }", 1),
        row(HouseRules.purity, "OutboundKit/SIP/A.swift", "public var a: Int = 1", 1),
        row(HouseRules.purity, "OutboundKit/SIP/A.swift", "struct A { static var a: Int { 1 }\n var b = 1 }", nil),
        row(HouseRules.purity, "OutboundKit/SIP/A.swift", "final class A: @unchecked Sendable {}", 1),
        row(HouseRules.purity, "OutboundKit/SIP/A.swift", "nonisolated(unsafe) let a = 1", 1),
        row(HouseRules.traps, "OutboundKit/SIP/A.swift", "let a = try! b()", 1),
        row(HouseRules.traps, "sipob/A.swift", "let a = b as! Int", 1),
        row(HouseRules.traps, "sipob/A.swift", "fatalError(\"x\")", 1),
        row(HouseRules.traps, "sipob/A.swift", "let a = try b() // try!\nlet c = \"fatalError(\"", nil),
        row(HouseRules.length, "sipob/A.swift", String(repeating: "\n", count: 501), 500),
        row(HouseRules.length, "sipob/A.swift", String(repeating: "\n", count: 500), nil),
        row(HouseRules.words, "sipob/A.swift", "let a = 1\n// TO" + "DO: more", 2),
        row(HouseRules.words, "sipob/A.swift", "let path = \"/ro" + "ot/a\"", 1),
        row(HouseRules.words, "sipob/A.swift", "let todo = 1", nil),
    ]

    /// Declarations that the rows use.
    static let surroundings = [
        SourceFile(path: "Sources/OutboundKit/Bytes/Low.swift", text: "public struct LowThing {}"),
        SourceFile(path: "Sources/OutboundKit/Net/Net.swift", text: "public struct NetThing {}"),
        SourceFile(path: "Sources/OutboundKit/STUN/Sibling.swift", text: "enum SiblingThing {}"),
        SourceFile(
            path: "Sources/OutboundKit/Audit/High.swift",
            text: "public final class HighThing {}\nprivate struct HiddenThing {}"),
        SourceFile(path: "Sources/OutboundKit/Report/Report.swift", text: "public protocol ReportThing {}"),
    ]

    @Test(arguments: rows)
    func objects(row: Row) {
        let objections = row.rule(Self.surroundings + [SourceFile(path: row.path, text: row.text)])
        #expect(objections.map(\.line) == (row.line.map { [$0] } ?? []), "\(objections)")
    }
}
