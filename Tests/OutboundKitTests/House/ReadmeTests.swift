import OutboundKit
import Testing

/// The README's example compiles, because it stands here, and says what it says here.
@Suite struct ReadmeTests {
    static func example(print: (String) -> Void) {
        // example begins
        let path = Array("KKfSaKO7yjOvBwF/AAABOtR/AAABqmo=".utf8)
        let assessment = FlowTokenExaminer(keys: FlowTokenKeyRing([])).examine(path.span.bytes)
        print(assessment.format?.rawValue ?? "no flow token")
        print(assessment.token?.remote?.description ?? "no address")
        for weakness in assessment.weaknesses { print(weakness.explanation) }
        // example ends
    }

    @Test func exampleIsTheOneInTheReadme() throws {
        let readme = try SourceFile(reading: "README.md").text
        let source = try SourceFile(reading: "Tests/OutboundKitTests/House/ReadmeTests.swift").text
        let lines = source.split(separator: "\n").drop { !$0.hasSuffix("// example begins") }.dropFirst()
            .prefix { !$0.hasSuffix("// example ends") }
        let example = lines.map { $0.dropFirst(8) }.joined(separator: "\n")
        #expect(readme.contains("```swift\nimport OutboundKit\n\n\(example)\n```"))
    }

    @Test func exampleReadsTheToken() {
        var printed: [String] = []
        Self.example { printed.append($0) }
        #expect(printed.starts(with: ["kamailio", "127.0.0.1:43626"]))
        #expect(printed.dropFirst(2).contains { $0.contains("SHA1(\"\")") })
    }
}
