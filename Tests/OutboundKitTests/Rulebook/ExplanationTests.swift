import Testing

@testable import OutboundKit

@Suite struct ExplanationTests {
    @Test(arguments: ["403", "420", "421", "423", "430", "439", "480", "503"])
    func codesAreExplained(_ code: String) throws {
        let row = try #require(ExplanationTable.named(code))
        #expect(row.kind == .code && row.title.hasPrefix(code) && !row.requirements.isEmpty)
    }

    @Test(arguments: [
        "Path", "Route", "Record-Route", "Supported", "Require", "Unsupported", "Contact", "reg-id", "+sip.instance",
        "ob",
        "outbound", "gruu", "pub-gruu", "temp-gruu", "Flow-Timer", "keep", "rport", "received", "Retry-After",
        "Min-Expires", "Expires", "Via", "lr", "flow token", "CRLF", "ping", "pong", "STUN", "XOR-MAPPED-ADDRESS",
        "magic cookie", "transaction ID", "FINGERPRINT", "RTO",
    ])
    func namesAreExplainedInAnyCase(_ name: String) throws {
        let row = try #require(ExplanationTable.named(name.uppercased()))
        #expect(!row.meaning.isEmpty && !row.usuallyWrong.isEmpty && !row.whatToDo.isEmpty && !row.section.isEmpty)
    }

    @Test func namesAreUnique() {
        let names = ExplanationTable.all.flatMap { [$0.id] + $0.aliases }.map { $0.lowercased() }
        #expect(Set(names).count == names.count)
        let ids = RequirementTable.all.map(\.id.text) + DiagnosisTable.all.map(\.id.text)
        #expect(Set(names).isDisjoint(with: ids.map { $0.lowercased() }))
    }

    @Test func linksLeadSomewhere() {
        for row in ExplanationTable.all {
            for id in row.requirements { #expect(RequirementTable[id] != nil, "\(row.id): \(id)") }
            for id in row.diagnoses { #expect(DiagnosisTable[id] != nil, "\(row.id): \(id)") }
        }
    }

    @Test(arguments: [
        ("OB-KA-006", ["OB-KA-006"]), ("ob-ft-00?", (1...9).map { "OB-FT-00\($0)" }), ("dx-ka-03", ["DX-KA-03"]),
        ("43*", ["430", "439"]), ("pong", ["CRLF ping"]), ("k", ["Supported"]), ("OB-XX-*", []), ("nonsense", []),
        ("", []),
        ("*-FT-010", ["OB-FT-010"]),
    ])
    func search(_ term: String, _ names: [String]) {
        #expect(RulebookSearch.entries(matching: term).map(\.name) == names)
    }

    @Test func everythingMatchesAStar() {
        #expect(RulebookSearch.entries(matching: "*").count == RulebookSearch.all.count)
    }

    @Test(arguments: [
        ("OB-KA-06", "OB-KA-006"), ("flowtimer", "Flow-Timer"), ("regid", "reg-id"), ("sip.instanc", "+sip.instance"),
        ("493", "439"),
    ])
    func suggestions(_ typed: String, _ meant: String) {
        #expect(RulebookSearch.suggestions(for: typed).contains(meant))
    }

    @Test func nothingNearIsNotSuggested() {
        #expect(RulebookSearch.suggestions(for: "qqqqqqqqqqqq").isEmpty)
        #expect(RulebookSearch.suggestions(for: "").isEmpty)
        #expect(RulebookSearch.suggestions(for: String(repeating: "x", count: 100_000)).isEmpty)
    }

    @Test(arguments: [
        ("abc", "a*c", true), ("abc", "*", true), ("abc", "a?c", true), ("abc", "a?", false), ("", "*", true),

        ("", "?", false),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a*a*a*a*a*a*a*a*b", false), ("ABC", "abc", true), ("ab", "ab**", true),
    ])
    func globs(_ text: String, _ pattern: String, _ matches: Bool) {
        #expect(Glob.matches(text, pattern: pattern) == matches)
    }
}
