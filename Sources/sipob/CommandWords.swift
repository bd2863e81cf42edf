import ArgumentParser
import OutboundKit

/// The words in front of the options, of which the first ones name a command.
enum CommandWords {
    /// The command line with `help` in front where it stands behind a command that has others below it: `token help
    /// decode` means `help token decode`.
    static func helpFirst(_ arguments: [String]) -> [String] {
        let words = arguments.prefix { !$0.hasPrefix("-") }
        guard let place = words.firstIndex(of: "help"), place > 0 else { return arguments }
        let (command, _, rest) = command(at: words[..<place])
        guard rest.isEmpty, !command.configuration.subcommands.isEmpty else { return arguments }
        return ["help"] + arguments[..<place] + arguments[(place + 1)...]
    }

    /// What to say where a word stands for no command; nil where each does. Of itself the parser would call it an
    /// unexpected argument and, behind `help`, print the help of the command before it as if nothing were wrong.
    static func complaint(_ arguments: [String]) -> String? {
        let words = arguments.prefix { !$0.hasPrefix("-") }
        let (command, path, rest) = command(at: words.first == "help" ? words.dropFirst() : words)
        guard let word = rest.first, !command.configuration.subcommands.isEmpty else { return nil }
        let name = path.joined(separator: " ")
        let below = names(below: command)
        var near = word.isEmpty ? [] : below.filter { $0.hasPrefix(word) }
        if near.isEmpty {
            let distances = below.map { (name: $0, distance: NameDistance.between(word, $0) ?? .max) }
            near = distances.filter { $0.distance < .max }.min { $0.distance < $1.distance }.map { [$0.name] } ?? []
        }
        let hint = near.isEmpty ? "" : " Did you mean \(near.map { "'\(name) \($0)'" }.joined(separator: ", "))?"
        return
            "there is no command '\((path + [word]).joined(separator: " "))'.\(hint) '\(name) --help' lists them all."
    }

    /// How far the words name commands.
    private static func command(
        at words: ArraySlice<String>
    ) -> (command: any ParsableCommand.Type, path: [String], rest: ArraySlice<String>) {
        var command: any ParsableCommand.Type = Sipob.self
        var path = ["sipob"]
        var rest = words
        while let word = rest.first,
            let next = command.configuration.subcommands.first(where: { $0.configuration.commandName == word })
        {
            command = next
            path.append(word)
            rest.removeFirst()
        }
        return (command, path, rest)
    }

    private static func names(below command: any ParsableCommand.Type) -> [String] {
        command.configuration.subcommands.compactMap { $0.configuration.commandName }
    }
}
