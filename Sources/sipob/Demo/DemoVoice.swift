import OutboundKit

/// What the demo tells: on the terminal as it happens, or all of it at the end as one JSON document.
final class DemoVoice {
    private struct Step {
        let about: String
        let words: [String]
        let status: Int32
        let documents: [[UInt8]]
    }

    let isJSON: Bool
    private let isColored: Bool
    private let started: Timestamp
    private var about = ""
    private var steps: [Step] = []
    private var facts: [(name: String, write: (inout JSONWriter) -> Void)] = []

    init(isJSON: Bool, isColored: Bool, started: Timestamp) {
        self.isJSON = isJSON
        self.isColored = isColored
        self.started = started
    }

    /// Why the next thing is done.
    func say(_ text: String) {
        about = text
        if !isJSON { Terminal.print("\n\(text)\n") }
    }

    /// The first words, without an empty line before them.
    func open(_ text: String) {
        about = text
        print(text + "\n")
    }

    func print(_ text: String) { if !isJSON { Terminal.print(text) } }

    /// Something that the demo's own phone and caller saw: a line, and for JSON an object in the array `name`.
    func note(_ name: String, _ line: String, _ write: @escaping (inout JSONWriter) -> Void) {
        print(line)
        facts.append((name, write))
    }

    /// Shows a command as it can be typed, and runs it, as a program of its own. That it finds a violation is what it is
    /// there for.
    func run(_ words: [String]) async throws {
        print((isColored ? "\u{1B}[1m" : "") + "$ \(Self.line(words))" + (isColored ? "\u{1B}[0m" : ""))
        let options = isJSON ? ["--json"] : ["--color", isColored ? "always" : "never"]
        let (status, output) = await OwnProgram.run(words + options, isCaptured: isJSON)
        guard !OwnProgram.isInterrupted else { throw ExitStatus.interrupted }
        guard status == 0 || status == ExitStatus.violation.rawValue else {
            Terminal.complain("this step of the demo ended with exit status \(status).")
            throw ExitStatus.failure
        }
        // `token decode` prints an object a line, the others one document.
        let documents = words.first == "token" ? output.split(separator: ASCII.lf).map { Array($0) } : [output]
        guard !isJSON || documents.contains(where: { $0.contains { $0 > ASCII.space } }) else {
            Terminal.complain("this step of the demo printed nothing: \(Self.line(words)).")
            throw ExitStatus.failure
        }
        steps.append(Step(about: about, words: words, status: status, documents: documents))
    }

    /// The document; to be asked for once, at the end.
    func document(files: [(name: String, path: String)], ended: Timestamp) -> [UInt8] {
        var json = JSONWriter(indented: true)
        json.beginObject()
        JSONFrame.head(
            &json, command: "demo", version: sipobVersion, started: started,
            duration: ended.nanoseconds(since: started))
        json.key("steps")
        json.beginArray()
        for step in steps {
            json.beginObject()
            json.member("about", step.about)
            json.member("command", Self.line(step.words))
            json.member("status", step.status)
            json.key("documents")
            json.beginArray()
            for document in step.documents { json.value(document: document) }
            json.endArray()
            json.endObject()
        }
        json.endArray()
        for name in ["registrations", "keepalives", "calls"] {
            json.key(name)
            json.beginArray()
            for fact in facts where fact.name == name {
                json.beginObject()
                fact.write(&json)
                json.endObject()
            }
            json.endArray()
        }
        json.key("files")
        json.beginObject()
        for file in files { json.member(file.name, file.path) }
        json.endObject()
        JSONFrame.exit(&json, code: 0, reason: "shown")
        json.endObject()
        json.newline()
        return json.bytes
    }

    private static func line(_ words: [String]) -> String {
        (["sipob"] + words).map(ShellWord.quoted).joined(separator: " ")
    }
}
