import Foundation
import Testing

/// Help, manual pages and README speak of the same commands and options.
@Suite struct ManualTests {
    /// What `--experimental-dump-help` says of a command.
    struct Command: Decodable, CustomTestStringConvertible {
        struct Argument: Decodable {
            struct Name: Decodable {
                let kind: String
                let name: String
                var text: String { kind == "long" ? "--\(name)" : "-\(name)" }
            }
            let kind: String
            let shouldDisplay: Bool
            let names: [Name]?
            let abstract: String?
        }
        let commandName: String
        let abstract: String?
        let discussion: String?
        let subcommands: [Command]?
        let arguments: [Argument]?

        var testDescription: String { commandName }

        /// The options of this command and all below it, without those that every command has.
        var options: Set<String> {
            let own = (arguments ?? []).filter(\.shouldDisplay).flatMap { $0.names ?? [] }.map(\.text)
            return (subcommands ?? []).reduce(Set(own)) { $0.union($1.options) }
                .subtracting(["-h", "--help", "--version"])
        }
    }

    static func commands() async throws -> [Command] {
        struct Dump: Decodable { let command: Command }
        let dump = try await Program.sipob.run("--experimental-dump-help")
        let root = try JSONDecoder().decode(Dump.self, from: Data(dump.outputBytes)).command
        return (root.subcommands ?? []).filter { $0.commandName != "help" }
    }

    @Test(.needs("mandoc")) func everyCommandHasAPageWithItsOptions() async throws {
        let commands = try await Self.commands()
        #expect(commands.count >= 6)
        let mandoc = try #require(Program.installed("mandoc"))
        for command in commands {
            let path = "\(Files.repository)/man/sipob-\(command.commandName).1"
            let page = try await mandoc.run("-T", "ascii", path)
            #expect(page.status == 0, "\(command.commandName) has no readable manual page")
            let words = Self.words(of: page.output)
            let missing = command.options.subtracting(words)
            #expect(missing.isEmpty, "sipob-\(command.commandName)(1) does not name \(missing.sorted())")
            let invented = words.filter { $0.hasPrefix("--") && $0.count > 2 }
                .subtracting(command.options).subtracting(["--help", "--version"])
            #expect(invented.isEmpty, "sipob-\(command.commandName)(1) names unknown options \(invented.sorted())")
        }
    }

    @Test func everyOptionIsExplainedInHelp() async throws {
        func check(_ command: Command, _ path: String) {
            #expect(command.abstract?.isEmpty == false, "\(path) has no abstract")
            for argument in command.arguments ?? [] where argument.shouldDisplay {
                #expect(argument.abstract?.isEmpty == false, "\(path) \(argument.names?.first?.text ?? "") has no help")
            }
            for subcommand in command.subcommands ?? [] { check(subcommand, "\(path) \(subcommand.commandName)") }
        }
        for command in try await Self.commands() { check(command, command.commandName) }
    }

    /// What is wider than a terminal of the usual width would be broken in the middle of an example.
    @Test func discussionsFitATerminal() async throws {
        func check(_ command: Command, _ path: String) {
            for line in (command.discussion ?? "").split(separator: "\n") {
                #expect(line.count <= 80, "\(path): \(line)")
            }
            for subcommand in command.subcommands ?? [] { check(subcommand, "\(path) \(subcommand.commandName)") }
        }
        for command in try await Self.commands() { check(command, command.commandName) }
    }

    @Test func readmeShowsEveryCommand() async throws {
        let readme = try Files.text(Files.repository + "/README.md")
        for command in try await Self.commands() {
            #expect(
                readme.contains("$ sipob \(command.commandName)"), "the README has no example of \(command.commandName)"
            )
        }
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func completion(shell: String) async throws {
        let script = try await Program.sipob.run("--generate-completion-script", shell)
        #expect(script.status == 0)
        for command in try await Self.commands() { #expect(script.output.contains(command.commandName)) }
        guard shell == "bash" else { return }
        let checked = try await #require(Program.installed("bash")).run("-n", input: script.output)
        #expect(checked.status == 0, "\(checked.errors)")
    }

    /// The words of a rendered page, options without what follows them: `--flow=NAME` gives `--flow`.
    static func words(of page: String) -> Set<String> {
        var plain: [Character] = []
        for character in page {
            // Bold and underlined letters are overstruck: letter, backspace, letter.
            if character == "\u{8}" { _ = plain.popLast() } else { plain.append(character) }
        }
        let separators: Set<Character> = [" ", "\n", "\t", ",", ".", ":", ";", "=", "[", "]", "(", ")", "|", "'", "\""]
        return Set(plain.split { separators.contains($0) }.map { String($0) })
    }
}
