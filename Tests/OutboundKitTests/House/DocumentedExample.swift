/// An example of a document, as it stands in a test, where it is compiled: what is between the comments `example NAME begins`
/// and `example NAME ends`, without its indentation.
struct DocumentedExample {
    let text: String

    init(_ name: String, in path: String) throws {
        let lines = try SourceFile(reading: path).text.split(separator: "\n", omittingEmptySubsequences: false)
            .drop { !$0.hasSuffix("// example \(name) begins") }.dropFirst()
            .prefix { !$0.hasSuffix("// example \(name) ends") }
        text = lines.map { $0.dropFirst(8) }.joined(separator: "\n")
    }
}
