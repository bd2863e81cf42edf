import ArgumentParser

/// How the ping commands print: as every command, and as a stream for programs that watch.
struct PingOutputOptions: ParsableArguments {
    @OptionGroup
    var shared: OutputOptions

    @Flag(
        name: .long,
        help:
            "Print each ping as a JSON object on a line of its own when it has ended, and what --json has beside them as the last line."
    )
    var jsonLines = false

    func validate() throws {
        guard !(jsonLines && shared.json) else { throw ValidationError("--json and --json-lines exclude each other.") }
    }

    var isJSON: Bool { shared.json || jsonLines }
    /// Lines for people while it runs.
    var isTalkative: Bool { !isJSON && !shared.quiet }
}
