import Foundation
import Testing

/// With `--json` there is a document also where a server is not found or not reached, and it says why.
@Suite struct UnreachedJSONTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let command: String
        let schema: String
        /// Where in the document the words stand.
        let place: [String]
        let words: String
        var testDescription: String { command }

        init(_ command: String, _ schema: String, _ place: [String], _ words: String) {
            self.command = command
            self.schema = schema
            self.place = place
            self.words = words
        }
    }

    private static let noAddress = "cannot find an address of nowhere.invalid"
    private static let refused = "cannot connect to 127.0.0.1:9 (tcp): connection refused"
    private static let account = "sip:a@127.0.0.1:9 --edge sip:127.0.0.1:9;transport=tcp"

    private static let rows = [
        Row("register-test sip:a@nowhere.invalid --suite", "register-test-suite", ["error"], noAddress),
        Row("register-test \(account) --suite", "register-test-suite", ["error"], refused),
        Row("register-test sip:a@nowhere.invalid --flows 2", "register-test-load", ["load", "text"], noAddress),
        Row("register-test \(account) --flows 2", "register-test-load", ["load", "text"], "nothing registered"),
        Row(
            "register-test sip:a@127.0.0.1:9 --flows 2 --bind 192.0.2.99", "register-test-load", ["load", "text"],
            "cannot use the local address"),
        Row("flow-timer sip:a@nowhere.invalid", "flow-timer", ["error"], noAddress),
        Row("flow-timer \(account)", "flow-timer", ["error"], refused),
        Row(
            "stun-ping -c 1 --bind 192.0.2.99 127.0.0.1:9", "stun-ping", ["flows", "error"],
            "cannot use the local address"),
        Row("stun-ping --flood nowhere.invalid", "stun-ping", ["flows", "error"], noAddress),
        Row(
            "stun-ping --rate 9 --bind 192.0.2.99 127.0.0.1:9", "stun-ping", ["flows", "error"], "cannot use the local"),
        Row("stun-ping --binding-lifetime nowhere.invalid", "stun-ping", ["flows", "error"], noAddress),
        Row(
            "stun-ping --binding-lifetime --bind 192.0.2.99 127.0.0.1:9", "stun-ping", ["flows", "error"],
            "cannot use the local address"),
    ]

    @Test(arguments: rows) func document(_ row: Row) async throws {
        let scratch = try ScratchDirectory()
        let result = try await Program.sipob.run(
            row.command.split(separator: " ").map(String.init) + ["--json"],
            environment: ["XDG_CONFIG_HOME": scratch.root, "SIPOB_PASSWORD": "", "NO_COLOR": "1"])
        #expect(result.status == 2)
        #expect(result.errors.hasPrefix("sipob: "), "\(result.errors)")
        #expect(try JSONSchema.faults(of: result, command: row.schema) == [])
        let document = try JSONSerialization.jsonObject(with: Data(result.outputBytes)) as? [String: Any]
        let text = row.place.reduce(document as Any?) { value, name in
            let object = value as? [String: Any] ?? (value as? [[String: Any]])?.first
            return object?[name]
        }
        #expect((text as? String)?.contains(row.words) == true, "\(result.output)")
        #expect((document?["exit"] as? [String: Any])?["code"] as? Int == 2)
    }

    /// The same document as a file.
    @Test(arguments: [["register-test", "--suite"], ["flow-timer"]])
    func report(_ command: [String]) async throws {
        let scratch = try ScratchDirectory()
        let file = scratch.path("report.json")
        let result = try await Program.sipob.run(
            command + ["sip:a@nowhere.invalid", "--json", "--report", "json=\(file)"],
            environment: ["XDG_CONFIG_HOME": scratch.root, "SIPOB_PASSWORD": ""])
        #expect(result.status == 2 && !result.output.isEmpty)
        #expect(try Files.text(file) == result.output)
    }
}
