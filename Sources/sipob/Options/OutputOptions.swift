import ArgumentParser

/// How results are printed, for every command.
struct OutputOptions: ParsableArguments {
    @Flag(name: .long, help: "Print one JSON document instead of text.")
    var json = false

    @Flag(name: .shortAndLong, help: "Print the verdict alone.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Add detail.")
    var verbose = false

    @Option(name: .long, help: ArgumentHelp("Colour: auto (on a terminal), always or never.", valueName: "when"))
    var color: ColorChoice = .auto
}

/// When to colour the output. NO_COLOR in the environment turns `auto` off.
enum ColorChoice: String, ExpressibleByArgument, CaseIterable {
    case auto
    case always
    case never
}
