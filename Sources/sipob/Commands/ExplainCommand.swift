import ArgumentParser
import OutboundKit

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "explain", abstract: "Explain a requirement, a diagnosis, a response code or a header field in plain words.")
}
