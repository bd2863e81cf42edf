import ArgumentParser
import OutboundKit

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Audit a real capture, decode the tokens in it and explain the worst finding.",
        discussion: """
            Runs pcap-audit, token and explain on a capture that comes with sipob, showing each command as it can be
            typed. Needs no server and no privileges.

            EXIT STATUS
              0 when all of it was shown, 2 when the capture is not found or cannot be read.
            """)

    @Option(help: ArgumentHelp("Colour: auto (on a terminal), always or never.", valueName: "when"))
    var color: ColorChoice = .auto

    func run() async throws {
        guard let capture = DemoCapture.path() else {
            Terminal.complain(
                "the demo's capture, share/sipob/demo.pcap below the prefix that sipob is installed under, is not there; "
                    + "install sipob with 'make install'.")
            throw ExitStatus.failure
        }
        let isColored = Terminal.usesColor(color)
        for (number, step) in DemoScript(capture: capture).steps.enumerated() {
            let line = "$ \(step.commandLine)"
            Terminal.print(
                (number == 0 ? "" : "\n") + step.says + "\n\n" + (isColored ? "\u{1B}[1m\(line)\u{1B}[0m" : line))
            try await perform(step.arguments + ["--color", isColored ? "always" : "never"])
        }
        Terminal.print(
            """

            Next, on your own edge proxy:
                sipob stun-ping -c 3 sip:edge.example.com
                sipob register-test sip:alice@example.com --edge sip:edge.example.com
                sipob pcap-audit edge.pcap
            """)
    }

    /// Parsed and run as if it had been typed. That a step finds a violation is what it is there for.
    private func perform(_ arguments: [String]) async throws {
        do {
            var command = try Sipob.parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let code as ExitCode where code == ExitStatus.violation {}
    }
}
