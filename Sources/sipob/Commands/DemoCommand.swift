import ArgumentParser
import Glibc
import OutboundKit

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "See all of it at work on this machine: an edge, a phone with two flows, a cut, and the audit.",
        discussion: """
            Starts an edge proxy and registrar on loopback, probes it, registers a phone
            with two flows, inspects its REGISTER, decodes a flow token, and keeps the
            flows alive. Checks a Kamailio configuration with one mistake, and measures an
            edge that behaves like it. Cuts a flow and shows that the other one takes over,
            then audits what was recorded and writes a page with a picture of each flow.
            Takes some ten seconds, and needs no server and no privileges.

            EXAMPLES
              sipob demo
              sipob demo --directory shown     what is shown can be looked at there
              sipob demo --json                each command's own document in one

            EXIT STATUS
              0 when all of it was shown, 2 when it could not be, 130 when it was
              interrupted.
            """)

    @Option(
        help: ArgumentHelp("Write the capture and the page there; else into a new temporary folder.", valueName: "dir"))
    var directory: String?

    @Flag(help: "Print one JSON document instead of text.")
    var json = false

    @Option(help: ArgumentHelp("Colour: auto (on a terminal), always or never.", valueName: "when"))
    var color: ColorChoice = .auto

    func run() async throws {
        try await DemoRun(directory: try folder(), isJSON: json, isColored: Terminal.usesColor(color)).perform()
    }

    func validate() throws {
        if directory?.isEmpty == true { throw ValidationError("--directory: name a folder.") }
    }

    private func folder() throws -> String {
        if let directory {
            guard unsafe mkdir(directory, 0o755) == 0 || errno == EEXIST else {
                Terminal.complain("--directory \(directory): \(TransportError.words(errno)); name another one.")
                throw ExitStatus.failure
            }
            return directory
        }
        let base = Terminal.environment("TMPDIR") ?? "/tmp"
        var template = Array("\(base)/sipob-demo-XXXXXX".utf8CString)
        guard
            let made = unsafe template.withUnsafeMutableBufferPointer({ buffer in
                unsafe buffer.baseAddress.flatMap { unsafe mkdtemp($0) }.map { unsafe String(cString: $0) }
            })
        else {
            Terminal.complain(
                "cannot make a folder in \(base): \(TransportError.words(errno)); name one with --directory.")
            throw ExitStatus.failure
        }
        return made
    }
}
