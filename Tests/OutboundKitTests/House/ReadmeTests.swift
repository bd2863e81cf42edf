import OutboundKit
import Testing

/// The README's example compiles, because it stands here, and says what it says here.
@Suite struct ReadmeTests {
    static func example(print: (String) -> Void) {
        // example readme begins
        let path = Array("KKfSaKO7yjOvBwF/AAABOtR/AAABqmo=".utf8)
        let assessment = FlowTokenExaminer(keys: FlowTokenKeyRing([])).examine(path.span.bytes)
        print(assessment.format?.rawValue ?? "no flow token")
        print(assessment.token?.remote?.description ?? "no address")
        for weakness in assessment.weaknesses { print(weakness.explanation) }
        // example readme ends
    }

    @Test func exampleIsTheOneInTheReadme() throws {
        let readme = try SourceFile(reading: "README.md").text
        let example = try DocumentedExample("readme", in: "Tests/OutboundKitTests/House/ReadmeTests.swift").text
        #expect(readme.contains("```swift\nimport OutboundKit\n\n\(example)\n```"))
    }

    @Test func exampleReadsTheToken() {
        var printed: [String] = []
        Self.example { printed.append($0) }
        #expect(printed.starts(with: ["kamailio", "127.0.0.1:43626"]))
        #expect(printed.dropFirst(2).contains { $0.contains("SHA1(\"\")") })
    }
}
